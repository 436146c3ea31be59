"""Sets of draws: what the data depend on, what they leave over, and what was learned from both."""

from __future__ import annotations

from collections.abc import Sequence
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
    def joined(cls, u: np.ndarray, parts: Sequence[State]) -> State:
        """Return the parts of draws `u`, in order, as one."""
        if len(parts) == 1:
            return cls(u, parts[0].population, parts[0].log_sd)
        populations = zip(*(part.population for part in parts), strict=True)
        return cls(
            u,
            Population(*(np.concatenate(pieces, axis=-1) for pieces in populations)),
            np.concatenate([part.log_sd for part in parts], axis=-1),
        )


class Residuals(NamedTuple):
    """What the counts say given a population, ratios still in it; each `(row, draws)`.

    `log_net` is log(y - b dur), minus infinity where the baseline is not below the count;
    `rotated` are the rotated residuals and `variance` their variances given the ratios. `shared` is
    the part of each source's log ratio that the draw itself holds, `(source, draws)`.
    """

    log_net: np.ndarray
    rotated: np.ndarray
    variance: np.ndarray
    shared: np.ndarray


class Learned(NamedTuple):
    """Draws of the posterior with the residuals and the log ratios that go with them.

    `log_ratios` are relative to their medians on the calendar's first day, `(source, draws)`.
    """

    state: State
    residuals: Residuals
    log_ratios: np.ndarray
