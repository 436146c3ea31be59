"""Figures from a spreadsheet, or its CSV: read right, or refused in words, never read wrong.

Only what spreadsheets do to a table is undone here (separators, marks, dates, apostrophes). What
the columns may say is decided by the same rules as for ``observations.csv`` itself.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from popest.ledger.habits import COUNT_COLUMNS, DAY_COLUMNS, DAY_MONTH_YEAR, Habits, habits_of
from popest.ledger.workbook import SUFFIXES, csv_of, is_workbook
from popest.study.drafts.new_rows import Draft
from popest.study.files.reading import (
    CONFLICT_REMEDY,
    LARGEST_FILE,
    OBSERVATIONS_FILE,
    FileText,
    UnfitFileError,
    decoded,
    read_bounded,
    refused,
    typed,
)
from popest.study.observations.columns import COLUMNS, columns_of
from popest.study.problems import (
    MOST_COUNTED,
    EntryError,
    Problem,
    StudyError,
    UsageError,
    listed,
    near_miss,
    shown,
)
from popest.study.tables.cells import unescaped
from popest.study.tables.csv_records import REPEATED_HEADER, BoundedLines, Damaged, raw_records
from popest.study.tables.csv_table import MOST_ROWS
from popest.study.tables.figures import decimal_of

SEPARATORS = (",", ";", "\t")
_OPEN = Habits()
QUANTITY_COLUMNS = columns_of("quantity")

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
_POINT_OR_COMMA = re.compile(r"-?[0-9]+[.,][0-9]*")
_ERROR_VALUE = re.compile(r"#(?:NAME\?|REF!|VALUE!|N/A|DIV/0!|NUM!|NULL!|#+)")
_DAY_FROM_NAME = re.compile(r"[0-9]{1,2}[-. ]+[A-Za-z]{3}")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2}\.?")
_SERIAL_NUMBER = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")
_TWO_READINGS = "may mean {} or {} and a fraction, as points and commas differ by country"
_CSV_REMEDY = "put text with separators, quotes or line breaks in double quotes"
_ISO_REMEDY = "write the day as YYYY-MM-DD; a column of the format Text keeps it so"
_SHEET_REMEDY = "save the sheet as CSV UTF-8, with the names of the columns in its first line"


def read_spreadsheet(
    path: Path,
    known: Iterable[str] = COLUMNS,
    habits: Habits = _OPEN,
    sheet: str | None = None,
) -> list[Draft]:
    """Read the figures of a CSV file or a workbook, one row a figure.

    The first line names the columns, in any order; those left out are filled in or empty.
    Separators may be commas, semicolons or tabs.

    Parameters
    ----------
    path
        The file, UTF-8 with or without a byte-order mark.
    known
        The columns that it may name: those of a study, or of a panel.
    habits
        How its numbers and days are written, where its author said so.
    sheet
        The sheet of a workbook; the only one that holds anything when None.

    Returns
    -------
    list[Draft]
        The columns given for each figure, with the line on which it begins. A cell that is not
        plainly one thing stands as it is in the file, and what is wrong with it is among the
        draft's `problems`: they are said together with those of the rules, when the rows are to be
        added.

    Raises
    ------
    StudyError
        When the file is no table with known columns.
    UsageError
        When it is not clear which sheet is meant, or workbooks cannot be read here.
    """
    known = tuple(known)
    if is_workbook(path):
        file = FileText(typed(path), csv_of(path, known, sheet))
    elif sheet is not None:
        raise UsageError(
            "--sheet names a sheet of a workbook, and this is a CSV file: leave it out"
        )
    else:
        file = _text(path)
    if file.problem is not None:
        raise StudyError([file.problem])
    text = file.text.removeprefix("\ufeff")
    first_line = 1
    declared = _SEPARATOR_LINE.match(text)
    if declared:
        text, first_line = text[declared.end() :], 2
    columns, separator, drafts = _header(file.file, text, first_line, known)
    table = _Table(text, separator, columns, first_line, _settled(text, separator, columns, habits))
    drafts += _first(_drafts(file.file, table), file.file)
    if not drafts:
        remedy = "write a row for each figure below the names of the columns"
        raise StudyError([Problem(file.file, first_line, "file", None, "has no figures", remedy)])
    return drafts


def _text(path: Path) -> FileText:
    file = typed(path)
    try:
        data = read_bounded(path, LARGEST_FILE[OBSERVATIONS_FILE])
    except UnfitFileError as error:
        return refused(file, str(error.strerror), "name a CSV file with the new figures only")
    except OSError as error:
        return refused(file, f"cannot be read: {error.strerror}", "name a CSV file")
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        return refused(
            file,
            "is a workbook by what it holds, and none by its name",
            f"give it its ending, {listed(SUFFIXES)}, or save the sheet as CSV UTF-8",
        )
    found = decoded(file, data)
    if found.problem is not None and found.problem.remedy != CONFLICT_REMEDY:
        return FileText(file, problem=found.problem._replace(remedy=_SHEET_REMEDY))
    return found


def _header(
    file: str, text: str, line: int, known: Sequence[str]
) -> tuple[list[str | None], str, list[Draft]]:
    """Return the columns that the first line names, and the separator between them.

    A column of another name is None, and the problem is given as a draft without cells. One that is
    nearly named as a column that is missing is taken for it, so that its cells are checked too.
    """
    names: list[str] = []
    for separator in SEPARATORS:
        reader = csv.reader(BoundedLines(text), delimiter=separator)
        try:
            cells = [cell.strip() for cell in next(reader)]
        except (StopIteration, csv.Error):
            continue
        named = [cell for cell in cells if cell]
        # Spreadsheets write columns without a name on the right, which must then be empty.
        is_plain = named and cells[: len(named)] == named and len(set(named)) == len(named)
        if is_plain and set(named) <= set(known):
            return list(cells), separator, []
        if is_plain and set(named) & set(known):
            problem = _header_problem(file, line, named, known)
            return _as_meant(cells, known), separator, [Draft({}, file, line, (problem,))]
        if len(named) > len(names):
            names = named
    raise StudyError([_header_problem(file, line, names, known)])


def _as_meant(cells: Sequence[str], known: Sequence[str]) -> list[str | None]:
    """Return the columns that a header with unknown names most likely means."""
    missing = [column for column in known if column not in cells]
    columns: list[str | None] = []
    for cell in cells:
        meant = cell if not cell or cell in known else near_miss(cell, missing)
        if meant in missing:
            missing.remove(meant)
        columns.append(meant)
    return columns


def _header_problem(file: str, line: int, names: Sequence[str], known: Sequence[str]) -> Problem:
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    faults = []
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        faults.append(f"has the unknown column{plural} {listed(map(shown, unknown))}")
    if twice or not unknown:
        faults.append("must name each column once")
    meant = [near_miss(name, known) for name in unknown[: len(known)]]
    near = "".join(f"did you mean {name}? " for name in meant if name)
    remedy = f"{near}name columns out of {','.join(known)}"
    return Problem(file, line, "header", ",".join(names), " and ".join(faults), remedy)


class _Table(NamedTuple):
    """The text of a table: its separator, its columns, its first line, how each is written."""

    text: str
    separator: str
    columns: Sequence[str | None]
    first_line: int
    habits: dict[str, Habits]


def _settled(
    text: str, separator: str, columns: Sequence[str | None], given: Habits
) -> dict[str, Habits]:
    """Return how each column is written, so far as all of it together shows."""
    rows = (cells for _, _, cells, _ in raw_records(text, separator, _CSV_REMEDY))
    whole = (cells for cells in rows if not isinstance(cells, Damaged))
    return habits_of(columns, islice(whole, MOST_ROWS), given)


def _drafts(file: str, table: _Table) -> Iterator[Draft]:
    """Give what each row says, and what is wrong with its cells or with the row as a whole."""
    text, separator, columns, first_line, habits = table
    header: list[str] | None = None
    for number, _, cells, _ in raw_records(text, separator, _CSV_REMEDY):
        line = number + first_line - 1
        if isinstance(cells, Damaged):
            yield _without_cells(file, line, *cells)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        row = separator.join(cells)
        if header is None:
            header = cells
        elif cells == header:
            yield _without_cells(file, line, row, *REPEATED_HEADER)
        elif len(cells) != len(columns):
            # A row of another length is never padded or cut: a number with an unquoted comma in
            # it would pass for two cells.
            rule = f"has {len(cells)} cells, the header {len(columns)}"
            yield _without_cells(file, line, row, rule, _CSV_REMEDY)
        else:
            yield _draft(file, line, columns, cells, habits)


def _first(drafts: Iterator[Draft], file: str) -> Iterator[Draft]:
    """Give drafts up to the rows that a table may have, and the problems that are counted."""
    faulty = 0
    for number, draft in enumerate(drafts):
        if number == MOST_ROWS:
            rule = f"is row {MOST_ROWS + 1:,}: a table may have {MOST_ROWS:,}"
            yield _without_cells(file, draft.line, None, rule, "import what is needed")
            return
        yield draft
        faulty += bool(draft.problems)
        if faulty == MOST_COUNTED:
            return


def _without_cells(file: str, line: int, row: str | None, rule: str, remedy: str) -> Draft:
    return Draft({}, file, line, (Problem(file, line, "row", row, rule, remedy),))


def _draft(
    file: str,
    line: int,
    columns: Sequence[str | None],
    cells: Sequence[str],
    habits: dict[str, Habits],
) -> Draft:
    """Return what a row says, each cell as it is in ``observations.csv``."""
    given: dict[str, str] = {}
    problems = []
    for column, cell in zip(columns, cells, strict=True):
        if column is None:
            continue  # the header has been refused for it
        text = unescaped(cell.strip())
        try:
            text = _read(column, text, habits.get(column, _OPEN))
        except EntryError as error:
            problems.append(Problem(file, line, column or "row", cell, error.rule, error.remedy))
        if column:
            given[column] = text
    return Draft(given, file, line, tuple(problems))


def _read(column: str, cell: str, habits: Habits) -> str:
    """Return a cell as ``observations.csv`` has it; other rules than a spreadsheet's come later."""
    cell = habits.as_day(cell) if column in DAY_COLUMNS else cell
    cell = habits.as_count(cell) if column in COUNT_COLUMNS else cell
    if _ERROR_VALUE.fullmatch(cell):
        raise EntryError("is an error of the spreadsheet", "write the text that was meant")
    if not column and cell:
        raise EntryError("stands in a column without a name", "name the column, or remove it")
    if column == "id" and _DAY_FROM_NAME.fullmatch(cell):
        rule = "looks like a day into which a spreadsheet has turned an id"
        raise EntryError(rule, "give the column the format Text and write the id again")
    if column == "value" and _POINT_OR_COMMA.fullmatch(cell):
        digits = re.sub("[^0-9-]", "", cell)
        head = re.split("[.,]", cell)[0]
        rule = _TWO_READINGS.format(digits, head)
        mark = "point" if "." in cell else "comma"
        remedy = f"write a whole number in digits only, or say --thousands {mark} if that is meant"
        raise EntryError(rule, remedy)
    if column in QUANTITY_COLUMNS:
        return _quantity(cell)
    return _day(cell) if column in DAY_COLUMNS else cell


def _quantity(cell: str) -> str:
    """Return a number with a point before decimals, where only one number can be meant."""
    number = decimal_of(cell)
    if number is None:
        head, _, rest = re.split("([.,])", cell)
        rule = _TWO_READINGS.format(f"{head}{rest}", head)
        raise EntryError(rule, "write a whole number in digits only, or with one decimal")
    return number


def _day(cell: str) -> str:
    """Return a day as YYYY-MM-DD where only one day can be meant."""
    match = DAY_MONTH_YEAR.fullmatch(cell)
    if match:
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if day <= 12 and month <= 12 and day != month:
            rule = f"may mean {year}-{month:02}-{day:02} or {year}-{day:02}-{month:02}"
            raise EntryError(rule, f"{_ISO_REMEDY}; or say --days day-first or month-first")
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            rule = "is not a day of the form day, month, year"
            raise EntryError(rule, _ISO_REMEDY) from None
    if _SHORT_YEAR.fullmatch(cell):
        raise EntryError("has a year of two digits", _ISO_REMEDY)
    if _SERIAL_NUMBER.fullmatch(cell):
        rule = "looks like the number by which a spreadsheet stores a day"
        raise EntryError(rule, _ISO_REMEDY)
    return cell
