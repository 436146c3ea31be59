"""What draws keep of the counts of a source with a ratio, and how these are weighed anew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from popest.model.counts import Counts
from popest.model.state import Residuals
from popest.model.statistics import (
    LOG_TWO_PI,
    Control,
    Settings,
    Statistic,
    per_draw,
    ratio_controls,
)

Draws = np.ndarray


@dataclass(frozen=True)
class RatioStatistic(Statistic):
    """What draws keep of a source with a ratio.

    Given the draw, its counts say that the log ratio is `implied`, with variance
    exp(`log_variance`); `rest` is the log density that is left, the same for every ratio.
    """

    weighing: ClassVar[str] = "ratio"

    group: str | None
    correlation: float
    median: float
    tau: float
    implied: Draws = field(metadata=per_draw("logarithm"))
    log_variance: Draws = field(metadata=per_draw("logarithm"))
    rest: Draws = field(metadata=per_draw("density"))

    @property
    def controls(self) -> tuple[Control, ...]:
        """The median and the width of the ratio."""
        return ratio_controls(self.name, "ratio", self.median, self.tau)

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density of the source's counts, as if it belonged to no group."""
        total = np.zeros(len(self.rest))
        self.add(total, [self], settings)
        return total

    @classmethod
    def add(cls, total: Draws, sources: Sequence[RatioStatistic], settings: Settings) -> None:
        """Add the log density of all counts, ratios and group factors integrated out.

        Notes
        -----
        With h = 1 / (own variance of the ratio + variance of the counts) and d = implied log
        ratio less its median, a source adds (log h - h d^2) / 2 and a group with loadings l
        (f^2 / p - log p) / 2, f = sum l h d and p = 1 + sum l^2 h: `Counts.log_density` written
        in the ratio that the counts imply, which keeps its accuracy when it is stored in two
        bytes.
        """
        groups: dict[str, tuple[Draws, Draws]] = {}
        for source in sources:
            log_median, tau = settings.ratio(source.name, source.median, source.tau)
            own, distance = tau**2 * (1 - source.correlation), source.implied - log_median
            variance = np.exp(source.log_variance)
            gain = 1 / (own + variance)
            total += source.rest + 0.5 * (np.log(variance * gain) - gain * distance**2)
            if source.group is not None:
                loading = tau * math.sqrt(source.correlation)
                precision, weighted = groups.get(source.group, (1.0, 0.0))
                groups[source.group] = (
                    precision + loading**2 * gain,
                    weighted + loading * gain * distance,
                )
        for precision, weighted in groups.values():
            total += 0.5 * (weighted**2 / precision - np.log(precision))


def ratio_statistics(counts: Counts, residuals: Residuals) -> list[RatioStatistic]:
    """Return what draws keep of each source with a count, from the residuals of the counts."""
    posterior = counts.integrate(residuals)
    log_variance = np.log(residuals.variance)
    squares = residuals.rotated**2 / residuals.variance
    result = []
    for number, (name, source) in enumerate(counts.by_name.items()):
        at = np.flatnonzero(counts.source_of == number)
        if not len(at):
            continue
        assert source.ratio is not None
        precision = posterior.precision[number]
        mean = posterior.weighted[number] / precision
        left = squares[at].sum(axis=0) - mean**2 * precision
        rest = -0.5 * (left + log_variance[at].sum(axis=0) + len(at) * LOG_TWO_PI)
        rest += np.linalg.slogdet(counts.rotation[np.ix_(at, at)])[1]
        jacobian = residuals.log_net[at].sum(axis=0)
        possible = np.isfinite(jacobian)
        rest = np.where(possible, rest - np.where(possible, jacobian, 0.0), -np.inf)
        result.append(
            RatioStatistic(
                name,
                source.group,
                source.group_correlation or 0.0,
                source.ratio.median,
                source.ratio.tau,
                implied=mean + counts.ratios.log_median[number],
                log_variance=-np.log(precision),
                rest=rest,
            )
        )
    return result
