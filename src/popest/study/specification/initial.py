"""Persons who were there before the first day, and baselines that may hold them a second time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from popest.study.measures import MEASURES
from popest.study.specification.priors import PersonsPrior
from popest.study.specification.records import Source
from popest.study.specification.wording import Fault

NEAR = 1.25
"""By at most such a factor a baseline differs from what the initial persons give where it is taken
for the same people: one register read on two days, or rounded, stays within it, while people of
another kind are as many by chance only in some one study of ten (a factor of 1.25 up or down is a
tenth of a range that spans two orders of magnitude)."""


def given_by(initial: PersonsPrior, source: Source) -> float | None:
    """Return the counts that the initial persons give a source, in the unit of its baseline.

    They are those expected at the medians on the first day: a number for a stock, a year for a
    flow. None where they give it none, so that a baseline may well hold them.
    """
    each = MEASURES[source.measure].counts_of_resident(source)
    if each is None or source.ratio is None:
        return None
    return source.ratio.median * initial.median * each


def counted_twice(initial: PersonsPrior | None, sources: Mapping[str, Source]) -> Iterator[Fault]:
    """Check that no baseline holds the persons who are there before the first day.

    Popest sees only numbers, so it refuses a baseline that is as large as what those persons give.
    """
    if initial is None:
        return
    for name, source in sources.items():
        if source.baseline is None or not (given := given_by(initial, source)):
            continue
        baseline = source.baseline.median
        if given / NEAR <= baseline <= given * NEAR:
            unit = " a year" if MEASURES[source.measure].rules.has_start else ""
            rule = (
                "counts the initial persons a second time: they are part of the population, and at "
                f"the ratio's median they give {given:,.4g}{unit}"
            )
            remedy = (
                "remove one of the two: the baseline, if it holds the people of population.initial "
                "and nobody else, or population.initial, if they are not of the target"
            )
            yield Fault(("source", name, "baseline", "median"), f"{baseline:.15g}", rule, remedy)


def with_baseline(initial: PersonsPrior | None, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Return the sources whose baseline might hold the initial persons besides others."""
    if initial is None:
        return ()
    return tuple(
        name
        for name, source in sources.items()
        if source.baseline is not None and given_by(initial, source) is not None
    )
