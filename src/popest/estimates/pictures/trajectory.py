"""The pictures of an estimate, and the first of them: its trajectory with the observations."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.dates import date2num

from popest.estimates.pictures import style
from popest.estimates.pictures.ratios import draw_ratios
from popest.estimates.pictures.sources import draw_sources
from popest.estimates.pictures.style import BANDS, MEDIAN_COLOUR, Mark, PictureKind
from popest.estimates.trajectory import bounds_shown, trajectory_rows, translated
from popest.model.evidence import Translated
from popest.study import UsageError

if TYPE_CHECKING:
    from popest.estimates.result import Result

LARGEST_REACH = 2.0
"""How many times the top of the bands the picture grows to hold a mark."""
HEADROOM = 1.15
CLOSEST = 0.005
"""The least distance of two marks, as a share of the calendar."""
MARGIN = 0.015
"""Room for a mark on the last day, as a share of the calendar."""
NOTE = (
    "Bands: equal-tailed credible intervals. Marks: each count, less its baseline, divided by its "
    "ratio's prior median, with the prior's 90 % bounds; a bar at the edge goes on beyond it. "
    "Thin lines show the window counted."
)
NOTE_OF_BOUNDS = (
    " Triangles point to where a bound says that the count may be; an open mark is the lower of "
    "two bounds."
)


def draw(estimate: Result, ax: Axes | None, kind: PictureKind) -> Axes:
    """Draw one of the pictures; return its axes.

    Raises
    ------
    UsageError
        When there is no such kind.
    """
    pictures = {"trajectory": draw_trajectory, "sources": draw_sources, "ratios": draw_ratios}
    if kind not in pictures:
        raise UsageError(f"kind {kind!r}: choose from {', '.join(pictures)}")
    return pictures[kind](estimate, ax)


def draw_trajectory(estimate: Result, ax: Axes | None = None) -> Axes:
    """Draw the stock's median and 50, 80 and 90 % bands, with the observations; return the axes.

    Legend and note stand outside the axes; a figure with ``layout="constrained"`` makes room.
    """
    if ax is None:
        ax = style.new_axes()
    top = _draw_bands(estimate, ax)
    _draw_scenario(estimate, ax)
    marks = translated(estimate)
    highest = max((mark.stock for mark in marks), default=0.0)
    ceiling = HEADROOM * max(top, min(highest, LARGEST_REACH * top))
    _dress(estimate, ax, ceiling)
    _draw_observations(marks, ax, ceiling, bounds_shown(estimate))
    style.legend_beside(ax)
    return ax


def _draw_bands(estimate: Result, ax: Axes) -> float:
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
        label = style.name_of_interval(prob)
        ax.fill_between(at, lower, upper, color=colour, lw=0, label=label)
    median = path([median for _, median, _ in rows])
    ax.plot(at, median, color=MEDIAN_COLOUR, label="median")
    return max(intervals[0].upper for _, _, intervals in rows)


def _draw_scenario(estimate: Result, ax: Axes) -> None:
    """Hatch what comes after the last used count."""
    last, end = estimate.study.last_count, estimate.calendar.last_day
    if last is not None and last.day < end:
        ends: Any = (date2num(last.day), date2num(end))
        label = f"scenario: after {last.day}, the last count"
        look: Any = {"hatch": style.HATCH, "edgecolor": style.HATCH_COLOUR, "lw": 0}
        ax.axvspan(*ends, facecolor="none", zorder=1.5, label=label, **look)


def _before(estimate: Result) -> date:
    """Return the day before the first counted one."""
    return estimate.model.calendar.first_day - timedelta(days=1)


def _draw_observations(
    marks: list[Translated], ax: Axes, ceiling: float, bounds: dict[str, str]
) -> None:
    looks = style.marks_of([mark.source for mark in marks])
    labelled: set[str] = set()
    for mark, at in zip(marks, _places(marks, ax), strict=True):
        look, precision = looks[mark.source], bounds.get(mark.observation, "")
        label = None if mark.source in labelled else _label(mark, precision)
        labelled.add(mark.source)
        shape = style.marker_of(look, mark.is_floor, precision, "y")
        _draw_mark(mark, at, ax, ceiling, (Mark(look.colour, shape), label))
        if precision == "between":
            ax.lines[-1].set_markerfacecolor("white")


def _places(marks: list[Translated], ax: Axes) -> list[float]:
    """Return where each mark stands: at its end, or beside an earlier one that it would hide."""
    left, right = ax.get_xlim()
    last, places = left - right, [0.0] * len(marks)
    for number in sorted(range(len(marks)), key=lambda number: marks[number].end):
        last = max(float(date2num(marks[number].end)), last + CLOSEST * (right - left))
        places[number] = last
    return places


def _label(mark: Translated, precision: str) -> str:
    name = style.words(mark.source)
    return f"{name} (at least)" if mark.is_floor and not precision else name


def _draw_mark(
    mark: Translated, at: float, ax: Axes, ceiling: float, look: tuple[Mark, str | None]
) -> None:
    """Draw one mark; where it lies outside the picture, at the edge with its value."""
    (colour, shape), label = look
    shown = min(max(mark.stock, 0.0), ceiling)
    start: Any = date2num(mark.start)
    ax.plot([start, at], [shown, shown], color=colour, lw=0.8, alpha=0.6)
    ax.plot([at, at], [mark.lower, mark.upper], color=colour, lw=style.WIDTHS[0.9])
    ax.plot([at], [shown], shape, color=colour, ms=6, label=label, clip_on=False, zorder=3)
    if shown != mark.stock:
        side, shift = ("top", -4) if shown else ("bottom", 4)
        text = f"{mark.stock:,.0f}"
        style.write_beside(ax, (at, shown), text, (6, shift), va=side, color=colour)


def _dress(estimate: Result, ax: Axes, ceiling: float) -> None:
    specification = estimate.study.specification
    first = float(date2num(_before(estimate)))
    days = float(date2num(estimate.calendar.last_day)) - first
    ax.set_xlim(first, first + (1 + MARGIN) * days)
    ax.set_ylim(0, ceiling)
    style.day_axis(ax, fewest=min(5, int(days)))
    style.thousands(ax.yaxis)
    style.label_left(ax, specification.unit)
    style.title(ax, specification.title)
    style.note_below(ax, NOTE + NOTE_OF_BOUNDS if bounds_shown(estimate) else NOTE)
