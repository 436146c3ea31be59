"""Arrivals, stock and departures against the recursion written out month by month."""

from __future__ import annotations

import math
from typing import Any

import brute_force
import numpy as np
import pytest
import small_studies as small
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from popest.model.population import Population, accumulate

EXACT = 1e-12  # relative


def recursion(arrivals: np.ndarray, hazard: float) -> list[float]:
    stock, present = [], 0.0
    for arriving in arrivals:
        present = present * math.exp(-hazard) + arriving * math.exp(-hazard / 2)
        stock.append(present)
    return stock


@settings(derandomize=True, max_examples=100)
@given(
    st.integers(1, 400),
    st.floats(math.log(1e-9), math.log(50)).map(math.exp),
    st.integers(0, 2**32),
)
def test_accumulate_is_the_recursion(n_months: int, hazard: float, seed: int) -> None:
    """Hazards from 1e-9 to 50 a month, so that h T reaches 20,000."""
    arrivals = np.random.default_rng(seed).lognormal(5, 2, n_months)
    found = accumulate(arrivals[:, None], np.array([hazard]), n_months)[:, 0]
    assert found == pytest.approx(recursion(arrivals, hazard), rel=EXACT)


@pytest.mark.parametrize("hazard", [2.0, 5.9, 6.0, 50.0])
def test_accumulate_where_closed_forms_overflow(hazard: float) -> None:
    """exp(h T) overflows from h T = 710; h T is 240 to 6,000 here."""
    arrivals = np.linspace(900, 100, 120)
    found = accumulate(arrivals, np.array(hazard), 120)
    assert found == pytest.approx(recursion(arrivals, hazard), rel=EXACT)


@pytest.mark.parametrize("n_months", [120, 143, 144, 145, 720])
def test_few_draws_are_accumulated_as_many_are(n_months: int) -> None:
    """Blocks of months, of which the last one is not full, and a loop over months."""
    rng = np.random.default_rng(n_months)
    arrivals, hazard = rng.lognormal(5, 2, (n_months, 300)), rng.lognormal(-4, 2, 300)
    few = accumulate(arrivals[:, :3], hazard[:3], n_months)
    assert few == pytest.approx(accumulate(arrivals, hazard, n_months)[:, :3], rel=EXACT)


def test_without_departures_everybody_stays() -> None:
    arrivals = np.arange(1.0, 38.0)
    assert accumulate(arrivals, np.array(1e-15), 37) == pytest.approx(np.cumsum(arrivals))


@settings(derandomize=True, max_examples=60)
@given(
    st.integers(1, 60),
    st.sampled_from([1e-9, 1e-3, 0.014, 1.0, 50.0]),
    st.sampled_from([0.0, 700.0]),
    st.integers(0, 2**32),
)
def test_departures_balance_the_books(
    n_months: int, hazard: float, initial: float, seed: int
) -> None:
    """N_t = N_{t-1} + a_t - departures_t, and nobody but they leave."""
    arrivals = np.random.default_rng(seed).lognormal(5, 2, n_months)
    stock = np.array(recursion(arrivals, hazard))
    stock = stock + initial * np.exp(-hazard * np.arange(1, n_months + 1))
    before = np.concatenate([[initial], stock[:-1]])
    departures = Population(arrivals, stock, np.array(hazard), np.array(initial)).departures()
    assert (departures >= 0).all()
    gained = arrivals - departures
    assert gained == pytest.approx(stock - before, abs=1e-9 * max(arrivals.max(), stock.max()))


def test_departures_are_those_of_a_constant_hazard() -> None:
    """To a relative 1e-12 where the balance above would lose every digit: h = 1e-9."""
    departures = Population(
        np.array([100.0, 300.0]), np.array([90.0, 380.0]), np.array(1e-9), np.array(40.0)
    ).departures()
    expected = [40e-9 + 100 * 0.5e-9, 90e-9 + 300 * 0.5e-9]
    assert departures == pytest.approx(expected, rel=1e-8)


@settings(derandomize=True, max_examples=100)
@given(st.data(), strategies.calendars(), st.integers(0, 2**32))
def test_population_is_that_of_the_design(
    data: st.DataObject, calendar: dict[str, Any], seed: int
) -> None:
    """Background by calendar quarter, waves by normalised weights, departures, any calendar."""
    record = data.draw(strategies.populations(strategies.months_of(calendar)))
    model = small.model_of(small.document(record, {}, **calendar))
    normals = strategies.normals_for(model.normals.names, seed)
    truth = brute_force.population(model.specification, normals)
    u = np.array(list(normals.values()))
    for draws in (u, np.stack([u, u], axis=1)):
        found = model.population(draws)
        for values, expected in zip(found, truth_arrays(truth), strict=True):
            last = values if draws.ndim == 1 else values[..., 1]
            assert last == pytest.approx(expected, rel=1e-11)


def truth_arrays(path: brute_force.Path) -> tuple[np.ndarray, np.ndarray, float, float]:
    return np.array(path.arrivals), np.array(path.stock), path.hazard, path.initial


def test_a_population_as_written_out() -> None:
    """From the last month of a quarter, over turns of the year; two waves share a month."""
    waves = [
        small.wave("first", small.log_normal(3000, 0.4), {"2022-02": 3, "2022-03": 2}),
        small.wave("second", small.log_normal(900, 0.7), {"2022-03": 0.5, "2023-01": 0.2}),
    ]
    record = small.arrivals_population(
        small.log_normal(400, 0.6), 0.3, small.log_normal(0.05, 0.5), waves
    )
    record["initial"] = small.log_normal(2500, 0.3)
    model = small.model_of(small.document(record, {}, start="2021-12", end="2023-08"))
    normals = strategies.normals_for(model.normals.names, 6)
    truth = brute_force.population(model.specification, normals)
    found = model.population(np.array(list(normals.values())))
    for values, expected in zip(found, truth_arrays(truth), strict=True):
        assert values == pytest.approx(expected, rel=1e-11)
    before = np.array([truth.initial, *truth.stock[:-1]])
    left = before + np.array(truth.arrivals) - np.array(truth.stock)
    assert found.departures() == pytest.approx(left, rel=1e-8)


def test_quarters_are_those_of_the_calendar() -> None:
    """From February: two months of the first quarter, then three and three and one."""
    record = small.arrivals_population(volatility=0.3)
    model = small.model_of(small.document(record, {}, start="2022-02", end="2022-10"))
    assert model.normals.names == ["volatility[2022Q2]", "volatility[2022Q3]", "volatility[2022Q4]"]
    steps = np.array([1.0, -3.0, 0.5])
    expected = 500 * np.exp(0.3 * np.array([0, 0, 1, 1, 1, -2, -2, -2, -1.5]))
    assert model.population(steps).arrivals == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize(
    ("step", "names", "walk"),
    [
        ("year", ["2023", "2024"], [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -2, -2]),
        (
            "quarter",
            ["2023Q1", "2023Q2", "2023Q3", "2023Q4", "2024Q1"],
            [0, 0, 1, 1, 1, -2, -2, -2, -1.5, -1.5, -1.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        ),
        (
            "month",
            [f"2022-{month}" for month in (12,)]
            + [f"2023-{month:02}" for month in range(1, 13)]
            + ["2024-01", "2024-02"],
            [0, *np.cumsum([1, -3, 0.5, 2, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, -4.5])],
        ),
    ],
)
def test_the_level_moves_by_its_step(step: str, names: list[str], walk: list[float]) -> None:
    """From November over two turns of the year: no step is taken within a year, or every month."""
    record = small.arrivals_population(volatility=0.3)
    record["background"]["step"] = step
    model = small.model_of(small.document(record, {}, start="2022-11", end="2024-02"))
    assert model.normals.names == [f"volatility[{name}]" for name in names]
    steps = np.array([1.0, -3.0, 0.5, 2.0, 0.0, 1, 1, 1, 1, 1, 1, 1, 1, 1, -4.5])[: len(names)]
    assert model.population(steps).arrivals == pytest.approx(
        500 * np.exp(0.3 * np.array(walk)), rel=EXACT
    )


def test_an_uncertain_volatility_scales_every_step() -> None:
    """Its own normal comes beside those of the steps: v = .2 exp(.5 u)."""
    record = small.arrivals_population()
    record["background"] |= {"volatility": small.log_normal(0.2, 0.5), "step": "year"}
    model = small.model_of(small.document(record, {}, start="2022-11", end="2024-02"))
    assert sorted(model.normals.names) == ["volatility", "volatility[2023]", "volatility[2024]"]
    values = {"volatility": 1.2, "volatility[2023]": 1.0, "volatility[2024]": -3.0}
    u = np.array([values[name] for name in model.normals.names])
    walk = 0.2 * math.exp(0.6) * np.array([0, 0, *[1] * 12, -2, -2])
    assert model.population(u).arrivals == pytest.approx(500 * np.exp(walk), rel=EXACT)


def test_those_there_before_leave_like_all_others() -> None:
    """By hand: 800 persons before the first day, nobody comes, half of them leave each month."""
    record = small.arrivals_population(small.known(1e-6), hazard=small.known(math.log(2)))
    record["initial"] = small.log_normal(800, 0.5)
    model = small.model_of(small.document(record, {}, end="2022-03"))
    assert model.normals.names == ["initial"]
    found = model.population(np.array([[0.0, 1.0]]))
    assert found.stock[:, 0] == pytest.approx([400, 200, 100], rel=1e-7)
    assert found.stock[:, 1] == pytest.approx(math.exp(0.5) * np.array([400, 200, 100]), rel=1e-7)
    assert found.departures()[:, 0] == pytest.approx([400, 200, 100], rel=1e-7)


def test_wave_weights_are_shares_of_the_wave() -> None:
    invasion = small.wave("invasion", small.log_normal(8000, 0.8), {"2022-01": 3, "2022-03": 1})
    record = small.arrivals_population(small.known(10), waves=[invasion])
    model = small.model_of(small.document(record, {}, end="2022-04"))
    arrivals = model.population(np.array([0.5])).arrivals
    size = 8000 * math.exp(0.4)
    assert arrivals == pytest.approx([10 + 0.75 * size, 10, 10 + 0.25 * size, 10], rel=EXACT)


def test_a_static_population_is_constant() -> None:
    record = small.static_population(small.log_normal(1200, 0.4))
    model = small.model_of(small.document(record, {}))
    found = model.population(np.array([[0.0, -1.5]]))
    assert found.stock == pytest.approx(np.tile([1200, 1200 * math.exp(-0.6)], (12, 1)), rel=EXACT)
    assert not found.arrivals.any()
    assert not found.hazard.any()


def test_what_is_known_has_no_normal() -> None:
    record = small.static_population(small.known(1200))
    model = small.model_of(small.document(record, {}))
    assert model.normals.names == []
    assert model.population(np.empty((0, 3))).stock == pytest.approx(np.full((12, 3), 1200.0))


@pytest.mark.parametrize("kind", ["arrivals", "static", "known", "everything"])
def test_numpy_and_pytensor_give_one_population(kind: str) -> None:
    import pytensor
    import pytensor.tensor as pt

    waves = [small.wave("w", small.log_normal(8000, 0.8), {"2021-12": 1, "2022-04": 0.3})]
    records = {
        "arrivals": small.arrivals_population(
            small.log_normal(600, 0.8), 0.3, small.log_normal(0.014, 0.5), waves
        ),
        "static": small.static_population(small.log_normal(3000, 0.5)),
        "known": small.arrivals_population(),
        "everything": small.arrivals_population(small.log_normal(600, 0.8), waves=waves)
        | {"initial": small.log_normal(5000, 0.2)},
    }
    records["everything"]["background"] |= {
        "volatility": small.log_normal(0.2, 0.5),
        "step": "year",
    }
    model = small.model_of(small.document(records[kind], {}, start="2021-11", end="2022-11"))
    u = pt.vector("u")
    population = model.population(u, pt)
    compute = pytensor.function(
        [u],
        [*population, population.departures(pt)],
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    for seed in range(3):
        values = np.random.default_rng(seed).standard_normal(len(model.normals))
        truth = model.population(values)
        for found, expected in zip(compute(values), (*truth, truth.departures()), strict=True):
            assert found == pytest.approx(expected, rel=EXACT, abs=1e-12)
