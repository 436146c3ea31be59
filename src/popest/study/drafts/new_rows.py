"""New rows before they are on file: their cells, their text, and where each comes from."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from popest.study.files.reading import FileText
from popest.study.observations.columns import COLUMNS, PANEL_COLUMNS, columns_of
from popest.study.problems import Problem

NEW_ROW = "new row"
_TEXTS = columns_of("publisher", "text", "parents")
_SPECIAL = frozenset(',"\r\n')

type Cells = Mapping[str, str]
"""The text of each column of one row."""


@dataclass(frozen=True)
class Draft:
    """A row to be appended, and where its author can find it: a file and a line.

    `problems` are those that were found when it was read; with any of them it is not appended, but
    checked like the others. It has no cells when it could not be read at all. `recorded` is the
    day of recording that its author gave; empty when none was given.
    """

    cells: Cells
    file: str = NEW_ROW
    line: int = 1
    problems: tuple[Problem, ...] = ()
    recorded: str = ""


def _places(before: str, drafts: Sequence[Draft]) -> dict[int, Draft]:
    """Return, for each line that would be appended, the draft of whose row it is a part."""
    places: dict[int, Draft] = {}
    line = _line_count(before) + 1
    for draft in drafts:
        after = line + _line_count(lines_of("", [draft.cells], tuple(PANEL_COLUMNS)))
        places |= dict.fromkeys(range(line, after), draft)
        line = after
    return places


def _line_count(text: str) -> int:
    return sum(1 for _ in io.StringIO(text, newline=""))


def all_problems(
    problems: Iterable[Problem], before: FileText, drafts: Sequence[Draft]
) -> list[Problem]:
    """Return the problems of a study, and those found when its new rows were read, in order."""
    files = {draft.file for draft in drafts}
    found = [*_placed(problems, before, drafts)]
    found += [problem for draft in drafts for problem in draft.problems]
    return sorted(found, key=lambda problem: problem.line if problem.file in files else 0)


def _placed(
    problems: Iterable[Problem], before: FileText, drafts: Sequence[Draft]
) -> Iterator[Problem]:
    """Give problems with the places of new rows, but for those that were found on reading."""
    places = _places(before.text, drafts)
    for problem in problems:
        draft = places.get(problem.line) if problem.file == before.file else None
        if draft is None:
            yield problem
        elif draft.cells and all(problem.field != known.field for known in draft.problems):
            yield problem._replace(file=draft.file, line=draft.line)


def on_one_line(row: Cells) -> dict[str, str]:
    """Return a row with a space for each line break of its texts.

    A row over several lines is torn apart where git merges what two people added, line by line.
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


def lines_of(before: str, rows: Sequence[Cells], columns: Sequence[str] = tuple(COLUMNS)) -> str:
    """Return rows as lines to be appended to a text of some columns: they end as its own do."""
    newline = "\r\n" if before.partition("\n")[0].endswith("\r") else "\n"
    lines = [",".join(_quoted(row.get(column, "")) for column in columns) for row in rows]
    gap = newline if before and not before.endswith(("\n", "\r")) else ""
    return gap + "".join(line + newline for line in lines)


def _quoted(text: str) -> str:
    """Return a cell as CSV; the standard writer leaves a lone carriage return bare before 3.13."""
    if _SPECIAL.isdisjoint(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
