"""Laplace's approximation: exact for a normal, and at the peak of what is none."""

from __future__ import annotations

import numpy as np
import pytest

from popest.engines.bank import quiet
from popest.engines.laplace import DISTANCE, laplace, second_differences
from popest.engines.mixture import Normal

MEAN = np.array([3.0, -1.0, 0.5])
COVARIANCE = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.1], [0.0, 0.1, 0.06]])


def normal(u: np.ndarray) -> np.ndarray:
    away = u - MEAN[:, None]
    return -0.5 * np.einsum("ij,ij->j", away, np.linalg.solve(COVARIANCE, away))


def started() -> Normal:
    return Normal(np.zeros(3), 0.1 * np.eye(3))


def test_a_normal_is_found_exactly() -> None:
    found = laplace(normal, started())
    assert found.mean == pytest.approx(MEAN, abs=0.02)
    assert found.factor @ found.factor.T == pytest.approx(COVARIANCE, rel=0.01, abs=1e-3)


def test_the_peak_of_a_gamma_in_its_logarithm() -> None:
    """exp(5 x - exp(x)) has its peak at log 5 and the curvature -5 there."""
    found = laplace(lambda u: (5 * u - np.exp(u))[0], Normal(np.zeros(1), 0.1 * np.eye(1)))
    assert found.mean[0] == pytest.approx(np.log(5), abs=0.1)
    assert found.factor[0, 0] ** 2 == pytest.approx(1 / 5, rel=0.1)


def test_the_way_up_goes_round_what_is_impossible() -> None:
    def cut(u: np.ndarray) -> np.ndarray:
        return np.where(u[0] < 0.0005, normal(u), -np.inf)

    with quiet():
        found = laplace(cut, started())
    assert np.isfinite(cut(found.mean[:, None]))[0] and np.isfinite(found.factor).all()
    assert cut(found.mean[:, None])[0] > cut(np.zeros((3, 1)))[0]


def test_second_differences_of_a_square() -> None:
    moves = DISTANCE * np.eye(3)
    found = second_differences(lambda u: (u[0] + 2 * u[1]) ** 2, np.ones(3), moves)
    assert found / DISTANCE**2 == pytest.approx([2.0, 8.0, 0.0], abs=1e-6)
