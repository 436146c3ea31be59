"""What one more figure would be worth: how much narrower it would make the interval.

The figure is not there yet. So it is drawn from what is expected of it, again and again, and each
time the draws of the estimate are weighed by how likely it is under each of them (preposterior
analysis).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

import numpy as np

from popest.engines.bank import quiet
from popest.engines.draws import effective_size
from popest.engines.shared import completed
from popest.engines.threads import one_thread
from popest.estimates import Distribution
from popest.estimates.days import Reach, values_of
from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.model.counts import drawn_sources
from popest.model.measure import measure_of
from popest.model.model import Model
from popest.model.state import Learned, State
from popest.study.estimand import Estimand
from popest.study.measures import rules_of
from popest.study.observations.observation import Observation

MATCH_ERROR = 0.05
"""Log-scale error of a count by which persons are matched between registers."""
SMALLEST_SIZE = 100.0
"""Effective draws that must carry the weight once a figure is known: a bound of the 90 % interval
is then good to a fifth of a standard deviation, and the mean over many figures to far less."""
LARGEST_SHARE_BELOW = 0.1
DAYS_OF_WINDOW = 365


class Candidate(NamedTuple):
    """One more figure that could come out.

    `source` is None for a match of registers, which no source of the study is. `values` is what it
    would be in each draw, `(draws,)`, and `log_density` that of such a value under each draw.
    """

    source: str | None
    measure: str
    start: date | None
    end: date
    values: np.ndarray
    log_density: Callable[[float], np.ndarray]


class Worth(NamedTuple):
    """The width of the 90 % interval that is expected once a figure is known, persons.

    `error` is the Monte Carlo standard error of the width, and `least_size` the smallest effective
    number of draws among the figures tried; `share_below` is how many of them leave too few.
    """

    candidate: Candidate
    width: float
    error: float
    least_size: float
    share_below: float

    @property
    def is_reliable(self) -> bool:
        """Whether the draws carried the weight for nearly all figures that were tried."""
        return self.share_below <= LARGEST_SHARE_BELOW


class Prospects(NamedTuple):
    """Draws that rise by what is estimated, for which figures of a day are imagined.

    `values` is what is estimated and `stock` the stock on the day, persons; `weights` are those of
    the draws; all `(draws,)`.
    """

    day: date
    model: Model
    state: State
    values: np.ndarray
    stock: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(
        cls, reach: Reach, weights: np.ndarray, day: date, asked: Estimand, n_draws: int
    ) -> Prospects:
        """Return a systematic sample of an estimate's draws, each draw once.

        Parameters
        ----------
        reach
            The draws, over a calendar that holds the day and what is asked.
        weights
            Their weights, `(draws,)`.
        day
            The day that figures are of.
        asked
            What is estimated, whose interval they narrow.
        n_draws
            The size of the sample: draws with more weight than one in so many are all in it.
        """
        model, state = reach
        values = values_of(model, state.population, asked)
        stock = values_of(model, state.population, Estimand(day))
        order = np.argsort(values, kind="stable")
        points = (np.arange(n_draws) + 0.5) / n_draws
        places = np.searchsorted(np.cumsum(weights[order]), points)
        distinct, times = np.unique(np.minimum(places, len(order) - 1), return_counts=True)
        chosen = order[distinct]
        with one_thread():
            sampled = model.state(state.u[:, chosen])
        return cls(day, model, sampled, values[chosen], stock[chosen], times / n_draws)


def not_asked(model: Model) -> list[str]:
    """Return the sources of which no further figure can be imagined: surveys, and floors."""
    return [
        name
        for name, source in model.specification.source.items()
        if not rules_of(source.measure).has_rows or measure_of(source).is_floor
    ]


def candidates(prospects: Prospects, rng: np.random.Generator) -> Iterator[Candidate | str]:
    """Give a match of registers, and one more figure of each source; its name where none can be.

    Stocks are of the day itself, windows the 365 days up to it, or the calendar's where that is
    shorter.
    """
    yield _match(prospects, rng)
    for name in prospects.model.specification.source:
        if name not in not_asked(prospects.model):
            yield _figure_of(name, prospects, rng) or name


def _match(prospects: Prospects, rng: np.random.Generator) -> Candidate:
    """Return a stock that is counted in full, with an error of 5 %."""
    stock = np.maximum(prospects.stock, np.finfo(float).tiny)
    drawn = stock * np.exp(MATCH_ERROR * rng.standard_normal(stock.shape))

    def log_density(value: float) -> np.ndarray:
        density: np.ndarray = -0.5 * ((math.log(value) - np.log(stock)) / MATCH_ERROR) ** 2
        return density

    return Candidate(None, "stock", None, prospects.day, drawn, log_density)


def _figure_of(name: str, prospects: Prospects, rng: np.random.Generator) -> Candidate | None:
    """Return one more figure of a source; None where the draws cannot be weighed by it.

    So it is where the figure makes the source one whose ratio is drawn, or where it comes between
    two days on which such a ratio's drift is drawn.
    """
    base, day = prospects.model, prospects.day
    source = base.specification.source[name]
    rules = rules_of(source.measure)
    first = max(day - timedelta(DAYS_OF_WINDOW - 1), base.calendar.first_day)
    row = _row(name, first if rules.has_start else None, day)
    learned = _learned(base, prospects.state, rng)
    piece = base.piece_of(name)
    if piece is None:
        guessed = measure_of(source).first_figure(row, base.specification, learned.state, rng)
    else:
        guessed = piece.predict(row, learned, rng)
    if guessed is None:
        return None
    typical = round(float(np.median(guessed)))
    row = replace(row, value=typical if rules.is_signed else max(1, typical))
    used = (*base.used, row)
    is_drawn = name in drawn_sources(base.specification, base.used)
    if is_drawn != (name in drawn_sources(base.specification, used)):
        return None
    if is_drawn and source.drift > 0 and any(_is_later(each, row) for each in base.used):
        return None
    longer = Model(base.specification, used)
    state = completed(longer, base, prospects.state.u, rng)
    more = longer.piece_of(name)
    assert more is not None
    place = [figure.observation for figure in more.figures].index(row.id)
    found = more.left_out(_learned(longer, state, rng), rng)
    drawn = next(islice(found, place, None)).values
    before = 0.0 if piece is None else piece.log_likelihood(piece.values, prospects.state)

    def log_density(value: float) -> np.ndarray:
        values = more.values.copy()
        values[place] = value
        density: np.ndarray = more.log_likelihood(values, state) - before
        return density

    return Candidate(name, source.measure, row.start, day, drawn, log_density)


def _row(source: str, start: date | None, end: date) -> Observation:
    """Return a figure of a source that is printed exactly, its value still to come."""
    return Observation(
        id=f"{source} {end}",
        source=source,
        value=1,
        precision="exact",
        start=start,
        end=end,
        published=None,
        recorded=end,
        publisher="",
        url="",
        use=True,
        supersedes=None,
        derived_from=(),
        note="",
        se=None,
        lower=None,
        upper=None,
        line=0,
    )


def _is_later(row: Observation, other: Observation) -> bool:
    """Return whether a row of the same source ends on the same day, or later."""
    return row.source == other.source and row.end is not None and row.end >= (other.end or row.end)


def _learned(model: Model, state: State, rng: np.random.Generator) -> Learned:
    residuals = model.counts.residuals_in(state)
    return Learned(state, residuals, model.counts.draw_log_ratios(residuals, rng))


def worth(candidate: Candidate, prospects: Prospects, n_figures: int) -> Worth:
    """Return what a figure is worth, the mean over what it may be.

    Parameters
    ----------
    candidate
        The figure.
    prospects
        The draws.
    n_figures
        How many values of it are tried, at even distances along the draws.

    Notes
    -----
    As the draws rise by what is estimated, the widths vary little between neighbours, and half the
    mean square of successive differences over the number of figures is the variance of their mean
    (Wolter, 2007, estimator of successive differences). A draw that gave the figure is weighed
    like all others, which narrows the interval by a share of the order of one over the effective
    size.

    References
    ----------
    Raiffa, H. and Schlaifer, R. (1961). Applied Statistical Decision Theory. Harvard University.
    Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd edition, chapter 8. Springer.
    """
    points = (np.arange(n_figures) + 0.5) / n_figures
    places = np.searchsorted(np.cumsum(prospects.weights), points)
    log_base = np.log(prospects.weights)
    widths, sizes = np.zeros(n_figures), np.zeros(n_figures)
    with one_thread(), quiet():
        for number, place in enumerate(places):
            log_weights = log_base + candidate.log_density(float(candidate.values[place]))
            log_weights = np.where(np.isnan(log_weights), -np.inf, log_weights)
            sizes[number] = effective_size(log_weights)
            if sizes[number] > 0:
                weights = np.exp(log_weights - log_weights.max())
                widths[number] = width_of(prospects.values, weights / weights.sum())
    steps = np.diff(widths)
    error = math.sqrt(float(steps @ steps) / (2 * len(steps)) / n_figures)
    below = float(np.mean(sizes < SMALLEST_SIZE))
    return Worth(candidate, float(widths.mean()), error, float(sizes.min()), below)


def width_of(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the width of the 90 % interval of weighted draws, persons."""
    lower, upper, *_ = Distribution(values, weights).interval(HEADLINE_PROBABILITY)
    return upper - lower
