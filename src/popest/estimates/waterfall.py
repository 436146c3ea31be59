"""The waterfall of a comparison: from the old median to the new one, change by change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from popest.estimates import style
from popest.estimates.attribution import REMAINDER
from popest.estimates.style import BLACK, BLUE, ORANGE, RULE

if TYPE_CHECKING:
    from popest.estimates.comparison import Comparison

UP, DOWN = BLUE, ORANGE


def draw_waterfall(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Draw old median, each change's move with two standard errors, new median; return the axes."""
    shares = sorted(comparison.shares, key=lambda share: -abs(share.median))
    if ax is None:
        ax = style.new_axes(8, 1.8 + 0.45 * len(shares))
    level = comparison.old.stock(comparison.day).median
    ax.plot(level, 0, "D", color=BLACK)
    labels = ["before"]
    for number, share in enumerate(shares, start=1):
        colour = UP if share.median >= 0 else DOWN
        ax.barh(number, share.median, left=level, color=colour)
        ax.plot([level, level], [number - 1.4, number + 0.4], color=RULE, lw=0.8)
        level += share.median
        ax.errorbar(level, number, xerr=2 * share.median_se, color=BLACK, lw=1, capsize=2)
        labels.append(share.label)
    if comparison.printed.remainder:
        number = len(labels)
        ax.barh(number, comparison.remainder, left=level, color=RULE)
        labels.append(REMAINDER)
    ax.plot(comparison.new.stock(comparison.day).median, len(labels), "D", color=BLACK)
    labels.append("after")
    style.name_rows(ax, labels)
    style.thousands(ax.xaxis)
    # Bars hold the axis to where they begin, which would cut the first mark in two.
    ax.use_sticky_edges = False
    ax.margins(x=0.1)
    label = f"median stock on {comparison.day}, {comparison.new.unit}\n"
    label += "bars: Shapley values of the changes, up or down; whiskers: two standard errors\n"
    label += "before and after are estimates with draws of their own, the changes share one set"
    return style.finish(ax, "What moved the estimate", label)
