"""How a table writes its numbers and days: told by a whole column, or by its author; never guessed.

35.000 may be thirty-five or thirty-five thousand, and 10.02.2025 a day of February or of October.
Where another cell of the same column can only be one of both, the column is settled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from popest.study.observations.columns import columns_of

Mark = Literal["point", "comma"]
DayOrder = Literal["day-first", "month-first"]

MARKS: Final[Mapping[Mark, str]] = {"point": ".", "comma": ","}
"""What may part the thousands of a count."""
COUNT_COLUMNS = columns_of("count")
DAY_COLUMNS = columns_of("day", "period")
DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})\.?")
_MONTHS = 12


class Habits(NamedTuple):
    """What is known of how a table, or one column of it, is written; None where it is open."""

    thousands: Mark | None = None
    days: DayOrder | None = None

    def as_count(self, cell: str) -> str:
        """Return a count in digits only where its thousands are parted by the known mark."""
        if self.thousands is None or not _parted(self.thousands).fullmatch(cell):
            return cell
        return cell.replace(MARKS[self.thousands], "")

    def as_day(self, cell: str) -> str:
        """Return a day as YYYY-MM-DD where the order of its parts is known and it is one."""
        match = DAY_MONTH_YEAR.fullmatch(cell)
        if match is None or self.days is None:
            return cell
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        day, month = (first, second) if self.days == "day-first" else (second, first)
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            return cell


def habits_of(
    columns: Sequence[str | None], rows: Iterable[Sequence[str]], given: Habits
) -> dict[str, Habits]:
    """Return what each column of counts or days shows of how it is written, or its author said.

    Parameters
    ----------
    columns
        The name of each column; None for one that is not known.
    rows
        Cells by row. Rows of another length say nothing.
    given
        What the author of the table said: it holds for all columns.
    """
    cells: dict[str, list[str]] = {
        name: [] for name in columns if name in (*COUNT_COLUMNS, *DAY_COLUMNS)
    }
    for row in rows:
        if len(row) == len(columns):
            for name, cell in zip(columns, row, strict=True):
                if name in cells:
                    cells[name].append(cell.strip())
    return {
        name: Habits(given.thousands or _mark_of(found), given.days or _order_of(found))
        for name, found in cells.items()
    }


def _parted(mark: Mark, least: int = 1) -> re.Pattern[str]:
    """Return the pattern of a count whose thousands are parted by a mark, so often at least."""
    return re.compile(rf"-?[0-9]{{1,3}}(?:{re.escape(MARKS[mark])}[0-9]{{3}}){{{least},}}")


def _mark_of(cells: Sequence[str]) -> Mark | None:
    """Return the mark of thousands that some cell has twice, and that no cell denies."""
    found: list[Mark] = []
    for mark, sign in MARKS.items():
        marked = [cell for cell in cells if sign in cell]
        if any(_parted(mark, 2).fullmatch(cell) for cell in marked) and all(
            _parted(mark).fullmatch(cell) for cell in marked
        ):
            found.append(mark)
    return found[0] if len(found) == 1 else None


def _order_of(cells: Sequence[str]) -> DayOrder | None:
    """Return the order of day and month that some cell shows, and that no cell denies."""
    matches = [match for cell in cells if (match := DAY_MONTH_YEAR.fullmatch(cell))]
    is_day_first = any(int(match[1]) > _MONTHS for match in matches)
    is_month_first = any(int(match[3]) > _MONTHS for match in matches)
    if is_day_first == is_month_first:
        return None
    return "day-first" if is_day_first else "month-first"
