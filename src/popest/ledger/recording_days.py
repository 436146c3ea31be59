"""What is to be said of days of recording: those that are not taken over, those to come.

A row is recorded on the day on which it is added, and the file is replayed by these days. Whether
they precede one another or a publication is decided by the rules of the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from operator import attrgetter

from popest.study.drafts.new_rows import Draft
from popest.study.problems import shown
from popest.study.tables.csv_table import LedgerRow


def days_not_taken(rows: Iterable[Draft]) -> list[str]:
    """Say that days of recording which were given are not those on record."""
    first: dict[str, Draft] = {}
    number: Counter[str] = Counter()
    for row in rows:
        if row.recorded and row.recorded != row.cells["recorded"]:
            first.setdefault(row.file, row)
            number[row.file] += 1
    return [
        f"{name}:{row.line}: recorded {shown(row.recorded)} is not taken over"
        f"{f', nor are {number[name] - 1:,} more days' if number[name] > 1 else ''}: a row is "
        f"recorded on the day on which it is added, {row.cells['recorded']}. If the other day "
        "matters, write it into note."
        for name, row in first.items()
    ]


def days_to_come(rows: Iterable[LedgerRow], today: date) -> list[str]:
    """Say that the newest row was recorded on a day that has not come.

    A day ahead may be right, as it begins earlier in the east.
    """
    newest_row = max(rows, key=attrgetter("recorded"), default=None)
    if newest_row is None or newest_row.recorded <= today + timedelta(days=1):
        return []
    day = newest_row.recorded
    return [
        f"{newest_row.id} was recorded on {day}, which has not come (today is {today}): every row "
        f"that is added gets that day too. Check the clock, and the column recorded of the row."
    ]
