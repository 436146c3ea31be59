"""The density of a population's counts given theta, by dense matrices and by differences."""

from __future__ import annotations

import numpy as np
import pytest
from gaussian_panel import ERROR, EXACT, Quantity, Simulated, simulate
from panel_banks import as_one, panel_of
from scipy import stats

from popest.panels.message import draw_ratios, message
from popest.panels.shared_prior import Values

GROUPED = [
    Quantity(10_000, 1.0, 0.3, 0.4),
    Quantity(0.9, 0.35, 0.15, 0.5, correlation=0.4),
    Quantity(0.5, 0.5, 0.0, correlation=0.3),
    Quantity(0.3, 0.5),
]


def dense(data: Simulated, values: Values) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the log density of the first population's counts, and what they say.

    Mean and covariance are of its log size and log ratios, less their medians.
    """
    n = len(data.quantities)
    tau, c = values.tau, np.array([q.correlation for q in data.quantities])
    prior = np.outer(tau * np.sqrt(c), tau * np.sqrt(c)) + np.diag(tau**2 * (1 - c))
    rows = np.array([np.eye(n)[0] + np.eye(n)[source + 1] for source, _ in data.counts[0]])
    logs = np.log([figure for _, figure in data.counts[0]])
    medians = np.log([q.median for q in data.quantities])
    residual = logs - rows @ (medians + values.offset[:, 0])
    spread = rows @ prior @ rows.T + (ERROR**2 + EXACT**2) * np.eye(len(rows))
    gain = prior @ rows.T @ np.linalg.inv(spread)
    density = stats.multivariate_normal(np.zeros(len(rows)), spread).logpdf(residual) - logs.sum()
    return density, values.offset[:, 0] + gain @ residual, prior - gain @ rows @ prior


@pytest.fixture(scope="module")
def data() -> Simulated:
    return simulate(GROUPED, 5, np.random.default_rng(3))


@pytest.mark.parametrize("seed", range(4))
def test_density_size_and_ratios_are_those_of_dense_matrices(data: Simulated, seed: int) -> None:
    panel, rng = panel_of(data), np.random.default_rng(seed)
    values = panel.prior.values(rng.standard_normal(len(panel.prior)))
    one = Values(values.offset[:, :1], values.tau)
    found = message(as_one(panel).banks[0].part(slice(0, 1)), as_one(panel).groups, one)
    density, mean, covariance = dense(data, one)
    assert found.log_density[0, 0] == pytest.approx(density, abs=1e-9)
    assert found.mean[0, 0] == pytest.approx(mean[0], abs=1e-9)
    assert found.variance[0, 0] == pytest.approx(covariance[0, 0], rel=1e-9)
    n_draws = 40_000
    size = found.mean[0, 0] + np.sqrt(found.variance[0, 0]) * rng.standard_normal(n_draws)
    chosen, noise = np.zeros(n_draws, dtype=int), rng.standard_normal((4, n_draws))
    drawn = np.vstack([size, draw_ratios(found, as_one(panel).groups, one, chosen, size, noise)])
    sd = np.sqrt(np.diag(covariance))
    assert (np.abs(drawn.mean(axis=1) - mean) <= 4 * sd / np.sqrt(n_draws) + 1e-12).all()
    known = np.cov(drawn)
    error = np.sqrt((covariance**2 + np.outer(sd**2, sd**2)) / n_draws)
    assert (np.abs(known - covariance) <= 4.5 * error + 1e-12).all()


@pytest.mark.parametrize("noise_sigma", [0.0, 0.5])
def test_the_gradient_is_that_of_differences(noise_sigma: float) -> None:
    quantities = [Quantity(10_000, 1.2, 0.3, 0.4, effect=(1.0, 0.5)), *GROUPED[1:]]
    data = simulate(quantities, 7, np.random.default_rng(4), missing=0.3)
    panel = panel_of(data, noise_sigma=noise_sigma)
    for seed in range(3):
        u = np.random.default_rng(seed).standard_normal(len(panel.prior))
        _, slope = panel.density_and_slope(u)
        step = 1e-5
        for axis, move in enumerate(step * np.eye(len(u))):
            up, down = (panel.density_and_slope(u + sign * move)[0] for sign in (1, -1))
            assert slope[axis] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("chunk", [1, 3, 5])
def test_chunks_of_populations_give_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    quantities = [Quantity(10_000, 1.2, 0.3, 0.4, effect=(1.0, 0.5)), *GROUPED[1:]]
    data = simulate(quantities, 7, np.random.default_rng(4), missing=0.3)
    found = []
    for size in (None, chunk):
        panel = panel_of(data, noise_sigma=0.5, chunk=size)
        u = np.random.default_rng(3).standard_normal((len(panel.prior), 3))
        density, slope = panel.density_and_slope(u[:, 0])
        ((_, weighed),) = panel.weighed(u)
        sizes = np.concatenate(list(panel.sizes(u, 4, 1)))
        found.append([density, slope, *weighed, sizes])
        monkeypatch.setattr("popest.panels.part.CELLS", 1)
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)
