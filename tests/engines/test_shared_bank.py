"""One bank weighed for several models: each posterior is that of integration on a grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import small_studies as small
from exact_studies import tight, vague
from quadrature import evidence_error, on_grid, shares_below, z_scores
from scipy import stats

from popest.engines.mixture import Normal
from popest.engines.shared import SharedBank, padded
from popest.model.model import Model

FAR = 4.0  # standard errors


def models() -> dict[str, Model]:
    """A study, one source less, another count, another ratio's prior, and either normal less."""
    entries, rows = vague()
    surer = {**entries, "source": {name: dict(s) for name, s in entries["source"].items()}}
    surer["source"]["a"]["ratio"] = small.ratio(0.4, 0.5)
    steady = {**entries, "population": dict(entries["population"])}
    steady["population"]["departure_hazard"] = small.known(0.05)
    even = {**entries, "population": dict(entries["population"])}
    even["population"]["background"] = small.known(300) | {"volatility": 0.0}
    return {
        "itself": small.model_of(entries, rows),
        "one source less": small.model_of(entries, rows[:1]),
        "another count": small.model_of(entries, [rows[0], replace(rows[1], value=900)]),
        "another prior": small.model_of(surer, rows),
        "one normal less": small.model_of(steady, rows),
        "the first normal less": small.model_of(even, rows),
    }


@pytest.fixture(scope="module")
def shared() -> SharedBank:
    """Draws made for two of the models."""
    made = models()
    covered = [made["itself"], made["another prior"]]
    return SharedBank.covering(covered, np.random.default_rng(1))


@pytest.mark.parametrize("name", models())
def test_each_model_is_certified_and_right(shared: SharedBank, name: str) -> None:
    model = models()[name]
    grid = on_grid(model)
    draws = shared.weigh(model).draws(model)
    assert draws.certificate.certified, str(draws.certificate)
    exact = [*np.log(model.population(grid.u).stock[[5, -1]]), *grid.u]
    drawn = [*np.log(draws.state.population.stock[[5, -1]]), *draws.state.u]
    for values, truth in zip(drawn, exact, strict=True):
        z = z_scores(draws.weights, *shares_below(values, grid, truth))
        assert np.abs(z).max() < FAR, f"{z.round(1)} standard errors"
    assert draws.log_evidence is not None
    assert abs(draws.log_evidence - grid.log_evidence) < FAR * evidence_error(draws.weights)


def test_any_run_of_draws_stands_for_the_whole(shared: SharedBank) -> None:
    """The first quarter alone gives the evidence, within 4 standard errors."""
    model = models()["itself"]
    bank = shared.weigh(model)
    weights = np.exp(bank.log_weights() - bank.log_weights().max())
    quarter = weights[: weights.size // 4]
    error = evidence_error(weights / weights.sum())
    assert abs(np.log(quarter.mean() / weights.mean())) < FAR * error * np.sqrt(3)


def test_a_model_that_is_not_covered_is_not_certified(shared: SharedBank) -> None:
    """The same names of normals, but a posterior that is elsewhere and narrow."""
    entries, rows = tight()
    entries["population"] = vague()[0]["population"]
    far = small.model_of(entries, [replace(row, value=40 * row.value) for row in rows])
    assert not shared.weigh(far).certificate.certified


def test_a_draw_whose_density_is_not_a_number_weighs_nothing(
    shared: SharedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = models()["itself"]
    densities = model.log_density_of_data(shared.u)
    densities[5] = np.nan
    monkeypatch.setattr(model, "log_density_of_data", lambda _: densities.copy())
    found = shared.weigh(model).log_likelihood
    assert np.isneginf(found[5]) and np.array_equal(np.delete(found, 5), np.delete(densities, 5))


def test_what_a_model_lacks_is_independent_and_standard() -> None:
    """The density is that of the model's own normals, in their places, times that of the rest."""
    root = np.array([[1.5, 0.0], [-0.7, 0.4]])
    own = Normal(np.array([3.0, -1.0]), root)
    found = padded(own, ["d", "b"], ["a", "b", "c", "d"])
    u = np.random.default_rng(1).standard_normal((4, 20))
    truth = stats.multivariate_normal(own.mean, root @ root.T).logpdf(u[[3, 1]].T)
    truth += stats.norm.logpdf(u[[0, 2]]).sum(axis=0)
    residual = np.linalg.solve(found.factor, u - found.mean[:, None])
    log_determinant = np.linalg.slogdet(found.factor)[1]
    density = stats.norm.logpdf(residual).sum(axis=0) - log_determinant
    assert density == pytest.approx(truth)


@pytest.mark.parametrize("name", models())
def test_a_draw_is_the_same_path_in_every_model(shared: SharedBank, name: str) -> None:
    """Normals are matched by their names, not by their numbers."""
    model = models()[name]
    by_name = dict(zip(shared.names, shared.u, strict=True))
    expected = np.stack([by_name[normal] for normal in model.normals.names])
    found = shared.weigh(model)
    assert np.array_equal(found.u, expected)
    assert found.log_likelihood == pytest.approx(model.log_density_of_data(expected))
