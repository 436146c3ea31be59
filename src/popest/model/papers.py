"""Papers that are issued to those who arrive, lapse, and are issued again to those still there."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from popest.model.exposure import lag_matrix
from popest.model.normals import Array
from popest.model.population import Population
from popest.model.state import State
from popest.study.calendar import Calendar
from popest.study.specification.records import EveryMonths, Source


class Block(NamedTuple):
    """Months in which all papers that lapse were issued before the first of them.

    `renewals` are pairs of a number of months and a matrix, `(month of the block, month before)`,
    that is 1 where a paper lapses after so many months.
    """

    start: int
    stop: int
    renewals: tuple[tuple[int, np.ndarray], ...]


@dataclass(frozen=True)
class Papers:
    """Papers issued by month: E_t = (g_L * a)_t + q exp(-R h) E_{t-R}.

    A paper that was issued in month s lapses after R_s months, and a share q of those still there
    then renews it. The papers of those there before the first day lapse evenly over R months.

    Attributes
    ----------
    lapses_after
        R_s of each month of issue, months.
    renewed
        q, from 0 to 1.
    lag_months
        Mean lag L from arrival to the first paper, months.
    before
        For so many months before the calendar papers are counted too; 0 where nobody was there.
    """

    lapses_after: tuple[int, ...]
    renewed: float
    lag_months: float
    before: int

    @classmethod
    def of(cls, source: Source, calendar: Calendar, *, has_initial: bool) -> Papers:
        """Return the papers that a source with `every_months` counts."""
        assert source.every_months is not None
        lapses_after = _lapses_after(source.every_months, calendar)
        before = lapses_after[0] if has_initial else 0
        return cls(lapses_after, source.renewed, source.lag_months, before)

    def __call__(self, state: State, xp: Any = np) -> Array:
        """Return the papers issued each month, `(before + month, ...)`.

        Notes
        -----
        In month s < 0 these are I exp(-h (s + 1/2)) / R, of which I / R are held by people who are
        there on the first day: so that of their papers as many lapse each month.
        """
        population = state.population
        parts = [self._issued_before(population, xp)] if self.before else []
        first = population.arrivals
        if self.lag_months:
            first = lag_matrix(self.lag_months, len(self.lapses_after)) @ first
        for block in self._blocks:
            issued = first[block.start : block.stop]
            for months, lapsing in block.renewals:
                left = self.renewed * xp.exp(-months * population.hazard)
                issued = issued + left * (lapsing @ xp.concatenate(parts))
            parts.append(issued)
        return xp.concatenate(parts)

    def _issued_before(self, population: Population, xp: Any) -> Array:
        each = population.initial / self.before
        middles = np.arange(-self.before, 0) + 0.5
        return xp.stack([each * xp.exp(-middle * population.hazard) for middle in middles])

    @cached_property
    def _blocks(self) -> tuple[Block, ...]:
        n_months = len(self.lapses_after)
        issues = np.arange(-self.before, n_months)
        after = np.array([self._lapses_after(issue) for issue in range(-self.before, n_months)])
        blocks, start = [], 0
        while start < n_months:
            stop = min(n_months, int((issues + after)[self.before + start :].min()))
            known, months = issues[: self.before + start], np.arange(start, stop)[:, None]
            renewals = []
            for every in sorted(set(after[: len(known)].tolist())):
                lapsing = (known + every == months) & (after[: len(known)] == every)
                if lapsing.any():
                    renewals.append((every, lapsing * 1.0))
            blocks.append(Block(start, stop, tuple(renewals)))
            start = stop
        return tuple(blocks)

    def _lapses_after(self, issue: int) -> int:
        return self.lapses_after[max(issue, 0)]

    def issued_during(self, coverage: np.ndarray) -> np.ndarray:
        """Return weights on the papers issued, from the shares of months `(month,)`."""
        return np.concatenate([np.zeros(self.before), coverage])

    def in_force(self, month: int, passed: float) -> np.ndarray:
        """Return the weights of the papers in force on a day, `(before + month,)`.

        Those issued in one month lapse evenly over the month in which they do.

        Parameters
        ----------
        month, passed
            The day's month, and the share of it that has passed.
        """
        weights = np.zeros(self.before + len(self.lapses_after))
        for issue in range(-self.before, month):
            left = issue + self._lapses_after(issue) - month
            weights[self.before + issue] = 1 - passed if left == 0 else float(left > 0)
        weights[self.before + month] = passed
        return weights


def _lapses_after(every: EveryMonths, calendar: Calendar) -> tuple[int, ...]:
    """Return after how many months papers lapse, by month of issue."""
    if isinstance(every, int):
        return (every,) * calendar.n_months
    periods = sorted(every, key=lambda period: period.first)
    firsts = [period.first for period in periods]
    return tuple(
        periods[max(0, bisect_right(firsts, month) - 1)].months for month in calendar.months
    )
