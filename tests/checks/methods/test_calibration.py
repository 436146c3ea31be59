"""Tests of calibration: the right model passes, one that believes too much fails."""

from dataclasses import replace

import numpy as np
import pytest
from static_town import Town

from popest.checks import check_calibration
from popest.checks.check_calibration import judged
from popest.checks.methods.calibration import (
    Calibration,
    Replicate,
    Task,
    inside,
    replicate,
    replicates,
    seeds_of,
)
from popest.checks.methods.simulators import CORRECT, WRONG, Simulator, permits_outlive_departures
from popest.checks.result import Context
from popest.model.model import Model
from popest.study import load_study

TOWN = Town(counts={"permits": 4_000, "census": 9_000})


def model_of(town: Town) -> Model:
    return Model(town.study.specification, town.study.used)


def calibrated(simulator: Simulator, n_replicates: int = 150) -> Calibration:
    seeds = seeds_of(1, "a test", n_replicates)
    found = [replicate(simulator, np.random.default_rng(seed)) for seed in seeds]
    assert all(each.certified for each in found)
    return judged("a test", ("stock", "ratio of permits"), found)[0]


def test_the_right_model_is_calibrated() -> None:
    model = model_of(TOWN)
    found = calibrated(Simulator(model, model))
    assert found.is_uniform and found.covers


def test_a_fit_that_believes_too_much_in_its_ratios_is_not_calibrated() -> None:
    surer = replace(TOWN, ratios={k: (m, tau / 3) for k, (m, tau) in TOWN.ratios.items()})
    found = calibrated(Simulator(model_of(TOWN), model_of(surer)))
    assert not found.is_uniform and not found.covers
    assert found.covered[2] / len(found.ranks) < 0.75


def test_truth_with_twice_the_spread_of_ratios_is_held_too_rarely() -> None:
    wider = TOWN.with_ratio("permits", widen=2).with_ratio("census", widen=2)
    found = calibrated(Simulator(model_of(wider), model_of(TOWN)))
    assert not found.is_uniform and not found.covers


def test_the_ranks_do_not_depend_on_the_number_of_processes() -> None:
    study = TOWN.study
    task = Task((study.specification, study.used), CORRECT, seeds_of(1, "a test", 7))
    alone = replicates(task, 1)
    assert len(alone) == 7
    assert replicates(task, 3) == alone


def test_a_replicate_that_is_not_certified_counts_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ranks = [Replicate(((i + 0.5) / 100, 0.5), i > 2) for i in range(100)]
    monkeypatch.setattr(check_calibration, "replicates", lambda task, progress: ranks)
    result = check_calibration.calibration(replace(TOWN.context(), quick=True))
    assert "3 fits were not certified" in result.sentence
    assert result.table[0]["replicates"] == 100 and result.table[0]["not_certified"] == 3
    assert result.passed is False  # all ranks of the ratio are the same


def test_an_interval_holds_the_ranks_in_its_middle() -> None:
    assert inside([0.04, 0.06, 0.5, 0.94, 0.96], 0.9) == 3


def test_every_wrong_simulator_applies_to_the_shipped_study() -> None:
    study = load_study("serbia-report-2024")
    content = (study.specification, study.used)
    made = {name: make(content) for name, make in WRONG.items()}
    assert all(made.values())
    twice = made["a source that enters twice"]
    assert twice is not None and twice.copied
    assert len(twice.fitted.counts.rows) == len(twice.truth.counts.rows) + len(twice.copied)
    town = TOWN.study
    assert all(
        WRONG[name]((town.specification, town.used)) is None
        for name in WRONG
        if name != "a source that enters twice"
    )


def test_permits_that_outlive_departures_count_the_leavers_of_half_a_year() -> None:
    study = load_study("serbia-report-2024")
    found = permits_outlive_departures((study.specification, study.used))
    assert found is not None
    u = np.zeros((len(found.fitted.normals), 1))
    state = found.fitted.state(u)
    own, lingering = (m.counts.exposure(state)[:, 0] for m in (found.fitted, found.truth))
    names = [row.source for row in found.fitted.counts.rows]
    at = names.index("residence_permits")
    left = state.population.departures()[10:16, 0].sum()
    assert lingering[at] - own[at] == pytest.approx(left, rel=0.05)
    assert np.delete(lingering, at) == pytest.approx(np.delete(own, at))


def test_the_picture_is_drawn() -> None:
    context: Context = replace(TOWN.context(), quick=True)
    result = check_calibration.calibration(context)
    assert result.passed
    assert result.plot().get_title(loc="left").startswith("Ranks of 100")
