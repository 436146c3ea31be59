"""How much of a quantity's variance others explain, by regression on weighted draws."""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

ORDER = 3
MOST_IN_PAIRS = 5
"""Coordinates up to which their products are in the basis, too."""
BATCHES = 10
RIDGE = 1e-9


class Explained(NamedTuple):
    """A share of variance, with its standard error over batches."""

    share: float
    se: float

    @property
    def width_left(self) -> float:
        """The share of an interval's width that knowing the others leaves, where all is normal."""
        return math.sqrt(1 - self.share)


def explained_share(
    known: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    rng: np.random.Generator,
    n_chains: int | None = None,
) -> Explained:
    """Return the share of the variance of a quantity that would go if others were known.

    Parameters
    ----------
    known
        Draws of what would be known, `(coordinate, draws)`.
    target
        Draws of the quantity, `(draws,)`.
    weights
        Their weights, `(draws,)`.
    rng
        Shuffles the draws into batches.
    n_chains
        How many chains the draws are of, one after the other: each is in one batch as a whole,
        as its draws are alike. None where draws are independent.

    Notes
    -----
    Var E(target | known) / Var(target), with the conditional mean a polynomial of order 3 in each
    coordinate, and products of pairs where there are at most 5. Each of 10 batches is predicted
    by a regression on the other nine, so that fitting noise lowers the share and never raises it.
    """
    target = target - weights @ target
    n_blocks = n_chains or len(target)
    batch = np.repeat(rng.permutation(n_blocks) % BATCHES, len(target) // n_blocks)
    # Batch after batch in memory, which takes half the time of picking them out one by one.
    order = np.argsort(batch, kind="stable")
    basis, weights, target = _basis(known, weights)[:, order], weights[order], target[order]
    ends = np.searchsorted(batch[order], np.arange(BATCHES + 1))
    batches = [slice(*pair) for pair in pairwise(ends)]
    grams, moments = [], []
    for held in batches:
        weighted = basis[:, held] * weights[held]
        grams.append(weighted @ basis[:, held].T)
        moments.append(weighted @ target[held])
    gram, moment = sum(grams), sum(moments)
    gain, total = np.zeros(BATCHES), np.zeros(BATCHES)
    small = RIDGE * np.eye(len(basis))
    for number, held in enumerate(batches):
        slopes = np.linalg.solve(gram - grams[number] + small, moment - moments[number])
        left = target[held] - slopes @ basis[:, held]
        total[number] = weights[held] @ target[held] ** 2
        gain[number] = total[number] - weights[held] @ left**2
    share = float(gain.sum() / total.sum())
    # The error of a ratio of sums, from the spread of its batches.
    residual = gain - share * total
    se = float(np.sqrt(BATCHES / (BATCHES - 1) * (residual @ residual)) / total.sum())
    return Explained(min(1.0, max(0.0, share)), se)


def _basis(known: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return one, powers and products of the standardised coordinates, `(term, draws)`."""
    centred = known - (known @ weights)[:, None]
    scale = np.sqrt(centred**2 @ weights)
    centred = centred[scale > 0] / scale[scale > 0][:, None]
    terms = [np.ones((1, known.shape[1]))]
    terms += [centred**order for order in range(1, ORDER + 1)]
    if len(centred) <= MOST_IN_PAIRS:
        terms += [(centred[i] * centred[j])[None] for i, j in combinations(range(len(centred)), 2)]
    return np.concatenate(terms)
