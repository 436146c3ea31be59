"""Each observation on the population's scale: the stock that it speaks for.

How that is drawn is the business of the pictures and of the report.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from popest.model.exposure import Exposure
from popest.study.records import Observation

if TYPE_CHECKING:
    from popest.estimates.result import Estimate

REACH = 1.6449


class Translated(NamedTuple):
    """An observation as the stock it speaks for, persons, with its prior 90 % bounds."""

    source: str
    start: date
    end: date
    stock: float
    lower: float
    upper: float
    is_floor: bool = False
    observation: str = ""


def translated(estimate: Estimate) -> list[Translated]:
    """Return each observation as a stock at its end, persons.

    The count, less its baseline, is divided by the prior median of its ratio; the bounds divide
    it by the prior's 90 % bounds. Counts over a window are scaled by the posterior medians of the
    stock at the window's end and of their exposure. Balances, less their expected bias, are added
    to the posterior median of the stock before their window.
    """
    model = estimate.model
    counts, result = model.counts, []
    baseline = counts.baseline(np.zeros((len(model.normals), 1)))[:, 0]
    reach = np.exp(REACH * counts.ratios.tau)[counts.source_of]
    implied = (counts.values - baseline) / np.exp(counts.expected)
    for row, (end, seen), value, factor in zip(
        counts.rows, _medians(estimate, counts.rows, counts.exposure), implied, reach, strict=True
    ):
        stock = value * end / seen
        result.append(_mark(row, stock, stock / factor, stock * factor))
    for balance in model.net_changes:
        spread = REACH * float(np.hypot(balance.bias_sd, balance.error_sd))
        medians = _medians(estimate, balance.rows, balance.exposure)
        for row, (end, seen), value in zip(balance.rows, medians, balance.values, strict=True):
            stock = value - balance.mean + end - seen
            result.append(_mark(row, stock, stock - spread, stock + spread))
    for floor in model.floors:
        factor = float(np.exp(REACH * floor.tau))
        for row, value in zip(floor.rows, floor.values / np.exp(floor.log_median), strict=True):
            result.append(_mark(row, value, value / factor, value * factor, is_floor=True))
    return result


def _medians(
    estimate: Estimate, rows: list[Observation], exposure: Exposure
) -> list[tuple[float, float]]:
    """Return the posterior medians of the stock at each row's end and of its exposure."""
    seen = exposure(estimate.draws.state.population)
    return [
        (estimate.stock(row.end).median, estimate.posterior.weighted(draws).median)
        for row, draws in zip(rows, seen, strict=True)
    ]


def _mark(
    row: Observation, stock: float, lower: float, upper: float, *, is_floor: bool = False
) -> Translated:
    assert row.end is not None
    values = (float(stock), float(lower), float(upper))
    return Translated(row.source, row.start or row.end, row.end, *values, is_floor, row.id)
