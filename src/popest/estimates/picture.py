"""The picture of an estimate: its trajectory with each observation on the population's scale."""

from __future__ import annotations

import textwrap
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.ticker import StrMethodFormatter

from popest.estimates.distribution import percent
from popest.estimates.result import trajectory_rows
from popest.model.exposure import Exposure
from popest.study.records import Observation

if TYPE_CHECKING:
    from popest.estimates.result import Estimate

BANDS = {0.9: "#DDE7F1", 0.8: "#BDD1E5", 0.5: "#93B4D4"}
MEDIAN_COLOUR = "#1F4E79"
# Okabe and Ito's colours, told apart by people with any kind of colour blindness.
COLOURS = ("#D55E00", "#009E73", "#E69F00", "#CC79A7", "#222222", "#56B4E9", "#7F7F7F")
MARKERS = ("o", "s", "D", "P", "X", "*", "h")
FLOOR_MARKER = "^"
LARGEST_REACH = 2.0
"""How many times the top of the bands the picture grows to hold a mark."""
HEADROOM = 1.15
CLOSEST = 0.005
"""The least distance of two marks, as a share of the calendar."""
MARGIN = 0.015
"""Room for a mark on the last day, as a share of the calendar."""
TITLE_WIDTH = 80
DATE_FORMATS = ["%Y", "%b\n%Y", *["%d %b\n%Y"] * 4]
REACH = 1.6449
NOTE = (
    "Bands: equal-tailed credible intervals. Marks: each count, less its baseline, divided by its\n"
    "ratio's prior median, with the prior's 90 % bounds; a bar at the edge goes on beyond it.\n"
    "Thin lines show the window counted."
)


class Translated(NamedTuple):
    """An observation as the stock it speaks for, persons, with its prior 90 % bounds."""

    source: str
    start: date
    end: date
    stock: float
    lower: float
    upper: float
    is_floor: bool = False


def draw_trajectory(estimate: Estimate, ax: Axes | None = None) -> Axes:
    """Draw the stock's median and 50, 80 and 90 % bands, with the observations; return the axes.

    Legend and note stand outside the axes; a figure with ``layout="constrained"`` makes room.
    """
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    top = _draw_bands(estimate, ax)
    marks = translated(estimate)
    highest = max((mark.stock for mark in marks), default=0.0)
    ceiling = HEADROOM * max(top, min(highest, LARGEST_REACH * top))
    _dress(estimate, ax, ceiling)
    _draw_observations(marks, ax, ceiling)
    ax.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, fontsize="small", frameon=False
    )
    return ax


def translated(estimate: Estimate) -> list[Translated]:
    """Return each observation as a stock at its end, persons.

    The count, less its baseline, is divided by the prior median of its ratio; the bounds divide
    it by the prior's 90 % bounds. Counts over a window are scaled by the posterior medians of the
    stock at the window's end and of their exposure. Balances, less their expected bias, are added
    to the posterior median of the stock before their window.
    """
    model = estimate.model
    counts, result = model.counts, []
    baseline = counts.baseline(np.zeros((len(model.normals), 1)))[:, 0]
    reach = np.exp(REACH * counts.ratios.tau)[counts.source_of]
    implied = (counts.values - baseline) / np.exp(counts.expected)
    for row, (end, seen), value, factor in zip(
        counts.rows, _medians(estimate, counts.rows, counts.exposure), implied, reach, strict=True
    ):
        stock = value * end / seen
        result.append(_mark(row, stock, stock / factor, stock * factor))
    for balance in model.net_changes:
        spread = REACH * float(np.hypot(balance.bias_sd, balance.error_sd))
        medians = _medians(estimate, balance.rows, balance.exposure)
        for row, (end, seen), value in zip(balance.rows, medians, balance.values, strict=True):
            stock = value - balance.mean + end - seen
            result.append(_mark(row, stock, stock - spread, stock + spread))
    for floor in model.floors:
        factor = float(np.exp(REACH * floor.tau))
        for row, value in zip(floor.rows, floor.values / np.exp(floor.log_median), strict=True):
            result.append(_mark(row, value, value / factor, value * factor, is_floor=True))
    return result


def _medians(
    estimate: Estimate, rows: list[Observation], exposure: Exposure
) -> list[tuple[float, float]]:
    """Return the posterior medians of the stock at each row's end and of its exposure."""
    seen = exposure(estimate.draws.state.population)
    return [
        (estimate.stock(row.end).median, estimate.posterior.weighted(draws).median)
        for row, draws in zip(rows, seen, strict=True)
    ]


def _mark(
    row: Observation, stock: float, lower: float, upper: float, *, is_floor: bool = False
) -> Translated:
    assert row.end is not None
    values = (float(stock), float(lower), float(upper))
    return Translated(row.source, row.start or row.end, row.end, *values, is_floor)


def _draw_bands(estimate: Estimate, ax: Axes) -> float:
    """Draw the bands and the median from the calendar's first day on; return the highest bound."""
    rows = trajectory_rows(estimate, list(BANDS))
    days = [_before(estimate), *(day for day, _, _ in rows)]
    # Nobody is there before the first day, unless the size never changes.
    before = float(estimate.study.specification.population.kind == "static")

    def path(values: list[float]) -> list[float]:
        return [before * values[0], *values]

    at: Any = [date2num(day) for day in days]
    for number, (prob, colour) in enumerate(BANDS.items()):
        lower = path([intervals[number].lower for _, _, intervals in rows])
        upper = path([intervals[number].upper for _, _, intervals in rows])
        label = f"{percent(prob)} credible interval"
        ax.fill_between(at, lower, upper, color=colour, lw=0, label=label)
    median = path([median for _, median, _ in rows])
    ax.plot(at, median, color=MEDIAN_COLOUR, label="median")
    return max(intervals[0].upper for _, _, intervals in rows)


def _before(estimate: Estimate) -> date:
    """Return the day before the first counted one."""
    return estimate.model.calendar.first_day - timedelta(days=1)


def _draw_observations(marks: list[Translated], ax: Axes, ceiling: float) -> None:
    sources = list(dict.fromkeys(mark.source for mark in marks))
    labelled: set[str] = set()
    for mark, at in zip(marks, _places(marks, ax), strict=True):
        number = sources.index(mark.source)
        label = None if mark.source in labelled else _label(mark)
        labelled.add(mark.source)
        shape = FLOOR_MARKER if mark.is_floor else MARKERS[number % len(MARKERS)]
        _draw_mark(mark, at, ax, ceiling, (COLOURS[number % len(COLOURS)], shape, label))


def _places(marks: list[Translated], ax: Axes) -> list[float]:
    """Return where each mark stands: at its end, or beside an earlier one that it would hide."""
    left, right = ax.get_xlim()
    last, places = left - right, [0.0] * len(marks)
    for number in sorted(range(len(marks)), key=lambda number: marks[number].end):
        last = max(float(date2num(marks[number].end)), last + CLOSEST * (right - left))
        places[number] = last
    return places


def _label(mark: Translated) -> str:
    name = mark.source.replace("_", " ")
    return f"{name} (at least)" if mark.is_floor else name


def _draw_mark(
    mark: Translated, at: float, ax: Axes, ceiling: float, style: tuple[str, str, str | None]
) -> None:
    """Draw one mark; where it lies outside the picture, at the edge with its value."""
    colour, shape, label = style
    shown = min(max(mark.stock, 0.0), ceiling)
    start: Any = date2num(mark.start)
    ax.plot([start, at], [shown, shown], color=colour, lw=0.8, alpha=0.6)
    ax.plot([at, at], [mark.lower, mark.upper], color=colour, lw=1.2)
    ax.plot([at], [shown], shape, color=colour, ms=6, label=label, clip_on=False, zorder=3)
    if shown != mark.stock:
        ax.annotate(
            f"{mark.stock:,.0f}",
            (at, shown),
            xytext=(6, -4 if shown else 4),
            textcoords="offset points",
            va="top" if shown else "bottom",
            color=colour,
            fontsize="x-small",
        )


def _dress(estimate: Estimate, ax: Axes, ceiling: float) -> None:
    specification = estimate.study.specification
    first = float(date2num(_before(estimate)))
    days = float(date2num(estimate.model.calendar.last_day)) - first
    ax.set_xlim(first, first + (1 + MARGIN) * days)
    ax.set_ylim(0, ceiling)
    locator = AutoDateLocator(minticks=min(5, int(days)), maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(
        ConciseDateFormatter(
            locator, formats=DATE_FORMATS, zero_formats=DATE_FORMATS, show_offset=False
        )
    )
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    # A dollar sign in a study's words is a dollar sign, not mathematics.
    ax.set_ylabel(specification.unit, parse_math=False)
    title = textwrap.fill(specification.title, TITLE_WIDTH)
    ax.set_title(title, loc="left", fontsize="medium", parse_math=False)
    ax.annotate(
        NOTE,
        (0, 0),
        xycoords="axes fraction",
        xytext=(0, -36),
        textcoords="offset points",
        va="top",
        fontsize="x-small",
    )
