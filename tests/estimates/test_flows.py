"""Tests of arrivals and departures of a window: closed forms, days that are summed one by one, and
that no place where an estimate is shown speaks of a flow as of a stock."""

import json
import math
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Any

import brute_force
import numpy as np
import pandas as pd
import pytest

import popest
from constant_flow import (
    CONSTANT,
    FIRST,
    LAST,
    LEVEL,
    LEVEL_SD,
    ROW,
    SHARES,
    level,
)
from popest.estimates import Estimate, estimate_variants
from popest.estimates.comparisons.comparison import compare
from popest.estimates.comparisons.history import history
from popest.estimates.days import values_of
from popest.estimates.distribution import Distribution
from popest.estimates.folder import write_folder
from popest.estimates.words import persons, variants_text
from popest.ledger.export import exported
from popest.model.model import Model
from popest.study import UsageError, study_from_texts
from popest.study.estimand import Estimand
from small_study import HEADER

STANDARD_ERRORS = 4


def constant(old: str = "", new: str = "") -> popest.Study:
    """The same arrivals every month, of which an office counts an uncertain share for a year."""
    assert old in CONSTANT
    return study_from_texts("constant", CONSTANT.replace(old, new), HEADER + ROW)


@pytest.fixture(scope="module")
def flow() -> Estimate:
    return popest.estimate(constant())


def assert_log_normal(found: Distribution, expected: NormalDist, size: float) -> None:
    for prob in (0.05, 0.5, 0.95):
        density = expected.pdf(expected.inv_cdf(prob))
        margin = STANDARD_ERRORS * math.sqrt(prob * (1 - prob) / size) / density
        assert math.log(found.quantile(prob)) == pytest.approx(expected.inv_cdf(prob), abs=margin)


@pytest.mark.parametrize("engine", ["bank", "slice"])
def test_arrivals_of_a_window_with_part_months_are_log_normal(engine: Any) -> None:
    found = popest.estimate(constant(), engine=engine)
    size = (found.certificate.ess or found.certificate.ess_tail) or 0.0
    assert_log_normal(found.arrivals(FIRST, LAST), level() + math.log(SHARES), size)
    prior = NormalDist(math.log(LEVEL * SHARES), LEVEL_SD)
    assert_log_normal(found.prior_arrivals(FIRST, LAST), prior, found.settings.n_draws)


def test_departures_of_a_window_are_log_normal_too(flow: Estimate) -> None:
    """With a known hazard all flows are proportional to the level."""
    stock = before = 0.0
    left = []
    for _ in range(12):
        before, stock = stock, stock * math.exp(-0.5) + math.exp(-0.25)
        left.append(before + 1 - stock)
    months = 19 / 28 * left[1] + left[2] + left[3] / 2
    found = flow.departures(FIRST, LAST)
    assert_log_normal(found, level() + math.log(months), flow.certificate.ess or 0.0)
    prior = NormalDist(math.log(LEVEL * months), LEVEL_SD)
    assert_log_normal(flow.prior_departures(FIRST, LAST), prior, flow.settings.n_draws)


def test_after_the_calendar_arrivals_go_on(flow: Estimate) -> None:
    found = flow.arrivals("2022-12-01", "2023-02-28")
    assert_log_normal(found, level() + math.log(3), flow.certificate.ess or 0.0)
    prior = NormalDist(math.log(LEVEL * 3), LEVEL_SD)
    assert_log_normal(flow.prior_arrivals("2022-12-01", "2023-02-28"), prior, flow.settings.n_draws)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2022-01-10", "2022-01-31"), ("2022-01-20", "2022-03-07"), ("2023-02-28", "2023-02-28")],
)
@pytest.mark.parametrize("flow", ["arrivals", "departures"])
def test_a_flow_is_the_sum_of_its_days_in_every_draw(moving, flow: Any, first: str, last: str):
    """Of a calendar whose first month begins late, with a wave, a walk and an unknown hazard."""
    study = moving.study()
    model = Model(study.specification, study.used)
    u = np.random.default_rng(1).standard_normal((len(model.normals), 5))
    ends = date.fromisoformat(first), date.fromisoformat(last)
    found = values_of(model, model.population(u), Estimand(ends[1], flow, ends[0]))
    months = brute_force.Months.of(study.specification)
    for draw in range(5):
        normals = dict(zip(model.normals.names, u[:, draw], strict=True))
        path = brute_force.population(study.specification, normals)
        total, day = 0.0, ends[0]
        while day <= ends[1]:
            month = months.find(day)
            came, before = path.arrivals[month], path.before(month)
            of_month = came if flow == "arrivals" else before + came - path.stock[month]
            total += of_month / len(months.days[month])
            day += timedelta(1)
        assert found[draw] == pytest.approx(total, rel=1e-9)


def test_who_came_less_who_left_is_the_change_of_the_stock(moving) -> None:
    found = moving.estimate()
    window = ("2022-03-01", "2022-10-31")
    change = found.stock("2022-10-31").values - found.stock("2022-02-28").values
    net = found.arrivals(*window).values - found.departures(*window).values
    np.testing.assert_allclose(net, change, rtol=1e-9, atol=1e-6)


def test_the_headline_is_the_flow(flow: Estimate) -> None:
    of_window = flow.arrivals(FIRST, LAST)
    assert flow.interval(0.9)[:2] == of_window.interval(0.9)[:2]
    assert flow.probability(150, 250) == of_window.probability(150, 250)
    assert flow.interval(0.9, date=LAST)[:2] == flow.stock(LAST).interval(0.9)[:2]
    assert flow.dates == () and [str(asked) for asked in flow.asked] == [
        f"arrivals from {FIRST} to {LAST}"
    ]
    with pytest.raises(UsageError, match=r"estimates arrivals from .* name the day whose stock"):
        flow.stock()


def test_words_and_tables_name_the_window(flow: Estimate) -> None:
    of_window = flow.arrivals(FIRST, LAST)
    said = " ".join(str(flow).split())
    assert said.startswith(f"People of A in B, arrivals from {FIRST} to {LAST}: between ")
    assert f"median {persons(of_window.median)}. The probability that it lies between 150" in said
    assert "arrivals median" in said and f"{FIRST} to {LAST} " in said
    assert "stock" not in said and "date " not in said
    table = flow.table()
    assert list(table.index.names) == ["arrivals_from", "arrivals_to"]
    assert table.index[0] == (pd.Timestamp(FIRST), pd.Timestamp(LAST))
    assert table["median"].iloc[0] == of_window.median
    assert table["prior_median"].iloc[0] == flow.prior_arrivals(FIRST, LAST).median


def test_json_has_the_window_in_place_of_a_date(flow: Estimate) -> None:
    document = flow.to_dict()
    (block,) = document["dates"]
    assert document["arrivals"] == block["arrivals"] == [FIRST, LAST]
    assert "date" not in document and "date" not in block
    assert document["median"] == pytest.approx(flow.arrivals(FIRST, LAST).median, rel=1e-6)


def test_asking_for_a_day_gives_the_stock() -> None:
    found = popest.estimate(constant(), dates="2022-12-31")
    assert found.to_dict()["date"] == "2022-12-31" and "arrivals" not in found.to_dict()
    assert found.interval(0.9)[:2] == found.stock("2022-12-31").interval(0.9)[:2]


def test_files_hold_the_flow_and_give_it_again(flow: Estimate, tmp_path: Path) -> None:
    write_folder(flow, tmp_path)
    header = (tmp_path / "table.csv").read_text().splitlines()[0]
    assert header.startswith("arrivals_from,arrivals_to,median,")
    loaded, document = popest.load_estimate(tmp_path / "estimate.nc"), flow.to_dict()
    again = loaded.to_dict()
    assert document.pop("seconds") >= 0 and again.pop("seconds") >= 0
    assert json.dumps(again) == json.dumps(document)
    assert json.loads(exported(constant(), "json")["constant.json"])["headline"] == [
        {"arrivals": [FIRST, LAST]}
    ]


def test_variants_history_and_comparison_are_of_the_flow(flow: Estimate) -> None:
    study = flow.study
    itself, busy = estimate_variants(study, itself=flow)
    assert itself.headline is not None and busy.headline is not None
    assert itself.headline.median == flow.arrivals(FIRST, LAST).median < busy.headline.median
    text = variants_text([itself, busy])
    assert f"median and 90 % of arrivals from {FIRST} to {LAST}" in text
    (vintage,) = (found := history(study)).vintages
    assert vintage.headline is not None
    assert vintage.headline.median == flow.arrivals(FIRST, LAST).median
    assert f"the arrivals from {FIRST} to {LAST} as of" in str(found)
    assert found.to_dict()["arrivals"] == [FIRST, LAST] and "date" not in found.to_dict()
    moved = compare(flow, constant(f"median = {LEVEL}\n", "median = 150\n"))
    assert moved.sentence.startswith(f"The median for arrivals from {FIRST} to {LAST} moved from ")
    assert moved.to_dict()["arrivals"] == [FIRST, LAST]
    # A prior's log median that moves by d moves the posterior's by (1 - gain) d.
    share = level().variance / LEVEL_SD**2
    (change,) = moved.shares
    before = flow.arrivals(FIRST, LAST).median
    expected = before * math.expm1(share * math.log(1.5))
    assert change.median == pytest.approx(expected, abs=4 * change.median_se)


def test_pictures_speak_of_the_flow_or_of_the_stock(flow: Estimate) -> None:
    said = [text.get_text() for text in history(flow.study).plot().figure.findobj(match=_is_text)]
    assert any(text.startswith(f"The arrivals from {FIRST}") for text in said)
    assert any("of the arrivals in one and the same window" in text for text in said)
    rows = [label.get_text() for label in flow.plot(kind="sources").get_yticklabels()]
    assert rows[0] == f"the stock, {LAST}"
    assert f"interval, on {LAST}\n" in flow.plot(kind="ratios").get_xlabel()


def _is_text(artist: Any) -> bool:
    return hasattr(artist, "get_text")


def test_a_window_after_the_last_count_is_a_scenario() -> None:
    """The level does not change, so that nothing of what comes after the count is assumed."""
    study = constant(f'"{FIRST}", "{LAST}"', '"2022-07-01", "2022-12-31"')
    early = study_from_texts(
        "early", study.specification_text, HEADER + ROW.replace("12-31", "05-31", 1)
    )
    found = popest.estimate(early)
    (scenario,) = found.scenarios.values()
    assert scenario.day == date(2022, 12, 31) and scenario.assumed == 0
    assert found.to_dict()["scenario"] and "2022-12-31 lies 214 days after" in found.warnings[0]


def test_the_share_that_is_assumed_is_that_of_the_flow() -> None:
    """Half of the window's steps of the walk are to come: Var log N by simulation of the prior."""
    text = CONSTANT.replace("volatility = 0\n", 'volatility = 0.4\nstep = "month"\n')
    text = text.replace(f'"{FIRST}", "{LAST}"', '"2022-06-01", "2022-07-31"')
    row = ROW.replace("2022-12-31", "2022-06-30", 1)
    found = popest.estimate(study_from_texts("walk", text, HEADER + row))
    (scenario,) = found.scenarios.values()
    # Given June's arrivals a, log(a + a exp(.4 z)) varies by z alone.
    z = np.random.default_rng(1).standard_normal(200_000)
    within = float(np.var(np.log1p(np.exp(0.4 * z))))
    total = Distribution(np.log(found.posterior_of(found.asked[0]).values), found.draws.weights).sd
    assert scenario.assumed == pytest.approx(within / total**2, rel=0.05)
    assert "of the variance of the arrivals' logarithm would remain" in str(scenario)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (LAST, FIRST, "before it begins"),
        ("2021-12-31", LAST, "date 2021-12-31 is outside the calendar"),
        (FIRST, "2100-01-01", "date 2100-01-01 is outside the calendar"),
        ("soon", LAST, "write a day as YYYY-MM-DD"),
    ],
)
@pytest.mark.parametrize("name", ["arrivals", "prior_arrivals", "departures", "prior_departures"])
def test_a_wrong_window_is_refused(flow: Estimate, name, first: str, last: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        getattr(flow, name)(first, last)


def test_nobody_comes_to_a_static_population(static, flow: Estimate) -> None:
    with pytest.raises(UsageError, match="is static, so nobody comes or goes"):
        static.estimate().arrivals("2024-01-01", "2024-01-31")
    town = static.study()
    with pytest.raises(UsageError, match="outside the calendar of study sketch"):
        compare(town, flow)
