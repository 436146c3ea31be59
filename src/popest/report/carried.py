"""What each draw carries so that it can be weighed under any settings of the what-if.

For each draw of the population a few numbers say all that a source's figures say of it, whatever
the ratio, bias or level that is assumed: sufficient statistics. The script of the page
(``what_if_model.js``) repeats the arithmetic of this module, in the same order. How they follow
from a model is in ``carrying``, which draws are carried in ``page_bank``, and how they are written
in ``packing``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from popest.model.evidence import log_normal_cdf

LOG_TWO_PI = math.log(2 * math.pi)
Draws = np.ndarray
PER_DRAW = "Draws"
"""The annotation of what is given for every draw; all else is given once."""


@dataclass(frozen=True)
class Settings:
    """What a reader of the page assumes in place of the study.

    `values` are those of controls that were moved, by their ids, in natural units; `off` the
    sources that are left out.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()

    def of(self, control: str, default: float) -> float:
        """Return the value of a control."""
        return self.values.get(control, default)

    def ratio(self, source: str, median: float, tau: float) -> tuple[float, float]:
        """Return the log median and the tau of a source's ratio; its width is a factor of tau."""
        moved = self.of(median_of(source), median)
        return math.log(moved), tau * self.of(width_of(source), 1.0)


def median_of(source: str) -> str:
    """Return the id of the control of a ratio's median, which is its path in ``study.toml``."""
    return f"source.{source}.ratio.median"


def width_of(source: str) -> str:
    """Return the id of the control of a ratio's width."""
    return f"source.{source}.ratio.width"


@dataclass(frozen=True)
class Counted:
    """A source with a ratio.

    Given the draw, its counts say that the log ratio is `implied`, with variance
    exp(`log_variance`); `rest` is the log density that is left, the same for every ratio.
    """

    name: str
    group: str | None
    correlation: float
    median: float
    tau: float
    implied: Draws
    log_variance: Draws
    rest: Draws


@dataclass(frozen=True)
class Balance:
    """A source of balances.

    `centre` is the mean residual, persons, and `scatter` the sum of squares around it over the
    variance of the error.
    """

    name: str
    n_rows: int
    mean: float
    bias_sd: float
    error_sd: float
    centre: Draws
    scatter: Draws

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density of the balances, `(draws,)`."""
        mean = settings.of(f"source.{self.name}.bias.mean", self.mean)
        bias_sd = settings.of(f"source.{self.name}.bias.sd", self.bias_sd)
        variance = self.error_sd**2 + self.n_rows * bias_sd**2
        quadratic = self.scatter + self.n_rows * (self.centre - mean) ** 2 / variance
        constant = 2 * (self.n_rows - 1) * math.log(self.error_sd) + math.log(variance)
        return -0.5 * (quadratic + constant + self.n_rows * LOG_TWO_PI)


@dataclass(frozen=True)
class Shares:
    """A survey, which has no number to move."""

    name: str
    density: Draws


@dataclass(frozen=True)
class Reached:
    """A source of floors: the log exposure of each row, `(row, draws)`, and the log noise."""

    name: str
    median: float
    tau: float
    log_counts: np.ndarray
    printed_variance: np.ndarray
    log_exposure: Draws
    log_sd: Draws

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


@dataclass(frozen=True)
class Level:
    """An uncertain quantity of the population itself: its log in each draw, and its prior.

    `path` is where ``study.toml`` has its median, which is also the control's id; `kind` is
    departure_hazard, background, size or wave, and `name` that of a wave.
    """

    path: str
    kind: str
    name: str
    median: float
    sigma: float
    log_value: Draws

    def log_prior(self, settings: Settings) -> Draws:
        """Return the log density of the logarithm, `(draws,)`."""
        z = (self.log_value - math.log(settings.of(self.path, self.median))) / self.sigma
        return -0.5 * z**2 - math.log(self.sigma) - 0.5 * LOG_TWO_PI


@dataclass(frozen=True)
class Carried:
    """All statistics of a set of draws; `fixed` is the log prior of what no control moves."""

    counted: tuple[Counted, ...]
    balances: tuple[Balance, ...]
    shares: tuple[Shares, ...]
    reached: tuple[Reached, ...]
    levels: tuple[Level, ...]
    fixed: Draws

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that say something, by kind."""
        kinds: tuple[tuple[Any, ...], ...]
        kinds = self.counted, self.balances, self.shares, self.reached
        return tuple(part.name for parts in kinds for part in parts)

    @property
    def with_ratio(self) -> tuple[Counted | Reached, ...]:
        """The sources whose ratio can be moved."""
        return (*self.counted, *self.reached)

    def log_target(self, settings: Settings) -> Draws:
        """Return the log density of the data and of the draws under settings, `(draws,)`."""
        return self.fixed + self.log_density(settings)

    def log_density(self, settings: Settings) -> Draws:
        """Return the log density of the data and of the levels, `(draws,)`."""
        return self.log_likelihood(settings) + self.log_prior(settings)

    def log_prior(self, settings: Settings) -> Draws:
        """Return the log prior of the levels, `(draws,)`."""
        return sum((level.log_prior(settings) for level in self.levels), np.zeros(len(self.fixed)))

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density of the figures of the sources that are on, `(draws,)`."""
        total = _counts_log_likelihood(self.counted, settings, len(self.fixed))
        parts: tuple[Balance | Reached, ...] = (*self.balances, *self.reached)
        for part in parts:
            if part.name not in settings.off:
                total += part.log_likelihood(settings)
        for survey in self.shares:
            if survey.name not in settings.off:
                total += survey.density
        return total


def _counts_log_likelihood(sources: tuple[Counted, ...], settings: Settings, n_draws: int) -> Draws:
    """Return the log density of the counts, ratios and group factors integrated out.

    Notes
    -----
    With h = 1 / (own variance of the ratio + variance of the counts) and d = implied log ratio
    less its median, a source adds (log h - h d^2) / 2 and a group with loadings l
    (f^2 / p - log p) / 2, f = sum l h d and p = 1 + sum l^2 h: `Counts.log_likelihood` written
    in the ratio that the counts imply, which keeps its accuracy when it is stored in two bytes.
    """
    total = np.zeros(n_draws)
    groups: dict[str, tuple[Draws, Draws]] = {}
    for source in sources:
        if source.name in settings.off:
            continue
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
    return total
