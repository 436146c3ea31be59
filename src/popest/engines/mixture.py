"""Normal densities fitted to weighted draws, and their mixtures."""

from __future__ import annotations

import math
from typing import NamedTuple, Self

import numpy as np

INFLATION = 1.1
SMALLEST_VARIANCE = 1e-18
"""Of a normal, also where a single draw carries all the weight; prior variances are 1."""


class Normal(NamedTuple):
    """A multivariate normal density with its mean, `(normals,)`, and triangular factor."""

    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def standard(cls, size: int) -> Self:
        """Return the density of independent standard normals."""
        return cls(np.zeros(size), np.eye(size))

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return draws, `(normals, draws)`."""
        return self.mean[:, None] + self.factor @ rng.standard_normal((len(self.mean), size))

    def log_density(self, u: np.ndarray) -> np.ndarray:
        """Return the log density of draws, `(normals, draws)` to `(draws,)`."""
        inverse = np.linalg.inv(self.factor)
        z = inverse @ u
        z -= (inverse @ self.mean)[:, None]
        constant = float(np.log(np.diag(inverse)).sum()) - 0.5 * len(u) * math.log(2 * math.pi)
        density: np.ndarray = constant - 0.5 * np.einsum("ij,ij->j", z, z)
        return density

    def misfit(self, u: np.ndarray) -> float:
        """Return how far draws, `(normals, draws)`, are from this density, in standard errors."""
        z = np.linalg.inv(self.factor) @ (u - self.mean[:, None])
        root = math.sqrt(u.shape[1])
        second = root * (z @ z.T / u.shape[1] - np.eye(len(z)))
        second[np.diag_indices_from(second)] /= math.sqrt(2)
        return float(max(np.abs(root * z.mean(axis=1)).max(), np.abs(second).max()))


class Mixture(NamedTuple):
    """A mixture from which each component contributes a fixed number of draws.

    `shares` of the components sum to 1.
    """

    components: tuple[Normal, ...]
    shares: tuple[float, ...]

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return draws, component by component, `(normals, draws)`."""
        parts = zip(self.components, np.diff(self._ends(size), prepend=0), strict=True)
        return np.concatenate([component.draw(n, rng) for component, n in parts], axis=1)

    def log_density(self, u: np.ndarray) -> np.ndarray:
        """Return the log density of draws, `(normals, draws)` to `(draws,)`."""
        parts = zip(self.components, self.shares, strict=True)
        terms = np.stack([component.log_density(u) + math.log(share) for component, share in parts])
        largest = terms.max(axis=0)
        density: np.ndarray = largest + np.log(np.exp(terms - largest).sum(axis=0))
        return density

    def misfit(self, u: np.ndarray) -> float:
        """Return how far draws are from what `draw` returns, in standard errors.

        Parameters
        ----------
        u
            Draws, component by component, `(normals, draws)`.

        Returns
        -------
        float
            The largest deviation of a mean, a variance or a correlation from those of the
            component's standard normals; 0 when there is nothing to compare.
        """
        parts = np.split(u, self._ends(u.shape[1])[:-1], axis=1)
        pairs = zip(self.components, parts, strict=True)
        found = [component.misfit(part) for component, part in pairs if part.size]
        return max(found, default=0.0)

    def _ends(self, size: int) -> np.ndarray:
        """Return where the draws of each component end among so many."""
        return np.rint(np.cumsum(self.shares) * size).astype(int)


def fit_normal(u: np.ndarray, log_weights: np.ndarray, size: float | None = None) -> Normal:
    """Return a normal with the mean and the slightly inflated covariance of weighted draws.

    Parameters
    ----------
    u
        Draws, `(normals, draws)`.
    log_weights
        Logarithms of their weights, `(draws,)`, up to a constant.
    size
        How many independent draws they are worth; as their weights have it when None.

    Notes
    -----
    Correlations are shrunk towards zero by d / (d + effective size), for d normals, so that the
    covariance is positive definite however few draws carry the weight.
    """
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    mean = u @ weights
    deviation = u - mean[:, None]
    deviation *= np.sqrt(weights)
    covariance = deviation @ deviation.T
    shrink = len(u) / (len(u) + (1 / (weights @ weights) if size is None else size))
    variances = np.maximum(np.diag(covariance), SMALLEST_VARIANCE)
    covariance = (1 - shrink) * covariance + shrink * np.diag(variances)
    return Normal(mean, np.linalg.cholesky(INFLATION * covariance))
