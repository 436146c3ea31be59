"""Reading single cells of a CSV table: names, days, texts, yes or no.

Cells that only one table has are read where that table is: ``popest.study.observations.table``,
``popest.ratios.pairs.table``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from popest.study.calendar import parse_date, parse_period
from popest.study.entry_types import NAME_PATTERN, NAME_RULE
from popest.study.texts import CONTROL_REMEDY, control_rule, is_blank

LONGEST_CELL = 10_000
FIRST_YEAR, LAST_YEAR = 1700, 2199
"""No census that gives persons by name is older than that of Iceland in 1703, and whoever records
figures at the end of the next century will find these lines; a day outside is a slip of the
keyboard, and as a day of recording it would be given to every later row of the file."""

_DATE_REMEDY = "write a day such as 2023-12-31"

_USES = {
    **dict.fromkeys(("yes", "y", "true", "1", "x"), True),
    **dict.fromkeys(("no", "n", "false", "0"), False),
}

type CellFault = tuple[str, str | None, str, str]
"""A broken rule of one cell: column, value, rule, remedy."""


class CellError(ValueError):
    """A cell that breaks a rule: the rule, and what to write instead.

    `meant` is what the cell plainly says all the same, so that the other rules of its row can be
    checked in the same go; None when it may say several things.
    """

    def __init__(self, rule: str, remedy: str, meant: object = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy
        self.meant = meant


def read_name(cell: str) -> str:
    """Read the id of a row, or of what it belongs to."""
    if NAME_PATTERN.fullmatch(cell) is None:
        raise CellError(NAME_RULE, "write a name such as RES07", cell or None)
    return cell


def read_optional_name(cell: str) -> str | None:
    """Read a name, or nothing."""
    return read_name(cell) if cell else None


@lru_cache(maxsize=10_000)
def read_day(cell: str) -> date:
    """Read a day."""
    if not cell:
        raise CellError("is missing", _DATE_REMEDY)
    try:
        day = parse_date(cell)
    except ValueError:
        raise CellError("must be a day written YYYY-MM-DD", _DATE_REMEDY) from None
    return _in_plausible_years(day)


def read_optional_day(cell: str) -> date | None:
    """Read a day, or nothing."""
    return read_day(cell) if cell else None


@lru_cache(maxsize=10_000)
def read_period(cell: str) -> date | None:
    """Read the last day of a year, a month or a day; None when unknown."""
    if not cell:
        return None
    try:
        day = parse_period(cell)
    except ValueError:
        rule = "must be a period written YYYY, YYYY-MM or YYYY-MM-DD"
        raise CellError(rule, "write for example 2024-12, or nothing when unknown") from None
    return _in_plausible_years(day)


def _in_plausible_years(day: date) -> date:
    """Return a day, unless its year can only be a slip of the keyboard."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        rule = f"is not between {FIRST_YEAR} and {LAST_YEAR}"
        raise CellError(rule, "check the year")
    return day


def read_text(cell: str) -> str:
    """Read a text, which may be empty."""
    if len(cell) > LONGEST_CELL:
        rule = f"has {len(cell):,} characters, more than {LONGEST_CELL:,}"
        raise CellError(rule, "write a shorter text")
    control = control_rule(cell)
    if control is not None:
        raise CellError(control, CONTROL_REMEDY)
    return cell


def required_text(remedy: str) -> Callable[[str], str]:
    """Return the reader of a text that must not be empty."""

    def read(cell: str) -> str:
        if is_blank(cell):
            raise CellError("is missing", remedy)
        return read_text(cell)

    return read


def read_use(cell: str) -> bool:
    """Read whether a row is used."""
    if cell not in ("yes", "no"):
        remedy = "write yes when the model is to use the row, else no"
        raise CellError("must be yes or no", remedy, _USES.get(cell.strip().casefold()))
    return cell == "yes"
