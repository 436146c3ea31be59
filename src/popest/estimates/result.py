"""An estimate: the posterior and the prior of a study's population, and what to read off them.

The engines find the draws; ``document``, ``words``, ``storage`` and the pictures show or keep them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from numbers import Real
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from popest.engines.draws import Certificate, Draws
from popest.engines.threads import one_thread
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution, Interval
from popest.estimates.fit import ObservationFit, Posterior
from popest.estimates.fit_warnings import FitFinding, fit_findings
from popest.estimates.standouts import standouts
from popest.model.exposure import stock_on
from popest.model.model import Model
from popest.model.state import State
from popest.study import Study, UsageError
from popest.study.calendar import parse_date

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes

    from popest.estimates.style import PictureKind


class RatioLearned(NamedTuple):
    """A source's ratio at the headline date before and after the data, per unit of exposure."""

    source: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    prob: float


@dataclass(frozen=True)
class Settings:
    """What an estimate was asked for; with the study it fixes every number."""

    engine: str
    n_draws: int
    seed: int
    prob: float = HEADLINE_PROBABILITY
    dates: tuple[date, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """A certified estimate of a population.

    Made by `popest.estimate` and `popest.load_estimate`. Stocks, arrivals and departures are in
    the study's unit (persons). `versions` are those of the packages that drew it;
    `origin_warnings` say what is not verified of the file that it was loaded from.
    """

    study: Study
    settings: Settings
    model: Model = field(repr=False)
    draws: Draws = field(repr=False)
    posterior: Posterior = field(repr=False)
    seeds: tuple[np.random.SeedSequence, np.random.SeedSequence] = field(repr=False)
    seconds: float
    versions: dict[str, str]
    origin_warnings: tuple[str, ...] = ()

    @cached_property
    def prior(self) -> State:
        """Draws of the prior, as many as were asked for, with a random stream of their own."""
        size = (len(self.model.normals), self.settings.n_draws)
        with one_thread():
            return self.model.state(np.random.default_rng(self.seeds[0]).standard_normal(size))

    @property
    def certificate(self) -> Certificate:
        """Whether the computation can be trusted."""
        return self.draws.certificate

    @property
    def unit(self) -> str:
        """The unit of the population."""
        return self.study.specification.unit

    @property
    def dates(self) -> tuple[date, ...]:
        """The dates asked for; the study's headline date when none was."""
        return self.settings.dates or (self.study.specification.headline,)

    def stock(self, day: str | date | None = None) -> Distribution:
        """Return the posterior of the stock at the end of a day.

        Raises
        ------
        UsageError
            When the day is malformed or outside the study's calendar.
        """
        weights = self._stock_weights(day)
        return self.posterior.weighted(weights @ self.draws.state.population.stock)

    def prior_stock(self, day: str | date | None = None) -> Distribution:
        """Return the prior of the stock at the end of a day.

        Raises
        ------
        UsageError
            As for `stock`.
        """
        return Distribution.equal(self._stock_weights(day) @ self.prior.population.stock)

    def interval(
        self, prob: float = HEADLINE_PROBABILITY, date: str | date | None = None
    ) -> Interval:
        """Return the equal-tailed credible interval of the stock at the end of a day.

        Parameters
        ----------
        prob
            Probability of the interval, between 0 and 1.
        date
            The day; the first of the estimate's dates when None.

        Raises
        ------
        UsageError
            When `prob` is not between 0 and 1, or as for `stock`.
        """
        return self.stock(date).interval(checked_probability(prob), self.unit)

    def probability(self, lower: float, upper: float, date: str | date | None = None) -> float:
        """Return the probability that the stock lies between two bounds, persons, both out."""
        return self.stock(date).probability(lower, upper)

    @cached_property
    def ratios_learned(self) -> list[RatioLearned]:
        """Prior and posterior of each source's ratio at the headline date, drift included."""
        rng = np.random.default_rng(self.seeds[1].spawn(1)[0])
        years = self.model.calendar.years_until(self.study.specification.headline)
        prob = self.settings.prob
        counts = self.model.counts
        reach = NormalDist().inv_cdf((1 + prob) / 2) * counts.ratios.log_sd_after(years)
        result = []
        for s, (name, learned) in enumerate(self.posterior.ratios_at(years, rng).items()):
            centre = counts.ratios.log_median[s]
            prior = np.exp([centre, centre - reach[s], centre + reach[s]])
            after = (learned.median, *learned.interval(prob)[:2])
            result.append(RatioLearned(name, tuple(prior.tolist()), after, prob))
        return result

    @cached_property
    def observations_fit(self) -> list[ObservationFit]:
        """Each observation beside what the fitted model predicts for it."""
        return self.posterior.observations(np.random.default_rng(self.seeds[1]))

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against the estimate: its file, then bad fits, then the study's warnings."""
        return (*self.origin_warnings, *map(str, self.fit_findings), *self.study.warnings)

    @cached_property
    def fit_findings(self) -> tuple[FitFinding, ...]:
        """The signs of a bad fit and of extrapolation, as facts."""
        facts = self.observations_fit, self.posterior.noise(), max(self.dates)
        return tuple(fit_findings(self.study, *facts, standouts(self.posterior)))

    def table(self) -> pd.DataFrame:
        """Return the stock by date, posterior and prior, persons."""
        from popest.estimates.frames import date_frame

        return date_frame(self)

    def trajectory(self) -> pd.DataFrame:
        """Return the stock at each month's end, persons."""
        from popest.estimates.frames import trajectory_frame

        return trajectory_frame(self)

    def ratios(self) -> pd.DataFrame:
        """Return each source's ratio at the headline date, prior and posterior."""
        from popest.estimates.frames import ratio_frame

        return ratio_frame(self)

    def fit(self) -> pd.DataFrame:
        """Return each observation beside its posterior prediction and percentile."""
        from popest.estimates.frames import fit_frame

        return fit_frame(self)

    def plot(self, ax: Axes | None = None, kind: PictureKind = "trajectory") -> Axes:
        """Draw a picture of the estimate; return its axes.

        Parameters
        ----------
        ax
            Axes to draw on; new ones when None.
        kind
            ``"trajectory"``, ``"sources"`` (each beside the estimate of its day) or ``"ratios"``.

        Raises
        ------
        UsageError
            When there is no such kind.
        """
        from popest.estimates.picture import draw

        return draw(self, ax, kind)

    def to_datatree(self) -> xr.DataTree:
        """Return the estimate as ArviZ's tree of groups, posterior draws equally weighted."""
        from popest.estimates.storage import to_datatree

        return to_datatree(self)

    def save(self, path: str | Path) -> Path:
        """Write a netCDF file that can be audited alone and that `popest.load_estimate` reads."""
        from popest.estimates.storage import save_estimate

        return save_estimate(self, Path(path))

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest estimate --json`` prints."""
        from popest.estimates.document import document

        return document(self)

    def _repr_html_(self) -> str:
        from popest.estimates.words import as_html

        return as_html(self)

    def __str__(self) -> str:
        from popest.estimates.words import as_text

        return as_text(self)

    def _stock_weights(self, day: str | date | None) -> np.ndarray:
        chosen = checked_date(self.dates[0] if day is None else day, self.study)
        static = self.study.specification.population.kind == "static"
        return stock_on(self.model.calendar, chosen, static)


def checked_date(day: str | date, study: Study) -> date:
    """Return a day within a study's calendar.

    Raises
    ------
    UsageError
        When it is malformed or outside.
    """
    chosen: date | None
    try:
        chosen = parse_date(day) if isinstance(day, str) else day
    except ValueError:
        chosen = None
    if isinstance(chosen, datetime):
        chosen = chosen.date()
    if not isinstance(chosen, date):
        raise UsageError(f"date {day!r}: write a day as YYYY-MM-DD, such as 2023-12-31")
    if not study.calendar.contains(chosen):
        raise UsageError(
            f"date {chosen} is outside the calendar of study {study.name}: choose a day from "
            f"{study.calendar.first_day} to {study.calendar.last_day}"
        )
    return chosen


def checked_probability(prob: float) -> float:
    """Return a probability strictly between 0 and 1.

    Raises
    ------
    UsageError
        When it is not.
    """
    if not isinstance(prob, Real) or not 0 < prob < 1:
        raise UsageError(f"prob {prob}: write a probability between 0 and 1, such as 0.9")
    return float(prob)


def trajectory_rows(
    estimate: Estimate, probs: Sequence[float]
) -> list[tuple[date, float, list[Interval]]]:
    """Return date, median and intervals of the stock at each month's end, persons."""
    stocks = map(estimate.posterior.weighted, estimate.draws.state.population.stock)
    return [
        (day, stock.median, stock.intervals(probs, estimate.unit))
        for day, stock in zip(estimate.model.calendar.month_ends, stocks, strict=True)
    ]
