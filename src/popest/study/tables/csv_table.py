"""Reading a CSV table whose rows are only added: from text to rows, each cell judged by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, NamedTuple, Protocol

from popest.study.entry_types import NAME_PATTERN
from popest.study.files.reading import FileText
from popest.study.problems import EntryError, FirstProblems, Problem, listed, shown, suggestion
from popest.study.tables.cells import CellFault
from popest.study.tables.csv_records import CSV_REMEDY, Damaged, records

MOST_ROWS = 150_000
"""Rows of a table: daily figures of forty sources for ten years."""


class LedgerRow(Protocol):
    """What the rows of every table have: a name, a line, a day and what they correct."""

    @property
    def id(self) -> str:
        """Its name, once in the file."""

    @property
    def line(self) -> int:
        """The line of the file on which it begins."""

    @property
    def recorded(self) -> date:
        """The day on which it was added."""

    @property
    def supersedes(self) -> str | None:
        """The id of the row that it corrects."""


class RowFault(NamedTuple):
    """A broken rule of one row."""

    row: LedgerRow
    column: str
    value: str | None
    rule: str
    remedy: str


@dataclass
class Table[R: LedgerRow]:
    """What could be read of a table.

    `rows` are in file order. Those with broken cells are among them, so that the other rules
    can be checked too: `broken` gives, by line, the columns in which something neutral stands.
    `lines` gives the first line of every id, also of rows that could not be read at all, and
    `has_every_id` says whether none is lost.
    """

    rows: list[R] = field(default_factory=list)
    broken: dict[int, frozenset[str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    has_every_id: bool = False
    problems: FirstProblems = field(default_factory=FirstProblems)


@dataclass(frozen=True)
class Layout[R: LedgerRow]:
    """The columns of a table, and how a row is made of them.

    Parameters
    ----------
    readers
        For each column, in the order of the file, what its cell says; raises `EntryError`.
        The first column is the id.
    neutral
        What stands in the place of a cell that cannot be read; None for other columns.
    essential
        Columns without which the other rules of a row cannot be checked.
    may_lack
        Columns, the last ones, that a file may leave out or have in another order.
    make
        Makes a row of the entries of the cells and the line.
    before_recording
        Columns of periods that cannot be after the day of recording, and what each is called where
        it is.
    """

    readers: Mapping[str, Callable[[str], object]]
    neutral: Mapping[str, object]
    essential: tuple[str, ...]
    make: Callable[..., R]
    before_recording: Mapping[str, str]
    may_lack: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns in the order of the file."""
        return tuple(self.readers)

    def read(self, file: FileText) -> Table[R]:
        """Read the text of a table; a byte-order mark and any line ending are accepted."""
        table = Table[R]()
        table.problems = FirstProblems(self._read_into(table, file))
        return table

    def _read_into(self, table: Table[R], file: FileText) -> Iterator[Problem]:
        """Read rows one by one, and give the problems of each before the next is read."""
        if file.problem is not None:
            yield file.problem
            return
        found = records(file.text.removeprefix("\ufeff"), self.columns)
        header_line, header = next(found)
        if isinstance(header, Damaged) or not self._is_header(header):
            yield _header_problem(file.file, header_line, header, self.columns, self.may_lack)
            return
        is_every_id_read = True
        places = [header.index(name) if name in header else -1 for name in self.columns]
        moved = None if places == [*range(len(header))] else places
        for number, (line, cells) in enumerate(found):
            if number == MOST_ROWS:
                rule = f"is row {MOST_ROWS + 1:,} of the table, which may have {MOST_ROWS:,}"
                yield Problem(file.file, line, "row", None, rule, "keep only what is needed")
                return
            row, faults = self._read_row(cells, len(header), moved, line)
            if faults:
                table.broken[line] = _shared(frozenset(fault[0] for fault in faults))
            name = row.id if row else _id_of(cells)
            if name is None:
                is_every_id_read = False
            elif table.lines.setdefault(name, line) != line:
                rule = f"stands on line {table.lines[name]} already"
                faults.append(("id", name, rule, "write an id of its own"))
            if row:
                table.rows.append(row)
            yield from (Problem(file.file, line, *fault) for fault in faults)
        table.has_every_id = is_every_id_read

    def _is_header(self, header: Sequence[str]) -> bool:
        """Return whether a header names what has to be there, in order, and then what may be."""
        needed = len(self.columns) - len(self.may_lack)
        rest = header[needed:]
        is_known = set(rest) <= set(self.may_lack) and len(set(rest)) == len(rest)
        return is_known and tuple(header[:needed]) == self.columns[:needed]

    def _read_row(
        self, cells: list[str] | Damaged, width: int, places: Sequence[int] | None, line: int
    ) -> tuple[R | None, list[CellFault]]:
        """Read the cells of one row; without a row when its rules could not be checked.

        `width` is that of the header; `places` says where the cell of each column stands, -1 where
        the file has none, and is None where all stand in order.
        """
        if isinstance(cells, Damaged):
            return None, [("row", *cells)]
        if len(cells) != width:
            rule, remedy = f"has {len(cells)} cells, the header {width}", CSV_REMEDY
            if len(cells) == len(self.columns) - len(self.may_lack):
                commas = "," * (width - len(cells))
                remedy = f"end it with {commas} if it is from before the table gained columns; "
                remedy += f"else {CSV_REMEDY}"
            return None, [("row", ",".join(cells), rule, remedy)]
        if places is not None:
            cells = [*cells, ""]
            cells = [cells[place] for place in places]
        entries, faults = self._read_cells(cells)
        faults += self._recording_faults(cells, entries)
        is_row = all(entries[place] is not None for place in self._essential_places)
        return (self.make(*entries, line) if is_row else None), faults

    def _read_cells(self, cells: list[str]) -> tuple[list[Any], list[CellFault]]:
        try:  # almost every row, ten thousands of them in a second
            return [read(cell) for read, cell in zip(self.readers.values(), cells, strict=True)], []
        except EntryError:
            entries, faults = list[Any](), list[CellFault]()
        for (column, read), cell in zip(self.readers.items(), cells, strict=True):
            try:
                entries.append(read(cell))
            except EntryError as error:
                faults.append((column, cell, error.rule, error.remedy))
                entries.append(self.neutral.get(column) if error.meant is None else error.meant)
        return entries, faults

    def _recording_faults(self, cells: list[str], entries: list[Any]) -> Iterator[CellFault]:
        """Check that a row was not recorded before what it says was counted or published."""
        place = self.columns.index("recorded")
        if entries[place] is self.neutral["recorded"]:
            return
        recorded = cells[place]
        for column, name in self.before_recording.items():
            place = self.columns.index(column)
            # ISO dates sort as text, a month before its days.
            if entries[place] is not None and recorded < cells[place]:
                rule = f"precedes {name} {cells[place]}"
                yield ("recorded", recorded, rule, "write the day on which the row was added")

    @cached_property
    def _essential_places(self) -> tuple[int, ...]:
        return tuple(self.columns.index(column) for column in self.essential)


def with_row_problems[R: LedgerRow](
    file: FileText, table: Table[R], faults: Iterable[RowFault]
) -> FirstProblems:
    """Return the problems of a table together with those of faults of its rows.

    Faults of cells that could not be read in the first place are left out.
    """
    found = (
        Problem(file.file, row.line, column, value, rule, remedy)
        for row, column, value, rule, remedy in faults
        if column not in table.broken.get(row.line, ())
    )
    return FirstProblems(chain(table.problems, found), table.problems.more)


def _header_problem(
    file: str,
    line: int,
    header: list[str] | Damaged,
    columns: tuple[str, ...],
    may_lack: tuple[str, ...],
) -> Problem:
    needed = [column for column in columns if column not in may_lack]
    remedy = f"write {','.join(needed)}"
    if may_lack:
        remedy += f", and after them any of {listed(may_lack)}"
    if isinstance(header, Damaged):
        return Problem(file, line, "header", None, header.rule, remedy)
    missing = [column for column in needed if column not in header]
    extra = [column for column in header if column not in columns]
    near = "".join(suggestion(column, [*missing, *may_lack]) for column in extra[: len(columns)])
    if len(header) == 1 and re.search("[;\t]", header[0]):
        rule = "must have commas between the columns"
    elif missing or extra:
        lack = [f"lacks {listed(missing)}"] if missing else []
        excess = [f"has the unknown columns {listed(map(shown, extra))}"] if extra else []
        rule = " and ".join(lack + excess)
    else:
        rule = "must name each column once, in the order of the format"
    return Problem(file, line, "header", ",".join(header), rule, f"{near}{remedy}")


@lru_cache(maxsize=1_000)
def _shared(columns: frozenset[str]) -> frozenset[str]:
    """Return the same object for the same columns: many rows may be broken alike."""
    return columns


def _id_of(cells: list[str] | Damaged) -> str | None:
    """Return the id of a row, also of one that could not be read, if it has one."""
    if isinstance(cells, Damaged) or NAME_PATTERN.fullmatch(cells[0]) is None:
        return None
    return cells[0]
