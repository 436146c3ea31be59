"""Rows of ``observations.csv`` as text: one line each.

A row over several lines is torn apart where git merges what two people added, line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from popest.study.observations.observation import COLUMNS

_TEXTS = ("publisher", "url", "derived_from", "note")
_SPECIAL = frozenset(',"\r\n')

type Cells = Mapping[str, str]
"""The text of each column of one row."""


def on_one_line(row: Cells) -> dict[str, str]:
    """Return a row with a space for each line break of its texts.

    Line breaks of other cells stay: no rule allows them, and two numbers must not become one.
    """
    return {name: _unbroken(cell) if name in _TEXTS else cell for name, cell in row.items()}


def with_line_breaks(rows: Iterable[Cells]) -> tuple[str, ...]:
    """Return which cells `on_one_line` changes, such as "note of RES07"."""
    return tuple(
        f"{name} of {row.get('id', 'a new row')}"
        for row in rows
        for name, cell in row.items()
        if name in _TEXTS and _unbroken(cell) != cell
    )


def _unbroken(text: str) -> str:
    parts = text.splitlines()
    return text if parts in ([], [text]) else " ".join(filter(None, map(str.strip, parts)))


def lines_of(before: str, rows: Sequence[Cells]) -> str:
    """Return rows as lines to be appended to a text: they end as its own lines do."""
    newline = "\r\n" if _uses_crlf(before) else "\n"
    lines = [",".join(_quoted(row.get(column, "")) for column in COLUMNS) for row in rows]
    gap = newline if before and not before.endswith(("\n", "\r")) else ""
    return gap + "".join(line + newline for line in lines)


def _quoted(text: str) -> str:
    """Return a cell as CSV; the standard writer leaves a lone carriage return bare before 3.13."""
    if _SPECIAL.isdisjoint(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _uses_crlf(text: str) -> bool:
    return text.partition("\n")[0].endswith("\r")
