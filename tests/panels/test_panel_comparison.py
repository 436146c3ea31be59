"""Two estimates of a panel side by side: what moved, and whose figures changed."""

from __future__ import annotations

import math
from pathlib import Path

import panel_files
import pytest

import popest
from popest.study import UsageError
from popest.study.panel.panel import load_panel

LATE = panel_files.row("late", "census", 11500, "west").replace(
    "2024-02,2024-03-01", "2024-05,2024-06-01"
)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> popest.PanelComparison:
    """Of a panel before and after one population got a better count."""
    folder = tmp_path_factory.mktemp("panel") / "districts"
    figures = panel_files.without_clinic() + LATE
    panel = load_panel(panel_files.write(folder, panel_files.WITHOUT_CLINIC, figures))
    return popest.compare(panel.as_of("2024-03-01"), panel)


def test_moves_are_those_of_the_two_estimates(comparison: popest.PanelComparison) -> None:
    old, new = comparison.old.table(), comparison.new.table()
    assert {move.population for move in comparison.moves} == set(old.index)
    sizes = [abs(move.log_ratio) for move in comparison.moves]
    assert sizes == sorted(sizes, reverse=True)
    for move in comparison.moves:
        assert move.before.median == pytest.approx(old.loc[move.population, "median"])
        assert move.after.median == pytest.approx(new.loc[move.population, "median"])
    frame = comparison.to_frame()
    assert frame.loc["west", "after_upper_90"] == pytest.approx(new.loc["west", "upper_90"])


def test_only_the_population_that_changed_has_changes(comparison: popest.PanelComparison) -> None:
    changed = {move.population: move.changes for move in comparison.moves if move.changes}
    assert changed == {"west": ("late (census 11,500, 2024-01-31) added",)}
    assert comparison.assumptions == ()
    others = [move for move in comparison.moves if move.population != "west"]
    assert all(move.log_ratio != 0 for move in others)  # what west teaches of the registers
    text = str(comparison)
    assert "Figures that changed: west: late (census 11,500, 2024-01-31) added." in text
    assert "moved by what figures of others teach of it." in text


def test_json_and_words_have_one_total(comparison: popest.PanelComparison) -> None:
    found = comparison.to_dict()
    total = found["total"]
    share = 100 * (total["after"] / total["before"] - 1)
    assert f"({share:+.1f} %)" in str(comparison).partition("\n\n")[0]
    assert found["old"]["as_of"] == "2024-03-01" and found["new"]["as_of"] is None
    assert found["populations"][0].keys() > {"population", "before", "after", "changes"}


def test_what_is_assumed_otherwise_is_named(
    comparison: popest.PanelComparison, tmp_path: Path
) -> None:
    text = panel_files.UNPOOLED.replace("sigma = 0.8", "sigma = 0.7")
    sizes = {"east": 9500, "north": 20000, "west": 12000, "extra": 800}
    figures = "".join(
        row
        for row in panel_files.observations(sizes).splitlines(keepends=True)
        if ",clinic," not in row
    )
    folder = panel_files.write(tmp_path / "other", text, figures, panel_files.populations(sizes))
    found = popest.compare(comparison.new, load_panel(folder))
    assert found.assumptions == (
        "population",
        "permits.ratio: pooled",
        "population east: expert_size",
        "population extra added",
        "population south left out",
    )
    ends = {move.population: move for move in found.moves}
    assert ends["south"].after is None and ends["extra"].before is None
    assert math.isinf(ends["south"].log_ratio)
    assert found.to_dict()["populations"][0]["before"] is None
    assert " added " in str(found) and " left out" in str(found)


def test_what_cannot_be_compared_is_refused(
    comparison: popest.PanelComparison, tmp_path: Path
) -> None:
    panel = comparison.old.panel
    text = panel_files.SPECIFICATION.replace('unit = "persons"', 'unit = "firms"')
    firms = load_panel(panel_files.write(tmp_path / "firms", text))
    with pytest.raises(UsageError, match="the units differ"):
        popest.compare(panel, firms)
    sizes = {"a": 900, "b": 800}
    others = panel_files.observations(sizes), panel_files.populations(sizes)
    apart = load_panel(panel_files.write(tmp_path / "apart", panel_files.SPECIFICATION, *others))
    with pytest.raises(UsageError, match="have no population in common"):
        popest.compare(panel, apart)
    with pytest.raises(UsageError, match="compare two of one kind"):
        popest.compare(popest.load_study("serbia"), panel)
    with pytest.raises(UsageError, match="date is not built yet for panels"):
        popest.compare(panel, panel, date="2024-01-31")
