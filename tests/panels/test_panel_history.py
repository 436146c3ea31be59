"""How the estimate of a panel evolved: each vintage is the estimate as of its day."""

from __future__ import annotations

from pathlib import Path

import panel_files
import pytest

import popest
from popest.study import UsageError
from popest.study.panel.panel import Panel, load_panel

ROWS = (
    panel_files.row("late", "census", 11500, "west").replace(
        "2024-02,2024-03-01", "2024-05,2024-06-01"
    ),
    panel_files.row("again", "census", 11900, "west").replace(
        "2024-02,2024-03-01,Office,,yes,", "2024-07,2024-08-01,Office,,yes,late"
    ),
)


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    figures = panel_files.without_clinic() + "".join(ROWS)
    folder = tmp_path_factory.mktemp("panel") / "d"
    return load_panel(panel_files.write(folder, panel_files.UNPOOLED, figures))


@pytest.fixture(scope="module")
def history(panel: Panel) -> popest.PanelHistory:
    return popest.history(panel, population="west")


def test_each_vintage_is_the_estimate_as_of_its_day(
    panel: Panel, history: popest.PanelHistory
) -> None:
    assert [str(vintage.as_of) for vintage in history.vintages] == [
        "2024-02-29",
        "2024-05-31",
        "2024-07-31",
    ]
    second = history.vintages[1]
    alone = popest.estimate(panel.as_of("2024-05-31"))
    assert second.medians == {row.population: row.size.median for row in alone.rows()}
    west = alone.population("west").size
    assert second.size.median == west.median and second.size.interval(0.9) == west.interval(0.9)
    assert (second.news, second.gone) == (("late",), ())
    assert (history.vintages[2].news, history.vintages[2].gone) == (("again",), ("late",))


def test_words_frame_and_json_agree(history: popest.PanelHistory) -> None:
    text = str(history)
    assert "population west as of each publication" in text
    assert "5 figures of 4 populations" in text
    assert "again (west), not late (west)" in text
    assert "again corrects late on 2024-07-31" in " ".join(text.split())
    frame, found = history.to_frame(), history.to_dict()
    assert list(frame["median"]) == [vintage.size.median for vintage in history.vintages]
    assert found["vintages"][0]["medians"].keys() == {"east", "north", "south", "west"}
    assert [one["row"] for one in found["replacements"]] == ["late"]
    assert list(frame["north"]) == pytest.approx(
        [one["medians"]["north"] for one in found["vintages"]], rel=1e-5
    )


def test_its_picture_has_every_vintage(history: popest.PanelHistory) -> None:
    axes = history.plot()
    assert len(axes.lines[-1].get_xdata()) == 3


def test_the_total_is_followed_where_no_population_is_named(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a day on which nothing could be certified is said to be one."""
    limit = iter((0.0, 0.1, 0.1))
    run = popest.panels.comparisons.one_size.estimate_panel

    def sometimes(*arguments: object, **settings: object) -> object:
        monkeypatch.setattr("popest.panels.learning.LARGEST_HALF_DIFFERENCE", next(limit))
        return run(*arguments, **settings)

    monkeypatch.setattr("popest.panels.comparisons.one_size.estimate_panel", sometimes)
    found = popest.history(panel, by="record")
    first, *others = found.vintages
    assert first.size is None and first.medians == {} and "not certified" in str(found)
    assert all(one.size.median > sum(one.medians.values()) * 0.9 for one in others)
    assert "the total as of each day of record" in str(found)


def test_what_cannot_be_followed_is_refused(panel: Panel, tmp_path: Path) -> None:
    text = panel_files.UNPOOLED.replace("total = true\n", "")
    silent = load_panel(panel_files.write(tmp_path / "d", text, panel_files.without_clinic()))
    with pytest.raises(UsageError, match=r"has no total: name one of its populations"):
        popest.history(silent)
    with pytest.raises(UsageError, match='no population "wst": did you mean west'):
        popest.history(panel, population="wst")
    with pytest.raises(UsageError, match="write publication or record"):
        popest.history(panel, by="day")
    with pytest.raises(UsageError, match="date is not built yet for panels"):
        popest.history(panel, date="2024-01-31")
