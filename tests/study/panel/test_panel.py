"""A panel on disk: its populations, what they share, and the views of it."""

from __future__ import annotations

import math
from pathlib import Path

import panel_files
import pytest
from panel_files import SPECIFICATION

from popest.study import UsageError
from popest.study.panel.panel import Panel, load_panel
from small_study import changed

FIGURES = panel_files.observations()
PERMITS = "pooled = { between = 0.15, between_sigma = 0.5 }"
VARIANTS = """[variant.alone]
because = "what if"
without = ["clinic"]
ignore = ["permits.west"]
use = ["late"]
set = { "source.permits.ratio.pooled.between" = 0.05, "total" = false }
"""
LATE = (
    panel_files.row("late", "census", 11500, "west")
    .replace("2024-02,2024-03-01", "2024-05,2024-06-01")
    .replace(",yes,,,,", ",no,,,late,")
)


@pytest.fixture
def panel(tmp_path: Path) -> Panel:
    text = changed_once(
        SPECIFICATION, PERMITS, f"{PERMITS}, on = {{ log_size = {{ mean = 0, sd = 1 }} }}"
    )
    return load_panel(panel_files.write(tmp_path / "panel", text))


def test_a_population_is_a_study_of_its_own(panel: Panel) -> None:
    assert [row.name for row in panel.populations] == ["east", "north", "south", "west"]
    for row in panel.populations:
        specification = panel.specification_of(row)
        assert specification.population.size.median == panel_files.SIZES[row.name]
        assert specification.population.size.sigma == 0.8
        assert specification.source["clinic"].ratio.tau == pytest.approx(0.4)
        assert {one.source for one in panel.used[row.name]} <= set(specification.source)
    assert sum(map(len, panel.used.values())) == 9


def test_the_level_is_what_the_spread_between_populations_leaves(panel: Panel) -> None:
    permits, clinic = panel.pooled
    total = math.log(1.62 / 0.5) / (2 * 1.6449)
    level = math.sqrt(total**2 - 0.15**2 * math.exp(2 * 0.5**2))
    assert permits.level == pytest.approx(level, rel=1e-4)
    assert clinic.level == pytest.approx(math.sqrt(0.4**2 - 0.2**2 * math.exp(2 * 0.3**2)))
    assert (permits.name, clinic.name) == ("permits", "clinic")
    centre = permits.centres["log_size"]
    assert centre == pytest.approx(sum(permits.covariates["log_size"]) / 4)
    assert permits.effects == {"log_size": (0.0, 1.0)}


def test_a_level_may_be_written_instead(tmp_path: Path) -> None:
    text = changed_once(SPECIFICATION, "interval90 = [0.5, 1.62], ", "")
    text = changed_once(text, "between_sigma = 0.5 }", "between_sigma = 0.5, level = 0.3 }")
    found = load_panel(panel_files.write(tmp_path / "panel", text))
    assert found.pooled[0].level == 0.3
    total = math.sqrt(0.3**2 + 0.15**2 * math.exp(2 * 0.5**2))
    assert found.specification.source["permits"].ratio.tau == pytest.approx(total)


def test_only_what_was_published_by_a_day(tmp_path: Path) -> None:
    late = panel_files.row("late", "permits", 9000, "west").replace("2024-02", "2024-03")
    folder = panel_files.write(tmp_path / "panel", figures=FIGURES + late.replace("03-01", "04-01"))
    assert len(load_panel(folder).used["west"]) == 3
    assert len(load_panel(folder, as_of="2024-02-29").used["west"]) == 2


def test_a_sum_has_the_errors_of_its_terms(tmp_path: Path) -> None:
    part = panel_files.row("part", "other", 4000, "west").replace(",yes,,,", ",no,,,a part")
    value = next(line for line in FIGURES.splitlines() if line.startswith("permits.west"))
    permits = int(value.split(",")[2])
    whole = panel_files.row("whole", "census", permits + 4000, "west")
    whole = whole.replace(",yes,,,", ",yes,,+permits.west +part,")
    figures = FIGURES.replace(value, value.replace(",yes,,,", ",no,,,a part")) + part + whole
    used = load_panel(panel_files.write(tmp_path / "panel", figures=figures)).used["west"]
    assert {term.id for row in used for term in row.terms} == {"permits.west", "part"}


def test_an_unknown_population(panel: Panel) -> None:
    with pytest.raises(UsageError, match='no population "wst": did you mean west'):
        panel.place_of("wst")


def changed_once(text: str, old: str, new: str) -> str:
    return changed(text, {old: new})


@pytest.fixture
def varied(tmp_path: Path) -> Panel:
    return load_panel(
        panel_files.write(tmp_path / "varied", SPECIFICATION + VARIANTS, FIGURES + LATE)
    )


def test_a_variant_is_the_panel_that_is_written_out_by_hand(varied: Panel, tmp_path: Path) -> None:
    text = changed_once(SPECIFICATION, "between = 0.15", "between = 0.05")
    text = changed_once(text, "total = true", "total = false")
    text = text[: text.index("[source.clinic]")] + text[text.index("[source.census]") :]
    rows = (FIGURES + LATE.replace(",no,", ",yes,")).splitlines(keepends=True)
    kept = [row for row in rows if ",clinic," not in row and not row.startswith("permits.west,")]
    by_hand = load_panel(panel_files.write(tmp_path / "hand", text, "".join(kept)))
    variant = varied.with_variant("alone")
    assert variant.specification.source == by_hand.specification.source
    assert variant.pooled == by_hand.pooled != varied.pooled
    assert variant.is_total is by_hand.is_total is False
    for name, rows_used in by_hand.used.items():
        ids = [row.id for row in rows_used]
        assert [row.id for row in variant.used[name]] == ids
    assert varied.is_total and len(varied.in_use) == 9
    with pytest.raises(UsageError, match=r'panel varied has no variant "alon": did you mean alone'):
        varied.with_variant("alon")


def test_a_source_that_is_left_out_goes_with_its_rows(varied: Panel) -> None:
    view = varied.without("permits")
    assert [*view.specification.source] == ["clinic", "census"]
    assert [quantity.name for quantity in view.pooled] == ["clinic"]
    assert {row.source for row in view.in_use} == {"clinic", "census"}
    assert view.as_of("2024-02-29").left_out == ("permits",)
    with pytest.raises(UsageError, match='panel varied has no source "permit"'):
        varied.without("permit")


def test_only_what_the_file_held_on_a_day(tmp_path: Path) -> None:
    folder = panel_files.write(tmp_path / "panel", figures=FIGURES + LATE.replace(",no,", ",yes,"))
    ids = {row.id for row in load_panel(folder).observations}
    assert {
        row.id for row in load_panel(folder, recorded_as_of="2024-03-01").observations
    } == ids - {"late"}
    assert load_panel(folder).recorded_as_of("2024-02-28").observations == ()


def test_a_figure_names_its_population_where_it_looks_wrong(tmp_path: Path) -> None:
    """And figures are held against those of the same population alone."""
    north = next(row for row in FIGURES.splitlines() if row.startswith("permits.north"))
    again = panel_files.row("again", "permits", int(north.split(",")[2]) + 40, "north")
    same = panel_files.row("same", "clinic", north.split(",")[2], "west", "2024-03-01")
    same = same.replace("2024-02,2024-03-01", "2024-03,2024-04-01")
    (one,) = load_panel(panel_files.write(tmp_path / "one", figures=FIGURES + again)).warnings
    assert one.startswith("again (north) is a second figure of permits for 2024-01-31, beside")
    assert load_panel(panel_files.write(tmp_path / "two", figures=FIGURES + same)).warnings == ()
    here = same.replace(",west", ",north")
    (said,) = load_panel(panel_files.write(tmp_path / "three", figures=FIGURES + here)).warnings
    assert "is it that figure, relayed?" in said and "permits.north (north) (permits)" in said


def test_a_variant_that_takes_few_counts_in_draws_their_ratio(tmp_path: Path) -> None:
    few = panel_files.row("few", "permits", 7, "west").replace(",yes,,,,", ",no,,,odd,")
    text = f"""{SPECIFICATION}[variant.all]\nbecause = "x"\nuse = ["few"]\n"""
    panel = load_panel(panel_files.write(tmp_path / "panel", text, FIGURES + few))
    variant = panel.with_variant("all")
    assert not panel.is_drawn_whole and panel.drawn == frozenset()
    assert variant.is_drawn_whole and variant.drawn == {"permits"}
    assert not variant.without("permits").is_drawn_whole
