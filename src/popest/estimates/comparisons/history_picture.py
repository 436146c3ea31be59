"""The picture of a history: one interval for each day on which the study learned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import date2num

from popest.estimates.distribution import Distribution
from popest.estimates.pictures import style
from popest.estimates.pictures.style import BLACK, BLUE, WIDTHS

NOTES = {
    "publication": "from what was published by the day below",
    "record": "from what was on file on the day below",
}


def draw_history(
    known: Sequence[tuple[date, Distribution]],
    of: tuple[date, str],
    by: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw median, 50 and 90 % intervals of the stock as of each day; return the axes.

    Parameters
    ----------
    known
        The days and what was known on each, persons.
    of
        The day of the stock and its unit.
    by
        Whether the days are of publication or of record.
    ax
        Where to draw; axes of their own when None.
    """
    if ax is None:
        ax = style.new_axes()
    day, unit = of
    days: Any = [date2num(as_of) for as_of, _ in known]
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
    style.label_left(ax, unit)
    style.title(ax, f"The stock on {day}, as of each day on which the study learned")
    style.note_below(
        ax,
        "Lines: equal-tailed credible intervals of the stock on one and the same day, "
        f"{NOTES[by]}.",
    )
    style.legend_beside(ax)
    return ax
