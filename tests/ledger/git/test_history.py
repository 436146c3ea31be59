"""Tests with git: every row must stand as it was first committed, whatever came between."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from repositories import add, commit, edit, git, table, two_branches

from popest.ledger.git import borrowed as git_borrowed
from popest.ledger.git import history as git_history
from popest.ledger.git import row_history
from popest.ledger.git.edited_rows import edited_rows
from popest.study import PopestError


def heads(study: Path) -> list[str]:
    """The commits, the latest first, as messages name them."""
    return git(study, "log", "--format=%h of %cs", "--abbrev=10").splitlines()


def test_an_edit_that_was_committed_is_named_with_its_commit(repository: Path) -> None:
    edit(repository, "REG02,register,843", "REG02,register,834")
    commit(repository)
    add(repository, "EXP02")
    commit(repository)
    (problem,) = edited_rows(repository)
    assert (problem.line, problem.field, problem.value) == (3, "value", "834")
    assert problem.rule == f"of REG02 was '843' until commit {heads(repository)[1]}"


def test_a_removal_that_was_committed_is_named_with_its_commit(repository: Path) -> None:
    edit(
        repository,
        "BRD01,border,-20,exact,2022-02-01,2022-12-31,2023-01-15,2024-01-02,Police,,yes,,,\n",
        "",
    )
    commit(repository)
    (problem,) = edited_rows(repository)
    assert (problem.field, problem.value) == ("id", "BRD01")
    assert problem.rule == f"was removed by commit {heads(repository)[0]}"


def test_the_row_as_first_committed_counts_however_often_it_was_edited(repository: Path) -> None:
    edit(repository, "REG02,register,843", "REG02,register,834")
    commit(repository)
    edit(repository, "REG02,register,834", "REG02,register,844")
    assert [problem.rule[:19] for problem in edited_rows(repository)] == ["of REG02 was '843' "]
    commit(repository)
    edit(repository, "REG02,register,844", "REG02,register,843")
    assert edited_rows(repository) == []
    commit(repository)
    assert edited_rows(repository) == []


def test_a_row_that_was_removed_cannot_come_back_otherwise(repository: Path) -> None:
    before = table(repository).read_text()
    edit(
        repository,
        "BRD01,border,-20,exact,2022-02-01,2022-12-31,2023-01-15,2024-01-02,Police,,yes,,,\n",
        "",
    )
    commit(repository)
    table(repository).write_text(before.replace("BRD01,border,-20", "BRD01,border,-30"))
    commit(repository)
    assert [problem.value for problem in edited_rows(repository)] == ["-30"]


def test_a_second_row_of_the_same_id_does_not_excuse_the_edit(repository: Path) -> None:
    first = "BRD01,border,-20,exact,2022-02-01,2022-12-31,2023-01-15,2024-01-02,Police,,yes,,,\n"
    edit(repository, first, first + first.replace("-20", "-30"))
    commit(repository)
    edit(repository, first, "")
    commit(repository)
    assert [problem.value for problem in edited_rows(repository)] == ["-30"]


def test_rows_of_two_branches_stand_after_the_merge(repository: Path) -> None:
    two_branches(repository, "EXP02", "EXP03")
    assert edited_rows(repository) == []
    edit(repository, "By one.", "By two.")
    commit(repository)
    (problem,) = edited_rows(repository)
    assert problem.field == "note" and heads(repository)[0] in problem.rule


def test_an_edit_on_a_merged_branch_is_seen(repository: Path) -> None:
    git(repository, "checkout", "-qb", "theirs")
    edit(repository, "REG02,register,843", "REG02,register,834")
    commit(repository)
    edited = heads(repository)[0]
    git(repository, "checkout", "-q", "main")
    (repository / "other.txt").write_text("x")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Other")
    git(repository, "merge", "-q", "--no-edit", "theirs")
    assert [edited in problem.rule for problem in edited_rows(repository)] == [True]


def test_an_id_that_two_people_took_may_be_given_another(repository: Path) -> None:
    """What docs/ledger.md says to do, before or after the merge is committed."""
    two_branches(repository, "EXP02", "EXP02")
    lines = table(repository).read_text().splitlines(keepends=True)
    place = max(number for number, line in enumerate(lines) if line.startswith("EXP02,"))
    lines[place] = lines[place].replace("EXP02", "EXP03")
    table(repository).write_text("".join(lines))
    assert edited_rows(repository) == []
    commit(repository)
    assert edited_rows(repository) == []


def test_marks_of_a_conflict_that_were_committed_may_be_removed(repository: Path) -> None:
    text = table(repository).read_text()
    header = text.splitlines(keepends=True)[0]
    table(repository).write_text(f"{text}<<<<<<< HEAD\n{header}=======\ntorn, off\n>>>>>>> x\n")
    commit(repository)
    table(repository).write_text(text)
    assert edited_rows(repository) == []
    commit(repository)
    assert edited_rows(repository) == []


def test_new_columns_other_quotes_and_line_ends_are_no_edit(repository: Path) -> None:
    header, *rows = table(repository).read_text().replace("\nunknown", " unknown").splitlines()
    table(repository).write_text("\n".join([header, *rows]) + "\n")
    git(repository, "commit", "-q", "--amend", "-am", "One line a row")
    wider = "\r\n".join([f"{header},se", *(f"{row}," for row in rows)]) + "\r\n"
    table(repository).write_bytes(wider.replace("REG01,", '"REG01",').encode())
    commit(repository)
    assert edited_rows(repository) == []
    edit(repository, "REG02,register,843", "REG02,register,834")
    commit(repository)
    assert [problem.field for problem in edited_rows(repository)] == ["value"]


def test_a_shallow_clone_is_compared_as_far_as_it_goes(repository: Path, tmp_path: Path) -> None:
    edit(repository, "REG02,register,843", "REG02,register,834")
    commit(repository)
    edit(repository, "REG01,register,700", "REG01,register,701")
    commit(repository)
    add(repository, "EXP02")
    commit(repository)
    top = repository.parents[2]
    git(tmp_path, "clone", "-q", "--depth=3", f"file://{top}", "clone")
    said: list[str] = []
    (problem,) = edited_rows(tmp_path / "clone/data/sources/example", said.append)
    assert "REG01" in problem.rule
    assert len(said) == 1 and "the clone is shallow" in said[0]


def test_a_clone_that_lacks_old_tables_is_compared_with_the_others(
    repository: Path, tmp_path: Path
) -> None:
    edit(repository, "REG02,register,843", "REG02,register,834")
    commit(repository)
    git(repository, "config", "uploadpack.allowFilter", "true")
    top = repository.parents[2]
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{top}", "clone")
    clone = tmp_path / "clone/data/sources/example"
    edit(clone, "PER01,permits,200", "PER01,permits,201")
    said: list[str] = []
    (problem,) = edited_rows(clone, said.append)
    assert problem.rule == "of PER01 was '200' at the last commit"
    assert len(said) == 1 and "1 of 2 committed versions are not in this clone" in said[0]


@pytest.mark.parametrize("form", ["worktree", "sha256", "packed", "detached", "link"])
def test_every_form_of_a_repository_is_read(repository: Path, tmp_path: Path, form: str) -> None:
    top, study = repository.parents[2], repository
    if form == "sha256":
        shutil.rmtree(top / ".git")
        git(top, "init", "-q", "--object-format=sha256")
        git(top, "add", "-A")
        git(top, "commit", "-qm", "A study")
    edit(repository, "REG02,register,843", "REG02,register,834")
    commit(repository)
    match form:
        case "worktree":
            git(top, "worktree", "add", "-q", str(tmp_path / "other"), "-b", "other")
            study = tmp_path / "other/data/sources/example"
        case "packed":
            git(top, "gc", "-q")
        case "detached":
            git(top, "checkout", "-q", "--detach")
        case "link":
            study = tmp_path / "link"
            study.symlink_to(repository)
    assert [problem.value for problem in edited_rows(study)] == ["834"]


def test_a_repository_of_somebody_else_is_compared(repository: Path) -> None:
    """git itself refuses to read its settings; popest does not read them."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    edit(repository, "REG02,register,843", "REG02,register,834")
    top = repository.parents[2]
    for place in [top, *top.rglob("*")]:
        os.chown(place, 12345, 12345)
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "status")
    assert len(edited_rows(repository)) == 1


@pytest.mark.parametrize("damage", ["objects", "branch"])
def test_a_broken_repository_is_said_in_words(repository: Path, damage: str) -> None:
    top = repository.parents[2]
    if damage == "objects":
        shutil.rmtree(top / ".git/objects")
        (top / ".git/objects").mkdir()
    else:
        (top / ".git/refs/heads/main").write_text("0" * 39 + "1\n")
    with pytest.raises(PopestError, match="git cannot read what was committed: "):
        edited_rows(repository)


@pytest.mark.parametrize("place", ["refs/heads/main", "packed-refs"])
def test_a_git_that_hangs_is_left_after_a_while(
    repository: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(git_borrowed, "PATIENCE", 0.3)
    path = repository.parents[2] / ".git" / place
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    said: list[str] = []
    assert edited_rows(repository, said.append) == []
    assert len(said) == 1 and "git did not finish within" in said[0]


def test_limits_are_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EXP02", "EXP03"):
        add(repository, name)
        commit(repository)
    said: list[str] = []
    monkeypatch.setattr(git_history, "MOST_COMMITS", 2)
    edited_rows(repository, said.append)
    monkeypatch.setattr(git_history, "MOST_COMMITS", 20_000)
    monkeypatch.setattr(row_history, "MOST_CHARACTERS", 10)
    edited_rows(repository, said.append)
    assert "only the 2 latest" in said[0] and "too many branches" in said[1]


def test_many_commits_are_compared(repository: Path) -> None:
    top = repository.parents[2]
    text = table(repository).read_text()
    lines = ["reset refs/heads/main", "from refs/heads/main^0"]
    for number in range(2_000):
        text += f"MANY{number},experts,{number},,,,2023,2024-01-02,A,,no,,,x\n"
        if number == 1_000:
            text = text.replace("MANY7,experts,7,", "MANY7,experts,8,")
        lines += [
            f"commit refs/heads/main\ncommitter A <a@b.example> {1_700_000_000 + number} +0000"
        ]
        lines += ["data 1\nx", "M 100644 inline data/sources/example/observations.csv"]
        lines += [f"data {len(text)}\n{text}"]
    subprocess.run(
        ["git", "-C", top, "fast-import", "--quiet", "--force"],
        input="\n".join(lines).encode(),
        check=True,
    )
    git(top, "reset", "-q", "--hard")
    (problem,) = edited_rows(repository)
    assert (problem.value, problem.rule.partition(" until ")[0]) == ("8", "of MANY7 was '7'")


def test_the_history_of_the_shipped_studies_is_sound(root: Path) -> None:
    for study in (root / "data/sources").iterdir():
        if (study / "observations.csv").exists():
            assert edited_rows(study, lambda _: None) == []
