"""Tests of ``popest sources history``, ``diff``, ``export``, ``copy``, ``show`` and ``check``."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from popest.cli.ratio_words import ratio_sentence, timing_words
from popest.study import load_study


def corrected(run: Any) -> None:
    columns = ("--value", "2820", "--published", "2023-12", "--no-predict")
    assert run("sources", "revise", "RES02", "my-study", *columns).code == 0
    assert run("sources", "withdraw", "CON01", "my-study", "--reason", "Wrong.").code == 0


def test_history_tells_what_replaced_what(run: Any, study: Path) -> None:
    corrected(run)
    done = run("sources", "history", "residents", "my-study")
    assert done.code == 0
    lines = [line for line in done.out.splitlines() if line.startswith(("RES", "  ->"))]
    assert done.out.startswith("residents: 2 figures, 3 rows on file\n")
    assert lines == [
        "RES01  2,500 (about)  2022-12-31  used",
        "RES02  2,810  2023-06-30  replaced by RES03",
        "  -> RES03  2,820  2023-06-30  used",
    ]
    printed = run("sources", "history", "contracts", "my-study").out
    days = "2023-01-01 to 2023-12-31"
    assert f"CON01  1,174  {days}  replaced by CON03" in printed
    assert f"  -> CON03  1,174  {days}  withdrawn" in printed and "Wrong." in printed


def test_history_of_an_unknown_source(run: Any, study: Path) -> None:
    done = run("sources", "history", "resident", "my-study")
    assert done.code == 2 and "did you mean residents?" in done.err


def test_history_of_a_source_without_figures(run: Any) -> None:
    done = run("sources", "history", "arrival_survey")
    assert done.code == 0 and done.out.startswith("arrival_survey: 0 figures, 0 rows on file")


def test_diff_tells_what_became_known(run: Any, study: Path) -> None:
    corrected(run)
    done = run("sources", "diff", "my-study", "--from", "2023-08-14", "--to", "2023-12-31")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "my-study: 2 figures became known after 2023-08-14 by 2023-12-31"
    assert lines[3].split() == [
        "2023-08-15",
        "RES02",
        "residents",
        "2,810",
        "2023-06-30",
        "not",
        "used",
    ]
    assert lines[4].endswith("used, replaces RES02 (2,810)")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (("--from", "2023-08-14", "--to", "yesterday"), '"yesterday" is not a day'),
        (("--from", "2023-08-14", "--to", "2023-08-14"), "is not before"),
        (("--from", "2023-08-14"), "--to"),
    ],
)
def test_diff_of_odd_days(run: Any, study: Path, days: tuple[str, ...], words: str) -> None:
    done = run("sources", "diff", "my-study", *days)
    assert done.code == 2 and words in done.err


def test_export_prints_or_writes(run: Any, study: Path, table: Path, tmp_path: Path) -> None:
    text = table.read_text()
    assert run("sources", "export", "my-study").out == text
    document = json.loads(run("sources", "export", "my-study", "--format", "json").out)
    assert document["study"] == "my-study" and len(document["observations"]) == 6
    done = run("sources", "export", "my-study", "--out", "a.csv")
    assert done.out == "Wrote a.csv.\n" and (tmp_path / "a.csv").read_text() == text
    done = run("sources", "export", "my-study", "--format", "datapackage", "--out", "package")
    assert done.code == 0
    names = sorted(path.name for path in (tmp_path / "package").iterdir())
    assert names == ["datapackage.json", "observations.csv"]


def test_export_refuses_in_words(run: Any, study: Path) -> None:
    done = run("sources", "export", "my-study", "--format", "datapackage")
    assert done.code == 2 and "missing: --out" in done.err
    done = run("sources", "export", "my-study", "--out", "my-study/observations.csv")
    assert done.code == 1 and "own table" in done.err
    done = run("sources", "export", "my-study", "--out", "my-study/study.toml/a.csv")
    assert done.code == 1 and "cannot be written" in done.err


def test_copy_gives_both_files_byte_for_byte(
    run: Any, root: Path, study: Path, tmp_path: Path
) -> None:
    done = run("sources", "copy", "serbia", "own")
    assert done.code == 0 and "popest sources add own" in done.out
    for name in ("study.toml", "observations.csv"):
        original = root / "data/sources/serbia" / name
        assert (tmp_path / "own" / name).read_bytes() == original.read_bytes()
    again = run("sources", "copy", "serbia", "own")
    assert again.code == 2 and "is there already" in again.err
    assert run("sources", "copy", "none-such", "other").code == 3
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("census", "for every 100 persons present on the day some 40 counted on it are expected"),
        ("work_permits", "for every 100 years that persons live here some 45 counts are expected"),
        ("companies", "for every 100 persons who arrive some 11 counts are expected"),
        ("voters", "some 30 counted at the very most are expected"),
    ],
)
def test_show_gives_the_ratio_in_words(run: Any, source: str, words: str) -> None:
    printed = " ".join(run("sources", "show", source).out.split())
    assert words in printed
    interval = load_study("serbia").specification.source[source].ratio
    assert interval is not None
    low, high = (f"{100 * b:{'.0f' if b > 0.1 else '.2g'}}" for b in interval.interval90)
    assert f"with 90 % probability between {low} and {high}" in printed


def test_a_ratio_in_words_says_lag_and_drift() -> None:
    sources = load_study("serbia").specification.source
    assert "Counts follow arrivals by a month on average" in timing_words(sources["companies"])
    heard = "The register hears of arrivals and departures 2 months late on average"
    assert heard in timing_words(sources["residence_permits"])
    assert "wanders by some 5 %" in ratio_sentence(sources["work_permits"])
    assert ratio_sentence(sources["border_balance"]) == ""


def test_check_compares_with_the_last_commit(run: Any, study: Path, table: Path) -> None:
    def git(*arguments: str) -> None:
        settings = ["-c", "user.name=A", "-c", "user.email=a@b.example"]
        subprocess.run(["git", *settings, *arguments], cwd=study.parent, check=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "A study")
    assert run("sources", "check", "my-study").code == 0
    text = table.read_text()
    table.write_text(text.replace("2810", "2811"))
    done = run("sources", "check", "my-study")
    assert done.code == 3
    assert (
        "my-study/observations.csv:3: value" in done.err and "'2810' at the last commit" in done.err
    )
    table.write_text(text.replace("2810", "2.810"))
    done = run("sources", "check", "my-study")
    assert done.code == 3 and "2 problems" in done.err
    assert "digits only" in done.err and "last commit" in done.err
