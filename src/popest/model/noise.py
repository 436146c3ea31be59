"""How far a count may lie from its ratio times its exposure.

Two errors belong here: that of the register, whose size is itself uncertain, and that of the
printed figure, which follows from how it was worded.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from popest.model.normals import Array, Normals
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.observation import Observation
from popest.study.specification.records import Specification


def printed_sd(rows: list[Observation]) -> np.ndarray:
    """Return the log-scale standard deviation of each row's wording, `(row,)`."""
    return np.array([PRECISIONS[row.precision or "exact"].log_sd for row in rows])


def printed_shift(rows: list[Observation]) -> np.ndarray:
    """Return the log-scale shift of each row's wording, `(row,)`."""
    return np.array([PRECISIONS[row.precision or "exact"].log_shift for row in rows])


LARGEST_LOG_FACTOR = 300.0


def bounded_exp(log: np.ndarray) -> np.ndarray:
    """Return exp(log), at most e^300, so that a count which may be anything stays a number."""
    result: np.ndarray = np.exp(np.minimum(log, LARGEST_LOG_FACTOR))
    return result


class Noise:
    """The log-scale standard deviation sigma_s of each source: sigma exp(kappa z_s)."""

    def __init__(self, names: list[str], specification: Specification, normals: Normals) -> None:
        self.names = names
        self.spread = specification.noise.by_source
        self.median = specification.noise.error.median
        self.common = normals.log_normal("noise", specification.noise.error)
        own = names if self.spread > 0 else []
        self.own = normals.claim(*(f"noise[{name}]" for name in own))

    def log_sd(self, u: Array, xp: Any = np) -> Array:
        """Return log sigma_s for normals `u`, `(source, ...)`."""
        common = self.common.log(u)
        if self.spread > 0:
            return common + self.spread * u[self.own]
        return xp.stack([common] * len(self.names)) if self.names else u[:0]
