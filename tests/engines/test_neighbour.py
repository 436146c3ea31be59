"""Chains that go on from draws of a posterior nearby, against closed forms."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from toy_model import ToyModel

from popest.engines.draws import Certificate, Draws
from popest.engines.neighbour import STEPS_KEPT, Neighbourhood
from popest.engines.superchains import CHAINS

SIZE = 4_000


def seen(u: np.ndarray) -> np.ndarray:
    """Two normals, each seen at 1 with an error of 0.5."""
    return -0.5 * (((u - 1) / 0.5) ** 2).sum(axis=0)


def one_seen(u: np.ndarray) -> np.ndarray:
    return -0.5 * ((u[0] - 1) / 0.5) ** 2 - 0.5 * (u**2).sum(axis=0)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_chains_reach_a_wider_posterior_from_a_narrow_one(is_weighted: bool) -> None:
    """Without its figure the second normal is as before it: mean 0 and sd 1, not .8 and .45."""
    rng = np.random.default_rng(1)
    mean, sd = 0.8, np.sqrt(0.2)
    u = mean + (2 if is_weighted else 1) * sd * rng.standard_normal((2, SIZE))
    log_weights = -0.5 * (1 - 1 / 4) * (((u - mean) / sd) ** 2).sum(axis=0) * is_weighted
    weights = np.exp(log_weights) / np.exp(log_weights).sum()
    state: Any = SimpleNamespace(u=u)
    draws = Draws("bank", state, weights, Certificate(True, pareto_k=0.1, ess=1_000.0), None)
    found = Neighbourhood(ToyModel(2, seen), draws).walk(one_seen, rng)  # type: ignore[arg-type]
    assert found.shape == (2, CHAINS * STEPS_KEPT)
    means = found.reshape(2, CHAINS, STEPS_KEPT).mean(axis=2)
    error = 4 * means.std(axis=1) / np.sqrt(CHAINS)
    assert (np.abs(found.mean(axis=1) - [0.8, 0.0]) < error).all()
    assert error.max() < 0.25
    assert found.std(axis=1) == pytest.approx([sd, 1.0], rel=0.15)
