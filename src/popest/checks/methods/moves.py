"""How far each source moves the median, and which source moves it most.

This is decided here and nowhere else: the check, the report and the pages only say it. What makes
the interval wide is another question, which ``check_drivers`` asks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from popest.checks.methods.fitted import Fitted, in_widths
from popest.estimates import Distribution

ERRORS_APART = 2.0
"""Monte Carlo standard errors by which two numbers must differ to be told apart."""


class Move(NamedTuple):
    """What leaving one source out does to the median of what is estimated.

    Attributes
    ----------
    source
        The source that is left out.
    median
        The median without it, persons.
    by
        That median less the median of all sources, persons.
    error
        The Monte Carlo standard error of `by`, persons.
    widths
        `by` in widths of the 90 % interval of all sources; None where that has no width.
    """

    source: str
    median: float
    by: float
    error: float
    widths: float | None


class Moves(NamedTuple):
    """The moves of all sources whose estimate without them is certified.

    Attributes
    ----------
    median
        The median of all sources, persons.
    by_source
        The moves, in the order of the study.
    most
        Those that move the median most, in the order of the study: one, or several that cannot
        be told apart; none where no move can be told from nothing.
    """

    median: float
    by_source: dict[str, Move]
    most: tuple[Move, ...]


def moves_of(itself: Fitted, without: Mapping[str, Fitted]) -> Moves:
    """Return how far each source moves the median, and which moves it most.

    Notes
    -----
    The source that moves the median furthest moves it most. Others tie with it where the lengths
    of the two moves differ by less than two Monte Carlo standard errors of that difference; and
    where its own move is shorter than two of its standard errors, no source moves the median.

    The medians come from separate draws, so their errors are taken as independent. Two moves to
    the same side share the error of the median of all sources, which then cancels; of two moves
    to opposite sides it counts twice.
    """
    middle, error = itself.headline.median, _error(itself)
    errors = {name: _error(found) for name, found in without.items()}
    moves = {}
    for name, found in without.items():
        if found.certified:
            by = found.headline.median - middle
            widths = in_widths(by, itself.width)
            moves[name] = Move(
                name, found.headline.median, by, math.hypot(error, errors[name]), widths
            )
    if not moves:
        return Moves(middle, moves, ())
    first = max(moves.values(), key=lambda move: abs(move.by))
    if first.by == 0 or abs(first.by) < ERRORS_APART * first.error:
        return Moves(middle, moves, ())

    def ties(move: Move) -> bool:
        if move is first:
            return True
        shared = 0.0 if move.by * first.by > 0 else 2 * error
        apart = math.hypot(errors[move.source], errors[first.source], shared)
        return abs(first.by) - abs(move.by) < ERRORS_APART * apart

    return Moves(middle, moves, tuple(move for move in moves.values() if ties(move)))


def _error(found: Fitted) -> float:
    return median_error(found.headline, found.draws.efficiency)


def median_error(stock: Distribution, efficiency: float = 1.0) -> float:
    """Return the Monte Carlo standard error of the median of weighted draws.

    `efficiency` is how many independent draws each is worth, by which the variance of s is divided.

    Notes
    -----
    The share of the weight w below the median m is itself an estimate, with standard error
    s = sqrt(sum w_i^2 (1[x_i <= m] - 1/2)^2), the delta method for a ratio of means (Owen 2013,
    chapter 9). Half the distance between the quantiles at 1/2 - s and 1/2 + s is what s amounts
    to in persons (Woodruff 1952), without an estimate of the density at the median.
    """
    below = stock.values <= stock.median
    share = float(np.sqrt(np.sum((stock.weights * (below - 0.5)) ** 2) / efficiency))
    return (stock.quantile(0.5 + share) - stock.quantile(0.5 - share)) / 2
