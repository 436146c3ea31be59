"""Coordinates in which a posterior is as wide at one noise as at another.

The smaller the noise of the registers, the narrower the posterior of all that their counts speak
of: a funnel, whose neck no single normal fits. Here each direction of the population is measured
in the standard deviations that it has at the noise of the draw.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

from popest.engines.laplace import DISTANCE, laplace, second_differences
from popest.engines.mixture import Normal
from popest.engines.target import Density
from popest.model.model import Model

PRINTED_VARIANCE = 1e-4
"""Of the log of a figure that is printed in full, which is there however small the noise is."""
FIRST_SD = 0.1
"""Of every normal, where the first way to the peak begins."""
RAISED = 0.7
"""By which the logarithm of a noise is raised, to see what its source tells of each direction."""
TINY = 1e-300
SMALLEST_INFORMATION = 1e-3
"""Compared with the prior's, below which a direction's centre is left where it is."""


class Coordinates:
    """A change of coordinates, from those with a steady width to a model's normals.

    Parameters
    ----------
    model
        The model of a study.
    log_density
        The log density of its posterior, up to a constant.
    start
        Where the peak is looked for, at the noises of `start`, `(normals,)`; possible.
    before
        Coordinates at other noises, whose peak is where to begin.

    Notes
    -----
    With the noises of `start`, let direction k of the population (an eigenvector of
    the curvature) have the precision 1 + sum_s g_ks, 1 from the prior and g_ks from source s. At
    noises sigma_s the sum is r_k = sum_s g_ks (sigma_s0^2 + p^2) / (sigma_s^2 + p^2), p that of
    print. Were all else normal, the direction would have the standard deviation
    (1 + r_k)^(-1/2) and a mean in proportion to r_k / (1 + r_k).
    """

    def __init__(
        self,
        model: Model,
        log_density: Density,
        start: np.ndarray,
        before: Coordinates | None = None,
    ) -> None:
        self._noise = model.noise
        self._movers = _movers(model)
        noisy = np.zeros(len(start), dtype=bool)
        noisy[[] if model.noise.common.index is None else [model.noise.common.index]] = True
        noisy[[mover.place for mover in self._movers]] = True
        self.noises, self.others = np.flatnonzero(noisy), np.flatnonzero(~noisy)
        peak = self._peak(log_density, start, before)
        values, self._vectors = np.linalg.eigh(np.linalg.inv(peak.factor @ peak.factor.T))
        self.peak = start.copy()
        self.peak[self.others] = peak.mean
        self._factor = peak.factor
        self._centre = self._vectors.T @ peak.mean
        self._start_variance = self._variance(self.peak[:, None])[:, 0]
        self._information = self._by_source(log_density, np.maximum(values - 1, 0))
        mean = np.zeros(len(start))
        mean[self.noises] = start[self.noises]
        self.normal = Normal(mean, np.eye(len(start)))

    @classmethod
    def around(cls, model: Model, log_density: Density, u: np.ndarray) -> Self:
        """Return the coordinates at the noises of the draw that is most in the middle of all.

        `u` are draws of the posterior, `(normals, draws)`, each of which is possible.
        """
        away = (u - u.mean(axis=1, keepdims=True)) / u.std(axis=1, keepdims=True)
        return cls(model, log_density, u[:, np.argmin((away**2).sum(axis=0))])

    def _peak(self, log_density: Density, start: np.ndarray, before: Coordinates | None) -> Normal:
        """Return Laplace's approximation to all but the noises, given these."""

        def given(others: np.ndarray) -> np.ndarray:
            u = np.repeat(start[:, None], others.shape[1], axis=1)
            u[self.others] = others
            return log_density(u)

        if before is None:
            near = Normal(start[self.others], FIRST_SD * np.eye(len(self.others)))
        else:
            near = Normal(before.peak[self.others], before._factor)
        return laplace(given, near)

    def normals(self, x: np.ndarray) -> np.ndarray:
        """Return the normals of points in these coordinates, both `(normals, points)`."""
        mean, sd = self._moments(x)
        u = x.copy()
        u[self.others] = self._vectors @ (mean + sd * x[self.others])
        return u

    def points(self, u: np.ndarray) -> np.ndarray:
        """Return normals in these coordinates, both `(normals, points)`."""
        mean, sd = self._moments(u)
        x = u.copy()
        x[self.others] = (self._vectors.T @ u[self.others] - mean) / sd
        return x

    def density(self, log_density: Density) -> Density:
        """Return a log density of normals as one of these coordinates."""

        def changed(x: np.ndarray) -> np.ndarray:
            mean, sd = self._moments(x)
            u = x.copy()
            u[self.others] = self._vectors @ (mean + sd * x[self.others])
            return log_density(u) + np.log(sd).sum(axis=0)

        return changed

    def _moments(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of each direction at the noises of `u`.

        Both are `(direction, points)`; the other coordinates of `u` are not looked at.
        """
        factor = self._start_variance[:, None] / self._variance(u)
        found = self._information[:, :-1] @ factor + self._information[:, -1:]
        at_start = self._information.sum(axis=1)
        known = at_start > SMALLEST_INFORMATION
        share = np.where(known, at_start / (1 + at_start), 1.0)[:, None]
        shift = np.where(known[:, None], found / (1 + found) / share, 1.0)
        return self._centre[:, None] * shift, 1 / np.sqrt(1 + found)

    def _variance(self, u: np.ndarray) -> np.ndarray:
        """Return the variance of each noisy source's figures, `(source, points)`; 1 for none."""
        if not self._noise.names:
            return np.ones((1, u.shape[1]))
        variance: np.ndarray = np.exp(2 * self._noise.log_sd(u)) + PRINTED_VARIANCE
        return variance

    def _by_source(self, log_density: Density, whole: np.ndarray) -> np.ndarray:
        """Return what each noisy source tells of each direction, and last what no noise touches.

        Its shape is `(direction, source + 1)`; the sums over sources are `whole`, `(direction,)`.
        """
        told = np.zeros((len(whole), len(self._start_variance) + 1))
        if self._noise.spread == 0 and not any(self._noise.errors):
            # One noise for all, if any: there is nothing to tell apart.
            told[:, 0] = whole
            return told
        moves = np.zeros((len(self.peak), len(whole)))
        moves[self.others] = DISTANCE * self._vectors / np.sqrt(1 + whole)
        base = second_differences(log_density, self.peak, moves)
        for mover in self._movers:
            raised = self.peak.copy()
            raised[mover.place] += RAISED / mover.scale
            found = (second_differences(log_density, raised, moves) - base) / DISTANCE**2
            start = self._start_variance[mover.source]
            grown = (start - PRINTED_VARIANCE) * np.exp(2 * RAISED) + PRINTED_VARIANCE
            told[:, mover.source] = found * (1 + whole) / (1 - start / grown)
        told = np.where(np.isfinite(told), np.maximum(told, 0), 0)
        told *= np.minimum(whole / np.maximum(told.sum(axis=1), TINY), 1)[:, None]
        told[:, -1] = whole - told.sum(axis=1)
        return told


class _Mover(NamedTuple):
    """A normal that moves the noise of a source: its place, and what it adds to the logarithm.

    Sources that have only the common noise are moved together; the first stands for them.
    """

    source: int
    place: int
    scale: float


def _movers(model: Model) -> list[_Mover]:
    """Return what moves the noise of each source and of no other one, in the order of sources."""
    noise, found = model.noise, []
    own = iter(range(len(model.normals))[noise.own])
    is_common_moved = False
    for source, error in enumerate(noise.errors):
        if error is not None:
            if error.index is not None:
                found.append(_Mover(source, error.index, error.sigma))
        elif noise.spread > 0:
            found.append(_Mover(source, next(own), noise.spread))
        elif noise.common.index is not None and not is_common_moved:
            found.append(_Mover(source, noise.common.index, noise.common.sigma))
            is_common_moved = True
    return found
