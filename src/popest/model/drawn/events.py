"""The probability of few events whose expectation is uncertain: Poisson counts and ranges of them.

A count is Poisson(lambda) with lambda = r exp(s z) + b and z standard normal. The integral over z
is a Gauss-Hermite sum centred where its integrand is largest: one code for NumPy and PyTensor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from popest.model.normals import Array

POINTS = ((0.05, 6), (0.1, 8), (0.2, 10), (math.inf, 24))
"""Points of the sum that are enough up to a standard deviation of the log expectation: exact to
3e-9 up to .2, and to 2e-12 up to .6."""
POINTS_BESIDE_BASELINE = ((0.1, 12), (0.2, 20), (0.35, 40), (math.inf, 64))
"""The same where a baseline makes the integrand skewed: exact to 1e-8 up to .6."""
LAMBERT_STEPS = 2
"""The sum does not depend on where exactly it is centred."""
NEWTON_STEPS = 8
STARTS = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Shares of the mode without baseline from which that with it may be nearer."""
LARGEST_LOG_RATE = 600.0
TINY = 1e-300
NEXT_COUNTS = 80
"""Counts above a lower bound that are summed where the bound is improbable."""
LARGEST_COMPLEMENT = -1e-4
"""Log probability of the counts below a bound up to which one less it keeps its digits."""


@cache
def _nodes(points: int) -> tuple[tuple[float, float], ...]:
    """Return nodes and log weights for the integral of a function over the line."""
    nodes, weights = np.polynomial.hermite.hermgauss(points)
    return tuple(zip(nodes.tolist(), (np.log(weights) + nodes**2).tolist(), strict=True))


class Mean(NamedTuple):
    """The expectation of counts: lambda = exp(`log_rate` + `sd` z) + `baseline`, each `(row, ...)`.

    `baseline` is None where there is none.
    """

    log_rate: Array
    sd: Array
    baseline: Array | None = None

    def draws(self, chosen: np.ndarray) -> Mean:
        """Return that of some draws."""
        baseline = None if self.baseline is None else self.baseline[:, chosen]
        return Mean(self.log_rate[:, chosen], self.sd[:, chosen], baseline)

    def of(self, rows: np.ndarray) -> Mean:
        """Return that of some rows."""
        baseline = None if self.baseline is None else self.baseline[rows]
        return Mean(self.log_rate[rows], self.sd[rows], baseline)


def log_count(counts: np.ndarray, mean: Mean, xp: Any = np) -> Array:
    """Return the log probability of counts, `(row, ...)`.

    Parameters
    ----------
    counts
        Whole numbers from 0 up, with the axes of `mean`: `(row, 1)`, or `(row,)` for PyTensor.
    mean
        Their expectation.
    xp
        NumPy or PyTensor's tensor.

    Notes
    -----
    For a sd of up to .6 it is exact to 1e-8. NumPy's draws whose sd is small take fewer points.
    """
    enough = POINTS if mean.baseline is None else POINTS_BESIDE_BASELINE
    if xp is not np or mean.log_rate.ndim < 2:
        return _summed(counts, mean, enough[-1][1], xp)
    largest = mean.sd.max(axis=0, initial=0.0)
    needed = np.full(len(largest), enough[-1][1])
    for sd, points in reversed(enough):
        needed[largest <= sd] = points
    found = np.empty(mean.log_rate.shape)
    for points in np.unique(needed):
        chosen = needed == points
        found[:, chosen] = _summed(counts, mean.draws(chosen), int(points), np)
    return found


def _summed(counts: np.ndarray, mean: Mean, points: int, xp: Any) -> Array:
    log_factorial = np.vectorize(math.lgamma, otypes=[float])(counts + 1.0)
    z = _mode_without_baseline(counts, mean, xp)
    if mean.baseline is not None:
        z = _best_of(z, counts, mean, xp)
        for _ in range(NEWTON_STEPS):
            slope, bend = _slope_and_bend(z, counts, mean, xp)
            z = z + slope / bend
    width = math.sqrt(2) / xp.sqrt(_slope_and_bend(z, counts, mean, xp)[1])
    of_target = xp.exp(xp.minimum(mean.log_rate + mean.sd * z, LARGEST_LOG_RATE))
    rate = of_target if mean.baseline is None else xp.maximum(of_target + mean.baseline, TINY)
    # The log of the integrand, less that at z, is written by what changes with the node.
    step, half, across = mean.sd * width, 0.5 * width**2, z * width
    line = counts * step - across if mean.baseline is None else -across

    def part(node: Array, log_weight: Array) -> Array:
        grown = of_target * (xp.exp(step * node) - 1)
        change = line * node - half * node**2 - grown + log_weight
        if mean.baseline is not None:
            change = change + counts * xp.log1p(grown / rate)
        return xp.exp(change)

    if xp is np:
        total = sum(part(node, log_weight) for node, log_weight in _nodes(points))
    else:  # a tensor of all points, not a graph of each
        shape = (points,) + (1,) * mean.log_rate.ndim
        total = part(*(each.reshape(shape) for each in np.array(_nodes(points)).T)).sum(axis=0)
    highest = counts * (mean.log_rate + mean.sd * z if mean.baseline is None else xp.log(rate))
    highest = highest - rate - 0.5 * z**2
    return highest + xp.log(total * width) - 0.5 * math.log(2 * math.pi) - log_factorial


class Ranges:
    """Ranges in which counts lie.

    Parameters
    ----------
    bounds
        For each row the least and the greatest count, both in; the greatest is infinite where only
        a lower bound is known, the least is then 1 or more.
    """

    def __init__(self, bounds: Sequence[tuple[float, float]]) -> None:
        self.is_open = np.array([math.isinf(greatest) for _, greatest in bounds], dtype=bool)
        self.within = _Sums(
            [
                (0, int(least) - 1) if math.isinf(greatest) else (int(least), int(greatest))
                for least, greatest in bounds
            ]
        )
        opened = [least for least, greatest in bounds if math.isinf(greatest)]
        self.next = _Sums([(int(least), int(least) + NEXT_COUNTS) for least in opened])

    def log_probability(self, mean: Mean, xp: Any = np) -> Array:
        """Return the log probability that each count lies in its range, `(row, ...)`.

        What is above a lower bound is one less what is below; the sum over the next counts where
        that would lose its digits.
        """
        found = self.within.log_probability(mean, xp)
        if not self.is_open.any():
            return found
        opened = np.flatnonzero(self.is_open)
        below, unbounded = found[opened], mean.of(opened)
        above = xp.log(-xp.expm1(xp.minimum(below, LARGEST_COMPLEMENT)))
        if xp is not np:
            rare = self.next.log_probability(unbounded, xp)
            found = xp.set_subtensor(
                found[opened], xp.where(below < LARGEST_COMPLEMENT, above, rare)
            )
            return found
        draws = (below >= LARGEST_COMPLEMENT).any(axis=0)
        if draws.any():
            rare = self.next.log_probability(unbounded.draws(draws), xp)
            near = below[:, draws] < LARGEST_COMPLEMENT
            above[:, draws] = np.where(near, above[:, draws], rare)
        found[opened] = above
        return found


class _Sums:
    """Sums of the probabilities of consecutive counts, from a first to a last one by row."""

    def __init__(self, bounds: Sequence[tuple[int, int]]) -> None:
        lengths = np.array([last - first + 1 for first, last in bounds], dtype=int)
        self.rows = np.repeat(np.arange(len(bounds)), lengths)
        self.last = np.cumsum(lengths) - 1
        self.first = self.last - lengths + 1
        counts = [np.arange(first, last + 1.0) for first, last in bounds]
        self.counts = np.concatenate(counts) if counts else np.zeros(0)
        self.by_row = np.equal.outer(np.arange(len(bounds)), self.rows) * 1.0

    def log_probability(self, mean: Mean, xp: Any) -> Array:
        counts = self.counts.reshape(self.counts.shape + (1,) * (mean.log_rate.ndim - 1))
        logs = log_count(counts, mean.of(self.rows), xp)
        # Probabilities rise and fall only once, so that no term is much above both ends.
        ends = xp.maximum(logs[self.first], logs[self.last])
        return ends + xp.log(self.by_row @ xp.exp(logs - ends[self.rows]))


def _mode_without_baseline(counts: np.ndarray, mean: Mean, xp: Any) -> Array:
    """Return the z at which the integrand is largest where there is no baseline.

    z = s (y - r exp(s z)) is s y - w / s, where w + log w = log(s^2 r) + s^2 y.
    """
    square = mean.sd**2
    total = xp.log(xp.maximum(square, TINY)) + mean.log_rate + square * counts
    log_w = xp.minimum(total, xp.log(xp.maximum(total, 1.0)))
    for _ in range(LAMBERT_STEPS):
        w = xp.exp(log_w)
        log_w = log_w - (w + log_w - total) / (w + 1)
    return mean.sd * counts - xp.exp(log_w) / xp.maximum(mean.sd, math.sqrt(TINY))


def _best_of(z: Array, counts: np.ndarray, mean: Mean, xp: Any) -> Array:
    """Return the share of z, of a few from none to all of it, at which the integrand is largest.

    Of a count that a baseline explains, the expectation need not reach what it would without: the
    integrand may even have a mode of its own there.
    """

    def height(z: Array) -> Array:
        rate = xp.maximum(_rate(z, mean, xp), TINY)
        return counts * xp.log(rate) - rate - 0.5 * z**2

    best, highest = z, height(z)
    for share in STARTS:
        other = height(share * z)
        best = xp.where(other > highest, share * z, best)
        highest = xp.maximum(highest, other)
    return best


def _rate(z: Array, mean: Mean, xp: Any) -> Array:
    rate = xp.exp(xp.minimum(mean.log_rate + mean.sd * z, LARGEST_LOG_RATE))
    return rate if mean.baseline is None else rate + mean.baseline


def _slope_and_bend(z: Array, counts: np.ndarray, mean: Mean, xp: Any) -> tuple[Array, Array]:
    """Return the slope of the log of the integrand at z, and how far it bends down, at least 1."""
    rate = xp.maximum(_rate(z, mean, xp), TINY)
    of_target = rate if mean.baseline is None else rate - mean.baseline
    pull = mean.sd * of_target
    bend = 1 + mean.sd * pull
    if mean.baseline is not None:
        bend = xp.maximum(bend - mean.sd * pull * counts * mean.baseline / rate**2, 1.0)
    return -z + pull * (counts / rate - 1), bend
