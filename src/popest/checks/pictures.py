"""What the pictures of several checks share: colours, intervals, forests, percentiles."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from popest.estimates import Distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart by people with any kind of colour blindness.
BLUE, ORANGE, GREY, BLACK = "#0072B2", "#D55E00", "#999999", "#222222"
BAND = "#DDE7F1"
LABEL_WIDTH = 34
MANY_ROWS = 16
LARGEST_LINEAR_SPAN = 8.0
CAPTION = "thick: 50 %, thin: 90 % equal-tailed credible interval; dot: median"


class ForestRow(NamedTuple):
    """One line of a forest: median and the bounds of its 90 and 50 % intervals, persons.

    `emphasis` is 1 for the study itself, -1 for what is not certified, 0 otherwise.
    """

    label: str
    median: float
    outer: tuple[float, float]
    inner: tuple[float, float]
    emphasis: int = 0

    @classmethod
    def of(cls, label: str, stock: Distribution, emphasis: int = 0) -> ForestRow:
        """Return the line of a distribution."""
        (lower, upper, *_), (low, high, *_) = stock.intervals([0.9, 0.5])
        return cls(label, stock.median, (lower, upper), (low, high), emphasis)


def draw_forest(ax: Axes, rows: Sequence[ForestRow], *, title: str, label: str) -> Axes:
    """Draw intervals one below the other, the first row's median as a line; return the axes."""
    for place, row in enumerate(rows):
        colour = {1: BLACK, 0: BLUE, -1: GREY}[row.emphasis]
        style = ":" if row.emphasis < 0 else "-"
        ax.plot(row.outer, [place, place], color=colour, lw=1.2, ls=style)
        ax.plot(row.inner, [place, place], color=colour, lw=3.5, solid_capstyle="butt")
        ax.plot([row.median], [place], "o", color="white", mec=colour, ms=6, zorder=3)
    ax.axvspan(*rows[0].outer, color=BAND, lw=0, zorder=0)
    ax.axvline(rows[0].median, color=BLACK, lw=0.8, ls="--", zorder=1)
    lowest = min(row.outer[0] for row in rows)
    highest = max(row.outer[1] for row in rows)
    if highest > LARGEST_LINEAR_SPAN * lowest > 0:
        _log_axis(ax)
    else:
        _thousands(ax)
    name_rows(ax, [row.label for row in rows])
    return finish(ax, title, f"{label}\n{CAPTION}")


def draw_percentiles(
    ax: Axes, labels: Sequence[str], percentiles: Sequence[float], flagged: Sequence[bool]
) -> Axes:
    """Draw the place of each figure, 0 to 1, among those predicted, with lines at 1 and 99 %."""
    ax.axvspan(1, 99, color=BAND, lw=0, zorder=0)
    for place, (percentile, bad) in enumerate(zip(percentiles, flagged, strict=True)):
        colour, marker = (ORANGE, "X") if bad else (BLUE, "o")
        ax.plot([100 * percentile], [place], marker, color=colour, ms=6, clip_on=False, zorder=3)
    ax.axvline(50, color=BLACK, lw=0.8, ls="--")
    ax.set_xlim(0, 100)
    name_rows(ax, labels)
    return ax


def name_rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a picture from the top down, in small print where they are many."""
    many = len(labels) > MANY_ROWS
    size, width = ("x-small", 2 * LABEL_WIDTH) if many else ("small", LABEL_WIDTH)
    names = [textwrap.fill(label.replace("_", " "), width) for label in labels]
    ax.set_yticks(range(len(labels)), names, fontsize=size, parse_math=False)
    ax.set_ylim(len(labels) - 0.5, -0.5)


def finish(ax: Axes, title: str, label: str) -> Axes:
    """Give the axes a grid, a title and a label below; return them."""
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.set_title(textwrap.fill(title, 80), loc="left", fontsize="medium", parse_math=False)
    lines = [textwrap.fill(line, 95) for line in label.splitlines()]
    ax.set_xlabel("\n".join(lines), fontsize="small", parse_math=False)
    return ax


def legend_below(ax: Axes, *others: Axes) -> None:
    """Put the legend of the axes, and of others that share their place, below the picture."""
    handles = [handle for each in (ax, *others) for handle in each.get_legend_handles_labels()[0]]
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.16),
        ncols=len(handles),
        fontsize="small",
        frameon=False,
    )


def figure_label(observation: str, source: str) -> str:
    """Return the label of a figure with its source, said once."""
    return observation if observation.startswith(source) else f"{observation} ({source})"


def _thousands(ax: Axes) -> None:
    from matplotlib.ticker import StrMethodFormatter

    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _log_axis(ax: Axes) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    _thousands(ax)
