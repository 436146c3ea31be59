"""How much each change between two studies moved the estimate.

The move is shared out by Shapley values: the average, over all orders in which the changes could
have come, of what each does when it comes. They sum to the whole move. Every study in between is
estimated by weighing the paths of one bank, and by a bank of its own where that is not certified.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from popest.engines.bank import Bank, Progress, run_bank
from popest.engines.shared import SharedBank
from popest.estimates.comparisons.changes import Change, Content, reaching, with_changes
from popest.estimates.days import values_of
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.model.model import Model
from popest.study import PopestError
from popest.study.estimand import Estimand

MOST_CHANGES_EXACT = 8
SAMPLED_ORDERS = 40
BATCHES = 20
REMAINDER = "draws of the two estimates"
"""What is left of a move: each estimate has draws of its own, the changes share one set."""


class Share(NamedTuple):
    """What one change did to the median, persons, and to the log width of the 90 % interval.

    The standard errors are those of the computation: of the draws, and of the orders where they
    are sampled.
    """

    label: str
    kind: str
    median: float
    median_se: float
    log_width: float
    log_width_se: float


@dataclass
class InBetween:
    """The studies between two, each a subset of the changes, and their estimates.

    Each value is the median, persons, and the log width of the 90 % interval of what is asked: of
    all draws first, then of each batch of draws, `(1 + batches, 2)`.
    """

    old: Content
    changes: Sequence[Change]
    asked: Estimand
    shared: SharedBank
    rng: np.random.Generator
    refits: int = 0
    _values: dict[frozenset[int], np.ndarray] = field(default_factory=dict)

    def value(self, applied: frozenset[int]) -> np.ndarray:
        """Return the values of the study with some of the changes applied, by their numbers."""
        if applied not in self._values:
            content = with_changes(self.old, [self.changes[i] for i in sorted(applied)])
            self._values[applied] = self._estimate(Model(*reaching(content, self.asked.last)))
        return self._values[applied]

    def _estimate(self, model: Model) -> np.ndarray:
        bank = self.shared.weigh(model)
        if not bank.certificate.certified:
            bank = self._refitted(model)
        values = values_of(model, model.state(bank.u).population, self.asked)
        log_weights = bank.log_weights()
        rows = [_median_and_width(values, log_weights)]
        ends = np.linspace(0, len(values), BATCHES + 1).astype(int)
        for first, last in pairwise(ends):
            rows.append(_median_and_width(values[first:last], log_weights[first:last]))
        return np.array(rows)

    def _refitted(self, model: Model) -> Bank:
        self.refits += 1
        bank = _shuffled(run_bank(model, self.rng), self.rng)
        if not bank.certificate.certified:
            raise PopestError(
                f"a study between the two was {bank.certificate}: the move cannot be "
                f"attributed. Compare studies that differ less."
            )
        return bank


def attribute(between: InBetween, progress: Progress | None = None) -> list[Share]:
    """Return what each change did; exactly over all orders for up to 8 changes."""
    n_changes = len(between.changes)
    if n_changes <= MOST_CHANGES_EXACT:
        moves = [_exact_move(between, i, progress) for i in range(n_changes)]
        spread = np.zeros((n_changes, 2))
    else:
        moves, spread = _sampled_moves(between, progress)
    shares = []
    for change, move, order_se in zip(between.changes, moves, spread, strict=True):
        draw_se = move[1:].std(axis=0, ddof=1) / math.sqrt(BATCHES)
        median, log_width = move[0].tolist()
        median_se, width_se = np.hypot(draw_se, order_se).tolist()
        shares.append(Share(change.label, change.kind, median, median_se, log_width, width_se))
    return shares


def _exact_move(between: InBetween, change: int, progress: Progress | None) -> np.ndarray:
    """Return the Shapley value of a change, over all subsets of the others."""
    others = [i for i in range(len(between.changes)) if i != change]
    total = np.zeros((1 + BATCHES, 2))
    for size in range(len(others) + 1):
        weight = 1 / (len(between.changes) * math.comb(len(others), size))
        for subset in combinations(others, size):
            if progress is not None:
                progress(f"estimating studies in between, {len(between._values)} done")
            before = frozenset(subset)
            total += weight * (between.value(before | {change}) - between.value(before))
    return total


def _sampled_moves(
    between: InBetween, progress: Progress | None
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return each change's average move over sampled orders, and its standard error.

    Each order is followed by its reverse, in which early changes come late.
    """
    n_changes = len(between.changes)
    moves = np.zeros((SAMPLED_ORDERS, n_changes, 1 + BATCHES, 2))
    for number, order in enumerate(_orders(n_changes, between.rng)):
        if progress is not None:
            progress(f"following order {number + 1} of {SAMPLED_ORDERS}")
        applied: frozenset[int] = frozenset()
        for change in order:
            after = applied | {change}
            moves[number, change] = between.value(after) - between.value(applied)
            applied = after
    pairs = moves[:, :, 0].reshape(SAMPLED_ORDERS // 2, 2, n_changes, 2).mean(axis=1)
    spread = pairs.std(axis=0, ddof=1) / math.sqrt(SAMPLED_ORDERS // 2)
    return list(moves.mean(axis=0)), spread


def _orders(n_changes: int, rng: np.random.Generator) -> Iterator[list[int]]:
    for _ in range(SAMPLED_ORDERS // 2):
        order = rng.permutation(n_changes).tolist()
        yield order
        yield order[::-1]


def _median_and_width(values: np.ndarray, log_weights: np.ndarray) -> tuple[float, float]:
    weights = np.exp(log_weights - log_weights.max())
    distribution = Distribution(values, weights / weights.sum())
    lower, upper, *_ = distribution.interval(HEADLINE_PROBABILITY)
    return distribution.median, math.log(upper - lower)


def _shuffled(bank: Bank, rng: np.random.Generator) -> Bank:
    """Return a bank's draws in random order, so that any run of them stands for the whole."""
    order = rng.permutation(bank.u.shape[1])
    log_prior, log_likelihood = bank.log_prior[order], bank.log_likelihood[order]
    return Bank(bank.u[:, order], log_prior, log_likelihood, bank.log_mixture[order])
