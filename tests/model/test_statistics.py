"""What draws keep of each source's figures, weighed anew, against the densities written out.

The truth is the density of the figures under a specification that says what was moved.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import brute_density
import numpy as np
import pytest
import small_studies as small
import strategies
from invented_studies import Study, evidence_study, grouped_study, two_groups

from popest.model.measures import Floor, NetChange
from popest.model.model import Model
from popest.model.ratio_statistic import RatioStatistic
from popest.model.statistics import Control, Settings, median_of, ratio_controls, width_of

AGREES = 1e-9  # relative
STUDIES = {"one group": grouped_study, "two groups": two_groups}


def draws_of(model: Model) -> tuple[list[dict[str, float]], Any]:
    normals = [strategies.normals_for(model.normals.names, seed) for seed in range(4)]
    return normals, model.state(strategies.as_draws(normals))


def counts_under(entries: dict[str, Any], rows: list[Any], normals: list[dict[str, float]]) -> Any:
    """The density of the counts under a specification, for draws of normals."""
    model = small.model_of(entries, rows)
    return [
        brute_density.count_log_density(model.specification, model.counts.rows, draw)
        for draw in normals
    ]


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_ratios_are_moved_and_widened(study: Callable[[], Study]) -> None:
    """First as the study says it, then two sources with another median and width each."""
    entries, rows = study()
    model = small.model_of(entries, rows)
    normals, state = draws_of(model)
    kept = model.counts.statistics(state)
    assert [each.name for each in kept] == list(dict.fromkeys(r.source for r in model.counts.rows))
    total = np.zeros(4)
    RatioStatistic.add(total, kept, Settings())
    assert total == pytest.approx(counts_under(entries, rows, normals), rel=AGREES)
    values, moves = {}, zip(kept[:2], ((1.3, 1.7), (0.6, 0.5)), strict=True)
    for each, (factor, wider) in moves:
        values |= {median_of(each.name): factor * each.median, width_of(each.name): wider}
        entries["source"][each.name]["ratio"] = small.ratio(factor * each.median, wider * each.tau)
    total = np.zeros(4)
    RatioStatistic.add(total, kept, Settings(values))
    assert total == pytest.approx(counts_under(entries, rows, normals), rel=AGREES)


def test_a_source_alone_has_the_density_of_its_own_counts() -> None:
    entries, rows = grouped_study()
    model = small.model_of(entries, rows)
    normals, state = draws_of(model)
    for each in model.counts.statistics(state):
        own = [row for row in model.counts.rows if row.source == each.name]
        truth = [
            brute_density.count_log_density(model.specification, own, draw) for draw in normals
        ]
        assert each.log_likelihood(Settings()) == pytest.approx(truth, rel=AGREES)


def test_a_draw_whose_baseline_exceeds_a_count_is_impossible() -> None:
    entries, rows = grouped_study()
    model = small.model_of(entries, rows)
    u = np.zeros((len(model.normals), 2))
    u[model.normals.names.index("baseline[permits]"), 1] = 16.0
    permits, *others = model.counts.statistics(model.state(u))
    assert np.isfinite(permits.log_likelihood(Settings())).tolist() == [True, False]
    for each in others:
        assert np.isfinite(each.log_likelihood(Settings())).all()


@pytest.mark.parametrize(("mean", "sd"), [(500.0, 700.0), (-250.0, 90.0), (800.0, 2000.0)])
def test_biases_are_moved_and_widened(mean: float, sd: float) -> None:
    entries, rows = evidence_study()
    model = small.model_of(entries, rows)
    normals, state = draws_of(model)
    (border,) = small.pieces(model, NetChange)
    (kept,) = border.statistics(state)
    entries["source"]["border"]["bias"] |= {"mean": mean, "sd": sd}
    moved = small.model_of(entries, rows).specification
    truth = [brute_density.balance_log_density(moved, border.rows, draw) for draw in normals]
    settings = Settings({"source.border.bias.mean": mean, "source.border.bias.sd": sd})
    assert kept.log_likelihood(settings) == pytest.approx(truth, rel=AGREES)


@pytest.mark.parametrize(("median", "width"), [(0.3, 1.0), (0.2, 1.8)])
def test_floors_are_moved_and_widened(median: float, width: float) -> None:
    entries, rows = evidence_study()
    rows = [row for row in rows if row.id != "V2"]  # where the far tail is a series
    model = small.model_of(entries, rows)
    normals, state = draws_of(model)
    (voters,) = small.pieces(model, Floor)
    (kept,) = voters.statistics(state)
    entries["source"]["voters"]["ratio"] = small.ratio(median, 0.3 * width)
    moved = small.model_of(entries, rows).specification
    truth = [
        sum(brute_density.floor_log_density(moved, row, draw) for row in voters.rows)
        for draw in normals
    ]
    values = {median_of("voters"): median, width_of("voters"): width}
    for settings in (Settings(values), Settings(values)):
        assert kept.log_likelihood(settings) == pytest.approx(truth, rel=1e-7, abs=1e-12)


def test_what_can_be_moved_has_two_standard_deviations_of_room() -> None:
    """A median on the log scale, a width by a factor of 2, a mean by 3 standard deviations."""
    median, width = ratio_controls("list", "ratio", 0.5, 0.3)
    assert (median.low, median.high) == pytest.approx((0.5 * math.exp(-0.6), 0.5 * math.exp(0.6)))
    assert (width.low, width.value, width.high) == (0.5, 1.0, 2.0)
    mean = Control.mean("m", "bias", 20.0, 60.0)
    assert (mean.low, mean.value, mean.high) == (-160.0, 20.0, 200.0)
    spread = Control.sd("s", "bias_sd", 60.0)
    assert (spread.low, spread.value, spread.high) == (30.0, 60.0, 120.0)
