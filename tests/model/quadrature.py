"""The posterior of a study with few standard normals, by the trapezoidal rule on a grid.

Also how weighted draws are compared with it, in standard errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from popest.model.model import Model

REACH = 9.0
NEGLIGIBLE = 40.0
SMALLEST_WEIGHT = 1e-13
COARSE = {1: 2001, 2: 201, 3: 61}
FINE = {1: 4001, 2: 241, 3: 121}


@dataclass(frozen=True)
class Grid:
    """Points, `(normals, point)`, their posterior weights, `(point,)`, and the log evidence.

    The rule's error falls as exp(-2 (pi sd / step)^2) for a normal of that standard deviation, so
    that a step of half of it would do.
    """

    u: np.ndarray
    weights: np.ndarray
    log_evidence: float


def on_grid(model: Model) -> Grid:
    """Integrate a posterior: first coarsely, then where its density is not negligible.

    The result is refused unless every second point in each direction gives it too.
    """
    size = len(model.normals)
    u, log_posterior, _ = _grid(model, np.full(size, -REACH), np.full(size, REACH), COARSE[size])
    held = u[:, log_posterior.ravel() > log_posterior.max() - NEGLIGIBLE]
    step = 2 * REACH / (COARSE[size] - 1)
    lower, upper = held.min(axis=1) - step, held.max(axis=1) + step
    u, log_posterior, cell = _grid(model, lower, upper, FINE[size])
    largest = log_posterior.max()
    weights = np.exp(log_posterior - largest)
    every_second = weights[(slice(None, None, 2),) * size].sum() * 2**size
    error = abs(every_second / weights.sum() - 1)
    assert error < 1e-5, f"the grid is too coarse: {error:.1g}"
    log_evidence = largest + math.log(weights.sum() * cell)
    weights = weights.ravel()
    held = weights > SMALLEST_WEIGHT
    return Grid(u[:, held], weights[held] / weights[held].sum(), float(log_evidence))


def _grid(
    model: Model, lower: np.ndarray, upper: np.ndarray, points: int
) -> tuple[np.ndarray, np.ndarray, float]:
    axes = [np.linspace(a, b, points) for a, b in zip(lower, upper, strict=True)]
    u = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])
    log_prior = -0.5 * (u**2).sum(axis=0) - 0.5 * len(u) * math.log(2 * math.pi)
    cell = math.prod(float(axis[1] - axis[0]) for axis in axes)
    log_posterior = log_prior + model.log_density_of_data(u)
    return u, log_posterior.reshape((points,) * len(u)), cell


def z_scores(weights: np.ndarray, values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Errors of weighted means of `values`, `(..., draw)`, in standard errors."""
    deviation = values - truth[..., None]
    error = np.sqrt(deviation**2 @ weights**2)
    return np.asarray(deviation @ weights / error)


def shares_below(values: np.ndarray, grid: Grid, at_points: np.ndarray) -> tuple[Any, Any]:
    """Smooth shares of draws below five marks, and what they are on the grid.

    The marks are up to two standard deviations from the mean, and the steps of a quarter of a
    standard deviation, since the trapezoidal rule is exact only for what is smooth.
    """
    mean = at_points @ grid.weights
    sd = math.sqrt((at_points - mean) ** 2 @ grid.weights)
    marks = (mean + sd * np.arange(-2, 3))[:, None]
    step = sd / 4
    return special.ndtr((marks - values) / step), (
        special.ndtr((marks - at_points) / step) @ grid.weights
    )


def evidence_error(weights: np.ndarray) -> float:
    """Standard error of the log evidence: that of a mean of weights, relative to the mean."""
    return math.sqrt((weights**2).sum() - 1 / weights.size)
