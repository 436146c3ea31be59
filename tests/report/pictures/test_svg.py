"""Tests of what pictures are made of: scales, ticks, labels."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from markupsafe import escape

from popest.report.pictures.forest import Bar, Forest, Row
from popest.report.pictures.svg import Drawing, Scale, day_share, month_ticks, shortened

positive = some.floats(1e-6, 1e9)


@pytest.mark.parametrize("is_log", [False, True])
def test_a_scale_goes_from_edge_to_edge_and_not_beyond(is_log: bool) -> None:
    scale = Scale(1, 100, is_log)
    assert [scale(value) for value in (0.5, 1, 100, 200)] == [0, 0, 100, 100]
    assert scale(10) == pytest.approx(50 if is_log else 100 / 11)


@given(positive, some.floats(1.01, 1e6), some.booleans())
def test_ticks_are_round_few_and_on_the_scale(lower: float, factor: float, is_log: bool) -> None:
    scale = Scale(lower, lower * factor, is_log)
    ticks = scale.ticks()
    assert ticks == sorted(set(ticks))
    assert all(lower * (1 - 1e-9) <= tick <= lower * factor * (1 + 1e-9) for tick in ticks)
    if not is_log:
        assert 1 <= len(ticks) <= 7
        assert all(
            float(f"{tick - ticks[0]:.6g}") == pytest.approx(tick - ticks[0]) for tick in ticks
        )


def test_ticks_of_a_log_scale_are_ones_twos_and_fives() -> None:
    assert Scale(0.08, 1.5, is_log=True).ticks() == pytest.approx([0.1, 0.2, 0.5, 1.0])
    assert Scale(0.08, 3000, is_log=True).ticks() == pytest.approx([0.1, 1, 10, 100, 1000])


@given(some.dates(date(1950, 1, 1), date(2050, 1, 1)), some.integers(2, 20_000))
def test_ticks_of_time_are_first_days_within_the_calendar(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    ticks = month_ticks(first, last)
    assert len(ticks) <= 6
    assert all(tick.day == 1 and first <= tick <= last for tick in ticks)


def test_a_day_stands_where_its_end_is() -> None:
    first, last = date(2024, 1, 1), date(2024, 1, 10)
    assert day_share(date(2023, 12, 31), first, last) == 0
    assert day_share(date(2024, 1, 5), first, last) == 50
    assert day_share(last, first, last) == 100


def test_labels_are_shortened_to_one_line() -> None:
    assert shortened("a\n  b") == "a b"
    assert shortened("x" * 46) == "x" * 46
    assert shortened("x" * 47) == "x" * 45 + "…"


def test_texts_in_a_picture_are_escaped() -> None:
    drawing = Drawing("a", 10, "<title>", "&")
    drawing.text("tick", 50, 5, "<script>")
    drawing.label(0, 5, '"><b>')
    html = str(escape(drawing))
    assert "<script>" not in html and "<b>" not in html
    assert "&lt;title&gt;" in html and "&lt;script&gt;" in html


def forest(*rows: Row, reference: Bar | None = None, is_log: bool = False) -> str:
    found = Forest("f", "t", "d", rows, "{:g}".format, "nothing", reference, is_log)
    return str(escape(found.draw()))


def test_a_bar_beyond_the_edge_ends_in_an_arrow() -> None:
    far, near = Row("far", (Bar(10, 5, 1e6),)), Row("near", (Bar(10, 5, 20),))
    assert "arrow" in forest(far, reference=Bar(10, 5, 20))
    assert "arrow" not in forest(near, reference=Bar(10, 5, 20))
    assert "arrow" not in forest(far)


def test_what_is_missing_is_said() -> None:
    assert "nothing" in forest(Row("a", (None,)), Row("b", (Bar(2, 1, 3),)))


def test_a_row_of_one_bar_has_the_colour_of_the_answer() -> None:
    assert "series-0" not in forest(Row("a", (Bar(2, 1, 3),)))
    both = forest(Row("a", (Bar(2, 1, 3), Bar(2, 1, 3))))
    assert "series-0" in both and "series-1" in both
