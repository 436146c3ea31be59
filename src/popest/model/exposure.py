"""Exposure: the linear functional of the population that a count is proportional to.

A row sees some series of the population, each with a weight for every month. Weights on persons
have one place more, the first, for those who were there before the first day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from popest.model.normals import Array, LogNormal
from popest.model.state import State
from popest.study.calendar import Calendar, day_before
from popest.study.specification.records import Specification, initial_of

Weights = np.ndarray
MONTHS_PER_YEAR = 12
LAG_SHAPE = 4
SMALL, SMALL_TERMS = 1.0, 20
"""Below which the distribution of a lag is the sum of so many terms, which leaves out 1e-24."""


class Series(Protocol):
    """What a population gives by month; two that are equal are computed once."""

    def __call__(self, state: State, xp: Any = np) -> Array:
        """Return the series, `(place, ...)`, with `xp` either NumPy or PyTensor's tensor."""
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class Persons:
    """The month-end stock, those before the first day in front where there are any."""

    has_initial: bool

    def __call__(self, state: State, xp: Any = np) -> Array:
        """Return persons, `(1 + month, ...)` or `(month, ...)`."""
        population = state.population
        if not self.has_initial:
            return population.stock
        return xp.concatenate([population.initial[None], population.stock])


@dataclass(frozen=True)
class Arriving:
    """The arrivals of each month."""

    def __call__(self, state: State, xp: Any = np) -> Array:
        """Return persons, `(month, ...)`."""
        return state.population.arrivals


@dataclass(frozen=True)
class Leaving:
    """The departures of each month."""

    def __call__(self, state: State, xp: Any = np) -> Array:
        """Return persons, `(month, ...)`."""
        return state.population.departures(xp)


@dataclass(frozen=True)
class Times:
    """A series times an uncertain quantity."""

    quantity: LogNormal
    series: Series

    def __call__(self, state: State, xp: Any = np) -> Array:
        """Return the product, `(place, ...)`."""
        return self.quantity.value(state.u, xp) * self.series(state, xp)


class Term(NamedTuple):
    """What a row sees of one series: its weights, `(place,)`."""

    series: Series
    weights: Weights


RowWeights = Sequence[Term]
"""What one row sees of the population, to be summed."""


class Exposure:
    """The exposure of several observations.

    Parameters
    ----------
    rows
        What each of them sees.
    """

    def __init__(self, rows: Sequence[RowWeights]) -> None:
        self.matrices: dict[Series, np.ndarray] = {}
        for place, terms in enumerate(rows):
            for series, weights in terms:
                shape = (len(rows), len(weights))
                self.matrices.setdefault(series, np.zeros(shape))[place] += weights

    def distinct(self) -> tuple[Exposure, np.ndarray]:
        """Return the exposure of the rows that differ, and for each row which of them it is."""
        if not self.matrices:
            return self, np.zeros(0, dtype=int)
        together = np.hstack(list(self.matrices.values()))
        _, first, which = np.unique(together, axis=0, return_index=True, return_inverse=True)
        distinct = Exposure([])
        distinct.matrices = {series: rows[first] for series, rows in self.matrices.items()}
        return distinct, which.reshape(-1)

    def __call__(self, state: State, xp: Any = np) -> Array:
        """Return the exposure of each observation, `(observation, ...)`."""
        parts = [matrix @ series(state, xp) for series, matrix in self.matrices.items()]
        if not parts:
            return state.population.stock[:0]
        return sum(parts[1:], parts[0])


def has_initial(specification: Specification) -> bool:
    """Return whether anybody may be there before the first day."""
    return initial_of(specification.population) is not None


def persons(specification: Specification, weights: Weights) -> Term:
    """Return weights on persons, `(1 + month,)`, as a term."""
    is_initial = has_initial(specification)
    return Term(Persons(is_initial), weights if is_initial else weights[1:])


def stock_on(calendar: Calendar, day: date, static: bool = False) -> Weights:
    """Return the weights of the stock at the end of a day, persons.

    Within month t, of which the share f has passed, the stock is (1 - f) N_{t-1} + f N_t, and
    before the first counted day it is N_{-1}. A static population is the same on every day.

    Returns
    -------
    Weights
        On those before the first day and on the month-end stock, `(1 + month,)`.
    """
    weights = np.zeros(1 + calendar.n_months)
    if static:
        weights[-1] = 1.0
        return weights
    if day < calendar.first_day:
        weights[0] = 1.0
        return weights
    month, passed = calendar.month_of(day), calendar.fraction_passed(day)
    weights[month : month + 2] = 1 - passed, passed
    return weights


def stock_heard_of(calendar: Calendar, day: date, lag_months: float) -> Weights:
    """Return the weights of the stock of which a register has heard by the end of a day, persons.

    Parameters
    ----------
    calendar
        The months.
    day
        The day.
    lag_months
        Mean lag L, months, positive.

    Returns
    -------
    Weights
        On those before the first day and on the month-end stock, `(1 + month,)`.

    Notes
    -----
    The integral of g_L(s) N(t - s), with g_L the gamma density of `lag_weights` and N the stock,
    linear within each month and N_{-1} before the first. Of the month-end stock at time k it holds
    G(t - k + 1) - 2 G(t - k) + G(t - k - 1), as the hat function around k is what a month's
    uniform density is, once more integrated.
    """
    time = calendar.month_of(day) + calendar.fraction_passed(day)
    weights = np.zeros(1 + calendar.n_months)
    for k in range(1, min(calendar.n_months, math.floor(time) + 1) + 1):
        before, at, after = (_integrated_lag(time - k + step, lag_months) for step in (1, 0, -1))
        weights[k] = before - 2 * at + after
    weights[0] = 1 - weights.sum()
    return weights


def presence_during(calendar: Calendar, first: date, last: date) -> Weights:
    """Return the weights of the person-years lived in a window, both days in.

    Each counted day of month t holds (N_{t-1} + N_t) / 2 persons for its share of a twelfth of
    a year.

    Returns
    -------
    Weights
        On those before the first day and on the month-end stock, `(1 + month,)`.
    """
    half = coverage(calendar, first, last) / (2 * MONTHS_PER_YEAR)
    return np.append(half, 0.0) + np.append(0.0, half)


def arrivals_during(
    calendar: Calendar, first: date, last: date, lag_months: float = 0.0
) -> Weights:
    """Return the weights of the arrivals that fall in a window, both days in, persons.

    With a lag, arrivals of month s first move to month s + k with weight g_k (`lag_weights`);
    what moves past the calendar's end is dropped.
    """
    covered = coverage(calendar, first, last)
    if not lag_months:
        return covered
    moved = lag_weights(lag_months, calendar.n_months)
    full = np.correlate(covered, moved, mode="full")
    return full[calendar.n_months - 1 :]


@lru_cache(maxsize=100)
def lag_matrix(lag_months: float, n_months: int) -> np.ndarray:
    """Return the matrix that moves arrivals by a lag, `(month, month of arrival)`.

    Parameters
    ----------
    lag_months
        Mean lag L, months, positive.
    n_months
        Number of months.
    """
    months = np.arange(n_months)
    lags = months[:, None] - months
    moved: np.ndarray = np.where(lags >= 0, lag_weights(lag_months, n_months)[lags], 0.0)
    return moved


def net_change_during(calendar: Calendar, first: date, last: date) -> Weights:
    """Return the weights of the stock at a window's end less that before its first day.

    They are on those before the first counted day and on the month-end stock, `(1 + month,)`.
    """
    return stock_on(calendar, last) - stock_on(calendar, day_before(first))


@lru_cache(maxsize=100)
def lag_weights(lag_months: float, n_months: int) -> Weights:
    """Return the share of a month's arrivals that is counted k = 0, 1, ... months later.

    Parameters
    ----------
    lag_months
        Mean lag L, months, positive.
    n_months
        How many months to return.

    Notes
    -----
    g_k = G(k + 1) - 2 G(k) + G(k - 1), G(x) = x F(x; 4, L/4) - L F(x; 5, L/4) and 0 for x <= 0,
    where F is the gamma distribution function with the given shape and scale: arrivals evenly
    spread over their month are delayed by a gamma variable of shape 4 and mean L.
    """
    knots = np.array([_integrated_lag(x, lag_months) for x in range(-1, n_months + 1)])
    return np.diff(knots, 2)


def _integrated_lag(x: float, lag_months: float) -> float:
    if x <= 0:
        return 0.0
    scaled = x * LAG_SHAPE / lag_months
    return x * _erlang_cdf(scaled, LAG_SHAPE) - lag_months * _erlang_cdf(scaled, LAG_SHAPE + 1)


def _erlang_cdf(x: float, shape: int) -> float:
    """Return the gamma distribution function at `x`, unit scale and whole shape.

    Whole shapes have a closed form, which spares the half second that loading SciPy takes. Near 0
    it would be 1 less nearly 1; there the terms that are left are summed themselves.
    """
    if x < SMALL:
        rest = range(shape, shape + SMALL_TERMS)
        return math.fsum(math.exp(j * math.log(x) - math.lgamma(j + 1) - x) for j in rest)
    below = math.fsum(math.exp(j * math.log(x) - math.lgamma(j + 1) - x) for j in range(shape))
    return 1 - below


def coverage(calendar: Calendar, first: date, last: date) -> Weights:
    """Return the share of each month's counted days that lies in a window."""
    return np.array(
        [
            calendar.days_covered(month, first, last) / calendar.days_in(month)
            for month in range(calendar.n_months)
        ]
    )
