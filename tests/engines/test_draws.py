"""Weights: effective size, means of exponentials, normals fitted to draws and their mixtures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from popest.engines.bank import Bank
from popest.engines.draws import Certificate, effective_size, log_mean_exp
from popest.engines.mixture import INFLATION, Mixture, Normal, fit_normal
from popest.model.normals import Normals


def test_effective_size_is_kish_s() -> None:
    weights = np.random.default_rng(1).exponential(size=500)
    truth = weights.sum() ** 2 / (weights**2).sum()
    assert effective_size(np.log(weights)) == pytest.approx(truth)
    assert effective_size(np.log(weights) - 4000) == pytest.approx(truth)


def test_effective_size_of_equal_and_of_impossible_draws() -> None:
    assert effective_size(np.full(70, 3.0)) == pytest.approx(70)
    assert effective_size(np.array([-np.inf, 0.0, -np.inf, 0.0])) == pytest.approx(2)
    assert effective_size(np.full(9, -np.inf)) == 0


def test_log_mean_exp_is_scipy_s() -> None:
    values = 40 * np.random.default_rng(1).standard_normal(300)
    for shift in (0, -5000, 5000):
        truth = special.logsumexp(values + shift) - math.log(300)
        assert log_mean_exp(values + shift) == pytest.approx(truth, rel=1e-12)
    assert log_mean_exp(np.full(4, -np.inf)) == -math.inf


def test_standard_normals_have_their_density() -> None:
    u = np.random.default_rng(1).standard_normal((6, 40))
    truth = stats.norm.logpdf(u).sum(axis=0)
    assert Normals.log_density(u) == pytest.approx(truth, rel=1e-12)
    assert Normal.standard(6).log_density(u) == pytest.approx(truth, rel=1e-12)
    assert Normals.log_density(np.empty((0, 3))).tolist() == [0, 0, 0]


def some_normal(size: int, seed: int) -> Normal:
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((size, size))
    return Normal(rng.standard_normal(size), np.linalg.cholesky(root @ root.T + np.eye(size)))


def test_normal_has_scipy_s_density_and_draws_from_it() -> None:
    """Draws: mean and covariance within 4.5 standard errors of 100,000."""
    normal = some_normal(4, 1)
    covariance = normal.factor @ normal.factor.T
    u = 3 * np.random.default_rng(2).standard_normal((4, 50))
    truth = stats.multivariate_normal(normal.mean, covariance).logpdf(u.T)
    assert normal.log_density(u) == pytest.approx(truth, rel=1e-10)
    n = 100_000
    draws = normal.draw(n, np.random.default_rng(3))
    variance = np.diag(covariance)
    assert (np.abs(draws.mean(axis=1) - normal.mean) < 4.5 * np.sqrt(variance / n)).all()
    spread = np.sqrt((np.outer(variance, variance) + covariance**2) / n)
    assert (np.abs(np.cov(draws) - covariance) < 4.5 * spread).all()


def test_mixture_has_the_density_of_its_shares() -> None:
    parts = tuple(some_normal(3, seed) for seed in range(3))
    mixture = Mixture(parts, (0.1, 0.3, 0.6))
    u = 4 * np.random.default_rng(5).standard_normal((3, 200))
    densities = [
        share * stats.multivariate_normal(part.mean, part.factor @ part.factor.T).pdf(u.T)
        for part, share in zip(parts, mixture.shares, strict=True)
    ]
    assert mixture.log_density(u) == pytest.approx(np.log(sum(densities)), rel=1e-10)


@pytest.mark.parametrize("size", [10, 1001, 4003])
def test_each_component_contributes_its_share_of_draws(size: int) -> None:
    """To the nearest draw: the weights rest on it."""
    centres = (-1000.0, 0.0, 1000.0)
    parts = tuple(Normal(np.array([centre]), np.eye(1)) for centre in centres)
    drawn = Mixture(parts, (0.1, 0.3, 0.6)).draw(size, np.random.default_rng(1))
    assert drawn.shape == (1, size)
    counts = [int((np.abs(drawn - centre) < 100).sum()) for centre in centres]
    assert sum(counts) == size
    assert counts == pytest.approx([0.1 * size, 0.3 * size, 0.6 * size], abs=1)


def test_weights_of_a_mixture_average_to_one() -> None:
    """The integral of a standard normal, by draws of a mixture: 1 within 4.5 standard errors."""
    mixture = Mixture((Normal.standard(3), some_normal(3, 8)), (0.2, 0.8))
    u = mixture.draw(200_000, np.random.default_rng(4))
    weights = np.exp(Normals.log_density(u) - mixture.log_density(u))
    assert weights.max() <= 5  # the inverse of the prior's share
    assert weights.mean() == pytest.approx(1, abs=4.5 * weights.std() / math.sqrt(200_000))


def test_fitted_normal_has_the_moments_of_weighted_draws() -> None:
    """Up to the shrinkage of correlations by d / (d + effective size) and the inflation."""
    rng = np.random.default_rng(6)
    u = np.array([[1.0, 0, 0], [0.8, 0.6, 0], [0, 0, 2]]) @ rng.standard_normal((3, 5000))
    log_weights = 0.5 * u[0] - 300
    weights = np.exp(log_weights + 300)
    fitted = fit_normal(u, log_weights)
    assert fitted.mean == pytest.approx(np.average(u, axis=1, weights=weights))
    covariance = np.cov(u, aweights=weights, ddof=0)
    kept = np.full((3, 3), 1 - 3 / (3 + effective_size(log_weights)))
    np.fill_diagonal(kept, 1)
    assert fitted.factor @ fitted.factor.T == pytest.approx(INFLATION * kept * covariance)


def test_few_draws_still_give_a_normal() -> None:
    """Two draws that carry the weight, in thirty dimensions: positive definite all the same."""
    u = np.random.default_rng(7).standard_normal((30, 100))
    log_weights = np.full(100, -60.0)
    log_weights[:2] = 0
    assert np.isfinite(fit_normal(u, log_weights).factor).all()


def test_a_certificate_says_what_it_rests_on() -> None:
    bank = Certificate(True, pareto_k=0.123, ess=4321.0)
    assert str(bank) == (
        "certified: effective sample size 4,321 (at least 1,000), Pareto k 0.12 (below 0.7)"
    )
    chains = Certificate(False, r_hat=1.02, ess_bulk=500.0, ess_tail=600.0, divergences=3)
    assert str(chains) == (
        "not certified: R-hat 1.020 (below 1.01), effective sample size 500 in the bulk and 600 "
        "in the tails (at least 400), 3 divergences (none)"
    )


def test_what_is_impossible_has_no_weight_at_any_power() -> None:
    log_likelihood = np.array([-1.0, -np.inf, -2.0])
    bank = Bank(np.zeros((1, 3)), np.zeros(3), log_likelihood, np.zeros(3))
    for power in (0.0, 0.3, 1.0):
        weights = bank.log_weights(power)
        assert weights[1] == -np.inf
        assert weights[[0, 2]].tolist() == [-power, -2 * power]


def test_misfit_is_the_furthest_moment_in_standard_errors() -> None:
    """Of standardised draws: means, variances and products, each by its own standard error."""
    normal, n = some_normal(3, 2), 400
    u = normal.draw(n, np.random.default_rng(8)) + np.array([[0.0], [0.1], [0.0]])
    z = np.linalg.solve(normal.factor, u - normal.mean[:, None])
    found = []
    for i in range(3):
        found.append(abs(z[i].mean()) * math.sqrt(n))
        found.append(abs((z[i] ** 2).mean() - 1) * math.sqrt(n / 2))
        found += [abs((z[i] * z[j]).mean()) * math.sqrt(n) for j in range(i)]
    assert normal.misfit(u) == pytest.approx(max(found), rel=1e-9)


def test_misfit_sees_variances_by_their_own_error() -> None:
    """Draws of mean 0, without correlation, whose variance is 1.3: that alone is far."""
    n = 1000
    z = np.random.default_rng(9).standard_normal((2, n))
    z -= z.mean(axis=1, keepdims=True)
    z = np.linalg.solve(np.linalg.cholesky(z @ z.T / n), z) * math.sqrt(1.3)
    misfit = Normal.standard(2).misfit(z)
    assert misfit == pytest.approx(0.3 * math.sqrt(n) / math.sqrt(2), rel=1e-9)


def test_misfit_of_a_mixture_is_that_of_each_component_s_draws() -> None:
    parts = tuple(Normal(np.array([centre]), np.eye(1)) for centre in (-50.0, 0.0, 50.0))
    mixture = Mixture(parts, (0.1, 0.3, 0.6))
    u = mixture.draw(1000, np.random.default_rng(10))
    ends = (0, 100, 400, 1000)
    own = [part.misfit(u[:, a:b]) for part, a, b in zip(parts, ends, ends[1:], strict=False)]
    assert mixture.misfit(u) == max(own) < 5
    assert mixture.misfit(u[:, ::-1]) > 100
