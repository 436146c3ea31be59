"""The waterfall of a comparison: from the old median to the new one, change by change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from matplotlib.axes import Axes

from popest.estimates.comparisons.attribution import REMAINDER, Share
from popest.estimates.pictures import style
from popest.estimates.pictures.style import BLACK, BLUE, ORANGE, RULE

UP, DOWN = BLUE, ORANGE


def draw_waterfall(
    medians: tuple[float, float],
    shares: Sequence[Share],
    remainder: float,
    of: tuple[date, str],
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
        The day of the stock and its unit.
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
    day, unit = of
    label = f"median stock on {day}, {unit}\n"
    label += "bars: Shapley values of the changes, up or down; whiskers: two standard errors\n"
    label += "before and after are estimates with draws of their own, the changes share one set"
    return style.finish(ax, "What moved the estimate", label)
