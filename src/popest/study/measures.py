"""What a measure declares of its sources and rows, and the registry of all measures.

A measure is one class in ``popest.model.measures``. This room reads what it declares and knows
nothing of what it computes; so a study can be read and checked without the model.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

from popest.registers import MEASURES as PACKAGE

DESCRIPTION = frozenset({"title", "producer", "counts", "measure"})
"""The keys that every source has."""
RATIO_OPTIONS = frozenset(
    {"baseline", "group", "group_correlation", "drift", "error", "interval", "sampling"}
)
"""The keys that a source may have whose counts have a ratio."""
REASON = frozenset({"because"})
"""The key that every source may have: why its keys are what they are that hold no reason."""


class MeasureRules(NamedTuple):
    """Which keys a source of one measure has, and what its rows may be.

    Attributes
    ----------
    required, optional
        The keys that a source must have and may have; all others are refused.
    has_rows
        Whether its figures are rows of ``observations.csv``; otherwise they stand in
        ``study.toml``, and a row is refused.
    has_start
        Whether a row counts from a first to a last day; otherwise it counts on one day, the end.
    may_start_early
        Whether the first day of a row may lie before the calendar.
    may_start_early_with
        A key with which it may, as what it says is counted there too; empty for none.
    moving_only
        Keys that say nothing of a population of constant size, where they are refused.
    is_signed
        Whether a value may be zero or negative; otherwise its logarithm is modelled.
    is_for_static
        Whether it is defined for a population of constant size.
    """

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    has_rows: bool = True
    has_start: bool = False
    may_start_early: bool = False
    may_start_early_with: str = ""
    moving_only: frozenset[str] = frozenset()
    is_signed: bool = False
    is_for_static: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """All keys that a source of the measure may have."""
        return self.required | self.optional | REASON


class MeasureWords(NamedTuple):
    """The English words for what a measure counts; a language may have others for them.

    Attributes
    ----------
    read_as
        What its figures are taken for.
    ratio
        A sentence on the ratio with the fields `median`, `lower` and `upper`, counts per hundred;
        for a measure whose sources have one.
    hundred, counted
        What there is a hundred of, and what its counts are, in the sentence "for every 100
        `hundred` some 50 `counted` are expected"; likewise.
    method
        A sentence on how it enters the model, with the field `names`; empty where the sentence
        on all counts with a ratio says it.
    ratio_of_papers, hundred_papers, counted_papers
        The same as `ratio`, `hundred` and `counted` for a source with `every_months`; empty where
        it does not change what the ratio means.
    """

    read_as: str
    ratio: str = ""
    hundred: str = ""
    counted: str = ""
    method: str = ""
    ratio_of_papers: str = ""
    hundred_papers: str = ""
    counted_papers: str = ""

    def sentences(self) -> dict[str, str]:
        """Return the sentences that a report needs, by the last part of their keys."""
        found = {
            "read_as": self.read_as,
            "ratio": self.ratio,
            "method": self.method,
            "ratio_of_papers": self.ratio_of_papers,
        }
        return {key: sentence for key, sentence in found.items() if sentence}


class Declaration:
    """What every measure declares: the word for it in ``study.toml``, its rules and its words.

    `is_count` says that its figures are a ratio times something of the population, so that the
    ratio is integrated out.
    """

    name: ClassVar[str]
    rules: ClassVar[MeasureRules]
    words: ClassVar[MeasureWords]
    is_count: ClassVar[bool]

    @classmethod
    def counts_of_resident(cls, source: Any) -> float | None:
        """Return how many counts, before the ratio, each person there before gives a source.

        The source is its record in ``study.toml``. The counts are in the unit of its baseline: a
        number for a stock, a year for a flow. Zero stands for some of which nothing can be said
        beforehand, None for none, as by default.
        """
        return None


class Registry(Mapping[str, type[Declaration]]):
    """All measures by name, in the order in which they register; loaded when first asked for."""

    def __init__(self) -> None:
        self._measures: dict[str, type[Declaration]] = {}

    def __getitem__(self, name: str) -> type[Declaration]:
        return self._loaded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def add[M: type[Declaration]](self, measure: M) -> M:
        """Add a measure, and return it: a decorator of its class.

        Raises
        ------
        TypeError
            When it lacks something that a measure must have, or its name is taken.
        """
        lacks = [*_undeclared(measure), *sorted(getattr(measure, "__abstractmethods__", ()))]
        if lacks:
            raise TypeError(f"measure {measure.__name__} lacks {', '.join(lacks)}")
        if measure.name in self._loaded():
            raise TypeError(f"measure {measure.__name__}: the name {measure.name!r} is taken")
        self._measures[measure.name] = measure
        return measure

    def remove(self, name: str) -> None:
        """Remove a measure, as a test does with the one that it added."""
        del self._measures[name]

    def _loaded(self) -> dict[str, type[Declaration]]:
        if PACKAGE not in sys.modules:  # it is as soon as its import begins, which registers here
            import_module(PACKAGE)
        return self._measures


MEASURES = Registry()
register = MEASURES.add


def rules_of(measure: str) -> MeasureRules:
    """Return the rules of a measure by its name."""
    return MEASURES[measure].rules


def measures_where(attribute: str) -> list[str]:
    """Return the names of the measures of whose rules an attribute is true."""
    return [name for name, measure in MEASURES.items() if getattr(measure.rules, attribute)]


def _undeclared(measure: type[Declaration]) -> Iterator[str]:
    """Yield what a class does not declare, or declares by halves."""
    for attribute in ("name", "rules", "words", "is_count"):
        if not hasattr(measure, attribute):
            yield attribute
    if not all(hasattr(measure, attribute) for attribute in ("rules", "words", "is_count")):
        return
    has_ratio, words = "ratio" in measure.rules.required, measure.words
    if measure.is_count and not has_ratio:
        yield "ratio among its required keys"
    needed = ("ratio", "hundred", "counted") if has_ratio else ()
    for attribute in (*needed, *(() if measure.is_count else ("method",))):
        if not getattr(words, attribute):
            yield f"words.{attribute}"
