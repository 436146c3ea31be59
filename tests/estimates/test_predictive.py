"""Tests of what an estimate expects of a figure that it has not seen."""

from pathlib import Path

import numpy as np
import pytest

import popest
from popest.estimates import Estimate
from popest.estimates.predictive import predict, surprises
from popest.study import Observation, load_study
from small_study import changed

TOLERANCE = 0.06
"""Four standard errors of a median of some 3,000 effective draws, relative to its interval."""


@pytest.fixture(scope="module")
def estimate() -> Estimate:
    return popest.estimate("serbia", seed=3)


def of_rows(estimate: Estimate, *names: str) -> list[Observation]:
    return [row for row in estimate.study.used if row.id in names]


def test_a_repetition_is_predicted_by_both_ways(estimate: Estimate) -> None:
    """A row that was seen has the same prediction as a repetition and as a new one, by chance."""
    learned, rng = estimate.posterior.learned, np.random.default_rng(1)
    repeated = {
        figure.observation: estimate.posterior.weighted(drawn)
        for piece in estimate.model.evidence
        for figure, drawn in zip(piece.figures, piece.repeat(learned, rng), strict=True)
    }
    for row in estimate.study.used:
        found, known = predict(estimate, row), repeated[row.id]
        assert found is not None
        width = known.quantile(0.9) - known.quantile(0.1)
        for prob in (0.1, 0.5, 0.9):
            there = known.quantile(prob)
            assert abs(found.predicted.quantile(prob) - there) < TOLERANCE * width, row.id


def what_if(estimate: Estimate, source: str, value: int, **columns: str) -> list[str]:
    study = estimate.study.with_observation(source, value, published="2025", **columns)
    return surprises(estimate, study.used[-1:])


@pytest.mark.parametrize(
    ("source", "columns", "low", "likely", "high"),
    [
        ("residence_permits", {"end": "2024-06-30"}, 5_000, 30_000, 90_000),
        ("work_permits", {"start": "2024-01-01", "end": "2024-06-30"}, 900, 9_000, 60_000),
        ("companies", {"start": "2024-10-01", "end": "2024-12-31"}, 200, 1_000, 9_000),
        ("border_balance", {"start": "2022-02-24", "end": "2024-06-30"}, -30_000, 35_000, 200_000),
    ],
)
def test_only_an_unlikely_figure_is_a_surprise(
    estimate: Estimate, source: str, columns: dict[str, str], low: int, likely: int, high: int
) -> None:
    assert what_if(estimate, source, likely, **columns) == []
    (below,) = what_if(estimate, source, low, **columns)
    (above,) = what_if(estimate, source, high, **columns)
    assert ", below what the present estimate expects" in below
    assert ", above what the present estimate expects" in above


def test_a_floor_can_only_be_too_high(estimate: Estimate) -> None:
    assert what_if(estimate, "voters", 1, end="2024-09-30") == []
    assert len(what_if(estimate, "voters", 400_000, end="2024-09-30")) == 1


def test_unused_rows_are_no_surprise(estimate: Estimate) -> None:
    study = estimate.study.with_observation("census", 10**9, end="2022-09-30", use=False, note="x")
    assert surprises(estimate, study.observations[-1:]) == []


def test_a_source_that_the_model_does_not_have_is_not_predicted(estimate: Estimate) -> None:
    (row,) = of_rows(estimate, "CEN01")
    without = popest.estimate(load_study("serbia-report-2024").without("census"))
    assert predict(without, row) is None


def test_a_source_without_a_figure_yet_is_predicted_by_its_prior(folder: Path) -> None:
    """The interval of a balance nobody has seen is at least as wide as its bias."""
    text = (folder / "observations.csv").read_text().replace("Police,,yes,,,", "Police,,no,,,None.")
    (folder / "observations.csv").write_text(text)
    estimate = popest.estimate(load_study(folder))
    study = estimate.study.with_observation(
        "border", 0, start="2022-02-01", end="2022-12-31", published="2023"
    )
    fit = predict(estimate, study.used[-1])
    assert fit is not None
    prior_sd = float(np.hypot(100, 50))
    assert fit.predicted.sd > 0.9 * prior_sd


def test_the_drift_widens_a_prediction_of_later_days(folder: Path) -> None:
    """Where the population is known: what is unsure of a later count is the ratio then."""
    text = changed(
        (folder / "study.toml").read_text(),
        {
            "sigma = 0.5, volatility = 0.2": "sigma = 0, volatility = 0",
            "0.01, sigma = 0.5": "0.01, sigma = 0",
        },
    )
    widths = []
    for drift in ("0.0", "0.8"):
        (folder / "study.toml").write_text(text.replace("drift = 0.05", f"drift = {drift}"))
        estimate = popest.estimate(load_study(folder))
        study = estimate.study.with_observation("register", 900, end="2023-12-31", published="2024")
        fit = predict(estimate, study.used[-1])
        assert fit is not None
        widths.append(np.log(fit.predicted.quantile(0.9) / fit.predicted.quantile(0.1)))
    assert widths[1] > 1.5 * widths[0]
