"""What a sample of a population says of a share: how many of those asked were counted."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise

from popest.study.log_gamma import digamma, trigamma
from popest.study.specification.priors import NORMAL_QUANTILE_95

SMALLEST_NORMAL = 8
"""Persons seen, over the design effect, from which the logit of a share is as good as normal: to
4 % at worst."""
TAIL = 40.0
"""Beyond so many units of the logarithm nothing of a density is left."""
WIDE = 12.0
"""Or so many standard deviations, near the mode."""
STEPS = 4_000


def logit(share: float) -> float:
    """Return log(p / (1 - p)) of a share p between 0 and 1, both out.

    Raises
    ------
    ValueError
        When it is not between them.
    """
    return math.log(share) - math.log(1 - share)


def expit(log_odds: float) -> float:
    """Return the share whose logit is given."""
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -(TAIL**2) / 4 else 0.0


def beta_of(seen: float, of: float) -> tuple[float, float]:
    """Return the shapes of the beta density of a share, from a sample and Jeffreys' prior."""
    return seen + 0.5, of - seen + 0.5


def log_odds_of(seen: float, of: float) -> tuple[float, float]:
    """Return mean and standard deviation of the logit of a share, `seen` of `of` being counted.

    Notes
    -----
    The logit of a beta variable with shapes a and b has the mean psi(a) - psi(b) and the variance
    psi'(a) + psi'(b).
    """
    a, b = beta_of(seen, of)
    return digamma(a) - digamma(b), math.sqrt(trigamma(a) + trigamma(b))


def sample_quantiles(seen: float, of: float) -> tuple[float, float, float]:
    """Return the 5, 50 and 95 % quantiles of a share, `seen` of `of` being counted.

    Where few are, they are those of the beta density itself.
    """
    if seen >= SMALLEST_NORMAL:
        mean, sd = log_odds_of(seen, of)
        reach = NORMAL_QUANTILE_95 * sd
        return expit(mean - reach), expit(mean), expit(mean + reach)
    a, b = beta_of(seen, of)
    mode, sd = math.log(a / b), math.sqrt(1 / a + 1 / b)
    first, last = mode - TAIL / a - WIDE * sd, mode + TAIL / b + WIDE * sd
    step = (last - first) / STEPS
    grid = [first + number * step for number in range(STEPS + 1)]
    densities = [math.exp(a * t - (a + b) * _softplus(t) - _peak(a, b)) for t in grid]
    sums = [0.0, *accumulate((x + y) / 2 for x, y in pairwise(densities))]
    found = (_at(prob * sums[-1], sums, grid) for prob in (0.05, 0.5, 0.95))
    lower, median, upper = map(expit, found)
    return lower, median, upper


def _softplus(t: float) -> float:
    return t + math.log1p(math.exp(-t)) if t > 0 else math.log1p(math.exp(t))


def _peak(a: float, b: float) -> float:
    mode = math.log(a / b)
    return a * mode - (a + b) * _softplus(mode)


def _at(mass: float, sums: list[float], grid: list[float]) -> float:
    """Return where so much of a mass lies below."""
    after = next(number for number, total in enumerate(sums) if total >= mass)
    below, above = sums[after - 1], sums[after]
    return grid[after - 1] + (grid[after] - grid[after - 1]) * (mass - below) / (above - below)
