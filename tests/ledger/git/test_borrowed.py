"""Tests that nothing in a repository of a stranger is started when a study in it is checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from repositories import edit, git

from popest.ledger.git import borrowed as git_borrowed
from popest.ledger.git.edited_rows import edited_rows
from popest.study import PopestError

STARTING = {
    "fsmonitor": ("[core]\nfsmonitor = {program}", "status"),
    "pager": ("[core]\npager = {program}", "grep -O register"),
    "editor": ("[core]\neditor = {program}", "commit --amend"),
    "hooks": ("[core]\nhooksPath = {hooks}", "commit --allow-empty -m x"),
    "ssh": ("[core]\nsshCommand = {program}", "fetch ssh://a.invalid/x"),
    "proxy": ("[core]\ngitProxy = {program}", "fetch git://a.invalid/x"),
    "external diff": ("[diff]\nexternal = {program}", "diff"),
    "text of a diff": ('[diff "x"]\ntextconv = {program}', "diff"),
    "filter": ('[filter "x"]\nclean = {program}', "diff"),
    "process": ('[filter "x"]\nprocess = {program}', "diff"),
    "alias": ("[alias]\nx = !{program}", "x"),
    "signature": ("[gpg]\nprogram = {program}", "commit --allow-empty -S -m x"),
    "included": ("[include]\npath = {included}", "status"),
}
"""Settings that name a program, each with a command that starts it."""
PROMISOR = """
[core]
repositoryFormatVersion = 1
[extensions]
partialClone = origin
[remote "origin"]
url = {url}
promisor = true
partialCloneFilter = blob:none
uploadpack = {program}
[protocol]
allow = always
[protocol "ext"]
allow = always
"""


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "marker"


@pytest.fixture
def program(tmp_path: Path, marker: Path) -> Path:
    """A program that leaves a mark when it is started."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
    path.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").symlink_to(path)
    (tmp_path / "included").write_text(f"[core]\nfsmonitor = {path}\n")
    return path


def configure(study: Path, text: str) -> Path:
    """Add to the settings of the study's repository; return its git folder."""
    folder = study.parents[2] / ".git"
    with (folder / "config").open("a") as config:
        config.write(f"\n{text}\n")
    return folder


def lose_the_table(study: Path) -> None:
    """Take the committed table out of the repository, so that git wants to fetch it."""
    name = git(study, "rev-parse", "HEAD:./observations.csv").strip()
    (study.parents[2] / ".git/objects" / name[:2] / name[2:]).unlink()


def trigger(study: Path, *arguments: str) -> None:
    """Run git as anybody would: this is what starts what a repository names."""
    settings = ["-c", "user.name=A", "-c", "user.email=a@b.example"]
    command = ["git", *settings, *arguments]
    subprocess.run(command, cwd=study, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize(("settings", "command"), STARTING.values(), ids=list(STARTING))
def test_no_setting_of_a_repository_starts_anything(
    repository: Path, program: Path, marker: Path, settings: str, command: str
) -> None:
    hooks, included = program.with_name("hooks"), program.with_name("included")
    configure(repository, settings.format(program=program, hooks=hooks, included=included))
    (repository / ".gitattributes").write_text("observations.csv diff=x filter=x merge=x\n")
    edit(repository, "REG02,register,843", "REG02,register,834")
    assert len(edited_rows(repository)) == 1
    assert not marker.exists()
    trigger(repository, *command.split())
    assert marker.exists()


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("{folder}", ""),
        ("ext::{program}", ""),
        ("ssh://a.invalid/x", ""),
        ("x", "vcs = popest-test"),
    ],
    ids=["uploadpack", "ext", "ssh", "vcs"],
)
def test_what_is_missing_is_not_fetched(
    repository: Path,
    program: Path,
    marker: Path,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    more: str,
) -> None:
    helper = program.with_name("git-remote-popest-test")
    helper.symlink_to(program)
    program.with_name("ssh").symlink_to(program)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    settings = PROMISOR.format(url=url.format(folder=repository, program=program), program=program)
    configure(repository, f'{settings}[remote "origin"]\n{more}\n')
    lose_the_table(repository)
    said: list[str] = []
    assert edited_rows(repository, said.append) == []
    assert len(said) == 1 and "1 of 1 committed versions are not in this clone" in said[0]
    assert not marker.exists()
    trigger(repository, "cat-file", "blob", "HEAD:./observations.csv")
    assert marker.exists()


def test_no_fetch_is_tried_even_where_the_settings_were_read(
    repository: Path, program: Path, marker: Path
) -> None:
    """The environment holds by itself, whatever git's version knows of it."""
    configure(repository, PROMISOR.format(url=repository, program=program))
    lose_the_table(repository)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    without = {k: v for k, v in git_borrowed.ENVIRONMENT.items() if k != "GIT_NO_LAZY_FETCH"}
    subprocess.run(
        ["git", "cat-file", "blob", "HEAD:./observations.csv"],
        cwd=repository,
        env=environment | without,
        capture_output=True,
        check=False,
    )
    assert not marker.exists()


def test_a_git_of_the_current_folder_is_not_started(
    repository: Path, program: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "git").symlink_to(program)
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}{os.environ['PATH']}")
    edit(repository, "REG02,register,843", "REG02,register,834")
    assert len(edited_rows(repository)) == 1
    assert not marker.exists()


@pytest.mark.parametrize("name", [".git", ".git/HEAD", ".git/config", ".git/commondir"])
@pytest.mark.parametrize("kind", ["pipe", "endless", "loop", "zeros", "folder"])
def test_odd_files_are_no_reason_to_hang_or_to_fail(repository: Path, name: str, kind: str) -> None:
    path = repository.parents[2] / name
    if path.exists():
        path.rename(path.with_name("was"))
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "endless":
            path.symlink_to("/dev/zero")
        case "loop":
            path.symlink_to(path)
        case "zeros":
            path.write_bytes(b"\0" * 1_000)
        case "folder":
            path.mkdir()
    if kind == "zeros" and name in (".git/HEAD", ".git/commondir"):
        with pytest.raises(PopestError, match="not a git repository: "):
            edited_rows(repository)
    else:
        assert edited_rows(repository) == []


def test_a_huge_object_is_refused_before_it_is_read(repository: Path) -> None:
    table = repository / "observations.csv"
    kept = table.read_bytes()
    with table.open("ab") as file:
        file.truncate(60_000_000)
    git(repository, "commit", "-qam", "Huge")
    table.write_bytes(kept)
    said: list[str] = []
    assert edited_rows(repository, said.append) == []
    assert len(said) == 1 and "larger than 50 MB" in said[0]


def test_the_command_says_what_it_could_not_compare(repository: Path) -> None:
    lose_the_table(repository)
    command = [sys.executable, "-c", "from popest.cli import main; main()", "sources", "check", "."]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and ": no problems. " in done.stdout
    assert "Warning: observations.csv: 1 of 1 committed versions are not in this" in done.stderr
