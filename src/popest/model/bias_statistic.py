"""What draws keep of a source of balances, and how these are weighed anew."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from popest.model.statistics import LOG_TWO_PI, Control, Settings, Statistic, per_draw

Draws = np.ndarray


@dataclass(frozen=True)
class BiasStatistic(Statistic):
    """What draws keep of a source of balances.

    `centre` is the mean residual, persons, and `scatter` the sum of squares around it over the
    variance of the error.
    """

    weighing: ClassVar[str] = "bias"

    n_rows: int
    mean: float
    bias_sd: float
    error_sd: float
    centre: Draws = field(metadata=per_draw("whole"))
    scatter: Draws = field(metadata=per_draw("distance"))

    @property
    def controls(self) -> tuple[Control, ...]:
        """Mean and standard deviation of the bias, unless it is known."""
        if not self.bias_sd > 0:
            return ()
        path = f"source.{self.name}.bias"
        return (
            Control.mean(f"{path}.mean", "bias", self.mean, self.bias_sd),
            Control.sd(f"{path}.sd", "bias_sd", self.bias_sd),
        )

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density of the balances, `(draws,)`."""
        mean = settings.of(f"source.{self.name}.bias.mean", self.mean)
        bias_sd = settings.of(f"source.{self.name}.bias.sd", self.bias_sd)
        variance = self.error_sd**2 + self.n_rows * bias_sd**2
        quadratic = self.scatter + self.n_rows * (self.centre - mean) ** 2 / variance
        constant = 2 * (self.n_rows - 1) * math.log(self.error_sd) + math.log(variance)
        return -0.5 * (quadratic + constant + self.n_rows * LOG_TWO_PI)
