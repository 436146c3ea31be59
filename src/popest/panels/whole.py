"""All populations of a panel: sums over what their parts say, taken in the order of names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from popest.panels.part import Head, Part, Weighed, head_of, sizes_of, slopes_of, weighed_of
from popest.panels.shared_prior import SharedPrior
from popest.panels.workers import Workers

BATCH = 64
"""Thetas that the parts are asked for at a time."""


@dataclass(frozen=True)
class Whole:
    """All populations of a panel, in parts that workers hold.

    `head` is what is known of all populations without a theta.
    """

    workers: Workers
    parts: Sequence[Any]
    prior: SharedPrior
    head: Head

    @classmethod
    def of(cls, workers: Workers, parts: Sequence[Any], prior: SharedPrior) -> Whole:
        """Return the parts of a panel as one."""
        heads = list(workers.each(head_of, parts))
        head = Head(
            np.concatenate([one.log_median for one in heads]),
            np.concatenate([one.n_draws for one in heads]),
            np.concatenate([one.is_possible for one in heads]),
            heads[0].is_drawn,
        )
        return cls(workers, parts, prior, head)

    def each[*Arguments, Result](
        self, function: Callable[[Part, *Arguments], Result], *arguments: *Arguments
    ) -> Iterator[Result]:
        """Yield a function of each part, in the order of names."""
        return self.workers.each(function, self.parts, *arguments)

    def density_and_slope(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the log density of theta, `(coordinate,)`, up to a constant, and its gradient."""
        found = list(self.each(slopes_of, u))
        logs, offset, log_tau = (
            np.concatenate(arrays, axis=-1) for arrays in zip(*found, strict=True)
        )
        gradient = self.prior.slope(u, offset, log_tau.sum(axis=1)) - u
        return float(logs.sum()) - 0.5 * float(u @ u), gradient

    def weighed(self, u: np.ndarray) -> Iterator[tuple[slice, Weighed]]:
        """Yield what thetas, `(coordinate, theta)`, make of all populations, so many at a time."""
        for first in range(0, u.shape[1], BATCH):
            at = slice(first, min(first + BATCH, u.shape[1]))
            found = list(self.each(weighed_of, u[:, at]))
            arrays = (np.concatenate(arrays, axis=1) for arrays in zip(*found, strict=True))
            yield at, Weighed(*arrays)

    def sizes(self, u: np.ndarray, per_theta: int, seed: int) -> Iterator[np.ndarray]:
        """Yield drawn log sizes of the populations of each part, `(population, theta, draw)`."""
        return self.each(sizes_of, u, per_theta, seed)
