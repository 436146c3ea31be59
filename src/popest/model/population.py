"""The map from standard normals to the population: arrivals, stock and departures by month.

It is written once, over operations that NumPy and PyTensor share. Months are the first axis;
NumPy draws, if any, are the last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from popest.model.normals import Array, Normals
from popest.study.calendar import Calendar
from popest.study.specification.priors import Step, as_prior
from popest.study.specification.records import ArrivalsPopulation, StaticPopulation


class Population(NamedTuple):
    """A population by month.

    `arrivals` are persons during the month and `stock` persons at its end, both `(month, ...)`;
    `hazard` is the departure hazard per month and `initial` persons before the first day, `(...)`.
    """

    arrivals: Array
    stock: Array
    hazard: Array
    initial: Array

    def departures(self, xp: Any = np) -> Array:
        """Return the persons who leave during each month, `(month, ...)`."""
        before = xp.concatenate([self.initial[None], self.stock[:-1]])
        leaving = -xp.expm1(-self.hazard) * before
        return leaving - xp.expm1(-0.5 * self.hazard) * self.arrivals


class PopulationMap(Protocol):
    """A map from standard normals, `(normals, ...)`, to a population."""

    def __call__(self, u: Array, xp: Any = np) -> Population:
        """Return the population for normals `u`, with `xp` either NumPy or PyTensor's tensor."""
        ...

    def only_after(self, month: int) -> list[int]:
        """Return the places of the normals on which no month up to this one depends."""
        ...


class StepLength(NamedTuple):
    """How many months the steps of background arrivals are long, and how one is called."""

    months: int
    label: Callable[[str], str]


STEPS: Mapping[Step, StepLength] = {
    "quarter": StepLength(3, lambda month: f"{month[:4]}Q{(int(month[5:]) + 2) // 3}"),
    "year": StepLength(12, lambda month: month[:4]),
    "month": StepLength(1, lambda month: month),
}

LONG_CALENDAR, FEW_DRAWS = 120, 256
"""From so many months on, and up to so many draws, blocks take a third to a half of the time of a
loop over months, whose steps are then too short for what each of them costs; with more draws they
take twice as long, as they pass over all of them twice."""


class ArrivalsMap:
    """Arrivals a_t = exp(alpha + w_q(t)) + sum_e W_e k_e(t), and what remains of them.

    The background level alpha is normal, w a random walk over calendar quarters, years or months
    that starts at 0, W_e the size of wave e in persons and k_e its monthly weights, which sum to
    1. Departures have the constant monthly hazard h, and arrivals of a month come in its middle on
    average: N_t = N_{t-1} exp(-h) + a_t exp(-h/2), with N_{-1} = I initial persons or nobody.
    """

    def __init__(self, record: ArrivalsPopulation, calendar: Calendar, normals: Normals) -> None:
        self.background = normals.log_normal("background", record.background)
        volatility = as_prior(record.background.volatility)
        step_of = np.array(calendar.steps(STEPS[record.background.step].months))
        self.step_of = step_of if volatility.median > 0 else np.zeros_like(step_of)
        firsts = [calendar.months[at] for at in np.flatnonzero(np.diff(self.step_of, prepend=0))]
        label = STEPS[record.background.step].label
        self.steps = normals.claim(*(f"volatility[{label(month)}]" for month in firsts))
        self.volatility = (
            normals.log_normal("volatility", volatility) if volatility.median > 0 else None
        )
        self.hazard = normals.log_normal("departure_hazard", record.departure_hazard)
        self.waves = [normals.log_normal(f"wave[{wave.name}]", wave.size) for wave in record.wave]
        self.wave_weights = np.array(
            [[wave.weights.get(month, 0.0) for wave in record.wave] for month in calendar.months]
        )
        if self.waves:
            self.wave_weights /= self.wave_weights.sum(axis=0)
        initial = record.initial
        self.initial = None if initial is None else normals.log_normal("initial", initial)

    def __call__(self, u: Array, xp: Any = np) -> Population:
        """Return the population for normals `u`, `(normals, ...)`."""
        hazard = xp.exp(self.hazard.log(u))
        arrivals = self._arrivals(u, xp)
        stock = accumulate(arrivals, hazard, len(self.step_of), xp)
        if self.initial is None:
            return Population(arrivals, stock, hazard, xp.zeros_like(hazard))
        initial = xp.exp(self.initial.log(u))
        stock = stock + remaining(initial, hazard, len(self.step_of), xp)
        return Population(arrivals, stock, hazard, initial)

    def only_after(self, month: int) -> list[int]:
        """Return the places of the waves and of the steps that begin after a month."""
        is_to_come = ~self.wave_weights[: month + 1].any(axis=0)
        waves = zip(self.waves, is_to_come, strict=True)
        sizes = [wave.index for wave, comes in waves if comes and wave.index is not None]
        return sizes + list(range(self.steps.start + self.step_of[month], self.steps.stop))

    def _arrivals(self, u: Array, xp: Any) -> Array:
        start = self.background.log(u)
        levels = start[None]
        if self.volatility is not None:
            walk = self.volatility.value(u, xp) * xp.cumsum(u[self.steps], axis=0)
            levels = xp.concatenate([levels, start + walk])
        arrivals = xp.exp(levels)[self.step_of]
        if self.waves:
            sizes = xp.exp(xp.stack([wave.log(u) for wave in self.waves]))
            arrivals = arrivals + self.wave_weights @ sizes
        return arrivals


class StaticMap:
    """A population of the same size N in every month, log N normal."""

    def __init__(self, record: StaticPopulation, calendar: Calendar, normals: Normals) -> None:
        self.size = normals.log_normal("size", record.size)
        self.every_month = np.ones((calendar.n_months, 1))

    def __call__(self, u: Array, xp: Any = np) -> Population:
        """Return the population for normals `u`, `(normals, ...)`."""
        stock = self.every_month @ xp.exp(self.size.log(u))[None]
        nothing = xp.zeros_like(stock[0])
        return Population(xp.zeros_like(stock), stock, nothing, nothing)

    def only_after(self, month: int) -> list[int]:
        """Return none: the size is the same in every month."""
        return []


def remaining(initial: Array, hazard: Array, n_months: int, xp: Any = np) -> Array:
    """Return how many initial persons are left at each month's end, I exp(-h (t + 1)), persons.

    Parameters
    ----------
    initial
        Persons before the first day, `(...)`.
    hazard
        Departures per person and month, `(...)`.
    n_months
        Number of months.
    xp
        NumPy or PyTensor's tensor.
    """
    after = np.arange(1.0, n_months + 1)
    return initial[None] * xp.exp(-xp.stack([hazard * months for months in after]))


def accumulate(arrivals: Array, hazard: Array, n_months: int, xp: Any = np) -> Array:
    """Return the stock N_t = sum_{s<=t} a_s exp(-h (t - s + 1/2)) at each month's end, persons.

    Parameters
    ----------
    arrivals
        Persons per month, `(month, ...)`.
    hazard
        Departures per person and month, `(...)`, positive.
    n_months
        Number of months.
    xp
        NumPy or PyTensor's tensor.

    Notes
    -----
    All terms are positive and none grows, so that it neither overflows nor cancels for any hazard.
    NumPy's draws go month by month, or for few of them in a long calendar by blocks of months. A
    tensor cannot be changed in place, and its sum is doubled: after step j each entry holds the
    arrivals of the last 2^j months.
    """
    stock = arrivals * xp.exp(-0.5 * hazard)
    if xp is np:
        if n_months >= LONG_CALENDAR and stock[0].size <= FEW_DRAWS:
            return _accumulated_by_blocks(stock, hazard)
        staying = np.exp(-hazard)
        for month in range(1, n_months):
            stock[month] += staying * stock[month - 1]
        return stock
    shift = 1
    while shift < n_months:
        survivors = xp.exp(-shift * hazard) * stock[:-shift]
        stock = xp.concatenate([stock[:shift], stock[shift:] + survivors])
        shift *= 2
    return stock


def _accumulated_by_blocks(entering: np.ndarray, hazard: np.ndarray) -> np.ndarray:
    """Return the stock at each month's end from who is left of each month's arrivals, persons.

    Blocks of months are accumulated side by side, then what each block leaves to the next.
    """
    n_months, *draws = entering.shape
    length = math.isqrt(n_months)
    n_blocks = -(-n_months // length)
    blocks = np.zeros((n_blocks, length, *draws))
    stock = blocks.reshape(n_blocks * length, *draws)
    stock[:n_months] = entering
    staying = np.exp(-hazard)
    for month in range(1, length):
        blocks[:, month] += staying * blocks[:, month - 1]
    staying_a_block = np.exp(-length * hazard)
    for block in range(1, n_blocks):
        blocks[block, -1] += staying_a_block * blocks[block - 1, -1]
    since = np.arange(1.0, length).reshape(-1, *[1] * hazard.ndim)
    blocks[1:, :-1] += np.exp(-since * hazard) * blocks[:-1, None, -1]
    return stock[:n_months]
