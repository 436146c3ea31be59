"""`popest estimate PANEL` and `popest sources check PANEL`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import panel_files
import pytest


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
    assert "The north: between" in words.out and "2 figures in use" in " ".join(words.out.split())
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
        ("--variants",),
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


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "--out", "page.html"),
        ("check",),
        ("history",),
        ("sources", "list"),
        ("sources", "export"),
        ("sources", "add", "--source", "permits", "--value", "9"),
    ],
)
def test_other_commands_refuse_panels(command: Any, panel: str, arguments: tuple[str, ...]) -> None:
    name, *rest = arguments
    place = [rest.pop(0), panel] if name == "sources" else [panel]
    result = command(name, *place, *rest)
    assert result.code == 2, result
    assert "is a panel, as it has populations.csv" in result.err


def test_a_population_of_a_study(command: Any) -> None:
    result = command("estimate", "serbia-report-2024", "--population", "north")
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
