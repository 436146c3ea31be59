"""Each observation on the population's scale: the stock that it speaks for.

How that is drawn is decided by the pictures and the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.model.evidence import Translated
from popest.model.exposure import Exposure
from popest.study.observations.observation import Observation

if TYPE_CHECKING:
    from popest.estimates.result import Result

__all__ = ["Translated", "translated"]


def translated(estimate: Result) -> list[Translated]:
    """Return each observation as a stock at its end, persons, as its measure reads it.

    Figures of a measure that says nothing of the size by itself are left out.
    """

    def medians(rows: list[Observation], exposure: Exposure) -> list[tuple[float, float]]:
        seen = exposure(estimate.draws.state.population)
        return [
            (estimate.stock(row.end).median, estimate.posterior.weighted(draws).median)
            for row, draws in zip(rows, seen, strict=True)
        ]

    return [mark for piece in estimate.model.evidence for mark in piece.marks(medians)]
