"""Exposures against a count of days: every day of every window is visited."""

from __future__ import annotations

from typing import Any

import brute_force
import numpy as np
import pytest
import small_studies as small
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from popest.model.exposure import arrivals_during, lag_weights, stock_on
from popest.model.measure import exposures
from popest.model.population import Population
from popest.study.calendar import Calendar
from popest.study.specification.records import Specification

MEASURES = ("stock", "presence", "arrivals", "lagged", "net_change", "floor")
LAGS = (0.05, 0.3, 1.0, 3.0, 7.5, 24.0)


def entries_of(measure: str, lag: float) -> dict[str, Any]:
    if measure == "net_change":
        bias = {"mean": 0.0, "sd": 1.0, "because": "-"}
        return small.source(measure, bias=bias, error={"sd": 1.0, "because": "-"})
    if measure == "lagged":
        return small.source("arrivals", ratio=small.ratio(0.5, 0.3), lag_months=lag)
    return small.source(measure, ratio=small.ratio(0.5, 0.3))


@pytest.mark.parametrize("measure", MEASURES)
@settings(derandomize=True, max_examples=60)
@given(st.data(), strategies.calendars(18), st.sampled_from(LAGS), st.integers(0, 2**32))
def test_exposure_is_the_sum_over_days(
    measure: str, data: st.DataObject, calendar: dict[str, Any], lag: float, seed: int
) -> None:
    """Leap years, first days within a month, windows of one day to all days."""
    source = entries_of(measure, lag)
    specification = Specification.model_validate(
        small.document(small.arrivals_population(), {"s": source}, **calendar)
    )
    rows = data.draw(strategies.rows("s", source["measure"], calendar))
    n_months = len(brute_force.Months.of(specification))
    arrivals, stock = np.random.default_rng(seed).lognormal(6, 1, (2, n_months))
    path = brute_force.Path(arrivals.tolist(), stock.tolist(), 0.014)
    truth = [
        brute_force.exposure(specification, specification.source["s"], row, path) for row in rows
    ]
    found = exposures([(row, specification.source["s"]) for row in rows], specification)(
        Population(arrivals, stock, np.array(0.014))
    )
    # A short window early in a long lag sees few arrivals: differences of distribution
    # functions, in popest as here, are then good to 1e-13 of what arrived.
    assert found == pytest.approx(truth, rel=1e-10, abs=1e-12 * arrivals.sum())


WINDOWS = (
    ("2023-11-18", "2023-11-18"),
    ("2023-11-20", "2024-02-29"),
    ("2024-01-01", "2024-01-31"),
    ("2024-02-10", "2024-03-31"),
    ("2023-12-05", "2024-07-30"),
)


@pytest.mark.parametrize("lag", [1.0, 7.5])
@pytest.mark.parametrize("measure", MEASURES)
def test_windows_in_a_leap_year_are_summed_over_days(measure: str, lag: float) -> None:
    """From within a month, over the turn of the year and a 29th of February."""
    source = entries_of(measure, lag)
    calendar = {"start": "2023-11", "end": "2024-07", "first_day": "2023-11-18"}
    specification = Specification.model_validate(
        small.document(small.arrivals_population(), {"s": source}, **calendar)
    )
    is_window = measure in ("presence", "arrivals", "lagged", "net_change")
    rows = [
        small.count(f"R{number}", "s", 1, end, start if is_window else None)
        for number, (start, end) in enumerate(WINDOWS)
    ]
    arrivals, stock = np.random.default_rng(1).lognormal(6, 1, (2, 9))
    path = brute_force.Path(arrivals.tolist(), stock.tolist(), 0.014)
    record = specification.source["s"]
    truth = [brute_force.exposure(specification, record, row, path) for row in rows]
    seen = exposures([(row, record) for row in rows], specification)
    found = seen(Population(arrivals, stock, np.array(0.014)))
    assert found == pytest.approx(truth, rel=1e-10, abs=1e-12 * arrivals.sum())


@settings(derandomize=True, max_examples=40)
@given(st.data(), strategies.calendars(18))
def test_a_static_population_is_the_same_on_every_day(
    data: st.DataObject, calendar: dict[str, Any]
) -> None:
    entries = small.document(small.static_population(small.known(700)), {}, **calendar)
    entries["source"] = {"s": entries_of("stock", 0)}
    specification = Specification.model_validate(entries)
    rows = data.draw(strategies.rows("s", "stock", calendar))
    n_months = len(brute_force.Months.of(specification))
    stock = np.full(n_months, 700.0)
    found = exposures([(row, specification.source["s"]) for row in rows], specification)(
        Population(np.zeros(n_months), stock, np.array(0.0))
    )
    assert found == pytest.approx(np.full(len(rows), 700.0), rel=1e-12)


def test_stock_before_the_first_day_is_nobody() -> None:
    calendar = Calendar("2022-02", "2022-05", small.count("x", "s", 1, "2022-02-24").end)
    before, first, third = (small.count("x", "s", 1, f"2022-02-{day}").end for day in (23, 24, 26))
    assert stock_on(calendar, before).tolist() == [0, 0, 0, 0]
    assert stock_on(calendar, first) == pytest.approx([0.2, 0, 0, 0])
    assert stock_on(calendar, third) == pytest.approx([0.6, 0, 0, 0])


@pytest.mark.parametrize("lag", LAGS)
def test_lag_weights_are_their_formula(lag: float) -> None:
    truth = [brute_force.lag_weight(k, lag) for k in range(150)]
    assert lag_weights(lag, 150) == pytest.approx(truth, abs=1e-13)


@pytest.mark.parametrize("lag", LAGS)
def test_lag_weights_are_a_uniform_day_delayed_by_a_gamma(lag: float) -> None:
    """Numeric integration of the convolution over the day x of the month of arrival."""
    delay = stats.gamma(4, scale=lag / 4)
    for k, found in enumerate(lag_weights(lag, 12)):
        truth, _ = integrate.quad(
            lambda x, k=k: delay.cdf(k + 1 - x) - delay.cdf(k - x),
            0,
            1,
            points=[min(1.0, lag / 4), min(1.0, lag), min(1.0, 2 * lag)],
            epsabs=1e-12,
            limit=200,
        )
        assert found == pytest.approx(truth, abs=1e-10)


@pytest.mark.parametrize("lag", LAGS)
def test_lag_has_exactly_its_mean(lag: float) -> None:
    """And nobody is lost, nor counted early.

    400 months hold all but 1e-20 of a lag of 24. Each weight is a difference of numbers up to 400,
    so it is good to 1e-12.
    """
    weights = lag_weights(lag, 400)
    assert (weights > -1e-12).all()
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert weights @ np.arange(400) == pytest.approx(lag, rel=1e-10)


def test_what_a_lag_moves_past_the_end_is_dropped() -> None:
    """A window over the whole calendar counts the last month's arrivals only by g_0."""
    calendar = Calendar("2022-01", "2022-06")
    weights = arrivals_during(calendar, calendar.first_day, calendar.last_day, 3.0)
    shares = np.cumsum([brute_force.lag_weight(k, 3.0) for k in range(6)])
    assert weights == pytest.approx(shares[::-1], rel=1e-10)
    no_lag = arrivals_during(calendar, calendar.first_day, calendar.last_day)
    assert no_lag.tolist() == [1.0] * 6
