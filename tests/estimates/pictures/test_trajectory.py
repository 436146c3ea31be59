"""Tests of the picture: its bands, its marks, its words, and where marks go that do not fit."""

import itertools
import math
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from popest.estimates import Estimate
from popest.estimates.pictures.sources import BESIDE
from popest.estimates.trajectory import translated
from popest.study import UsageError


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    yield
    plt.close("all")


def drawn(estimate: Estimate) -> Axes:
    """The picture, rendered, so that whatever matplotlib would warn of comes up."""
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    ax = estimate.plot(figure.add_subplot())
    figure.canvas.draw()
    return ax


@pytest.fixture(scope="module")
def serbian(serbia: Estimate) -> Axes:
    """The picture of the study with every measure."""
    return drawn(serbia)


def bands(ax: Axes) -> list[PolyCollection]:
    return [found for found in ax.collections if isinstance(found, PolyCollection)]


def labels(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def marks(ax: Axes) -> list[tuple[float, float]]:
    """Places of the marks: lines of one point that have a marker."""
    lines = [line for line in ax.lines if line.get_marker() not in ("None", None, "")]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]


def extent(band: PolyCollection, day: date) -> tuple[float, float]:
    """The lower and the upper end of a band on a day that has a corner."""
    corners = band.get_paths()[0].vertices
    ends = [y for x, y in corners if x == date2num(day)]
    return min(ends), max(ends)


def test_new_axes_are_made_when_none_are_given(sketched: Estimate) -> None:
    ax = sketched.plot()
    assert isinstance(ax, Axes) and plt.gcf() is ax.figure
    ax.figure.canvas.draw()


def test_given_axes_are_drawn_on_and_returned(sketched: Estimate) -> None:
    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    assert sketched.plot(ax=right) is right
    assert right.has_data() and not left.has_data()
    figure.canvas.draw()


def test_bands_are_the_credible_intervals_and_named_with_probability(sketched: Estimate) -> None:
    ax = drawn(sketched)
    assert labels(ax)[:4] == [f"{p} % credible interval" for p in (90, 80, 50)] + ["median"]
    day = date(2022, 12, 31)
    for band, prob in zip(bands(ax), (0.9, 0.8, 0.5), strict=True):
        assert extent(band, day) == sketched.interval(prob, day)[:2]
    shades = {tuple(band.get_facecolor()[0]) for band in bands(ax)}
    assert len(shades) == 3 and {shade[3] for shade in shades} == {1.0}


def test_every_source_with_a_count_is_in_the_legend(serbia: Estimate, serbian: Axes) -> None:
    ax = serbian
    used = dict.fromkeys(row.source for row in serbia.study.used)
    expected = {name.replace("_", " ") for name in used} - {"voters"} | {"voters (at least)"}
    assert labels(ax)[4] == "scenario: after 2024-12-31, the last count"
    assert set(labels(ax)[5:]) == expected and len(labels(ax)) == 5 + len(used)
    assert len(marks(ax)) == len(serbia.study.used)


def test_legend_note_and_title_lie_beside_the_axes_and_inside_the_figure(serbian: Axes) -> None:
    figure, renderer = serbian.figure, serbian.figure.canvas.get_renderer()
    inside = serbian.get_window_extent(renderer)
    for artist in (serbian.get_legend(), *serbian.texts, serbian._left_title):
        box = artist.get_window_extent(renderer)
        assert box.x0 >= -1 and box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        assert not box.padded(-1).overlaps(inside)
    ticks = [tick.get_window_extent(renderer) for tick in serbian.get_xticklabels()]
    note = serbian.texts[0].get_window_extent(renderer)
    assert not any(note.overlaps(tick) for tick in ticks)


def test_marks_lie_inside_the_axes_and_the_bands_too(serbian: Axes) -> None:
    ax = serbian
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert all(left <= x <= right and bottom <= y <= top for x, y in marks(ax))
    assert max(extent(bands(ax)[0], date(2025, 12, 31))) < top


def test_marks_of_one_day_stand_side_by_side_but_near_their_day(serbia, serbian: Axes) -> None:
    ax = serbian
    places = sorted(x for x, _ in marks(ax))
    left, right = ax.get_xlim()
    assert min(b - a for a, b in itertools.pairwise(places)) > 0.004 * (right - left)
    for (x, _), mark in zip(marks(ax), translated(serbia), strict=True):
        assert 0 <= x - date2num(mark.end) < 0.02 * (right - left)


@pytest.mark.parametrize("months", ["2024-01", "2024-03"])
def test_a_static_population_is_drawn_over_its_whole_calendar(static, months: str) -> None:
    ax = drawn(static.but('end = "2024-03"', f'end = "{months}"').estimate())
    lower, upper = extent(bands(ax)[0], date(2023, 12, 31))
    assert 0 < lower < upper == extent(bands(ax)[0], date(2024, 1, 31))[1]
    assert len(marks(ax)) == 1


def test_a_calendar_of_one_day_can_be_drawn(static) -> None:
    sketch = static.but('end = "2024-03"', 'end = "2024-01"\nfirst_day = "2024-01-31"')
    ticks = [text.get_text() for text in drawn(sketch.estimate()).get_xticklabels()]
    assert len(set(ticks)) == len(ticks)


def test_every_tick_names_its_year(serbian: Axes, sketched: Estimate) -> None:
    for ax in (serbian, drawn(sketched)):
        ticks = [text.get_text() for text in ax.get_xticklabels()]
        assert len(ticks) >= 5
        assert all("20" in tick for tick in ticks) and any("2022" in tick for tick in ticks)


def test_a_study_without_counts_has_bands_only(static) -> None:
    ax = drawn(type(static)(static.specification, ()).estimate(draws=1_000))
    assert len(bands(ax)) == 3 and marks(ax) == [] and len(labels(ax)) == 4


def test_counts_are_translated_by_the_prior_median_of_their_ratio(moving, static) -> None:
    (mark,) = translated(static.estimate())
    assert mark.stock == pytest.approx(820 / 0.8)
    reach = math.sqrt(1.067 / 0.6)
    bounds = (mark.stock / reach, mark.stock * reach)
    assert (mark.lower, mark.upper) == pytest.approx(bounds, rel=1e-4)
    found = moving.estimate()
    by_name = dict(zip(["REG1", "REG2", "PER1", "BRD1", "VOT1"], translated(found), strict=True))
    assert by_name["REG1"].stock == pytest.approx((800 - 100) / 0.8)
    # The window begins before anybody came, so the balance is the stock at its end.
    assert by_name["BRD1"].stock == pytest.approx(1200 - 10)
    assert by_name["BRD1"].upper - by_name["BRD1"].stock == pytest.approx(1.6449 * 111.8, rel=1e-3)
    assert by_name["VOT1"].stock == pytest.approx(90 / 0.3) and by_name["VOT1"].is_floor
    # Arrivals are scaled by what the estimate says of the stock for each of them.
    here = found.model.counts.exposure(found.draws.state)[2]
    scale = found.stock("2022-10-31").median / found.posterior.weighted(here).median
    assert by_name["PER1"].stock == pytest.approx(500 / 0.6 * scale)


def test_a_balance_over_a_later_window_is_added_to_the_stock_before_it(moving) -> None:
    rows = tuple(row for row in moving.rows if row[0] != "BRD1")
    sketch = type(moving)(
        moving.specification, (*rows, ("BRD2", "border", 5, "2022-07-01", "2022-12-31"))
    )
    found = sketch.estimate()
    mark = next(mark for mark in translated(found) if mark.source == "border")
    before = found.stock("2022-06-30").median
    assert mark.stock == pytest.approx(5 - 10 + before, rel=0.02)


@pytest.mark.parametrize(
    ("row", "value", "shown"), [("REG1", 80_100, "100,000"), ("BRD1", -2_990, "-3,000")]
)
def test_a_mark_outside_the_picture_stands_at_its_edge_with_its_value(
    moving, row, value, shown
) -> None:
    sketch = moving.counting(row, value).but("sd = 50", "sd = 5000")
    ax = drawn(sketch.estimate())
    bottom, top = ax.get_ylim()
    assert shown in [text.get_text() for text in ax.texts]
    assert bottom == 0 and all(bottom <= y <= top for _, y in marks(ax))
    assert (top if value > 0 else 0) in [y for _, y in marks(ax)]
    assert top < 3 * extent(bands(ax)[0], date(2023, 12, 31))[1]


def test_a_title_may_be_long_and_hold_dollars_and_markup(static) -> None:
    title = "Cost $\\\\frac{5$ of " + "very " * 30 + "many"
    sketch = static.but("Residents of A", title).but('unit = "persons"', 'unit = "$ & $x_"')
    ax = drawn(sketch.estimate())
    lines = ax.get_title(loc="left").splitlines()
    assert len(lines) > 1 and max(map(len, lines)) <= 80
    assert ax.get_ylabel() == "$ & $x_"
    width = ax.figure.bbox.width
    assert ax._left_title.get_window_extent(ax.figure.canvas.get_renderer()).x1 <= width


@pytest.mark.parametrize("kind", ["trajectory", "sources", "ratios"])
def test_every_kind_takes_given_axes_and_names_its_intervals(serbia: Estimate, kind: str) -> None:
    figure = Figure(figsize=(9, 8), layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    assert serbia.plot(ax, kind=kind) is ax
    figure.canvas.draw()
    told = " ".join((ax.get_xlabel(), *(text.get_text() for text in ax.texts)))
    assert "equal-tailed" in told and "90 %" in told and "credible interval" in told
    assert ax.get_title(loc="left").startswith(serbia.study.specification.title)


@pytest.mark.parametrize("kind", ["sources", "ratios"])
def test_the_other_kinds_make_axes_and_draw_any_study(static, kind: str) -> None:
    empty = type(static)(static.specification, ()).estimate(draws=1_000)
    for found in (static.estimate(), empty):
        ax = found.plot(kind=kind)
        assert plt.gcf() is ax.figure
        ax.figure.canvas.draw()


def test_an_unknown_kind_is_refused_with_the_kinds(sketched: Estimate) -> None:
    with pytest.raises(UsageError, match="choose from trajectory, sources, ratios"):
        sketched.plot(kind="drivers")


def test_sources_stand_in_the_order_of_the_study_beside_the_estimate_of_their_day(
    serbia: Estimate,
) -> None:
    ax = serbia.plot(kind="sources")
    first, *rows = [text.get_text().replace("\n", " ") for text in ax.get_yticklabels()]
    assert first == f"the estimate, {serbia.dates[0]}"
    assert len(rows) == len(serbia.study.used)
    named = list(dict.fromkeys(row.rpartition(",")[0].removesuffix(" (at least)") for row in rows))
    order = [name.replace("_", " ") for name in serbia.study.specification.source]
    assert named == [name for name in order if name in named]
    drawn_at = {y: x for x, y in marks(ax)}
    for place, row in enumerate(rows, start=1):
        day = row.rpartition(", ")[2]
        assert drawn_at[place + BESIDE] == serbia.stock(day).median
        assert not place - BESIDE < 0 and place - BESIDE in drawn_at


def test_a_count_outside_the_picture_of_sources_stands_at_its_edge_with_its_value(moving) -> None:
    ax = moving.counting("REG1", 80_100).but("sd = 50", "sd = 5000").estimate().plot(kind="sources")
    left, right = ax.get_xlim()
    assert "100,000" in [text.get_text() for text in ax.texts]
    assert all(left <= x <= right for x, _ in marks(ax))


def test_ratios_are_those_learned(serbia: Estimate) -> None:
    ax = serbia.plot(kind="ratios")
    assert ax.get_xscale() == "log"
    learned = serbia.ratios_learned
    expected = [value for ratio in learned for value in (ratio.prior[0], ratio.posterior[0])]
    assert [x for x, _ in marks(ax)] == expected
    assert len(ax.get_yticklabels()) == len(learned)


def test_one_place_has_the_colours(root: Path) -> None:
    package = root / "src/popest"
    found = {
        path.relative_to(package).as_posix()
        for room in ("estimates", "checks")
        for path in (package / room).rglob("*.py")
        if re.search(r'"#[0-9A-Fa-f]{6}"', path.read_text(encoding="utf-8"))
    }
    assert found == {"estimates/pictures/style.py"}
