"""A CSV table that gains columns at its end: empty cells are added, and nothing else changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import zip_longest

from popest.study.tables.csv_records import physical_lines, raw_records

_ENDINGS = ("\r\n", "\n", "\r")


def widened(text: str, columns: Sequence[str]) -> str:
    """Return a table with more columns at its end, which are empty in every row.

    Parameters
    ----------
    text
        The table, with or without a byte-order mark; empty lines stay as they are.
    columns
        The names of the new columns.
    """
    bare = text.removeprefix("\ufeff")
    lines = physical_lines(bare)
    added = "".join(f",{column}" for column in columns)
    for _, last, _, _ in raw_records(bare):
        content, ending = _parted(lines[last - 1])
        lines[last - 1] = content + added + ending
        added = "," * len(columns)
    return text[: len(text) - len(bare)] + "".join(lines)


def is_widened(before: str, after: str, columns: Sequence[str]) -> bool:
    """Return whether one table is another with more columns at its end, empty in every row.

    It is compared twice: the bytes of every line, and the cells of every row.
    """
    names, cells = "".join(f",{column}" for column in columns), "," * len(columns)
    added = {"", names}
    for old, new in zip_longest(physical_lines(before), physical_lines(after), fillvalue=""):
        content, ending = _parted(old)
        if not any(new == content + more + ending for more in added):
            return False
        if new != old:
            added = {"", cells}
    header, *rows = _rows(before)
    wide = [[*header, *columns], *([*row, *([""] * len(columns))] for row in rows)]
    return _rows(after) == wide


def _rows(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row] or [[]]


def _parted(line: str) -> tuple[str, str]:
    """Return a line without what ends it, and that."""
    ending = next((each for each in _ENDINGS if line.endswith(each)), "")
    return line[: len(line) - len(ending)], ending
