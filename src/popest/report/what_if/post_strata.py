"""Weights of the page's draws that give the estimate itself at the study's own settings.

The page has draws of its own, so its figures would differ from the estimate's by chance. The
headline's quantiles and the bounds of the declared ranges cut the draws into strata, and the
weights of each are scaled to the probability that the estimate gives it. The factors are close
to 1 and stay when the settings move: a control variate, which takes chance out there, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from popest.estimates.distribution import PROBABILITIES, Distribution

TAILS = tuple(sorted({0.5, *(0.5 * (1 + side * p) for p in PROBABILITIES for side in (-1, 1))}))
"""The probabilities below the bounds of every interval shown, and below the median."""
LARGEST_FACTOR = 2.5
SMALLEST_CELL = 0.005
SMALLEST_GAP = 0.002
NEAREST = 15
PARTING = 0.25


class PostStrata(NamedTuple):
    """Factors of the weights, `(draws,)`, and the values of the headline with which they go."""

    factors: np.ndarray
    headline: np.ndarray


class MismatchError(Exception):
    """The page's draws cannot be made to give the estimate."""


def fitted_to(
    estimate: Distribution, headline: np.ndarray, weights: np.ndarray, ranges: list[list[float]]
) -> PostStrata:
    """Return factors of the weights that give the estimate's quantiles and probabilities.

    Parameters
    ----------
    estimate
        The estimate's headline, persons.
    headline
        The page's, `(draws,)`. The draw next to each quantile is put on it.
    weights
        The page's weights, `(draws,)`.
    ranges
        Bounds of the ranges whose probability is reported, persons.

    Raises
    ------
    MismatchError
        When a stratum is empty, or its factor far from 1.
    """
    headline, weights = headline.astype(np.float32).astype(float), weights / weights.sum()
    cuts: dict[float, float] = {}
    for tail in TAILS:
        value = float(np.float32(estimate.quantile(tail)))
        if value not in cuts:
            at = _draw_near(value, headline, weights)
            headline[at] = value
            # The quantile is crossed within this draw's own weight, whatever the rounding.
            cuts[value] = tail + PARTING * float(weights[at])
    for bound in {bound for pair in ranges for bound in pair}:
        below = estimate.probability(-np.inf, bound)
        is_near = any(abs(below - each) < SMALLEST_GAP for each in cuts.values())
        if SMALLEST_CELL < below < 1 - SMALLEST_CELL and not is_near:
            cuts[np.nextafter(np.float32(bound), -np.inf, dtype=np.float32).item()] = below
    # A stratum reaches from above one cut up to the next.
    values = sorted(cuts)
    factors = factors_of(headline, weights, values, [cuts[value] for value in values])
    return PostStrata(factors[np.searchsorted(values, headline)], headline)


def _draw_near(value: float, headline: np.ndarray, weights: np.ndarray) -> int:
    """Return the heaviest of the draws next to a value."""
    n_near = min(NEAREST, len(headline) - 1)
    near = np.argpartition(np.abs(headline - value), n_near)[:n_near]
    return int(near[np.argmax(weights[near])])


def factors_of(
    headline: np.ndarray, weights: np.ndarray, cuts: Sequence[float], below: Sequence[float]
) -> np.ndarray:
    """Return the factor of each stratum that gives it its probability, `(cuts + 1,)`.

    Parameters
    ----------
    headline, weights
        The draws, persons, and their weights, which sum to 1, `(draws,)`.
    cuts
        The upper bounds of all strata but the last, persons, ascending; they belong to them.
    below
        The probability up to each cut.

    Raises
    ------
    MismatchError
        When a stratum is empty, or its factor far from 1.
    """
    now = np.bincount(np.searchsorted(cuts, headline), weights, minlength=len(cuts) + 1)
    asked = np.diff([0.0, *below, 1.0])
    if now.min() == 0 or not np.all(np.abs(np.log(asked / now)) < np.log(LARGEST_FACTOR)):
        raise MismatchError
    factors: np.ndarray = asked / now
    return factors


def verify(estimate: Distribution, page: Distribution, ranges: list[list[float]]) -> None:
    """Make sure that the page prints what the estimate prints.

    Raises
    ------
    MismatchError
        When it does not.
    """
    for tail in TAILS:
        if f"{page.quantile(tail):.3g}" != f"{estimate.quantile(tail):.3g}":
            raise MismatchError
    for lower, upper in ranges:
        difference = page.probability(lower, upper) - estimate.probability(lower, upper)
        if abs(difference) > SMALLEST_CELL:
            raise MismatchError
