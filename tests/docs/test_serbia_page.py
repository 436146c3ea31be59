"""Tests of the page of the Serbian study: what it fits, and that its table of moves is of today.

The reference is an independent run of the same assumptions, without the errors that sums share;
its medians and 5 and 95 % points, in thousands, are to be met within 3 %.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import serbian_study
from serbian_study import BEFORE, DAYS, MOVES, NOW, STEPS

import popest

REFERENCE = {
    "2022-09-30": (13.8, 18.1, 23.3),
    "2022-12-31": (20.5, 26.8, 34.3),
    "2023-12-31": (24.2, 31.9, 41.2),
    "2024-12-31": (25.2, 34.2, 45.5),
}
LEFT_OUT, ONE_STEP_AHEAD = -127.2, -79.8
"""Log densities of the reference, on the same rows."""
SLACK = 0.5
LARGEST_SCATTER = 0.2


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_study_fits_and_is_where_an_independent_run_is(seed: int) -> None:
    found = serbian_study.estimate(NOW, seed=seed)
    assert not [text for text in found.warnings if "bad fit" in text]
    for day, expected in REFERENCE.items():
        stock = found.stock(day)
        points = [stock.quantile(prob) / 1000 for prob in (0.05, 0.5, 0.95)]
        assert points == pytest.approx(expected, rel=0.03), day
    assert tuple(REFERENCE) == DAYS


def test_no_source_scatters_where_each_may_have_an_error_of_its_own() -> None:
    scatter = serbian_study.scatter(serbian_study.estimate(NOW, "noise_by_source"))
    assert max(scatter.values()) <= LARGEST_SCATTER
    before = serbian_study.scatter(serbian_study.estimate(BEFORE))
    assert before["companies"] > 0.5 > before["residence_applications"] > 0.25


def test_each_figure_is_foreseen_as_well_as_there_and_better_than_before() -> None:
    alone, ahead = serbian_study.left_out(NOW), serbian_study.one_step_ahead(NOW)
    assert len(alone) == 15 and sum(len(names) for _, names, _ in ahead) == 9
    assert [known_to for known_to, *_ in ahead] == [known_to for known_to, _ in STEPS]
    assert sum(alone.values()) > LEFT_OUT - SLACK
    assert sum(gain for *_, gain in ahead) > ONE_STEP_AHEAD - SLACK
    old = serbian_study.with_rows_of_now()
    assert sum(serbian_study.left_out(old).values()) < sum(alone.values()) - 10


def test_the_moves_are_those_between_the_two_studies() -> None:
    moves = json.loads(MOVES.read_text(encoding="utf-8"))
    assert moves["date"] == DAYS[-1]
    for end, study in (("old", BEFORE), ("new", NOW)):
        loaded = popest.load_study(study)
        assert moves[end]["data_sha256"] == loaded.data_sha256
        median = serbian_study.estimate(study).stock(DAYS[-1]).median
        assert moves[end]["median"] == pytest.approx(median, rel=1e-6)
    whole = moves["new"]["median"] - moves["old"]["median"]
    parts = sum(change["median"] for change in moves["changes"])
    assert parts + moves["remainder"] == pytest.approx(whole, abs=0.1)


def test_the_page_has_every_table(page: Callable[[str], str]) -> None:
    text = page("docs/serbia.md")
    for name in ("dates", "range", "scatter", "scores", "moves", "variants"):
        assert f"```{{generated}} serbia-{name}\n```" in text
