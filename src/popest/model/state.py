"""Sets of draws: what the data depend on, what they leave over, and what was learned from both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from popest.model.normals import Array
from popest.model.population import Population


@dataclass(frozen=True)
class State:
    """A set of draws: normals `u`, `(normals, draws)`, with what follows from them.

    `log_sd` is the log noise of each source in the order of the model's noise. In a PyMC model
    these are tensors without the axis of draws.
    """

    u: Array
    population: Population
    log_sd: Array

    @classmethod
    def joined(cls, u: np.ndarray, parts: Iterable[State]) -> State:
        """Return the parts of draws `u`, in order, as one; each is copied as it is made."""
        whole: list[np.ndarray] = []
        first = 0
        for part in parts:
            pieces = (*part.population, part.log_sd)
            end = first + part.u.shape[1]
            if end - first == u.shape[1]:
                return cls(u, part.population, part.log_sd)
            whole = whole or [np.empty((*piece.shape[:-1], u.shape[1])) for piece in pieces]
            for array, piece in zip(whole, pieces, strict=True):
                array[..., first:end] = piece
            first = end
        *population, log_sd = whole
        return cls(u, Population(*population), log_sd)


class Residuals(NamedTuple):
    """What the counts say given a population, ratios still in it; each `(row, draws)`.

    `log_net` is log(y - b dur), minus infinity where the baseline is not below the count;
    `rotated` are the rotated residuals and `variance` their variances given the ratios. `shared` is
    the part of each source's log ratio that the draw itself holds, and `scale` what its spread is
    multiplied by, `(source, draws)`, or `(source, 1)` where no draw holds any.
    """

    log_net: np.ndarray
    rotated: np.ndarray
    variance: np.ndarray
    shared: np.ndarray
    scale: np.ndarray


class Learned(NamedTuple):
    """Draws of the posterior with the residuals and the log ratios that go with them.

    `log_ratios` are relative to their medians on the calendar's first day, `(source, draws)`.
    """

    state: State
    residuals: Residuals
    log_ratios: np.ndarray
