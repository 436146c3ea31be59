"""The bank against posteriors that are known exactly: closed forms, and integration on a grid.

Most quantities of these studies are known, so that one to three standard normals remain. Errors
of the bank are in standard errors of weighted draws.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import brute_density
import brute_force
import numpy as np
import pytest
import small_studies as small
from exact_studies import STUDIES, Study, no_observation, static_study
from quadrature import Grid, evidence_error, on_grid, shares_below, z_scores
from scipy import stats

import popest
from popest.engines.bank import run_bank
from popest.engines.draws import Draws
from popest.model.model import Model

PROBS = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975]
SEEDS = (1, 2, 3)
FAR = 4.0  # standard errors; some 300 numbers are compared


@cache
def on_grid_of(name: str) -> tuple[Model, Grid]:
    model = small.model_of(*STUDIES[name]())
    return model, on_grid(model)


def bank_of(model: Model, seed: int, **options: Any) -> Draws:
    return run_bank(model, np.random.default_rng(seed), **options).draws(model)


@pytest.mark.parametrize("name", STUDIES)
def test_bank_is_certified_and_right(name: str) -> None:
    """The distributions of two stocks and of every normal, and the log evidence."""
    model, grid = on_grid_of(name)
    exact = [*np.log(model.population(grid.u).stock[[5, -1]]), *grid.u]
    for seed in SEEDS:
        draws = bank_of(model, seed)
        assert draws.certificate.certified, str(draws.certificate)
        assert draws.weights.sum() == pytest.approx(1, rel=1e-12)
        drawn = [*np.log(draws.state.population.stock[[5, -1]]), *draws.state.u]
        for values, truth in zip(drawn, exact, strict=True):
            z = z_scores(draws.weights, *shares_below(values, grid, truth))
            assert np.abs(z).max() < FAR, f"seed {seed}: {z.round(1)} standard errors"
        error = draws.log_evidence - grid.log_evidence
        assert abs(error) < FAR * evidence_error(draws.weights) + 1e-12


def test_without_observations_the_posterior_is_the_prior() -> None:
    """Normals have mean 0 and variance 1, and the evidence is 1."""
    model = small.model_of(*no_observation())
    draws = bank_of(model, 4)
    size = draws.certificate.ess
    assert size > 15_000
    mean = draws.state.u @ draws.weights
    assert np.abs(mean).max() < FAR / math.sqrt(size)
    variance = draws.state.u**2 @ draws.weights
    assert np.abs(variance - 1).max() < FAR * math.sqrt(2 / size)
    assert abs(draws.log_evidence) < FAR * evidence_error(draws.weights)


def test_posterior_with_two_modes_has_both() -> None:
    """What is tested above is not vacuous: as much lies about each count, less between them."""
    model, grid = on_grid_of("two_modes")
    stock = model.population(grid.u).stock[0]
    low, middle, high = (
        grid.weights[np.abs(np.log(stock / centre)) < 0.05].sum()
        for centre in (8_500, 12_650, 18_800)
    )
    assert middle < 0.3 * min(low, high)


def test_evidence_is_unbiased() -> None:
    """The mean of the evidence over 12 seeds, within 3 standard errors of its integral."""
    model, grid = on_grid_of("conflict")
    found = [bank_of(model, seed, n_draws=4000).log_evidence for seed in range(12)]
    relative = np.exp(np.array(found) - grid.log_evidence)
    error = relative.std(ddof=1) / math.sqrt(12)
    assert error < 0.02
    assert abs(relative.mean() - 1) < 3 * error


def closed_form(study: Study) -> tuple[float, float, float]:
    """Log evidence, and mean and standard deviation of log N, by conditioning a normal."""
    model = small.model_of(*study)
    specification, rows = model.specification, model.counts.rows
    sd_prior, log_prior = 0.6, math.log(study[0]["population"]["size"]["median"])
    path = brute_force.population(specification, {"size": 0.0})
    mean = np.array([brute_density.count_mean(specification, row, path) for row in rows])
    given = brute_density.count_covariance(specification, rows, lambda _: 0.08)
    covariance = given + sd_prior**2
    values = np.array([row.value for row in rows])
    log_evidence = stats.multivariate_normal(mean, covariance).logpdf(np.log(values))
    gain = np.linalg.solve(covariance, np.full(len(rows), sd_prior**2))
    centre = log_prior + gain @ (np.log(values) - mean)
    variance = sd_prior**2 - gain.sum() * sd_prior**2
    return float(log_evidence - np.log(values).sum()), float(centre), math.sqrt(variance)


def test_static_study_is_its_closed_form_on_a_grid() -> None:
    """Normal prior on log N, normal log counts, fixed noise: to 1e-6."""
    study = static_study()
    log_evidence, centre, sd = closed_form(study)
    model = small.model_of(*study)
    grid = on_grid(model)
    assert grid.log_evidence == pytest.approx(log_evidence, abs=1e-6)
    log_size = np.log(model.population(grid.u).stock[0])
    assert grid.weights @ log_size == pytest.approx(centre, abs=1e-6)
    assert grid.weights @ (log_size - centre) ** 2 == pytest.approx(sd**2, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_static_study_is_its_closed_form_by_draws(seed: int) -> None:
    """Quantiles, mean and evidence within 3 standard errors of the bank."""
    study = static_study()
    log_evidence, centre, sd = closed_form(study)
    draws = bank_of(small.model_of(*study), seed)
    log_size = np.log(draws.state.population.stock[0])
    below = log_size <= stats.norm(centre, sd).ppf(PROBS)[:, None]
    assert np.abs(z_scores(draws.weights, below, np.array(PROBS))).max() < 3
    assert abs(draws.weights @ log_size - centre) < 3 * sd / math.sqrt(draws.certificate.ess)
    assert abs(draws.log_evidence - log_evidence) < 3 * evidence_error(draws.weights)


def test_ten_times_everything_is_ten_times_the_answer() -> None:
    """Counts, prior median and baselines; the same seed, so to the last digits."""

    def study(scale: int) -> popest.Study:
        entries, rows = static_study(scale)
        for name, persons in (("a", 60), ("c", 100)):
            entries["source"][name]["baseline"] = small.log_normal(persons * scale, 0.2)
        entries["noise"] = {"error": small.log_normal(0.08, 0.5), "by_source": 0.7}
        return small.study_of(entries, rows)

    one, ten = (popest.estimate(study(scale), seed=7, draws=5000) for scale in (1, 10))
    assert ten.draws.weights == pytest.approx(one.draws.weights, rel=1e-8)
    for prob in (0.5, 0.9):
        small_interval, large = one.interval(prob), ten.interval(prob)
        assert large.lower == pytest.approx(10 * small_interval.lower, rel=1e-9)
        assert large.upper == pytest.approx(10 * small_interval.upper, rel=1e-9)
    assert ten.stock().mean == pytest.approx(10 * one.stock().mean, rel=1e-9)
    # A density per person is a tenth as high for each of the four counts.
    lower = one.draws.log_evidence - 4 * math.log(10)
    assert ten.draws.log_evidence == pytest.approx(lower, abs=1e-8)
    for found, expected in zip(ten.ratios_learned, one.ratios_learned, strict=True):
        assert found.posterior == pytest.approx(expected.posterior, rel=1e-8)
