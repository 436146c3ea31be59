"""Coordinates in which a drawn ratio is measured from what its counts say, given the population.

A binomial count of many persons leaves of the population and the ratio little but their product: a
thin crescent where the ratio is wide, along which chains hardly move. Measured from where it lies
given the population, the ratio is about as wide everywhere.
"""

from __future__ import annotations

import numpy as np

from popest.model.drawn.few_counts import FewCounts
from popest.model.model import Model


class GivenPopulation:
    """A change of coordinates between points and a model's normals, both `(normals, points)`.

    A point has the normals themselves, but (z - m) / s in place of a ratio's own normal z where
    binomial counts tie the ratio to the population: m and s are its mean and sd given the other
    normals, about.

    Parameters
    ----------
    model
        The model of a study.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        pieces = [piece for piece in model.evidence if isinstance(piece, FewCounts)]
        self._tied = [(piece, piece.tied) for piece in pieces if piece.tied is not None]

    def normals(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the normals of points, and by how much log densities of points exceed theirs."""
        log_sd = np.zeros(points.shape[1])
        if not self._tied:
            return points, log_sd
        u, state = points.copy(), self._model.state(points)
        for piece, place in self._tied:
            mean, sd = piece.own_normal_given(state)
            u[place] = mean + sd * points[place]
            log_sd += np.log(sd)
        return u, log_sd

    def points(self, u: np.ndarray) -> np.ndarray:
        """Return the points that have the normals."""
        if not self._tied:
            return u
        points, state = u.copy(), self._model.state(u)
        for piece, place in self._tied:
            mean, sd = piece.own_normal_given(state)
            points[place] = (u[place] - mean) / sd
        return points
