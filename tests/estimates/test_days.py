"""Tests of days after the calendar and after the last count: closed forms, and bytes that stay."""

import html
import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import popest
from popest.estimates import Estimate
from popest.estimates.comparisons.comparison import compare
from popest.estimates.comparisons.history import history
from popest.estimates.comparisons.variants import estimate_variants
from popest.estimates.document import as_json, document
from popest.estimates.words import variants_text
from popest.study import study_from_texts
from popest.study.estimand import Estimand
from small_study import HEADER

STANDARD_ERRORS = 4
HAZARD, VOLATILITY, LEVEL_SD, ERROR = 2.0, 0.3, 0.5, 0.1
SEEN = 900

YEARLY = f"""
title = "People of A in B"
target = "citizens of A who live in B"
unit = "persons"
headline = "2022-12-31"
[calendar]
start = "2022-01"
end = "END"
[population]
kind = "arrivals"
departure_hazard = {{ median = {HAZARD}, sigma = 0, because = "known" }}
[population.background]
median = 1000
sigma = {LEVEL_SD}
volatility = {VOLATILITY}
step = "year"
because = "a guess"
WAVE
[noise]
error = {{ median = {ERROR}, sigma = 0, because = "known" }}
[source.register]
title = "Register"
producer = "Office"
counts = "persons"
measure = "stock"
sampling = "none"
ratio = {{ known = 1, because = "a register of everybody" }}
"""
ROW = f"REG1,register,{SEEN},exact,,2022-12-31,2023-01-31,2023-02-01,Office,,yes,,,\n"
REMAINING = sum(math.exp(-HAZARD * (months + 0.5)) for months in range(12))
"""Persons at the end of a year for each who arrives in one of its months."""


def yearly(
    end: str = "2022-12", wave: str = "", volatility: float | str = VOLATILITY
) -> popest.Study:
    """A register of everybody who arrives at a level of each year, and soon leaves again."""
    text = YEARLY.replace("END", end).replace("WAVE", wave)
    text = text.replace(f"volatility = {VOLATILITY}", f"volatility = {volatility}")
    return study_from_texts("yearly", text, HEADER + ROW)


def level() -> NormalDist:
    """The posterior of the logarithm of the level of 2022: the prior's and the count's normal."""
    variance = ERROR**2 + 0.01**2  # of the register, and of an exact figure
    gain = LEVEL_SD**2 / (LEVEL_SD**2 + variance)
    prior = math.log(1000)
    centre = prior + gain * (math.log(SEEN / REMAINING) - prior)
    return NormalDist(centre, math.sqrt((1 - gain) * LEVEL_SD**2))


@pytest.mark.parametrize(
    ("day", "steps"), [("2022-12-31", 0), ("2023-12-31", 1), ("2025-12-31", 3)]
)
@pytest.mark.parametrize("end", ["2022-12", "2025-12"])
def test_after_the_last_count_the_level_walks_on_by_the_prior(day: str, steps: int, end) -> None:
    """The stock is log-normal then, whether the calendar reaches the day or is prolonged."""
    found = popest.estimate(yearly(end), dates=day)
    learned = level()
    variance = learned.variance + steps * VOLATILITY**2
    expected = NormalDist(learned.mean + math.log(REMAINING), math.sqrt(variance))
    size = found.certificate.ess
    for prob in (0.05, 0.5, 0.95):
        density = expected.pdf(expected.inv_cdf(prob))
        margin = STANDARD_ERRORS * math.sqrt(prob * (1 - prob) / size) / density
        value = math.log(found.stock().quantile(prob))
        assert value == pytest.approx(expected.inv_cdf(prob), abs=margin)
    prior = NormalDist(math.log(1000 * REMAINING), math.hypot(LEVEL_SD, VOLATILITY * steps**0.5))
    margin = STANDARD_ERRORS * 1.2533 * prior.stdev / math.sqrt(found.settings.n_draws)
    assert math.log(found.prior_stock().median) == pytest.approx(prior.mean, abs=margin)


@pytest.mark.parametrize(("day", "steps"), [("2023-12-31", 1), ("2025-12-31", 3)])
def test_the_share_that_is_assumed_is_that_of_the_steps_to_come(day: str, steps: int) -> None:
    """Of a random walk it is k v^2 / (k v^2 + s^2), with s the sd of what is learned."""
    (scenario,) = popest.estimate(yearly(), dates=day).scenarios.values()
    to_come = steps * VOLATILITY**2
    expected = to_come / (to_come + level().variance)
    assert scenario.assumed == pytest.approx(expected, abs=0.02)
    assert (scenario.last.day, scenario.last.observation) == (date(2022, 12, 31), "REG1")


def test_nothing_new_is_assumed_where_nothing_new_can_happen(static) -> None:
    """Neither of a population that never changes, nor of arrivals at a level that does not."""
    (one,) = static.estimate(dates="2030-12-31").scenarios.values()
    (other,) = popest.estimate(yearly(volatility=0), dates="2030-12-31").scenarios.values()
    assert one.assumed == other.assumed == 0.0
    assert "variance" not in str(one) + str(other)
    assert str(one).startswith("scenario: 2030-12-31 lies ")


def test_the_step_that_was_counted_in_is_not_assumed() -> None:
    """The level of December is that of the quarter, of which a count in October speaks."""
    study = popest.load_study("serbia-report-2024")
    found = popest.estimate(study, dates=["2023-12-31", "2024-01-31"], draws=2_000)
    assert study.last_count.day == date(2023, 12, 20)
    same_quarter, next_quarter = found.scenarios.values()
    assert same_quarter.assumed == 0 < next_quarter.assumed < 0.05


def test_a_wave_to_come_is_assumed() -> None:
    wave = """
[[population.wave]]
name = "second"
weights = { "2023-12" = 1 }
size = { median = 1e6, sigma = 0.5, because = "a guess" }
"""
    study = yearly("2023-12", wave=wave, volatility=0)
    (scenario,) = popest.estimate(study, dates="2023-12-31").scenarios.values()
    assert scenario.assumed == pytest.approx(1, abs=0.01)


def test_a_date_counted_is_no_scenario(moving) -> None:
    found = moving.estimate(dates=["2022-12-31", "2023-03-17", "2023-03-18"])
    assert list(found.scenarios) == [date(2023, 3, 18)]
    assert [block["scenario"] for block in found.to_dict()["dates"]] == [False, False, True]
    assert [block["assumed"] for block in found.to_dict()["dates"]] == [None, None, 0]


def test_earlier_dates_keep_their_bytes(moving) -> None:
    """A later date moves nothing of an earlier one; nor does a still later one."""
    days = ["2022-06-15", "2023-12-31"]
    later = [*days, "2024-02-15", "2024-12-31"]
    last = [*later, "2031-05-05"]
    documents = [moving.estimate(dates=each).to_dict() for each in (days, later, last)]
    first, second, third = (document["dates"] for document in documents)
    assert as_json(second[:2]) == as_json(first) and as_json(third[:4]) == as_json(second)
    rows = documents[0]["trajectory"]
    assert rows[-1]["date"] == "2023-12-31"
    assert documents[2]["trajectory"][: len(rows)] == rows
    assert documents[2]["trajectory"][-1]["date"] == "2031-05-31"
    assert [d["date"] for d in third] == last and json.dumps(third)


def test_the_months_after_a_calendar_follow_its_recursion(moving) -> None:
    """N_t = N_{t-1} exp(-h) + a_t exp(-h/2), from the last stock of the study's own months."""
    found = moving.estimate(dates="2024-06-30")
    own, (model, state) = found.draws.state.population, found.reach(date(2024, 6, 30))
    assert found.calendar.months[-1] == model.calendar.months[-1] == "2024-06"
    steps = [name for name in model.normals.names if name.startswith("volatility[")]
    assert steps[-2:] == ["volatility[2024Q1]", "volatility[2024Q2]"]
    stock, hazard = own.stock[-1], own.hazard
    for month in range(24, 30):
        arrivals = state.population.arrivals[month]
        stock = stock * np.exp(-hazard) + arrivals * np.exp(-0.5 * hazard)
        assert state.population.stock[month] == pytest.approx(stock, rel=1e-12)
    last = found.trajectory().iloc[-1]
    assert last["median"] == found.stock("2024-06-30").median
    walk = np.log(state.population.arrivals[[-1, -4]])
    steps = np.diff(walk, axis=0)[0]
    assert steps.std() == pytest.approx(0.2, rel=0.05) and abs(steps.mean()) < 0.02


def test_any_later_day_may_be_asked_of_an_estimate(moving) -> None:
    asked, unasked = moving.estimate(dates="2025-06-30"), moving.estimate()
    assert asked.stock().median == unasked.stock("2025-06-30").median
    assert asked.prior_stock().median == unasked.prior_stock("2025-06-30").median
    assert unasked.calendar == unasked.study.calendar


def test_latest_and_today_are_days(moving) -> None:
    before = date.today()
    found = moving.estimate(dates=["latest", "today"])
    assert found.dates[0] == date(2023, 3, 17) and before <= found.dates[1] <= date.today()
    assert found.to_dict()["dates"][1]["date"] == str(found.dates[1])
    assert found.stock("latest").median == found.stock("2023-03-17").median


def test_no_row_is_the_latest_of_none(moving) -> None:
    study = moving.study(as_of="2022-01-01")
    assert study.last_count is None
    with pytest.raises(popest.UsageError, match="uses no row, so none is the last"):
        popest.estimate(study, dates="latest")


def test_a_saved_estimate_keeps_its_later_dates(moving, tmp_path: Path) -> None:
    found = moving.estimate(dates=["2025-06-30", "2022-12-31"])
    loaded = popest.load_estimate(found.save(tmp_path / "later.nc"))
    assert isinstance(loaded, Estimate)
    assert as_json(loaded.to_dict()) == as_json(found.to_dict())


def test_two_studies_are_compared_on_a_later_day(moving) -> None:
    old, new = moving.study(), moving.counting("REG2", 1_200).study()
    found = compare(old, new, date="2024-09-30")
    moved = sum(share.median for share in found.shares) + found.remainder
    ends = [popest.estimate(study, dates="2024-09-30").stock().median for study in (old, new)]
    assert moved == pytest.approx(ends[1] - ends[0], rel=1e-9)
    assert found.to_dict()["date"] == "2024-09-30" and found.to_dict()["scenario"]
    assert "This is a scenario: the last count used is of 2023-03-17." in found.sentence
    past = history(new, date="2024-09-30", draws=2_000)
    assert past.to_dict()["scenario"] and "This is a scenario" in str(past)
    assert not history(new, date="2023-03-17", draws=2_000).to_dict()["scenario"]


def test_what_grows_beyond_all_numbers_is_not_certified() -> None:
    wild = '{ median = 2, sigma = 5, because = "no idea" }'
    study = yearly(volatility=wild)
    assert popest.estimate(study).certificate.certified
    with pytest.raises(popest.NotCertifiedError, match="numbers that are not finite"):
        popest.estimate(study, dates=["2022-12-31", "2052-12-31"])


def test_more_months_leave_room_for_fewer_draws(moving) -> None:
    with pytest.raises(popest.UsageError, match="the 720 months and "):
        moving.estimate(dates="2081-12-31", draws=100_000)


def test_a_scenario_is_said_wherever_an_answer_is(moving) -> None:
    found = moving.estimate(dates=["2024-12-31", "2022-12-31"])
    share = f"{100 * found.scenarios[date(2024, 12, 31)].assumed:.0f} %"
    for said in (str(found), html.unescape(found._repr_html_())):
        text = " ".join(said.split())
        assert "Warning:" in text and "scenario: 2024-12-31 lies 655 days after" in text
        assert "This is a scenario: the last count used is of 2023-03-17." in text
        assert "2024-12-31*" in text and "2022-12-31*" not in text
        assert "* later than the last used count (2023-03-17): a scenario." in text
        assert f"before it known, {share} (2024-12-31) of the variance of the" in text
    assert "*" not in str(moving.estimate(dates="2022-12-31"))


def test_all_dates_of_a_headline_are_estimated(moving) -> None:
    days = '["2022-12-31", "2022-06-30", "2023-06-30"]'
    sketch = moving.but('headline = "2022-12-31"', f"headline = {days}")
    found, one = sketch.estimate(), moving.estimate()
    assert [str(day) for day in found.dates] == json.loads(days)
    assert found.stock().median == one.stock().median == found.stock("2022-12-31").median
    table = str(found)[str(found).index("\ndate ") :]
    said = [line[:11].rstrip("* ") for line in table.splitlines() if line.startswith("202")]
    assert said == json.loads(days)
    whole, single = found.to_dict(), one.to_dict()
    assert whole["dates"][0] == single["dates"][0] and len(single["dates"]) == 1
    assert replace(found.settings, dates=()) == found.settings


def test_variants_stand_beside_one_another_on_all_dates(moving) -> None:
    """The last day counted is that of the study, also where a variant leaves its row out."""
    variant = '[variant.shorter]\nbecause = "a guess"\nignore = ["VOT1"]\n'
    own = '[variant.earlier]\nbecause = "a guess"\nset = { "headline" = "2022-06-30" }\n'
    study = replace(moving, specification=moving.specification + variant + own).study()
    days = ("latest", "2022-12-31")
    itself, shorter, earlier = estimate_variants(study, dates=days, draws=2_000)
    asked = [Estimand(date(2023, 3, 17)), Estimand(date(2022, 12, 31))]
    assert list(itself.of_each) == list(shorter.of_each) == asked
    assert itself.headline is not None and itself.headline.median == itself.of_each[asked[0]].median
    text = variants_text([itself, shorter, earlier])
    assert "; median and 90 % of 2023-03-17" in text and "median 2022-12-31" in text
    rows = estimate_variants(study, draws=2_000)
    assert [list(row.of_each) for row in rows][2] == [Estimand(date(2022, 6, 30))]
    listed = moving.but('headline = "2022-12-31"', 'headline = ["2022-12-31", "2023-06-30"]')
    both = replace(listed, specification=listed.specification + own).study()
    said = variants_text(estimate_variants(both, draws=2_000)).splitlines()
    assert "median 2023-06-30" in said[2]
    blocks = document(popest.estimate(both, draws=2_000), estimate_variants(both, draws=2_000))
    assert [len(block["dates"]) for block in blocks["variants"]] == [2, 1]
