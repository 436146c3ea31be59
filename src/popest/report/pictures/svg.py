"""The pieces that all pictures of a report are made of: scales, ticks, marks, and the SVG itself.

Places along the width are percentages, so that a picture is as wide as the page while its text
keeps its size; places along the height are pixels. Colours are classes that the style sheet of
the page knows, light and dark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta

from markupsafe import Markup

from popest.report.language import STUDY_LANGUAGE, isolated

MARKS = (
    "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z",
    "M-4.6,-4.6h9.2v9.2h-9.2z",
    "M0,-6.4L6.4,0L0,6.4L-6.4,0z",
    "M-2,-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",
    "M-6,-3.6L-3.6,-6L0,-2.4L3.6,-6L6,-3.6L2.4,0L6,3.6L3.6,6L0,2.4L-3.6,6L-6,3.6L-2.4,0z",
    "M0,-7L1.8,-2.2L6.7,-2.2L2.8,.9L4.2,5.7L0,2.9L-4.2,5.7L-2.8,.9L-6.7,-2.2L-1.8,-2.2z",
    "M-3,-5.6h6l3.3,5.6l-3.3,5.6h-6l-3.3,-5.6z",
)
"""A circle, a square, a diamond, a plus, a cross, a star and a hexagon, around the origin."""
FLOOR_MARK = "M0,-6.6L6.2,5H-6.2z"
CEILING_MARK = "M0,6.6L6.2,-5H-6.2z"
COLOURS = len(MARKS)
LONGEST_LABEL = 46
NEAR_EDGE = 8.0
"""Percent of the width within which a label leans inwards."""
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)


@dataclass(frozen=True)
class Scale:
    """From values to percent of the width; on a log scale if `is_log`."""

    lower: float
    upper: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value, at the edge where it lies beyond it."""
        lower, upper, at = self.lower, self.upper, min(max(value, self.lower), self.upper)
        if self.is_log:
            lower, upper, at = math.log(lower), math.log(upper), math.log(at)
        return 100 * (at - lower) / (upper - lower)

    def ticks(self, most: int = 6) -> list[float]:
        """Return round values on the scale, at most so many."""
        if self.is_log:
            return _log_ticks(self.lower, self.upper, most)
        step = nice_step((self.upper - self.lower) / most)
        first = math.ceil(self.lower / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.upper / step + 1e-9) + 1)]


def nice_step(least: float) -> float:
    """Return the smallest round number that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return power * next(step for step in STEPS if step * power >= least * (1 - 1e-9))


def month_ticks(first: date, last: date, most: int = 6) -> list[date]:
    """Return first days of months, evenly spaced, at most so many and one at least if there is."""
    start, end = 12 * first.year + first.month - 1, 12 * last.year + last.month - 1
    start += first.day > 1
    for step in MONTH_STEPS:
        months = [month for month in range(start, end + 1) if month % step == 0]
        if len(months) <= most:
            return [date(month // 12, month % 12 + 1, 1) for month in months]
    return []


def day_share(day: date, first: date, last: date) -> float:
    """Return the place of the end of a day, percent; 0 is the end of the day before the first."""
    before = first - timedelta(days=1)
    return 100 * (day - before).days / (last - before).days


def shortened(text: str, longest: int = LONGEST_LABEL) -> str:
    """Return a label that fits into a picture."""
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


@dataclass
class Drawing:
    """An SVG picture that is built up piece by piece.

    `name` is its id in the page; `title` and `description` are read to those who cannot see it.
    """

    name: str
    height: int
    title: str
    description: str
    _parts: list[Markup] = field(default_factory=list)

    def line(self, kind: str, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Draw a straight line of a class from one place to another."""
        line = '<line class="{}" x1="{:.2f}%" x2="{:.2f}%" y1="{:.1f}" y2="{:.1f}"/>'
        self._add(line, kind, *x, *y)

    def band(self, kind: str, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Draw a rectangle between two places."""
        (left, right), (top, bottom) = x, y
        band = '<rect class="{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}"/>'
        self._add(band, kind, left, top, right - left, bottom - top)

    def hatch(self, kind: str, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Hatch a rectangle between two places with a pattern, `KIND-hatching`, that it defines."""
        self._add(
            '<defs><pattern id="{0}-hatching" class="hatching" width="7" height="7" '
            'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<path d="M0,0V7"/></pattern></defs>',
            kind,
        )
        (left, right), (top, bottom) = x, y
        band = (
            '<rect class="{0}" fill="url(#{0}-hatching)" x="{1:.2f}%" y="{2:.1f}" '
            'width="{3:.2f}%" height="{4:.1f}"/>'
        )
        self._add(band, kind, left, top, right - left, bottom - top)

    def mark(self, kind: str, x: float, y: float, shape: str) -> None:
        """Draw a mark around a place."""
        mark = '<svg x="{:.2f}%" y="{:.1f}" overflow="visible"><path class="{}" d="{}"/></svg>'
        self._add(mark, x, y, kind, shape)

    def text(self, kind: str, x: float, y: float, text: str, anchor: str = "") -> None:
        """Write a text at a place; near an edge it leans inwards unless an anchor is given."""
        lean = "start" if x < NEAR_EDGE else "end" if x > 100 - NEAR_EDGE else "middle"
        label = '<text class="{}" x="{:.2f}%" y="{:.1f}" text-anchor="{}">{}</text>'
        self._add(label, kind, x, y, anchor or lean, text)

    def label(self, x: float, y: float, text: str, kind: str = "label") -> None:
        """Write what a study says, shortened, its direction of writing kept to itself."""
        label = '<text class="{}" x="{:.2f}%" y="{:.1f}" lang="{}">{}</text>'
        self._add(label, kind, x, y, STUDY_LANGUAGE, isolated(shortened(text)))

    def paths(self, top: float, height: float, paths: list[tuple[str, str]]) -> None:
        """Draw paths of a class, given on a square of 1000 that is stretched to the width."""
        inner = Markup("").join(
            Markup('<path class="{}" d="{}"/>').format(kind, path) for kind, path in paths
        )
        square = (
            '<svg x="0" y="{:.1f}" width="100%" height="{:.1f}" viewBox="0 0 1000 1000" '
            'preserveAspectRatio="none">{}</svg>'
        )
        self._add(square, top, height, inner)

    def __html__(self) -> str:
        """Return the picture as markup, for the template."""
        return Markup(
            '<svg class="picture" width="100%" height="{0.height}" role="img" '
            'aria-labelledby="{0.name}-title {0.name}-description">'
            '<title id="{0.name}-title">{0.title}</title>'
            '<desc id="{0.name}-description">{0.description}</desc>{1}</svg>'
        ).format(self, Markup("").join(self._parts))

    def _add(self, template: str, *values: object) -> None:
        self._parts.append(Markup(template).format(*values))


def _log_ticks(lower: float, upper: float, most: int) -> list[float]:
    """Return powers of ten between two bounds, with their doubles and fives where there is room."""
    first, last = math.floor(math.log10(lower)), math.ceil(math.log10(upper))
    ticks: list[float] = []
    for digits in ((1,), (1, 3), (1, 2, 5)):
        found = [
            digit * 10.0**power
            for power in range(first, last + 1)
            for digit in digits
            if lower <= digit * 10.0**power <= upper
        ]
        if len(found) <= most or not ticks:
            ticks = found or ticks
    return ticks
