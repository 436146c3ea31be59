"""Exposures against a count of days: every day of every window is visited."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
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
from popest.model.normals import Normals
from popest.model.population import Population
from popest.model.state import State
from popest.study.calendar import Calendar
from popest.study.measures import MEASURES
from popest.study.observations.observation import Observation
from popest.study.specification.reading import read
from popest.study.specification.records import Specification

SHIPPED = tuple(MEASURES)

LAGS = (0.05, 0.3, 1.0, 3.0, 7.5, 24.0)
EVERY = (1, 2, 5, 12, 40)
UNCERTAIN = small.log_normal(0.4, 0.5)


def baseline() -> dict[str, Any]:
    return {"baseline": small.known(50)}


def dated(start: str, *months: int) -> list[dict[str, Any]]:
    """Periods of renewal from the first month on, a new one every four months."""
    year, month = map(int, start.split("-"))
    firsts = [divmod(year * 12 + month - 1 + 4 * number, 12) for number in range(len(months))]
    pairs = zip(firsts, months, strict=True)
    return [{"from": f"{y}-{m + 1:02}", "months": every} for (y, m), every in pairs]


KINDS: dict[str, Callable[[float, int, str], dict[str, Any]]] = {
    "stock": lambda *_: small.source("stock"),
    "presence": lambda *_: small.source("presence", **baseline()),
    "arrivals": lambda *_: small.source("arrivals", **baseline()),
    "lagged": lambda lag, *_: small.source("arrivals", lag_months=lag, **baseline()),
    "departures": lambda *_: small.source("departures", **baseline()),
    "floor": lambda *_: small.source("floor"),
    "heard of": lambda lag, *_: small.source("stock", lag_months=lag),
    "later": lambda lag, *_: small.source("arrivals", lag_months=lag, later=0.7, **baseline()),
    "uncertain later": lambda *_: small.source("arrivals", later=UNCERTAIN),
    "renewed": lambda _, every, __: small.source("arrivals", every_months=every, **baseline()),
    "some renewed": lambda lag, every, _: small.source(
        "arrivals", every_months=every, renewed=0.6, lag_months=lag, later=UNCERTAIN
    ),
    "renewed by date": lambda _, every, start: small.source(
        "arrivals", every_months=dated(start, every, 3, 7, 2), renewed=0.9
    ),
    "in force": lambda _, every, __: small.source("stock", every_months=every),
    "late in force": lambda lag, every, _: small.source(
        "stock", every_months=every, renewed=0.4, lag_months=lag
    ),
    "in force by date": lambda _, every, start: small.source(
        "stock", every_months=dated(start, 5, every, 3), renewed=0.8
    ),
}


def entries_of(kind: str, lag: float, every: int, start: str) -> dict[str, Any]:
    if kind == "net_change":
        bias = {"mean": 0.0, "sd": 1.0, "because": "-"}
        return small.source(kind, bias=bias, error={"sd": 1.0, "because": "-"})
    return KINDS[kind](lag, every, start) | {"ratio": small.ratio(0.5, 0.3)}


ALL_KINDS = (*KINDS, "net_change")


def path_of(n_months: int, hazard: float, initial: float, seed: int) -> brute_force.Path:
    """Arrivals at random, and what becomes of them month by month."""
    rng = np.random.default_rng(seed)
    arrivals, stock, present = rng.lognormal(6, 1, n_months).tolist(), [], initial
    for came in arrivals:
        present = present * math.exp(-hazard) + came * math.exp(-hazard / 2)
        stock.append(present)
    normals = {"later[s]": float(rng.standard_normal())}
    return brute_force.Path(arrivals, stock, hazard, initial=initial, normals=normals)


def state_of(path: brute_force.Path, normals: Normals) -> State:
    """The same population as popest has it."""
    u = np.array([path.normals[name] for name in normals.names])
    parts = (path.arrivals, path.stock, path.hazard, path.initial)
    return State(u, Population(*map(np.array, parts)), np.empty(0))


def seen_by_popest(
    specification: Specification, rows: list[Observation], path: brute_force.Path
) -> np.ndarray:
    normals = Normals()
    pairs = [(row, specification.source[row.source]) for row in rows]
    seen = exposures(pairs, specification, normals)
    return np.asarray(seen(state_of(path, normals)))


def specification_of(
    source: dict[str, Any], calendar: dict[str, Any], initial: float
) -> Specification:
    population = small.arrivals_population()
    if initial:
        population["initial"] = small.known(initial)
    return read(Specification, small.document(population, {"s": source}, **calendar))


@pytest.mark.parametrize("kind", ALL_KINDS)
@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    st.data(),
    strategies.calendars(15),
    st.sampled_from(LAGS),
    st.sampled_from(EVERY),
    st.tuples(
        st.sampled_from([1e-6, 0.014, 0.2, 1.0]),
        st.sampled_from([0.0, 800.0]),
        st.integers(0, 2**32),
    ),
)
def test_exposure_is_the_sum_over_days(
    kind: str,
    data: st.DataObject,
    calendar: dict[str, Any],
    lag: float,
    every: int,
    population: tuple[float, float, int],
) -> None:
    """Leap years, first days within a month, windows of one day to all days, and before them.

    Papers are kept in a list, and their holders leave day by day.
    """
    source = entries_of(kind, lag, every, calendar["start"])
    hazard, initial, seed = population
    specification = specification_of(source, calendar, initial)
    is_early = kind == "net_change" or "baseline" in source
    rows = data.draw(strategies.rows("s", source["measure"], calendar, 2, early=is_early))
    path = path_of(len(brute_force.Months.of(specification)), hazard, initial, seed)
    record = specification.source["s"]
    truth = [brute_force.exposure(specification, record, row, path) for row in rows]
    found = seen_by_popest(specification, rows, path)
    # A short window early in a long lag sees few arrivals: differences of distribution
    # functions, in popest as here, are then good to 1e-13 of what arrived.
    assert found == pytest.approx(truth, rel=1e-9, abs=1e-11 * sum(path.arrivals))


WINDOWS = (
    ("2023-11-18", "2023-11-18"),
    ("2023-11-20", "2024-02-29"),
    ("2024-01-01", "2024-01-31"),
    ("2024-02-10", "2024-03-31"),
    ("2023-12-05", "2024-07-30"),
)


@pytest.mark.parametrize("initial", [0.0, 900.0])
@pytest.mark.parametrize("lag", [1.0, 7.5])
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_windows_in_a_leap_year_are_summed_over_days(kind: str, lag: float, initial: float) -> None:
    """From within a month, over the turn of the year and a 29th of February."""
    calendar = {"start": "2023-11", "end": "2024-07", "first_day": "2023-11-18"}
    source = entries_of(kind, lag, 3, "2023-11")
    specification = specification_of(source, calendar, initial)
    is_window = source["measure"] not in ("stock", "floor")
    rows = [
        small.count(f"R{number}", "s", 1, end, start if is_window else None)
        for number, (start, end) in enumerate(WINDOWS)
    ]
    path = path_of(9, 0.03, initial, 1)
    record = specification.source["s"]
    truth = [brute_force.exposure(specification, record, row, path) for row in rows]
    found = seen_by_popest(specification, rows, path)
    assert found == pytest.approx(truth, rel=1e-9, abs=1e-11 * sum(path.arrivals))


NEW_KEYS: dict[str, tuple[str, dict[str, Any]]] = {
    "lag_months of a stock": ("stock", {"lag_months": 2.0}),
    "every_months of a stock": ("stock", {"every_months": 3}),
    "periods of a stock": ("stock", {"every_months": dated("2022-01", 3, 4)}),
    "renewed of a stock": ("stock", {"every_months": 3, "renewed": 0.5}),
    "lag_months of papers in force": ("stock", {"every_months": 3, "lag_months": 1.0}),
    "every_months of arrivals": ("arrivals", {"every_months": 3}),
    "periods of arrivals": ("arrivals", {"every_months": dated("2022-01", 3, 4)}),
    "renewed of arrivals": ("arrivals", {"every_months": 3, "renewed": 0.5}),
    "lag_months of renewals": ("arrivals", {"every_months": 3, "lag_months": 1.0}),
    "later": ("arrivals", {"later": 0.3}),
    "later beside renewals": ("arrivals", {"every_months": 3, "later": 0.3}),
    "uncertain later": ("arrivals", {"later": small.log_normal(0.3, 0.5)}),
}


def test_no_key_is_ignored() -> None:
    """Every new key, with every measure that has it, changes what is seen, each from all others."""
    seen = set()
    for measure, keys in [("stock", {}), ("arrivals", {}), *NEW_KEYS.values()]:
        source = small.source(measure, ratio=small.ratio(0.5, 0.3), **keys)
        specification = specification_of(source, {}, 0.0)
        start = None if measure == "stock" else "2022-08-01"
        row = small.count("R", "s", 1, "2022-10-12", start)
        seen.add(round(float(seen_by_popest(specification, [row], path_of(12, 0.05, 0, 3))[0]), 6))
        declared = MEASURES[measure].rules
        assert keys.keys() <= declared.optional
    assert len(seen) == 2 + len(NEW_KEYS)
    named = {(measure, key) for measure, keys in NEW_KEYS.values() for key in keys}
    assert named >= {
        (measure, key)
        for measure in SHIPPED
        for key in MEASURES[measure].rules.optional & {"every_months", "renewed", "later"}
    }


@pytest.mark.parametrize("kind", [kind for kind in ALL_KINDS if kind != "floor"])
def test_those_there_before_are_seen_by_every_measure_but_new_arrivals(kind: str) -> None:
    calendar = {"start": "2022-01", "end": "2022-12"}
    source = entries_of(kind, 2.0, 3, "2022-01")
    start = None if source["measure"] == "stock" else "2022-02-01"
    row = small.count("R", "s", 1, "2022-10-12", start)
    without, beside = (
        seen_by_popest(
            specification_of(source, calendar, number), [row], path_of(12, 0.05, number, 3)
        )
        for number in (0.0, 700.0)
    )
    assert (without == beside).all() == (kind in ("arrivals", "lagged"))


@pytest.mark.parametrize("kind", ALL_KINDS)
@settings(derandomize=True, max_examples=10, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([0.014, 0.3]),
    st.floats(0.1, 5),
    st.floats(0.1, 5),
)
def test_exposure_is_linear_in_arrivals_and_initial_persons(
    kind: str, seed: int, hazard: float, once: float, twice: float
) -> None:
    """Given the hazard, so that ratios can be integrated exactly: f(bx + cy) = b f(x) + c f(y)."""
    source = entries_of(kind, 2.0, 4, "2022-01")
    specification = specification_of(source, {"start": "2022-01", "end": "2023-03"}, 1.0)
    start = None if source["measure"] in ("stock", "floor") else "2022-03-05"
    row = small.count("R", "s", 1, "2022-12-17", start)
    one, other = path_of(15, hazard, 300.0, seed), path_of(15, hazard, 5000.0, seed + 1)
    other = replace(other, normals=one.normals)
    both = brute_force.Path(
        [once * a + twice * b for a, b in zip(one.arrivals, other.arrivals, strict=True)],
        [once * a + twice * b for a, b in zip(one.stock, other.stock, strict=True)],
        hazard,
        initial=once * one.initial + twice * other.initial,
        normals=one.normals,
    )
    found, first, second = (
        seen_by_popest(specification, [row], path)[0] for path in (both, one, other)
    )
    scale = once * abs(first) + twice * abs(second)
    assert found == pytest.approx(once * first + twice * second, rel=1e-12, abs=1e-12 * scale)


def test_papers_in_force_of_a_steady_population() -> None:
    """By hand: arrivals that balance departures, R = 12 and h = .03: 1.19 papers a person.

    Each month's papers are those of its arrivals and e^{-Rh} of those twelve months before; with
    P of them a month 12 P are in force, and P (1 - e^{-Rh}) = a = N (1 - e^{-h}) e^{h/2}.
    """
    source = small.source("stock", ratio=small.ratio(0.5, 0.3), every_months=12)
    calendar = {"start": "2022-01", "end": "2041-12"}
    specification = specification_of(source, calendar, 1000.0)
    came = 1000 * (1 - math.exp(-0.03)) * math.exp(0.015)
    path = brute_force.Path([came] * 240, [1000.0] * 240, 0.03, initial=1000.0)
    row = small.count("R", "s", 1, "2041-12-31")
    by_hand = 12 * came / (1 - math.exp(-0.36)) / 1000
    assert by_hand == pytest.approx(1.19, abs=0.005)
    found = seen_by_popest(specification, [row], path)[0]
    assert found / 1000 == pytest.approx(by_hand, rel=1e-4)


@settings(derandomize=True, max_examples=40)
@given(st.data(), strategies.calendars(18))
def test_a_static_population_is_the_same_on_every_day(
    data: st.DataObject, calendar: dict[str, Any]
) -> None:
    entries = small.document(small.static_population(small.known(700)), {}, **calendar)
    entries["source"] = {"s": entries_of("stock", 0, 1, "2022-01")}
    specification = read(Specification, entries)
    rows = data.draw(strategies.rows("s", "stock", calendar))
    n_months = len(brute_force.Months.of(specification))
    path = brute_force.Path([0.0] * n_months, [700.0] * n_months, 0.0, static=True)
    found = seen_by_popest(specification, rows, path)
    assert found == pytest.approx(np.full(len(rows), 700.0), rel=1e-12)


def test_stock_before_the_first_day_is_that_of_those_there_before() -> None:
    calendar = Calendar("2022-02", "2022-05", small.count("x", "s", 1, "2022-02-24").end)
    before, first, third = (small.count("x", "s", 1, f"2022-02-{day}").end for day in (23, 24, 26))
    assert stock_on(calendar, before).tolist() == [1, 0, 0, 0, 0]
    assert stock_on(calendar, first) == pytest.approx([0.8, 0.2, 0, 0, 0])
    assert stock_on(calendar, third) == pytest.approx([0.4, 0.6, 0, 0, 0])


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
