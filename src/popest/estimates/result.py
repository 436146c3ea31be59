"""What an estimate found: posterior and prior of a population, or that it was not certified."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from statistics import NormalDist
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from popest.engines.draws import Certificate, Draws
from popest.engines.threads import one_thread
from popest.estimates.days import Reach, Scenario, values_of
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution, Interval
from popest.estimates.fit import ObservationFit, Posterior
from popest.estimates.fit_warnings import FitFinding, Scatter, fit_findings
from popest.estimates.prior_conflicts import prior_conflicts
from popest.estimates.settings import (
    Settings,
    checked_date,
    checked_probability,
    checked_window,
)
from popest.estimates.standouts import standouts
from popest.model.model import Model
from popest.model.state import State
from popest.study import PopestError, Study, UsageError
from popest.study.calendar import Calendar
from popest.study.estimand import Estimand
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
    """A source's ratio at the headline date before and after the data, per unit of exposure.

    Where the headline is a flow it is the last day of its window.
    """

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
    def asked(self) -> tuple[Estimand, ...]:
        """What it is of, the foremost first: stocks, or the flow that is the study's headline."""
        return self.settings.asked_of(self.study)

    @property
    def dates(self) -> tuple[date, ...]:
        """The days of the stocks that it is of, the first one foremost; none where it is a flow."""
        return tuple(asked.last for asked in self.asked if asked.is_stock)

    @property
    def last_day(self) -> date:
        """The last day that anything asked for speaks of."""
        return max(asked.last for asked in self.asked)

    @cached_property
    def calendar(self) -> Calendar:
        """The months followed: the study's, and more where a date asked for lies after them."""
        return self.study.calendar.reaching(self.last_day)

    @cached_property
    def scenarios(self) -> dict[date, Scenario]:
        """What is asked after the last used count, by its last day, and how much is assumed."""
        last = self.study.last_count
        if last is None:
            return {}
        facts = last.day, self.draws.weights, self.seeds.redrawn
        return {
            asked.last: Scenario(asked, last, self.reach(asked.last).assumed_share(asked, *facts))
            for asked in self.asked
            if self.study.is_scenario(asked.last)
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

        Returns
        -------
        Distribution
            Persons, `(draws,)`.

        Raises
        ------
        UsageError
            When the day is malformed, before the study's first or after 720 months; or None is
            given and the estimate is of a flow.
        """
        return self.posterior_of(self._stock_on(day))

    def prior_stock(self, day: str | date | None = None) -> Distribution:
        """Return the prior of the stock at the end of a day.

        Raises
        ------
        UsageError
            As for `stock`.
        """
        return self.prior_of(self._stock_on(day))

    def arrivals(self, first: str | date, last: str | date) -> Distribution:
        """Return the posterior of the persons who arrive in a window of days, both in.

        Parameters
        ----------
        first, last
            The days, also as text, ``latest`` or ``today``. A month of which only a part lies in
            the window gives the share of its days. After the study's calendar, arrivals go on as
            their prior has them.

        Returns
        -------
        Distribution
            Persons, `(draws,)`.

        Raises
        ------
        UsageError
            When a day is malformed, before the study's first or after 720 months, the last
            precedes the first, or the population is static.
        """
        return self.posterior_of(checked_window("arrivals", first, last, self.study))

    def prior_arrivals(self, first: str | date, last: str | date) -> Distribution:
        """Return the prior of the persons who arrive in a window of days, both in.

        Raises
        ------
        UsageError
            As for `arrivals`.
        """
        return self.prior_of(checked_window("arrivals", first, last, self.study))

    def departures(self, first: str | date, last: str | date) -> Distribution:
        """Return the posterior of the persons who leave in a window of days, as for `arrivals`."""
        return self.posterior_of(checked_window("departures", first, last, self.study))

    def prior_departures(self, first: str | date, last: str | date) -> Distribution:
        """Return the prior of the persons who leave in a window of days, as for `arrivals`."""
        return self.prior_of(checked_window("departures", first, last, self.study))

    def posterior_of(self, asked: Estimand) -> Distribution:
        """Return the posterior of what is asked, persons; its days are those of the study."""
        model, state = self.reach(asked.last)
        return self.posterior.weighted(values_of(model, state.population, asked))

    def prior_of(self, asked: Estimand) -> Distribution:
        """Return the prior of what is asked, persons; its days are those of the study."""
        if asked.last > self.study.calendar.last_day:
            model, state = self.reach(asked.last, prior=True)
            return Distribution.equal(values_of(model, state.population, asked))
        with one_thread():
            # One number a draw: no population is kept.
            values = self.model.of_population(
                self._prior_normals, lambda population: values_of(self.model, population, asked)
            )
        return Distribution.equal(values)

    def interval(
        self, prob: float = HEADLINE_PROBABILITY, date: str | date | None = None
    ) -> Interval:
        """Return the equal-tailed credible interval of the stock at the end of a day.

        Parameters
        ----------
        prob
            Probability of the interval, between 0 and 1.
        date
            The day; when None, the interval is that of what the estimate is of: the stock on the
            first of its dates, or the flow that is the study's headline.

        Raises
        ------
        UsageError
            When `prob` is not between 0 and 1, or as for `stock`.
        """
        return self._headline(date).interval(checked_probability(prob), self.unit)

    def probability(self, lower: float, upper: float, date: str | date | None = None) -> float:
        """Return the probability of lying between two bounds, persons, both out.

        It is that of the stock on `date`, and of what the estimate is of when that is None.
        """
        return self._headline(date).probability(lower, upper)

    @cached_property
    def ratios_learned(self) -> list[RatioLearned]:
        """Prior and posterior of each source's ratio at the headline date, drift included."""
        rng = np.random.default_rng(self.seeds.fit.spawn(1)[0])
        years = self.model.calendar.years_until(self.study.specification.headline.last)
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
        facts = self.observations_fit, self.posterior.noise(), self.scenarios.get(self.last_day)
        apart, conflicts = standouts(self.posterior), prior_conflicts(self.posterior)
        return tuple(fit_findings(self.study, *facts, apart, conflicts))

    def _headline(self, day: str | date | None) -> Distribution:
        return self.posterior_of(self.asked[0] if day is None else self._stock_on(day))

    def _stock_on(self, day: str | date | None) -> Estimand:
        if day is None and not self.asked[0].is_stock:
            raise UsageError(
                f"study {self.study.name} estimates {self.asked[0]}, so it has no first date: "
                f"name the day whose stock is meant"
            )
        return Estimand(checked_date(self.dates[0] if day is None else day, self.study))


class VariantRow(NamedTuple):
    """What one variant estimates foremost, persons; None where it was not certified.

    `name` is None for the study itself. `of_each` has all that is asked; it is empty where nothing
    was certified. `unexplained` are figures that the fitted model does not
    explain; `is_noisy` says that a source's error is over 3 times its prior median.
    """

    name: str | None
    headline: Distribution | None
    log_evidence: float | None
    warnings: tuple[str, ...]
    unexplained: tuple[str, ...] = ()
    is_noisy: bool = False
    of_each: Mapping[Estimand, Distribution] = MappingProxyType({})


def variant_row(name: str | None, found: Result) -> VariantRow:
    """Return the row of an estimate; `name` is None for the study itself."""
    poor = tuple(fit.observation for fit in found.observations_fit if fit.is_extreme)
    warnings = [f"bad fit of {', '.join(poor)}"] if poor else []
    is_noisy = any(isinstance(finding, Scatter) for finding in found.fit_findings)
    if is_noisy:
        warnings.append("noise over 3 times its prior")
    log_evidence = found.draws.log_evidence
    of_each = {asked: found.posterior_of(asked) for asked in found.asked}
    first = of_each[found.asked[0]]
    return VariantRow(name, first, log_evidence, tuple(warnings), poor, is_noisy, of_each)


def versions(engine: str) -> dict[str, str]:
    """Return the versions of popest, Python and the packages that an engine computes with."""
    found = {"popest": __version__, "python": platform.python_version(), "numpy": np.__version__}
    if engine == "nuts":
        names = ("pymc", "pytensor", "nutpie", "numba")
        loaded = {name: getattr(sys.modules.get(name), "__version__", "") for name in names}
        found.update({name: version for name, version in loaded.items() if version})
    return found
