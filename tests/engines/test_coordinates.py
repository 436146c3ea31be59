"""Coordinates of steady width: a change of variables, which makes a funnel a normal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from toy_model import MixedNoise, NoNoise, OwnNoise, ToyModel

from popest.engines.coordinates import PRINTED_VARIANCE, Coordinates

SEEN = np.array([0.8, -0.5])


def funnel(u: np.ndarray) -> np.ndarray:
    """u[2] and u[3] are seen with errors of variance exp(2 u[0]) + p^2 and exp(2 u[1]) + p^2."""
    variance = np.exp(2 * u[:2]) + PRINTED_VARIANCE
    log_density = -0.5 * (u[2:] - SEEN[:, None]) ** 2 / variance - 0.5 * np.log(variance)
    return log_density.sum(axis=0) - 0.5 * (u**2).sum(axis=0)


def model(noise: Any) -> Any:
    toy = ToyModel(4, funnel)
    toy.noise = noise
    return toy


@pytest.fixture(scope="module", params=[OwnNoise, MixedNoise])
def coordinates(request: pytest.FixtureRequest) -> Coordinates:
    return Coordinates(model(request.param()), funnel, np.array([-2.0, -1.0, 0.0, 0.0]))


def points(n: int = 50) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((4, n)) - np.array([[2.0], [1], [0], [0]])


def test_there_and_back(coordinates: Coordinates) -> None:
    u = points()
    assert coordinates.normals(coordinates.points(u)) == pytest.approx(u, abs=1e-12)
    assert coordinates.noises.tolist() == [0, 1] and coordinates.others.tolist() == [2, 3]
    assert coordinates.points(u)[:2] == pytest.approx(u[:2])


def test_the_density_has_the_determinant_of_the_change(coordinates: Coordinates) -> None:
    """The determinant by differences, one coordinate after the other."""
    x = coordinates.points(points(5))
    step = 1e-6
    for number in range(5):
        at = x[:, number, None]
        moved = [coordinates.normals(at + step * move[:, None])[:, 0] for move in np.eye(4)]
        jacobian = (np.array(moved) - coordinates.normals(at)[:, 0]) / step
        log_determinant = np.log(abs(np.linalg.det(jacobian)))
        expected = funnel(coordinates.normals(at))[0] + log_determinant
        assert coordinates.density(funnel)(at)[0] == pytest.approx(expected, abs=1e-4)


def test_given_any_noise_the_funnel_is_a_standard_normal(coordinates: Coordinates) -> None:
    """Exactly, as all else is normal: its log density falls by half the square from its peak."""
    density = coordinates.density(funnel)
    for noises in ([-2.0, -1.0], [-4.0, 1.0], [0.5, -3.0]):
        x = np.array([[*noises, 0, 0], [*noises, 1, 0], [*noises, -1, 2.0]]).T
        found = density(x)
        assert found[1:] - found[0] == pytest.approx([-0.5, -2.5], abs=0.1)


def test_without_noise_the_coordinates_are_those_of_the_peak() -> None:
    seen = np.array([[0.1], [0.2], [0.3], [0.4]])

    def simple(u: np.ndarray) -> np.ndarray:
        return -0.5 * (((u - seen) / 0.1) ** 2).sum(axis=0) - 0.5 * (u**2).sum(axis=0)

    found = Coordinates(model(NoNoise()), simple, np.zeros(4))
    assert found.peak == pytest.approx(seen[:, 0] / 1.01, abs=0.01)
    u = found.normals(np.eye(4) + found.normal.mean[:, None])
    away = u - found.peak[:, None]
    assert (away**2).sum(axis=0) == pytest.approx(np.full(4, 1 / 101), rel=0.05)
