"""Panels by command: their estimate, their figures, and how both moved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import panel_files
import pytest
from repositories import git


@pytest.fixture
def panel(tmp_path: Path) -> str:
    return str(panel_files.write(tmp_path / "districts"))


def test_check(command: Any, panel: str) -> None:
    result = command("sources", "check", panel)
    assert result.code == 0
    assert "no problems. 4 populations, 9 figures on file, 9 used, 3 sources" in result.out


def test_check_says_every_problem(command: Any, tmp_path: Path) -> None:
    table = panel_files.populations().replace("20000", "many").replace("12000", "")
    folder = panel_files.write(tmp_path / "districts", table=table)
    result = command("sources", "check", str(folder))
    assert result.code == 3
    assert "districts/populations.csv:3: expert_size" in result.err
    assert "2 problems." in result.err


def test_words_and_json_are_one_answer(command: Any, panel: str) -> None:
    words, plain = command("estimate", panel), command("estimate", panel, "--json")
    assert words.code == plain.code == 0
    found = json.loads(plain.out)
    (ninety,) = [one for one in found["total"]["intervals"] if one["prob"] == 0.9]
    bounds = [f"{float(f'{ninety[end]:.3g}'):,.0f}" for end in ("lower", "upper")]
    assert f"between {bounds[0]} and" in words.out and bounds[1] in words.out
    assert [one["population"] for one in found["populations"]] == ["east", "north", "south", "west"]
    assert [(one["quantity"], one["part"]) for one in found["pooled"]] == [
        ("permits", "typical"),
        ("permits", "between"),
        ("clinic", "typical"),
        ("clinic", "between"),
    ]
    assert "permits: typical" in words.out
    assert found["certificate"]["certified"] is True


def test_one_population_in_full(command: Any, panel: str) -> None:
    words = command("estimate", panel, "--population", "north")
    found = json.loads(command("estimate", panel, "--population", "north", "--json").out)
    whole = json.loads(command("estimate", panel, "--json").out)
    (same,) = [one for one in whole["populations"] if one["population"] == "north"]
    assert found["median"] == pytest.approx(same["median"], rel=1e-6)
    assert [one["source"] for one in found["ratios"]] == ["permits", "clinic", "census"]
    said = " ".join(words.out.split())
    assert "The north, stock on 2024-01-31: between" in said and "2 figures in use" in said
    refused = command("estimate", panel, "--population", "nrth")
    assert refused.code == 2 and "did you mean north?" in refused.err


def test_no_total_unless_it_is_asked_for(command: Any, tmp_path: Path) -> None:
    text = panel_files.SPECIFICATION.replace("total = true\n", "")
    folder = str(panel_files.write(tmp_path / "districts", text))
    assert "together" not in command("estimate", folder).out
    assert json.loads(command("estimate", folder, "--json").out)["total"] is None


@pytest.mark.parametrize(
    "options",
    [
        ("--date", "2024-01-31"),
        ("--engine", "nuts"),
        ("--draws", "5000"),
    ],
)
def test_options_that_are_not_built_yet_are_refused(
    command: Any, panel: str, options: tuple[str, ...]
) -> None:
    result = command("estimate", panel, *options)
    assert result.code == 2
    assert f"{options[0]} is not built yet for panels" in result.err


def test_who_computes_is_said_once(command: Any, panel: str) -> None:
    result = command("estimate", panel, "--workers", "2", "--dask", "tcp://127.0.0.1:8786")
    assert result.code == 2 and "--workers and --dask both say who computes" in result.err
    for option in (("--workers", "2"), ("--dask", "tcp://127.0.0.1:8786")):
        result = command("estimate", "serbia", *option)
        assert result.code == 2 and f"{option[0]} is for a panel" in result.err
    assert command("estimate", panel, "--workers", "0").code == 2


def test_results_are_written_to_a_folder(command: Any, panel: str, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    result = command("estimate", panel, "--json", "--workers", "1", "--out", str(folder))
    assert "finished work in chunks (1 file), which may be deleted" in result.err
    written = json.loads((folder / "estimate.json").read_text())
    assert written == json.loads(result.out)
    rows = (folder / "populations.csv").read_text().splitlines()
    assert len(rows) == 5 and rows[1].startswith("east,The east,3,")
    shared = (folder / "shared.csv").read_text().splitlines()
    assert shared[1].startswith("permits,typical,,0.9")
    with np.load(folder / "draws.npz") as draws:
        total = np.average(draws["total"].mean(axis=1), weights=draws["weights"])
        assert draws["names"].tolist()[0] == "permits.level"
        assert draws["theta"].shape == (4, len(draws["weights"]))
    assert total == pytest.approx(written["total"]["median"], rel=0.05)


def test_a_page_of_a_panel(command: Any, panel: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = command("report", panel, "--out", str(path))
    assert result.code == 0, result
    assert "All populations together" in path.read_text(encoding="utf-8")


def test_checks_of_a_panel(command: Any, panel: str, tmp_path: Path) -> None:
    listed = command("check", panel, "--list", "--json")
    assert [each["name"] for each in json.loads(listed.out)] == [
        *("conflict", "drivers", "leave-one-out", "leave-population-out")
    ]
    result = command("check", panel, "--only", "conflict", "--json", "--out", str(tmp_path / "o"))
    assert result.code == 0, result
    assert json.loads(result.out)["panel"] == "districts"
    written = sorted(path.name for path in (tmp_path / "o").iterdir())
    assert written == ["check.json", "conflict.csv", "conflict.png"]
    refused = command("check", panel, "--only", "ridge")
    assert refused.code == 2 and "write one of conflict, drivers" in refused.err


def test_a_population_of_a_study(command: Any) -> None:
    for arguments in (
        ("estimate", "serbia-report-2024"),
        ("history", "serbia-report-2024"),
        ("sources", "list", "serbia-report-2024"),
        ("sources", "history", "census", "serbia-report-2024"),
        ("sources", "add", "serbia-report-2024"),
    ):
        result = command(*arguments, "--population", "north")
        assert result.code == 2 and "this study is of one population" in result.err


def test_a_panel_that_is_not_certified(
    command: Any, panel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("popest.panels.learning.SMALLEST_THETA_SIZE", 10**6)
    result = command("estimate", panel, "--json")
    assert result.code == 4
    found = json.loads(result.out)
    assert found["total"] is None and found["certificate"]["certified"] is False
    assert "Not certified: panel districts" in result.err


ADDED = ("--source", "permits", "--value", "14117", "--precision", "exact")
PUBLISHED = ("--end", "2024-02-29", "--published", "2024-03", "--publisher", "Office")


def test_a_figure_is_added_to_its_population(command: Any, panel: str) -> None:
    before = Path(panel, "observations.csv").read_text()
    result = command("sources", "add", panel, "--population", "north", *ADDED, *PUBLISHED)
    assert result.code == 0, result
    assert "PER01  north  14,117  2024-02-29  used" in result.out
    assert "which is not built yet for panels" in result.err
    after = Path(panel, "observations.csv").read_text()
    assert after.startswith(before) and after.endswith(",Office,,yes,,,,north\n")
    assert command("sources", "check", panel).code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "missing: --population."),
        (("--population", "nrth"), 'population "nrth" - is not in populations.csv - did you mean'),
    ],
)
def test_a_figure_of_no_population_is_refused(
    command: Any, panel: str, given: tuple[str, ...], said: str
) -> None:
    before = Path(panel, "observations.csv").read_text()
    result = command("sources", "add", panel, *given, *ADDED, *PUBLISHED)
    assert result.code in (2, 3) and said in result.err
    assert Path(panel, "observations.csv").read_text() == before


def test_the_form_asks_for_the_population(command: Any, panel: str, terminal: Any) -> None:
    questions = terminal(["", "nrth", "north", "", ""])
    result = command("sources", "add", panel, *ADDED, *PUBLISHED, "--no-predict")
    assert result.code == 0, result
    assert [text.split(" ")[0] for text in questions] == [
        *("use", "population", "population"),
        *("url", "note"),
    ]
    assert "is not in populations.csv: did you mean north?" in result.err
    assert Path(panel, "observations.csv").read_text().endswith(",north\n")


def test_what_is_exported_is_imported_again(command: Any, panel: str, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    assert command("sources", "export", panel, "--out", str(sheet)).code == 0
    table = Path(panel, "observations.csv")
    text = table.read_text()
    table.write_text(text[: text.index("\n") + 1])
    result = command("sources", "add", panel, "--from-csv", str(sheet), "--yes")
    assert result.code == 0, result
    assert len(table.read_text().splitlines()) == 10
    study = command("sources", "add", "serbia", "--from-csv", str(sheet), "--dry-run")
    assert study.code == 3 and 'has the unknown column "population"' in study.err


def test_figures_are_listed_with_their_populations(command: Any, panel: str) -> None:
    listed = command("sources", "list", panel).out
    assert "permits  stock    4            4     4" in listed
    north = command("sources", "list", panel, "--population", "north").out
    assert "districts, north: Residents" in north and "census   stock    0     0" in north
    shown = command("sources", "show", "permits", panel, "--population", "north").out
    assert "permits.north  north  " in shown and "permits.east" not in shown
    assert "Pooled: on the log scale, what populations have in common" in shown
    history = command("sources", "history", "permits", panel, "--population", "east").out
    assert "permits: 1 figure, 1 row on file" in history and "permits.east  east  " in history
    news = command("sources", "diff", panel, "--from", "2024-01-01", "--to", "2024-12-31").out
    assert "population  value" in news and "permits.west   permits  west        " in news
    unknown = command("sources", "show", "permts", panel)
    assert unknown.code == 2 and "panel districts has no source" in unknown.err
    wrong = command("sources", "list", panel, "--population", "nrth")
    assert wrong.code == 2 and "did you mean north?" in wrong.err


def test_a_column_of_medians_is_said_as_such(command: Any, tmp_path: Path) -> None:
    text = panel_files.SPECIFICATION.replace(
        "median = 0.97, interval90 = [0.92, 1.02]", 'median = { column = "share" }, tau = 0.03'
    )
    lines, cells = panel_files.populations().splitlines(), ["share", *["0.9"] * 4]
    table = "".join(f"{line},{end}\n" for line, end in zip(lines, cells, strict=True))
    folder = str(panel_files.write(tmp_path / "districts", text, table=table))
    shown = " ".join(command("sources", "show", "census", folder).out.split())
    assert (
        "the column share of populations.csv; the standard deviation of its logarithm is 0.03."
        in shown
    )
    assert "for every 100" not in shown and "Not pooled" in shown


def test_a_panel_is_copied_whole(command: Any, panel: str, tmp_path: Path) -> None:
    assert command("sources", "copy", panel, "copied").code == 0
    for name in ("study.toml", "observations.csv", "populations.csv"):
        assert (tmp_path / "copied" / name).read_bytes() == Path(panel, name).read_bytes()


def test_a_row_that_was_edited_is_found(command: Any, panel: str) -> None:
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "A panel")):
        git(Path(panel), *arguments)
    table = Path(panel, "observations.csv")
    table.write_text(table.read_text().replace(",west\n", ",east\n", 1))
    result = command("sources", "check", panel)
    assert result.code == 3
    assert "observations.csv:9: population \"east\" - of permits.west was 'west'" in result.err


def test_variants_side_by_side(command: Any, tmp_path: Path) -> None:
    text = f"""{panel_files.UNPOOLED}[variant.apart]
because = "no census"
without = ["census"]
"""
    folder = str(panel_files.write(tmp_path / "districts", text, panel_files.without_clinic()))
    found = json.loads(command("estimate", folder, "--variants", "--json").out)
    alone = json.loads(command("estimate", folder, "--variant", "apart", "--json").out)
    itself, apart = found["variants"]
    assert (itself["variant"], itself["median"]) == (None, found["total"]["median"])
    assert (apart["variant"], apart["median"]) == ("apart", alone["total"]["median"])
    assert alone["variant"] == "apart" and found["variant"] is None
    both = command("estimate", folder, "--variants", "--variant", "apart")
    assert both.code == 2 and "leave out --variant" in both.err


def test_panels_and_studies_are_not_compared(command: Any, panel: str) -> None:
    result = command("compare", panel, "serbia")
    assert result.code == 2 and "one is a panel and the other a study" in result.err
    for name, arguments in (
        ("--plot", ("compare", panel, panel, "--plot", "moved.png")),
        ("--date", ("history", panel, "--date", "2024-01-31")),
    ):
        result = command(*arguments)
        assert result.code == 2 and f"{name} is not built yet for" in result.err
