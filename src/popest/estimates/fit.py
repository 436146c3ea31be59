"""How well the fitted model explains each observation, and what it learned of the ratios.

Each observation is compared with what the model, once fitted, predicts for a repetition of it.
A bad fit is a reason to doubt the estimate however well it was computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from popest.engines.draws import Draws
from popest.estimates.distribution import Distribution
from popest.model.counts import Counts, Residuals
from popest.model.evidence import Floor, NetChange, Survey
from popest.model.model import Model

EXTREME = 0.01

ALL_SOURCES = "all sources"
"""In place of a source's name where the error is common to all."""


class ObservationFit(NamedTuple):
    """An observation beside the prediction for a repetition of it, in the observation's unit.

    `percentile` is the probability that the repetition falls below the observation.
    """

    observation: str
    source: str
    value: float
    predicted: Distribution
    percentile: float
    is_floor: bool = False

    @property
    def is_extreme(self) -> bool:
        """Whether the observation lies outside 1-99 % of its prediction.

        A floor is only ever contradicted from above: the population may well exceed it.
        """
        too_low = self.percentile < EXTREME and not self.is_floor
        return too_low or self.percentile > 1 - EXTREME


@dataclass(frozen=True)
class Posterior:
    """Draws of an engine with the log ratios that go with them.

    `log_ratios` are relative to their medians on the calendar's first day, `(source, draws)`.
    """

    model: Model
    draws: Draws
    residuals: Residuals
    log_ratios: np.ndarray

    @classmethod
    def complete(cls, model: Model, draws: Draws, rng: np.random.Generator) -> Posterior:
        """Return the draws completed by ratios, drawn from their conditional normal."""
        counts, state = model.counts, draws.state
        log_sd = state.log_sd[: len(counts.names)]
        residuals = counts.residuals(counts.values, state.u, state.population, log_sd)
        return cls(model, draws, residuals, counts.draw_log_ratios(residuals, rng))

    def weighted(self, values: np.ndarray) -> Distribution:
        """Return values, one a draw, with the draws' weights."""
        return Distribution(values, self.draws.weights)

    def ratios_at(self, years: float, rng: np.random.Generator) -> dict[str, Distribution]:
        """Return each source's ratio so many years after the calendar's first day."""
        counts = self.model.counts
        result = {}
        for source, name in enumerate(counts.names):
            log_ratio = counts.ratios.log_median[source] + self._log_ratio(source, years, rng)
            result[name] = self.weighted(np.exp(log_ratio))
        return result

    def observations(self, rng: np.random.Generator) -> list[ObservationFit]:
        """Return the fit of every count, balance, floor and survey share."""
        result = self._counts(rng)
        for balance in self.model.net_changes:
            result += self._balances(balance, rng)
        for number, floor in enumerate(self.model.floors):
            result += self._floors(floor, number, rng)
        for survey in self.model.surveys:
            result += self._shares(survey, rng)
        return result

    def noise(self) -> dict[str, Distribution]:
        """Return the log-scale error sigma_s of each source; one of all when it is common."""
        names = self.model.noise.names if self.model.noise.spread > 0 else [ALL_SOURCES]
        log_sd = self.draws.state.log_sd
        if not len(log_sd):
            return {}
        return {name: self.weighted(np.exp(log_sd[s])) for s, name in enumerate(names)}

    def _log_ratio(self, source: int, years: float, rng: np.random.Generator) -> np.ndarray:
        counts: Counts = self.model.counts
        log_ratio: np.ndarray = self.log_ratios[source]
        if counts.ratios.drift_sd[source] == 0:
            return log_ratio
        return log_ratio + counts.draw_drift(source, years, self.residuals, self.log_ratios, rng)

    def _counts(self, rng: np.random.Generator) -> list[ObservationFit]:
        counts, state = self.model.counts, self.draws.state
        exposure, baseline = counts.exposure(state.population), counts.baseline(state.u)
        result = []
        for i, row in enumerate(counts.rows):
            source = counts.source_of[i]
            log_ratio = self._log_ratio(source, counts.years[i], rng)
            sd = np.sqrt(np.exp(2 * state.log_sd[source]) + counts.printed_sd[i] ** 2)
            error = sd * rng.standard_normal(sd.shape)
            repeated = baseline[i] + exposure[i] * np.exp(counts.expected[i] + log_ratio + error)
            result.append(self._compare(row.id, row.source, counts.values[i], repeated))
        return result

    def _balances(self, balance: NetChange, rng: np.random.Generator) -> list[ObservationFit]:
        population = self.draws.state.population
        bias = balance.draw_bias(balance.values, population, rng)
        expected = balance.exposure(population) + bias
        repeated = expected + balance.error_sd * rng.standard_normal(expected.shape)
        rows = zip(balance.rows, balance.values, repeated, strict=True)
        return [self._compare(row.id, row.source, value, drawn) for row, value, drawn in rows]

    def _floors(self, floor: Floor, number: int, rng: np.random.Generator) -> list[ObservationFit]:
        state = self.draws.state
        log_sd = state.log_sd[len(self.model.counts.names) + number]
        sd = np.sqrt(floor.fixed_variance[:, None] + np.exp(2 * log_sd))
        largest = floor.exposure(state.population) * np.exp(
            floor.log_median + sd * rng.standard_normal(sd.shape)
        )
        rows = zip(floor.rows, floor.values, largest, strict=True)
        return [
            self._compare(row.id, row.source, value, drawn, is_floor=True)
            for row, value, drawn in rows
        ]

    def _shares(self, survey: Survey, rng: np.random.Generator) -> list[ObservationFit]:
        expected = np.exp(survey.log_shares(self.draws.state.population)).T
        respondents = round(survey.size)
        repeated = rng.multinomial(respondents, expected) / respondents
        rows = zip(survey.labels, survey.shares, repeated.T, strict=True)
        return [
            self._compare(f"{survey.name}:{label}", survey.name, share, drawn)
            for label, share, drawn in rows
        ]

    def _compare(
        self,
        observation: str,
        source: str,
        value: float,
        repeated: np.ndarray,
        *,
        is_floor: bool = False,
    ) -> ObservationFit:
        predicted = self.weighted(repeated)
        percentile = predicted.percentile_of(value)
        return ObservationFit(observation, source, float(value), predicted, percentile, is_floor)
