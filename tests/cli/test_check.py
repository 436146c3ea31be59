"""``popest check``: its options, its exit codes and the folder it writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from static_town import Town

import popest
from popest.checks import all_checks
from popest.cli.app import app
from popest.cli.check import EXIT_CHECK_FAILED

SHARP = {name: (median, 0.05) for name, (median, _) in Town().ratios.items()}


def folder_of(town: Town, path: Path) -> str:
    """The study as a folder on disk."""
    study = town.study
    path.mkdir()
    (path / "study.toml").write_text(study.specification_text, encoding="utf-8")
    (path / "observations.csv").write_text(study.observations_text, encoding="utf-8")
    return str(path)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def test_the_list_names_every_check_and_its_question() -> None:
    code, printed = run("--list")
    assert code == 0
    for found in all_checks().values():
        assert found.name in printed
        assert found.question in printed
    listed = json.loads(run("--list", "--json")[1])
    assert [each["name"] for each in listed] == list(all_checks())


def test_a_sound_study_passes(tmp_path: Path) -> None:
    code, printed = run(folder_of(Town(), tmp_path / "town"), "--only", "conflict")
    assert code == 0
    assert printed.startswith("conflict (passed): ")
    assert printed.endswith("No required check failed.\n")


def test_a_failed_required_check_exits_with_5(tmp_path: Path) -> None:
    study = folder_of(Town(ratios=SHARP).times("tax", 3), tmp_path / "town")
    code, printed = run(study, "--only", "conflict", "--only", "ridge")
    assert code == EXIT_CHECK_FAILED == 5
    assert "conflict (FAILED): " in printed
    assert printed.endswith("Failed: conflict.\n")


def test_a_failed_check_that_is_not_required_exits_with_0(tmp_path: Path) -> None:
    study = folder_of(Town(median=900.0, sigma=0.2), tmp_path / "town")
    code, printed = run(study, "--only", "prior-predictive")
    assert code == 0
    assert "prior-predictive (FAILED)" in printed


def test_what_is_wrong_with_the_figures_comes_first(tmp_path: Path) -> None:
    folder = folder_of(Town(counts={"permits": 4_000, "census": 4_000}), tmp_path / "town")
    (slip,) = [w for w in popest.load_study(folder).warnings if "is it that figure" in w]
    code, printed = run(folder, "--only", "conflict")
    assert code == 0 and " ".join(printed.split()).startswith("Warning: ")
    assert f"Warning: {slip}" in " ".join(printed.split())
    _, printed = run(folder, "--only", "conflict", "--json")
    assert slip in json.loads(printed)["warnings"]


def test_the_folder_holds_what_json_says(tmp_path: Path) -> None:
    out = tmp_path / "out"
    study = folder_of(Town(), tmp_path / "town")
    code, printed = run(study, "--only", "ridge", "--only", "drivers", "--out", str(out), "--json")
    assert code == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "check.json",
        "drivers.csv",
        "drivers.png",
        "ridge.csv",
        "ridge.png",
    ]
    document = json.loads(printed)
    assert json.loads((out / "check.json").read_text(encoding="ascii")) == document
    assert [each["name"] for each in document["checks"]] == ["ridge", "drivers"]
    with (out / "ridge.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["median"]) for row in rows] == [
        row["median"] for row in document["checks"][0]["table"]
    ]
    assert (out / "ridge.png").read_bytes().startswith(b"\x89PNG")


def test_threshold_and_seed_reach_the_checks(tmp_path: Path) -> None:
    study = folder_of(Town(), tmp_path / "town")
    arguments = (study, "--only", "tipping", "--threshold", "9300", "--json")
    documents = [json.loads(run(*arguments, "--seed", seed)[1]) for seed in ("3", "3", "4")]
    assert documents[0]["checks"][0]["table"][0]["threshold"] == 9_300
    tables = [document["checks"][0]["table"] for document in documents]
    assert tables[0] == tables[1] != tables[2]


def test_quick_runs_the_quick_checks_alone(tmp_path: Path) -> None:
    document = json.loads(run(folder_of(Town(), tmp_path / "town"), "--quick", "--json")[1])
    expected = [found.name for found in all_checks().values() if found.quick]
    assert [each["name"] for each in document["checks"]] == expected
    assert {"conflict", "leave-one-out", "drivers"} <= set(expected)
    assert "engines-agree" not in expected


def test_an_unknown_check_is_refused_by_name() -> None:
    with pytest.raises(popest.UsageError, match="no check is called 'conflicts'"):
        run("--only", "conflicts")


def test_a_folder_that_is_a_file_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    with pytest.raises(popest.UsageError, match="is a file"):
        run("--only", "ridge", "--out", str(taken))


def test_the_same_from_python() -> None:
    report = popest.run_checks(Town().study, only=["ridge"])
    assert report.passed
    assert isinstance(report["ridge"], popest.CheckResult)
    assert report["ridge"].plot().get_title(loc="left")


def test_the_day_of_the_next_figure_may_be_asked_for(tmp_path: Path) -> None:
    town = folder_of(Town(), tmp_path / "town")
    only = (town, "--only", "next-figure", "--quick", "--json")
    for options, day in (((), "2024-12-31"), (("--date", "2024-05-31"), "2024-05-31")):
        code, printed = run(*only, *options)
        (found,) = json.loads(printed)["checks"]
        assert code == 0 and {row["end"] for row in found["table"]} == {day}
    with pytest.raises(popest.UsageError, match="choose a day from 2023-01-01, its first"):
        run(*only, "--date", "2022-05-31")
