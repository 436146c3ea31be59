"""Reading ``observations.csv``: from text to rows, each cell judged by itself.

Rules between the cells of a row are in ``popest.study.row_rules``, those between rows in
``popest.study.links``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, get_args

from popest.study.calendar import parse_date, parse_period
from popest.study.entry_types import NAME_PATTERN, NAME_RULE
from popest.study.files import FileText
from popest.study.problems import Problem, listed, shown, suggestion
from popest.study.records import COLUMNS, Observation, Precision

LONGEST_CELL = 10_000
MOST_DIGITS = 15
PRECISIONS: tuple[str, ...] = get_args(Precision)

_VALUE = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS}}}")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:[ ,'_\u00a0\u2009\u202f][0-9]{3})+")
_DOT_GROUP = re.compile(r"\.[0-9]{3}$")
_PARENT = re.compile(r"([+-])([A-Za-z0-9][A-Za-z0-9_.-]{0,63})")
_NAME_REMEDY = "write a name such as RES07"
_DATE_REMEDY = "write a day such as 2023-12-31"
_CSV_REMEDY = "put text with commas, quotes or line breaks in double quotes, quotes in it doubled"
_CSV_RULES = {
    "unexpected end of data": "opens a quote that is never closed",
    "',' expected after '\"'": "has text after a closing quote",
}


@dataclass(frozen=True)
class Table:
    """What could be read of a table of observations.

    `rows` are in file order. Those with broken cells are among them, so that the other rules
    can be checked too: `broken` gives, by line, the columns in which something neutral stands.
    `lines` gives the first line of every id, also of rows that could not be read at all, and
    `has_every_id` says whether none is lost.
    """

    rows: tuple[Observation, ...] = ()
    broken: Mapping[int, frozenset[str]] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    has_every_id: bool = True
    problems: tuple[Problem, ...] = ()


def read_table(file: FileText) -> Table:
    """Read the text of ``observations.csv``; a byte-order mark and any line ending are accepted."""
    if file.problem is not None:
        return Table(has_every_id=False, problems=(file.problem,))
    records = _records(file.text.removeprefix("\ufeff"))
    header_line, header = next(records)
    if header != list(COLUMNS):
        problem = _header_problem(file.file, header_line, header)
        return Table(has_every_id=False, problems=(problem,))
    rows: list[Observation] = []
    broken: dict[int, frozenset[str]] = {}
    lines: dict[str, int] = {}
    has_every_id = True
    problems: list[Problem] = []
    for line, cells in records:
        row, faults = _read_row(cells, line)
        if faults:
            broken[line] = frozenset(fault[0] for fault in faults)
        name = row.id if row else _id_of(cells)
        if name is None:
            has_every_id = False
        elif lines.setdefault(name, line) != line:
            rule = f"stands on line {lines[name]} already"
            faults.append(("id", name, rule, "write an id of its own"))
        if row:
            rows.append(row)
        problems += [Problem(file.file, line, *fault) for fault in faults]
    return Table(tuple(rows), broken, lines, has_every_id, tuple(problems))


def _records(text: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Give the cells of each row, or what is wrong with it, and the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, error
        else:
            if cells:
                yield line, cells


def _header_problem(file: str, line: int, header: list[str] | csv.Error) -> Problem:
    remedy = f"write {','.join(COLUMNS)}"
    if isinstance(header, csv.Error):
        return Problem(file, line, "header", None, _csv_rule(header), remedy)
    missing = [column for column in COLUMNS if column not in header]
    extra = [column for column in header if column not in COLUMNS]
    near = "".join(suggestion(column, missing) for column in extra[: len(COLUMNS)])
    if len(header) == 1 and re.search("[;\t]", header[0]):
        rule = "must have commas between the columns"
    elif missing or extra:
        lack = [f"lacks {listed(missing)}"] if missing else []
        excess = [f"has the unknown columns {listed(map(shown, extra))}"] if extra else []
        rule = " and ".join(lack + excess)
    else:
        rule = "must name each column once, in the order of the format"
    return Problem(file, line, "header", ",".join(header), rule, f"{near}{remedy}")


type _Fault = tuple[str, str | None, str, str]


class _CellError(ValueError):
    """A cell that breaks a rule: the rule, and what to write instead."""

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy


def _read_row(cells: list[str] | csv.Error, line: int) -> tuple[Observation | None, list[_Fault]]:
    """Read the cells of one row; without a row when its rules could not be checked."""
    if isinstance(cells, csv.Error):
        return None, [("row", None, _csv_rule(cells), _CSV_REMEDY)]
    if len(cells) != len(COLUMNS):
        rule = f"has {len(cells)} cells, the header {len(COLUMNS)}"
        return None, [("row", ",".join(cells), rule, _CSV_REMEDY)]
    entries, faults = _read_cells(cells)
    published, recorded = cells[_PUBLISHED], cells[_RECORDED]
    are_dates = entries[_PUBLISHED] is not None and entries[_RECORDED] is not date.min
    if are_dates and recorded < published:  # ISO dates sort as text, a month before its days
        rule = f"precedes its publication in {published}"
        faults.append(("recorded", recorded, rule, "write the day on which the row was added"))
    is_row = all(entries[column] is not None for column in _ESSENTIAL)
    return (Observation(*[*entries, line]) if is_row else None), faults


def _read_cells(cells: list[str]) -> tuple[list[Any], list[_Fault]]:
    try:  # almost every row, ten thousands of them in a second
        return [read(cell) for read, cell in zip(_READERS.values(), cells, strict=True)], []
    except _CellError:
        entries, faults = list[Any](), list[_Fault]()
    for (column, read), cell in zip(_READERS.items(), cells, strict=True):
        try:
            entries.append(read(cell))
        except _CellError as error:
            faults.append((column, cell, error.rule, error.remedy))
            entries.append(_NEUTRAL.get(column))
    return entries, faults


def _csv_rule(error: csv.Error) -> str:
    return _CSV_RULES.get(str(error), f"is not CSV: {error}")


def _id_of(cells: list[str] | csv.Error) -> str | None:
    """Return the id of a row that could not be read, if it has one."""
    if isinstance(cells, csv.Error) or NAME_PATTERN.fullmatch(cells[0]) is None:
        return None
    return cells[0]


def _read_name(cell: str) -> str:
    if NAME_PATTERN.fullmatch(cell) is None:
        raise _CellError(NAME_RULE, _NAME_REMEDY)
    return cell


def _read_optional_name(cell: str) -> str | None:
    return _read_name(cell) if cell else None


def _read_value(cell: str) -> int:
    if _VALUE.fullmatch(cell) is None:
        raise _CellError(*_value_fault(cell))
    return int(cell)


def _value_fault(cell: str) -> tuple[str, str]:
    """Return why a cell is not a count, with the count where it is plain which one is meant."""
    if not cell.strip():
        return "is missing", "write the published count, or leave the row out"
    if re.fullmatch("-?[0-9]+", cell):
        return f"has more than {MOST_DIGITS} digits", "write the count that was published"
    rule = "must be a whole number in digits only"
    text = cell.strip().replace("\u2212", "-")
    if _GROUPED.fullmatch(text):
        return rule, f"write {re.sub('[^0-9-]', '', text)}"
    try:
        number = Decimal("NaN" if _DOT_GROUP.search(text) else text)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and number.adjusted() < MOST_DIGITS and number == int(number):
        return rule, f"write {int(number)}"
    return rule, "write digits only, such as 12345; how exact they are goes into precision"


def _read_precision(cell: str) -> str | None:
    if cell and cell not in PRECISIONS:
        near = suggestion(cell, PRECISIONS)
        raise _CellError("is not a known precision", f"{near}write one of {listed(PRECISIONS)}")
    return cell or None


def _read_optional_day(cell: str) -> date | None:
    return _read_day(cell) if cell else None


@lru_cache(maxsize=10_000)
def _read_day(cell: str) -> date:
    if not cell:
        raise _CellError("is missing", _DATE_REMEDY)
    try:
        return parse_date(cell)
    except ValueError:
        raise _CellError("must be a day written YYYY-MM-DD", _DATE_REMEDY) from None


@lru_cache(maxsize=10_000)
def _read_period(cell: str) -> date | None:
    try:
        return parse_period(cell) if cell else None
    except ValueError:
        rule = "must be a period written YYYY, YYYY-MM or YYYY-MM-DD"
        raise _CellError(rule, "write for example 2024-12, or nothing when unknown") from None


def _read_text(cell: str) -> str:
    if len(cell) > LONGEST_CELL:
        rule = f"has {len(cell):,} characters, more than {LONGEST_CELL:,}"
        raise _CellError(rule, "write a shorter text")
    return cell


def _read_required_text(cell: str) -> str:
    if not cell.strip():
        raise _CellError("is missing", "write who published the figure")
    return _read_text(cell)


def _read_use(cell: str) -> bool:
    if cell not in ("yes", "no"):
        raise _CellError("must be yes or no", "write yes when the model is to use the row, else no")
    return cell == "yes"


def _read_parents(cell: str) -> tuple[tuple[int, str], ...]:
    parents = []
    for part in _read_text(cell).split() if cell else ():
        match = _PARENT.fullmatch(part)
        if match is None:
            rule = "must be signed ids with spaces between them"
            raise _CellError(rule, "write for example +WRK04 -WRK03")
        parents.append((1 if match[1] == "+" else -1, match[2]))
    if len({name for _, name in parents}) < len(parents):
        raise _CellError("names a row twice", "write each id once")
    return tuple(parents)


_READERS: dict[str, Callable[[str], object]] = {
    "id": _read_name,
    "source": _read_name,
    "value": _read_value,
    "precision": _read_precision,
    "start": _read_optional_day,
    "end": _read_optional_day,
    "published": _read_period,
    "recorded": _read_day,
    "publisher": _read_required_text,
    "url": _read_text,
    "use": _read_use,
    "supersedes": _read_optional_name,
    "derived_from": _read_parents,
    "note": _read_text,
}
_NEUTRAL = {
    "value": 0,
    "recorded": date.min,
    "publisher": "",
    "url": "",
    "derived_from": (),
    "note": "",
}
_PUBLISHED = COLUMNS.index("published")
_RECORDED = COLUMNS.index("recorded")
_ESSENTIAL = tuple(COLUMNS.index(column) for column in ("id", "source", "use"))
