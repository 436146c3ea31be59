"""Study serbia-report-2024 against a reference made with JAGS, a program of its own.

The reference states a Monte Carlo standard error with each number. That of popest's numbers is
taken from 16 seeds.
"""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import popest
from popest.engines.bank import run_bank
from popest.model.exposure import stock_on
from popest.model.model import Model

REFERENCE = Path(__file__).parents[1] / "reference" / "serbia-report-2024.json"
SEEDS = range(16)
FAR = 4.0  # standard errors, of both together
SHARE = 0.02  # and never more than two percent

Numbers = dict[tuple[str, str], list[float]]


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def model() -> Model:
    study = popest.load_study("serbia-report-2024")
    return Model(study.specification, study.used)


def quantiles(values: np.ndarray, weights: np.ndarray, probs: list[float]) -> np.ndarray:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order]) / weights.sum()
    return values[order][np.searchsorted(cumulative, probs)]


def stock_at(model: Model, stock: np.ndarray, day: str) -> np.ndarray:
    at_day: np.ndarray = stock_on(model.calendar, date.fromisoformat(day))[1:] @ stock
    return at_day


def check(found: list[np.ndarray], blocks: dict[str, Any], what: str) -> None:
    """Compare numbers by seed, `(seed, prob)`, with the reference's by probability."""
    mean = np.mean(found, axis=0)
    error = np.std(found, axis=0, ddof=1) / math.sqrt(len(found))
    for prob, value, own_error in zip(blocks, mean, error, strict=True):
        truth, their_error = blocks[prob]["value"], blocks[prob]["se"]
        assert abs(value / truth - 1) < SHARE, f"{what} {prob}: {value} beside {truth}"
        z = (value - truth) / math.hypot(own_error, their_error)
        assert abs(z) < FAR, f"{what} {prob}: {value} beside {truth}, {z:.1f} standard errors"


@pytest.fixture(scope="module")
def posteriors(model: Model) -> list[tuple[Any, np.ndarray, np.ndarray]]:
    """State, weights and log ratios of a bank for each seed."""
    result = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        draws = run_bank(model, rng).draws(model)
        assert draws.certificate.certified
        counts, state = model.counts, draws.state
        residuals = counts.residuals(counts.values, state, state.log_sd)
        log_ratios = counts.draw_log_ratios(residuals, rng) + counts.ratios.log_median[:, None]
        result.append((state, draws.weights, log_ratios))
    return result


def probabilities(blocks: dict[str, Any]) -> list[float]:
    return [float(prob) for prob in blocks]


def test_reference_has_what_is_compared(reference: dict[str, Any]) -> None:
    """Five points at six dates, of posterior and prior; chains of the reference agree."""
    for part in ("posterior", "prior"):
        stock = reference[part]["stock"]
        assert len(stock) == 6
        assert all(
            probabilities(block["quantiles"]) == [0.05, 0.25, 0.5, 0.75, 0.95] for block in stock
        )
    assert all(block["r_hat"] < 1.001 for block in reference["posterior"]["stock"])


def test_posterior_stock_is_the_reference_s(
    reference: dict[str, Any], model: Model, posteriors: Any
) -> None:
    for block in reference["posterior"]["stock"]:
        probs = probabilities(block["quantiles"])
        found = [
            quantiles(stock_at(model, state.population.stock, block["date"]), weights, probs)
            for state, weights, _ in posteriors
        ]
        check(found, block["quantiles"], block["date"])


def test_posterior_ratios_noise_and_hazard_are_the_reference_s(
    reference: dict[str, Any], model: Model, posteriors: Any
) -> None:
    posterior = reference["posterior"]
    for block in posterior["ratios"]:
        source = model.counts.names.index(block["source"])
        probs = probabilities(block["quantiles"])
        found = [
            quantiles(np.exp(log_ratios[source]), weights, probs)
            for _, weights, log_ratios in posteriors
        ]
        check(found, block["quantiles"], block["source"])
    for name, values in (
        ("sigma", lambda state: np.exp(state.log_sd[0])),
        ("hazard", lambda state: state.population.hazard),
    ):
        blocks = posterior[name]["quantiles"]
        found = [
            quantiles(values(state), weights, probabilities(blocks))
            for state, weights, _ in posteriors
        ]
        check(found, blocks, name)


def test_prior_stock_is_the_reference_s(reference: dict[str, Any], model: Model) -> None:
    """From 16 sets of 20,000 draws of the prior."""
    stocks = [
        model.population(
            np.random.default_rng(100 + seed).standard_normal((len(model.normals), 20_000))
        ).stock
        for seed in SEEDS
    ]
    for block in reference["prior"]["stock"]:
        probs = probabilities(block["quantiles"])
        found = [
            quantiles(stock_at(model, stock, block["date"]), np.ones(20_000), probs)
            for stock in stocks
        ]
        check(found, block["quantiles"], f"prior {block['date']}")


def test_estimate_gives_the_reference_s_answer(reference: dict[str, Any]) -> None:
    """The public way to the same numbers: within 2 % with one seed."""
    found = popest.estimate("serbia-report-2024", seed=1)
    for block in reference["posterior"]["stock"]:
        stock = found.stock(block["date"])
        prior = found.prior_stock(block["date"])
        for prob, number in block["quantiles"].items():
            assert stock.quantile(float(prob)) == pytest.approx(number["value"], rel=SHARE)
        (of_prior,) = (b for b in reference["prior"]["stock"] if b["date"] == block["date"])
        median = of_prior["quantiles"]["0.50"]["value"]
        assert prior.median == pytest.approx(median, rel=SHARE)
