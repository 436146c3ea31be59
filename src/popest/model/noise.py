"""How far a count may lie from its ratio times its exposure.

Three errors belong here: that of the register, whose size is itself uncertain, that of the
printed figure, which follows from how it was worded or was published with it, and that of counting
few events.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from popest.model.normals import Array, LogNormal, Normals
from popest.study.log_gamma import digamma, trigamma
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.counting import (
    effective_number,
    has_counting_noise,
    own_error,
    wording_error,
)
from popest.study.observations.observation import Observation
from popest.study.observations.sums import inherited_error, inherited_shift, printed_shares
from popest.study.specification.records import Source, Specification

APART = 1.00005
"""Of a sum's printed error, the whole over what its terms give it. Sums that say the same of each
other would have no error apart, and their covariance no inverse; this leaves them 1 % of theirs."""


def printed_sd(rows: Sequence[Observation], source: Source) -> np.ndarray:
    """Return the log-scale standard deviation of each row's printing, `(row,)`.

    Of a sum it is that of its wording or that which its terms give it, whichever is more: the
    wording of a sum stands for all its error, and cannot be better than its terms allow.
    """
    wording = np.array([wording_error(row, source) for row in rows])
    return np.maximum(wording, [APART * inherited_error(row, source) for row in rows])


def printed_covariance(rows: Sequence[Observation], source: Source) -> np.ndarray:
    """Return the log-scale covariance of the printing of rows of one source, `(row, row)`.

    Sums of the same figure have its error in common, and so have a sum and a figure in it. The
    matrix is positive definite: it is that of what figures share, and on its diagonal what is left
    to each row.
    """
    covariance = np.diag(printed_sd(rows, source) ** 2)
    if not any(row.terms for row in rows):
        return covariance
    shares: dict[str, dict[int, float]] = {}
    for place, row in enumerate(rows):
        for name, share in printed_shares(row, source).items():
            shares.setdefault(name, {})[place] = share
    together = np.zeros(covariance.shape)
    for held in shares.values():
        if len(held) > 1:
            together[np.ix_([*held], [*held])] += np.outer([*held.values()], [*held.values()])
    np.fill_diagonal(together, 0.0)
    return covariance + together


def printed_shift(rows: Sequence[Observation], source: Source) -> np.ndarray:
    """Return the log-scale shift of each row's printing, `(row,)`.

    A sum has those of its terms; where none of them has any, that of its own wording.
    """
    return np.array(
        [
            inherited_shift(row, source)
            if any(term.shift for term in row.terms)
            else PRECISIONS[row.precision or "exact"].log_shift
            for row in rows
        ]
    )


def figure_sd(rows: Sequence[Observation], source: Source) -> np.ndarray:
    """Return the log-scale standard deviation of each row's printing and own error, `(row,)`."""
    own = np.array([own_error(row, source) for row in rows])
    printed = printed_sd(rows, source)
    return np.hypot(printed, own) if own.any() else printed


class CountingNoise(NamedTuple):
    """How counts vary by chance, on the log scale, each `(row,)`.

    A count that the target gave y* events of says of the logarithm of their expectation what a
    gamma variable of shape y* does: a `shift` psi(y*) - log y*, and a `variance` psi'(y*). Both are
    0 for figures that are no counts of events.
    """

    shift: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Observation], source: Source) -> CountingNoise:
        """Return the noise of rows of one source, whose effective counts are large."""
        found = []
        for row in rows:
            number = effective_number(row, source) if has_counting_noise(row, source) else 0.0
            moments = (digamma(number) - math.log(number), trigamma(number)) if number else (0, 0)
            found.append(moments)
        shift, variance = np.array(found, dtype=float).reshape(-1, 2).T
        return cls(shift, variance)


LARGEST_LOG_FACTOR = 300.0
LARGEST_RATE = 1e15
"""Events beyond which none are drawn: no study counts so many."""


def events(
    rate: np.ndarray, row: Observation, source: Source, rng: np.random.Generator
) -> np.ndarray:
    """Draw the figure of a row whose expectation is `rate`: its events, or that itself."""
    if not has_counting_noise(row, source):
        return rate
    return rng.poisson(np.minimum(rate, LARGEST_RATE)).astype(float)


def bounded_exp(log: np.ndarray) -> np.ndarray:
    """Return exp(log), at most e^300, so that a count which may be anything stays a number."""
    result: np.ndarray = np.exp(np.minimum(log, LARGEST_LOG_FACTOR))
    return result


class Noise:
    """The log-scale standard deviation sigma_s of each source: sigma exp(kappa z_s), or its own."""

    def __init__(self, names: list[str], specification: Specification, normals: Normals) -> None:
        self.names = names
        self.spread = specification.noise.by_source
        self.median = specification.noise.error.median
        self.common = normals.log_normal("noise", specification.noise.error)
        self.errors: list[LogNormal | None] = []
        own = []
        for name in names:
            error = specification.source[name].log_error
            if error is None and self.spread > 0:
                own.append(name)
            prior = None if error is None else normals.log_normal(f"noise[{name}]", error)
            self.errors.append(prior)
        self.own = normals.claim(*(f"noise[{name}]" for name in own))

    def log_sd(self, u: Array, xp: Any = np) -> Array:
        """Return log sigma_s for normals `u`, `(source, ...)`."""
        common = self.common.log(u)
        if not any(self.errors):
            if self.spread > 0:
                return common + self.spread * u[self.own]
            return xp.stack([common] * len(self.names)) if self.names else u[:0]
        parts, place = [], self.own.start
        for error in self.errors:
            if error is not None:
                parts.append(error.log(u))
            else:
                parts.append(common + self.spread * u[place] if self.spread > 0 else common)
                place += 1
        return xp.stack(parts)
