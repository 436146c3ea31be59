"""What draws keep of a source whose ratio is drawn, and how it is weighed anew."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from popest.model.drawn.drawn_ratios import DrawnRatio
from popest.model.statistics import (
    Control,
    Settings,
    Statistic,
    log_scale_of,
    per_draw,
    ratio_controls,
    reach_of,
    scaled,
)
from popest.study.specification.records import Source

Draws = np.ndarray


@dataclass(frozen=True)
class DrawnRatioStatistic(Statistic):
    """What draws keep of a source whose ratio is drawn.

    `level` is the log ratio on the first day and `factor` that of its group, 0 for none. `rest` is
    the log density of its counts, which no setting changes: the ratio moves by its prior. A ratio
    that is known, or that cannot exceed one, has no controls. The spread of a ratio with tails is
    tau exp(`log_scale`); others have none.
    """

    weighing: ClassVar[str] = "drawn_ratio"

    is_movable: bool
    correlation: float
    median: float
    tau: float
    level: Draws = field(metadata=per_draw("logarithm"))
    factor: Draws = field(metadata=per_draw("logarithm"))
    rest: Draws = field(metadata=per_draw("density"))
    reach: float = 1.0
    log_scale: Draws | None = field(default=None, metadata=per_draw("logarithm"))

    @property
    def controls(self) -> tuple[Control, ...]:
        """The median and the width of the ratio."""
        if not self.is_movable:
            return ()
        return ratio_controls(self.name, "ratio", self.median, self.tau, self.reach)

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density of the counts, and by how much that of the ratio changes."""
        if not self.is_movable:
            return self.rest
        default = math.log(self.median), self.tau
        moved = settings.ratio(self.name, self.median, self.tau)
        if moved == default:
            return self.rest
        return self.rest + self._log_prior(*moved) - self._log_prior(*default)

    def _log_prior(self, log_median: float, tau: float) -> Draws:
        spread = scaled(tau, self.log_scale)
        own = spread * math.sqrt(1 - self.correlation)
        shared = spread * math.sqrt(self.correlation) * self.factor
        density: Draws = -0.5 * ((self.level - log_median - shared) / own) ** 2 - np.log(own)
        return density


def drawn_ratio_statistic(
    ratio: DrawnRatio, source: Source, u: Draws, rest: Draws
) -> DrawnRatioStatistic:
    """Return what draws keep of a source whose ratio is drawn.

    Parameters
    ----------
    ratio, source
        The ratio, and the source that has it.
    u
        The draws, `(normals, draws)`.
    rest
        The log density of its counts, `(draws,)`.
    """
    return DrawnRatioStatistic(
        ratio.name,
        is_movable=not ratio.is_bounded and ratio.own is not None,
        correlation=source.group_correlation or 0.0,
        median=ratio.prior.median,
        tau=ratio.tau,
        level=ratio.centre + ratio.level(u),
        factor=np.zeros(u.shape[1]) if ratio.factor is None else u[ratio.factor],
        rest=rest,
        reach=reach_of(ratio.prior),
        log_scale=log_scale_of(ratio.scales(u)[0], ratio.prior),
    )
