"""What happened to the rows of a table, committed version by committed version."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from popest.ledger.git.history import Version
from popest.study.entry_types import NAME_PATTERN

RECORD = re.compile(r'(?:[^"\n]++|"[^"]*+"?+)++')
"""A row as it is written, with the line ends within its quotes."""
MOST_BRANCHES, MOST_CHARACTERS = 1_000, 100_000_000
"""Tables that are kept at a time, as their children are still to come, and how long they are."""

type Row = frozenset[tuple[str, str]]
"""The cells of a row that are not empty, by column: a new column or other quotes are no edit."""


class _Table(NamedTuple):
    """A committed table, and the ids in it."""

    text: str
    ids: set[str]


class RowHistory:
    """Each row as it was first committed, and where it was lost.

    Attributes
    ----------
    first : dict
        By id, the rows that took it and the versions that they came with: more than one where the
        id was taken on two branches.
    lost : dict
        By row, the last version that has it no more though an earlier one had it.
    tip : str
        The table of the commit that is checked out.
    is_too_wide : bool
        Whether more branches were open at a time than are kept; nothing was followed from there.
    """

    def __init__(self) -> None:
        self.first: dict[str, dict[Row, Version]] = {}
        self.lost: dict[Row, Version] = {}
        self.tip = ""
        self.is_too_wide = False
        self._gone: set[str] = set()
        self._tables: dict[str, _Table] = {}
        self._followed: Counter[str] = Counter()
        self._children: dict[str, int] = {}

    def follow(self, version: Version) -> None:
        """Take in a version; its parents were taken in before."""
        text = plain(version.data or b"")
        version = version._replace(data=None)  # what is remembered is small
        parents = [self._tables[name] for name in version.parents if name in self._tables]
        added, lost, ids = _changes(parents, text)
        for name, row in lost:
            # A merge only passes on what a branch lost.
            if len(parents) == 1 or row not in self.lost:
                self.lost[row] = version
            self._gone.add(name)
        for name, row in added:
            is_taken = name in self._gone or any(name in parent.ids for parent in parents)
            if not is_taken:
                self.first.setdefault(name, {}).setdefault(row, version)
        self._keep(version, _Table(text, ids))

    def _keep(self, version: Version, table: _Table) -> None:
        self._followed.update(version.parents)
        for name in version.parents:
            if self._followed[name] >= self._children.get(name, 0):
                self._tables.pop(name, None)
        if version.children:
            self._tables[version.commit] = table
            self._children[version.commit] = version.children
        else:
            self.tip = table.text
        kept = self._tables.values()
        self.is_too_wide = (
            len(kept) > MOST_BRANCHES or sum(len(table.text) for table in kept) > MOST_CHARACTERS
        )


def plain(data: bytes) -> str:
    """Return text without what git or an editor may change of it: line ends, the mark."""
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    return text.replace("\r\n", "\n")


def appended(before: str, after: str) -> str | None:
    """Return the rows by which a table is longer than another; None where it is no continuation."""
    if not after.startswith(before) or before.count('"') % 2:
        return None
    rest = after[len(before) :]
    return rest if before.endswith("\n") or rest[:1] in ("", "\n") else None


def row_of(header: Sequence[str], cells: Sequence[str]) -> Row:
    """Return a row by the names of its columns."""
    return frozenset(pair for pair in zip_longest(header, cells, fillvalue="") if pair[1])


def rows_of(text: str, records: Iterable[str] | None = None) -> Iterator[tuple[str, Row]]:
    """Yield the ids and rows of a table, or of some of its records.

    What is no row is passed over: the header, marks of a conflict, torn notes.
    """
    header = _cells(_header(text))
    for record in RECORD.findall(text) if records is None else records:
        cells = _cells(record)
        if len(cells) == len(header) and cells != header and NAME_PATTERN.fullmatch(cells[0]):
            yield cells[0], row_of(header, cells)


def _changes(
    parents: Sequence[_Table], text: str
) -> tuple[list[tuple[str, Row]], set[tuple[str, Row]], set[str]]:
    """Return the rows that no parent has, those that a parent had, and all ids."""
    if len(parents) == 1 and (rest := appended(parents[0].text, text)) is not None:
        added = (
            list(rows_of(text, RECORD.findall(rest))) if parents[0].text else list(rows_of(text))
        )
        return added, set(), parents[0].ids | {name for name, _ in added}
    records = RECORD.findall(text)
    earlier: set[str] = set()
    lost: set[tuple[str, Row]] = set()
    for parent in parents:
        had = RECORD.findall(parent.text)
        # Under another header the same cells mean something else.
        is_alike = _header(parent.text) == _header(text)
        earlier.update(had if is_alike else ())
        lost.update(rows_of(parent.text, set(had).difference(records if is_alike else ())))
    added = list(rows_of(text, [record for record in records if record not in earlier]))
    ids = {name for name, _ in rows_of(text, records)}
    return added, lost.difference(added), ids


def _header(text: str) -> str:
    found = RECORD.search(text)
    return found[0] if found else ""


def _cells(record: str) -> list[str]:
    try:
        return next(csv.reader([record]), [])
    except csv.Error:
        return []
