"""What differs between two studies, change by change, and the studies in between.

Each change touches a part of its own, so that any subset of them can be applied to the old study
in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from popest.language.writers import plain_writer
from popest.study import Observation, Source, Specification, Study
from popest.study.observations.saying import figure_in
from popest.study.specification.record import Record
from popest.study.specification.records import ArrivalsPopulation

Rows = tuple[Observation, ...]
Content = tuple[Specification, Rows]

TEXT_KEYS = frozenset({"because", "title", "producer", "counts", "published"})


@dataclass(frozen=True)
class Change:
    """One figure or assumption that differs, with how to apply it to the old study."""

    kind: Literal["figure", "assumption"]
    label: str
    apply: Callable[[Content], Content]


def changes_between(old: Study, new: Study) -> list[Change]:
    """Return what differs between two studies and matters to an estimate, figures first.

    A source that is only in one of them, or whose measure differs, is one change with all its
    figures. Reasons, titles and other texts do not count.
    """
    whole = _whole_sources(old.specification, new.specification)
    figures = figure_changes(old.used, new.used, whole)
    return [*figures, *assumption_changes(content_of(old), content_of(new))]


def assumption_changes(old: Content, new: Content) -> Iterator[Change]:
    """Yield what is assumed otherwise, a source that is only in one of the two with its figures."""
    whole = _whole_sources(old[0], new[0])
    for name in whole:
        yield _source_change(name, old, new)
    yield from _entry_changes(old[0], new[0], whole)


def content_of(study: Study) -> Content:
    """Return what an estimate depends on."""
    return study.specification, study.used


def reaching(content: Content, day: date) -> Content:
    """Return the content over a calendar that reaches a day."""
    specification, rows = content
    return specification.reaching(day), rows


def with_changes(content: Content, changes: Iterable[Change]) -> Content:
    """Return the content with some of its changes applied."""
    for change in changes:
        content = change.apply(content)
    return content


def _whole_sources(old: Specification, new: Specification) -> list[str]:
    names = dict.fromkeys([*old.source, *new.source])
    return [
        name
        for name in names
        if name not in old.source
        or name not in new.source
        or old.source[name].measure != new.source[name].measure
    ]


def figure_changes(old: Rows, new: Rows, whole: Sequence[str] = ()) -> Iterator[Change]:
    """Yield the figures that were added, revised or left out, but for those of sources `whole`."""
    old_rows = {row.id: row for row in old if row.source not in whole}
    new_rows = {row.id: row for row in new if row.source not in whole}
    for name, row in new_rows.items():
        before = old_rows.pop(name, None) or old_rows.pop(row.supersedes or "", None)
        if before is None:
            yield _rows_change(f"{_figure(row)} added", (), (row,))
        elif _facts(before) != _facts(row):
            label = f"{_figure(before)} revised to {_figure(row)}"
            yield _rows_change(label, (before.id,), (row,))
    for row in old_rows.values():
        yield _rows_change(f"{_figure(row)} left out", (row.id,), ())


def _facts(row: Observation) -> tuple[Any, ...]:
    error = row.precision, row.se, row.lower, row.upper, row.terms
    return row.source, row.value, row.start, row.end, *error


def _figure(row: Observation) -> str:
    return f"{row.id} ({row.source} {figure_in(plain_writer().texts, row)}, {row.end})"


def _rows_change(label: str, removed: Iterable[str], added: Rows) -> Change:
    gone = frozenset(removed)

    def apply(content: Content) -> Content:
        specification, rows = content
        return specification, (*(row for row in rows if row.id not in gone), *added)

    return Change("figure", label, apply)


def _source_change(name: str, old: Content, new: Content) -> Change:
    source = new[0].source.get(name)
    added = tuple(row for row in new[1] if row.source == name)
    if source is None:
        label = f"source {name} left out"
    else:
        label = f"source {name} {'changed' if name in old[0].source else 'added'}"

    def apply(content: Content) -> Content:
        specification, rows = content
        kept = (row for row in rows if row.source != name)
        return _with_source(specification, name, source), (*kept, *added)

    return Change("assumption", label, apply)


def _with_source(specification: Specification, name: str, source: Source | None) -> Specification:
    sources = dict(specification.source)
    if source is None:
        sources.pop(name, None)
    else:
        sources[name] = source
    return specification.replaced(source=sources)


def _entry_changes(old: Specification, new: Specification, whole: list[str]) -> Iterator[Change]:
    for key in ("calendar", "noise"):
        if getattr(old, key) != getattr(new, key):
            yield from _record_changes(key, (key,), getattr(old, key), getattr(new, key))
    yield from _population_changes(old, new)
    for name, source in new.source.items():
        if name not in whole:
            yield from _record_changes(name, ("source", name), old.source[name], source)


def _population_changes(old: Specification, new: Specification) -> Iterator[Change]:
    before, after = old.population, new.population
    are_arrivals = isinstance(before, ArrivalsPopulation) and isinstance(after, ArrivalsPopulation)
    if not are_arrivals:
        if _substance(before) != _substance(after):
            yield _entry_change("population", ("population",), after)
        return
    yield from _record_changes("population", ("population",), before, after)


def _record_changes(
    label: str, path: tuple[str, ...], old: Record, new: Record
) -> Iterator[Change]:
    """Give a change for each key of a record that differs in more than its texts."""
    for key in new.keys:
        before, after = getattr(old, key), getattr(new, key)
        if key not in TEXT_KEYS and _substance(before) != _substance(after):
            yield _entry_change(f"{label}: {key.replace('_', ' ')}", (*path, key), after)


def _substance(value: Any) -> Any:
    """Return an entry without its texts, so that a new reason is not a change."""
    if isinstance(value, Record):
        keys = [key for key in value.keys if key not in TEXT_KEYS]
        return {key: _substance(getattr(value, key)) for key in keys}
    if isinstance(value, list):
        return [_substance(entry) for entry in value]
    return value


def _entry_change(label: str, path: tuple[str, ...], value: Any) -> Change:
    def apply(content: Content) -> Content:
        specification, rows = content
        return _replaced(specification, path, value), rows

    return Change("assumption", label, apply)


def _replaced(entry: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    key, *rest = path
    if isinstance(entry, dict):
        return {**entry, key: _replaced(entry[key], tuple(rest), value)}
    inner = _replaced(getattr(entry, key), tuple(rest), value)
    return entry.replaced(**{key: inner})
