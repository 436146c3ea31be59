"""Calendar arithmetic against a loop over single days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popest.study.calendar import (
    MOST_MONTHS,
    Calendar,
    day_before,
    days_inclusive,
    parse_date,
    parse_month,
    parse_period,
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    first = draw(st.integers(1900 * 12, 2100 * 12))
    last = first + draw(st.integers(0, 40))
    start, end = (f"{month // 12:04}-{month % 12 + 1:02}" for month in (first, last))
    plain = Calendar(start, end)
    counted = draw(st.none() | st.integers(1, plain.month_ends[0].day))
    return Calendar(start, end, counted and plain.first_day.replace(day=counted))


def days_of(calendar: Calendar) -> list[date]:
    days = (calendar.last_day - calendar.first_day).days + 1
    return [calendar.first_day + timedelta(offset) for offset in range(days)]


@given(calendars())
def test_months_hold_the_days_that_a_loop_puts_in_them(calendar: Calendar) -> None:
    by_month: dict[str, list[date]] = {}
    for day in days_of(calendar):
        by_month.setdefault(f"{day:%Y-%m}", []).append(day)
    assert calendar.months == tuple(by_month)
    assert calendar.n_months == len(by_month)
    assert calendar.month_ends == tuple(days[-1] for days in by_month.values())
    quarters = sorted({(days[0].year, (days[0].month + 2) // 3) for days in by_month.values()})
    for month, days in enumerate(by_month.values()):
        assert calendar.days_in(month) == len(days)
        quarter = quarters.index((days[0].year, (days[0].month + 2) // 3))
        assert calendar.steps(3)[month] == quarter
        for passed, day in enumerate(days, start=1):
            assert calendar.month_of(day) == month
            assert calendar.fraction_passed(day) == pytest.approx(passed / len(days), abs=1e-12)
            assert calendar.contains(day)


@given(calendars(), st.data())
def test_a_window_covers_the_days_that_a_loop_counts(
    calendar: Calendar, data: st.DataObject
) -> None:
    margin = timedelta(70)
    around = st.dates(calendar.first_day - margin, calendar.last_day + margin)
    first, last = sorted((data.draw(around), data.draw(around)))
    counted = [day for day in days_of(calendar) if first <= day <= last]
    assert days_inclusive(first, last) == (last - day_before(first)).days
    for month in range(calendar.n_months):
        in_month = [day for day in counted if calendar.month_of(day) == month]
        assert calendar.days_covered(month, first, last) == len(in_month)
    for day in (first, last):
        if not calendar.contains(day):
            with pytest.raises(ValueError, match="outside the calendar"):
                calendar.month_of(day)


def test_years_run_from_the_first_counted_day() -> None:
    calendar = Calendar("2022-02", "2024-02", date(2022, 2, 24))
    assert calendar.years_until(date(2022, 2, 24)) == 0
    assert calendar.years_until(date(2024, 2, 24)) == pytest.approx(730 / 365.25)


@pytest.mark.parametrize(
    ("start", "end", "first_day"),
    [
        ("2022-02", "2022-01", None),
        ("2022-02", "2022-03", date(2022, 1, 31)),
        ("2022-02", "2022-03", date(2022, 3, 1)),
        ("2022-2", "2022-03", None),
        ("2022-02", "2022-13", None),
    ],
)
def test_a_calendar_without_order_is_refused(start: str, end: str, first_day: date | None) -> None:
    with pytest.raises(ValueError, match=r"precedes|outside|not a month|month must be"):
        Calendar(start, end, first_day)


def test_a_calendar_reaches_later_days_as_far_as_any_calendar_can() -> None:
    calendar = Calendar("2022-02", "2024-02", date(2022, 2, 24))
    assert calendar.reaching(date(2024, 2, 29)) is calendar
    longer = calendar.reaching(date(2024, 3, 1))
    assert longer == Calendar("2022-02", "2024-03", date(2022, 2, 24))
    assert longer.months[:-1] == calendar.months
    furthest = calendar.furthest_day
    assert furthest == date(2082, 1, 31) and calendar.reaching(furthest).n_months == MOST_MONTHS
    with pytest.raises(ValueError, match="more than 720"):
        calendar.reaching(furthest + timedelta(1))
    assert Calendar("2990-01", "2990-02").furthest_day == date(2999, 12, 31)


@given(st.dates())
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert parse_date(day.isoformat()) == parse_period(day.isoformat()) == day
    assert parse_month(day.isoformat()[:7]) == day.replace(day=1)
    end_of_month = parse_period(day.isoformat()[:7])
    assert (end_of_month + timedelta(1) if end_of_month != date.max else date.min).day == 1
    assert (end_of_month.year, end_of_month.month) == (day.year, day.month)
    assert parse_period(day.isoformat()[:4]) == date(day.year, 12, 31)


@pytest.mark.parametrize(
    "text", ["", "2022", "20220101", "2022-W01-1", "2022-1-1", "2022-02-30", "2022-01-01 ",
             "2022-01-01T00:00", "\uff12022-01-01", "0000-01-01", "2022-01-01\n"],
)  # fmt: skip
def test_other_forms_of_a_day_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(text)
