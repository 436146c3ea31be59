"""Assumptions that can be moved one at a time, and how far until a conclusion tips."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from popest.checks.methods.fitted import ratios_of, with_ratio, with_source_entries
from popest.checks.result import Context
from popest.estimates.comparisons.changes import Content
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import ArrivalsPopulation, Source

FARTHEST = 2.0
LARGEST_CORRELATION = 0.95
STEPS = 2
"""Steps from the study's own value to either end in the search for a crossing."""
BISECTIONS = 3


class Assumption(NamedTuple):
    """One assumption that can be moved.

    Attributes
    ----------
    kind
        Whether it is a ``ratio``, a ``correlation`` or the ``departures``.
    name
        The source of the ratio or the group of the correlation.
    label
        Its English name, in tables and pictures; its randomness belongs to it.
    unit
        What a change is counted in: ``tau`` or ``sigma``, standard deviations of a prior on the
        log scale, or ``correlation``.
    ends
        The changes to the lowest and the highest value tried.
    value
        Its value, in natural units, after a change.
    apply
        The study's content after a change.
    """

    kind: str
    name: str
    label: str
    unit: str
    ends: tuple[float, float]
    value: Callable[[float], float]
    apply: Callable[[float], Content]


class Tipping(NamedTuple):
    """The smallest change of an assumption that tips a conclusion; None when none does.

    `at_low_end` and `at_high_end` are the probabilities at the ends of what was tried, and
    `certified` tells whether all computations on the way could be trusted.
    """

    assumption: Assumption
    change: float | None
    at_low_end: float
    at_high_end: float
    certified: bool


def assumptions(content: Content) -> Iterator[Assumption]:
    """Give the median of each ratio, the correlation of each group, and the departure hazard."""
    specification, _ = content
    for name, ratio in ratios_of(specification).items():
        yield _ratio(content, name, ratio)
    groups: dict[str, list[Source]] = {}
    for source in specification.source.values():
        if source.group is not None:
            groups.setdefault(source.group, []).append(source)
    for group, members in groups.items():
        if len(members) > 1:
            yield _correlation(content, group, members)
    population = specification.population
    if isinstance(population, ArrivalsPopulation) and population.departure_hazard.sigma > 0:
        yield _departures(content, population)


def _ratio(content: Content, name: str, ratio: RatioPrior) -> Assumption:
    def value(change: float) -> float:
        return ratio.moved(change * ratio.spread).median

    def apply(change: float) -> Content:
        return with_ratio(content, name, shift=change * ratio.spread)

    ends = (-FARTHEST, FARTHEST)
    return Assumption("ratio", name, f"the ratio of {name}", "tau", ends, value, apply)


def _correlation(content: Content, group: str, members: list[Source]) -> Assumption:
    """Return the correlation of a group, its members' mean; all are given the same."""
    now = float(np.mean([source.group_correlation or 0.0 for source in members]))

    def apply(change: float) -> Content:
        entries = {"group_correlation": now + change}
        return with_source_entries(
            content,
            lambda _, source: source.replaced(**entries) if source.group == group else source,
        )

    label = f"the correlation of group {group}"
    ends = (-now, LARGEST_CORRELATION - now)
    return Assumption(
        "correlation", group, label, "correlation", ends, lambda change: now + change, apply
    )


def _departures(content: Content, population: ArrivalsPopulation) -> Assumption:
    specification, rows = content
    hazard = population.departure_hazard

    def value(change: float) -> float:
        return hazard.median * math.exp(change * hazard.sigma)

    def apply(change: float) -> Content:
        moved = hazard.replaced(median=value(change))
        changed = population.replaced(departure_hazard=moved)
        return specification.replaced(population=changed), rows

    ends = (-FARTHEST, FARTHEST)
    label = "the monthly departure hazard"
    return Assumption("departures", "", label, "sigma", ends, value, apply)


class _Search:
    """The probability that what is estimated exceeds a size, as a function of a change."""

    def __init__(self, context: Context, assumption: Assumption, threshold: float) -> None:
        self.context, self.assumption, self.threshold = context, assumption, threshold
        self.certified = True

    def __call__(self, change: float) -> float:
        # One name for all changes: the same randomness makes the probability smoother.
        name = f"tipping {self.assumption.label}"
        found = self.context.other(self.assumption.apply(change), name)
        self.certified &= found.certified
        return found.headline.probability(self.threshold, math.inf)


def find_tipping(context: Context, assumption: Assumption, threshold: float, now: float) -> Tipping:
    """Return the smallest change that moves P(N > threshold) across one half.

    Two steps either way look for a crossing; the nearest is narrowed by bisection and a last
    straight line.

    Parameters
    ----------
    context
        What is checked.
    assumption
        What is changed.
    threshold
        The size, persons.
    now
        The study's own probability of exceeding it.
    """
    search = _Search(context, assumption, threshold)
    crossings, at_ends = [], []
    for end in assumption.ends:
        grid = np.linspace(0, end, STEPS + 1)
        values = [now, *(search(float(change)) for change in grid[1:])]
        at_ends.append(values[-1])
        for step in range(STEPS):
            if (values[step] > 0.5) != (values[step + 1] > 0.5):
                inside, outside = float(grid[step]), float(grid[step + 1])
                crossings.append(_narrowed(search, inside, outside, values[step : step + 2]))
                break
    change = min(crossings, key=abs) if crossings else None
    return Tipping(assumption, change, at_ends[0], at_ends[1], search.certified)


def _narrowed(search: _Search, near: float, far: float, values: list[float]) -> float:
    at_near, at_far = values
    for _ in range(BISECTIONS):
        middle = 0.5 * (near + far)
        found = search(middle)
        if (found > 0.5) == (at_near > 0.5):
            near, at_near = middle, found
        else:
            far, at_far = middle, found
    return near + (far - near) * (0.5 - at_near) / (at_far - at_near)
