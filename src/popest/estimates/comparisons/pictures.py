"""The pictures of comparisons: what moved an estimate, and how it evolved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import date2num

from popest.estimates.comparisons.attribution import REMAINDER, Share
from popest.estimates.distribution import Distribution
from popest.estimates.pictures import style
from popest.estimates.pictures.style import BLACK, BLUE, ORANGE, RULE, WIDTHS
from popest.study.estimand import Estimand

UP, DOWN = BLUE, ORANGE
NOTES = {
    "publication": "from what was published by the day below",
    "record": "from what was on file on the day below",
}
_SAME = {
    "stock": "stock on one and the same day",
    "arrivals": "arrivals in one and the same window",
    "departures": "departures in one and the same window",
}


def draw_history(
    known: Sequence[tuple[date, Distribution]],
    of: tuple[Estimand, str],
    by: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw median, 50 and 90 % intervals as of each day; return the axes.

    Parameters
    ----------
    known
        The days and what was known on each, persons.
    of
        What is estimated and its unit.
    by
        Whether the days are of publication or of record.
    ax
        Where to draw; axes of their own when None.
    """
    if ax is None:
        ax = style.new_axes()
    asked, unit = of
    days: Any = [date2num(as_of) for as_of, _ in known]
    for prob, width in WIDTHS.items():
        bounds = [found.interval(prob) for _, found in known]
        lower, upper = [i.lower for i in bounds], [i.upper for i in bounds]
        ax.vlines(days, lower, upper, color=BLUE, lw=width, label=style.name_of_interval(prob))
    medians = [found.median for _, found in known]
    ax.step(days, medians, where="post", color=RULE, lw=0.8)
    ax.plot(days, medians, "o", color="white", mec=BLACK, ms=5, zorder=3, label="median")
    style.day_axis(ax)
    style.thousands(ax.yaxis)
    ax.set_ylim(bottom=0)
    style.label_left(ax, unit)
    style.title(ax, f"The {asked.label}, as of each day on which the study learned")
    style.note_below(
        ax,
        f"Lines: equal-tailed credible intervals of the {_SAME[asked.kind]}, {NOTES[by]}.",
    )
    style.legend_beside(ax)
    return ax


def draw_waterfall(
    medians: tuple[float, float],
    shares: Sequence[Share],
    remainder: float,
    of: tuple[Estimand, str],
    ax: Axes | None = None,
) -> Axes:
    """Draw old median, each change's move with two standard errors, new median; return the axes.

    Parameters
    ----------
    medians
        The old one and the new one, persons.
    shares
        What each change did.
    remainder
        What the draws of the two estimates add to the move, persons; 0 is not drawn.
    of
        What is estimated and its unit.
    ax
        Where to draw; axes of their own when None.
    """
    shares = sorted(shares, key=lambda share: -abs(share.median))
    if ax is None:
        ax = style.new_axes(8, 1.8 + 0.45 * len(shares))
    level = medians[0]
    ax.plot(level, 0, "D", color=BLACK)
    labels = ["before"]
    for number, share in enumerate(shares, start=1):
        colour = UP if share.median >= 0 else DOWN
        ax.barh(number, share.median, left=level, color=colour)
        ax.plot([level, level], [number - 1.4, number + 0.4], color=RULE, lw=0.8)
        level += share.median
        ax.errorbar(level, number, xerr=2 * share.median_se, color=BLACK, lw=1, capsize=2)
        labels.append(share.label)
    if remainder:
        ax.barh(len(labels), remainder, left=level, color=RULE)
        labels.append(REMAINDER)
    ax.plot(medians[1], len(labels), "D", color=BLACK)
    labels.append("after")
    style.name_rows(ax, labels)
    style.thousands(ax.xaxis)
    # Bars hold the axis to where they begin, which would cut the first mark in two.
    ax.use_sticky_edges = False
    ax.margins(x=0.1)
    asked, unit = of
    label = f"median {asked.label}, {unit}\n"
    label += "bars: Shapley values of the changes, up or down; whiskers: two standard errors\n"
    label += "before and after are estimates with draws of their own, the changes share one set"
    return style.finish(ax, "What moved the estimate", label)
