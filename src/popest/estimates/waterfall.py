"""The waterfall of a comparison: from the old median to the new one, change by change."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

if TYPE_CHECKING:
    from popest.estimates.comparison import Comparison

UP, DOWN, END = "#4477AA", "#EE6677", "#222222"
LABEL_WIDTH = 34


def draw_waterfall(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Draw old median, each change's move with two standard errors, new median; return the axes."""
    shares = sorted(comparison.shares, key=lambda share: -abs(share.median))
    if ax is None:
        _, ax = plt.subplots(figsize=(8, 1.8 + 0.45 * len(shares)), layout="constrained")
    level = comparison.old.stock(comparison.day).median
    ax.plot(level, 0, "D", color=END)
    labels = ["before"]
    for number, share in enumerate(shares, start=1):
        colour = UP if share.median >= 0 else DOWN
        ax.barh(number, share.median, left=level, color=colour)
        ax.plot([level, level], [number - 1.4, number + 0.4], color="0.4", lw=0.8)
        level += share.median
        ax.errorbar(level, number, xerr=2 * share.median_se, color="0.2", lw=1, capsize=2)
        labels.append(share.label)
    ax.plot(comparison.new.stock(comparison.day).median, len(labels), "D", color=END)
    labels.append("after")
    ax.set_yticks(
        range(len(labels)),
        [textwrap.fill(label, LABEL_WIDTH) for label in labels],
        fontsize="small",
    )
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.margins(x=0.1)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.set_xlabel(f"median stock on {comparison.day}, {comparison.new.unit}")
    ax.set_title("What moved the estimate (Shapley values, bars: two standard errors)", loc="left")
    return ax
