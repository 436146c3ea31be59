"""Tails of the standard normal distribution: their logarithm, and p-values from scores."""

from __future__ import annotations

import math

import numpy as np

_SCALE = 2.5
_COEFFICIENTS = (
    -0.863668092167319,
    0.7634037549319659,
    0.1392529069644128,
    -0.017983809879261615,
    -0.023787984315720753,
    -0.0019463315517483707,
    0.0047209769110230235,
    0.0011575347267648087,
    -0.001047961281513921,
    -0.0003951935366551142,
    0.00025451540415559763,
    0.00011728225843796742,
    -6.629431044302696e-05,
    -3.178336796736404e-05,
    1.787370017609647e-05,
    7.784978697600312e-06,
    -4.700925092038235e-06,
    -1.642538518353832e-06,
    1.0989027941832327e-06,
    2.654378477018328e-07,
    -1.95094617083669e-07,
    -2.4060136638581774e-08,
    1.8812716007232685e-08,
)
"""Of the polynomial p(s) that log[erfc(z) exp(z^2) / t] is for z from 0 up, t = 2.5 / (2.5 + z) and
s = 2 t - 1, by rising powers: its Chebyshev series up to degree 22, exact to 4e-15."""


def log_normal_cdf(x: np.ndarray) -> np.ndarray:
    """Return the log of the standard normal distribution function.

    Notes
    -----
    Of the lower tail it is log(erfc(z) / 2), z = |x| / sqrt(2), with log erfc(z) = log t + p - z^2
    as above; of the upper, log(1 - the lower). SciPy takes as long to load as an estimate to
    compute, and Python's own erfc takes one number at a time.
    """
    z = np.abs(x) / math.sqrt(2)
    s = 2 / (1 + z / _SCALE) - 1
    series = np.full_like(s, _COEFFICIENTS[-1])
    for coefficient in _COEFFICIENTS[-2::-1]:
        series *= s
        series += coefficient
    lower: np.ndarray = series - z**2 - np.log1p(z / _SCALE) - math.log(2)
    return np.where(x > 0, np.log1p(-np.exp(lower)), lower)


def two_sided(scores: np.ndarray, weights: np.ndarray) -> float:
    """Return the two-sided p-value from the normal score and the weight of each draw."""
    lower = float(weights @ np.exp(log_normal_cdf(scores)))
    upper = float(weights @ np.exp(log_normal_cdf(-scores)))
    return min(1.0, 2 * min(lower, upper))
