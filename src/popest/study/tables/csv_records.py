"""From the text of a CSV table to its records: the cells of each row, or what is wrong with it.

A merge of two tables can repeat the header, tear a text of several lines apart and mix it with
other rows. Each of these is said once, as what it is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from popest.study.calendar import DATE_PATTERN
from popest.study.entry_types import NAME_PATTERN
from popest.study.files.reading import MARK_REMEDY, is_conflict_mark
from popest.study.tables.cells import LONGEST_CELL

LONGEST_ROW = 20 * LONGEST_CELL
"""Characters of a row: more than all its cells may have together."""

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")
CSV_REMEDY = "put text with commas, quotes or line breaks in double quotes, quotes in it doubled"
_CSV_RULES = {
    "unexpected end of data": "opens a quote that is never closed",
    "',' expected after '\"'": "has text after a closing quote",
}
REPEATED_HEADER = (
    "repeats the header, as two tables do that were put together",
    "remove this line; the rows below it stay",
)
_TORN_REMEDY = "write each row whole again, its texts on one line (git log -p shows what they were)"
_PIECE_REMEDY = "put it back into the text of its row, on one line, or remove it"


class Damaged(NamedTuple):
    """A record that is no row: what stands there, the rule that it breaks, what to do."""

    text: str | None
    rule: str
    remedy: str


class BoundedLines:
    """The physical lines of a text for a CSV reader, refused where a row of them has no end.

    Attributes
    ----------
    number
        How many lines were read.
    of_row
        The lines of the row that was begun last.
    """

    def __init__(self, text: str) -> None:
        self._lines = _LINE.finditer(text)
        self.number = self._length = 0
        self.of_row: list[str] = []

    def begin_row(self) -> None:
        """Say that the next line begins a row."""
        self._length, self.of_row = 0, []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._lines)[0]
        self.number += 1
        self._length += len(line)
        if self._length > LONGEST_ROW:
            raise csv.Error(f"row larger than limit ({LONGEST_ROW:,} characters)")
        self.of_row.append(line)
        return line


def physical_lines(text: str) -> list[str]:
    """Return the lines of a text, each with what ends it."""
    return _LINE.findall(text)


type Record = tuple[int, list[str] | Damaged]


def records(text: str, columns: Sequence[str]) -> Iterator[Record]:
    """Give the cells of each record, or what is wrong with it, and the line on which it begins.

    Parameters
    ----------
    text
        The table, without a byte-order mark.
    columns
        The names of the columns that it should have; those of every table end a row's id with a
        comma and have `recorded` and `use`.
    """
    header: list[str] | None = None
    torn: tuple[int, Damaged] | None = None
    for line, last, cells, lines in raw_records(text):
        is_row = not isinstance(cells, Damaged) and len(cells) == len(columns)
        if header is None:
            header = [] if isinstance(cells, Damaged) else cells
            columns = header if set(columns) & set(header) else columns
            yield line, cells
            continue
        swallowed = [row for row in lines[1:] if _begins_row(row, columns)]
        if swallowed:
            if torn is not None:
                yield torn
            name = swallowed[0].partition(",")[0]
            rule = f"is torn: the row of {name} stands within its text, lines {line} to "
            torn = line, Damaged(lines[0].strip(), f"{rule}{last}", _TORN_REMEDY)
        elif torn is not None and not is_row:
            torn = _longer(torn, last)
        else:
            if torn is not None:
                yield torn
                torn = None
            yield line, _judged(cells, header, columns)
    if torn is not None:
        yield torn


def _longer(torn: tuple[int, Damaged], last: int) -> tuple[int, Damaged]:
    """Return what is torn with a piece more, up to a line."""
    line, damaged = torn
    return line, damaged._replace(rule=f"{damaged.rule.rpartition(' ')[0]} {last}")


def raw_records(
    text: str, separator: str = ",", remedy: str = CSV_REMEDY
) -> Iterator[tuple[int, int, list[str] | Damaged, Sequence[str]]]:
    """Give each record that is not empty: its first line, its last, its cells, its lines.

    Parameters
    ----------
    text
        Any text.
    separator
        What stands between cells.
    remedy
        What to do where a record is not CSV.
    """
    bounded = BoundedLines(text)
    reader = csv.reader(bounded, delimiter=separator, strict=True)
    while True:
        first = bounded.number + 1
        bounded.begin_row()
        cells: list[str] | Damaged
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells = Damaged(None, _CSV_RULES.get(str(error), f"is not CSV: {error}"), remedy)
        if cells:
            yield first, bounded.number, cells, bounded.of_row


def exceeds(text: str, most: int) -> bool:
    """Return whether a table has more rows than so many, without reading what they say."""
    # Of most tables their lines tell, as a row has one at least.
    if text.count("\n") <= most:
        return False
    return count_rows(text) > most


def count_rows(text: str) -> int:
    """Return how many rows a table has below its header."""
    return sum(1 for _ in raw_records(text)) - 1


def _judged(
    cells: list[str] | Damaged, header: Sequence[str], columns: Sequence[str]
) -> list[str] | Damaged:
    """Return the cells of a record that may be a row, or what it is instead."""
    if isinstance(cells, Damaged):
        return cells
    if cells != header and len(cells) == len(columns):
        return cells
    text = ",".join(cells)
    if cells == header:
        return Damaged(text, *REPEATED_HEADER)
    if is_conflict_mark(text):
        return Damaged(text, "is a line that git writes into a conflict", MARK_REMEDY)
    if len(cells) < len(columns) and NAME_PATTERN.fullmatch(cells[0]) is None and cells[0]:
        rule = "is a piece of a text and no row, as a merge leaves of a text of several lines"
        return Damaged(text, rule, _PIECE_REMEDY)
    return cells


def _begins_row(line: str, columns: Sequence[str]) -> bool:
    """Return whether a line looks like a row: as many cells, an id, a day, a yes or no."""
    if line.count(",") < len(columns) - 1 or NAME_PATTERN.match(line) is None:
        return False
    cells = next(csv.reader([line]), [])
    if len(cells) < len(columns) or NAME_PATTERN.fullmatch(cells[0]) is None:
        return False
    recorded, use = (cells[list(columns).index(name)] for name in ("recorded", "use"))
    return DATE_PATTERN.fullmatch(recorded) is not None and use in ("yes", "no")
