"""What all other populations lead to expect of one, beside closed forms and refits without it."""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist

import normal_panel
import numpy as np
import panel_files
import pytest
from scipy.stats import chi2

import popest
from popest.checks.methods.others import (
    SIMULATED,
    Expected,
    Without,
    expected,
    log_likelihoods,
    without_population,
)
from popest.panels.compute import estimate_panel
from popest.study.panel.panel import load_panel

N = 8
ODD = 3
"""The population whose second figure is multiplied."""
STANDARD_ERRORS = 4.5


@pytest.fixture(scope="module")
def figures() -> np.ndarray:
    found = normal_panel.simulated(N, 5)
    found[ODD, 1] = round(3 * found[ODD, 1])
    return found


@pytest.fixture(scope="module")
def estimate(figures: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> popest.PanelEstimate:
    folder = normal_panel.write(tmp_path_factory.mktemp("panel") / "panel", figures)
    found = popest.estimate(folder)
    assert isinstance(found, popest.PanelEstimate)
    return found


@pytest.fixture(scope="module")
def found(estimate: popest.PanelEstimate) -> list[Expected]:
    return [*expected(estimate, log_likelihoods(estimate))]


def test_percentiles_of_figures_are_those_of_the_closed_form(
    figures: np.ndarray, found: list[Expected]
) -> None:
    for number, each in enumerate(found):
        truth = normal_panel.predicted(figures, number)
        off = (truth.logs - truth.mean) / np.sqrt(np.diag(truth.covariance))
        for figure, z in zip(each.figures, off, strict=True):
            wanted = NormalDist().cdf(z)
            # The weights of theta leave fewer than all simulated sets worth.
            error = np.sqrt(wanted * (1 - wanted) / (SIMULATED / 2))
            assert abs(figure.percentile - wanted) < STANDARD_ERRORS * error + 1e-9


def test_the_chance_is_that_of_the_closed_form(figures: np.ndarray, found: list[Expected]) -> None:
    for number, each in enumerate(found):
        truth = normal_panel.predicted(figures, number)
        off = truth.logs - truth.mean
        wanted = float(chi2.sf(off @ np.linalg.solve(truth.covariance, off), 2))
        error = np.sqrt(wanted * (1 - wanted) / (SIMULATED / 2))
        assert abs(each.chance - wanted) < STANDARD_ERRORS * error + 2 / SIMULATED
    least = min(found, key=lambda each: each.chance)
    assert least.population == f"p{ODD:02}"
    assert least.chance < 0.02
    assert all(each.is_certified for each in found)


def test_weights_without_a_population_give_theta_of_a_refit(
    estimate: popest.PanelEstimate,
) -> None:
    logs = log_likelihoods(estimate)
    u = estimate.learned.u
    for number in (0, ODD):
        without = Without.of(estimate, logs[number])
        refit = estimate_panel(without_population(estimate.panel, f"p{number:02}"), seed=2)
        anew, weights = refit.learned.u, refit.learned.weights
        for here, there in zip(u, anew, strict=True):
            mean, wanted = here @ without.weights, there @ weights
            variance = (there - wanted) ** 2 @ weights
            sizes = 1 / (without.weights**2).sum(), 1 / (weights**2).sum()
            error = np.sqrt(variance * (1 / sizes[0] + 1 / sizes[1]))
            assert abs(mean - wanted) < STANDARD_ERRORS * error + 0.1 * np.sqrt(variance)


def test_the_same_seed_gives_the_same_chances(
    estimate: popest.PanelEstimate, found: list[Expected]
) -> None:
    assert [*expected(estimate, log_likelihoods(estimate))] == found


def test_without_a_population(tmp_path: Path) -> None:
    panel = load_panel(panel_files.write(tmp_path / "panel"))
    sizes = {name: size for name, size in panel_files.SIZES.items() if name != "west"}
    figures = panel_files.observations(sizes)
    folder = panel_files.write(
        tmp_path / "written", figures=figures, table=panel_files.populations(sizes)
    )
    written = estimate_panel(load_panel(folder))
    left = estimate_panel(without_population(panel, "west"))
    np.testing.assert_array_equal(left.learned.u, written.learned.u)
    assert left.total is not None and written.total is not None
    assert left.total.median == written.total.median
