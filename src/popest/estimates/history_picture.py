"""The picture of a history: one interval for each day of publication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.ticker import StrMethodFormatter

if TYPE_CHECKING:
    from popest.estimates.history import History

COLOUR = "#4477AA"


def draw_history(history: History, ax: Axes | None = None) -> Axes:
    """Draw median, 50 and 90 % intervals as of each day of publication; return the axes."""
    if ax is None:
        _, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
    known = [(vintage.as_of, vintage.stock) for vintage in history.vintages if vintage.stock]
    days: Any = [date2num(day) for day, _ in known]
    for prob, width in ((0.9, 1.5), (0.5, 5.0)):
        bounds = [stock.interval(prob) for _, stock in known]
        lower, upper = [i.lower for i in bounds], [i.upper for i in bounds]
        label = f"{100 * prob:g} % credible interval"
        ax.vlines(days, lower, upper, color=COLOUR, lw=width, alpha=0.6, label=label)
    medians = [stock.median for _, stock in known]
    ax.step(days, medians, where="post", color="0.6", lw=0.8)
    ax.plot(days, medians, "o", color="0.1", ms=4, label="median")
    locator = AutoDateLocator()
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("as of")
    ax.set_ylabel(history.study.specification.unit)
    ax.set_title(f"The stock on {history.day}, as it would have been estimated", loc="left")
    ax.legend(frameon=False, fontsize="small")
    return ax
