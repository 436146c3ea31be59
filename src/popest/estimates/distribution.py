"""Weighted draws of one quantity, and the intervals read off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

HEADLINE_PROBABILITY = 0.9
PROBABILITIES = (0.5, 0.8, 0.9, 0.95)


def percent(prob: float) -> str:
    """Return the probability that names an interval."""
    return f"{100 * prob:g} %"


class Interval(NamedTuple):
    """An equal-tailed credible interval: as much probability lies below it as above it."""

    lower: float
    upper: float
    prob: float
    kind: str
    unit: str

    def __str__(self) -> str:
        return f"{self.lower:,.0f} to {self.upper:,.0f} {self.unit} ({percent(self.prob)} credible)"


@dataclass(frozen=True)
class Distribution:
    """Draws of one quantity, `(draws,)`, with weights, `(draws,)`, that sum to 1."""

    values: np.ndarray
    weights: np.ndarray

    @classmethod
    def equal(cls, values: np.ndarray) -> Distribution:
        """Return equally weighted draws."""
        return cls(values, np.full(len(values), 1 / len(values)))

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.values)
        cumulative = np.cumsum(self.weights[order])
        return self.values[order], cumulative / cumulative[-1]

    def quantile(self, prob: float) -> float:
        """Return the smallest draw up to which at least `prob` of the weight lies."""
        values, cumulative = self._sorted
        number = int(np.searchsorted(cumulative, prob))
        return float(values[min(number, len(values) - 1)])

    @property
    def median(self) -> float:
        """The median."""
        return self.quantile(0.5)

    @cached_property
    def mean(self) -> float:
        """The mean."""
        return float(self.weights @ self.values)

    @cached_property
    def sd(self) -> float:
        """The standard deviation."""
        return float(np.sqrt(self.weights @ (self.values - self.mean) ** 2))

    def interval(self, prob: float, unit: str = "") -> Interval:
        """Return the equal-tailed interval that holds `prob`, between 0 and 1."""
        tail = (1 - prob) / 2
        return Interval(self.quantile(tail), self.quantile(1 - tail), prob, "eti", unit)

    def intervals(self, probs: Sequence[float], unit: str = "") -> list[Interval]:
        """Return the intervals of several probabilities."""
        return [self.interval(prob, unit) for prob in probs]

    def median_and_bounds(self, prob: float) -> tuple[float, float, float]:
        """Return the median and the bounds of the equal-tailed interval that holds `prob`."""
        return (self.median, *self.interval(prob)[:2])

    def probability(self, lower: float, upper: float) -> float:
        """Return the probability of lying between two bounds, both out."""
        return max(0.0, self._below(upper, "left") - self._below(lower, "right"))

    def percentile_of(self, value: float) -> float:
        """Return the probability below `value`, plus half of that at it."""
        return 0.5 * (self._below(value, "left") + self._below(value, "right"))

    def _below(self, value: float, side: Literal["left", "right"]) -> float:
        """Return the probability below a value, with that at it if `side` is right."""
        values, cumulative = self._sorted
        number = int(np.searchsorted(values, value, side=side))
        return float(cumulative[number - 1]) if number else 0.0


def named_bounds(stock: Distribution | None) -> dict[str, float | None]:
    """Return the bounds of all intervals by side and percent, such as ``lower_90``.

    They are None where there is no stock.
    """
    return {
        f"{side}_{prob * 100:g}": None if stock is None else getattr(stock.interval(prob), side)
        for prob in PROBABILITIES
        for side in ("lower", "upper")
    }
