"""Nested R-hat against numbers worked out by hand, and the certificate at its limits."""

from __future__ import annotations

from typing import Any

import arviz_stats
import numpy as np
import pytest
from toy_model import ToyModel

from popest.engines import superchains
from popest.engines.superchains import CHAINS, certify_superchains, nested_r_hat


def test_nested_r_hat_by_hand() -> None:
    """Superchains (0 2 | 4 6) and (10 12 | 10 12): means 3 and 11.

    Between superchains: the variance of 3 and 11, 32. Within: chains' variances are 2 each; their
    means differ by 4 in the first (variance 8) and by 0 in the second: (2 + 8 + 2 + 0) / 2 = 6.
    """
    chains = np.array([[[0.0, 2], [4, 6], [10, 12], [10, 12]]])
    assert nested_r_hat(chains, 2) == pytest.approx(np.sqrt(1 + 32 / 6))


def test_nested_r_hat_is_that_of_arviz() -> None:
    draws = np.random.default_rng(1).standard_normal((3, 12, 50)).cumsum(axis=2)
    names = np.repeat(np.arange(4), 3)
    for mine, values in zip(nested_r_hat(draws, 4), draws, strict=True):
        theirs = arviz_stats.rhat_nested(values, superchain_ids=names, method="identity")
        assert mine == pytest.approx(float(theirs))


def test_what_does_not_vary_has_converged() -> None:
    assert nested_r_hat(np.ones((1, 4, 5)), 2) == 1


def chains(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((2, CHAINS, 40))


def certificate(values: np.ndarray) -> Any:
    model = ToyModel(2, lambda u: np.zeros(u.shape[1]))
    return certify_superchains(model, values.reshape(2, -1))  # type: ignore[arg-type]


def test_independent_draws_are_certified() -> None:
    found = certificate(chains())
    assert found.certified and found.ess_bulk > 4_000 and found.ess_tail > 4_000
    assert found.divergences is None and "nested R-hat 1.00" in str(found)


@pytest.mark.parametrize("normal", [0, 1])
def test_a_superchain_that_stays_apart_is_refused(normal: int) -> None:
    values = chains()
    values[normal, :16] += 1
    found = certificate(values)
    assert not found.certified and found.r_hat > 1.01
    assert found.ess_bulk is None and str(found).endswith("(below 1.01)")


def test_the_stock_is_judged_too(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ToyModel(2, lambda u: np.zeros(u.shape[1]))
    stock = np.exp(chains(2)[:1])
    stock[0, :16] *= 5
    state = type("S", (), {"population": type("P", (), {"stock": stock.reshape(1, -1)})})
    monkeypatch.setattr(model, "state", lambda _: state)
    assert not certify_superchains(model, chains().reshape(2, -1)).certified  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sizes", "certified"),
    [((400.0, 400.0), True), ((399.9, 400.0), False), ((400.0, 399.9), False)],
)
def test_effective_sizes_must_reach_400(
    sizes: tuple[float, float], certified: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(superchains, "_effective_sizes", lambda _: sizes)
    found = certificate(chains())
    assert found.certified == certified and (found.ess_bulk, found.ess_tail) == sizes


def test_slow_chains_have_few_effective_draws() -> None:
    """Each value stands for ten draws: 5,120 draws are some 512."""
    values = np.repeat(np.random.default_rng(1).standard_normal((2, CHAINS, 4)), 10, axis=2)
    found = certificate(values)
    assert found.ess_bulk is None or found.ess_bulk < 800


def test_numbers_that_are_none_are_refused() -> None:
    values = chains()
    values[0, 3, 3] = np.nan
    assert not certificate(values).certified
