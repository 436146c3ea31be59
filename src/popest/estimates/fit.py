"""How well the fitted model explains each observation, and what it learned of the ratios.

Each observation is compared with what the model, once fitted, predicts for a repetition of it.
A bad fit is a reason to doubt the estimate however well it was computed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.engines.draws import Draws
from popest.estimates.distribution import Distribution
from popest.model.evidence import Figure
from popest.model.model import Model
from popest.model.state import Learned, Residuals

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
    bounds: tuple[float, float] | None = None

    @classmethod
    def of(cls, figure: Figure, predicted: Distribution) -> ObservationFit:
        """Return a figure beside the prediction for it.

        What lies in the range that a bound allows counts half.
        """
        observation, source, value, is_floor, bounds = figure
        if bounds is None:
            percentile = predicted.percentile_of(value)
        else:
            inside = (bounds[0] <= predicted.values) & (predicted.values <= bounds[1])
            below = predicted.weights @ ((predicted.values < bounds[0]) + 0.5 * inside)
            percentile = float(below)
        return cls(observation, source, value, predicted, percentile, is_floor, bounds)

    @property
    def is_extreme(self) -> bool:
        """Whether the observation lies outside 1-99 % of its prediction.

        A floor is only ever contradicted from above: the population may well exceed it.
        """
        too_low = self.percentile < EXTREME and not self.is_floor
        return too_low or self.percentile > 1 - EXTREME


class Posterior(NamedTuple):
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
        residuals = model.counts.residuals_in(draws.state)
        return cls(model, draws, residuals, model.counts.draw_log_ratios(residuals, rng))

    @property
    def learned(self) -> Learned:
        """The draws as evidence takes them."""
        return Learned(self.draws.state, self.residuals, self.log_ratios)

    def weighted(self, values: np.ndarray) -> Distribution:
        """Return values, one a draw, with the draws' weights."""
        return Distribution(values, self.draws.weights)

    def ratios_at(self, years: float, rng: np.random.Generator) -> dict[str, Distribution]:
        """Return each source's ratio so many years after the calendar's first day."""
        found = {
            name: self.weighted(ratio)
            for piece in self.model.evidence
            for name, ratio in piece.ratio_draws(years, self.learned, rng)
        }
        return {name: found[name] for name in self.model.specification.source if name in found}

    def observations(self, rng: np.random.Generator) -> list[ObservationFit]:
        """Return the fit of every figure: those that are rows first, then those of a survey."""
        pieces = sorted(self.model.evidence, key=lambda piece: not piece.has_rows)
        return [
            self.compare(figure, repeated)
            for piece in pieces
            for figure, repeated in zip(piece.figures, piece.repeat(self.learned, rng), strict=True)
        ]

    def noise(self) -> dict[str, Distribution]:
        """Return the log-scale error sigma_s of each source; one of all when it is common."""
        names = self.model.noise.names if self.model.noise.spread > 0 else [ALL_SOURCES]
        log_sd = self.draws.state.log_sd
        if not len(log_sd):
            return {}
        return {name: self.weighted(np.exp(log_sd[s])) for s, name in enumerate(names)}

    def compare(self, figure: Figure, repeated: np.ndarray) -> ObservationFit:
        """Return a figure beside repetitions of it, `(draws,)`."""
        return ObservationFit.of(figure, self.weighted(repeated))
