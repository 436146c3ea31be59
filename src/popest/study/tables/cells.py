"""Single cells of a CSV table: names, days, texts, yes or no, and what would be a formula."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from popest.study.calendar import parse_date, parse_period
from popest.study.entry_types import (
    CONTROL_REMEDY,
    DAY_RULE,
    NAME_PATTERN,
    NAME_RULE,
    PERIOD_RULE,
    control_rule,
    is_blank,
)
from popest.study.problems import EntryError

LONGEST_CELL = 10_000
FIRST_YEAR, LAST_YEAR = 1700, 2199
"""No census that gives persons by name is older than that of Iceland in 1703, and whoever records
figures at the end of the next century will find these lines; a day outside is a slip of the
keyboard, and as a day of recording it would be given to every later row of the file."""

_DAY_REMEDY = "write a day such as 2023-12-31"

_USES = {
    **dict.fromkeys(("yes", "y", "true", "1", "x"), True),
    **dict.fromkeys(("no", "n", "false", "0"), False),
}

# Full-width signs count as the plain ones, and so does what stands behind blanks.
_FORMULA = re.compile("'*\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")
_NUMBER = re.compile(r"-[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

type CellFault = tuple[str, str | None, str, str]
"""A broken rule of one cell: column, value, rule, remedy."""


def optional[T](read: Callable[[str], T]) -> Callable[[str], T | None]:
    """Return the reader of a cell that may be empty, which reads as None."""

    def read_optional(cell: str) -> T | None:
        return read(cell) if cell else None

    return read_optional


def read_name(cell: str) -> str:
    """Read the id of a row, or of what it belongs to."""
    if NAME_PATTERN.fullmatch(cell) is None:
        raise EntryError(NAME_RULE, "write a name such as RES07", meant=cell or None)
    return cell


@lru_cache(maxsize=10_000)
def read_day(cell: str) -> date:
    """Read a day."""
    if not cell:
        raise EntryError("is missing", _DAY_REMEDY)
    return _plausible(cell, parse_date, DAY_RULE, _DAY_REMEDY)


@lru_cache(maxsize=10_000)
def read_period(cell: str) -> date:
    """Read the last day of a year, a month or a day."""
    remedy = "write for example 2024-12, or nothing when unknown"
    return _plausible(cell, parse_period, PERIOD_RULE, remedy)


def _plausible(cell: str, parse: Callable[[str], date], rule: str, remedy: str) -> date:
    """Return the day that a cell says, unless its year can only be a slip of the keyboard."""
    try:
        day = parse(cell)
    except ValueError:
        raise EntryError(rule, remedy) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise EntryError(f"is not between {FIRST_YEAR} and {LAST_YEAR}", "check the year")
    return day


def read_text(cell: str) -> str:
    """Read a text, which may be empty."""
    if len(cell) > LONGEST_CELL:
        rule = f"has {len(cell):,} characters, more than {LONGEST_CELL:,}"
        raise EntryError(rule, "write a shorter text")
    control = control_rule(cell)
    if control is not None:
        raise EntryError(control, CONTROL_REMEDY)
    return cell


def required_text(remedy: str) -> Callable[[str], str]:
    """Return the reader of a text that must not be empty."""

    def read(cell: str) -> str:
        if is_blank(cell):
            raise EntryError("is missing", remedy)
        return read_text(cell)

    return read


def read_use(cell: str) -> bool:
    """Read whether a row is used."""
    if cell not in ("yes", "no"):
        remedy = "write yes when the model is to use the row, else no"
        raise EntryError("must be yes or no", remedy, meant=_USES.get(cell.strip().casefold()))
    return cell == "yes"


def escaped(text: str) -> str:
    """Return a cell as it is written for spreadsheets.

    A cell that begins with = + - or @ is worked out by a spreadsheet that opens the table, whoever
    wrote it. It gets an apostrophe before it, and so does a text that looks as if it had one:
    `unescaped` gives back every text. Numbers stay numbers.
    """
    is_formula = _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None
    return f"'{text}" if is_formula else text


def unescaped(text: str) -> str:
    """Return the text of a cell that was `escaped`; apostrophes before other text stay."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
