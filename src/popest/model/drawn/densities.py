"""The log densities of single figures, given what they are expected to be: one for each kind.

A figure is a count of events, a range of few or of many of them, persons out of those there, or
measured with an error. One code serves NumPy and PyTensor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from popest.model.drawn.events import Mean, Ranges, log_count
from popest.model.normals import Array
from popest.study.observations.counting import SMALLEST_INTEGRATED, has_counting_noise
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source

SMALLEST_DIFFERENCE = -1e-15
"""Of two log probabilities whose exponentials are told apart."""
MANY_PERSONS = 1e4
"""Of whom Stirling's series gives the factorial to the last digits."""


def kind_of(row: Observation, source: Source, value: float) -> str:
    """Return how a row with a value is read.

    It is a ``count`` of events, a ``range`` of few or a ``wide_range`` of many of them, ``persons``
    out of those there, or ``measured``: a figure with an error, and no chance. What is published as
    a bound was a count within it, and would have been published itself elsewhere.
    """
    if not has_counting_noise(row, source):
        return "measured"
    if source.sampling == "binomial":
        return "persons"
    least, greatest = row.range
    if not row.is_bound or not least <= value <= greatest:
        return "count"
    finite = least if math.isinf(greatest) else greatest
    return "range" if finite < SMALLEST_INTEGRATED else "wide_range"


class Expected(NamedTuple):
    """What the rows are expected to be, each `(row, ...)`.

    `log_ratio` and `log_exposure` make the target's part, `shift` and `sd` are those of its
    logarithm, and `baseline` is what is counted besides, None where nothing is.
    """

    log_ratio: Array
    log_exposure: Array
    shift: Array
    sd: Array
    baseline: Array | None

    @property
    def mean(self) -> Mean:
        """The expectation of counts of events."""
        return Mean(self.log_ratio + self.log_exposure + self.shift, self.sd, self.baseline)


def column(constants: np.ndarray, beside: Array) -> np.ndarray:
    """Return constants of rows with the axes of an array beside which they stand."""
    return constants.reshape(constants.shape + (1,) * (beside.ndim - 1))


def _count(
    rows: list[Observation], values: np.ndarray, expected: Expected, xp: Any, special: Any
) -> Array:
    return log_count(column(values, expected.sd), expected.mean, xp)


def _range(
    rows: list[Observation], values: np.ndarray, expected: Expected, xp: Any, special: Any
) -> Array:
    return Ranges([row.range for row in rows]).log_probability(expected.mean, xp)


def _wide_range(
    rows: list[Observation], values: np.ndarray, expected: Expected, xp: Any, special: Any
) -> Array:
    """Return log[Phi((log(hi + 1/2) - eta) / s') - Phi((log(lo - 1/2) - eta) / s')].

    Here eta is the log of the expectation and s'^2 = s^2 + 1 / middle, with the finite bound in
    place of the middle where there is only one.
    """
    target = xp.exp(expected.log_ratio + expected.log_exposure)
    rate = target if expected.baseline is None else target + expected.baseline
    eta = xp.log(rate) + expected.shift
    bounds = np.array([row.range for row in rows])
    least, greatest = (column(bound, expected.sd) for bound in bounds.T)
    is_open, is_closed = np.isinf(greatest), least == 0
    middle = np.where(is_open, least, np.where(is_closed, greatest, (least + greatest) / 2))
    sd = xp.sqrt(expected.sd**2 + 1 / middle)
    lower = (np.log(np.where(is_closed, 1.0, least - 0.5)) - eta) / sd
    upper = (np.log(np.where(is_open, 1.0, greatest + 0.5)) - eta) / sd
    at_most, at_least = special.log_ndtr(upper), special.log_ndtr(-lower)
    # The difference is taken in the tail in which both keep their digits.
    is_above = lower + upper > 0
    larger = xp.where(is_above, at_least, at_most)
    smaller = special.log_ndtr(xp.where(is_above, -upper, lower))
    between = larger + xp.log(-xp.expm1(xp.minimum(smaller - larger, SMALLEST_DIFFERENCE)))
    return xp.where(is_open, at_least, xp.where(is_closed, at_most, between))


def _persons(
    rows: list[Observation], values: np.ndarray, expected: Expected, xp: Any, special: Any
) -> Array:
    """Return the log binomial probability of persons counted out of those there, a real number.

    It is minus infinity where fewer are there than were counted.
    """
    exposure, counts = xp.exp(expected.log_exposure), column(values, expected.sd)
    missed = exposure - counts
    possible = missed >= 0
    missed = xp.maximum(missed, 0.0)
    log_missed = _log_complement(xp.minimum(expected.log_ratio, 0.0), xp)
    ways = _log_falling(missed, counts, xp, special) - special.gammaln(counts + 1)
    return xp.where(possible, ways + counts * expected.log_ratio + missed * log_missed, -np.inf)


def _log_complement(log_share: Array, xp: Any) -> Array:
    """Return log(1 - p) from log p, whether p is near 0 or near 1."""
    of_large = xp.log(xp.maximum(-xp.expm1(xp.maximum(log_share, -1.0)), 1e-300))
    return xp.where(
        log_share > -math.log(2), of_large, xp.log1p(-xp.exp(xp.minimum(log_share, -0.5)))
    )


def _log_falling(missed: Array, counts: np.ndarray, xp: Any, special: Any) -> Array:
    """Return log[Gamma(X + 1) / Gamma(M + 1)] of X persons, M = X - y of whom were missed.

    Notes
    -----
    The difference of two logarithms loses all its digits where X is large: of 10^17 persons it
    would be wrong by hundreds. From M = 10^4 on it is that of Stirling's series,
    (M + 1/2) log(1 + y / M) + y log X - y + (1/X - 1/M) / 12, exact to 3e-15.
    """
    few, many = xp.minimum(missed, MANY_PERSONS), xp.maximum(missed, MANY_PERSONS)
    exact = special.gammaln(few + counts + 1) - special.gammaln(few + 1)
    total = many + counts
    series = (many + 0.5) * xp.log1p(counts / many) + counts * (xp.log(total) - 1)
    series = series + (1 / total - 1 / many) / 12
    return xp.where(missed < MANY_PERSONS, exact, series)


def _measured(
    rows: list[Observation], values: np.ndarray, expected: Expected, xp: Any, special: Any
) -> Array:
    """Return the log density of figures that are log-normal around the target's part."""
    net = column(values, expected.sd) + 0.0 * expected.sd
    net = net if expected.baseline is None else net - expected.baseline
    possible = net > 0
    log_net = xp.log(xp.where(possible, net, 1.0))
    off = (log_net - expected.log_ratio - expected.log_exposure - expected.shift) / expected.sd
    density = -0.5 * off**2 - xp.log(expected.sd) - 0.5 * math.log(2 * math.pi) - log_net
    return xp.where(possible, density, -np.inf)


DENSITIES: Mapping[str, Any] = {
    "count": _count,
    "range": _range,
    "wide_range": _wide_range,
    "persons": _persons,
    "measured": _measured,
}
