"""Mean and variance of the logarithm of a gamma variable.

SciPy has both functions, and takes as long to load as an estimate to compute.
"""

from __future__ import annotations

import math

_LARGE = 16.0
"""From here on the asymptotic series is exact to the last digits of a double."""


def digamma(x: float) -> float:
    """Return psi(x), the mean of the logarithm of a gamma variable of shape `x` > 0.

    Notes
    -----
    psi(x) = psi(x + 1) - 1/x, and log x - 1/(2x) - sum_k B_2k / (2k x^2k) for large x
    (Abramowitz and Stegun, Handbook of Mathematical Functions, 6.3.5 and 6.3.18).
    """
    below = 0.0
    while x < _LARGE:
        below += 1 / x
        x += 1
    y = 1 / x**2
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))))
    return math.log(x) - 0.5 / x - series - below


def trigamma(x: float) -> float:
    """Return psi'(x), the variance of the logarithm of a gamma variable of shape `x` > 0.

    Notes
    -----
    psi'(x) = psi'(x + 1) + 1/x^2, and 1/x + 1/(2x^2) + sum_k B_2k / x^(2k+1) for large x
    (Abramowitz and Stegun, Handbook of Mathematical Functions, 6.4.6 and 6.4.12).
    """
    below = 0.0
    while x < _LARGE:
        below += 1 / x**2
        x += 1
    y = 1 / x**2
    series = y * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * 5 / 66))))
    return below + 1 / x + 0.5 * y + series / x
