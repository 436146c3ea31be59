"""The evidence of chains, and integrals of densities that overlap, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from toy_model import ToyModel

from popest.engines.bank import Bank
from popest.engines.draws import Certificate
from popest.engines.evidence import evidence_of_chains, log_normalisers
from popest.engines.slice import run_slice
from popest.engines.superchains import CHAINS
from popest.engines.target import Target

SEEN, ERROR = np.array([1.0, -2.0]), 0.2
LOADING = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]])


def linear(u: np.ndarray) -> np.ndarray:
    """The log density of two sums of three normals, seen with an error of 0.2."""
    z = (LOADING @ u - SEEN[:, None]) / ERROR
    return -0.5 * (z**2).sum(axis=0) - 2 * np.log(ERROR) - np.log(2 * np.pi)


def test_the_evidence_of_a_linear_model_is_its_closed_form() -> None:
    """Exact posterior draws, so that only the bridge errs: by .01 or so."""
    covariance = np.linalg.inv(np.eye(3) + LOADING.T @ LOADING / ERROR**2)
    mean = covariance @ LOADING.T @ SEEN / ERROR**2
    rng = np.random.default_rng(1)
    u = mean[:, None] + np.linalg.cholesky(covariance) @ rng.standard_normal((3, CHAINS * 100))
    model = ToyModel(3, linear)
    certificate = Certificate(True, r_hat=1.0, ess_bulk=12_800.0, ess_tail=12_800.0)
    found = evidence_of_chains(model, Target(model, lambda _: None), u, certificate)
    marginal = LOADING @ LOADING.T + ERROR**2 * np.eye(2)
    assert found == pytest.approx(stats.multivariate_normal(None, marginal).logpdf(SEEN), abs=0.02)


def test_a_density_without_a_normal_has_its_value() -> None:
    model = ToyModel(0, lambda u: np.full(u.shape[1], -3.5))
    found = run_slice(model, np.random.default_rng(1))
    assert found.log_evidence == -3.5


def banana(u: np.ndarray) -> np.ndarray:
    return -0.5 * ((u[1] - u[0] ** 2) / 0.3) ** 2


def test_the_evidence_of_a_banana_is_as_by_quadrature() -> None:
    """Within .04: draws of chains that are worth some 1,000 independent ones."""
    x, y = np.meshgrid(np.arange(-5, 5, 0.01), np.arange(-5, 9, 0.01))
    u = np.stack([x.ravel(), y.ravel()])
    exact = np.exp(banana(u) - 0.5 * (u**2).sum(axis=0)).sum() * 0.01**2 / (2 * np.pi)
    found = run_slice(ToyModel(2, banana), np.random.default_rng(1))
    assert found.log_evidence == pytest.approx(np.log(exact), abs=0.04)


def test_densities_that_overlap_are_brought_to_one_scale() -> None:
    """Three normals of different widths, each with a constant of its own."""
    rng, sizes = np.random.default_rng(1), np.array([20_000, 40_000, 10_000])
    centres, widths, constants = [0.0, 1.0, 3.0], [1.0, 0.5, 1.5], np.array([-120.0, 300.0, 5.0])
    pairs = list(zip(centres, widths, sizes, strict=True))
    x = np.concatenate([rng.normal(centre, width, size) for centre, width, size in pairs])
    densities = [stats.norm(centre, width).logpdf(x) for centre, width, _ in pairs]
    found = log_normalisers(np.stack(densities) + constants[:, None], sizes)
    assert found - found[-1] == pytest.approx(constants - constants[-1], abs=0.05)


def test_chains_are_a_bank_of_equal_weights_with_their_evidence() -> None:
    model = ToyModel(3, linear)
    draws = run_slice(model, np.random.default_rng(2))
    bank = Bank.of_chains(model, draws)
    assert np.ptp(bank.log_weights()) < 1e-9
    assert bank.draws(model).log_evidence == pytest.approx(draws.log_evidence, abs=1e-9)
    assert bank.certificate.ess == pytest.approx(draws.certificate.size)
    assert bank.certificate.certified and bank.certificate.pareto_k == -np.inf


def test_draws_of_chains_are_worth_less_when_they_are_weighed() -> None:
    """A prior to the power 4: sqrt 7 / 4 of what the draws are worth is left."""
    model = ToyModel(1, lambda u: np.zeros(u.shape[1]))
    draws = run_slice(model, np.random.default_rng(3))
    bank = Bank.of_chains(model, draws)
    narrower = Bank(
        bank.u,
        4 * bank.log_prior,
        bank.log_likelihood,
        bank.log_mixture,
        efficiency=bank.efficiency,
    )
    expected = draws.certificate.size * np.sqrt(7) / 4
    assert narrower.certificate.ess == pytest.approx(expected, rel=0.05)
