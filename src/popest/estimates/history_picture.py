"""The picture of a history: one interval for each day of publication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.dates import date2num

from popest.estimates import style
from popest.estimates.style import BLACK, BLUE, WIDTHS

if TYPE_CHECKING:
    from popest.estimates.history import History

NOTES = {
    "publication": "from what was published by the day below",
    "record": "from what was on file on the day below",
}


def draw_history(history: History, ax: Axes | None = None) -> Axes:
    """Draw median, 50 and 90 % intervals as of each day of publication; return the axes."""
    if ax is None:
        ax = style.new_axes()
    known = [(vintage.as_of, vintage.stock) for vintage in history.vintages if vintage.stock]
    days: Any = [date2num(day) for day, _ in known]
    for prob, width in WIDTHS.items():
        bounds = [stock.interval(prob) for _, stock in known]
        lower, upper = [i.lower for i in bounds], [i.upper for i in bounds]
        ax.vlines(days, lower, upper, color=BLUE, lw=width, label=style.name_of_interval(prob))
    medians = [stock.median for _, stock in known]
    ax.step(days, medians, where="post", color=style.RULE, lw=0.8)
    ax.plot(days, medians, "o", color="white", mec=BLACK, ms=5, zorder=3, label="median")
    style.day_axis(ax)
    style.thousands(ax.yaxis)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(history.study.specification.unit, parse_math=False)
    style.title(ax, f"The stock on {history.day}, as of each day on which the study learned")
    style.note_below(
        ax,
        "Lines: equal-tailed credible intervals of the stock on one and the same day, "
        f"{NOTES[history.by]}.",
    )
    style.legend_beside(ax)
    return ax
