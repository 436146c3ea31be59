"""Tests of exports of panels: every figure names its population, and comes back as it was."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import panel_files
import pytest
from test_export import faults_of_package

from popest.ledger.appending import write
from popest.ledger.export import exported, write_texts
from popest.ledger.lock import LedgerError, locked
from popest.ledger.spreadsheet import read_spreadsheet
from popest.study import PopestError, StudyError
from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added, revised, withdrawn
from popest.study.drafts.new_rows import Draft
from popest.study.panel.panel import Panel, load_panel

TODAY = date(2024, 7, 1)
FIGURE = {
    "source": "permits",
    "value": "14117",
    "precision": "exact",
    "end": "2024-02-29",
    "published": "2024-03",
    "publisher": "Office",
    "population": "north",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = panel_files.SPECIFICATION.replace(
        "between_sigma = 0.5 }", "between_sigma = 0.5 }, on = { log_size = { mean = 0, sd = 0.3 } }"
    )
    table = panel_files.populations().replace("about east", "=about east")
    return panel_files.write(tmp_path / "districts", text, table=table)


@pytest.fixture
def panel(folder: Path) -> Panel:
    return load_panel(folder)


def test_what_is_exported_and_imported_is_the_same_panel(panel: Panel, folder: Path) -> None:
    (text,) = exported(panel, "csv").values()
    sheet = folder.parent / "sheet.csv"
    write_texts({sheet: text})
    figures = panel_files.observations()
    (folder / "observations.csv").write_text(figures[: figures.index("\n") + 1])
    ledger = Ledger.read(folder)
    rows = added(ledger, read_spreadsheet(sheet, ledger.columns), TODAY)
    with locked(folder):
        write(folder, ledger.with_rows(rows))
    again = load_panel(folder)
    kept = figures.replace("2024-03-01,Office", f"{TODAY},Office")
    assert (folder / "observations.csv").read_text() == kept
    for name, of_one in again.used.items():
        ids = [row.id for row in panel.used[name]]
        assert [row.id for row in of_one] == ids and {row.population for row in of_one} == {name}


def test_json_says_what_is_shared(panel: Panel) -> None:
    found = json.loads(exported(panel, "json")["districts.json"])
    assert [row["population"] for row in found["populations"]] == [*panel_files.SIZES]
    assert found["populations"][0]["remark"] == "=about east"
    assert found["observations"][0]["population"] == "east"
    assert found["total"] is True
    size, permits, clinic = found["shared"]
    assert size == {"quantity": "size", "median": {"column": "expert_size"}}
    assert permits["on"] == {"log_size": {"mean": 0.0, "sd": 0.3}}
    assert clinic["pooled"] == {"between": 0.2, "between_sigma": 0.3}


def test_the_package_describes_both_tables(panel: Panel) -> None:
    texts = exported(panel, "datapackage")
    package = json.loads(texts.pop("datapackage.json"))
    assert faults_of_package(package, {name: text.encode() for name, text in texts.items()}) == []
    observations, populations = (resource["schema"] for resource in package["resources"])
    assert observations["foreignKeys"][-1] == {
        "fields": ["population"],
        "reference": {"resource": "populations", "fields": ["population"]},
    }
    types = {field["name"]: field["type"] for field in populations["fields"]}
    assert types["expert_size"] == types["log_size"] == "number" and types["remark"] == "string"
    cells = list(csv.DictReader(io.StringIO(texts["populations.csv"])))
    assert [row["population"] for row in cells] == [*panel_files.SIZES]
    assert cells[0]["remark"] == "'=about east"


def test_the_tables_of_a_panel_are_not_overwritten(panel: Panel, folder: Path) -> None:
    for name in ("observations.csv", "populations.csv"):
        with pytest.raises(PopestError, match="is a study's own table"):
            write_texts({folder / name: "x"})


def test_an_unknown_population_is_refused_with_what_it_may_be(folder: Path) -> None:
    ledger = Ledger.read(folder)
    rows = added(ledger, [Draft(FIGURE | {"population": "nrth"}, "sheet.csv", 7)], TODAY)
    with pytest.raises(StudyError) as caught:
        ledger.with_rows(rows)
    (problem,) = caught.value.problems
    assert str(problem).startswith('sheet.csv:7: population "nrth" - is not in populations.csv')
    assert "did you mean north?" in problem.remedy


def test_populations_that_change_while_a_row_is_added_stop_it(folder: Path) -> None:
    ledger = Ledger.read(folder)
    addition = ledger.with_rows(added(ledger, [Draft(FIGURE)], TODAY))
    before = (folder / "observations.csv").read_bytes()
    with (folder / "populations.csv").open("a") as file:
        file.write("extra,Extra,900,-2,\n")
    with locked(folder), pytest.raises(LedgerError, match=r"populations\.csv"):
        write(folder, addition)
    assert (folder / "observations.csv").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == [
        "observations.csv",
        "populations.csv",
        "study.toml",
    ]


def test_corrections_and_sums_keep_their_population(folder: Path) -> None:
    ledger = Ledger.read(folder)
    (row,) = revised(ledger, "permits.north", {"value": "14001"}, TODAY)
    assert row.cells["population"] == "north"
    (row,) = withdrawn(ledger, "permits.south", "wrong", TODAY)
    assert row.cells["population"] == "south" and row.cells["use"] == "no"
    parts = {"source": "other", "derived_from": "+permits.west +clinic.west", "use": "no"}
    (row,) = added(ledger, [Draft(parts | {"note": "x", "precision": "exact"})], TODAY)
    assert row.cells["population"] == "west"
    assert ledger.with_rows([row]).rows[0].population == "west"
    apart = {**parts, "derived_from": "+permits.west +clinic.east", "note": "x"}
    (row,) = added(ledger, [Draft(apart)], TODAY)
    assert row.cells["population"] == ""
