"""Points of the banks: by name, even, and as exact as quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gaussian_panel import ERROR, EXACT, Quantity, Simulated
from panel_banks import as_one, panel_of
from scipy import integrate, stats

from popest.panels.message import log_likelihood, message
from popest.panels.reference import population_rng


def test_the_density_of_counts_is_that_of_quadrature() -> None:
    """Four counts of one source, the noise of the register log-normal."""
    counts = [(0, 900), (0, 1100), (0, 700), (0, 1300)]
    size, ratio = Quantity(1_000, 0.5), Quantity(0.9, 0.3)
    panel = panel_of(Simulated([size, ratio], [counts]), noise_sigma=0.6)
    values = panel.prior.values(np.zeros(0))
    found = log_likelihood(
        message(as_one(panel).banks[0], as_one(panel).groups, values).log_density
    )[0]
    logs = np.log([figure for _, figure in counts])
    common = size.total**2 + ratio.total**2

    def density(z: float) -> float:
        own = (ERROR * math.exp(0.6 * z)) ** 2 + EXACT**2
        spread = common * np.ones((4, 4)) + own * np.eye(4)
        mean = np.full(4, math.log(1_000 * 0.9))
        log = stats.multivariate_normal(mean, spread).logpdf(logs) - logs.sum()
        return math.exp(log + 40) * stats.norm.pdf(z)

    exact = math.log(integrate.quad(density, -8, 8, limit=200)[0]) - 40
    assert found == pytest.approx(exact, abs=0.005)


def test_random_numbers_depend_on_the_name_and_the_purpose() -> None:
    drawn = [
        population_rng(*settings).random()
        for settings in ((1, "a"), (1, "b"), (2, "a"), (1, "a", 1), (1, "a"))
    ]
    assert drawn[0] == drawn[4] and len(set(drawn)) == 4
