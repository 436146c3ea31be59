"""The picture of the sources: each count as the stock that it speaks for, beside the estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from popest.estimates.distribution import Distribution
from popest.estimates.pictures import style
from popest.estimates.pictures.style import (
    BLACK,
    BLUE,
    LARGEST_LINEAR_SPAN,
    WIDTHS,
    Mark,
)
from popest.estimates.trajectory import bounds_shown, translated
from popest.model.evidence import Translated

if TYPE_CHECKING:
    from popest.estimates.result import Result

HEIGHT, HEIGHT_OF_ROW = 1.6, 0.36
BESIDE = 0.17
"""How far count and estimate stand from the middle of their row."""
LOWEST_SHOWN = 0.25
"""Where the axis begins, as a share of the least median or mark above zero."""
LARGEST_REACH = 2.0
"""How many times the highest bound of the estimate the axis grows to hold a count's."""
NOTE = (
    "upper line: a count less its baseline, divided by its ratio's prior median, with the\n"
    "prior's 90 % bounds; a line at the edge goes on. Lower line: the estimate of that day,\n"
    "dot: median, thick: 50 %, thin: 90 % equal-tailed credible interval"
)


def draw_sources(estimate: Result, ax: Axes | None = None) -> Axes:
    """Draw each observation on the population's scale above the estimate of its day.

    Surveys of shares and anything else that says nothing of the size by itself have no row.
    """
    order = {name: place for place, name in enumerate(estimate.study.specification.source)}
    marks = sorted(translated(estimate), key=lambda mark: (order[mark.source], mark.end))
    if ax is None:
        ax = style.new_axes(9, HEIGHT + HEIGHT_OF_ROW * (1 + len(marks)))
    looks = style.marks_of([mark.source for mark in marks])
    headline = estimate.study.specification.headline
    stocks = [estimate.stock(day) for day in (headline.last, *(mark.end for mark in marks))]
    for place, stock in enumerate(stocks):
        _draw_stock(ax, place + BESIDE * (place > 0), stock)
    lowest, bounds = _fit_axis(ax, marks, stocks), bounds_shown(estimate)
    for place, mark in enumerate(marks, start=1):
        look, precision = looks[mark.source], bounds.get(mark.observation, "")
        shape = style.marker_of(look, mark.is_floor, precision, "x")
        _draw_mark(ax, place - BESIDE, mark, Mark(look.colour, shape), lowest)
    for place in range(1, len(marks) + 1):
        ax.axhline(place - 0.5, color=style.GRID, lw=0.8)
    labels = [f"{style.words(mark.source)}{_bound(mark, bounds)}, {mark.end}" for mark in marks]
    first = "the estimate" if headline.is_stock else "the stock"  # beside each other are stocks
    style.name_rows(ax, [f"{first}, {headline.last}", *labels])
    label = f"stock, {estimate.unit}\n{NOTE}"
    return style.finish(ax, f"{estimate.study.specification.title}: what each count says", label)


def _draw_stock(ax: Axes, place: float, stock: Distribution) -> None:
    """Draw the estimate's median and intervals on a row."""
    for prob, width in WIDTHS.items():
        bounds = stock.interval(prob)[:2]
        ax.plot(bounds, [place, place], color=BLUE, lw=width, solid_capstyle="butt")
    ax.plot([stock.median], [place], "o", color="white", mec=BLUE, ms=5, zorder=3)


def _fit_axis(ax: Axes, marks: list[Translated], stocks: list[Distribution]) -> float:
    """Fit the axis to the estimate and, within reason, to the counts; return where it begins."""
    highest = max(stock.interval(0.9).upper for stock in stocks)
    top = max([highest, *(min(mark.upper, LARGEST_REACH * highest) for mark in marks)])
    medians = [stock.median for stock in stocks]
    least = min(value for value in (*medians, *(mark.stock for mark in marks)) if value > 0)
    if top > LARGEST_LINEAR_SPAN * least:
        style.log_axis(ax)
        ax.set_xlim(LOWEST_SHOWN * least, 1.1 * top)
        return LOWEST_SHOWN * least
    style.thousands(ax.xaxis)
    ax.set_xlim(0, 1.05 * top)
    return 0.0


def _draw_mark(ax: Axes, place: float, mark: Translated, look: Mark, lowest: float) -> None:
    """Draw a count; where it lies outside the picture, at the edge with its value."""
    highest = ax.get_xlim()[1]
    shown = min(max(mark.stock, lowest), highest)
    bounds = [max(mark.lower, lowest), mark.upper]
    ax.plot(bounds, [place, place], color=look.colour, lw=WIDTHS[0.9])
    ax.plot([shown], [place], look.marker, color=look.colour, ms=6, clip_on=False, zorder=3)
    if shown != mark.stock:
        side, shift = ("left", 6) if shown == lowest else ("right", -6)
        how = {"ha": side, "va": "center", "color": BLACK}
        style.write_beside(ax, (shown, place), f"{mark.stock:,.0f}", (shift, 0), **how)


def _bound(mark: Translated, bounds: dict[str, str]) -> str:
    """Return what a row's name says of its mark: where it is a bound, the lower of two."""
    precision = bounds.get(mark.observation, "at_least" if mark.is_floor else "")
    said = {"at_least": " (at least)", "at_most": " (at most)", "between": " (or more, a range)"}
    return said.get(precision, "")
