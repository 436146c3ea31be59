"""The figures of a workbook, Excel's or OpenDocument's, as the lines of a CSV file.

A cell is taken as what it holds, not as it is shown: 35,000 in a cell of numbers is a number, in
one of texts a text. What stands around a table, and what no line can say, is refused by its name.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from popest.study.files.reading import typed
from popest.study.problems import Problem, StudyError, UsageError, listed, shown

SUFFIXES: Final = (".xlsx", ".xlsm", ".ods")
LARGEST_ARCHIVE: Final = 64 * 1024 * 1024
"""Bytes of all that a workbook holds, unpacked: a table of figures has a hundredth of that."""
_PIECE: Final = 1024 * 1024
_FEWEST_NAMES = 2
"""Names of columns by which the line of names is recognised."""


def is_workbook(path: Path) -> bool:
    """Return whether a file is a workbook by its name."""
    return path.suffix.lower() in SUFFIXES


def csv_of(path: Path, known: Collection[str], sheet: str | None = None) -> str:
    """Return a sheet as the text of a CSV file, a line for each row.

    Parameters
    ----------
    path
        The workbook.
    known
        The names of columns.
    sheet
        The name of the sheet; the only one that holds anything when None.

    Raises
    ------
    StudyError
        When it is no workbook, too large, or what stands in it is not a table of figures.
    UsageError
        When it is not said which of several sheets is meant, or what reads workbooks is not
        installed.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise UsageError(
            "what reads workbooks is not installed: pip install 'popest[excel]', or save the sheet "
            "as CSV UTF-8"
        ) from None
    file = typed(path)
    _refuse_large(path, file)
    try:
        with CalamineWorkbook.from_path(path) as book:
            name = _sheet(book, sheet, file)
            found = book.get_sheet_by_name(name)
            rows = found.to_python(skip_empty_area=False)
            merged = found.merged_cell_ranges or []
    except (CalamineError, OSError, ValueError) as error:
        raise StudyError([_problem(file, 0, None, f"cannot be read: {error}", _SAVE)]) from None
    problems = [*_around(file, rows, known), *_merged(file, rows, merged)]
    if problems:
        raise StudyError(sorted(problems, key=lambda problem: problem.line))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


_SAVE = "save the sheet as CSV UTF-8"


def _problem(file: str, line: int, value: str | None, rule: str, remedy: str) -> Problem:
    return Problem(file, line, "row" if line else "file", value, rule, remedy)


def _refuse_large(path: Path, file: str) -> None:
    """Refuse what unpacks to more than a table can be, by unpacking it, and what is no archive."""
    unpacked = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    while piece := stream.read(_PIECE):
                        unpacked += len(piece)
                        if unpacked > LARGEST_ARCHIVE:
                            rule = f"unpacks to more than {LARGEST_ARCHIVE // _PIECE} MB"
                            remedy = "keep the new figures only"
                            raise StudyError([_problem(file, 0, None, rule, remedy)])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        rule = f"is no workbook: {error}"
        raise StudyError([_problem(file, 0, None, rule, _SAVE)]) from None
    except OSError as error:
        rule = f"cannot be read: {error.strerror or error}"
        raise StudyError([_problem(file, 0, None, rule, "name a CSV file or a workbook")]) from None


def _sheet(book: Any, sheet: str | None, file: str) -> str:
    names: list[str] = book.sheet_names
    if sheet is not None:
        if sheet not in names:
            raise UsageError(f"{file} has no sheet {shown(sheet)}: write one of {listed(names)}")
        return sheet
    filled = [name for name in names if book.get_sheet_by_name(name).to_python()]
    if len(filled) > 1:
        raise UsageError(f"{file} has several sheets: say which by --sheet, {listed(filled)}")
    if not filled:
        raise StudyError([_problem(file, 0, None, "has no sheet with anything in it", _SAVE)])
    return filled[0]


def _around(file: str, rows: Sequence[Sequence[Any]], known: Collection[str]) -> Iterator[Problem]:
    """Give the rows that are no part of the table: titles above it, footnotes below."""
    filled = [_filled(row) for row in rows]
    header = next(
        (number for number, cells in enumerate(filled) if _names(cells, known) >= _FEWEST_NAMES),
        None,
    )
    if header is None:
        return  # what the first line lacks is said as of any CSV file
    for number, cells in enumerate(filled):
        if not cells or number == header:
            continue
        text = str(cells[0])
        if number < header:
            rule = "stands above the names of the columns"
            yield _problem(file, number + 1, text, rule, "remove the row: a title is no figure")
        elif len(cells) == 1 < len(filled[header]) - 1 and isinstance(cells[0], str):
            rule = "is a row with one text only, as a footnote or a heading"
            remedy = "remove the row; what it says goes into the column note of the figures"
            yield _problem(file, number + 1, text, rule, remedy)


def _filled(row: Sequence[Any]) -> list[Any]:
    return [cell for cell in row if cell not in ("", None)]


def _names(cells: Sequence[Any], known: Collection[str]) -> int:
    return sum(isinstance(cell, str) and cell.strip() in known for cell in cells)


def _merged(file: str, rows: Sequence[Sequence[Any]], merged: Sequence[Any]) -> Iterator[Problem]:
    """Give the cells of the table that are merged: only the first of them holds anything."""
    for (first_row, first_column), (last_row, last_column) in merged:
        if last_row < len(rows) and (first_row, first_column) != (last_row, last_column):
            text = str(rows[first_row][first_column]) if first_row < len(rows) else ""
            sizes = (last_row - first_row + 1, "row"), (last_column - first_column + 1, "column")
            spans = [f"{size} {name}{'s' * (size > 1)}" for size, name in sizes]
            rule = f"is merged over {' and '.join(spans)}"
            remedy = "undo the merging, and write in each row what holds for it"
            yield _problem(file, first_row + 1, text, rule, remedy)


_WRITTEN: dict[type, Callable[[Any], str]] = {
    bool: lambda cell: "yes" if cell else "no",
    float: lambda cell: f"{cell:.0f}" if cell.is_integer() else repr(cell),
    datetime: lambda cell: (
        cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    ),
    date: lambda cell: cell.isoformat(),
}


def _cell(cell: Any) -> str:
    """Return a cell as a text on one line."""
    if cell is None:
        return ""
    return " ".join(_WRITTEN.get(type(cell), str)(cell).splitlines())
