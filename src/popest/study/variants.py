"""Named alternatives to a study: applying them, and checking that they can be applied.

A variant changes entries of the specification (`set`), leaves sources out (`without`), and takes
rows in (`use`) or leaves them out (`ignore`). The result must be a valid study itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from popest.study.observations.links import double_count_faults, newest, superseders
from popest.study.observations.observation import Observation
from popest.study.observations.row_rules import (
    few_faults,
    source_faults,
    sum_error_faults,
    used_faults,
)
from popest.study.observations.table import Table
from popest.study.problems import EntryError, listed, shown, suggestion
from popest.study.specification.from_toml import Document, Reading
from popest.study.specification.records import Parts, Variant
from popest.study.specification.toml_lines import Path, split_key
from popest.study.specification.wording import Fault, dotted, toml_text
from popest.study.tables.csv_table import RowFault

type RowFaultKey = tuple[str, str, str]


@dataclass(frozen=True)
class Whole[R: Reading]:
    """What variants change: a study or a panel, and how either is read and checked.

    Parameters
    ----------
    reading
        The specification, valid by itself.
    table
        The observations.
    known
        Faults that rows have without any variant, which are not said again.
    read
        Reads a specification as a variant has it.
    groups
        Divides rows into those that are of one population, each with the entries that bind them.
    further
        Further rules of all rows.
    """

    reading: R
    table: Table
    known: AbstractSet[RowFaultKey]
    read: Callable[[Document, Variant], R]
    groups: Callable[[R, Sequence[Observation]], Iterator[tuple[Parts, Sequence[Observation]]]]
    further: Callable[[R, Sequence[Observation]], Iterator[RowFault]]


def is_used(row: Observation, variant: Variant | None) -> bool:
    """Return whether a row is used, once a variant has taken rows in and left rows out."""
    if variant is None:
        return row.use
    chosen = row.use or row.id in variant.use
    return chosen and row.id not in variant.ignore and row.source not in variant.without


def read_variant[R: Reading](name: str, variant: Variant, whole: Whole[R]) -> R:
    """Read a study or a panel as one of its variants has it; faults are those of the variant.

    Parameters
    ----------
    name
        The name of the variant.
    variant
        What it changes.
    whole
        What it is a variant of.
    """
    changed, targets, faults = _changed(whole.reading.document, variant)
    faults += _naming_faults(variant, whole.reading, whole.table)
    if not (variant.set or variant.without or variant.use or variant.ignore):
        remedy = "write set, without, use or ignore, or remove the variant"
        faults.append(Fault((), None, "changes nothing", remedy))
    if faults:
        return _with_faults(whole.reading, name, faults)
    result = whole.read(changed, variant)
    faults += _headline_fault(targets, whole.reading, result)
    for fault in result.faults:
        rule = f"with this variant, {dotted(fault.path)} {fault.rule}"
        faults.append(fault._replace(path=_cause(targets, fault.path), rule=rule))
    for row, column, value, rule, remedy in _row_faults(variant, whole, result):
        if (row.id, column, rule) not in whole.known:
            cause = ("use",) if row.id in variant.use else ()
            broken = f"with this variant, {column} of {row.id} {rule}"
            faults.append(Fault(cause, value, broken, remedy))
    return _with_faults(result, name, faults)


def _with_faults[R: Reading](reading: R, name: str, faults: Sequence[Fault]) -> R:
    located = tuple(fault._replace(path=("variant", name, *fault.path)) for fault in faults)
    return replace(reading, faults=located)


def _headline_fault(
    targets: Mapping[str, Path], reading: Reading, result: Reading
) -> Iterator[Fault]:
    """Refuse another window: what a study and its variants say of a flow is compared."""
    if result.specification is None or reading.specification is None:
        return
    own, asked = reading.specification.headline, result.specification.headline
    if asked != own and not (asked.is_stock and own.is_stock):
        rule = f"is not what the study estimates, {own}: the two could not be compared"
        remedy = "write a study of its own for it"
        yield Fault(_cause(targets, ("headline", asked.kind)), str(asked), rule, remedy)


def _changed(document: Document, variant: Variant) -> tuple[Document, dict[str, Path], list[Fault]]:
    """Apply what a variant does to the specification.

    Returns the specification as the variant has it, without the table of variants; the path that
    each key of `set` names; and the faults of those that name none.
    """
    changed = {key: value for key, value in document.items() if key != "variant"}
    targets: dict[str, Path] = {}
    faults = []
    for key, value in variant.set.items():
        try:
            targets[key] = _resolved(changed, key)
            changed = _with_entry(changed, targets[key], value)
        except EntryError as error:
            faults.append(Fault(("set", key), toml_text(value), error.rule, error.remedy))
    if variant.without and isinstance(changed.get("source"), dict):
        kept = changed["source"].items()
        changed["source"] = {name: entry for name, entry in kept if name not in variant.without}
    return changed, targets, faults


def _resolved(document: Document, key: str) -> Path:
    """Return the path that a key of `set` names: an element of a list by its name or position.

    A path may end in entries that are not given yet; whether the format has them is left to
    the rules of the records.
    """
    steps = split_key(key)
    if steps is None or steps[0] == "variant":
        rule = "is not a path to an entry of the study"
        raise EntryError(rule, 'write a path such as "noise.error.median"')
    path: list[str | int] = []
    place: Any = document
    for step in steps:
        found = _entry(place, step, path)
        path.append(found)
        place = place.get(found, {}) if isinstance(place, dict) else place[found]
    return tuple(path)


def _entry(place: Any, step: str, path: Sequence[str | int]) -> str | int:
    """Return the key or position by which one step of a path is found."""
    where = dotted(tuple(path))
    if isinstance(place, dict):
        if path == ["source"] and step not in place:
            rule = f"names the source {shown(step)}, which is not declared"
            raise EntryError(rule, f"{suggestion(step, place)}the sources are {listed(place)}")
        return step
    if not isinstance(place, list):
        raise EntryError(f"goes on after {where}, which is not a table", f"write {where}")
    names = [str(entry.get("name")) if isinstance(entry, dict) else "" for entry in place]
    if step in names:
        return names.index(step)
    if step.isascii() and step.isdecimal() and len(step) < 6 and int(step) < len(place):
        return int(step)
    rule = f"names {shown(step)}, which is not in {where}"
    raise EntryError(rule, f"{suggestion(step, names)}write the name or position of an entry")


def _with_entry(document: Document, path: Path, value: Any) -> Document:
    """Return a document in which one entry is another; what does not lead to it is shared."""
    *above, last = path
    if not above and (isinstance(value, dict) or isinstance(document.get(str(last)), dict)):
        rule = "replaces a whole table"
        raise EntryError(rule, f'write the path in double quotes, such as "{last}.key"')
    changed = dict(document)
    place: Any = changed
    for step in above:
        below = place.get(step, {}) if isinstance(place, dict) else place[step]
        place[step] = copy.copy(below)
        place = place[step]
    place[last] = value
    return changed


def _naming_faults(variant: Variant, reading: Reading, table: Table) -> Iterator[Fault]:
    """Check that the sources and rows that a variant names are there to be changed."""
    declared = reading.parts.declared or frozenset()
    for index, name in enumerate(variant.without):
        if name not in declared:
            remedy = f"{suggestion(name, declared)}the sources are {listed(sorted(declared))}"
            yield Fault(("without", index), name, "is not a declared source", remedy)
    if not (variant.use or variant.ignore):
        return
    rows = {row.id: row for row in table.rows}
    superseded_by = superseders(table.rows)
    for key, names in (("use", variant.use), ("ignore", variant.ignore)):
        for index, name in enumerate(names):
            place = (key, index)
            if name not in table.lines:
                if table.has_every_id:
                    remedy = f"{suggestion(name, table.lines)}write the id of a row"
                    yield Fault(place, name, "is not the id of a row", remedy)
            elif name in superseded_by:
                remedy = f"write {newest(name, superseded_by)}"
                yield Fault(place, name, f"is superseded by {superseded_by[name]}", remedy)
            elif name in rows and rows[name].use == (key == "use"):
                state = "used already" if key == "use" else "not used anyway"
                yield Fault(place, name, f"is {state}", "remove it")


def _row_faults[R: Reading](variant: Variant, whole: Whole[R], result: R) -> Iterator[RowFault]:
    """Check the rows that the variant takes in, and those whose source or calendar it changes."""
    before, after = whole.reading.parts, result.parts
    if after.declared is None:
        return
    changed = {name for name in after.sources if after.sources[name] != before.sources.get(name)}
    has_calendar_of_its_own = after.calendar != before.calendar
    for parts, rows in whole.groups(result, whole.table.rows):
        for row in rows:
            is_affected = has_calendar_of_its_own or row.id in variant.use or row.source in changed
            # What binds a row of a panel may be another column, which its source does not tell.
            if (is_affected or row.population is not None) and is_used(row, variant):
                yield from source_faults(row, parts)
                yield from used_faults(row, parts)
        if variant.use or variant.ignore or changed:
            used = [
                row if row.use == is_used(row, variant) else replace(row, use=not row.use)
                for row in rows
            ]
            if variant.use:
                yield from double_count_faults(used)
                yield from sum_error_faults(used, parts)
            yield from few_faults(used, parts)
    yield from whole.further(result, whole.table.rows)


def _cause(targets: Mapping[str, Path], path: Path) -> Path:
    """Return the key of `set` that changed an entry at fault or the table in which it stands."""
    best = 0
    cause: Path = ()
    for key, target in targets.items():
        pairs = takewhile(lambda pair: pair[0] == pair[1], zip(target, path, strict=False))
        shared = len(list(pairs))
        if shared >= max(len(target) - 1, best + 1):
            best, cause = shared, ("set", key)
    return cause
