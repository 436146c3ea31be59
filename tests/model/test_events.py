"""Probabilities of few events against adaptive quadrature over their uncertain expectation.

The truth is SciPy's Poisson probability, integrated over the standard normal: see ``brute_few``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import brute_few
import numpy as np
import pytest
from scipy import stats

from popest.model.drawn.events import Mean, Ranges, log_count

AGREES = 1e-8
"""Of log probabilities, absolute."""
SPREADS = (0.0, 0.03, 0.05, 0.08, 0.1, 0.2, 0.35, 0.6)
RATES = (1e-3, 0.5, 4.0, 11.0, 30.0, 400.0)


def mean_of(rates: Sequence[float], spreads: Sequence[float], baseline: float = 0.0) -> Mean:
    """Expectations of one row in several draws."""
    log_rate = np.log(np.array(rates))[None]
    below = np.full(log_rate.shape, baseline) if baseline else None
    return Mean(log_rate, np.array(spreads)[None], below)


def grid() -> tuple[list[float], list[float]]:
    rates, spreads = zip(*product(RATES, SPREADS), strict=True)
    return list(rates), list(spreads)


@pytest.mark.parametrize("count", [0, 1, 4, 12, 29])
def test_a_count_is_poisson_around_a_log_normal_expectation(count: int) -> None:
    rates, spreads = grid()
    found = log_count(np.array([[float(count)]]), mean_of(rates, spreads))[0]
    truth = [
        brute_few.log_count(count, math.log(rate), sd)
        for rate, sd in zip(rates, spreads, strict=True)
    ]
    assert found == pytest.approx(truth, abs=AGREES, rel=AGREES)


@pytest.mark.parametrize(
    ("count", "baseline"), [(0, 3.0), (3, 8.0), (12, 0.5), (29, 6.0), (500, 450.0)]
)
def test_a_baseline_adds_to_the_expectation(count: int, baseline: float) -> None:
    """Also one that is nearly the whole count: 450 of 500."""
    rates, spreads = grid()
    found = log_count(np.array([[float(count)]]), mean_of(rates, spreads, baseline))[0]
    truth = [
        brute_few.log_count(count, math.log(rate), sd, baseline)
        for rate, sd in zip(rates, spreads, strict=True)
    ]
    assert found == pytest.approx(truth, abs=AGREES, rel=AGREES)


def test_a_count_that_its_baseline_explains_needs_no_rate_to_reach_it() -> None:
    """60 where 6 and hardly any others are expected: chance is likelier than a rate e^11 times."""
    found = log_count(np.array([[60.0]]), mean_of([1e-3], [0.6], 6.0))[0]
    assert found == pytest.approx([brute_few.log_count(60, math.log(1e-3), 0.6, 6.0)], abs=1e-6)


RANGES = [(0, 4), (1, 9), (20, 24), (7, 7), (1, math.inf), (12, math.inf), (29, math.inf)]


@pytest.mark.parametrize("baseline", [0.0, 6.0])
@pytest.mark.parametrize("bounds", RANGES)
def test_a_range_is_the_sum_of_its_counts(bounds: tuple[float, float], baseline: float) -> None:
    """Also where it is improbable, above and below, in which both tails keep their digits."""
    rates, spreads = zip(*product((1e-3, 3.0, 14.0, 300.0), (0.0, 0.1, 0.6)), strict=True)
    found = Ranges([bounds]).log_probability(mean_of(rates, spreads, baseline))[0]
    truth = [
        brute_few.log_range(bounds, math.log(rate), sd, baseline)
        for rate, sd in zip(rates, spreads, strict=True)
    ]
    assert found == pytest.approx(truth, abs=AGREES, rel=AGREES)


def test_rows_have_ranges_of_their_own() -> None:
    """Several at once, open ones among them, each with its own expectation in each draw."""
    rates = np.array([[2.0, 5.0], [9.0, 1.0], [15.0, 20.0]])
    bounds = [(0.0, 4.0), (12.0, math.inf), (10.0, 19.0)]
    mean = Mean(np.log(rates), np.full((3, 2), 0.3))
    found = Ranges(bounds).log_probability(mean)
    truth = [
        [brute_few.log_range(pair, math.log(rate), 0.3) for rate in row]
        for pair, row in zip(bounds, rates, strict=True)
    ]
    assert found == pytest.approx(np.array(truth), abs=AGREES)


def test_all_counts_together_are_certain() -> None:
    mean = mean_of([7.0, 0.2], [0.4, 0.6])
    counts = np.arange(400.0)
    many = Mean(np.repeat(mean.log_rate, 400, axis=0), np.repeat(mean.sd, 400, axis=0))
    assert np.exp(log_count(counts[:, None], many)).sum(axis=0) == pytest.approx([1, 1], abs=1e-9)


def test_far_from_every_expectation_it_is_a_number() -> None:
    """A draw that cannot be right has a low density, and the chain goes on."""
    rates = [1e-280, 1e-30, 1e6, 1e12]
    for count in (0.0, 3.0, 29.0):
        found = log_count(np.array([[count]]), mean_of(rates, [0.1] * 4))
        assert np.isfinite(found).all()
        # Without an error, the Poisson probability itself.
        plain = log_count(np.array([[count]]), mean_of(rates[1:3], [0.0] * 2))[0]
        assert plain == pytest.approx(stats.poisson.logpmf(count, rates[1:3]), rel=1e-9)


def test_draws_of_small_errors_are_as_exact_with_fewer_points() -> None:
    """One draw of a large error must not change what the others get."""
    spreads = [0.01, 0.05, 0.0999, 0.2, 0.5]
    together = log_count(np.array([[9.0]]), mean_of([8.0] * 5, spreads))[0]
    truth = [brute_few.log_count(9, math.log(8.0), sd) for sd in spreads]
    assert together == pytest.approx(truth, abs=AGREES)
