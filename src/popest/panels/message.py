"""What the counts of populations say of theta, with sizes and ratios integrated exactly.

A static population enters the logarithm of each of its counts as a ratio does, so that given the
errors of its counts, and its baselines, log size, ratios and group factors are jointly normal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from popest.panels.shared_prior import Values

Array = np.ndarray


class Bank(NamedTuple):
    """What each draw of the errors of a population's counts leaves to be weighed by any theta.

    `log_weight` is the log density of the counts but for sizes and ratios, times prior over
    proposal, `(population, draw)`; minus infinity where a baseline is not below its count.
    `precision` and `weighted` are A and B of docs/model.md at the median size,
    `(source, population, draw)`.
    """

    log_weight: Array
    precision: Array
    weighted: Array

    def part(self, at: slice) -> Bank:
        """Return the draws of some populations."""
        return Bank(self.log_weight[at], self.precision[:, at], self.weighted[:, at])


class Groups(NamedTuple):
    """Which sources share a part of their error: `correlation` c, `(source,)`, and members."""

    correlation: Array
    members: Sequence[Array]


class Message(NamedTuple):
    """The log density of the counts given theta, and the size that they leave.

    `log_density`, `(population, draw)`, holds the bank's weights; log size less its log median is
    Normal(`mean`, `variance`) given the draw. `precision`, `weighted` and `shrink` are what each
    source says, `(source, population, draw)`, its mean deviation taken off; `groups` holds F, G and
    K of each group, `(population, draw)`.
    """

    log_density: Array
    mean: Array
    variance: Array
    precision: Array
    weighted: Array
    shrink: Array
    groups: list[tuple[Array, Array, Array]]


def message(bank: Bank, groups: Groups, values: Values) -> Message:
    """Return the log density of the counts of populations given theta.

    Parameters
    ----------
    bank
        Draws of the populations.
    groups
        The groups of sources.
    values
        What theta says of these populations.

    Notes
    -----
    With M a mean deviation, B* = B - A M, a = tau^2 (1 - c), l = tau sqrt(c), h = A / (1 + a A) and
    b = B* / (1 + a A), the sources add M B - M^2 A / 2 + (a B*^2 / (1 + a A) - log(1 + a A)) / 2,
    and a group (G^2 / F - log F) / 2 with F = 1 + sum l^2 h and G = sum l b. What is left of log
    size has the precision P = sum h - sum_g K^2 / F and the weighted mean Q = sum b - sum_g K G / F
    with K = sum l h; its own prior, Normal(M_0, tau_0^2), is integrated in the same way.
    """
    offset = values.offset[:, :, None]
    tau, size_variance = values.tau[1:], values.tau[0] ** 2
    own = (tau**2 * (1 - groups.correlation))[:, None, None]
    loading = (tau * np.sqrt(groups.correlation))[:, None, None]
    ratio_offset, size_offset = offset[1:], offset[0]
    shrink = 1 + own * bank.precision
    left = bank.weighted - bank.precision * ratio_offset
    precision, weighted = bank.precision / shrink, left / shrink
    density = bank.log_weight + (
        0.5 * ratio_offset * (bank.weighted + left) + 0.5 * (own * left * weighted - np.log(shrink))
    ).sum(axis=0)
    total, pulled = precision.sum(axis=0), weighted.sum(axis=0)
    found = []
    for members in groups.members:
        load = loading[members]
        factor = 1 + (load**2 * precision[members]).sum(axis=0)
        pull = (load * weighted[members]).sum(axis=0)
        common = (load * precision[members]).sum(axis=0)
        density += 0.5 * (pull**2 / factor - np.log(factor))
        total = total - common**2 / factor
        pulled = pulled - common * pull / factor
        found.append((factor, pull, common))
    rest = pulled - total * size_offset
    gain = 1 + size_variance * total
    density += 0.5 * size_offset * (pulled + rest)
    density += 0.5 * (size_variance * rest**2 / gain - np.log(gain))
    mean = size_offset + size_variance * rest / gain
    return Message(density, mean, size_variance / gain, precision, weighted, shrink, found)


def log_likelihood(log_density: Array) -> Array:
    """Return log L_p, the log mean over draws of a message's density, `(population,)`."""
    largest = np.maximum(log_density.max(axis=-1), -1e300)
    with np.errstate(divide="ignore"):
        return largest + np.log(np.exp(log_density - largest[..., None]).mean(axis=-1))


class Slope(NamedTuple):
    """A gradient by mean deviations, `(quantity, population)`, and log spreads, `(quantity,)`."""

    offset: Array
    log_tau: Array


def slope(bank: Bank, groups: Groups, values: Values, found: Message) -> Slope:
    """Return the exact gradient of the sum of the populations' log L_p.

    Notes
    -----
    By Fisher's identity it is the posterior mean of the gradient given sizes and ratios, written
    as multiples of their spreads. With T = M + d + n, d a ratio's deviation and n that of log size:
    E[B - A T] by M, E[(B - A T) d] by log tau, and the sums over sources of E[B - A T] and
    E[(B - A T) (n - M_0)] by M_0 and log tau_0. Given n, a group's factor is Normal((G - K n) / F,
    1 / F), and d is linear in n with the coefficient kappa.
    """
    weights = np.exp(found.log_density - found.log_density.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    tau = values.tau[1:]
    own = (tau**2 * (1 - groups.correlation))[:, None, None]
    loading = (tau * np.sqrt(groups.correlation))[:, None, None]
    per_size = -own * found.precision
    mean = own * found.weighted + per_size * found.mean
    variance = own / found.shrink
    for members, (factor, pull, common) in zip(groups.members, found.groups, strict=True):
        load = loading[members] / found.shrink[members]
        mean[members] += load * (pull - common * found.mean) / factor
        per_size[members] -= load * common / factor
        variance[members] += load**2 / factor
    variance = variance + per_size**2 * found.variance
    together = per_size * found.variance
    off = bank.weighted - bank.precision * (values.offset[1:, :, None] + mean + found.mean)
    by_spread = off * mean - bank.precision * (variance + together)
    excess = found.mean - values.offset[0][:, None]
    by_size = (off * excess - bank.precision * (together + found.variance)).sum(axis=0)
    offsets = np.concatenate([off.sum(axis=0)[None], off])
    spreads = np.concatenate([by_size[None], by_spread])
    return Slope(
        np.einsum("qpi,pi->qp", offsets, weights), np.einsum("qpi,pi->q", spreads, weights)
    )


def draw_ratios(
    found: Message, groups: Groups, values: Values, at: Array, size: Array, normals: Array
) -> Array:
    """Draw log ratios of one population, less their medians, `(source, draw)`.

    Parameters
    ----------
    found
        Its message for one theta.
    groups, values
        As in `message`.
    at
        Which draws of its bank were chosen, `(draw,)`.
    size
        Its log sizes less the median, `(draw,)`.
    normals
        Standard normals, `(source and group, draw)`.
    """
    tau = values.tau[1:, None]
    own = tau**2 * (1 - groups.correlation[:, None])
    loading = tau * np.sqrt(groups.correlation[:, None])
    factors = np.zeros((len(tau), len(at)))
    noise = normals[len(tau) :]
    for members, (factor, pull, common), own_noise in zip(
        groups.members, found.groups, noise, strict=True
    ):
        scale = factor[0, at]
        drawn = (pull[0, at] - common[0, at] * size) / scale + own_noise / np.sqrt(scale)
        factors[members] = loading[members] * drawn
    precision, weighted = found.precision[:, 0, at], found.weighted[:, 0, at]
    mean = own * (weighted - precision * (factors + size)) + factors
    sd = np.sqrt(own / found.shrink[:, 0, at])
    drawn_ratios: Array = values.offset[1:, 0, None] + mean + sd * normals[: len(tau)]
    return drawn_ratios
