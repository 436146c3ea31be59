"""How well the model explains each observation, and what it learned of the ratios.

Each observation is compared with what the model predicts for it from all others.
A bad fit is a reason to doubt the estimate however well it was computed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from popest.engines.bank import quiet, weigh
from popest.engines.draws import LARGEST_PARETO_K, Draws, effective_size
from popest.engines.mixture import Mixture, Normal, fit_normal
from popest.engines.neighbour import Neighbourhood
from popest.engines.pareto import pareto_k
from popest.engines.threads import one_thread
from popest.estimates.distribution import Distribution
from popest.language.words import Words
from popest.model.evidence import Evidence, Figure
from popest.model.left_out import LeftOut
from popest.model.model import Model
from popest.model.state import Learned, Residuals
from popest.study.observations.saying import range_in

EXTREME = 0.01

SMALLEST_LEFT_OUT = 400
"""Effective draws, from which a percentile is good to .025 at its middle, and to .005 at 1 %."""
SMALLEST_MOVED, MOVED_PER_NORMAL = 4_000, 100
MOVED_SHARES = (0.1, 0.3, 0.6)
MOST_MOVES = 5

ALL_SOURCES = "all sources"
"""In place of a source's name where the error is common to all."""


class ObservationFit(NamedTuple):
    """An observation beside what all others predict for it, in the observation's unit.

    `percentile` is the probability that the prediction falls below the observation, and `bounds`
    between which counts it is where it is no count itself; what lies between them counts half.
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
        """Return a figure beside the prediction for it."""
        observation, source, value, is_floor, bounds = figure
        if bounds is None:
            percentile = predicted.percentile_of(value)
        else:
            inside = (bounds[0] <= predicted.values) & (predicted.values <= bounds[1])
            below = predicted.weights @ ((predicted.values < bounds[0]) + 0.5 * inside)
            percentile = float(below)
        return cls(observation, source, value, predicted, percentile, is_floor, bounds)

    @property
    def printed(self) -> float | None:
        """The count that was printed, or the bound; None of a count that is between two."""
        is_range = self.bounds is not None and self.value < self.bounds[1] < math.inf
        return None if is_range else self.value

    def value_in(self, texts: Words) -> str:
        """Return the observation as it is said in a language: a figure, or bounds of one."""
        return texts.figure(self.value) if self.bounds is None else range_in(texts, *self.bounds)

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
        around = Neighbourhood(self.model, self.draws)
        with one_thread(), quiet():
            return [
                self._fit(figure, place, piece, left_out, around)
                for piece in pieces
                for place, (figure, left_out) in enumerate(
                    zip(piece.figures, piece.left_out(self.learned, rng), strict=True)
                )
            ]

    def _fit(
        self,
        figure: Figure,
        place: int,
        piece: Evidence,
        left_out: LeftOut,
        around: Neighbourhood,
    ) -> ObservationFit:
        log_weights = without(self.draws.weights, left_out.log_density)
        if is_unreliable(log_weights) and self.draws.engine != "slice":
            left_out, log_weights = self._moved(place, piece, left_out, log_weights)
        if is_unreliable(log_weights):
            left_out, log_weights = self._walked(place, piece, around)
        weights = np.exp(log_weights - log_weights.max())
        return ObservationFit.of(figure, Distribution(left_out.values, weights / weights.sum()))

    def _moved(
        self, place: int, piece: Evidence, left_out: LeftOut, log_weights: np.ndarray
    ) -> tuple[LeftOut, np.ndarray]:
        """Return a figure as the others predict it by draws that were made without it.

        New draws come from a mixture of the prior, the posterior and what the weights make of
        it without the figure, again and again until they carry the weight.
        """
        rng = np.random.default_rng(place)
        u, model = self.draws.state.u, self.model
        n_draws = max(SMALLEST_MOVED, MOVED_PER_NORMAL * len(u))
        for _ in range(MOST_MOVES):
            parts = Normal.standard(len(u)), self.draws.normal, fit_normal(u, log_weights)
            mixture = Mixture(parts, MOVED_SHARES)
            u = mixture.draw(n_draws, rng)
            bank = weigh(model, u, mixture, keep_state=True)
            if not bank.is_possible:
                break
            moved = Posterior.complete(model, bank.draws(model), rng)
            left_out = next(islice(piece.left_out(moved.learned, rng), place, None))
            log_weights = without(moved.draws.weights, left_out.log_density)
            if not is_unreliable(log_weights):
                break
        return left_out, log_weights

    def _walked(
        self, place: int, piece: Evidence, around: Neighbourhood
    ) -> tuple[LeftOut, np.ndarray]:
        """Return a figure as the others predict it by chains that walk without it."""
        rng = np.random.default_rng(place)

        def log_density(u: np.ndarray) -> np.ndarray:
            log_likelihood, left_out = self._without(u, place, piece)
            density = log_likelihood - left_out.log_density
            density[~(density < np.inf)] = -np.inf
            return density - 0.5 * np.einsum("ij,ij->j", u, u)

        _, left_out = self._without(around.walk(log_density, rng), place, piece)
        return left_out, np.zeros(len(left_out.values))

    def _without(self, u: np.ndarray, place: int, piece: Evidence) -> tuple[np.ndarray, LeftOut]:
        """Return the log density of the data at draws, and a figure as the others predict it."""
        rng = np.random.default_rng(place)
        state, log_likelihood = self.model.evaluate(u)
        found = replace(self.draws, state=state)
        learned = Posterior.complete(self.model, found, rng).learned
        return log_likelihood, next(islice(piece.left_out(learned, rng), place, None))

    def noise(self) -> dict[str, Distribution]:
        """Return the log-scale error sigma_s of each source; one of all that have it in common."""
        noise, found = self.model.noise, {}
        for name, error, log_sd in zip(
            noise.names, noise.errors, self.draws.state.log_sd, strict=True
        ):
            shared = ALL_SOURCES if error is None and noise.spread == 0 else name
            if shared not in found:
                found[shared] = self.weighted(np.exp(log_sd))
        return found

    def compare(self, figure: Figure, repeated: np.ndarray) -> ObservationFit:
        """Return a figure beside repetitions of it, `(draws,)`."""
        return ObservationFit.of(figure, self.weighted(repeated))


def without(weights: np.ndarray, log_density: np.ndarray) -> np.ndarray:
    """Return the log weights of draws without what a figure adds to their density, `(draws,)`."""
    carried = weights > 0
    log_weights = np.full(len(weights), -np.inf)
    log_weights[carried] = np.log(weights[carried]) - log_density[carried]
    return log_weights


def is_unreliable(log_weights: np.ndarray) -> bool:
    """Return whether draws cannot be weighed so: few of them would carry the weight."""
    size = effective_size(log_weights)
    return size < SMALLEST_LEFT_OUT or pareto_k(log_weights) >= LARGEST_PARETO_K
