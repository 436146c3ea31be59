"""The bank on the shipped studies, as they are and made hard.

What it says there is compared with samplers that share nothing with it: random-walk Metropolis
where the data weigh much, plain draws from the prior where they weigh little.
"""

from __future__ import annotations

import math

import exact_studies
import numpy as np
import pytest
from hard_studies import STUDIES, hard_model
from metropolis import walk

import popest
from popest.engines.bank import run_bank
from popest.engines.draws import Draws, effective_size
from popest.model.model import Model
from popest.study.specification.reading import read
from popest.study.specification.records import Specification

PROBS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
FAR = 4.5  # standard errors


def bank_of(model: Model, seed: int) -> Draws:
    return run_bank(model, np.random.default_rng(seed)).draws(model)


def weighted_quantiles(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return values[order][np.searchsorted(cumulative, PROBS * cumulative[-1])]


def share_errors(values: np.ndarray, weights: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Standard errors of the weighted shares of draws below some marks."""
    below = values <= marks[:, None]
    share = below @ weights
    return np.asarray(np.sqrt((below - share[:, None]) ** 2 @ weights**2))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_default_study_is_certified(seed: int) -> None:
    study = popest.load_study("serbia")
    certificate = bank_of(Model(study.specification, study.used), seed).certificate
    assert certificate.certified
    assert certificate.ess is not None and certificate.ess >= 1000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_report_study_is_certified_with_room_to_spare(seed: int) -> None:
    study = popest.load_study("serbia-report-2024")
    certificate = bank_of(Model(study.specification, study.used), seed).certificate
    assert certificate.certified
    assert certificate.ess is not None and certificate.ess >= 4000
    assert certificate.pareto_k is not None and certificate.pareto_k < 0.5


@pytest.mark.parametrize("name", STUDIES)
def test_hard_studies_are_certified_and_two_seeds_agree(name: str) -> None:
    """Stocks at three months, compared by their distribution functions, and the evidence."""
    model = hard_model(name)
    one, two = bank_of(model, 1), bank_of(model, 2)
    assert one.certificate.certified, str(one.certificate)
    assert two.certificate.certified, str(two.certificate)
    for month in (5, 22, -1):
        mine, other = (draws.state.population.stock[month] for draws in (one, two))
        marks = weighted_quantiles(mine, one.weights)
        error = np.hypot(
            share_errors(mine, one.weights, marks), share_errors(other, two.weights, marks)
        )
        difference = ((mine <= marks[:, None]) @ one.weights) - (
            (other <= marks[:, None]) @ two.weights
        )
        assert np.abs(difference / error).max() < FAR
    squares = [(draws.weights**2).sum() - 1 / draws.weights.size for draws in (one, two)]
    assert one.log_evidence is not None and two.log_evidence is not None
    assert abs(one.log_evidence - two.log_evidence) < FAR * math.sqrt(sum(squares))


@pytest.mark.parametrize("name", ["report, tight", "serbia, tight conflict"])
def test_hard_studies_agree_with_metropolis(name: str) -> None:
    """Shares below the bank's quantiles; errors of the walk from 20 groups of its walkers."""
    model = hard_model(name)
    draws = bank_of(model, 3)
    u = walk(
        lambda u: model.log_density_of_data(u) + model.normals.log_density(u),
        len(model.normals),
        np.random.default_rng(4),
        walkers=300,
        burn_in=1200,
        steps=900,
    )
    walked = model.population(u.reshape(len(u), -1)).stock.reshape(-1, *u.shape[1:])
    for month in (5, 22, -1):
        values = draws.state.population.stock[month]
        marks = weighted_quantiles(values, draws.weights)
        below = walked[month] <= marks[:, None, None]
        share, error = shares_of_groups(below)
        z = (share - PROBS) / np.hypot(error, share_errors(values, draws.weights, marks))
        assert np.abs(z).max() < FAR, z
        early, late = (shares_of_groups(half) for half in np.array_split(below, 2, axis=1))
        z = (early[0] - late[0]) / np.hypot(early[1], late[1])
        assert np.abs(z).max() < FAR, f"still on its way: {z}"


def shares_of_groups(below: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over steps and walkers, `(mark, step, walker)`, with standard errors."""
    groups = below.mean(axis=1).reshape(len(below), 20, -1).mean(axis=2)
    return groups.mean(axis=1), groups.std(axis=1, ddof=1) / math.sqrt(20)


@pytest.mark.parametrize(
    "name", ["report, vague", "report, one source", "report, survey alone", "report, nothing"]
)
def test_weak_data_agree_with_draws_from_the_prior(name: str) -> None:
    """100,000 draws of the prior, weighted by the likelihood: quantiles and evidence."""
    model = hard_model(name)
    draws = bank_of(model, 5)
    u = np.random.default_rng(6).standard_normal((len(model.normals), 100_000))
    log_weights = model.log_density_of_data(u)
    assert effective_size(log_weights) > 5_000
    weights = np.exp(log_weights - log_weights.max())
    log_evidence = log_weights.max() + math.log(weights.mean())
    squares = (weights**2).sum() / weights.sum() ** 2 - 1 / weights.size
    weights /= weights.sum()
    stock = model.population(u).stock
    for month in (5, 22, -1):
        values = draws.state.population.stock[month]
        marks = weighted_quantiles(values, draws.weights)
        error = np.hypot(
            share_errors(stock[month], weights, marks), share_errors(values, draws.weights, marks)
        )
        z = (((stock[month] <= marks[:, None]) @ weights) - PROBS) / error
        assert np.abs(z).max() < FAR, z
    squares += (draws.weights**2).sum() - 1 / draws.weights.size
    assert draws.log_evidence is not None
    assert abs(draws.log_evidence - log_evidence) < FAR * math.sqrt(squares) + 1e-12


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_posterior_of_two_normals_is_certified(seed: int) -> None:
    """Its tails are heavier than those of the normals fitted to it: the second round is wider."""
    document, rows = exact_studies.forty_observations()
    document["population"]["departure_hazard"] |= {"median": 0.02, "sigma": 0.8}
    document["noise"]["error"] |= {"sigma": 0.0}
    model = Model(read(Specification, document), tuple(rows))
    assert len(model.normals) == 2
    assert run_bank(model, np.random.default_rng(seed)).certificate.certified
