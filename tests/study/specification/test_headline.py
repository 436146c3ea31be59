"""Tests of a headline that is a flow: its two forms, and what a person can get wrong."""

from datetime import date

import pytest

import small_study as small
from popest.study import Study, StudyError, study_from_texts
from popest.study.estimand import Estimand
from popest.study.specification.headline import headlines_at
from small_study import changed

FIRST, LAST = date(2022, 3, 15), date(2022, 12, 31)
WINDOW = '["2022-03-15", "2022-12-31"]'


def study(headline: str, more: str = "") -> Study:
    text = changed(small.ARRIVALS, {'headline = "2022-12-31"': f"headline = {headline}"})
    return study_from_texts("one", text + small.REGISTER + more, small.HEADER)


@pytest.mark.parametrize("flow", ["arrivals", "departures"])
def test_a_headline_may_be_a_flow(flow) -> None:
    specification = study(f"{{ {flow} = {WINDOW} }}").specification
    assert specification.headlines == (Estimand(LAST, flow, FIRST),)
    assert specification.headline == specification.headlines[0]
    assert list(headlines_at(specification.headline_given)) == [("headline", flow)]


def test_a_window_may_be_one_day() -> None:
    day = "2022-01-10"
    assert study(f'{{ arrivals = ["{day}", "{day}"] }}').specification.headline.first == date(
        2022, 1, 10
    )


@pytest.mark.parametrize(
    ("headline", "field", "value", "rule", "remedy"),
    [
        ('{ arrivals = ["2022-12-31", "2022-03-15"] }', "headline.arrivals",
         "[2022-12-31, 2022-03-15]", "ends before it begins, on 2022-12-31",
         "write the first day, then the last"),
        ('{ arrivals = ["2022-01-09", "2022-03-15"] }', "headline.arrivals",
         "arrivals from 2022-01-09 to 2022-03-15", "is outside the calendar",
         "write days from 2022-01-10 to 2023-12-31"),
        ('{ departures = ["2022-01-10", "2024-01-01"] }', "headline.departures",
         "departures from 2022-01-10 to 2024-01-01", "is outside the calendar",
         "write days from 2022-01-10 to 2023-12-31"),
        ('{ arrivals = ["2022-03-15"] }', "headline.arrivals", "[2022-03-15]",
         "must have 2 or more entries", 'write arrivals = ["2023-01-01", "2023-12-31"]'),
        ('{ arrivals = ["2022-03-15", "2022-04"] }', "headline.arrivals.1",
         "2022-04", "must be a day written YYYY-MM-DD", 'write arrivals = ["2023-01-01"'),
        ("{}", "headline.arrivals", None, "is missing", "write arrivals or departures"),
        (f"{{ arrivals = {WINDOW}, departures = {WINDOW} }}", "headline.departures",
         "[2022-03-15, 2022-12-31]", "stands beside arrivals", "remove one of the two"),
        (f'["2022-12-31", {{ arrivals = {WINDOW} }}]', "headline.1", "{...}",
         "must be a date in double quotes", 'or { arrivals = ["2023-01-01", "2023-12-31"] }'),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_a_remedy(
    headline, field, value, rule, remedy
) -> None:
    with pytest.raises(StudyError) as caught:
        study(headline)
    first, *others = caught.value.problems
    assert (first.line, first.field, first.value) == (4, field, value)
    assert rule in first.rule and remedy in first.remedy
    assert all(other.field.startswith("headline") for other in others)


def test_an_unknown_key_is_met_with_the_one_that_was_meant() -> None:
    with pytest.raises(StudyError, match=r"headline\.arivals .* did you mean arrivals\?"):
        study(f"{{ arivals = {WINDOW} }}")


def test_nobody_comes_to_a_static_population() -> None:
    window = 'headline = { arrivals = ["2024-01-01", "2024-01-31"] }'
    text = changed(small.STATIC, {'headline = "2024-01-31"': window})
    with pytest.raises(StudyError) as caught:
        study_from_texts("static", text, small.HEADER)
    (problem,) = caught.value.problems
    assert (problem.line, problem.field) == (4, "headline.arrivals")
    assert "of kind static: nobody comes" in problem.rule and problem.remedy == "write a day"


def test_a_variant_keeps_to_the_window_of_its_study() -> None:
    variant = (
        '[variant.later]\nbecause = "x"\nset = { "headline.arrivals" = ["2022-04-01", "%s"] }\n'
    )
    with pytest.raises(StudyError) as caught:
        study(f"{{ arrivals = {WINDOW} }}", variant % LAST)
    (problem,) = caught.value.problems
    assert problem.field == "variant.later.set.headline.arrivals"
    assert "is not what the study estimates, arrivals from 2022-03-15 to 2022-12-31" in problem.rule
    same = variant.replace("2022-04-01", str(FIRST))
    assert "later" in study(f"{{ arrivals = {WINDOW} }}", same % LAST).specification.variant
