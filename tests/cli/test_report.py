"""Tests of ``popest report`` and `popest.write_report`: what they write, and what they refuse."""

from __future__ import annotations

import os
from pathlib import Path

import odd_studies
import pytest
from click.testing import CliRunner, Result

import popest
from popest.checks.methods import fitted
from popest.cli.app import app
from popest.engines import bank
from popest.report import write, write_report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small study on disk."""
    made = tmp_path / "my study"
    made.mkdir()
    (made / "study.toml").write_text(odd_studies.STATIC, encoding="utf-8")
    rows = odd_studies.HEADER + odd_studies.STATIC_ROWS
    (made / "observations.csv").write_text(rows, encoding="utf-8")
    return made


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_it_writes_one_file_and_says_where(folder: Path, tmp_path: Path) -> None:
    done = run(folder, "--out", tmp_path / "page.html", "--seed", "3", "--language", "sr")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"Written to {tmp_path / 'page.html'}.\n"
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.startswith('<!doctype html>\n<html lang="sr">')
    assert "popest report &#39;my study&#39; --out report.html --seed 3 --language sr" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my study", "page.html"]


def test_an_earlier_day_is_what_the_page_is_about(folder: Path, tmp_path: Path) -> None:
    done = run(folder, "--out", tmp_path / "page.html", "--as-of", "2024-01-15")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Only what had been published by 15 January 2024 is used." in text
    assert "No count is used: the estimate is what the study assumes" in text


def test_python_writes_the_same_file(folder: Path, tmp_path: Path) -> None:
    said: list[str] = []
    written = popest.write_report(folder, tmp_path / "a.html", progress=said.append)
    assert written == tmp_path / "a.html"
    assert run(folder, "--out", tmp_path / "b.html").exit_code == 0
    assert written.read_bytes() == (tmp_path / "b.html").read_bytes()
    assert said[0] == "estimating" and said[-1] == "writing the page"


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be computed."""

    def refuse(*_: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(write, "gather", refuse)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        (".", "is a folder; name a file in it"),
        ("nowhere/page.html", "there is no such folder"),
        ("file/page.html", "is a file; name a folder"),
    ],
)
def test_an_unusable_path_is_refused_before_anything_is_computed(
    folder: Path, tmp_path: Path, path: str, words: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(popest.UsageError, match=words):
        write_report(folder, tmp_path / path)


@pytest.mark.usefixtures("no_work")
def test_a_folder_that_cannot_be_written_to_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(popest.UsageError, match="nothing can be written"):
        write_report(folder, tmp_path / "page.html")


@pytest.mark.usefixtures("no_work")
def test_an_unknown_language_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    with pytest.raises(popest.UsageError, match="write one of en, sr"):
        write_report("serbia", tmp_path / "page.html", language="xx")


def test_a_seed_below_zero_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(popest.UsageError, match="seed -1"):
        write_report(folder, tmp_path / "page.html", seed=-1)
    assert run(folder, "--out", tmp_path / "page.html", "--seed", "-1").exit_code == 2


def test_a_file_must_be_named() -> None:
    done = run("serbia")
    assert done.exit_code == 2 and "--out" in done.stderr


def test_an_invalid_study_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "study.toml").write_text("title = 1", encoding="utf-8")
    done = run(folder, "--out", tmp_path / "page.html")
    assert isinstance(done.exception, popest.StudyError)
    assert not (tmp_path / "page.html").exists()


def test_what_cannot_be_certified_is_not_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank, "SMALLEST_EFFECTIVE_SIZE", 1e12)
    monkeypatch.setattr(bank, "MAXIMUM_ROUNDS", 1)
    monkeypatch.setattr(fitted, "MOST_SECONDS", 0.0)
    (tmp_path / "page.html").write_text("an earlier page", encoding="utf-8")
    done = run(folder, "--out", tmp_path / "page.html")
    assert done.exit_code == 4
    assert done.stderr.startswith("Not certified: study my study:")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "an earlier page"


def test_an_earlier_page_stays_when_the_new_one_cannot_be_finished(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    (tmp_path / "page.html").write_text("an earlier page", encoding="utf-8")
    with pytest.raises(popest.PopestError, match=r"page\.html: cannot be written \(No space"):
        write_report(folder, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "an earlier page"
