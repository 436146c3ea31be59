"""Draws of a posterior that is near one with draws: chains that go on from these."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from popest.engines.coordinates import Coordinates
from popest.engines.draws import Draws
from popest.engines.mixture import Normal, fit_normal
from popest.engines.moves import Chains
from popest.engines.slice import in_order
from popest.engines.superchains import CHAINS
from popest.engines.target import Density, Target
from popest.model.model import Model

STEPS_AWAY = (15, 25, 50)
"""Steps of each round in which chains leave where they set out from, and the normal is refitted."""
STEPS_KEPT = 50


class Neighbourhood:
    """The surroundings of a posterior, in which chains of others move.

    Parameters
    ----------
    model
        The model of a study.
    draws
        Draws of its posterior.
    """

    def __init__(self, model: Model, draws: Draws) -> None:
        self._model = model
        # In even steps, so that neighbours of a chain are taken as seldom as can be.
        below = np.cumsum(draws.weights)
        at = np.searchsorted(below, (np.arange(CHAINS) + 0.5) / CHAINS * below[-1])
        self._draws, self._target = draws, Target(model, lambda _: None)
        self._starts = self._target.given.points(draws.state.u[:, at])

    @cached_property
    def _fitted(self) -> tuple[Coordinates, Normal]:
        coordinates = Coordinates.around(self._model, self._target, self._starts)
        log_weights = np.log(np.maximum(self._draws.weights, np.finfo(float).tiny))
        x = coordinates.points(self._target.given.points(self._draws.state.u))
        return coordinates, fit_normal(x, log_weights, self._draws.certificate.size)

    def walk(self, log_density: Density, rng: np.random.Generator) -> np.ndarray:
        """Return draws of another density, up to a constant, of the same normals.

        They are 50 steps of 128 chains that set out from draws of the posterior, `(normals,
        draws)`, chain after chain.
        """
        coordinates, normal = self._fitted
        given = self._target.given

        def of_points(points: np.ndarray) -> np.ndarray:
            u, log_sd = given.normals(points)
            density: np.ndarray = log_density(u) + log_sd
            return density

        density, x = coordinates.density(of_points), coordinates.points(self._starts)
        for n_steps in STEPS_AWAY:
            chains = Chains(density, normal, x)
            walked = in_order(chains.walk(n_steps, 1, rng)[n_steps // 3 :])
            normal, x = fit_normal(walked, np.zeros(walked.shape[1]), CHAINS), chains.points
        kept = Chains(density, normal, x).walk(STEPS_KEPT, 1, rng)
        u, _ = given.normals(coordinates.normals(in_order(kept)))
        return u
