"""What draws keep of a source of floors, and how these are weighed anew."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from popest.model.statistics import Control, Settings, Statistic, per_draw, ratio_controls
from popest.model.tails import log_normal_cdf

Draws = np.ndarray


@dataclass(frozen=True)
class FloorStatistic(Statistic):
    """What draws keep of a source of floors: the log exposure of each row and the log noise."""

    weighing: ClassVar[str] = "at_least"

    median: float
    tau: float
    log_counts: np.ndarray
    printed_variance: np.ndarray
    log_exposure: Draws = field(metadata=per_draw("logarithm"))
    log_sd: Draws = field(metadata=per_draw("logarithm"))

    @property
    def controls(self) -> tuple[Control, ...]:
        """The median and the width of the largest share that can be counted."""
        return ratio_controls(self.name, "share_at_most", self.median, self.tau)

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log probability that the floors are reached, `(draws,)`."""
        log_median, tau = settings.ratio(self.name, self.median, self.tau)
        if (log_median, tau) == (math.log(self.median), self.tau):
            return self._by_default
        return self._log_probability(log_median, tau)

    @cached_property
    def _by_default(self) -> Draws:
        return self._log_probability(math.log(self.median), self.tau)

    def _log_probability(self, log_median: float, tau: float) -> Draws:
        variance = tau**2 + self.printed_variance[:, None] + np.exp(2 * self.log_sd)
        scores = (log_median + self.log_exposure - self.log_counts[:, None]) / np.sqrt(variance)
        return log_normal_cdf(scores).sum(axis=0)
