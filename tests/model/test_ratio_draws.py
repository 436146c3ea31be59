"""The ratios' posterior against the conditional normal, by linear algebra.

Draws are made many times for one and the same population, so that their mean and covariance can
be compared. Tolerances are 4.5 standard errors, of means and of covariances, for 60,000 draws;
with the fixed seeds the comparison does not vary.
"""

from __future__ import annotations

from typing import Any

import brute_density
import numpy as np
import pytest
import small_studies as small
import strategies
from invented_studies import grouped_study, two_groups

import popest
from popest.model.model import Model
from popest.model.state import Residuals

N = 60_000
FAR = 4.5


def repeated(model: Model, seed: int) -> tuple[dict[str, float], Residuals]:
    """Named normals and the residuals of that one draw, repeated."""
    normals = strategies.normals_for(model.normals.names, seed)
    normals = {name: 0.5 * value for name, value in normals.items()}
    state = model.state(np.tile(strategies.as_draws([normals]), (1, N)))
    counts = model.counts
    log_sd = state.log_sd[: len(counts.names)]
    return normals, counts.residuals(counts.values, state, log_sd)


def check_moments(draws: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> None:
    """Compare draws, `(variable, draw)`, with a normal distribution."""
    sd = np.sqrt(np.diag(covariance))
    standard_errors = (draws.mean(axis=1) - mean) / (sd / np.sqrt(N))
    assert np.abs(standard_errors).max() < FAR, standard_errors
    spread = np.sqrt((np.outer(sd**2, sd**2) + covariance**2) / N)
    standard_errors = (np.cov(draws).reshape(covariance.shape) - covariance) / spread
    assert np.abs(standard_errors).max() < FAR, standard_errors


STUDIES = {"one group": grouped_study, "two groups": two_groups}


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_first_day_ratios_are_their_conditional_normal(study: Any) -> None:
    model = small.model_of(*study())
    normals, residuals = repeated(model, 4)
    wanted = [(name, 0.0) for name in model.counts.names]
    truth = brute_density.ratios_given_counts(
        model.specification, model.counts.rows, normals, wanted
    )
    draws = model.counts.draw_log_ratios(residuals, np.random.default_rng(1))
    check_moments(draws, *truth)


def test_ratios_of_the_default_study_are_their_conditional_normal() -> None:
    study = popest.load_study("serbia")
    model = Model(study.specification, study.used)
    normals, residuals = repeated(model, 6)
    wanted = [(name, 0.0) for name in model.counts.names]
    truth = brute_density.ratios_given_counts(
        study.specification, model.counts.rows, normals, wanted
    )
    check_moments(model.counts.draw_log_ratios(residuals, np.random.default_rng(2)), *truth)


@pytest.mark.parametrize("date", ["2022-02-10", "2022-06-30", "2023-06-30", "2024-06-30"])
@pytest.mark.parametrize("name", ["alone", "b3", "a1"])
def test_drifted_ratios_are_their_conditional_normal(name: str, date: str) -> None:
    """At the dates of the counts, before the first and after the last; with and without rows.

    The pair of the first day's ratio and the drifted one is compared, so also what ties them.
    """
    model = small.model_of(*two_groups())
    normals, residuals = repeated(model, 4)
    source = model.counts.names.index(name)
    end = small.count("X", name, 1, date).end
    assert end is not None
    years = brute_density.years_until(model.specification, end)
    rng = np.random.default_rng(3)
    log_ratios = model.counts.draw_log_ratios(residuals, rng)
    drift = model.counts.draw_drift(source, years, residuals, log_ratios, rng)
    draws = np.stack([log_ratios[source], log_ratios[source] + drift])
    truth = brute_density.ratios_given_counts(
        model.specification, model.counts.rows, normals, [(name, 0.0), (name, years)]
    )
    check_moments(draws, *truth)


def test_without_drift_a_ratio_does_not_wander() -> None:
    model = small.model_of(*two_groups())
    _, residuals = repeated(model, 4)
    log_ratios = model.counts.draw_log_ratios(residuals, np.random.default_rng(5))
    wandered = model.counts.draw_drift(
        model.counts.names.index("a2"), 1.5, residuals, log_ratios, np.random.default_rng(6)
    )
    assert not wandered.any()


def test_prior_of_the_ratios_is_that_of_the_design() -> None:
    """Mean, covariance on the first day, and spread after three years of drift."""
    model = small.model_of(*two_groups())
    specification, priors = model.specification, model.counts.ratios
    names = model.counts.names
    covariance = [
        [brute_density.ratio_covariance(specification, (a, 0.0), (b, 0.0)) for b in names]
        for a in names
    ]
    assert priors.covariance() == pytest.approx(np.array(covariance), rel=1e-12)
    assert priors.log_median == pytest.approx(np.full(6, np.log(0.5)))
    variance = [brute_density.ratio_covariance(specification, (a, 3.0), (a, 3.0)) for a in names]
    assert priors.log_sd_after(3.0) == pytest.approx(np.sqrt(variance), rel=1e-12)
