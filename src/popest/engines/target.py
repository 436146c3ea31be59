"""A posterior density that is asked for many points at a time, and says how the work goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from popest.engines.given_population import GivenPopulation
from popest.model.model import Model

BATCH = 256
"""Points computed at a time: at 600 months their arrays stay in the processor's cache."""
POINTS_PER_SENTENCE = 10_000
"""Points after which the work is said again, and the clock is asked, which may cost as much as a
batch of a short study: at most a second of work, at 600 months."""
Density = Callable[[np.ndarray], np.ndarray]
"""A log density up to a constant, of points `(normals, points)`, `(points,)`."""


class OutOfTimeError(Exception):
    """The processor time that was given is over."""


class Target:
    """The density of a model's posterior, up to a constant, over the points of `given`.

    Parameters
    ----------
    model
        The model of a study.
    progress
        Called with a sentence at least every 10,000 points.
    until
        The processor time of this thread, seconds, within 10,000 points of which the work ends.

    Attributes
    ----------
    doing
        What the points are asked for, in words.
    given
        From points to the model's normals.
    """

    def __init__(
        self, model: Model, progress: Callable[[str], None], until: float | None = None
    ) -> None:
        self._model = model
        self.given = GivenPopulation(model)
        self._progress = progress
        self._until = until
        self._unsaid = POINTS_PER_SENTENCE
        self.doing = ""

    def log_likelihood(self, u: np.ndarray) -> np.ndarray:
        """Return the log density of the data given normals, `(points,)`."""
        parts = [self._batch(u[:, at : at + BATCH]) for at in range(0, u.shape[1], BATCH)]
        return possible(np.concatenate(parts))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the log density of the posterior, up to a constant, `(points,)`."""
        u, log_sd = self.given.normals(points)
        return possible(self.log_likelihood(u) - 0.5 * np.einsum("ij,ij->j", u, u) + log_sd)

    def _batch(self, u: np.ndarray) -> np.ndarray:
        self._unsaid += u.shape[1]
        if self._unsaid >= POINTS_PER_SENTENCE:
            self._unsaid = 0
            self._progress(self.doing)
            if self._until is not None and time.thread_time() > self._until:
                raise OutOfTimeError
        return self._model.log_density_of_data(u)


def possible(density: np.ndarray) -> np.ndarray:
    """Return log densities with minus infinity where there is none."""
    density[~(density < np.inf)] = -np.inf
    return density
