"""Moves leave a density as it is, and bring a point home from a long tail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from popest.engines import moves
from popest.engines.mixture import Normal
from popest.engines.moves import TURNS_PER_SLIDE, Chains

LINE = np.array([1.2, -0.7])
Move = Callable[[Chains, np.random.Generator], None]


def turn(chains: Chains, rng: np.random.Generator) -> None:
    chains.turn(rng)


def slide(chains: Chains, rng: np.random.Generator) -> None:
    chains.slide(LINE, rng)


def banana(u: np.ndarray) -> np.ndarray:
    """u[0] is standard normal, and u[1] is normal around its square."""
    return -0.5 * u[0] ** 2 - 0.5 * ((u[1] - u[0] ** 2) / 0.3) ** 2


@pytest.mark.parametrize("move", [turn, slide])
def test_a_move_leaves_the_density_as_it_is(move: Move) -> None:
    """Ten thousand exact draws of a banana stay ones, though the normal is a poor fit."""
    rng = np.random.default_rng(1)
    exact = rng.standard_normal((2, 10_000))
    exact[1] = exact[0] ** 2 + 0.3 * exact[1]
    normal = Normal(np.array([1.0, 0.5]), np.array([[1.5, 0], [0.4, 2]]))
    chains = Chains(banana, normal, exact)
    for _ in range(15):
        move(chains, rng)
    moved = chains.points
    assert (moved != exact).any(axis=0).mean() > 0.99
    assert stats.kstest(moved[0], "norm").pvalue > 0.001
    assert stats.kstest((moved[1] - moved[0] ** 2) / 0.3, "norm").pvalue > 0.001


@pytest.mark.parametrize("width", [0.3, 20.0])
def test_a_slide_is_right_whatever_its_width(monkeypatch: pytest.MonkeyPatch, width: float) -> None:
    """Exponential variables stay ones: narrow brackets are widened, wide ones shrink."""
    monkeypatch.setattr(moves, "WIDTH", width)
    rng = np.random.default_rng(1)
    exact = rng.standard_exponential((1, 10_000))

    def density(u: np.ndarray) -> np.ndarray:
        return np.where(u[0] >= 0, -u[0], -np.inf)

    chains = Chains(density, Normal(np.ones(1), np.eye(1)), exact)
    for _ in range(20):
        chains.slide(np.ones(1), rng)
    assert stats.kstest(chains.points[0], "expon").pvalue > 0.001
    assert np.corrcoef(chains.points[0], exact[0])[0, 1] < (0.9 if width < 1 else 0.05)


def tails(u: np.ndarray) -> np.ndarray:
    """An exponential variable among four normal ones."""
    return np.where(u[0] > -1, -u[0], -np.inf) - 0.5 * (u[1:] ** 2).sum(axis=0)


def far_out(lines: np.ndarray | None) -> Chains:
    start = np.zeros((5, 400))
    start[0] = 12.0
    return Chains(tails, Normal.standard(5), start, lines)


def test_a_point_far_out_comes_home_along_a_line() -> None:
    """Twelve standard deviations out nearly none leaves in 32 turns, and all in eight slides."""
    rng = np.random.default_rng(1)
    turned, slid = far_out(None), far_out(np.eye(5)[:, :1])
    turned.walk(32, 1, rng)
    slid.walk(8, TURNS_PER_SLIDE + 1, rng)
    assert np.mean(turned.points[0] < 5) < 0.1
    assert np.mean(slid.points[0] < 5) > 0.98


def test_a_point_that_cannot_move_stays() -> None:
    start = np.zeros((1, 5))

    def only_here(u: np.ndarray) -> np.ndarray:
        return np.where(u[0] == 0, 0.0, -np.inf)

    chains = Chains(only_here, Normal.standard(1), start, np.ones((1, 1)))
    chains.walk(1, TURNS_PER_SLIDE + 1, np.random.default_rng(1))
    assert chains.points == pytest.approx(start, abs=1e-12)
