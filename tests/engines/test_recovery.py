"""Populations that are known: does the estimate find them as often as it says?

200 populations are drawn from the prior of study serbia-report-2024 and counted as the design has
it, by code that shares nothing with popest's model. Each is then estimated by the bank from these
counts. If model and engine are right, the posterior probability below the true stock is uniform.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from scipy import stats
from simulate import position

POPULATIONS = 200


@pytest.fixture(scope="module")
def positions() -> np.ndarray:
    """The posterior probability below each true stock on the headline date."""
    tasks = [("serbia-report-2024", "2023-12-31", seed) for seed in range(POPULATIONS)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        return np.array(list(pool.map(position, tasks, chunksize=10)))


def test_every_fit_is_certified(positions: np.ndarray) -> None:
    assert np.isfinite(positions).all()


@pytest.mark.parametrize("prob", [0.5, 0.8, 0.9, 0.95])
def test_intervals_cover_as_often_as_they_say(positions: np.ndarray, prob: float) -> None:
    """Within the central 99.9 % of the binomial distribution."""
    covered = int((np.abs(positions - 0.5) <= prob / 2).sum())
    lowest, highest = stats.binom.interval(0.999, POPULATIONS, prob)
    assert lowest <= covered <= highest


@pytest.mark.parametrize("prob", [0.05, 0.25, 0.5, 0.75, 0.95])
def test_neither_side_is_favoured(positions: np.ndarray, prob: float) -> None:
    """Quantiles have as many true stocks below as they say; an interval alone would hide a bias."""
    below = int((positions <= prob).sum())
    lowest, highest = stats.binom.interval(0.999, POPULATIONS, prob)
    assert lowest <= below <= highest


def test_positions_are_uniform(positions: np.ndarray) -> None:
    """Chi-square over ten bins of 20, at 0.1 %."""
    counts = np.histogram(positions, bins=10, range=(0, 1))[0]
    assert stats.chisquare(counts).pvalue > 0.001
