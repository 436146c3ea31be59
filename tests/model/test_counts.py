"""The likelihood of counts against one multivariate normal with the covariance written out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import brute_density
import numpy as np
import pytest
import small_studies as small
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_studies import grouped_study

import popest
from popest.model.model import Model
from popest.model.rotation import overlaps
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.observation import Observation

AGREES = 1e-9  # relative


def log_density_of_counts(model: Model, normals: list[dict[str, float]]) -> np.ndarray:
    """The log density of the counts alone for several draws of named normals."""
    u = strategies.as_draws(normals)
    state = model.state(u)
    counts = model.counts
    log_sd = state.log_sd[: len(counts.names)]
    return counts.log_density(counts.residuals(counts.values, state, log_sd))


def check_counts(entries: dict[str, Any], rows: list[Observation], seed: int) -> list[float]:
    """Compare the log density of counts at three draws; return the truth."""
    model = small.model_of(entries, rows)
    normals = [strategies.normals_for(model.normals.names, seed + k) for k in range(3)]
    truth = [
        brute_density.count_log_density(model.specification, model.counts.rows, draw)
        for draw in normals
    ]
    found = log_density_of_counts(model, normals)
    assert found == pytest.approx(truth, rel=AGREES, abs=AGREES)
    return truth


@settings(derandomize=True, max_examples=150)
@given(strategies.count_studies(), st.integers(0, 2**32))
def test_counts_are_multivariate_normal(
    study: tuple[dict[str, Any], list[Observation]], seed: int
) -> None:
    """Drift, groups, overlapping windows, own noise, wordings, baselines, in any combination."""
    check_counts(*study, seed)


@settings(derandomize=True, max_examples=150)
@given(strategies.sum_studies(), st.integers(0, 2**32))
def test_sums_are_multivariate_normal(
    study: tuple[dict[str, Any], list[Observation]], seed: int
) -> None:
    """They share printed figures with each other and with used ones, with any sign."""
    check_counts(*study, seed)


@settings(derandomize=True, max_examples=100)
@given(strategies.studies(), st.integers(0, 2**32))
def test_all_evidence_adds_up(study: tuple[dict[str, Any], list[Observation]], seed: int) -> None:
    """Counts, balances, surveys and floors together, each written out."""
    model = small.model_of(*study)
    normals = [strategies.normals_for(model.normals.names, seed + k) for k in range(2)]
    truth = [brute_density.log_density(model.specification, study[1], draw) for draw in normals]
    u = strategies.as_draws(normals)
    assert model.log_likelihood(model.state(u)) == pytest.approx(truth, rel=AGREES, abs=AGREES)


@pytest.mark.parametrize("name", ["serbia-report-2024", "serbia"])
def test_shipped_studies_have_the_density_of_the_design(name: str) -> None:
    study = popest.load_study(name)
    model = Model(study.specification, study.used)
    normals = [strategies.normals_for(model.normals.names, seed) for seed in range(5)]
    truth = [
        brute_density.log_density(study.specification, list(study.used), draw) for draw in normals
    ]
    u = strategies.as_draws(normals)
    assert np.isfinite(truth).all()
    assert model.log_density_of_data(u) == pytest.approx(truth, rel=AGREES)


def test_a_grouped_study_as_written_out() -> None:
    truth = check_counts(*grouped_study(), 3)
    assert np.isfinite(truth).all()


def test_three_overlapping_windows_as_written_out() -> None:
    """Of one source whose ratio drifts: a matrix of three rows tells rows from columns."""
    entries, _ = grouped_study()
    entries["source"]["work"]["drift"] = 0.4
    rows = [
        small.count("W1", "work", 900, "2022-12-31", "2022-01-01"),
        small.count("W2", "work", 500, "2022-09-30", "2022-04-01", "rounded"),
        small.count("W3", "work", 700, "2022-11-30", "2022-06-01", "about"),
        small.count("W4", "work", 300, "2022-05-31", "2022-02-01", "almost"),
    ]
    assert np.isfinite(check_counts(entries, rows, 11)).all()


def test_every_wording_has_its_error_and_its_shift() -> None:
    printed = {name: word[:2] for name, word in PRECISIONS.items() if not word.is_bound}
    assert printed == brute_density.PRECISIONS
    entries, rows = grouped_study()
    for wording in brute_density.PRECISIONS:
        check_counts(entries, [replace(row, precision=wording) for row in rows], 5)


def test_windows_overlap_by_shared_days() -> None:
    """Half a year within a year; a stock overlaps with nothing but itself."""
    _, rows = grouped_study()
    year, half = rows[1], rows[3]
    found = overlaps([year, half])
    assert found[0, 1] == found[1, 0] == pytest.approx(183 / math.sqrt(365 * 183))
    apart = small.count("W3", "work", 1, "2022-03-31", "2022-01-01")
    assert overlaps([half, apart]).tolist() == [[1, 0], [0, 1]]
    touching = small.count("W4", "work", 1, "2022-04-01", "2022-04-01")
    assert overlaps([half, touching])[0, 1] == pytest.approx(1 / math.sqrt(183))
    assert overlaps([rows[0], rows[2]]).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(("value", "possible"), [(2999, False), (3000, False), (3001, True)])
def test_a_count_that_its_baseline_exceeds_is_impossible(value: int, possible: bool) -> None:
    """y <= b dur has likelihood 0: here b = 6,000 a year for half a year of 182.625 days."""
    sources = {
        "work": small.source("presence", ratio=small.ratio(0.5, 0.4), baseline=small.known(6000))
    }
    entries = small.document(small.arrivals_population(), sources, start="2023-07", end="2024-12")
    entries = small.without_chance(entries)
    rows = [small.count("W1", "work", value, "2023-12-30", "2023-07-01")]
    net = value - 6000 * 183 / 365.25
    assert (net > 0) == (value > 3006)
    model = small.model_of(entries, [replace(rows[0], value=value + 6)])
    found = model.log_density_of_data(np.empty((0, 2)))
    assert np.isfinite(found).all() == possible
    if not possible:
        assert np.isneginf(found).all()


def test_a_population_that_cannot_be_is_weighed_not_dropped() -> None:
    """An exposure of nearly nothing gives a finite, very low density and no warning."""
    entries, rows = grouped_study()
    model = small.model_of(entries, rows)
    u = np.zeros((len(model.normals), 1))
    u[model.normals.names.index("background")] = -60
    (found,) = model.log_density_of_data(u)
    assert np.isfinite(found) and found < -1000


def test_data_may_be_given_in_place_of_the_study_s() -> None:
    entries, rows = grouped_study()
    entries = small.without_chance(entries)
    model = small.model_of(entries, rows)
    changed = [replace(row, value=row.value + 100) for row in rows]
    other = small.model_of(entries, changed)
    u = np.random.default_rng(1).standard_normal((len(model.normals), 4))
    assert model.log_density_of_data(u, other.data) == pytest.approx(other.log_density_of_data(u))
    assert model.log_density_of_data(u, other.data) != pytest.approx(model.log_density_of_data(u))


def test_draws_are_computed_alike_in_chunks_and_alone() -> None:
    """2,500 draws span three chunks."""
    model = small.model_of(*grouped_study())
    u = np.random.default_rng(2).standard_normal((len(model.normals), 2500))
    together = model.log_density_of_data(u)
    picked = [0, 999, 1000, 2499]
    alone = [model.log_likelihood(model.state(u[:, [k]]))[0] for k in picked]
    assert together[picked] == pytest.approx(alone, rel=1e-12)
    assert model.state(u).u.shape == u.shape
    assert model.log_likelihood(model.state(u)) == pytest.approx(together, rel=1e-12)


def test_almost_gives_a_lower_population_than_exact() -> None:
    """By a shift of .02, which the ratio's prior (.25 beside .02) hands on to the population."""
    entries = small.document(
        small.static_population(small.log_normal(40_000, 1)),
        {"s": small.source("stock", ratio=small.ratio(0.9, 0.02))},
        error=small.known(0.001),
    )
    medians = {}
    for wording in ("almost", "exact", "more_than"):
        rows = [small.count("A", "s", 30_000, "2022-06-30", precision=wording)]
        medians[wording] = popest.estimate(small.study_of(entries, rows)).stock().median
    assert medians["almost"] < medians["exact"] < medians["more_than"]
    assert medians["almost"] / medians["exact"] == pytest.approx(math.exp(-0.02), abs=0.002)
    assert medians["more_than"] / medians["exact"] == pytest.approx(math.exp(0.03), abs=0.003)
