"""The Pareto shape of importance weights: whether their average can be trusted."""

from __future__ import annotations

import math

import numpy as np

MINIMUM_TAIL = 5
ROUNDING = 1e-9
"""Differences of log weights that are none: two ways to compute one number."""


def tail_length(n_draws: int) -> int:
    """Return how many of the largest weights the tail is fitted to.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao and Gabry (2024), Pareto smoothed importance sampling, Journal
    of Machine Learning Research 25(72): min(n / 5, 3 sqrt(n)).
    """
    return math.ceil(min(0.2 * n_draws, 3 * math.sqrt(n_draws)))


def pareto_k(log_weights: np.ndarray) -> float:
    """Return the shape k of the generalised Pareto tail of importance weights.

    Parameters
    ----------
    log_weights
        Logarithms of the raw weights, `(draws,)`, up to a constant; minus infinity is allowed.

    Returns
    -------
    float
        k; infinite when the tail has too few different weights to be fitted, and minus infinity
        when all weights are equal.

    References
    ----------
    Vehtari et al. (2024), as in `tail_length`.
    """
    if log_weights.max() - log_weights.min() < ROUNDING:
        return -math.inf
    length = tail_length(len(log_weights))
    shifted = np.sort(log_weights - log_weights.max())[-length - 1 :]
    if length < MINIMUM_TAIL or not np.isfinite(shifted[0]):
        return math.inf
    excess = np.exp(shifted[1:]) - math.exp(shifted[0])
    return generalised_pareto_shape(excess[excess > 0])


def generalised_pareto_shape(excess: np.ndarray) -> float:
    """Return the shape of a generalised Pareto distribution fitted to sorted excesses.

    Parameters
    ----------
    excess
        Positive excesses over the threshold, ascending, `(excesses,)`.

    Notes
    -----
    The posterior mean of Zhang and Stephens' profile likelihood, then shrunk towards 1/2 as if
    ten excesses had been seen with it.

    References
    ----------
    Zhang and Stephens (2009), A new and efficient estimation method for the generalized Pareto
    distribution, Technometrics 51(3), 316-325; the shrinkage: Vehtari et al. (2024), appendix.
    """
    n = len(excess)
    if n < MINIMUM_TAIL:
        return math.inf
    n_points = 30 + int(math.sqrt(n))
    points = 1 - np.sqrt(n_points / (np.arange(1, n_points + 1) - 0.5))
    quartile = excess[int(n / 4 + 0.5) - 1]
    rates = points / (3 * quartile) + 1 / excess[-1]
    shapes = np.log1p(-np.outer(rates, excess)).mean(axis=1)
    profile = n * (np.log(-rates / shapes) - shapes - 1)
    weights = np.exp(profile - profile.max())
    rate = float(weights @ rates / weights.sum())
    shape = float(np.log1p(-rate * excess).mean())
    return (n * shape + 10 * 0.5) / (n + 10)
