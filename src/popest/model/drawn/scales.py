"""Scales of ratios with tails: a Student t is a normal whose scale is drawn.

With g = chi^2 / nu of nu degrees of freedom and z standard normal, s z with s = g^(-1/2) is
Student t. Each source has a standard normal u of its own, with s rising in u: P(g) = Phi(-u). The
sources of a group share it: had each its own, figures that repeat one another would be taken for as
many independent signs that their common ratio is not far out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from popest.model.normals import Array, Normals, zero_like_draw
from popest.model.tails import log_normal_cdf
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import Source

FARTHEST = 8.0
"""Beyond this the scale stays what it is there: one draw in 10^15 lies further out."""
DEGREE = 44
NEWTON_STEPS = 60
NEGLIGIBLE = 1e-13
"""Size of a coefficient below which it and all that follow are left out."""
NO_GROUPS: Mapping[str, str | None] = {}


def tails_normal(source: str, group: str | None) -> str:
    """Return the name of the normal that the scale of a source is drawn by."""
    return f"tails[{source}]" if group is None else f"tails[group {group}]"


def group_of(source: Source) -> str | None:
    """Return the group with which a source shares a part of its error, or None."""
    return source.group if source.group_correlation else None


class Scales:
    """What the spread of each log ratio is multiplied by in a draw.

    Of a source whose ratio has tails it is sqrt(1 - w + w s^2), with w the share of the variance
    that has them, and of others 1.

    Parameters
    ----------
    ratios
        The priors of the ratios, by source.
    normals
        From which they claim their own.
    groups
        The group of each source whose ratio shares a part of its error with others.
    """

    def __init__(
        self,
        ratios: Mapping[str, RatioPrior],
        normals: Normals,
        groups: Mapping[str, str | None] = NO_GROUPS,
    ) -> None:
        heavy = {
            number: (normals.named(tails_normal(name, groups.get(name))), ratio)
            for number, (name, ratio) in enumerate(ratios.items())
            if ratio.tails is not None and ratio.tau > 0
        }
        self.n_sources = len(ratios)
        self.at = np.array(list(heavy), dtype=int)
        self.places = np.array([place for place, _ in heavy.values()], dtype=int)
        self.share = np.array([ratio.tailed for _, ratio in heavy.values()])
        found = [_coefficients(ratio.tails) for _, ratio in heavy.values() if ratio.tails]
        coefficients = np.array(found).reshape(len(found), DEGREE + 1).T
        kept = np.flatnonzero(np.abs(coefficients).max(axis=1, initial=0.0) > NEGLIGIBLE)
        self.coefficients = coefficients[: kept[-1] + 1 if len(kept) else 0]

    def __call__(self, u: Array, xp: Any = np) -> Array:
        """Return the scales of draws `u`, `(source, ...)`; `(source, 1)` where none has tails."""
        if not len(self.at):
            return np.ones((self.n_sources, *(1,) * (u.ndim - 1)))
        axes = (len(self.at),) + (1,) * (u.ndim - 1)
        inside = xp.clip(u[self.places] / FARTHEST, -1.0, 1.0)
        log_scale = _chebyshev(self.coefficients.reshape((-1, *axes)), inside)
        share = self.share.reshape(axes)
        heavy = xp.sqrt(1 - share + share * xp.exp(2 * log_scale))
        if len(self.at) == self.n_sources:
            return heavy
        one = 1.0 + zero_like_draw(u)
        rows: list[Array] = [one] * self.n_sources
        for number, place in enumerate(self.at):
            rows[place] = heavy[number]
        return xp.stack(rows)


def _chebyshev(coefficients: np.ndarray, x: Array) -> Array:
    """Return sums of Chebyshev's polynomials by Clenshaw's recurrence."""
    before, now = 0.0 * x, 0.0 * x + coefficients[-1]
    double = 2 * x
    for coefficient in coefficients[-2:0:-1]:
        before, now = now, coefficient + double * now - before
    return coefficients[0] + x * now - before


@lru_cache(maxsize=64)
def _coefficients(tails: float) -> tuple[float, ...]:
    """Return the coefficients of log s as a function of u / `FARTHEST`."""
    nodes = np.cos(math.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    values = -0.5 * _log_quantile(-FARTHEST * nodes, tails)
    angles = np.outer(np.arange(DEGREE + 1), np.arange(DEGREE + 1) + 0.5) * math.pi / (DEGREE + 1)
    found = 2 / (DEGREE + 1) * np.cos(angles) @ values
    found[0] /= 2
    return tuple(found.tolist())


def _log_quantile(z: np.ndarray, tails: float) -> np.ndarray:
    """Return the logarithm of g = chi^2 / nu where its distribution function is Phi(z).

    Notes
    -----
    The logarithms of P and of Q = 1 - P are concave in log g, so that Newton's steps find where
    they are those of Phi(z) and Phi(-z): P below the median, Q above.
    """
    half, is_low = tails / 2, z < 0
    target, sign = log_normal_cdf(-np.abs(z)), np.where(is_low, 1.0, -1.0)
    log_x = _start(z, target, tails)
    for _ in range(NEWTON_STEPS):
        log_p, log_q = _log_gamma(half, log_x)
        log = np.where(is_low, log_p, log_q)
        log_slope = half * log_x - np.exp(log_x) - math.lgamma(half) - log
        step = sign * (target - log) * np.exp(-log_slope)
        log_x = log_x + np.clip(step, -3.0, 3.0)
        if np.abs(step).max() < 1e-14:
            break
    quantile: np.ndarray = log_x - math.log(half)
    return quantile


def _start(z: np.ndarray, log_p: np.ndarray, tails: float) -> np.ndarray:
    """Return a log quantile near that of chi^2 / 2: Wilson and Hilferty's, or the power of P."""
    half, variance = tails / 2, 2 / (9 * tails)
    root = 1 - variance + z * math.sqrt(variance)
    by_power = (log_p + math.lgamma(half + 1)) / half
    by_root = 3 * np.log(np.maximum(root, 0.3)) + math.log(half)
    return np.where(root > 0.3, by_root, by_power)


def _log_gamma(shape: float, log_x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithms of the incomplete gamma functions P and Q, `(value,)`.

    By the power series of P up to shape + 1, by the continued fraction of Q beyond.
    """
    x = np.exp(log_x)
    low, high = np.minimum(x, shape + 1), np.maximum(x, shape + 1)
    terms = int(60 + 12 * math.sqrt(shape))
    term, series = np.ones_like(x), np.ones_like(x)
    for number in range(1, terms):
        term = term * low / (shape + number)
        series = series + term
    log_p = shape * np.log(low) - low - math.lgamma(shape + 1) + np.log(series)
    fraction = np.zeros_like(x)
    for number in range(terms, 0, -1):
        fraction = number * (shape - number) / (high + 2 * number + 1 - shape + fraction)
    log_q = shape * np.log(high) - high - math.lgamma(shape) - np.log(high + 1 - shape + fraction)
    is_low = x <= shape + 1
    return (
        np.where(is_low, log_p, np.log1p(-np.exp(np.minimum(log_q, -1e-300)))),
        np.where(is_low, np.log1p(-np.exp(np.minimum(log_p, -1e-300))), log_q),
    )
