"""The stock through time, and each figure as the stock that it speaks for.

This is the stock whatever a study's headline is: of a flow there is no trajectory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from popest.estimates.distribution import Distribution, Interval
from popest.estimates.result import Result
from popest.model.evidence import Translated
from popest.model.exposure import Exposure
from popest.study.observations.observation import Observation


def month_end_stocks(estimate: Result) -> Iterator[tuple[date, Distribution]]:
    """Give each month's end and the stock then, persons."""
    state = estimate.draws.state
    months = [state.population.stock]
    if estimate.calendar.n_months > len(months[0]):
        later = estimate.reach(estimate.calendar.last_day).state
        months.append(later.population.stock[len(months[0]) :])
    stocks = (estimate.posterior.weighted(stock) for part in months for stock in part)
    return zip(estimate.calendar.month_ends, stocks, strict=True)


def trajectory_rows(
    estimate: Result, probs: Sequence[float]
) -> list[tuple[date, float, list[Interval]]]:
    """Return date, median and intervals of the stock at each month's end, persons."""
    return [
        (day, stock.median, stock.intervals(probs, estimate.unit))
        for day, stock in month_end_stocks(estimate)
    ]


def translated(estimate: Result) -> list[Translated]:
    """Return each observation as a stock at its end, persons, as its measure reads it.

    Figures of a measure that says nothing of the size by itself are left out.
    """

    def medians(rows: list[Observation], exposure: Exposure) -> list[tuple[float, float]]:
        seen = exposure(estimate.draws.state)
        return [
            (estimate.stock(row.end).median, estimate.posterior.weighted(draws).median)
            for row, draws in zip(rows, seen, strict=True)
        ]

    return [mark for piece in estimate.model.evidence for mark in piece.marks(medians)]


def bounds_shown(estimate: Result) -> dict[str, str]:
    """Return the precision of each used row that is a bound, by its id."""
    return {row.id: str(row.precision) for row in estimate.study.used if row.is_bound}
