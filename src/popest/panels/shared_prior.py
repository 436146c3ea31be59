"""What the populations of a panel share: the prior of theta, and what theta says of each.

Quantity 0 is the size of a population where that is integrated, the next are the ratios of the
sources in their order, and the last those that draws of populations carry.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Shared:
    """One pooled quantity: log q_p ~ Normal(log median_p + mu + x_p' beta, tau^2).

    mu ~ Normal(0, `level`^2), log tau ~ Normal(log `between`, `between_sigma`^2), and the effects
    beta have the means and the standard deviations `effect_mean` and `effect_sd`, `(covariate,)`.
    `covariates` are x, centred, `(covariate, population)`; those of effects `by` a text are 1 where
    a population has it, and give any population the variance `by_variance`. With `between` = 0 all
    populations have the same deviation, mu. A ratio that some populations integrate and others draw
    is the quantity `carried`, too.
    """

    quantity: int
    name: str
    level: float
    between: float
    between_sigma: float
    covariates: np.ndarray
    effect_mean: np.ndarray
    effect_sd: np.ndarray
    effect_names: tuple[str, ...] = ()
    by_variance: float = 0.0
    carried: int | None = None

    @property
    def quantities(self) -> list[int]:
        """Under which numbers it stands among the quantities."""
        return [self.quantity] if self.carried is None else [self.quantity, self.carried]

    @property
    def is_spread_uncertain(self) -> bool:
        """Whether tau is part of theta."""
        return self.between > 0 and self.between_sigma > 0

    @property
    def size(self) -> int:
        """How many coordinates of theta are its own."""
        return 1 + len(self.effect_mean) + self.is_spread_uncertain

    @property
    def mean_square(self) -> float:
        """E tau^2 = between^2 exp(2 between_sigma^2), of a log-normal tau."""
        return self.between**2 * math.exp(2 * self.between_sigma**2)

    @property
    def total(self) -> float:
        """Standard deviation of a new population's logarithm, covariates at their centres."""
        return math.sqrt(self.level**2 + self.by_variance + self.mean_square)

    def of_effects(self, effects: np.ndarray) -> np.ndarray:
        """Return what effects of the covariates make of each population, `(population,)`.

        Notes
        -----
        One after the other, as a matrix product may round otherwise among other populations.
        """
        found = np.zeros(self.covariates.shape[1])
        for effect, covariate in zip(effects, self.covariates, strict=True):
            found += effect * covariate
        return found

    @property
    def labels(self) -> list[str]:
        """The names of its coordinates of theta."""
        effects = [f"{self.name}.effect.{name}" for name in self.effect_names]
        spread = [f"{self.name}.between"] if self.is_spread_uncertain else []
        return [f"{self.name}.level", *effects, *spread]


class Values(NamedTuple):
    """What one theta says: mean deviations `offset`, `(quantity, population)`, and spreads.

    `tau` are the standard deviations of the logarithms, `(quantity,)`.
    """

    offset: np.ndarray
    tau: np.ndarray


class SharedPrior:
    """Theta as a vector u of independent standard normals, and back.

    Parameters
    ----------
    spreads
        Standard deviation of the logarithm of each quantity, `(quantity,)`; of pooled quantities
        it is not used.
    shared
        The pooled quantities.
    n_populations
        How many populations there are.
    """

    def __init__(self, spreads: np.ndarray, shared: Sequence[Shared], n_populations: int) -> None:
        self.spreads, self.shared, self.n_populations = spreads, tuple(shared), n_populations
        ends = np.cumsum([0, *(part.size for part in shared)])
        self.places = [slice(a, b) for a, b in pairwise(ends)]
        self.labels = [label for part in shared for label in part.labels]

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, at: slice) -> SharedPrior:
        """Return the same theta as it concerns some populations."""
        shared = [replace(part, covariates=part.covariates[:, at]) for part in self.shared]
        n_populations = len(range(self.n_populations)[at])
        return SharedPrior(self.spreads, shared, n_populations)

    def values(self, u: np.ndarray) -> Values:
        """Return what theta = `u`, `(coordinate,)`, says of every population."""
        offset = np.zeros((len(self.spreads), self.n_populations))
        tau = np.array(self.spreads, dtype=float)
        for part, place in zip(self.shared, self.places, strict=True):
            mu, effects, spread = self.natural(part, u[place])
            offset[part.quantities] = mu + part.of_effects(effects)
            tau[part.quantities] = spread
        return Values(offset, tau)

    @staticmethod
    def natural(part: Shared, u: np.ndarray) -> tuple[float, np.ndarray, float]:
        """Return mu, the effects and tau of one pooled quantity, given its normals."""
        effects = part.effect_mean + part.effect_sd * u[1 : 1 + len(part.effect_mean)]
        spread = part.between
        if part.is_spread_uncertain:
            spread *= math.exp(part.between_sigma * u[-1])
        return part.level * u[0], effects, spread

    def slope(self, u: np.ndarray, offset: np.ndarray, log_tau: np.ndarray) -> np.ndarray:
        """Return a gradient by theta, `(coordinate,)`.

        Parameters
        ----------
        u
            Theta, `(coordinate,)`.
        offset
            The gradient by each population's mean deviation, `(quantity, population)`.
        log_tau
            The gradient by the logarithm of each spread, `(quantity,)`.
        """
        found = np.empty(len(u))
        for part, place in zip(self.shared, self.places, strict=True):
            own = offset[part.quantities].sum(axis=0)
            parts = [part.level * own.sum(keepdims=True), part.effect_sd * (part.covariates @ own)]
            if part.is_spread_uncertain:
                parts.append(part.between_sigma * log_tau[part.quantities].sum(keepdims=True))
            found[place] = np.concatenate(parts)
        return found

    def marginal(self) -> Values:
        """Return the reference at which populations are fitted alone: theta integrated out.

        The variance of a pooled quantity is level^2 + E tau^2; effects are at their means.
        """
        offset = np.zeros((len(self.spreads), self.n_populations))
        tau = np.array(self.spreads, dtype=float)
        for part in self.shared:
            offset[part.quantities] = part.of_effects(part.effect_mean)
            tau[part.quantities] = part.total
        return Values(offset, tau)
