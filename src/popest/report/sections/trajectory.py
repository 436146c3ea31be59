"""The picture of the population through time, with each figure on the population's scale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from popest.estimates.distribution import HEADLINE_PROBABILITY, Interval
from popest.estimates.trajectory import bounds_shown, trajectory_rows
from popest.model.evidence import Translated
from popest.report.contents import Contents
from popest.report.language import Texts
from popest.report.pictures.svg import (
    CEILING_MARK,
    COLOURS,
    FLOOR_MARK,
    MARKS,
    Drawing,
    Scale,
    day_share,
    month_ticks,
)

BANDS = (0.9, 0.8, 0.5)
HEIGHT, TOP, AXIS = 400, 18, 40
HEADROOM, LARGEST_REACH = 1.12, 1.8
"""Room above the highest mark, and how far a mark may raise the picture above its bands."""
MOST_TICKS = 8
CLOSEST = 0.9
"""The least distance of two marks, percent of the width."""


class Key(NamedTuple):
    """A source in the legend: its name, its title, the shape of its mark, and its colour."""

    source: str
    title: str
    shape: str
    colour: int
    is_floor: bool


def legend(contents: Contents) -> list[Key]:
    """Return the sources that have marks, in the order of the study."""
    marked = {mark.source for mark in contents.marks}
    floors = marked - {mark.source for mark in contents.marks if not mark.is_floor}
    sources = contents.specification.source
    return [
        Key(
            name,
            sources[name].title,
            FLOOR_MARK if name in floors else MARKS[number % COLOURS],
            number % COLOURS,
            name in floors,
        )
        for number, name in enumerate(name for name in sources if name in marked)
    ]


def draw_trajectory(contents: Contents, texts: Texts) -> Drawing:
    """Return the picture: bands, median, the answer, and a mark for each figure."""
    rows = trajectory_rows(contents.estimate, BANDS)
    highest = max(intervals[0].upper for _, _, intervals in rows)
    tallest = max((mark.stock for mark in contents.marks), default=0.0)
    top = HEADROOM * max(highest, min(tallest, LARGEST_REACH * highest))
    has_answer = contents.asked.is_stock
    drawing = Drawing(
        "trajectory-picture",
        HEIGHT,
        texts.plain("trajectory.picture_title"),
        texts.plain(f"trajectory.picture_{'description' if has_answer else 'without_answer'}"),
    )
    scale, calendar = Scale(0.0, top), contents.study.calendar
    drawing.paths(TOP, HEIGHT - TOP - AXIS, _paths(contents, rows, scale))
    _draw_scenario(drawing, contents)
    _draw_axes(drawing, scale, (calendar.first_day, calendar.last_day), texts)
    _draw_marks(drawing, contents, scale, texts)
    _draw_answer(drawing, contents, scale)
    return drawing


def _y(scale: Scale, value: float) -> float:
    return TOP + (HEIGHT - TOP - AXIS) * (1 - scale(value) / 100)


def _paths(
    contents: Contents, rows: Sequence[tuple[date, float, list[Interval]]], scale: Scale
) -> list[tuple[str, str]]:
    """Return the bands, widest first, and the median from the calendar's first day on."""
    calendar = contents.study.calendar
    places = [10 * day_share(day, calendar.first_day, calendar.last_day) for day, _, _ in rows]
    # Nobody is there before the first day, unless the size never changes.
    before = float(contents.specification.population.kind == "static")

    def points(values: list[float]) -> list[str]:
        heights = [10 * (100 - scale(value)) for value in (before * values[0], *values)]
        return [f"{x:.1f},{y:.1f}" for x, y in zip((0.0, *places), heights, strict=True)]

    found = []
    for number, prob in enumerate(BANDS):
        lower = points([intervals[number].lower for _, _, intervals in rows])
        upper = points([intervals[number].upper for _, _, intervals in rows])
        found.append((f"band-{100 * prob:.0f}", f"M{'L'.join([*upper, *lower[::-1]])}z"))
    median = points([median for _, median, _ in rows])
    return [*found, ("trajectory-median", f"M{'L'.join(median)}")]


def scenario_from(contents: Contents) -> date | None:
    """Return the last day counted, after which the picture shows a scenario; None where none is."""
    last = contents.study.last_count
    return last.day if last is not None and last.day < contents.study.calendar.last_day else None


def _draw_scenario(drawing: Drawing, contents: Contents) -> None:
    """Hatch what comes after the last used count."""
    calendar, last = contents.study.calendar, scenario_from(contents)
    if last is not None:
        place = day_share(last, calendar.first_day, calendar.last_day)
        drawing.hatch("scenario", (place, 100), (TOP, HEIGHT - AXIS))


def _draw_axes(drawing: Drawing, scale: Scale, days: tuple[date, date], texts: Texts) -> None:
    bottom = HEIGHT - AXIS
    for tick in scale.ticks(5):
        y = _y(scale, tick)
        drawing.line("axis" if tick == 0 else "grid", (0, 100), (y, y))
        if tick:
            drawing.text("tick halo", 0, y - 4, texts.number(tick), anchor="start")
    for day in month_ticks(*days, most=MOST_TICKS):
        place = max(0.0, day_share(day, *days))
        drawing.line("axis", (place, place), (bottom, bottom + 5))
        drawing.text("tick", place, bottom + 19, texts.short_month(day))
        drawing.text("tick", place, bottom + 34, str(day.year))


def _draw_answer(drawing: Drawing, contents: Contents, scale: Scale) -> None:
    """Draw the interval on each headline date as a bar, the foremost with its median.

    A flow has no place among stocks.
    """
    calendar = contents.study.calendar
    for day in contents.estimate.dates:
        stock = contents.estimate.stock(day)
        place = day_share(day, calendar.first_day, calendar.last_day)
        lower, upper, *_ = stock.interval(HEADLINE_PROBABILITY)
        drawing.line("answer", (place, place), (_y(scale, lower), _y(scale, upper)))
        for bound in (lower, upper):
            drawing.mark("answer", place, _y(scale, bound), "M-6,0H6")
        if day == contents.asked.last:
            drawing.mark("answer-median", place, _y(scale, stock.median), MARKS[0])


def _draw_marks(drawing: Drawing, contents: Contents, scale: Scale, texts: Texts) -> None:
    keys = {key.source: key for key in legend(contents)}
    calendar, bounds = contents.study.calendar, bounds_shown(contents.estimate)
    for mark, place in zip(contents.marks, _places(contents), strict=True):
        key, precision = keys[mark.source], bounds.get(mark.observation, "")
        shape = FLOOR_MARK if mark.is_floor else CEILING_MARK
        shape = shape if mark.is_floor or precision == "at_most" else key.shape
        start = max(0.0, day_share(mark.start, calendar.first_day, calendar.last_day))
        y = _y(scale, mark.stock)
        colour = f"colour-{key.colour}"
        drawing.line(f"window {colour}", (start, place), (y, y))
        ends = _y(scale, max(mark.lower, 0.0)), _y(scale, mark.upper)
        drawing.line(f"reach {colour}", (place, place), ends)
        kind = "mark range" if precision == "between" else "mark"
        drawing.mark(f"{kind} {colour}", place, y, shape)
        if not 0 <= mark.stock <= scale.upper:
            y_of_text = y + (14 if mark.stock > 0 else -8)
            drawing.text("tick halo", place, y_of_text, texts.persons(mark.stock))


def _places(contents: Contents) -> list[float]:
    """Return where each mark stands: at its end, or beside what it would hide."""
    marks: list[Translated] = contents.marks
    calendar = contents.study.calendar
    days = calendar.first_day, calendar.last_day
    answers = [day_share(day, *days) for day in contents.estimate.dates]
    last, places = -100.0, [0.0] * len(marks)
    for number in sorted(range(len(marks)), key=lambda number: marks[number].end):
        at = day_share(marks[number].end, *days)
        at = next((answer + CLOSEST for answer in answers if abs(at - answer) < CLOSEST), at)
        last = max(at, last + CLOSEST)
        places[number] = last
    return places
