"""Pareto k against ArviZ's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy import stats

from popest.engines.pareto import generalised_pareto_shape, pareto_k, tail_length

AGREES = 1e-6  # absolute


def arviz_k(log_weights: np.ndarray) -> float:
    """ArviZ takes log ratios, whose negative it smooths."""
    _, k = array_stats.psislw(-log_weights)
    return float(k)


def normal_by_t(n: int, seed: int) -> np.ndarray:
    """A normal target from a Student t proposal: bounded weights."""
    x = stats.t(3).rvs(n, random_state=seed)
    return np.asarray(stats.norm.logpdf(x) - stats.t(3).logpdf(x))


def pareto(n: int, seed: int, shape: float) -> np.ndarray:
    """Weights with a Pareto tail of a known shape."""
    return shape * np.random.default_rng(seed).exponential(size=n)


def with_impossible(n: int, seed: int) -> np.ndarray:
    weights = pareto(n, seed, 0.4)
    weights[::3] = -np.inf
    return weights


WEIGHTS = {
    "light": normal_by_t,
    "exponential": lambda n, seed: np.log(np.random.default_rng(seed).exponential(size=n)),
    "uniform": lambda n, seed: np.log(np.random.default_rng(seed).uniform(size=n)),
    "pareto .3": lambda n, seed: pareto(n, seed, 0.3),
    "pareto .7": lambda n, seed: pareto(n, seed, 0.7),
    "pareto 1.5": lambda n, seed: pareto(n, seed, 1.5),
    "log-normal 3": lambda n, seed: 3 * np.random.default_rng(seed).standard_normal(n),
    "log-normal 30": lambda n, seed: 30 * np.random.default_rng(seed).standard_normal(n),
    "impossible draws": with_impossible,
    "far from zero": lambda n, seed: pareto(n, seed, 0.6) - 5e4,
}


@pytest.mark.parametrize("n", [30, 80, 225, 900, 4225, 19_881])
@pytest.mark.parametrize("kind", WEIGHTS)
def test_k_is_arviz_s(kind: str, n: int) -> None:
    """At sizes where the tail's length is a whole number.

    Elsewhere ArviZ rounds it down, and popest up, as Vehtari et al. do in their own packages; one
    draw more moves k by less than its error. A tail of five, at n = 25, ArviZ does not fit.
    """
    for seed in range(3):
        log_weights = WEIGHTS[kind](n, seed)
        assert pareto_k(log_weights) == pytest.approx(arviz_k(log_weights), abs=AGREES)


@pytest.mark.parametrize("shape", [0.2, 0.5, 0.9])
def test_k_is_the_shape_of_the_tail(shape: float) -> None:
    """Within 4 standard errors: (1 + k) / sqrt(tail), by the theory of the estimate.

    The shrinkage towards 1/2 by ten of the 950 draws of the tail moves k by less than .005.
    """
    n = 100_000
    error = (1 + shape) / math.sqrt(tail_length(n))
    assert pareto_k(pareto(n, 1, shape)) == pytest.approx(shape, abs=4 * error)


def test_order_and_scale_of_weights_do_not_matter() -> None:
    log_weights = pareto(2000, 3, 0.6)
    k = pareto_k(log_weights)
    assert pareto_k(log_weights[::-1] + 123) == pytest.approx(k, abs=1e-9)


@pytest.mark.parametrize(("n", "length"), [(25, 5), (100, 20), (225, 45), (4000, 190)])
def test_tail_length(n: int, length: int) -> None:
    """min(n / 5, 3 sqrt(n)), rounded up; the two meet at 225."""
    assert tail_length(n) == length


def test_equal_weights_have_no_tail() -> None:
    assert pareto_k(np.full(1000, -3.0)) == -math.inf


def test_one_draw_that_holds_everything_is_never_certified() -> None:
    log_weights = np.full(1000, -np.inf)
    log_weights[17] = 0.0
    assert pareto_k(log_weights) == math.inf


def test_too_few_possible_draws_are_never_certified() -> None:
    """Ninety possible draws of 1,000: fewer than the 95 of the tail and its threshold."""
    log_weights = np.full(1000, -np.inf)
    log_weights[:90] = pareto(90, 1, 0.2)
    assert pareto_k(log_weights) == math.inf


@pytest.mark.parametrize("n", [2, 5, 20])
def test_too_few_draws_are_never_certified(n: int) -> None:
    assert pareto_k(pareto(n, 1, 0.2)) == math.inf


def test_a_tail_of_equal_weights_is_never_certified() -> None:
    """But for its head, which does not enter: k cannot be known."""
    log_weights = np.zeros(1000)
    log_weights[:500] = -1.0
    assert pareto_k(log_weights) == math.inf


def test_too_few_excesses_have_no_shape() -> None:
    assert generalised_pareto_shape(np.array([0.1, 0.2, 0.3, 0.4])) == math.inf
    assert math.isfinite(generalised_pareto_shape(np.array([0.1, 0.2, 0.3, 0.4, 0.6])))
