"""Every population: the largest one by one, all by their rank, and all in a table."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from popest.report.language import quoted
from popest.report.panel.contents import DRAWN, PanelVoice, SizeRow
from popest.report.pictures.forest import Bar, Forest, Row
from popest.report.pictures.svg import Drawing, Scale

HEIGHT, AXIS = 260, 22
MOST_POINTS = 1_000
"""Ranks that are drawn, evenly chosen among all: more would not be seen."""
SMALLEST = 0.01
"""Persons at which a logarithmic scale ends."""


def lead(voice: PanelVoice) -> Markup:
    """Return what is drawn and what is tabled."""
    texts, number = voice.texts, len(voice.contents.sizes)
    found = [texts("panel.page.sizes_lead")]
    if number > DRAWN:
        facts = {"shown": texts.number(DRAWN), "number": texts.number(number)}
        found.append(texts("panel.page.sizes_first", **facts))
    return Markup(" ").join(found)


def forest(voice: PanelVoice) -> Drawing:
    """Return the largest populations before and after the figures, on a log scale."""
    texts = voice.texts
    rows = [
        Row(row.title, (_visible(row.before), _visible(row.after)))
        for row in voice.contents.sizes[:DRAWN]
    ]
    return Forest(
        "sizes-picture",
        texts.plain("panel.page.sizes_title"),
        texts.plain("panel.page.sizes_description"),
        rows,
        texts.persons,
        "",
        is_log=True,
    ).draw()


def by_rank(voice: PanelVoice) -> Drawing | None:
    """Return all populations by their rank; None where each is drawn by itself."""
    rows, texts = voice.contents.sizes, voice.texts
    if len(rows) <= DRAWN:
        return None
    step = -(-len(rows) // MOST_POINTS)
    bars = [_visible(row.after) for row in rows[::step]]
    scale = Scale(
        min(bar.lower for bar in bars) / 1.15, max(bar.upper for bar in bars) * 1.15, is_log=True
    )
    drawing = Drawing(
        "ranks-picture",
        HEIGHT + AXIS,
        texts.plain("panel.page.ranks_title"),
        texts.plain("panel.page.ranks_description"),
    )
    drawing.paths(
        0,
        HEIGHT,
        [
            ("band-90", _band(scale, bars, "lower", "upper")),
            ("trajectory-median", f"M{_line(scale, [bar.median for bar in bars])}"),
        ],
    )
    for tick in scale.ticks(5):
        y = HEIGHT * (1 - scale(tick) / 100)
        drawing.line("grid", (0, 100), (y, y))
        drawing.text("tick halo", 0, y - 4, texts.persons(tick), anchor="start")
    drawing.line("axis", (0, 100), (HEIGHT, HEIGHT))
    for place, rank in ((0, 1), (100, len(rows))):
        drawing.text("tick", place, HEIGHT + 16, texts.number(rank))
    return drawing


def table(voice: PanelVoice, *, drawn: bool) -> list[tuple[Markup, list[str]]]:
    """Return populations as a table: figures in use, median and 90 % interval.

    The drawn ones have the interval before the figures besides; the others are all populations.
    """
    rows = voice.contents.sizes
    return [_cells(voice, row, drawn=drawn) for row in (rows[:DRAWN] if drawn else rows)]


def _cells(voice: PanelVoice, row: SizeRow, *, drawn: bool) -> tuple[Markup, list[str]]:
    texts, after = voice.texts, row.after
    cells = [texts.number(row.n_figures)]
    if drawn and row.before is not None:
        cells.append(voice.interval(row.before.lower, row.before.upper))
    cells += [texts.persons(after.median), voice.interval(after.lower, after.upper)]
    return quoted(row.title), cells


def _visible(bar: Bar | None) -> Bar:
    """Return a bar on a scale that knows no zero."""
    assert bar is not None
    half = None if bar.half is None else (max(SMALLEST, bar.half[0]), max(SMALLEST, bar.half[1]))
    median, lower, upper = (max(SMALLEST, value) for value in bar[:3])
    return Bar(median, lower, upper, half)


def _band(scale: Scale, bars: Sequence[Bar], lower: str, upper: str) -> str:
    ahead = _line(scale, [getattr(bar, upper) for bar in bars])
    back = _line(scale, [getattr(bar, lower) for bar in bars], is_back=True)
    return f"M{ahead}L{back}z"


def _line(scale: Scale, values: Sequence[float], *, is_back: bool = False) -> str:
    """Return points of a path on a square of 1000, from left to right or back."""
    last = max(1, len(values) - 1)
    points = [
        f"{1000 * place / last:.0f},{10 * (100 - scale(value)):.0f}"
        for place, value in enumerate(values)
    ]
    return "L".join(reversed(points) if is_back else points)
