"""The figures of a workbook, Excel's or OpenDocument's, as the lines of a CSV file.

A cell is taken as what it holds, not as it is shown: 35,000 in a cell of numbers is a number, in
one of texts a text. What stands around a table, and what no line can say, is refused by its name.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from popest.study.files.reading import typed
from popest.study.problems import Problem, StudyError, UsageError, listed, shown

SUFFIXES: Final = (".xlsx", ".xlsm", ".ods")
LARGEST_ARCHIVE: Final = 64 * 1024 * 1024
"""Bytes of all that a workbook holds, unpacked: a table of figures has a hundredth of that."""
_PIECE: Final = 1024 * 1024
MOST_MEMORY: Final = 2 * 1024**3
"""Bytes of address space in which a sheet is read: a hundred thousand rows need a tenth of it."""
LONGEST_READING: Final = 60.0
"""Seconds after which a sheet is given up."""
_CODE: Final = (
    "import json, sys; asked = json.load(sys.stdin); sys.path[:] = asked['search']; "
    "from popest.ledger.workbook import serve; sys.stdout.write(serve(asked))"
)
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
    if find_spec("python_calamine") is None:
        raise UsageError(
            "what reads workbooks is not installed: pip install 'popest[excel]', or save the sheet "
            "as CSV UTF-8"
        )
    file = typed(path)
    _refuse_large(path, file)
    found = _read_apart(path, sheet, file)
    if "rows" not in found:
        raise UsageError(_unclear(file, sheet, found["sheets"]))
    rows = [[Cell(*cell) for cell in row] for row in found["rows"]]
    problems = [*_around(file, rows, known), *_merged(file, rows, found["merged"])]
    if problems:
        raise StudyError(sorted(problems, key=lambda problem: problem.line))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([cell.text for cell in row] for row in rows)
    return text.getvalue()


class Cell(NamedTuple):
    """What a cell holds, as a line of CSV would have it, and whether it is a text in the sheet."""

    text: str
    is_text: bool


def _read_apart(path: Path, sheet: str | None, file: str) -> dict[str, Any]:
    """Return what `serve` gives, read by a process of its own with so much memory and time.

    A sheet is a rectangle for what reads it: one cell in its farthest corner makes a file of two
    kilobytes fill all memory, and the process with it.
    """
    search = [each for each in sys.path if os.path.isabs(each)]
    asked = json.dumps({"search": search, "file": str(path), "sheet": sheet})
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CODE],
            input=asked.encode(),
            capture_output=True,
            timeout=LONGEST_READING,
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, OSError):
        found = {}
    if not found:
        rule = "cannot be read with the memory and time that a table of figures needs"
        remedy = "copy the table alone into a new sheet, or save it as CSV UTF-8"
        raise StudyError([_problem(file, 0, None, rule, remedy)])
    if "error" in found:
        raise StudyError([_problem(file, 0, None, f"cannot be read: {found['error']}", _SAVE)])
    return found


def serve(asked: dict[str, Any]) -> str:
    """Return the sheet that is asked for, or the names of all, as JSON."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(asked["file"]) as book:
            return json.dumps(_sheet(book, asked["sheet"]))
    except (CalamineError, OSError, ValueError) as error:
        return json.dumps({"error": str(error)})


def _sheet(book: Any, asked: str | None) -> dict[str, Any]:
    """Return the cells of the sheet that is meant; the names of all where that is not clear."""
    names: list[str] = book.sheet_names if asked is None else [asked]
    if asked is not None and asked not in book.sheet_names:
        return {"sheets": book.sheet_names}
    read = {name: book.get_sheet_by_name(name) for name in names}
    filled = {name: sheet for name, sheet in read.items() if sheet.to_python()}
    if len(filled) != 1 and asked is None:
        return {"sheets": [*filled]}
    sheet = read[asked] if asked is not None else next(iter(filled.values()))
    rows = sheet.to_python(skip_empty_area=False)
    return {
        "rows": [[Cell(_written(cell), isinstance(cell, str)) for cell in row] for row in rows],
        "merged": sheet.merged_cell_ranges or [],
    }


def _unclear(file: str, sheet: str | None, names: Sequence[str]) -> str:
    if sheet is not None:
        return f"{file} has no sheet {shown(sheet)}: write one of {listed(names)}"
    if not names:
        return f"{file} has no sheet with anything in it: save the table, and name that file"
    return f"{file} has several sheets: say which by --sheet, {listed(names)}"


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


def _around(file: str, rows: Sequence[Sequence[Cell]], known: Collection[str]) -> Iterator[Problem]:
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
        text = cells[0].text
        if number < header:
            rule = "stands above the names of the columns"
            yield _problem(file, number + 1, text, rule, "remove the row: a title is no figure")
        elif len(cells) == 1 < len(filled[header]) - 1 and cells[0].is_text:
            rule = "is a row with one text only, as a footnote or a heading"
            remedy = "remove the row; what it says goes into the column note of the figures"
            yield _problem(file, number + 1, text, rule, remedy)


def _filled(row: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in row if cell.text]


def _names(cells: Sequence[Cell], known: Collection[str]) -> int:
    return sum(cell.is_text and cell.text.strip() in known for cell in cells)


def _merged(file: str, rows: Sequence[Sequence[Cell]], merged: Sequence[Any]) -> Iterator[Problem]:
    """Give the cells of the table that are merged: only the first of them holds anything."""
    for (first_row, first_column), (last_row, last_column) in merged:
        if last_row < len(rows) and (first_row, first_column) != (last_row, last_column):
            text = rows[first_row][first_column].text if first_row < len(rows) else ""
            sizes = (last_row - first_row + 1, "row"), (last_column - first_column + 1, "column")
            spans = [f"{size} {name}{'s' * (size > 1)}" for size, name in sizes]
            rule = f"is merged over {' and '.join(spans)}"
            remedy = "undo the merging, and write in each row what holds for it"
            yield _problem(file, first_row + 1, text, rule, remedy)


_WORDS: dict[type, Callable[[Any], str]] = {
    bool: lambda cell: "yes" if cell else "no",
    float: lambda cell: f"{cell:.0f}" if cell.is_integer() else repr(cell),
    datetime: lambda cell: (
        cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    ),
    date: lambda cell: cell.isoformat(),
}


def _written(cell: Any) -> str:
    """Return a cell as a text on one line."""
    if cell is None:
        return ""
    return " ".join(_WORDS.get(type(cell), str)(cell).splitlines())
