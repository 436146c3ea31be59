"""What the pictures of several checks share: forests of intervals, labels of figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from popest.estimates import Distribution
from popest.estimates.pictures.style import (
    BAND,
    BLACK,
    BLUE,
    CAPTION,
    GREY,
    LARGEST_LINEAR_SPAN,
    WIDTHS,
    finish,
    log_axis,
    name_rows,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    def of(cls, label: str, found: Distribution, emphasis: int = 0) -> ForestRow:
        """Return the line of a distribution."""
        (lower, upper, *_), (low, high, *_) = found.intervals([0.9, 0.5])
        return cls(label, found.median, (lower, upper), (low, high), emphasis)


def draw_forest(ax: Axes, rows: Sequence[ForestRow], *, title: str, label: str) -> Axes:
    """Draw intervals one below the other, the first row's median as a line; return the axes."""
    for place, row in enumerate(rows):
        colour = {1: BLACK, 0: BLUE, -1: GREY}[row.emphasis]
        style = ":" if row.emphasis < 0 else "-"
        ax.plot(row.outer, [place, place], color=colour, lw=WIDTHS[0.9], ls=style)
        ax.plot(row.inner, [place, place], color=colour, lw=WIDTHS[0.5], solid_capstyle="butt")
        ax.plot([row.median], [place], "o", color="white", mec=colour, ms=6, zorder=3)
    ax.axvspan(*rows[0].outer, color=BAND, lw=0, zorder=0)
    ax.axvline(rows[0].median, color=BLACK, lw=0.8, ls="--", zorder=1)
    lowest = min(row.outer[0] for row in rows)
    highest = max(row.outer[1] for row in rows)
    if highest > LARGEST_LINEAR_SPAN * lowest > 0:
        log_axis(ax)
    else:
        thousands(ax.xaxis)
    name_rows(ax, [row.label for row in rows])
    return finish(ax, title, f"{label}\n{CAPTION}")


def figure_label(observation: str, source: str) -> str:
    """Return the label of a figure with its source, said once."""
    return observation if observation.startswith(source) else f"{observation} ({source})"
