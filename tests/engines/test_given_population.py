"""Ratios that binomial counts tie to the population: their coordinates, and what these do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import small_studies as small
from scipy import special

from popest.engines.given_population import GivenPopulation
from popest.engines.slice import run_slice
from popest.engines.target import Target
from popest.model.model import Model

UNIFORM = {"seen": 1, "of": 2, "deff": 2, "because": small.WHY}
"""The beta density with shapes 1 and 1."""
EIGHT_OF_TWENTY = {"seen": 8, "of": 20, "because": small.WHY}
AT_MOST_ONE = {
    "median": 0.5,
    "interval90": [0.1, 0.9],
    "at_most_one": True,
    "because": small.WHY,
}
COUNTED = (770, 710, 376)


def binomial(*ratios: small.Table, n_days: int = 1, **entries: Any) -> Model:
    """A population of about 400, some of whom each source counted, its ratio one of those given."""
    names = [f"s{number}" for number in range(len(ratios))]
    sources = {
        name: small.source("stock", ratio=ratio, sampling="binomial", **entries)
        for name, ratio in zip(names, ratios, strict=True)
    }
    rows = [
        small.count(f"{name}-{day}", name, value, f"2022-0{1 + 4 * day}-28")
        for name, value in zip(names, COUNTED, strict=False)
        for day in range(n_days)
    ]
    population = small.static_population(small.log_normal(405.3, 1.5))
    return small.model_of(small.document(population, sources), rows)


MODELS = {
    "uniform": lambda: binomial(UNIFORM),
    "one of each": lambda: binomial(UNIFORM, EIGHT_OF_TWENTY, AT_MOST_ONE),
    "drift": lambda: binomial(AT_MOST_ONE, UNIFORM, n_days=2, drift=0.2),
    "a group": lambda: binomial(AT_MOST_ONE, UNIFORM, group="g", group_correlation=0.4),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Model:
    return MODELS[request.param]()


def normals_near(model: Model, n: int = 200) -> np.ndarray:
    """Normals with which between 800 and 40,000 persons are there."""
    rng = np.random.default_rng(1)
    u = rng.standard_normal((len(model.normals), n))
    u[model.normals.names.index("size")] = rng.uniform(0.46, 3.05, n)
    return u


def test_there_and_back(model: Model) -> None:
    given, u = GivenPopulation(model), normals_near(model)
    there, _ = given.normals(given.points(u))
    assert there == pytest.approx(u, abs=1e-9)
    is_ratio = [name.startswith("ratio") for name in model.normals.names]
    moved = (given.points(u) != u).any(axis=1)
    assert moved.tolist() == is_ratio


def test_the_density_has_the_determinant_of_the_change(model: Model) -> None:
    """The determinant by differences, one coordinate after the other."""
    target, step = Target(model, lambda _: None), 1e-6
    for point in target.given.points(normals_near(model, 5)).T:
        sides = point[:, None] + step * np.concatenate([np.eye(len(point)), -np.eye(len(point))]).T
        moved, _ = target.given.normals(sides)
        jacobian = (moved[:, : len(point)] - moved[:, len(point) :]) / (2 * step)
        log_determinant = np.log(abs(np.linalg.det(jacobian)))
        u, _ = target.given.normals(point[:, None])
        expected = target.log_likelihood(u) - 0.5 * (u**2).sum() + log_determinant
        assert target(point[:, None]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("ratio", [UNIFORM, EIGHT_OF_TWENTY, AT_MOST_ONE], ids=["1", "2", "3"])
def test_given_the_population_a_ratio_is_about_standard_normal(ratio: small.Table) -> None:
    """By quadrature over the ratio, within a third of its width, where the size is likely."""
    model = binomial(ratio)
    target, grid = Target(model, lambda _: None), np.arange(-8, 8, 0.01)
    place = model.normals.names.index("ratio[s0]")
    for persons in (1_200, 3_000, 10_000):
        points = np.zeros((len(model.normals), len(grid)))
        points[model.normals.names.index("size")] = np.log(persons / 405.3) / 1.5
        points[place] = grid
        weights = np.exp(target(points) - target(points).max())
        weights /= weights.sum()
        mean = weights @ grid
        assert mean == pytest.approx(0, abs=0.3)
        assert np.sqrt(weights @ (grid - mean) ** 2) == pytest.approx(1, abs=0.1)


def test_counts_of_events_tie_nothing() -> None:
    sources = {"s": small.source("stock", ratio=EIGHT_OF_TWENTY)}
    population = small.static_population(small.log_normal(500, 1))
    model = small.model_of(
        small.document(population, sources), [small.count("A", "s", 12, "2022-06-30")]
    )
    u = normals_near(model)
    points, log_sd = GivenPopulation(model).normals(u)
    assert points is u and not log_sd.any()


def test_the_tail_of_a_crescent_is_as_long_as_by_quadrature() -> None:
    """Three binomial counts, nothing known of their ratios: 2.5 % lie above 2,128 persons.

    Integrated over its ratio each count of y has the probability 1 / (N + 1). Five seeds together,
    within four standard errors at their effective sizes in the tails.
    """
    x = np.linspace(np.log(770), np.log(1e7), 400_001)
    density = -0.5 * (np.log(np.exp(x) / 405.3) / 1.5) ** 2
    for count in COUNTED:
        missed = np.exp(x) - count
        ways = special.gammaln(np.exp(x) + 1) - special.gammaln(count + 1)
        ways -= special.gammaln(missed + 1)
        density += ways + special.betaln(1 + count, 1 + missed)
    below = np.cumsum(np.exp(density - density.max()))
    upper = np.exp(x[np.searchsorted(below / below[-1], 0.975)])
    assert upper == pytest.approx(2128, abs=1)
    model = binomial(UNIFORM, UNIFORM, UNIFORM)
    shares, size = [], 0.0
    for seed in range(5):
        found = run_slice(model, np.random.default_rng(seed))
        assert found.certificate.certified and found.certificate.ess_tail is not None
        shares.append((found.state.population.stock[-1] > upper).mean())
        size += found.certificate.ess_tail
    error = np.sqrt(0.025 * 0.975 / size)
    assert np.mean(shares) == pytest.approx(0.025, abs=4 * error)
    assert size > 15_000
