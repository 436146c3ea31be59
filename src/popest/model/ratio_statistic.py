"""What draws keep of the counts of a source with a ratio, and how these are weighed anew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from popest.model.counts import Counts
from popest.model.state import Residuals
from popest.model.statistics import (
    LOG_TWO_PI,
    Control,
    FixedStatistic,
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
class RatioStatistic(Statistic):
    """What draws keep of a source with a ratio.

    Given the draw, its counts say that the log ratio is `implied`, with variance
    exp(`log_variance`); `rest` is the log density that is left, the same for every ratio. The
    spread of a ratio with tails is tau exp(`log_scale`); others have none. `reach` is that of its
    90 % interval over a normal's.
    """

    weighing: ClassVar[str] = "ratio"

    group: str | None
    correlation: float
    median: float
    tau: float
    implied: Draws = field(metadata=per_draw("logarithm"))
    log_variance: Draws = field(metadata=per_draw("logarithm"))
    rest: Draws = field(metadata=per_draw("density"))
    reach: float = 1.0
    log_scale: Draws | None = field(default=None, metadata=per_draw("logarithm"))

    @property
    def controls(self) -> tuple[Control, ...]:
        """The median and the width of the ratio."""
        return ratio_controls(self.name, "ratio", self.median, self.tau, self.reach)

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
            log_median, tau_at_one = settings.ratio(source.name, source.median, source.tau)
            tau = scaled(tau_at_one, source.log_scale)
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


@dataclass(frozen=True)
class GivenFactorStatistic(Statistic):
    """What draws keep of a source with a ratio whose group's factor they hold.

    The fields are those of `RatioStatistic`, and `factor` the standard normal that the group
    shares, which a source whose ratio is drawn brings into the draws.
    """

    weighing: ClassVar[str] = "ratio_given_factor"

    correlation: float
    median: float
    tau: float
    implied: Draws = field(metadata=per_draw("logarithm"))
    log_variance: Draws = field(metadata=per_draw("logarithm"))
    rest: Draws = field(metadata=per_draw("density"))
    factor: Draws = field(metadata=per_draw("logarithm"))
    reach: float = 1.0
    log_scale: Draws | None = field(default=None, metadata=per_draw("logarithm"))

    @property
    def controls(self) -> tuple[Control, ...]:
        """The median and the width of the ratio."""
        return ratio_controls(self.name, "ratio", self.median, self.tau, self.reach)

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density of the source's counts, its own part of the ratio integrated."""
        log_median, tau_at_one = settings.ratio(self.name, self.median, self.tau)
        tau = scaled(tau_at_one, self.log_scale)
        loading = tau * math.sqrt(self.correlation)
        distance = self.implied - log_median - loading * self.factor
        variance = np.exp(self.log_variance)
        gain = 1 / (tau**2 * (1 - self.correlation) + variance)
        density: Draws = self.rest + 0.5 * (np.log(variance * gain) - gain * distance**2)
        return density


def ratio_statistics(counts: Counts, residuals: Residuals, u: np.ndarray) -> list[Statistic]:
    """Return what draws keep of each source with a count.

    Parameters
    ----------
    counts
        The counts.
    residuals
        Their residuals given the draws.
    u
        The draws, `(normals, draws)`.
    """
    posterior = counts.integrate(residuals)
    log_variance = np.log(residuals.variance)
    squares = residuals.rotated**2 / residuals.variance
    result: list[Statistic] = []
    for number, (name, source) in enumerate(counts.by_name.items()):
        at = np.flatnonzero(counts.source_of == number)
        if not len(at):
            continue
        precision = posterior.precision[number]
        mean = posterior.weighted[number] / precision
        left = squares[at].sum(axis=0) - mean**2 * precision
        rest = -0.5 * (left + log_variance[at].sum(axis=0) + len(at) * LOG_TWO_PI)
        rest += np.linalg.slogdet(counts.rotation[np.ix_(at, at)])[1]
        jacobian = residuals.log_net[at].sum(axis=0)
        possible = np.isfinite(jacobian)
        rest = np.where(possible, rest - np.where(possible, jacobian, 0.0), -np.inf)
        scale = residuals.scale[number]
        implied = Implied(mean + counts.ratios.log_median[number], precision, rest, scale)
        result.append(_statistic(name, source, implied, counts.ratios.drawn_factor_of(number, u)))
    return result


class Implied(NamedTuple):
    """What the counts of a source say of its log ratio in each draw, `(draws,)`.

    `log_ratio` is less the part that a drawn factor makes; `rest` is the log density that is left,
    and `scale` what the draw multiplies the ratio's spread by.
    """

    log_ratio: Draws
    precision: Draws
    rest: Draws
    scale: Draws


def _statistic(name: str, source: Source, implied: Implied, factor: Draws | None) -> Statistic:
    ratio, correlation = source.ratio, source.group_correlation or 0.0
    assert ratio is not None
    if ratio.tau == 0:
        distance = implied.log_ratio - math.log(ratio.median)
        return FixedStatistic(name, implied.rest - 0.5 * implied.precision * distance**2)
    log_variance = -np.log(implied.precision)
    if factor is None:
        return RatioStatistic(
            name,
            source.group,
            correlation,
            ratio.median,
            ratio.tau,
            implied=implied.log_ratio,
            log_variance=log_variance,
            rest=implied.rest,
            reach=reach_of(ratio),
            log_scale=log_scale_of(implied.scale, ratio),
        )
    return GivenFactorStatistic(
        name,
        correlation,
        ratio.median,
        ratio.tau,
        implied=implied.log_ratio + implied.scale * ratio.tau * math.sqrt(correlation) * factor,
        log_variance=log_variance,
        rest=implied.rest,
        factor=factor,
        reach=reach_of(ratio),
        log_scale=log_scale_of(implied.scale, ratio),
    )
