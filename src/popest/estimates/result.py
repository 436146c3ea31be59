"""What an estimate found: posterior and prior of a population, or that it was not certified."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from statistics import NormalDist
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from popest.engines.draws import Certificate, Draws
from popest.engines.threads import one_thread
from popest.estimates.days import Reach, Scenario, stock_of
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution, Interval
from popest.estimates.fit import ObservationFit, Posterior
from popest.estimates.fit_warnings import FitFinding, Scatter, fit_findings
from popest.estimates.prior_conflicts import prior_conflicts
from popest.estimates.settings import Settings, checked_date, checked_probability
from popest.estimates.standouts import standouts
from popest.model.evidence import Translated
from popest.model.exposure import Exposure
from popest.model.model import Model
from popest.model.state import State
from popest.study import PopestError, Study
from popest.study.calendar import Calendar
from popest.study.observations.observation import Observation
from popest.version import __version__

ADVICE = {
    "slice": "Let the background move by year (step), start the calendar later, leave out figures "
    "that say the same, or ask for --engine nuts, which may take from half a minute to an hour"
}
"""What to try where an engine is not certified, if not more draws."""


class NotCertifiedError(PopestError, RuntimeError):
    """No engine reached its certificate, so no estimate is given.

    Attributes
    ----------
    study, settings
        What was to be estimated.
    engine
        The engine tried last.
    certificate
        What it reached.
    seconds
        How long it took.
    """

    def __init__(
        self, study: Study, settings: Settings, draws: Draws, seconds: float, reason: str = ""
    ) -> None:
        verdict = reason if reason else f"was {draws.certificate}"
        advice = ADVICE.get(draws.engine, "Ask for more draws or for another engine")
        super().__init__(
            f"study {study.name}: the {draws.engine} engine {verdict}. No estimate "
            f"is given. {advice}, or look for priors that contradict the counts."
        )
        self.study, self.settings = study, settings
        self.engine, self.seconds = draws.engine, seconds
        self.certificate = draws.certificate._replace(certified=False)


class Seeds(NamedTuple):
    """The seeds of what an estimate draws once its engine is done.

    `prior` is that of the prior's draws and `fit` that of the predictions; `later` and
    `prior_later` are those of the months after the study's calendar, and `redrawn` that of a second
    draw of what comes after the last count.
    """

    prior: np.random.SeedSequence
    fit: np.random.SeedSequence
    later: np.random.SeedSequence
    prior_later: np.random.SeedSequence
    redrawn: np.random.SeedSequence


class RatioLearned(NamedTuple):
    """A source's ratio at the headline date before and after the data, per unit of exposure."""

    source: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    prob: float


@dataclass(frozen=True)
class Result:
    """The certified draws of a population, posterior and prior, and what can be read off them.

    `Estimate` adds how it is shown and kept. Stocks, arrivals and departures are in
    the study's unit (persons). `versions` are those of the packages that drew it;
    `origin_warnings` say what is not verified of the file that it was loaded from.
    """

    study: Study
    settings: Settings
    model: Model = field(repr=False)
    draws: Draws = field(repr=False)
    posterior: Posterior = field(repr=False)
    seeds: Seeds = field(repr=False)
    seconds: float
    versions: dict[str, str]
    origin_warnings: tuple[str, ...] = ()

    @cached_property
    def prior(self) -> State:
        """Draws of the prior, as many as were asked for, with a random stream of their own."""
        with one_thread():
            return self.model.state(self._prior_normals)

    @cached_property
    def _prior_normals(self) -> np.ndarray:
        size = (len(self.model.normals), self.settings.n_draws)
        return np.random.default_rng(self.seeds.prior).standard_normal(size)

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
        """The dates asked for, the first one foremost; the study's headline when none was."""
        return self.settings.dates or self.study.specification.headlines

    @cached_property
    def calendar(self) -> Calendar:
        """The months followed: the study's, and more where a date asked for lies after them."""
        return self.study.calendar.reaching(max(self.dates))

    @cached_property
    def scenarios(self) -> dict[date, Scenario]:
        """Those of the dates that lie after the last used count, and how much is assumed there."""
        last = self.study.last_count
        if last is None:
            return {}
        facts = last.day, self.draws.weights, self.seeds.redrawn
        return {
            day: Scenario(day, last, self.reach(day).assumed_share(day, *facts))
            for day in self.dates
            if self.study.is_scenario(day)
        }

    def reach(self, day: date, *, prior: bool = False) -> Reach:
        """Return the draws, or those of the prior, over a calendar that holds a day.

        Within the study's calendar they are the draws themselves, whatever else is asked for.
        """
        if day <= self.study.calendar.last_day:
            return Reach(self.model, self.prior if prior else self.draws.state)
        if day <= self.calendar.last_day:
            return self._prior_reach if prior else self._posterior_reach
        return self._reach_until(day, prior)

    @cached_property
    def _posterior_reach(self) -> Reach:
        return self._reach_until(self.calendar.last_day, prior=False)

    @cached_property
    def _prior_reach(self) -> Reach:
        return self._reach_until(self.calendar.last_day, prior=True)

    def _reach_until(self, day: date, prior: bool) -> Reach:
        seed = self.seeds.prior_later if prior else self.seeds.later
        return Reach.until(day, self.model, self.prior if prior else self.draws.state, seed)

    def stock(self, day: str | date | None = None) -> Distribution:
        """Return the posterior of the stock at the end of a day.

        Parameters
        ----------
        day
            The day, also as text, ``latest`` or ``today``; the first of the dates when None. After
            the study's calendar, the stock goes on as its prior has it: see `Scenario`.

        Raises
        ------
        UsageError
            When the day is malformed, before the study's first or after 720 months.
        """
        return self.posterior.weighted(self._stock(day, prior=False))

    def prior_stock(self, day: str | date | None = None) -> Distribution:
        """Return the prior of the stock at the end of a day.

        Raises
        ------
        UsageError
            As for `stock`.
        """
        chosen = self._chosen(day)
        if chosen > self.study.calendar.last_day:
            return Distribution.equal(self._stock(chosen, prior=True))
        with one_thread():
            # One number a draw: no population is kept.
            stock = self.model.of_population(
                self._prior_normals, lambda population: stock_of(self.model, population, chosen)
            )
        return Distribution.equal(stock)

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
        rng = np.random.default_rng(self.seeds.fit.spawn(1)[0])
        years = self.model.calendar.years_until(self.study.specification.headline)
        prob = self.settings.prob
        reach = NormalDist().inv_cdf((1 + prob) / 2)
        priors = {
            name: (median, lower, upper)
            for piece in self.model.evidence
            for name, (median, lower, upper) in piece.ratio_priors(years, (0.0, -reach, reach))
        }
        return [
            RatioLearned(name, priors[name], learned.median_and_bounds(prob), prob)
            for name, learned in self.posterior.ratios_at(years, rng).items()
        ]

    @cached_property
    def observations_fit(self) -> list[ObservationFit]:
        """Each observation beside what all others lead to expect of it."""
        rng = np.random.default_rng(self.seeds.fit)
        return self.posterior.observations(rng)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against the estimate: its file, then bad fits, then the study's warnings."""
        return (*self.origin_warnings, *map(str, self.fit_findings), *self.study.warnings)

    @cached_property
    def fit_findings(self) -> tuple[FitFinding, ...]:
        """The signs of a bad fit and of extrapolation, as facts."""
        facts = self.observations_fit, self.posterior.noise(), self.scenarios.get(max(self.dates))
        apart, conflicts = standouts(self.posterior), prior_conflicts(self.posterior)
        return tuple(fit_findings(self.study, *facts, apart, conflicts))

    def _chosen(self, day: str | date | None) -> date:
        return checked_date(self.dates[0] if day is None else day, self.study)

    def _stock(self, day: str | date | None, *, prior: bool) -> np.ndarray:
        chosen = self._chosen(day)
        model, state = self.reach(chosen, prior=prior)
        return stock_of(model, state.population, chosen)


class VariantRow(NamedTuple):
    """One variant's stock on the foremost date, persons; None where it was not certified.

    `name` is None for the study itself. `stocks` are those of all dates; none where it was not
    certified. `unexplained` are figures that the fitted model does not
    explain; `is_noisy` says that a source's error is over 3 times its prior median.
    """

    name: str | None
    stock: Distribution | None
    log_evidence: float | None
    warnings: tuple[str, ...]
    unexplained: tuple[str, ...] = ()
    is_noisy: bool = False
    stocks: Mapping[date, Distribution] = MappingProxyType({})


def variant_row(name: str | None, found: Result) -> VariantRow:
    """Return the row of an estimate; `name` is None for the study itself."""
    poor = tuple(fit.observation for fit in found.observations_fit if fit.is_extreme)
    warnings = [f"bad fit of {', '.join(poor)}"] if poor else []
    is_noisy = any(isinstance(finding, Scatter) for finding in found.fit_findings)
    if is_noisy:
        warnings.append("noise over 3 times its prior")
    log_evidence = found.draws.log_evidence
    stocks = {day: found.stock(day) for day in found.dates}
    first = stocks[found.dates[0]]
    return VariantRow(name, first, log_evidence, tuple(warnings), poor, is_noisy, stocks)


def month_end_stocks(estimate: Result) -> Iterator[tuple[date, Distribution]]:
    """Give each month's end and the stock then, persons."""
    state = estimate.draws.state
    months = [state.population.stock]
    if estimate.calendar.n_months > len(months[0]):
        later = estimate.reach(estimate.calendar.last_day).state
        months.append(later.population.stock[len(months[0]) :])
    stocks = (estimate.posterior.weighted(stock) for part in months for stock in part)
    return zip(estimate.calendar.month_ends, stocks, strict=True)


def trajectory_rows(
    estimate: Result, probs: Sequence[float]
) -> list[tuple[date, float, list[Interval]]]:
    """Return date, median and intervals of the stock at each month's end, persons."""
    return [
        (day, stock.median, stock.intervals(probs, estimate.unit))
        for day, stock in month_end_stocks(estimate)
    ]


def translated(estimate: Result) -> list[Translated]:
    """Return each observation as a stock at its end, persons, as its measure reads it.

    Figures of a measure that says nothing of the size by itself are left out.
    """

    def medians(rows: list[Observation], exposure: Exposure) -> list[tuple[float, float]]:
        seen = exposure(estimate.draws.state)
        return [
            (estimate.stock(row.end).median, estimate.posterior.weighted(draws).median)
            for row, draws in zip(rows, seen, strict=True)
        ]

    return [mark for piece in estimate.model.evidence for mark in piece.marks(medians)]


def bounds_shown(estimate: Result) -> dict[str, str]:
    """Return the precision of each used row that is a bound, by its id."""
    return {row.id: str(row.precision) for row in estimate.study.used if row.is_bound}


def versions(engine: str) -> dict[str, str]:
    """Return the versions of popest, Python and the packages that an engine computes with."""
    found = {"popest": __version__, "python": platform.python_version(), "numpy": np.__version__}
    if engine == "nuts":
        names = ("pymc", "pytensor", "nutpie", "numba")
        loaded = {name: getattr(sys.modules.get(name), "__version__", "") for name in names}
        found.update({name: version for name, version in loaded.items() if version})
    return found
