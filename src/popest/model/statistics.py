"""What draws keep of a source's figures so that they can be weighed anew under moved assumptions.

For each draw of the population a few numbers say all that a source's figures say of it, whatever
ratio or bias is assumed: sufficient statistics. A page of a report carries them, and its script
repeats the arithmetic. Each kind of statistic is in a file of its own, which only a report loads;
here is what they share.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Literal

import numpy as np

from popest.study.specification.priors import NORMAL_QUANTILE_95
from popest.study.specification.ratio_prior import RatioPrior

Draws = np.ndarray

LOG_TWO_PI = math.log(2 * math.pi)
REACH = 2.0
"""How far a median can be moved either way, in standard deviations of its prior."""
WIDTH_REACH = 2.0
"""What a width can be multiplied or divided by at most."""
MEAN_REACH = 3.0

Tail = Literal["density", "distance", "whole", "logarithm", "unread"]
"""How the far tails of a number are cut where it is stored in few bytes.

A log density below, and a squared distance above, where a draw has no weight; the whole range of a
plain number; a logarithm far from its median. What the page does not read is not stored.
"""


def per_draw(tail: Tail) -> Mapping[str, Tail]:
    """Return the metadata of a field that has one number a draw, `(..., draws)`."""
    return {"tail": tail}


def tail_of(entry: Field[Any]) -> Tail | None:
    """Return the tail of a field that has one number a draw, None for others."""
    tail: Tail | None = entry.metadata.get("tail")
    return tail


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


Kind = Literal["median", "width", "mean", "sd"]


@dataclass(frozen=True)
class Control:
    """A number that can be moved between two bounds, in natural units.

    Attributes
    ----------
    id
        Its path in ``study.toml``; that of a width, which the file states as an interval, ends in
        ``width``.
    label
        The key of its name in the texts.
    kind
        What it is of its prior.
    value
        What the study says.
    low, high
        The bounds.
    spread
        The standard deviation of its prior: of the logarithm where it is a median; 0 for widths.
    is_log
        Whether equal steps multiply by equal factors.
    tau
        For a width, the standard deviation of the log ratio that it multiplies; otherwise 0.
    name
        The name of the wave it is about, if any.
    """

    id: str
    label: str
    kind: Kind
    value: float
    low: float
    high: float
    spread: float = 0.0
    is_log: bool = True
    tau: float = 0.0
    name: str = ""

    @classmethod
    def median(cls, path: str, label: str, median: float, spread: float, name: str = "") -> Control:
        """Return the control of a median whose logarithm has a prior standard deviation."""
        factor = math.exp(REACH * spread)
        low, high = median / factor, median * factor
        return cls(path, label, "median", median, low, high, spread, name=name)

    @classmethod
    def width(cls, path: str, tau: float) -> Control:
        """Return the control of the width of a ratio's interval."""
        return cls(path, "width", "width", 1.0, 1 / WIDTH_REACH, WIDTH_REACH, tau=tau)

    @classmethod
    def mean(cls, path: str, label: str, mean: float, sd: float) -> Control:
        """Return the control of the mean of a normal prior."""
        low, high = mean - MEAN_REACH * sd, mean + MEAN_REACH * sd
        return cls(path, label, "mean", mean, low, high, sd, is_log=False)

    @classmethod
    def sd(cls, path: str, label: str, sd: float) -> Control:
        """Return the control of a standard deviation."""
        return cls(path, label, "sd", sd, sd / WIDTH_REACH, sd * WIDTH_REACH)


def ratio_controls(
    source: str, label: str, median: float, tau: float, reach: float = 1.0
) -> tuple[Control, ...]:
    """Return the controls of the median and of the width of a source's ratio.

    `reach` is how many times further its 90 % interval goes than that of a normal with this tau.
    """
    return (
        Control.median(median_of(source), label, median, tau),
        Control.width(width_of(source), tau * reach),
    )


def scaled(tau: float, log_scale: Draws | None) -> Draws | float:
    """Return the spread of a log ratio in each draw, of which some hold a scale for their tails."""
    return tau if log_scale is None else tau * np.exp(log_scale)


def log_scale_of(scale: np.ndarray, prior: RatioPrior) -> Draws | None:
    """Return what draws keep of the scale of a ratio, `(draws,)`: nothing where it has no tails."""
    return None if prior.tails is None else np.log(scale)


def reach_of(prior: RatioPrior) -> float:
    """Return how many times further a 90 % interval reaches than a normal's with the same tau."""
    return prior.reach90 / NORMAL_QUANTILE_95


@dataclass(frozen=True)
class Statistic(ABC):
    """What draws keep of one source.

    A subclass has fields of its own, those with a number a draw marked by `per_draw`, and provides
    `weighing` and `log_likelihood`; `controls` where its assumptions can be moved. Sources that
    are weighed jointly override `add`.
    """

    weighing: ClassVar[str]
    """How the script of the page weighs it: a name that ``what_if_weighings.js`` has."""

    name: str

    @property
    def controls(self) -> tuple[Control, ...]:
        """The numbers of the source that can be moved."""
        return ()

    @abstractmethod
    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density of the source's figures under settings, `(draws,)`."""

    @classmethod
    def add(cls, total: Draws, sources: Sequence[Any], settings: Settings) -> None:
        """Add the log density of all sources with this kind of statistic to `total`, `(draws,)`."""
        for source in sources:
            total += source.log_likelihood(settings)

    def constants(self) -> dict[str, Any]:
        """Return how it is weighed, and what it has once, not once a draw, as plain data."""
        has_tails = getattr(self, "log_scale", None) is not None
        return {"weighing": self.weighing, "has_tails": has_tails, **constants_of(self)}


@dataclass(frozen=True)
class FixedStatistic(Statistic):
    """What draws keep of a source that has no number to move: its log density."""

    weighing: ClassVar[str] = "fixed"

    density: Draws = field(metadata=per_draw("density"))

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density, the same under all settings, `(draws,)`."""
        return self.density


def constants_of(record: Any) -> dict[str, Any]:
    """Return what a data class has once, not once a draw, as plain data."""
    found = {}
    for entry in fields(record):
        if tail_of(entry) is None:
            value = getattr(record, entry.name)
            found[entry.name] = value.tolist() if hasattr(value, "tolist") else value
    return found
