"""The entries of a specification that could be read, whatever is wrong with the others.

They let the rules between entries run in the same go as the rules of single entries, so that a
person sees all problems at once. Judging the entries is not done here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from popest.study.calendar import Calendar, parse_date
from popest.study.specification.priors import Record
from popest.study.specification.records import (
    ArrivalsPopulation,
    CalendarRecord,
    Source,
    Specification,
    WavePrior,
)


@dataclass(frozen=True)
class Parts:
    """What could be read of one ``study.toml``.

    `waves` are keyed by their position. `declared` names every source, also those that could
    not be read; it is None when there is no table of sources.
    """

    calendar: Calendar | None = None
    headline: date | None = None
    waves: Mapping[int, WavePrior] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    declared: frozenset[str] | None = None

    @classmethod
    def of_valid(cls, specification: Specification) -> Parts:
        """Return the entries of a specification in which nothing is wrong."""
        population = specification.population
        waves = population.wave if isinstance(population, ArrivalsPopulation) else ()
        return cls(
            calendar=specification.calendar.calendar,
            headline=specification.headline,
            waves=dict(enumerate(waves)),
            sources=specification.source,
            declared=frozenset(specification.source),
        )

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Parts:
        """Read every entry of a document by itself."""
        record = _read(CalendarRecord, document.get("calendar"))
        sources = document.get("source")
        population = document.get("population")
        waves = population.get("wave") if isinstance(population, dict) else None
        return cls(
            calendar=record.calendar if record else None,
            headline=_read_day(document.get("headline")),
            waves=_read_each(WavePrior, enumerate(waves) if isinstance(waves, list) else ()),
            sources=_read_each(Source, sources.items() if isinstance(sources, dict) else ()),
            declared=frozenset(sources) if isinstance(sources, dict) else None,
        )


def _read[R: Record](record: type[R], value: Any) -> R | None:
    try:
        return record.model_validate(value)
    except ValidationError:
        return None


def _read_each[R: Record, K](record: type[R], entries: Iterable[tuple[K, Any]]) -> dict[K, R]:
    read = {key: _read(record, value) for key, value in entries}
    return {key: entry for key, entry in read.items() if entry is not None}


def _read_day(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return parse_date(value)
        except ValueError:
            return None
    return value if type(value) is date else None
