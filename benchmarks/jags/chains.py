"""What a set of Markov chains says, and how exactly: quantiles, effective size, R-hat.

NumPy only. Every function takes draws of one quantity as `(chain, draw)`. Running JAGS is the
business of ``run.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.float64]

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
BATCHES_PER_CHAIN = 25


def effective_size(draws: Draws) -> float:
    """Return the number of independent draws that would estimate the mean as exactly.

    Parameters
    ----------
    draws
        Draws of one quantity, `(chain, draw)`.

    Returns
    -------
    float
        Effective sample size over all chains, each cut into halves.

    Notes
    -----
    Autocorrelations are pooled over half chains against the total variance, so that chains
    which disagree lower the size, and are summed while the sums of neighbouring pairs stay
    positive and do not grow (Geyer's initial monotone sequence).

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter, Bürkner (2021), Bayesian Analysis 16(2), section 3.
    """
    halves = _halves(draws)
    chains, length = halves.shape
    centred = halves - halves.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * length, axis=1)
    products = np.fft.irfft(np.abs(spectrum) ** 2, 2 * length, axis=1)[:, :length]
    autocovariance = products.mean(axis=0) / length
    within, total = _variances(halves)
    correlation = 1.0 - (within - autocovariance * length / (length - 1.0)) / total
    correlation[0] = 1.0
    pairs = correlation[: length // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0.0)
    positive = pairs[: ends[0]] if ends.size else pairs
    inefficiency = 2.0 * float(np.minimum.accumulate(positive).sum()) - 1.0
    return float(chains * length / inefficiency)


def r_hat(draws: Draws) -> float:
    """Return the split R-hat, 1 when halves of all chains agree in their means."""
    within, total = _variances(_halves(draws))
    return float(np.sqrt(total / within))


def summarise(draws: Draws) -> dict[str, object]:
    """Return quantiles, mean and standard deviation with their Monte Carlo standard errors.

    Parameters
    ----------
    draws
        Draws of one positive quantity, `(chain, draw)`.

    Returns
    -------
    dict[str, object]
        `quantiles` by probability, `mean` and `sd`, each with `value` and `se` in the
        quantity's own unit; `ess` and `r_hat` of its logarithm.

    Notes
    -----
    The standard errors compare 25 batches of each chain, so they can be relied on only when a
    batch is many times longer than a chain remembers.
    """
    quantiles = {
        f"{probability:.2f}": _with_error(draws, partial(_quantile, probability))
        for probability in PROBABILITIES
    }
    return {
        "quantiles": quantiles,
        "mean": _with_error(draws, lambda block: np.asarray(block.mean(axis=-1))),
        "sd": _with_error(draws, lambda block: np.asarray(block.std(axis=-1))),
        "ess": round(effective_size(np.log(draws))),
        "r_hat": round(r_hat(np.log(draws)), 5),
    }


def _quantile(probability: float, draws: Draws) -> Draws:
    return np.asarray(np.quantile(draws, probability, axis=-1))


def _with_error(draws: Draws, statistic: Callable[[Draws], Draws]) -> dict[str, float]:
    """Return a statistic over all draws and its standard error from batches of each chain."""
    chains, length = draws.shape
    size = length // BATCHES_PER_CHAIN
    batches = draws[:, : size * BATCHES_PER_CHAIN].reshape(chains * BATCHES_PER_CHAIN, size)
    by_batch = statistic(batches)
    error = by_batch.std(ddof=1) / np.sqrt(by_batch.size)
    return {"value": _rounded(float(statistic(draws.ravel()))), "se": _rounded(float(error), 3)}


def _halves(draws: Draws) -> Draws:
    chains, length = draws.shape
    return draws[:, : length // 2 * 2].reshape(2 * chains, length // 2)


def _variances(chains: Draws) -> tuple[float, float]:
    """Return the mean variance within chains and the variance over all, between chains too."""
    length = chains.shape[1]
    within = float(chains.var(axis=1, ddof=1).mean())
    between = float(chains.mean(axis=1).var(ddof=1))
    return within, within * (length - 1.0) / length + between


def _rounded(value: float, digits: int = 7) -> float:
    return float(f"{value:.{digits}g}")
