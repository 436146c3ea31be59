"""Tests of the simultaneous bands: they hold as often as they say."""

import math

import numpy as np
import pytest

from popest.checks.methods.ecdf_bands import (
    Band,
    binomial_bounds,
    binomial_probabilities,
    counts_up_to,
    ecdf_band,
    is_inside,
    probability_inside,
)


@pytest.mark.parametrize(("n_values", "prob"), [(50, 0.9), (200, 0.99), (1_000, 0.95)])
def test_uniform_samples_stay_inside_as_often_as_the_band_says(n_values: int, prob: float) -> None:
    rng = np.random.default_rng(1)
    band = ecdf_band(n_values, prob)
    exact = probability_inside(n_values, band)
    trials = 4_000
    held = np.mean([is_inside(rng.random(n_values), band) for _ in range(trials)])
    assert prob <= exact < prob + 0.02
    assert abs(held - exact) < 4 * math.sqrt(exact * (1 - exact) / trials)


def test_a_pointwise_band_is_left_more_often_than_its_level_says() -> None:
    points = np.arange(1, 100) / 100
    bounds = [binomial_bounds(200, float(point), 0.95) for point in points]
    pointwise = Band(points, np.array([a for a, _ in bounds]), np.array([b for _, b in bounds]))
    assert probability_inside(200, pointwise) < 0.7


@pytest.mark.parametrize("shape", [0.5, 2.0])
def test_ranks_of_too_narrow_and_too_wide_posteriors_leave_the_band(shape: float) -> None:
    values = np.random.default_rng(2).beta(shape, shape, size=500)
    assert not is_inside(values, ecdf_band(500, 0.99))


def test_the_probability_of_one_point_is_that_of_the_binomial() -> None:
    band = Band(np.array([0.3]), np.array([2]), np.array([5]))
    expected = sum(math.comb(12, k) * 0.3**k * 0.7 ** (12 - k) for k in range(2, 6))
    assert probability_inside(12, band) == pytest.approx(expected)
    assert binomial_probabilities(12, np.array([0.3]))[0, 2:6].sum() == pytest.approx(expected)


def test_binomial_bounds_leave_out_at_most_half_of_the_rest_on_either_side() -> None:
    lower, upper = binomial_bounds(100, 0.9, 0.95)
    chance = binomial_probabilities(100, np.array([0.9]))[0]
    assert chance[:lower].sum() <= 0.025 < chance[: lower + 1].sum()
    assert chance[upper + 1 :].sum() <= 0.025 < chance[upper:].sum()


def test_values_are_counted_up_to_and_including_each_point() -> None:
    band = ecdf_band(3, 0.9, n_points=4)
    assert counts_up_to(np.array([0.6, 0.25, 0.1]), band).tolist() == [2, 2, 3]
