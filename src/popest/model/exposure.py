"""Exposure: the linear functional of the population that a count is proportional to.

Each function returns weights by month, `(month,)`, to be summed against the month-end stock or
the month's arrivals.
"""

from __future__ import annotations

import math
from datetime import date
from typing import NamedTuple

import numpy as np

from popest.model.normals import Array
from popest.model.population import Population
from popest.study.calendar import Calendar, day_before

Weights = np.ndarray
MONTHS_PER_YEAR = 12
LAG_SHAPE = 4


class RowWeights(NamedTuple):
    """Weights of one observation on the month-end stock and on the month's arrivals, `(month,)`.

    None where it does not see them.
    """

    stock: Weights | None = None
    arrivals: Weights | None = None


class Exposure(NamedTuple):
    """Weights of several observations on the stock and on the arrivals, `(observation, month)`."""

    stock: Weights
    arrivals: Weights

    @classmethod
    def of(cls, rows: list[RowWeights], n_months: int) -> Exposure:
        """Return the exposure of rows by their weights, in order."""
        nothing = np.zeros(n_months)
        stock = [nothing if row.stock is None else row.stock for row in rows]
        arrivals = [nothing if row.arrivals is None else row.arrivals for row in rows]
        shape = (len(rows), n_months)
        return cls(np.array(stock).reshape(shape), np.array(arrivals).reshape(shape))

    def __call__(self, population: Population) -> Array:
        """Return the exposure of each observation, `(observation, ...)`."""
        exposure = self.stock @ population.stock
        if self.arrivals.any():
            exposure = exposure + self.arrivals @ population.arrivals
        return exposure


def stock_on(calendar: Calendar, day: date, static: bool = False) -> Weights:
    """Return the weights of the stock at the end of a day, persons.

    Within month t, of which the share f has passed, the stock is (1 - f) N_{t-1} + f N_t, and
    it is 0 before the first counted day. A static population is the same on every day.
    """
    weights = np.zeros(calendar.n_months)
    if day < calendar.first_day:
        return weights
    month = calendar.month_of(day)
    passed = 1.0 if static else calendar.fraction_passed(day)
    weights[month] = passed
    if month:
        weights[month - 1] = 1 - passed
    return weights


def presence_during(calendar: Calendar, first: date, last: date) -> Weights:
    """Return the weights of the person-years lived in a window, both days in.

    Each counted day of month t holds (N_{t-1} + N_t) / 2 persons for its share of a twelfth of
    a year.
    """
    weights = _coverage(calendar, first, last) / (2 * MONTHS_PER_YEAR)
    weights[:-1] += weights[1:]
    return weights


def arrivals_during(
    calendar: Calendar, first: date, last: date, lag_months: float = 0.0
) -> Weights:
    """Return the weights of the arrivals that fall in a window, both days in, persons.

    With a lag, arrivals of month s first move to month s + k with weight g_k (`lag_weights`);
    what moves past the calendar's end is dropped.
    """
    coverage = _coverage(calendar, first, last)
    if not lag_months:
        return coverage
    moved = lag_weights(lag_months, calendar.n_months)
    full = np.correlate(coverage, moved, mode="full")
    return full[calendar.n_months - 1 :]


def net_change_during(calendar: Calendar, first: date, last: date) -> Weights:
    """Return the weights of the stock at a window's end less that before its first day."""
    return stock_on(calendar, last) - stock_on(calendar, day_before(first))


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

    Whole shapes have a closed form, which spares the half second that loading SciPy takes.
    """
    below = math.fsum(math.exp(j * math.log(x) - math.lgamma(j + 1) - x) for j in range(shape))
    return 1 - below


def _coverage(calendar: Calendar, first: date, last: date) -> Weights:
    """Return the share of each month's counted days that lies in a window."""
    return np.array(
        [
            calendar.days_covered(month, first, last) / calendar.days_in(month)
            for month in range(calendar.n_months)
        ]
    )
