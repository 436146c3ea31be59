"""What the counts of populations say of theta, with ratios integrated exactly.

A static population enters the logarithm of each of its counts as a ratio does, so that given the
errors of its counts, and its baselines, log size, ratios and group factors are jointly normal.
Other populations are drawn whole, with all but the ratios that can be integrated: a draw holds its
headline, and carries each other quantity that is pooled, of which any theta gives the density.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from popest.panels.shared_prior import Values

Array = np.ndarray


class Bank(NamedTuple):
    """What each draw of populations leaves to be weighed by any theta.

    The axis of populations is the last but one of every array.

    `log_weight` is the log density of the counts but for what theta gives, times prior over
    proposal, `(population, draw)`; minus infinity where a draw is impossible. `precision` and
    `weighted` are A and B of docs/model.md, `(source, population, draw)`, relative to the prior
    median of each ratio, and of the size where that is integrated. `carried` are logarithms, or
    logits of ratios of at most one, less those of the prior medians, of what is pooled and part of
    the draw, `(quantity, population, draw)`; not a number where a population does not draw it.
    `log_size` is the logarithm of each draw's headline less the population's own constant,
    `(population, draw)`; None where sizes are integrated.
    """

    log_weight: Array
    precision: Array
    weighted: Array
    carried: Array
    log_size: Array | None = None

    def part(self, at: slice) -> Bank:
        """Return the draws of some populations."""
        return Bank._make(None if array is None else array[..., at, :] for array in self)

    @classmethod
    def joined(cls, banks: Sequence[Bank]) -> Bank:
        """Return the banks of several populations as one; a bank of fewer draws repeats them."""
        most = max(bank.log_weight.shape[-1] for bank in banks)
        return cls._make(_side_by_side(arrays, most) for arrays in zip(*banks, strict=True))


def _side_by_side(arrays: Sequence[Array | None], most: int) -> Array | None:
    """Return one array of a bank for all populations, or None where they have none."""
    alike = [
        array if array.shape[-1] == most else np.repeat(array, most // array.shape[-1], axis=-1)
        for array in arrays
        if array is not None
    ]
    return np.concatenate(alike, axis=-2) if alike else None


class Groups(NamedTuple):
    """Which sources share a part of their error: `correlation` c, `(source,)`, and members."""

    correlation: Array
    members: Sequence[Array]


class Message(NamedTuple):
    """The log density of the counts given theta, and the size that they leave.

    `log_density`, `(population, draw)`, holds the bank's weights; log size less its constant is
    Normal(`mean`, `variance`) given the draw, and known where it is part of the draw. `precision`,
    `weighted` and `shrink` are what each source says, `(source, population, draw)`, its mean
    deviation taken off; `groups` holds F, G and K of each group, `(population, draw)`.
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
    with K = sum l h; its own prior, Normal(M_0, tau_0^2), is integrated in the same way. What is
    carried adds its normal log density, to which an integrated ratio's tends as A grows.
    """
    n_ratios = len(bank.precision)
    offset = values.offset[:, :, None]
    tau = values.tau[1 : 1 + n_ratios]
    own = (tau**2 * (1 - groups.correlation))[:, None, None]
    loading = (tau * np.sqrt(groups.correlation))[:, None, None]
    ratio_offset = offset[1 : 1 + n_ratios]
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
    if len(bank.carried):
        density += np.nansum(_carried_density(bank, values), axis=0)
    if bank.log_size is not None:
        known = np.zeros_like(bank.log_size)
        return Message(density, bank.log_size, known, precision, weighted, shrink, found)
    size_offset, size_variance = offset[0], values.tau[0] ** 2
    rest = pulled - total * size_offset
    gain = 1 + size_variance * total
    density += 0.5 * size_offset * (pulled + rest)
    density += 0.5 * (size_variance * rest**2 / gain - np.log(gain))
    mean = size_offset + size_variance * rest / gain
    return Message(density, mean, size_variance / gain, precision, weighted, shrink, found)


def _standardised(bank: Bank, values: Values) -> tuple[Array, Array]:
    """Return what is carried in its standard deviations, and these."""
    first = 1 + len(bank.precision)
    tau = values.tau[first:, None, None]
    return (bank.carried - values.offset[first:, :, None]) / tau, tau


def _carried_density(bank: Bank, values: Values) -> Array:
    """Return the normal log densities of what is carried, less log sqrt(2 pi)."""
    z, tau = _standardised(bank, values)
    density: Array = -0.5 * z**2 - np.log(tau)
    return density


def integrated_apart(bank: Bank, sources: Array, tau: Array) -> Array:
    """Return what some sources of no group add to the log density, `(population, draw)`.

    Their ratios have the spreads `tau`, `(source,)`, and nothing moves their medians.
    """
    variance = tau[:, None, None] ** 2
    shrink = 1 + variance * bank.precision[sources]
    added: Array = (variance * bank.weighted[sources] ** 2 / shrink - np.log(shrink)).sum(axis=0)
    return 0.5 * added


def log_likelihood(log_density: Array) -> Array:
    """Return log L_p, the log mean over draws of a message's density, `(population,)`."""
    largest = np.maximum(log_density.max(axis=-1), -1e300)
    with np.errstate(divide="ignore"):
        return largest + np.log(np.exp(log_density - largest[..., None]).mean(axis=-1))


class Slope(NamedTuple):
    """Each population's gradient by mean deviations and log spreads, `(quantity, population)`."""

    offset: Array
    log_tau: Array


def slope(bank: Bank, groups: Groups, values: Values, found: Message) -> Slope:
    """Return the exact gradient of each population's log L_p.

    Notes
    -----
    By Fisher's identity it is the posterior mean of the gradient given sizes and ratios, written
    as multiples of their spreads. With T = M + d + n, d a ratio's deviation and n that of log size:
    E[B - A T] by M, E[(B - A T) d] by log tau, and the sums over sources of E[B - A T] and
    E[(B - A T) (n - M_0)] by M_0 and log tau_0. Given n, a group's factor is Normal((G - K n) / F,
    1 / F), and d is linear in n with the coefficient kappa. Where the size is part of the draw n is
    0. Of what is carried, z standard deviations from its mean, they are z / tau and z^2 - 1.
    """
    weights = np.exp(found.log_density - found.log_density.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    n_ratios = len(bank.precision)
    tau = values.tau[1 : 1 + n_ratios]
    own = (tau**2 * (1 - groups.correlation))[:, None, None]
    loading = (tau * np.sqrt(groups.correlation))[:, None, None]
    per_size = -own * found.precision
    is_drawn = bank.log_size is not None
    size = np.zeros_like(found.mean) if is_drawn else found.mean
    mean = own * found.weighted + per_size * size
    variance = own / found.shrink
    for members, (factor, pull, common) in zip(groups.members, found.groups, strict=True):
        load = loading[members] / found.shrink[members]
        mean[members] += load * (pull - common * size) / factor
        per_size[members] -= load * common / factor
        variance[members] += load**2 / factor
    variance = variance + per_size**2 * found.variance
    together = per_size * found.variance
    off = bank.weighted - bank.precision * (values.offset[1 : 1 + n_ratios, :, None] + mean + size)
    by_spread = off * mean - bank.precision * (variance + together)
    excess = size - values.offset[0][:, None]
    by_size = (off * excess - bank.precision * (together + found.variance)).sum(axis=0)
    z, spread = _standardised(bank, values)
    there = ~np.isnan(z)
    offsets = np.concatenate([off.sum(axis=0)[None], off, np.where(there, z / spread, 0.0)])
    spreads = np.concatenate([by_size[None], by_spread, np.where(there, z**2 - 1, 0.0)])
    # Row by row: the sum of one population does not depend on how many others there are.
    return Slope((offsets * weights).sum(axis=-1), (spreads * weights).sum(axis=-1))


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
        Its log sizes less the median, `(draw,)`; 0 where they are part of the draw.
    normals
        Standard normals, `(source and group, draw)`.
    """
    n_ratios = len(found.precision)
    tau = values.tau[1 : 1 + n_ratios, None]
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
    drawn_ratios: Array = values.offset[1 : 1 + n_ratios, 0, None] + mean + sd * normals[: len(tau)]
    return drawn_ratios
