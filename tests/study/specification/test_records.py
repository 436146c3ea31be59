"""Tests of the records of a study: its headline in both forms, and a calendar that reaches on."""

from datetime import date

import small_study as small
from popest.study import study_from_texts
from popest.study.estimand import Estimand
from popest.study.specification.records import Specification
from small_study import changed


def specification(text: str) -> Specification:
    return study_from_texts("one", text + small.REGISTER, small.HEADER).specification


def test_a_headline_is_a_day_or_a_list_of_days() -> None:
    assert specification(small.ARRIVALS).headlines == (Estimand(date(2022, 12, 31)),)
    days = '["2023-06-30", "2022-12-31"]'
    two = specification(changed(small.ARRIVALS, {'"2022-12-31"': days}))
    assert two.headlines == (Estimand(date(2023, 6, 30)), Estimand(date(2022, 12, 31)))
    assert two.headline == Estimand(date(2023, 6, 30))


def test_a_specification_reaches_later_days_and_says_the_same_otherwise() -> None:
    found = specification(small.ARRIVALS)
    assert found.reaching(date(2023, 12, 31)) is found
    longer = found.reaching(date(2025, 1, 1))
    assert longer.calendar.calendar.end == "2025-01"
    assert longer.calendar.first_day == found.calendar.first_day
    assert found.calendar.calendar.end == "2023-12"
    assert longer.population == found.population
