"""Figures from a spreadsheet saved as CSV: read right, or refused in words, never read wrong.

Only what spreadsheets do to a table is undone here (separators, marks, dates). What the columns
may say is decided by the same rules as for ``observations.csv`` itself.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from popest.study.files import LARGEST_FILE, OBSERVATIONS_FILE, FileText, decoded, typed
from popest.study.ledger import Draft
from popest.study.problems import Problem, StudyError, shown, suggestion
from popest.study.records import COLUMNS

SEPARATORS = (",", ";", "\t")
DAY_COLUMNS = frozenset({"start", "end", "published"})

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
_POINT_OR_COMMA = re.compile(r"-?[0-9]+[.,][0-9]*")
_ERROR_VALUE = re.compile(r"#(?:NAME\?|REF!|VALUE!|N/A|DIV/0!|NUM!|NULL!|#+)")
_DAY_FROM_NAME = re.compile(r"[0-9]{1,2}[-. ]+[A-Za-z]{3}")
_DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})\.?")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2}\.?")
_SERIAL_NUMBER = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")
_CSV_REMEDY = "put text with separators, quotes or line breaks in double quotes"
_ISO_REMEDY = "write the day as YYYY-MM-DD; a column of the format Text keeps it so"


class _OddCellError(ValueError):
    """A cell that may mean several things, or that a spreadsheet has changed."""

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy


def read_spreadsheet(path: Path) -> list[Draft]:
    """Read the figures of a CSV file, one row a figure.

    The first line names the columns, in any order; those left out are filled in or empty.
    Separators may be commas, semicolons or tabs.

    Parameters
    ----------
    path
        The file, UTF-8 with or without a byte-order mark.

    Returns
    -------
    list[Draft]
        The columns given for each figure, with the line on which it begins.

    Raises
    ------
    StudyError
        When the file cannot be read, or a cell is not plainly one thing; with all problems.
    """
    file = _text(path)
    if file.problem is not None:
        raise StudyError([file.problem])
    text = file.text.removeprefix("\ufeff")
    first_line = 1
    declared = _SEPARATOR_LINE.match(text)
    if declared:
        text, first_line = text[declared.end() :], 2
    columns, separator = _header(file.file, text, first_line)
    problems: list[Problem] = []
    drafts: list[Draft] = []
    for line, cells in _records(file.file, text, separator, first_line, problems):
        # A row of another length is never padded or cut: a number with an unquoted comma in it
        # would pass for two cells.
        if len(cells) != len(columns):
            rule = f"has {len(cells)} cells, the header {len(columns)}"
            row = separator.join(cells)
            problems.append(Problem(file.file, line, "row", row, rule, _CSV_REMEDY))
            continue
        given = {}
        for column, cell in zip(columns, cells, strict=True):
            try:
                given[column] = _read(column, cell.strip())
            except _OddCellError as error:
                name = column or "row"
                problems.append(Problem(file.file, line, name, cell, error.rule, error.remedy))
        given.pop("", None)
        drafts.append(Draft(given, file.file, line))
    if not (problems or drafts):
        remedy = "write a row for each figure below the names of the columns"
        problems = [Problem(file.file, first_line, "file", None, "has no figures", remedy)]
    if problems:
        raise StudyError(problems)
    return drafts


def _text(path: Path) -> FileText:
    file = typed(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        return FileText(file, problem=Problem(file, 1, "file", None, rule, "name a CSV file"))
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        rule = "is a workbook, not a CSV file"
        remedy = "save the sheet as CSV UTF-8"
        return FileText(file, problem=Problem(file, 1, "file", None, rule, remedy))
    if len(data) > LARGEST_FILE[OBSERVATIONS_FILE]:
        rule = f"is {len(data) / 1e6:,.1f} MB"
        remedy = f"write at most {LARGEST_FILE[OBSERVATIONS_FILE] / 1e6:g} MB"
        return FileText(file, problem=Problem(file, 1, "file", None, rule, remedy))
    found = decoded(file, data)
    if found.problem is not None:
        remedy = "save the sheet as CSV UTF-8, with the names of the columns in its first line"
        return FileText(file, problem=replace(found.problem, remedy=remedy))
    return found


def _header(file: str, text: str, line: int) -> tuple[list[str], str]:
    """Return the columns that the first line names, and the separator between them."""
    names: list[str] = []
    for separator in SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            cells = [cell.strip() for cell in next(reader)]
        except (StopIteration, csv.Error):
            continue
        named = [cell for cell in cells if cell]
        # Spreadsheets write columns without a name on the right, which must then be empty.
        is_plain = named and cells[: len(named)] == named and len(set(named)) == len(named)
        if is_plain and set(named) <= set(COLUMNS):
            return cells, separator
        if len(named) > len(names):
            names = named
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        rule = f"has the unknown column {shown(unknown[0])}"
    else:
        rule = "must name each column once"
    near = suggestion(unknown[0], COLUMNS) if unknown else ""
    remedy = f"{near}name columns out of {','.join(COLUMNS)}"
    raise StudyError([Problem(file, line, "header", ",".join(names), rule, remedy)])


def _records(
    file: str, text: str, separator: str, first_line: int, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Give the cells of each row that has any, but for the header, and where it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    is_header = True
    while True:
        line = reader.line_num + first_line
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(file, line, "row", None, f"is not CSV: {error}", _CSV_REMEDY))
            return
        if is_header or not any(cell.strip() for cell in cells):
            is_header = False
        else:
            yield line, cells


def _read(column: str, cell: str) -> str:
    """Return a cell as ``observations.csv`` has it; other rules than a spreadsheet's come later."""
    if _ERROR_VALUE.fullmatch(cell):
        raise _OddCellError("is an error of the spreadsheet", "write the text that was meant")
    if not column and cell:
        raise _OddCellError("stands in a column without a name", "name the column, or remove it")
    if column == "id" and _DAY_FROM_NAME.fullmatch(cell):
        rule = "looks like a day into which a spreadsheet has turned an id"
        raise _OddCellError(rule, "give the column the format Text and write the id again")
    if column == "value":
        _refuse_separators(cell)
    return _day(cell) if column in DAY_COLUMNS else cell


def _refuse_separators(cell: str) -> None:
    if _POINT_OR_COMMA.fullmatch(cell):
        digits = re.sub("[^0-9-]", "", cell)
        head = re.split("[.,]", cell)[0]
        raise _OddCellError(
            f"may mean {digits} or {head} and a fraction, as points and commas differ by country",
            "write a whole number in digits only",
        )


def _day(cell: str) -> str:
    """Return a day as YYYY-MM-DD where only one day can be meant."""
    match = _DAY_MONTH_YEAR.fullmatch(cell)
    if match:
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if day <= 12 and month <= 12 and day != month:
            rule = f"may mean {year}-{month:02}-{day:02} or {year}-{day:02}-{month:02}"
            raise _OddCellError(rule, _ISO_REMEDY)
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            rule = "is not a day of the form day, month, year"
            raise _OddCellError(rule, _ISO_REMEDY) from None
    if _SHORT_YEAR.fullmatch(cell):
        raise _OddCellError("has a year of two digits", _ISO_REMEDY)
    if _SERIAL_NUMBER.fullmatch(cell):
        rule = "looks like the number by which a spreadsheet stores a day"
        raise _OddCellError(rule, _ISO_REMEDY)
    return cell
