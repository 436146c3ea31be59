"""What the error of one figure follows from, by formulas written out."""

from __future__ import annotations

import math
from typing import Any

import pytest
import small_studies as small
from scipy import stats

from popest.study.observations.counting import (
    effective_number,
    is_explicit,
    nested,
    own_error,
    years_counted,
)
from popest.study.observations.observation import Observation
from popest.study.specification.reading import read
from popest.study.specification.records import Source


def source(measure: str = "stock", ratio: small.Table | None = None, **entries: Any) -> Source:
    table = small.source(measure, ratio=ratio or small.ratio(0.5, 0.2), **entries)
    return read(Source, table)


def row(value: int, **entries: Any) -> Observation:
    return small.count("A", "s", value, "2022-12-31", **entries)


def test_events_of_the_target_are_fewer_than_those_counted() -> None:
    """80 of which 20 are others' say as much as 45; half a year has half of a year's others."""
    assert effective_number(row(80), source()) == 80
    assert effective_number(row(80), source(baseline=small.known(20))) == pytest.approx(45)
    half = small.count("A", "s", 80, "2022-06-30", "2022-01-01")
    net = 80 - 40 * 181 / 365.25
    of_year = source("arrivals", baseline=small.known(40))
    assert effective_number(half, of_year) == pytest.approx(net**2 / 80)
    assert years_counted(half) == pytest.approx(181 / 365.25)
    assert years_counted(row(80)) == 1
    assert effective_number(row(20), source(baseline=small.known(20))) == 0
    assert effective_number(row(0), source()) == 0


def arithmetic(width: float, net: float, z: float = 1.959963984540054) -> float:
    return math.sqrt(math.log(1 + (width / (2 * z) / net) ** 2))


def test_a_standard_error_is_that_of_a_log_normal_figure() -> None:
    found = own_error(row(1000, se=200), source(sampling="none"))
    assert found == pytest.approx(math.sqrt(math.log(1.04)), rel=1e-12)
    # And so is the standard deviation of such a figure, over its mean.
    assert stats.lognorm(found).std() / stats.lognorm(found).mean() == pytest.approx(0.2)


def test_a_baseline_leaves_all_of_the_error_to_less() -> None:
    found = own_error(row(1000, se=200), source(baseline=small.log_normal(600, 0.3)))
    assert found == pytest.approx(math.sqrt(math.log(1 + 0.5**2)), rel=1e-12)
    assert own_error(row(500, se=20), source(baseline=small.known(600))) == math.inf


@pytest.mark.parametrize(("error", "on_the_log_scale"), [(0.35, 0.43), (0.5, 1.17)])
def test_a_wald_interval_is_not_read_on_the_log_scale(
    error: float, on_the_log_scale: float
) -> None:
    """1,000 +- 1.96 x 350 has an error of .34, which its bounds on the log scale would call .43."""
    z = stats.norm.ppf(0.975)
    lower, upper = 1000 * (1 - z * error), 1000 * (1 + z * error)
    assert math.log(upper / lower) / (2 * z) == pytest.approx(on_the_log_scale, abs=0.03)
    found = own_error(row(1000, bounds=(lower, upper)), source())
    assert found == pytest.approx(math.sqrt(math.log(1 + error**2)), rel=1e-9)


def test_an_interval_around_its_geometric_middle_is_read_on_the_log_scale() -> None:
    z = stats.norm.ppf(0.975)
    lower, upper = 1000 * math.exp(-z * 0.3), 1000 * math.exp(z * 0.3)
    assert own_error(row(1000, bounds=(lower, upper)), source()) == pytest.approx(0.3, rel=1e-9)
    ninety = source(interval=0.9)
    expected = 0.3 * z / stats.norm.ppf(0.95)
    assert own_error(row(1000, bounds=(lower, upper)), ninety) == pytest.approx(expected, rel=1e-9)


def test_the_middle_of_an_interval_is_judged_without_its_baseline() -> None:
    """1,000 with 600 others: 400 in the geometric middle of 200 to 800, not of 800 to 1,400."""
    z = stats.norm.ppf(0.975)
    others = source(baseline=small.known(600))
    found = own_error(row(1000, bounds=(800, 1400)), others)
    assert found == pytest.approx(math.log(4) / (2 * z), rel=1e-9)
    wald = own_error(row(1000, bounds=(800, 1200)), others)
    assert wald == pytest.approx(arithmetic(400, 400), rel=1e-9)
    below = own_error(row(1000, bounds=(500, 1500)), others)
    assert below == pytest.approx(arithmetic(1000, 400), rel=1e-9)


EXPLICIT = [
    ("many", source(), [row(30)], False),
    ("few", source(), [row(300), row(29)], True),
    ("zero", source(), [row(0)], True),
    ("few besides a baseline", source(baseline=small.known(450)), [row(500)], True),
    ("no events", source(sampling="none"), [row(3)], False),
    ("an error of its own", source(), [row(3, se=1)], False),
    ("a bound", source(), [row(300, precision="at_most")], True),
    ("persons", source(sampling="binomial", ratio={"known": 1, "because": "x"}), [], True),
    ("a share", source(ratio={"seen": 54, "of": 450, "because": "x"}), [], True),
    ("nothing", source(), [], False),
]


@pytest.mark.parametrize(("_", "of", "rows", "explicit"), EXPLICIT, ids=[e[0] for e in EXPLICIT])
def test_a_ratio_is_drawn_where_some_row_is_no_normal_number(
    _: str, of: Source, rows: list[Observation], explicit: bool
) -> None:
    assert is_explicit(of, rows) == explicit


def window(name: str, start: str, end: str) -> Observation:
    return small.count(name, "s", 5, end, start)


def test_a_window_within_another_is_found() -> None:
    year = window("Y", "2022-01-01", "2022-12-31")
    half = window("H", "2022-01-01", "2022-06-30")
    rest = window("R", "2022-07-01", "2022-12-31")
    assert nested([half, rest]) is None
    assert nested([year, rest]) == (rest, year)
    assert nested([half, year]) == (half, year)
    across = window("A", "2022-06-01", "2023-01-31")
    assert nested([year, across]) is None
    assert nested([year, window("Z", "2022-01-01", "2022-12-31")]) is None
