"""Quantiles of a Student t, or of the sum of one and a normal.

Of x = tau sqrt(1 - w + w s^2) z, with z standard normal and s^2 = nu over a chi-squared variable of
nu degrees of freedom. The standard library has no Student t.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

NORMAL = NormalDist()
LARGEST_STEP = 0.25
STEPS_A_DEVIATION = 4
SMALLEST_LOG_DENSITY = -40.0
MOST_NEWTON_STEPS = 60
PRECISION = 1e-13


@lru_cache(maxsize=64)
def _weights(tails: float) -> tuple[tuple[float, float], ...]:
    """Return values of s^2 with their probabilities.

    They are the points of a trapezoid rule for y = log(chi^2 / nu), whose density is proportional
    to exp(nu (y - e^y) / 2): it falls off at both ends, so that the rule is exact to 1e-12.
    """
    deviation = math.sqrt(2 / tails)
    step = min(LARGEST_STEP, deviation / STEPS_A_DEVIATION)
    depth = -2 * SMALLEST_LOG_DENSITY / tails
    lowest, highest = -depth - 2 * math.sqrt(2 * depth), math.log1p(-4 * SMALLEST_LOG_DENSITY)
    places = range(math.floor(lowest / step) - 1, math.ceil(highest / step) + 1)
    points = [place * step for place in places]
    logs = [(y, tails / 2 * (y - math.expm1(y))) for y in points]
    found = [(y, math.exp(log)) for y, log in logs if log > SMALLEST_LOG_DENSITY]
    total = sum(weight for _, weight in found)
    return tuple((math.exp(-y), weight / total) for y, weight in found)


def _scales(tails: float, share: float) -> list[tuple[float, float]]:
    """Return values of the scale sqrt(1 - w + w s^2) with their probabilities."""
    return [(math.sqrt(1 - share + share * square), weight) for square, weight in _weights(tails)]


def probability_below(bound: float, tails: float, share: float = 1.0) -> float:
    """Return the probability of less than a bound, in units of tau, as `quantile` has them."""
    return sum(weight * NORMAL.cdf(bound / scale) for scale, weight in _scales(tails, share))


@lru_cache(maxsize=4096)
def quantile(probability: float, tails: float | None, share: float = 1.0) -> float:
    """Return a quantile in units of tau.

    Parameters
    ----------
    probability
        Between 0 and 1, both out.
    tails
        Degrees of freedom nu; None for a normal.
    share
        w, the share of the variance at s = 1 that has the tails.
    """
    normal = NORMAL.inv_cdf(probability)
    if tails is None or share == 0 or probability == 0.5:
        return normal
    if probability < 0.5:
        return -quantile(1 - probability, tails, share)
    scales = _scales(tails, share)
    # The distribution function is concave above 0: from below, Newton's steps never go too far.
    found = 0.0
    for _ in range(MOST_NEWTON_STEPS):
        below = sum(weight * NORMAL.cdf(found / scale) for scale, weight in scales)
        density = sum(weight * NORMAL.pdf(found / scale) / scale for scale, weight in scales)
        step = (probability - below) / density
        found += step
        if abs(step) < PRECISION * found:
            break
    return found
