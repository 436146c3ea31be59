"""Tests of wrong commands: the exit code, and words on the standard error that help."""

from pathlib import Path

import pytest

import popest
from popest.estimates.saved import storage

REPORT = "serbia-report-2024"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("estimat", "No such command 'estimat'. Did you mean 'estimate'?"),
        ("source list", "No such command 'source'. Did you mean 'sources'?"),
        ("sources lst", "No such command 'lst'. Did you mean 'list'?"),
        (
            "estimate --dates 2023-12-31",
            "No such option '--dates'. (Did you mean one of: '--dask', '--date'",
        ),
        ("estimate --jsn", "No such option '--jsn'. Did you mean '--json'?"),
        ("estimate --asof 2024-01-01", "Did you mean one of: '--as-of'"),
        ("estimate serbia serbia", "unexpected extra argument"),
        ("estimate --date", "requires an argument"),
        ("estimate --date 2023", "date '2023': write a day as YYYY-MM-DD, such as"),
        ("estimate --date 2090-01-01", "choose a day from 2022-02-24, its first, to 2082-01-31"),
        ("estimate --as-of 2024", '"2024" is not a day; write it as YYYY-MM-DD'),
        ("estimate --prob 90", "prob 90.0: write a probability between 0 and 1, such as 0.9"),
        ("estimate --prob nan", "prob nan: write a probability between 0 and 1"),
        ("estimate --prob half", "Invalid value for '--prob'"),
        ("estimate --draws 10", "draws 10: write a whole number from 1,000 to 200,000"),
        ("estimate --draws 1e4", "Invalid value for '--draws'"),
        ("estimate --seed -1", "seed -1: write a whole number from 0 up"),
        (
            "estimate --engine stan",
            "Invalid value for '--engine': 'stan' is not one of 'auto', 'bank', 'slice', 'nuts'",
        ),
        (f"estimate {REPORT} --variant no_surveys", "did you mean no_survey?"),
        (f"estimate {REPORT} --variants --variant no_survey", "leave out --variant"),
        ("sources show cnsus", 'no source "cnsus": did you mean census?'),
        ("sources show", "Missing argument 'SOURCE'"),
        ("sources list --as-of yesterday", '"yesterday" is not a day'),
        ("new", "Missing argument 'STUDY'"),
        ("new a.b", "is not a name for a study"),
        (f"new {REPORT}", "is a study shipped with popest; choose another name"),
    ],
)
def test_a_wrong_command_exits_2_and_says_what_is_right(command, arguments, words) -> None:
    code, out, err = command(*arguments.split())
    assert (code, out) == (2, "")
    assert words in " ".join(err.split())
    assert "Error: " in err and "Traceback" not in err


@pytest.mark.parametrize("arguments", [(), ("sources",)])
def test_no_command_shows_the_help(command, arguments) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "") and err.startswith("Usage: popest")


@pytest.mark.parametrize("arguments", ["estimate", "sources list", "sources check"])
@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("serba", "is neither a shipped study nor a folder - did you mean serbia?"),
        ("there", "is a folder without a study"),
        ("no/where", "is not a folder"),
        ("file", "is a file, not the folder of a study"),
        ("", "is neither a shipped study nor a folder"),
        ("..", "is a folder without a study"),
    ],
)
def test_a_study_that_is_not_there_exits_3(command, tmp_path, arguments, study, words) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").touch()
    code, out, err = command(*arguments.split(), study)
    assert (code, out) == (3, "")
    assert words in err and f"write one of {', '.join(popest.list_studies())}" in err
    assert err.endswith("\n1 problem.\n") and len(err.splitlines()) == 2


@pytest.fixture
def broken(command, tmp_path: Path) -> Path:
    """A study with one fault in its specification and two in its observations."""
    command("new", "mine")
    specification = tmp_path / "mine" / "study.toml"
    text = specification.read_text(encoding="utf-8")
    assert text.count("\nvolatility") == 1
    specification.write_text(text.replace("\nvolatility", "\nvolatile"), encoding="utf-8")
    rows = tmp_path / "mine" / "observations.csv"
    text = rows.read_text(encoding="utf-8")
    assert text.count("2810,exact") == 1 and text.count("1174,") == 1
    text = text.replace("2810,exact", '"2,810",exact').replace("1174,", "1e4,")
    rows.write_text(text, encoding="utf-8")
    return tmp_path / "mine"


@pytest.mark.parametrize(
    "arguments", ["estimate mine", "estimate mine --json", "sources check mine"]
)
def test_a_broken_study_exits_3_with_a_line_for_each_problem(command, broken, arguments) -> None:
    code, out, err = command(*arguments.split())
    assert (code, out) == (3, "")
    *problems, count = err.splitlines()
    assert count == f"{len(problems)} problems." and len(problems) >= 3
    starts = [problem.partition(": ")[0] for problem in problems]
    assert {start.rpartition(":")[0] for start in starts} == {
        "mine/study.toml",
        "mine/observations.csv",
    }
    assert all(start.rpartition(":")[2].isdigit() for start in starts)
    assert "mine/observations.csv:3: value" in err and "mine/observations.csv:4: value" in err
    assert "did you mean volatility?" in err and "Traceback" not in err


def test_without_a_certificate_it_exits_4(command, poor_bank) -> None:
    code, out, err = command("estimate", REPORT, "--engine", "bank", "--draws", "1000")
    assert (code, out) == (4, "")
    assert err.startswith("Not certified: study serbia-report-2024: the bank engine was not")
    assert "No estimate is given" in err and len(err.splitlines()) == 1


def test_without_a_certificate_nothing_is_written(command, poor_bank, tmp_path: Path) -> None:
    arguments = ("estimate", REPORT, "--engine", "bank", "--draws", "1000", "--out", "results")
    assert command(*arguments).code == 4
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_exits_1_in_words(command, monkeypatch, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "write_tree", fail)
    code, out, err = command("estimate", REPORT, "--draws", "1000", "--out", "results")
    assert (code, out) == (1, "")
    assert err == "Error: results/estimate.nc: cannot be written (No space left on device)\n"
    assert list((tmp_path / "results").iterdir()) == []


def test_an_interruption_exits_130_with_one_line(command, monkeypatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("popest.engines.auto.run_bank", interrupt)
    assert command("estimate", REPORT) == (130, "", "Interrupted.\n")


def test_a_mistake_of_ours_is_not_hidden(command, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("popest.engines.auto.run_bank", fail)
    with pytest.raises(ZeroDivisionError):
        command("estimate", REPORT)
