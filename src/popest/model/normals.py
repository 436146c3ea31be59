"""The standard normals that a draw of the whole population is made of.

Each uncertain quantity claims its place in the vector here; what is known claims none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from popest.study.specification.priors import LogNormalPrior

Array = Any
"""A NumPy array or a PyTensor tensor: the two share every operation used on it."""


def zero_like_draw(u: Array) -> Array:
    """Return the scalar zero in the shape of one coordinate of `u`, also when `u` has none."""
    return u[:0].sum(axis=0)


@dataclass(frozen=True)
class LogNormal:
    """A positive quantity, `median` exp(`sigma` u[`index`]); known when `index` is None."""

    median: float
    sigma: float
    index: int | None

    @property
    def log_median(self) -> float:
        """The logarithm of the median."""
        return math.log(self.median)

    def log(self, u: Array) -> Array:
        """Return the logarithm for draws `u`, `(normals, ...)`; shape `(...)`."""
        if self.index is None:
            return self.log_median + zero_like_draw(u)
        return self.log_median + self.sigma * u[self.index]

    def value(self, u: Array, xp: Any = np) -> Array:
        """Return the quantity itself for draws `u`, with `xp` NumPy or PyTensor's tensor."""
        if self.index is None:
            return self.median + zero_like_draw(u)
        return xp.exp(self.log(u))


class Normals:
    """The names of the standard normals, in the order of the vector that holds them.

    `quantities` are those by name that a study gives as a median with the spread of its logarithm.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.quantities: dict[str, LogNormal] = {}

    def __len__(self) -> int:
        return len(self.names)

    def claim(self, *names: str) -> slice:
        """Append coordinates and return their places."""
        self.names.extend(names)
        return slice(len(self.names) - len(names), len(self.names))

    def named(self, name: str) -> int:
        """Return the place of a coordinate by its name, claimed by whoever asks first."""
        return self.names.index(name) if name in self.names else self.claim(name).start

    def log_normal(self, name: str, prior: LogNormalPrior) -> LogNormal:
        """Return a log-normal quantity with a coordinate of its own unless it is known.

        Whoever asks for it again by its name is given the same one.
        """
        index = self.named(name) if prior.sigma > 0 else None
        quantity = LogNormal(prior.median, prior.sigma, index)
        if index is not None:
            self.quantities[name] = quantity
        return quantity

    @staticmethod
    def log_density(u: np.ndarray) -> np.ndarray:
        """Return the log density of standard normals, `(normals, draws)` to `(draws,)`."""
        squares: np.ndarray = np.einsum("ij,ij->j", u, u)
        return -0.5 * squares - 0.5 * len(u) * math.log(2 * math.pi)
