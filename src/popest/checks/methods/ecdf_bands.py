"""Simultaneous bands for the distribution function of values that ought to be uniform."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

POINTS = 100
BISECTIONS = 30


class Band(NamedTuple):
    """Counts of values up to each point that a uniform sample stays within, bounds included.

    `points` are in (0, 1), `(point,)`; `lower` and `upper` are numbers of values.
    """

    points: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def ecdf_band(n_values: int, prob: float = 0.99, n_points: int = POINTS) -> Band:
    """Return the band that holds the ECDF of a uniform sample with at least this probability.

    Parameters
    ----------
    n_values
        Size of the sample.
    prob
        Probability of staying inside at all points at once.
    n_points
        Number of parts that (0, 1) is cut into; the ECDF is looked at between them.

    Notes
    -----
    At each point z the count is Binomial(n, z), and the band holds it with the same probability
    1 - gamma. The largest gamma is found for which the whole path stays inside with probability
    `prob`; that is computed exactly, as the counts are a Markov chain.

    References
    ----------
    Säilynoja, Bürkner and Vehtari (2022), Graphical test for discrete uniformity and its
    applications in goodness-of-fit evaluation and multiple sample comparison, Statistics and
    Computing 32, 32, section 2 and algorithm 1.
    """
    points = np.arange(1, n_points) / n_points
    cumulative = np.cumsum(binomial_probabilities(n_values, points), axis=1)
    lower_log, upper_log = np.log((1 - prob) / n_points) - 1, np.log(1 - prob)
    for _ in range(BISECTIONS):
        middle = 0.5 * (lower_log + upper_log)
        band = _pointwise(points, cumulative, float(np.exp(middle)))
        if probability_inside(n_values, band) >= prob:
            lower_log = middle
        else:
            upper_log = middle
    return _pointwise(points, cumulative, float(np.exp(lower_log)))


def probability_inside(n_values: int, band: Band) -> float:
    """Return the probability that a uniform sample of this size stays inside a band."""
    before, reached = 0.0, np.ones(1)
    first = 0
    for point, lower, upper in zip(*band, strict=True):
        counts = np.arange(first, first + len(reached))
        step = (point - before) / (1 - before)
        added = np.arange(lower, upper + 1)[:, None] - counts
        reached = _binomial(n_values - counts, added, step) @ reached
        before, first = point, int(lower)
    return float(reached.sum())


def counts_up_to(values: np.ndarray, band: Band) -> np.ndarray:
    """Return how many of the values lie at or below each point of a band, `(point,)`."""
    return np.searchsorted(np.sort(values), band.points, side="right")


def is_inside(values: np.ndarray, band: Band) -> bool:
    """Return whether the values stay inside a band at all of its points."""
    counts = counts_up_to(values, band)
    return bool(np.all((band.lower <= counts) & (counts <= band.upper)))


def binomial_bounds(n_values: int, prob: float, level: float) -> tuple[int, int]:
    """Return bounds of a Binomial(`n_values`, `prob`) count, each tail at most (1 - `level`) / 2.

    The bounds are included.
    """
    cumulative = np.cumsum(binomial_probabilities(n_values, np.array([prob])), axis=1)
    band = _pointwise(np.array([prob]), cumulative, 1 - level)
    return int(band.lower[0]), int(band.upper[0])


def binomial_probabilities(n_values: int, probs: np.ndarray) -> np.ndarray:
    """Return the probability of each count 0 to `n_values`, `(prob, count)`."""
    return _binomial(np.array(n_values), np.arange(n_values + 1), probs[:, None])


def _binomial(trials: np.ndarray, successes: np.ndarray, prob: np.ndarray | float) -> np.ndarray:
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, trials.max() + 1)))])
    possible = (successes >= 0) & (successes <= trials)
    chosen = np.where(possible, successes, 0)
    log_probability = (
        log_factorial[trials]
        - log_factorial[chosen]
        - log_factorial[trials - chosen]
        + chosen * np.log(prob)
        + (trials - chosen) * np.log1p(-np.asarray(prob))
    )
    return np.where(possible, np.exp(log_probability), 0.0)


def _pointwise(points: np.ndarray, cumulative: np.ndarray, gamma: float) -> Band:
    """Return the band that leaves out at most gamma / 2 in each tail of each point."""
    lower = (cumulative <= gamma / 2).sum(axis=1)
    upper = (cumulative < 1 - gamma / 2).sum(axis=1)
    return Band(points, lower, np.minimum(upper, cumulative.shape[1] - 1))
