"""Months and days: which month a day falls in, and how much of that month has passed."""

from __future__ import annotations

import calendar as _gregorian
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from popest.study.problems import UsageError, shown

DAYS_PER_YEAR = 365.25
YEAR_PATTERN = re.compile(r"[0-9]{4}")
MONTH_PATTERN = re.compile(r"([0-9]{4})-([0-9]{2})")
MOST_MONTHS = 720
"""Months of a calendar, sixty years. Every draw holds each of them, so a longer one would need more
memory than a small machine has, and its walk of quarters would be more than the engines explore."""
FIRST_YEAR, LAST_YEAR = 1000, 2999
"""Years of a calendar: of four digits, with room for arithmetic on either side."""
DATE_PATTERN = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def last_day_of_month(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, _gregorian.monthrange(year, month)[1])


def parse_month(text: str) -> date:
    """Return the first day of a month written ``YYYY-MM``.

    Raises
    ------
    ValueError
        When `text` is not a month in that form.
    """
    match = MONTH_PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a month YYYY-MM")
    return date(int(match[1]), int(match[2]), 1)


def parse_date(text: str) -> date:
    """Return the day written ``YYYY-MM-DD``.

    Raises
    ------
    ValueError
        When `text` is not a day in that form (other ISO 8601 forms are refused).
    """
    match = DATE_PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date YYYY-MM-DD")
    return date(int(match[1]), int(match[2]), int(match[3]))


def parse_period(text: str) -> date:
    """Return the last day of a period written ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.

    Raises
    ------
    ValueError
        When `text` has none of these forms.
    """
    if YEAR_PATTERN.fullmatch(text):
        return date(int(text), 12, 31)
    if MONTH_PATTERN.fullmatch(text):
        first = parse_month(text)
        return last_day_of_month(first.year, first.month)
    return parse_date(text)


def read_day(day: str | date | None) -> date | None:
    """Return a day given as a date or as text ``YYYY-MM-DD``.

    Raises
    ------
    UsageError
        When the text is not a day in that form.
    """
    if isinstance(day, datetime):
        return day.date()
    if not isinstance(day, str):
        return day
    try:
        return parse_date(day)
    except ValueError:
        message = f"{shown(day)} is not a day; write it as YYYY-MM-DD, such as 2024-06-30"
        raise UsageError(message) from None


@dataclass(frozen=True)
class Calendar:
    """The consecutive months over which a population is followed.

    Parameters
    ----------
    start, end
        First and last month, ``YYYY-MM``.
    first_day
        First day on which anybody is counted, within the first month; its first day when None.
        The stock before it is zero, and days of the first month are counted from it.

    Raises
    ------
    ValueError
        When a month is malformed or outside the years 1000 to 2999, `end` precedes `start`, they
        are more than 720 months apart, or `first_day` is outside the first month.
    """

    start: str
    end: str
    first_day_declared: date | None = None

    def __post_init__(self) -> None:
        first, last = parse_month(self.start), parse_month(self.end)
        if last < first:
            raise ValueError(f"end precedes start {self.start}")
        for key, month in (("start", first), ("end", last)):
            if not FIRST_YEAR <= month.year <= LAST_YEAR:
                raise ValueError(f"{key} is not a month of the years {FIRST_YEAR} to {LAST_YEAR}")
        if self.n_months > MOST_MONTHS:
            raise ValueError(f"end makes {self.n_months:,} months, more than {MOST_MONTHS}")
        day = self.first_day_declared
        if day is not None and (day.year, day.month) != (first.year, first.month):
            raise ValueError(f"first_day is outside the first month {self.start}")

    @cached_property
    def first_day(self) -> date:
        """First day on which anybody is counted."""
        return self.first_day_declared or parse_month(self.start)

    @cached_property
    def last_day(self) -> date:
        """Last day of the last month."""
        last = parse_month(self.end)
        return last_day_of_month(last.year, last.month)

    @cached_property
    def n_months(self) -> int:
        """Number of months."""
        return self._offset(self.last_day) + 1

    @cached_property
    def months(self) -> tuple[str, ...]:
        """The months in order, each ``YYYY-MM``."""
        return tuple(f"{day:%Y-%m}" for day in self.month_ends)

    @cached_property
    def month_ends(self) -> tuple[date, ...]:
        """The last day of each month."""
        first = parse_month(self.start)
        ends = []
        for offset in range(self.n_months):
            year, month = divmod(first.year * 12 + first.month - 1 + offset, 12)
            ends.append(last_day_of_month(year, month + 1))
        return tuple(ends)

    def steps(self, months: int) -> tuple[int, ...]:
        """For each month, the number of its step, counted from the first one.

        A step is so many months long, a part of the calendar's year: 3 for its quarters.
        """
        numbers = [(end.year * 12 + end.month - 1) // months for end in self.month_ends]
        return tuple(number - numbers[0] for number in numbers)

    def contains(self, day: date) -> bool:
        """Return whether a day lies between the first and the last counted day, both in."""
        return self.first_day <= day <= self.last_day

    def reaching(self, day: date) -> Calendar:
        """Return the calendar itself, or a longer one whose last month holds a later day.

        Raises
        ------
        ValueError
            When that makes more than 720 months, or the day is after the year 2999.
        """
        if day <= self.last_day:
            return self
        return Calendar(self.start, f"{day:%Y-%m}", self.first_day_declared)

    @cached_property
    def furthest_day(self) -> date:
        """The last day that a calendar with this start can reach."""
        first = parse_month(self.start)
        year, month = divmod(first.year * 12 + first.month - 1 + MOST_MONTHS - 1, 12)
        return min(last_day_of_month(year, month + 1), date(LAST_YEAR, 12, 31))

    def month_of(self, day: date) -> int:
        """Return the index of the month that holds a day.

        Raises
        ------
        ValueError
            When the day is outside the calendar.
        """
        if not self.contains(day):
            raise ValueError(f"{day} is outside the calendar {self.first_day} to {self.last_day}")
        return self._offset(day)

    def days_in(self, month: int) -> int:
        """Return how many days of a month are counted."""
        end = self.month_ends[month]
        return end.day if month else (end - self.first_day).days + 1

    def days_covered(self, month: int, first: date, last: date) -> int:
        """Return how many counted days of a month lie in a window, both ends in."""
        end = self.month_ends[month]
        begin = end.replace(day=1) if month else self.first_day
        return max(0, (min(end, last) - max(begin, first)).days + 1)

    def fraction_passed(self, day: date) -> float:
        """Return the share of a day's month that has passed at the end of that day."""
        month = self.month_of(day)
        return 1 - (self.month_ends[month] - day).days / self.days_in(month)

    def years_until(self, day: date) -> float:
        """Return the years from the first counted day to a day."""
        return (day - self.first_day).days / DAYS_PER_YEAR

    def _offset(self, day: date) -> int:
        first = parse_month(self.start)
        return (day.year - first.year) * 12 + day.month - first.month


def days_inclusive(first: date, last: date) -> int:
    """Return the number of days of a window, both ends in."""
    return (last - first).days + 1


def day_before(day: date) -> date:
    """Return the day before a day; the first day that there is precedes itself."""
    return max(day, date.min + timedelta(days=1)) - timedelta(days=1)
