"""Moves leave a density as it is, and bring a point home from a long tail."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from popest.engines import moves
from popest.engines.mixture import Normal
from popest.engines.moves import TURNS_PER_SLIDE, Chains

LINE = np.array([[1.2], [-0.7]])


def banana(u: np.ndarray) -> np.ndarray:
    """u[0] is standard normal, and u[1] is normal around its square."""
    return -0.5 * u[0] ** 2 - 0.5 * ((u[1] - u[0] ** 2) / 0.3) ** 2


def only_slides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "TURNS_PER_SLIDE", 0)


@pytest.mark.parametrize("slides", [False, True])
def test_a_move_leaves_the_density_as_it_is(monkeypatch: pytest.MonkeyPatch, slides: bool) -> None:
    """Ten thousand exact draws of a banana stay ones, though the normal is a poor fit.

    Each has made as many moves when it is looked at, however many places it tried meanwhile.
    """
    if slides:
        only_slides(monkeypatch)
    rng = np.random.default_rng(1)
    exact = rng.standard_normal((2, 10_000))
    exact[1] = exact[0] ** 2 + 0.3 * exact[1]
    normal = Normal(np.array([1.0, 0.5]), np.array([[1.5, 0], [0.4, 2]]))
    chains = Chains(banana, normal, exact, LINE if slides else None)
    middle, moved = chains.walk(2, 8, rng)
    assert np.array_equal(moved, chains.points)
    assert stats.kstest(middle[0], "norm").pvalue > 0.001
    assert (moved != exact).any(axis=0).mean() > 0.99
    assert stats.kstest(moved[0], "norm").pvalue > 0.001
    assert stats.kstest((moved[1] - moved[0] ** 2) / 0.3, "norm").pvalue > 0.001


@pytest.mark.parametrize("width", [3.0, 24.0])
def test_a_slide_is_right_whatever_its_width(monkeypatch: pytest.MonkeyPatch, width: float) -> None:
    """Exponential variables stay ones, whether brackets leave out much of them or little."""
    monkeypatch.setattr(moves, "WIDTH", width)
    only_slides(monkeypatch)
    rng = np.random.default_rng(1)
    exact = rng.standard_exponential((1, 10_000))

    def density(u: np.ndarray) -> np.ndarray:
        return np.where(u[0] >= 0, -u[0], -np.inf)

    chains = Chains(density, Normal(np.ones(1), np.eye(1)), exact, np.ones((1, 1)))
    chains.walk(1, 20, rng)
    assert stats.kstest(chains.points[0], "expon").pvalue > 0.001
    assert np.corrcoef(chains.points[0], exact[0])[0, 1] < 0.05


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


def test_points_go_on_at_once_and_end_after_as_many_moves() -> None:
    """The last points are waited for, and nobody moves on meanwhile; strides may be many calls."""
    asked: list[int] = []

    def density(u: np.ndarray) -> np.ndarray:
        asked.append(u.shape[1])
        return banana(u)

    start = np.zeros((2, 64))
    at_once = Chains(density, Normal.standard(2), start)
    asked.clear()
    kept = at_once.walk(50, 4, np.random.default_rng(2))
    assert kept.shape == (50, 2, 64) and np.isfinite(kept).all()
    assert (np.diff(kept, axis=0) != 0).any(axis=1).all()
    # Were each move waited for, at least 200 calls would ask for all, and most for a few points.
    assert asked[: len(asked) // 2] == [64] * (len(asked) // 2)
    assert sorted(asked, reverse=True) == asked


def test_a_point_that_cannot_move_stays() -> None:
    start = np.zeros((1, 5))

    def only_here(u: np.ndarray) -> np.ndarray:
        return np.where(u[0] == 0, 0.0, -np.inf)

    chains = Chains(only_here, Normal.standard(1), start, np.ones((1, 1)))
    chains.walk(1, TURNS_PER_SLIDE + 1, np.random.default_rng(1))
    assert chains.points == pytest.approx(start, abs=1e-12)
