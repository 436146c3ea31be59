"""Tails of the standard normal distribution: their logarithm, and p-values from scores."""

from __future__ import annotations

import math

import numpy as np

FAR_TAIL = -30.0


def log_normal_cdf(x: np.ndarray) -> np.ndarray:
    """Return the log of the standard normal distribution function.

    Notes
    -----
    Far in the lower tail, where the function itself would underflow, its asymptotic series is
    used: log phi(x) - log(-x) + log(1 - 1/x^2 + 3/x^4), off by less than 3e-8.
    """
    near = np.maximum(x, FAR_TAIL) / -math.sqrt(2)
    result = np.array(list(map(math.erfc, near.ravel().tolist()))).reshape(x.shape)
    result = np.log(0.5 * result)
    far = np.minimum(x, FAR_TAIL)
    tail = -0.5 * far**2 - 0.5 * math.log(2 * math.pi) - np.log(-far)
    tail += np.log1p(-1 / far**2 + 3 / far**4)
    return np.where(x < FAR_TAIL, tail, result)


def two_sided(scores: np.ndarray, weights: np.ndarray) -> float:
    """Return the two-sided p-value from the normal score and the weight of each draw."""
    lower = float(weights @ np.exp(log_normal_cdf(scores)))
    upper = float(weights @ np.exp(log_normal_cdf(-scores)))
    return min(1.0, 2 * min(lower, upper))
