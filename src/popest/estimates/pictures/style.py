"""How pictures of matplotlib look: colours, marks, widths of intervals, axes, the note below.

Pictures of estimates, of histories and of checks take these from here and from nowhere else, and
so does whatever shows a text of a study, which is drawn as it is.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from popest.estimates.distribution import percent
from popest.study.problems import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

PictureKind = Literal["trajectory", "sources", "ratios"]
"""The pictures of an estimate."""

# Okabe and Ito's colours, told apart by people with any kind of colour blindness.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
GREY, BLACK = "#999999", "#222222"
GRID, RULE = "0.9", "0.6"
BANDS = {0.9: "#DDE7F1", 0.8: "#BDD1E5", 0.5: "#93B4D4"}
"""The shades of the bands of a trajectory, the widest interval first."""
BAND = BANDS[0.9]
MEDIAN_COLOUR = "#1F4E79"
SOURCE_COLOURS = (ORANGE, GREEN, "#E69F00", PINK, BLACK, "#56B4E9", "#7F7F7F")
SOURCE_MARKERS = ("o", "s", "D", "P", "X", "*", "h")
FLOOR_MARKERS = {"x": ">", "y": "^"}
"""What is counted at least points to where more may be, along the axis of persons."""
CEILING_MARKERS = {"x": "<", "y": "v"}
"""What is counted at most points the other way."""
HATCH, HATCH_COLOUR = "///", "0.75"
"""Over what is a scenario: later than any count."""
WIDTHS = {0.9: 1.2, 0.5: 3.5}
"""Widths of the lines of two intervals, points: the wider the interval, the thinner its line."""
REPLACEMENT = "\ufffd"
LABEL_WIDTH, TITLE_WIDTH, NOTE_WIDTH = 34, 80, 95
MANY_ROWS = 16
LARGEST_LINEAR_SPAN = 8.0
CAPTION = "thick: 50 %, thin: 90 % equal-tailed credible interval; dot: median"
DATE_FORMATS = ["%Y", "%b\n%Y", *["%d %b\n%Y"] * 4]


class Mark(NamedTuple):
    """How the counts of one source are drawn."""

    colour: str
    marker: str


def marker_of(look: Mark, is_floor: bool, precision: str, axis: Literal["x", "y"]) -> str:
    """Return the marker of a figure: a triangle towards where it may be, or that of its source."""
    if is_floor or precision == "at_least":
        return FLOOR_MARKERS[axis]
    return CEILING_MARKERS[axis] if precision == "at_most" else look.marker


def marks_of(sources: Sequence[str]) -> dict[str, Mark]:
    """Return a mark for each source, the same in every picture that names them in this order."""
    looks = zip(cycle(SOURCE_COLOURS), cycle(SOURCE_MARKERS), strict=False)
    return {name: Mark(*look) for name, look in zip(dict.fromkeys(sources), looks, strict=False)}


def new_axes(width: float = 9.0, height: float = 5.0) -> Axes:
    """Return axes of a new figure, inches, that makes room for what stands beside them."""
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def words(name: str) -> str:
    """Return a source's name as words."""
    return name.replace("_", " ")


def name_of_interval(prob: float) -> str:
    """Return what a legend calls an interval."""
    return f"{percent(prob)} credible interval"


def drawable(text: str) -> str:
    """Return a text as a picture can show it, so that matplotlib has nothing to warn of.

    What no font of the picture has is drawn as the replacement character. Marks that only direct
    or join letters are left out, and control characters written as escapes: matplotlib would repeat
    them in its warnings, and a terminal obey them.
    """
    glyphs = _glyphs(tuple(_families()))
    return "".join(_drawable_character(char, glyphs) for char in text)


def _drawable_character(char: str, glyphs: frozenset[int]) -> str:
    kind = unicodedata.category(char)
    if char == "\n" or (ord(char) in glyphs and kind != "Cf"):
        return char
    if kind == "Cc":
        return printable(char)
    return "" if kind == "Cf" else REPLACEMENT


def _families() -> list[str]:
    """Return the families of fonts in which pictures are written, at present."""
    from matplotlib.font_manager import FontProperties

    return FontProperties().get_family()


@lru_cache(maxsize=4)
def _glyphs(families: tuple[str, ...]) -> frozenset[int]:
    """Return the characters that any of the fonts has."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    fonts = [findfont(FontProperties(family=[family])) for family in families]
    return frozenset().union(*(get_font(font).get_charmap() for font in fonts))


def title(ax: Axes, text: str) -> None:
    """Give the axes a title; a dollar sign in it is a dollar sign, not mathematics."""
    lines = textwrap.fill(drawable(text), TITLE_WIDTH)
    ax.set_title(lines, loc="left", fontsize="medium", parse_math=False)


def label_below(ax: Axes, text: str) -> None:
    """Label the horizontal axis, in lines that fit below it."""
    lines = [textwrap.fill(line, NOTE_WIDTH) for line in drawable(text).splitlines()]
    ax.set_xlabel("\n".join(lines), fontsize="small", parse_math=False)


def label_left(ax: Axes, text: str) -> None:
    """Label the vertical axis."""
    ax.set_ylabel(drawable(text), parse_math=False)


def note_below(ax: Axes, text: str) -> None:
    """Write a note below the tick labels; a figure with a constrained layout makes room."""
    lines = textwrap.fill(drawable(text), NOTE_WIDTH)
    look = {"xycoords": "axes fraction", "va": "top", "parse_math": False}
    write_beside(ax, (0, 0), lines, (0, -36), **look)


def write_beside(
    ax: Axes, place: tuple[float, float], text: str, shift: tuple[float, float], **look: Any
) -> None:
    """Write a small text so many points from a place."""
    look = {"fontsize": "x-small", **look}
    ax.annotate(text, place, xytext=shift, textcoords="offset points", **look)


def legend_beside(ax: Axes) -> None:
    """Put the legend to the right of the axes."""
    ax.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, fontsize="small", frameon=False
    )


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


def name_rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a picture from the top down, in small print where they are many."""
    many = len(labels) > MANY_ROWS
    size, width = ("x-small", 2 * LABEL_WIDTH) if many else ("small", LABEL_WIDTH)
    names = [textwrap.fill(drawable(words(label)), width) for label in labels]
    ax.set_yticks(range(len(labels)), names, fontsize=size, parse_math=False)
    ax.set_ylim(len(labels) - 0.5, -0.5)


def finish(ax: Axes, heading: str, label: str) -> Axes:
    """Give the axes a grid, a title and a label below; return them."""
    ax.grid(axis="x", color=GRID)
    ax.set_axisbelow(True)
    title(ax, heading)
    label_below(ax, label)
    return ax


def thousands(axis: Axis) -> None:
    """Write the numbers of an axis with separators of thousands."""
    from matplotlib.ticker import StrMethodFormatter

    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def log_axis(ax: Axes, number: Callable[[float, float], str] | None = None) -> None:
    """Make the horizontal axis logarithmic, with round numbers: persons, unless `number` is given.

    Parameters
    ----------
    ax
        The axes.
    number
        Writes a value and its position as text.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    if number is None:
        thousands(ax.xaxis)
    else:
        ax.xaxis.set_major_formatter(number)


def day_axis(ax: Axes, fewest: int = 5) -> None:
    """Make the horizontal axis one of days, on which every tick names its year."""
    from matplotlib.dates import MONTHLY, AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=fewest, maxticks=9)
    # Four to five years are too long for a tick every six months, and too short for yearly ones.
    locator.intervald[MONTHLY] = [1, 2, 3, 4, 6, 12]
    formats = {"formats": DATE_FORMATS, "zero_formats": DATE_FORMATS}
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False, **formats))
