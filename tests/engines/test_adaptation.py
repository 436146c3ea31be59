"""How the bank's proposal is found: powers of the likelihood, and normals fitted at them.

Of normals with a normal likelihood everything is known: at the power p it is a normal again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import small_studies as small
from exact_studies import conflict

from popest.engines.bank import Bank, _reachable_power, fit_mixture, run_bank, weigh
from popest.engines.draws import effective_size
from popest.engines.mixture import INFLATION, Mixture, Normal

PRECISION = 24.0
"""Of the likelihood of each normal, around nothing; that of the prior is 1."""


def normal_bank(n_normals: int, n_draws: int) -> Bank:
    """Draws from the prior, with their likelihoods."""
    prior = Normal.standard(n_normals)
    u = prior.draw(n_draws, np.random.default_rng(1))
    log_prior = prior.log_density(u)
    return Bank(u, log_prior, -0.5 * PRECISION * (u**2).sum(axis=0), log_prior)


@pytest.mark.parametrize("enough", [50.0, 1000.0, 10_000.0])
def test_the_power_is_the_largest_that_leaves_enough_draws(enough: float) -> None:
    bank = normal_bank(5, 20_000)
    power = _reachable_power(bank, enough)
    assert 0 < power < 1
    assert effective_size(bank.log_weights(power)) >= enough
    assert effective_size(bank.log_weights(1.001 * power)) < enough


def test_the_power_is_one_where_that_leaves_enough() -> None:
    bank = normal_bank(2, 20_000)
    assert _reachable_power(bank, 0.9 * effective_size(bank.log_weights())) == 1.0


@pytest.mark.parametrize("widening", [1.0, 3.0])
@pytest.mark.parametrize("power", [1.0, 0.4])
def test_the_proposal_has_the_prior_a_wide_and_a_narrow_normal(
    power: float, widening: float
) -> None:
    """Standard deviations are those of the posterior at 0.3 times the power, and at the power."""
    prior, wide, narrow = fit_mixture(normal_bank(1, 200_000), power, widening).components
    assert prior.factor.tolist() == [[1.0]] and prior.mean.tolist() == [0.0]
    for found, at, factor in ((wide, 0.3 * power, widening), (narrow, power, 1.0)):
        sd = factor * np.sqrt(INFLATION / (1 + at * PRECISION))
        assert found.factor[0, 0] == pytest.approx(sd, rel=0.02)
        assert abs(found.mean[0]) < 0.02


def test_a_draw_whose_density_is_not_a_number_weighs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = small.model_of(*conflict())

    def density(u: np.ndarray, *_: Any) -> np.ndarray:
        return np.where(np.arange(u.shape[1]) == 3, np.nan, -5.0)

    monkeypatch.setattr(model, "log_density_of_data", density)
    prior = Mixture((Normal.standard(len(model.normals)),), (1.0,))
    bank = weigh(model, prior.draw(6, np.random.default_rng(1)), prior)
    expected = [-5.0, -5.0, -5.0, -np.inf, -5.0, -5.0]
    assert bank.log_likelihood.tolist() == expected
    assert bank.log_weights().tolist() == pytest.approx(expected)


def test_draws_that_shaped_the_proposal_are_not_drawn_again() -> None:
    """Weights of draws by what was fitted to them are biased: no number of the stages returns."""
    model, n_stage = small.model_of(*conflict()), 4_000
    prior = Mixture((Normal.standard(len(model.normals)),), (1.0,))
    for seed in (1, 2):
        first_stage = prior.draw(n_stage, np.random.default_rng(seed))
        bank = run_bank(model, np.random.default_rng(seed), n_draws=4_000, stage_draws=n_stage)
        from_prior = bank.u[:, :400]
        assert not np.isin(from_prior, first_stage).any()


def test_another_seed_gives_other_draws_of_every_component() -> None:
    model = small.model_of(*conflict())
    banks = [run_bank(model, np.random.default_rng(seed), n_draws=2_000) for seed in (1, 2)]
    # The first tenth of a bank is drawn from the prior, which is the same for all seeds.
    assert not np.isin(banks[0].u[:, :200], banks[1].u[:, :200]).any()
