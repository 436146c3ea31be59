"""Pictures of intervals below one another: ratios, sources left out, variants, publications."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from popest.report.pictures.svg import MARKS, Drawing, Scale

LABEL, LINE, GAP, AXIS = 18, 15, 9, 24
FARTHEST = 1.6
"""How many times the largest bound of what matters most the picture may reach."""


NARROW = 0.35
"""The scale begins at zero unless all intervals lie above this share of the largest bound."""


class Bar(NamedTuple):
    """Median, 90 % interval and, where it is drawn, 50 % interval."""

    median: float
    lower: float
    upper: float
    half: tuple[float, float] | None = None


class Row(NamedTuple):
    """A labelled row with a bar of each series; None where there is nothing to draw."""

    label: str
    bars: Sequence[Bar | None]
    is_study_text: bool = True


@dataclass(frozen=True)
class Forest:
    """What a forest shows.

    Attributes
    ----------
    name, title, description
        Its id, and what is read to those who cannot see it.
    rows
        Its rows.
    write
        How a value on the axis is written.
    reference
        The interval behind all others; None for none.
    is_log
        Whether the scale is logarithmic.
    missing
        What is written where there is no bar.
    """

    name: str
    title: str
    description: str
    rows: Sequence[Row]
    write: Callable[[float], str]
    missing: str
    reference: Bar | None = None
    is_log: bool = False

    def draw(self) -> Drawing:
        """Return the picture."""
        scale = self._scale()
        heights = [LABEL + LINE * len(row.bars) + GAP for row in self.rows]
        bottom = 6 + sum(heights)
        drawing = Drawing(self.name, bottom + AXIS, self.title, self.description)
        if self.reference is not None:
            ends = scale(self.reference.lower), scale(self.reference.upper)
            drawing.band("reference", ends, (0, bottom))
        for tick in scale.ticks(5):
            place = scale(tick)
            drawing.line("grid", (place, place), (0, bottom))
            drawing.text("tick", place, bottom + 16, self.write(tick))
        if self.reference is not None:
            middle = scale(self.reference.median)
            drawing.line("reference-median", (middle, middle), (0, bottom))
        drawing.line("axis", (0, 100), (bottom, bottom))
        top = 6.0
        for row, height in zip(self.rows, heights, strict=True):
            self._draw_row(drawing, scale, row, top)
            top += height
        return drawing

    def _draw_row(self, drawing: Drawing, scale: Scale, row: Row, top: float) -> None:
        if row.is_study_text:
            drawing.label(0, top + 13, row.label)
        else:
            drawing.text("label", 0, top + 13, row.label)
        for number, bar in enumerate(row.bars):
            y = top + LABEL + LINE * number + 6
            if bar is None:
                drawing.text("tick", 0, y + 4, self.missing, anchor="start")
            else:
                _draw_bar(drawing, scale, bar, y, number if len(row.bars) > 1 else 1)

    def _scale(self) -> Scale:
        bars = [bar for row in self.rows for bar in row.bars if bar is not None]
        if self.reference is not None:
            bars.append(self.reference)
        lower, upper = min(bar.lower for bar in bars), max(bar.upper for bar in bars)
        if self.is_log:
            return Scale(lower / 1.15, upper * 1.15, is_log=True)
        if self.reference is not None:
            upper = min(upper, FARTHEST * self.reference.upper)
        upper = max(1e-9, upper, *(bar.median for bar in bars))
        if lower > NARROW * upper:
            margin = 0.1 * (upper - lower or upper)
            return Scale(lower - margin, upper + margin)
        return Scale(min(0.0, lower), 1.03 * upper)


def _draw_bar(drawing: Drawing, scale: Scale, bar: Bar, y: float, series: int) -> None:
    """Draw one bar; an arrow says that it goes on beyond the edge."""
    kind = f"series-{series}"
    left, right = scale(bar.lower), scale(bar.upper)
    drawing.line(f"most {kind}", (left, right), (y, y))
    if bar.half is not None:
        drawing.line(f"half {kind}", (scale(bar.half[0]), scale(bar.half[1])), (y, y))
    if bar.upper > scale.upper:
        drawing.mark(f"arrow {kind}", 100, y, "M-7,-4L0,0L-7,4z")
    drawing.mark(f"median {kind}", scale(bar.median), y, MARKS[2 if series == 0 else 0])
