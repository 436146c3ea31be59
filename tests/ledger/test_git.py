"""Tests with git: edits of committed rows are seen, and two people's additions merge."""

import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from popest.study import PopestError, StudyError, load_study
from popest.study import git_check as module
from popest.study.drafts import added
from popest.study.git_check import edited_rows
from popest.study.ledger import Draft, Ledger

TODAY = date(2024, 6, 1)
UNUSED = {"source": "experts", "value": "7000", "publisher": "A", "use": "no", "note": "No method."}


def git(folder: Path, *arguments: str) -> str:
    """Run git with no settings but these."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    settings = [
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b.example",
        "-c",
        "init.defaultBranch=main",
    ]
    done = subprocess.run(
        ["git", *settings, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def repository(root: Path, folder: Path) -> Path:
    """A repository that holds the small study and this repository's attributes."""
    top = folder.parent
    study = top / "data" / "sources" / "example"
    study.parent.mkdir(parents=True)
    folder.rename(study)
    shutil.copy(root / ".gitattributes", top)
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "A study")
    return study


def table(study: Path) -> Path:
    return study / "observations.csv"


def edit(study: Path, old: str, new: str) -> None:
    text = table(study).read_text()
    assert text.count(old) == 1
    table(study).write_text(text.replace(old, new))


def add(study: Path, name: str, **columns: str) -> None:
    ledger = Ledger.read(study)
    drafts = added(ledger, [Draft(UNUSED | {"id": name} | columns)], TODAY)
    table(study).write_text(ledger.with_rows(drafts).observations.text)


def commit(study: Path) -> None:
    git(study, "commit", "-qam", "More")


def test_an_untouched_table_and_added_rows_are_fine(repository: Path) -> None:
    assert edited_rows(repository) == []
    add(repository, "EXP02")
    assert edited_rows(repository) == []
    commit(repository)
    assert edited_rows(repository) == []


def test_an_edited_cell_is_named(repository: Path) -> None:
    add(repository, "EXP02")
    edit(repository, "REG02,register,843", "REG02,register,834")
    (problem,) = edited_rows(repository)
    assert (problem.line, problem.field, problem.value) == (3, "value", "834")
    assert problem.rule == "of REG02 was '843' at the last commit"
    assert "popest sources revise REG02" in problem.remedy
    assert problem.file.endswith("observations.csv")


def test_a_removed_row_is_named(repository: Path) -> None:
    edit(
        repository, "EXP01,experts,5000,,,,2023,2024-01-02,A newspaper,,no,,,No method given.\n", ""
    )
    (problem,) = edited_rows(repository)
    assert (problem.field, problem.value) == ("id", "EXP01")
    assert "was removed" in problem.rule and "line 11" in problem.rule


def test_a_row_put_between_committed_ones_is_seen(repository: Path) -> None:
    row = "NEW,experts,1,,,,,2024-01-02,A,,no,,,x\n"
    edit(repository, "PER01,permits", f"{row}PER01,permits")
    (problem,) = edited_rows(repository)
    assert "another order" in problem.rule


def test_a_row_that_only_looks_otherwise_is_seen(repository: Path) -> None:
    edit(repository, "BRD01,border", '"BRD01",border')
    (problem,) = edited_rows(repository)
    assert "other quotes" in problem.rule


def test_several_edits_come_at_once(repository: Path) -> None:
    edit(repository, "REG01,register,700,about", "REG01,register,701,exact")
    edit(repository, "Notes", "Footnotes")
    assert [(p.value, p.field) for p in edited_rows(repository)][:2] == [
        ("701", "value"),
        ("exact", "precision"),
    ]
    assert [p.field for p in edited_rows(repository)] == ["value", "precision", "note"]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.removesuffix(b"\n") + b"\n",
    ],
    ids=["CRLF", "mark", "nothing"],
)
def test_what_an_editor_does_to_every_line_is_no_edit(repository: Path, change: object) -> None:
    assert callable(change)
    table(repository).write_bytes(change(table(repository).read_bytes()))
    assert edited_rows(repository) == []


def test_a_last_line_without_its_end_may_get_one(repository: Path) -> None:
    table(repository).write_bytes(table(repository).read_bytes().removesuffix(b"\n"))
    commit(repository)
    add(repository, "EXP02")
    assert edited_rows(repository) == []
    edit(repository, "No method given.\n", "No method given. None.\n")
    assert [problem.field for problem in edited_rows(repository)] == ["note"]


def test_a_table_that_is_broken_now_is_left_to_the_check(repository: Path) -> None:
    table(repository).write_bytes(b"\xff\0" + table(repository).read_bytes())
    assert edited_rows(repository)
    table(repository).unlink()
    assert edited_rows(repository) == []


def test_a_folder_outside_git_is_not_compared(folder: Path) -> None:
    assert edited_rows(folder) == []


def test_a_study_that_is_not_committed_yet_is_not_compared(folder: Path) -> None:
    git(folder, "init", "-q")
    assert edited_rows(folder) == []


def test_without_git_nothing_is_compared(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(repository, "REG02,register,843", "REG02,register,834")
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    assert edited_rows(repository) == []


def test_within_a_hook_the_right_repository_is_asked(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(repository, "REG02,register,843", "REG02,register,834")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_WORK_TREE", "..")
    assert len(edited_rows(repository)) == 1


def test_a_refusal_of_git_is_said_in_words(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = b"fatal: detected dubious ownership in repository"
    done = subprocess.CompletedProcess([], 128, b"", refusal)
    monkeypatch.setattr(module.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(PopestError, match=r"safe\.directory"):
        edited_rows(repository)


def two_branches(study: Path, ours: str, theirs: str) -> None:
    """Let two people each add a row, and merge what they did."""
    git(study, "checkout", "-qb", "theirs")
    add(study, theirs, note="By the\nother.")
    commit(study)
    git(study, "checkout", "-q", "main")
    add(study, ours, note="By one.")
    commit(study)
    git(study, "merge", "-q", "--no-edit", "theirs")


@pytest.mark.parametrize("has_end", [True, False], ids=["with last newline", "without"])
def test_the_additions_of_two_people_merge(repository: Path, has_end: bool) -> None:
    if not has_end:
        table(repository).write_bytes(table(repository).read_bytes().removesuffix(b"\n"))
        commit(repository)
    before = [row.id for row in load_study(repository).observations]
    two_branches(repository, "EXP02", "EXP03")
    after = load_study(repository).observations
    assert [row.id for row in after[: len(before)]] == before
    assert sorted(row.id for row in after[len(before) :]) == ["EXP02", "EXP03"]
    assert {row.note for row in after[len(before) :]} == {"By one.", "By the\nother."}
    assert edited_rows(repository) == []


def test_two_people_who_took_the_same_id_are_told(repository: Path) -> None:
    two_branches(repository, "EXP02", "EXP02")
    with pytest.raises(StudyError) as error:
        load_study(repository)
    assert "EXP02" in str(error.value) and "already" in str(error.value)


def test_the_attributes_hold_for_the_shipped_studies(root: Path) -> None:
    attributes = (root / ".gitattributes").read_text().splitlines()
    assert "data/sources/**/observations.csv merge=union text eol=lf" in attributes
