"""Tests with git: edits of committed rows are seen, and two people's additions merge."""

from pathlib import Path

import pytest
from repositories import add, commit, edit, git, table, two_branches

from popest.ledger.git.edited_rows import edited_rows
from popest.study import StudyError, load_study


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
    monkeypatch.setenv("PATH", "")
    said: list[str] = []
    assert edited_rows(repository, said.append) == []
    assert len(said) == 1 and "git is not installed" in said[0]


def test_within_a_hook_the_right_repository_is_asked(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(repository, "REG02,register,843", "REG02,register,834")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_WORK_TREE", "..")
    assert len(edited_rows(repository)) == 1


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
    assert {row.note for row in after[len(before) :]} == {"By one.", "By the other."}
    assert edited_rows(repository) == []


def test_two_people_who_took_the_same_id_are_told(repository: Path) -> None:
    two_branches(repository, "EXP02", "EXP02")
    with pytest.raises(StudyError) as error:
        load_study(repository)
    assert "EXP02" in str(error.value) and "already" in str(error.value)


def test_the_attributes_hold_for_the_shipped_studies(root: Path) -> None:
    attributes = (root / ".gitattributes").read_text().splitlines()
    assert "data/sources/**/observations.csv merge=union text eol=lf" in attributes
