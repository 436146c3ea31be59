"""Pictures of learned ratios: the pairs of one type, and how well held-out pairs were predicted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from popest.estimates.pictures.style import (
    BAND,
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    finish,
    log_axis,
    name_rows,
    new_axes,
    words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from popest.ratios.pairs.load import Pair
    from popest.ratios.validation import HeldOut
    from popest.study.specification.learned import LearnedRatio

GRADES = {"A": (GREEN, "o"), "B": (BLUE, "s"), "C": (ORANGE, "D")}
SHOWN_BY = "Band and line at the bottom: 90 % equal-tailed predictive interval of a new place"
ROW_HEIGHT, LEAST_HEIGHT = 0.24, 3.0


def draw_type(row: LearnedRatio, pairs: Sequence[Pair], ax: Axes | None = None) -> Axes:
    """Draw every pair by the grade of its truth, with the predictive interval; return the axes."""
    if ax is None:
        ax = new_axes(8.5, max(LEAST_HEIGHT, 1.6 + ROW_HEIGHT * len(pairs)))
    ax.axvspan(row.lower, row.upper, color=BAND, lw=0, zorder=0)
    ax.axvline(row.median, color=BLACK, lw=0.8, ls="--", zorder=1)
    for grade, (colour, marker) in GRADES.items():
        own = [(pair.ratio, at) for at, pair in enumerate(pairs) if pair.truth_grade == grade]
        if own:
            ratios, places = zip(*own, strict=True)
            ax.plot(ratios, places, marker, color=colour, ms=5, label=f"truth of grade {grade}")
    _draw_new_place(ax, row, len(pairs))
    labels = [f"{pair.country}: {pair.population} ({pair.id})" for pair in pairs]
    log_axis(ax, lambda value, _: f"{value:g}")
    name_rows(ax, [*labels, "a new place"])
    ax.legend(loc="best", fontsize="small", frameon=False)
    heading = f"Counts per person of the population: {words(row.name.replace('.', ', '))}"
    return finish(ax, heading, f"ratio of the indicator to the truth\n{SHOWN_BY}")


def _draw_new_place(ax: Axes, row: LearnedRatio, place: int) -> None:
    ax.plot([row.lower, row.upper], [place, place], color=BLACK, lw=2)
    ax.plot([row.median], [place], "o", color="white", mec=BLACK, ms=7, zorder=3)


def draw_held_out(found: Sequence[HeldOut], ax: Axes | None = None) -> Axes:
    """Draw where each held-out pair lies among its predictions, by type; return the axes."""
    cells = sorted({each.cell for each in found})
    if ax is None:
        ax = new_axes(8.5, LEAST_HEIGHT + ROW_HEIGHT * len(cells))
    ax.axvspan(5, 95, color=BAND, lw=0, zorder=0)
    ax.axvline(50, color=BLACK, lw=0.8, ls="--", zorder=1)
    for place, cell in enumerate(cells):
        ranks = [100 * each.rank for each in found if each.cell == cell]
        ax.plot(ranks, [place] * len(ranks), "o", color=BLUE, ms=5, alpha=0.6, clip_on=False)
    ax.set_xlim(0, 100)
    name_rows(ax, [words(cell.replace(".", ", ")) for cell in cells])
    label = "predictive percentile of each pair, its group held out\nBand: 90 % predictive interval"
    return finish(ax, "Pairs predicted without their own block or country", label)
