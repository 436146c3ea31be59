"""Rows that name other rows: corrections (`supersedes`) and derived rows (`derived_from`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from popest.study.domains import MOST_TERMS, MOST_USED, MOST_USED_OF_SOURCE
from popest.study.observations.observation import Observation
from popest.study.observations.table import Table
from popest.study.problems import suggestion
from popest.study.tables import csv_table
from popest.study.tables.csv_table import LedgerRow, RowFault

type Rows[R: LedgerRow] = Mapping[str, R]
_COST = "their errors are correlated, so that twice as many cost every draw four times the work"
_REMEDY = "add up counts over longer windows, and set use = no for those that are added up"


def superseders(rows: Sequence[LedgerRow]) -> dict[str, str]:
    """Return, for each superseded id, the id of the first row that supersedes it."""
    return {row.supersedes: row.id for row in reversed(rows) if row.supersedes is not None}


def newest(name: str, superseded_by: Mapping[str, str]) -> str:
    """Return the id at the end of a chain of corrections that begins at an id."""
    passed: set[str] = set()
    while name in superseded_by and name not in passed:
        passed.add(name)
        name = superseded_by[name]
    return name


def link_faults(table: Table) -> Iterator[RowFault]:
    """Check every row that names another.

    A row may only name rows above its own, so no chain of corrections or sums is circular.
    """
    yield from correction_faults(table)
    by_id = _first_rows(table)
    superseded_by = superseders(table.rows)
    for row in table.rows:
        if row.supersedes is not None:
            yield from _source_faults(row, by_id.get(row.supersedes))
        if row.derived_from:
            for _, parent in row.derived_from:
                yield from _naming_faults(row, "derived_from", parent, by_id, table)
            yield from _sum_faults(row, by_id, table)
            if row.id not in superseded_by:
                yield from _stale_faults(row, superseded_by)
    yield from _long_sum_faults(table.rows)


def correction_faults[R: LedgerRow](table: csv_table.Table[R]) -> Iterator[RowFault]:
    """Check every row of any table that corrects another: it is above, and corrected once."""
    by_id = _first_rows(table)
    superseded_by = superseders(table.rows)
    for row in table.rows:
        name = row.supersedes
        if name is not None:
            yield from _naming_faults(row, "supersedes", name, by_id, table)
            first = superseded_by[name]
            if first != row.id:
                remedy = f"write {newest(first, superseded_by)}, the row in force"
                yield RowFault(row, "supersedes", name, f"is superseded by {first} already", remedy)


def double_count_faults(rows: Sequence[Observation]) -> Iterator[RowFault]:
    """Check that no used count enters again through a used row derived from it.

    A subtracted parent may be used: its count is not in the difference.
    """
    # Parents stand above, so one pass from below follows every chain of sums to its leaves.
    entered: dict[tuple[int, str], Observation] = {}
    for row in reversed(rows):
        child = entered.get((1, row.id))
        if row.use and child is not None:
            rule = f"adds {row.id}, which is used too: its count would enter twice"
            remedy = f"set use = no for {row.id}, or for {child.id}"
            yield RowFault(child, "derived_from", parents_text(child), rule, remedy)
        for sign, parent in row.derived_from:
            if row.use:
                entered[sign, parent] = row
            for direction in (1, -1):
                if (direction, row.id) in entered:
                    heir = entered[direction, row.id]
                    entered.setdefault((direction * sign, parent), heir)


def number_faults(rows: Sequence[Observation]) -> Iterator[RowFault]:
    """Check that no more figures are used than an engine can hold against one another."""
    superseded = superseders(rows)
    of_source: Counter[str] = Counter()
    for row in rows:
        if not row.use or row.id in superseded:
            continue
        of_source[row.source] += 1
        if of_source[row.source] == MOST_USED_OF_SOURCE + 1:
            rule = f"makes more than {MOST_USED_OF_SOURCE:,} used rows of {row.source}: {_COST}"
            yield RowFault(row, "use", "yes", rule, _REMEDY)
        if of_source.total() == MOST_USED + 1:
            rule = f"makes more than {MOST_USED:,} used rows: {_COST}"
            yield RowFault(row, "use", "yes", rule, _REMEDY)


def parents_text(row: Observation) -> str:
    """Return the parents of a derived row as they are written."""
    return " ".join(f"{'+' if sign > 0 else '-'}{parent}" for sign, parent in row.derived_from)


def _first_rows[R: LedgerRow](table: csv_table.Table[R]) -> Rows[R]:
    """Return the rows by their ids; of several rows with one id, the first."""
    return {row.id: row for row in reversed(table.rows)}


def _naming_faults[R: LedgerRow](
    row: R, column: str, name: str, by_id: Rows[R], table: csv_table.Table[R]
) -> Iterator[RowFault]:
    if name not in table.lines:
        if table.has_every_id:
            remedy = f"{suggestion(name, table.lines)}write the id of a row above"
            yield RowFault(row, column, name, "is not the id of a row", remedy)
    elif table.lines[name] >= row.line:
        rule = "names a row that is not above this one, which could make a cycle"
        yield RowFault(row, column, name, rule, "append this row below the rows that it names")
    elif name in by_id and row.recorded < by_id[name].recorded:
        rule = f"precedes the day on which {name} was recorded, {by_id[name].recorded}"
        remedy = "write the day on which the row was added"
        yield RowFault(row, "recorded", str(row.recorded), rule, remedy)


def _source_faults(row: Observation, older: Observation | None) -> Iterator[RowFault]:
    if older is not None and older.source != row.source:
        rule = f"is a row of another source, {older.source}"
        remedy = "write the id of a row of the same source"
        yield RowFault(row, "supersedes", older.id, rule, remedy)


def _sum_faults(row: Observation, by_id: Rows[Observation], table: Table) -> Iterator[RowFault]:
    if row.is_bound:
        rule = "is a bound, and a sum of counts is a count"
        yield RowFault(row, "precision", row.precision, rule, "write how exact the sum is")
        return
    total = 0
    for sign, name in row.derived_from:
        parent = by_id.get(name)
        if parent is None or parent.line >= row.line:
            return
        if "value" in table.broken.get(parent.line, ()):
            return
        if parent.is_bound:
            rule = f"is a sum with {parent.id}, which is a bound and no count"
            yield RowFault(row, "derived_from", parents_text(row), rule, "name rows of counts")
            return
        total += sign * parent.count
    if row.value is None:
        rule = f"is missing: the sum of its parents is {parents_text(row)} = {total}"
        yield RowFault(row, "value", "", rule, f"write {total}")
    elif row.value != total:
        rule = f"is not the sum of its parents, {parents_text(row)} = {total}"
        yield RowFault(row, "value", str(row.value), rule, f"write {total}, or other parents")


def _long_sum_faults(rows: Sequence[Observation]) -> Iterator[RowFault]:
    """Check that no sum, with those that are part of it, rests on too many figures."""
    lengths: dict[str, int] = {}
    for row in rows:
        parts = [lengths.get(name, 1) for _, name in row.derived_from]
        lengths[row.id] = min(sum(parts), MOST_TERMS + 1) if parts else 1
        if lengths[row.id] > MOST_TERMS >= max(parts, default=1):
            rule = f"rests on more than {MOST_TERMS:,} figures, the most of which errors are added"
            remedy = "leave it empty, and say in note what the figure is computed from"
            yield RowFault(row, "derived_from", parents_text(row), rule, remedy)


def _stale_faults(row: Observation, superseded_by: Mapping[str, str]) -> Iterator[RowFault]:
    for _, parent in row.derived_from:
        if parent in superseded_by:
            newer = newest(parent, superseded_by)
            rule = f"rests on {parent}, which is superseded by {newer}"
            remedy = f"append a row that supersedes {row.id}, recomputed from {newer} or withdrawn"
            yield RowFault(row, "derived_from", parents_text(row), rule, remedy)
