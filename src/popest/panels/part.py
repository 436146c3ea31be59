"""Populations of a panel with their banks, and what any theta makes of each of them.

What is computed of a population does not depend on which others are in the same part.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np

from popest.engines.pareto import pareto_k
from popest.panels.message import (
    Bank,
    Groups,
    Message,
    integrated_apart,
    log_likelihood,
    message,
    slope,
)
from popest.panels.reference import population_rng
from popest.panels.shared_prior import SharedPrior, Values

CELLS = 16_000
"""Sources times populations times draws that are computed at a time, an eighth of a megabyte an
array, so that they stay in the processor's cache."""
FEW_IN_BANK = 512
"""Draws of a bank that are compared with uniforms one by one, for many populations at once."""
FEW_WANTED = 4
"""Draws of a population that are chosen so."""
EVEN_SHARE = 0.5
"""Effective draws, as a share of all, from which weights have no tail: most are then alike, and a
few that are twice as large would have any shape."""
SMALLEST_LOG, SMALLEST_SUM = -1e300, 1e-300


@dataclass(frozen=True)
class Part:
    """Some populations of a panel, in the order of names, or all.

    `banks` are those of consecutive populations with as many draws each, `prior` is restricted to
    these populations, and `log_median` is what their log sizes are less, `(population,)`.
    """

    names: tuple[str, ...]
    banks: tuple[Bank, ...]
    groups: Groups
    prior: SharedPrior
    log_median: np.ndarray

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        banks: Sequence[tuple[Bank, float]],
        groups: Groups,
        prior: SharedPrior,
    ) -> Part:
        """Return populations with the bank of each, and the constant its log sizes are less."""
        runs = groupby((bank for bank, _ in banks), lambda bank: bank.log_weight.shape[-1])
        joined = tuple(Bank.joined(list(run)) for _, run in runs)
        medians = np.array([median for _, median in banks])
        return cls(tuple(names), joined, groups, prior, medians)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def n_bytes(self) -> int:
        """The size of its banks in memory."""
        return sum(array.nbytes for bank in self.banks for array in bank if array is not None)

    def each(self) -> list[tuple[Bank, float]]:
        """Return the bank of each population, and the constant its log sizes are less."""
        banks = [
            bank.part(slice(place, place + 1))
            for bank in self.banks
            for place in range(len(bank.log_weight))
        ]
        return list(zip(banks, map(float, self.log_median), strict=True))

    @cached_property
    def lean(self) -> Lean:
        """The banks without ratios that no theta changes.

        Where sizes are integrated these ratios stay, as what they say of a size depends on theta.
        """
        n_sources, n_quantities = len(self.banks[0].precision), len(self.prior.spreads)
        shared = {number for part in self.prior.shared for number in part.quantities}
        grouped = {source for members in self.groups.members for source in members.tolist()}
        kept = [s for s in range(n_sources) if 1 + s in shared or s in grouped]
        if self.banks[0].log_size is None or len(kept) == n_sources:
            return Lean(self.banks, self.groups, np.arange(n_quantities))
        left = np.setdiff1d(np.arange(n_sources), kept)
        members = [np.searchsorted(kept, members) for members in self.groups.members]
        spreads = self.prior.spreads[1 + left]
        banks = tuple(
            bank._replace(
                log_weight=bank.log_weight + integrated_apart(bank, left, spreads),
                precision=bank.precision[kept],
                weighted=bank.weighted[kept],
            )
            for bank in self.banks
        )
        numbers = [0, *(1 + source for source in kept), *range(1 + n_sources, n_quantities)]
        return Lean(banks, Groups(self.groups.correlation[kept], members), np.array(numbers))

    @staticmethod
    def slices(banks: Sequence[Bank]) -> Iterator[tuple[slice, Bank]]:
        """Yield populations in order, so many at a time that their arrays stay in the cache."""
        before = 0
        for bank in banks:
            n_sources, n_populations, n_draws = bank.precision.shape
            step = max(1, CELLS // (max(1, n_sources) * n_draws))
            for first in range(0, n_populations, step):
                last = min(first + step, n_populations)
                yield slice(before + first, before + last), bank.part(slice(first, last))
            before += n_populations

    def messages(self, u: np.ndarray) -> Iterator[tuple[int, slice, Bank, Values, Message]]:
        """Yield the message of populations for each theta, `u` `(coordinate, theta)`."""
        yield from self._messages(self.lean, u)

    def messages_in_full(self, u: np.ndarray) -> Iterator[tuple[int, slice, Bank, Values, Message]]:
        """Yield the same with all ratios."""
        everything = Lean(self.banks, self.groups, np.arange(len(self.prior.spreads)))
        yield from self._messages(everything, u)

    def _messages(
        self, lean: Lean, u: np.ndarray
    ) -> Iterator[tuple[int, slice, Bank, Values, Message]]:
        values = [self.prior.values(theta) for theta in u.T]
        kept = [Values(value.offset[lean.kept], value.tau[lean.kept]) for value in values]
        for at, bank in self.slices(lean.banks):
            for number, value in enumerate(kept):
                here = Values(value.offset[:, at], value.tau)
                yield number, at, bank, here, message(bank, lean.groups, here)


class Lean(NamedTuple):
    """Banks with groups of their sources; `kept` are the quantities that they are of."""

    banks: tuple[Bank, ...]
    groups: Groups
    kept: np.ndarray


class Head(NamedTuple):
    """What is known of a part without a theta.

    By population: the constants its log sizes are less, how many draws its bank has, and whether
    one of them is possible. `is_drawn` says whether populations are drawn whole.
    """

    log_median: np.ndarray
    n_draws: np.ndarray
    is_possible: np.ndarray
    is_drawn: bool


def head_of(part: Part) -> Head:
    """Return what is known of a part without a theta."""
    sizes = [np.full(len(bank.log_weight), bank.log_weight.shape[1]) for bank in part.banks]
    possible = [np.isfinite(bank.log_weight).any(axis=1) for bank in part.banks]
    is_drawn = part.banks[0].log_size is not None
    return Head(part.log_median, np.concatenate(sizes), np.concatenate(possible), is_drawn)


class Slopes(NamedTuple):
    """The log L_p of each population, `(population,)`, and their gradients.

    `offset` is the gradient by the mean deviation of each quantity, and `log_tau` that by the
    logarithm of its spread, both `(quantity, population)`.
    """

    log_likelihood: np.ndarray
    offset: np.ndarray
    log_tau: np.ndarray


def slopes_of(part: Part, u: np.ndarray) -> Slopes:
    """Return what one theta, `(coordinate,)`, makes of each population, with gradients."""
    n_quantities = len(part.prior.spreads)
    found = Slopes(
        np.empty(len(part)),
        np.zeros((n_quantities, len(part))),
        np.zeros((n_quantities, len(part))),
    )
    _, groups, kept = part.lean
    for _, at, bank, here, given in part.messages(u[:, None]):
        found.log_likelihood[at] = log_likelihood(given.log_density)
        found.offset[kept, at], found.log_tau[kept, at] = slope(bank, groups, here, given)
    return found


class Weighed(NamedTuple):
    """What thetas make of populations, by each half of their banks, `(theta, population, half)`.

    `logs` are log L_p, and `means` and `squares` those of log size less its constant.
    """

    logs: np.ndarray
    means: np.ndarray
    squares: np.ndarray


def weighed_of(part: Part, u: np.ndarray) -> Weighed:
    """Return what thetas, `(coordinate, theta)`, make of each population."""
    found = Weighed(*(np.empty((u.shape[1], len(part.names), 2)) for _ in range(3)))
    for number, at, _, _, given in part.messages(u):
        shape = (*given.mean.shape[:-1], 2, -1)
        density, mean = given.log_density.reshape(shape), given.mean.reshape(shape)
        largest = np.maximum(density.max(axis=-1), SMALLEST_LOG)
        weights = np.exp(density - largest[..., None])
        sums = np.maximum(weights.sum(axis=-1), SMALLEST_SUM)
        squares = mean**2 + given.variance.reshape(shape)
        found.logs[number, at] = largest + np.log(sums / density.shape[-1])
        found.means[number, at] = (weights * mean).sum(axis=-1) / sums
        found.squares[number, at] = (weights * squares).sum(axis=-1) / sums
    return found


class Reach(NamedTuple):
    """How far the draws of each population reach over thetas: Pareto k and effective size."""

    pareto_k: np.ndarray
    ess: np.ndarray


def reach_of(part: Part, u: np.ndarray) -> Reach:
    """Return how far the draws of populations that are drawn whole reach over thetas.

    Notes
    -----
    Over thetas, `(coordinate, theta)`, the effective size of a population's draws is the harmonic
    mean, which the error of its mixture follows, and the Pareto k that of the mean weight of each.
    """
    n_thetas, shapes, sizes = u.shape[1], [], []
    together, inverse = np.zeros((0, 0)), np.zeros(0)
    for number, _, _, _, given in part.messages(u):
        weights = normalised(given.log_density)
        if number == 0:
            together, inverse = np.zeros_like(weights), np.zeros(len(weights))
        together += weights
        inverse += (weights**2).sum(axis=1) / n_thetas
        if number == n_thetas - 1:
            sizes.append(1 / np.maximum(inverse, SMALLEST_SUM))
            is_uneven = sizes[-1] < EVEN_SHARE * together.shape[1]
            with np.errstate(divide="ignore"):
                logs = zip(np.log(together), is_uneven, strict=True)
                shapes += [pareto_k(row) if uneven else -math.inf for row, uneven in logs]
    return Reach(np.array(shapes), np.concatenate(sizes))


def normalised(log_density: np.ndarray) -> np.ndarray:
    """Return weights that sum to 1 over the last axis, given by their logarithms."""
    largest = np.maximum(log_density.max(axis=-1, keepdims=True), SMALLEST_LOG)
    weights = np.exp(log_density - largest)
    found: np.ndarray = weights / np.maximum(weights.sum(axis=-1, keepdims=True), SMALLEST_SUM)
    return found


def sizes_of(part: Part, u: np.ndarray, per_theta: int, seed: int) -> np.ndarray:
    """Draw log sizes of each population, so many for each theta, `(population, theta, draw)`.

    Notes
    -----
    A population is the mixture of its posteriors over theta. Draw r of all populations at one theta
    belong together: their sum keeps what the populations share.
    """
    uniforms, normals = random_of(part.names, seed, u.shape[1], per_theta)
    sizes = np.empty(uniforms.shape)
    for number, at, _, _, given in part.messages(u):
        chosen = chosen_by(given.log_density, uniforms[at, number])
        mean = np.take_along_axis(given.mean, chosen, axis=1)
        sd = np.sqrt(np.take_along_axis(given.variance, chosen, axis=1))
        sizes[at, number] = part.log_median[at, None] + mean + sd * normals[at, number]
    return sizes


def random_of(
    names: Sequence[str], seed: int, n_thetas: int, per_theta: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return uniforms, one of each of `per_theta` equal parts of 0 to 1, and normals.

    Both are `(population, theta, draw)`; the parts come in a random order, so that draws of two
    populations that go together are independent given theta.
    """
    uniforms = np.empty((len(names), n_thetas, per_theta))
    normals = np.empty_like(uniforms)
    for row, name in enumerate(names):
        rng = population_rng(seed, name, purpose=1)
        parts = np.broadcast_to(np.arange(per_theta), (n_thetas, per_theta))
        order = rng.permuted(parts, axis=1)
        uniforms[row] = (order + rng.random((n_thetas, per_theta))) / per_theta
        normals[row] = rng.standard_normal((n_thetas, per_theta))
    return uniforms, normals


def chosen_by(log_density: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Return which draws of the banks uniforms choose, `(population, draw)`, by their weights."""
    weights = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    reached = np.cumsum(weights, axis=1)
    wanted = uniforms * reached[:, -1:]
    if uniforms.shape[1] > FEW_WANTED or reached.shape[1] > FEW_IN_BANK:
        found = [np.searchsorted(*pair) for pair in zip(reached, wanted, strict=True)]
        return np.minimum(np.array(found), reached.shape[1] - 1)
    below = reached[:, None, :-1] < wanted[:, :, None]
    chosen: np.ndarray = below.sum(axis=2)
    return chosen
