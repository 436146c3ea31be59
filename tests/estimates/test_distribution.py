"""Tests of weighted draws: quantiles, intervals and probabilities against their definitions."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popest.estimates.distribution import PROBABILITIES, Distribution, Interval, percent

TOTAL = 64
"""Weights are whole 64ths, so that sums of them are exact in floating point."""


@st.composite
def weighted_draws(draw: st.DrawFn) -> list[tuple[float, int]]:
    """Draws, many of them equal, with weights in 64ths, some zero, that sum to 1."""
    values = draw(st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=9))
    cuts = sorted(
        draw(st.lists(st.integers(0, TOTAL), min_size=len(values) - 1, max_size=len(values) - 1))
    )
    weights = [b - a for a, b in itertools.pairwise([0, *cuts, TOTAL])]
    return list(zip(values, weights, strict=True))


def distribution(draws: list[tuple[float, int]]) -> Distribution:
    values, weights = zip(*draws, strict=True)
    return Distribution(np.array(values), np.array(weights) / TOTAL)


def weight_where(draws: list[tuple[float, int]], lower: float, upper: float) -> Fraction:
    """The weight strictly between two bounds."""
    return Fraction(sum(w for v, w in draws if lower < v < upper), TOTAL)


def naive_quantile(draws: list[tuple[float, int]], prob: Fraction) -> float:
    """The smallest draw up to which at least `prob` of the weight lies."""
    return min(
        value
        for value, _ in draws
        if Fraction(sum(w for v, w in draws if v <= value), TOTAL) >= prob
    )


@given(weighted_draws(), st.integers(1, TOTAL - 1))
def test_a_quantile_inverts_the_weighted_distribution_function(draws, number) -> None:
    prob = Fraction(number, TOTAL)
    assert distribution(draws).quantile(float(prob)) == naive_quantile(draws, prob)


@given(st.integers(1, 99), st.integers(0, 2**32 - 1))
def test_a_quantile_is_that_of_numpy(percentile: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, weights = rng.normal(size=37).round(1), rng.exponential(size=37)
    weights /= weights.sum()
    ours = Distribution(values, weights).quantile(percentile / 100)
    theirs = np.quantile(values, percentile / 100, weights=weights, method="inverted_cdf")
    assert ours == theirs


def test_the_median_of_equal_draws_is_a_draw_and_never_a_middle() -> None:
    assert Distribution.equal(np.array([1.0, 2.0, 10.0, 20.0])).median == 2
    assert Distribution.equal(np.array([20.0, 1.0, 10.0, 2.0, 3.0])).median == 3


def test_a_draw_without_weight_is_no_quantile() -> None:
    found = Distribution(np.array([-99.0, 1.0, 2.0, 99.0]), np.array([0, 0.5, 0.5, 0]))
    assert [found.quantile(p) for p in (1e-12, 0.5, 0.51, 1 - 1e-12)] == [1, 1, 2, 2]


def test_mean_and_deviation_are_weighted() -> None:
    found = Distribution(np.array([0.0, 10.0]), np.array([0.75, 0.25]))
    assert found.mean == 2.5
    assert found.sd == pytest.approx(np.sqrt(0.75 * 2.5**2 + 0.25 * 7.5**2), rel=1e-14)


@given(weighted_draws(), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_an_interval_of_more_probability_holds_one_of_less(draws, one, other) -> None:
    inner, outer = (distribution(draws).interval(prob) for prob in sorted((one, other)))
    assert outer.lower <= inner.lower <= inner.upper <= outer.upper


def test_an_interval_leaves_as_much_out_on_either_side() -> None:
    found = Distribution.equal(np.arange(1.0, 1001.0))
    assert found.interval(0.9, "persons") == Interval(50, 950, 0.9, "eti", "persons")
    assert [i.prob for i in found.intervals(PROBABILITIES)] == [0.5, 0.8, 0.9, 0.95]


@given(weighted_draws(), st.integers(-4, 4), st.integers(-4, 4))
def test_a_probability_leaves_its_bounds_out(draws, lower, upper) -> None:
    expected = weight_where(draws, lower, upper)
    assert distribution(draws).probability(lower, upper) == float(expected)


@given(weighted_draws(), st.integers(-4, 4))
def test_a_percentile_counts_half_of_the_draws_that_are_equal(draws, value) -> None:
    below = weight_where(draws, -np.inf, value)
    at = 1 - below - weight_where(draws, value, np.inf)
    assert distribution(draws).percentile_of(value) == float(below + at / 2)


@pytest.mark.parametrize(
    ("prob", "words"), [(0.9, "90 %"), (0.5, "50 %"), (0.29, "29 %"), (0.995, "99.5 %")]
)
def test_an_interval_is_named_with_its_probability(prob: float, words: str) -> None:
    assert percent(prob) == words
    interval = Interval(1234.5678, 9876.54321, prob, "eti", "persons")
    assert str(interval) == f"1,235 to 9,877 persons ({words} credible)"
