"""Reading ``populations.csv``: the populations of a panel, and the numbers known of each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from popest.study.entry_types import NAME_PATTERN
from popest.study.files.reading import FileText
from popest.study.problems import EntryError, FirstProblems, Problem, listed, shown, suggestion
from popest.study.tables.cells import read_name, required_text
from popest.study.tables.csv_records import CSV_REMEDY, Damaged, raw_records

MOST_POPULATIONS = 10_000
"""Populations of a panel: their draws then take about a gigabyte of memory."""
MOST_SERIES = 60_000
"""Populations times sources, each of which keeps draws of its own."""
MOST_COLUMNS = 100
FIRST_COLUMNS = ("population", "title")
_HEADER_REMEDY = "write population,title and then a name for each further column"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_read_title = required_text("write what people call the population")
_read_text = required_text("write the text")


@dataclass(frozen=True, slots=True)
class Population:
    """One row of ``populations.csv``: its name, its title, its other cells by column, its line."""

    name: str
    title: str
    cells: Mapping[str, str]
    line: int


@dataclass
class PopulationTable:
    """What could be read of ``populations.csv``, in file order; `columns` are those of numbers.

    `has_every_name` says whether no row was lost, so that a name that is not there is unknown.
    """

    file: str
    columns: tuple[str, ...] = ()
    rows: list[Population] = field(default_factory=list)
    has_every_name: bool = False
    problems: FirstProblems = field(default_factory=FirstProblems)


def read_populations(file: FileText) -> PopulationTable:
    """Read the text of ``populations.csv``; a byte-order mark and any line ending are accepted."""
    table = PopulationTable(file.file)
    table.problems = FirstProblems(_read_into(table, file))
    return table


def number_in(cell: str) -> float:
    """Read a number of a column that is used.

    Raises
    ------
    EntryError
        When it is missing, or no finite number.
    """
    if not cell:
        raise EntryError("is missing, and study.toml uses this column", "write the number")
    value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    if not math.isfinite(value):
        rule = "is no number, and study.toml uses this column as one"
        raise EntryError(rule, "write digits with a point, such as 1250 or 0.35")
    return value


def text_in(cell: str) -> str:
    """Read a text of a column that is used.

    Raises
    ------
    EntryError
        When it is missing, or cannot be shown.
    """
    if not cell:
        raise EntryError("is missing, and study.toml uses this column", "write the text")
    return _read_text(cell)


def spelled_alike(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return re.sub("[-_.]", "", name).casefold()


def _read_into(table: PopulationTable, file: FileText) -> Iterator[Problem]:
    if file.problem is not None:
        yield file.problem
        return
    found = raw_records(file.text.removeprefix("\ufeff"))
    line, _, header, _ = next(found)
    rule = _header_rule(header)
    if isinstance(header, Damaged) or rule:
        written = None if isinstance(header, Damaged) else ",".join(header)
        yield Problem(file.file, line, "header", written, rule, _HEADER_REMEDY)
        return
    table.columns = tuple(header[len(FIRST_COLUMNS) :])
    table.has_every_name = True
    names: dict[str, Population] = {}
    for number, (line, _, cells, _) in enumerate(found):
        if number == MOST_POPULATIONS:
            table.has_every_name = False
            rule = f"is population {MOST_POPULATIONS + 1:,}: a panel may have {MOST_POPULATIONS:,}"
            yield Problem(file.file, line, "row", None, rule, "divide them into several panels")
            return
        row, problems = _read_row(cells, table.columns, line)
        yield from (problem._replace(file=file.file) for problem in problems)
        if row is None:
            table.has_every_name = False
            continue
        first = names.setdefault(spelled_alike(row.name), row)
        if first is row:
            table.rows.append(row)
            continue
        same = first.name == row.name
        rule = f"stands on line {first.line} already" + ("" if same else f", as {first.name}")
        yield Problem(file.file, line, "population", row.name, rule, "write each population once")
    if not table.rows and table.has_every_name:
        yield Problem(file.file, 1, "file", None, "names no population", "write a row for each")


def _header_rule(header: list[str] | Damaged) -> str:
    """Return the rule that a header breaks, or nothing."""
    if isinstance(header, Damaged):
        return header.rule
    if tuple(header[: len(FIRST_COLUMNS)]) != FIRST_COLUMNS:
        return "must begin with the columns population and title"
    odd = [name for name in header if NAME_PATTERN.fullmatch(name) is None]
    if odd:
        return f"has {shown(odd[0])}, which is no name of letters, digits, _ . or -"
    twice = [name for place, name in enumerate(header) if name in header[:place]]
    if twice:
        return f"names the column {shown(twice[0])} twice"
    if len(header) > MOST_COLUMNS:
        return f"has {len(header):,} columns, more than {MOST_COLUMNS}"
    return ""


def _read_row(
    cells: list[str] | Damaged, columns: tuple[str, ...], line: int
) -> tuple[Population | None, list[Problem]]:
    if isinstance(cells, Damaged):
        return None, [Problem("", line, "row", cells.text, cells.rule, cells.remedy)]
    width = len(FIRST_COLUMNS) + len(columns)
    if len(cells) != width:
        rule = f"has {len(cells)} cells, the header {width}"
        return None, [Problem("", line, "row", ",".join(cells), rule, CSV_REMEDY)]
    name, title, problems = None, cells[1], []
    try:
        name = read_name(cells[0])
    except EntryError as error:
        remedy = "write a name such as north_district"
        problems.append(Problem("", line, "population", cells[0], error.rule, remedy))
    try:
        title = _read_title(cells[1])
    except EntryError as error:
        problems.append(Problem("", line, "title", cells[1], error.rule, error.remedy))
    if name is None:
        return None, problems
    return Population(name, title, dict(zip(columns, cells[2:], strict=True)), line), problems


def unknown_column(name: str, table: PopulationTable) -> tuple[str, str]:
    """Return the rule and the remedy where a column is named that the table does not have."""
    near = suggestion(name, table.columns)
    rule = "is no column of populations.csv"
    return rule, f"{near}it has {listed(table.columns)} besides population and title"
