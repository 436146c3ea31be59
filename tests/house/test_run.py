"""Tests of the script `run` without what it installs; the installation is what runs these."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ("sh", "dirname", "cat", "cksum")


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A copy of the script with empty locks, on a machine that has no Python."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    shutil.copy(root / "run", folder / "run")
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        (folder / name).touch()
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    return folder


def call(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": str(checkout.parent / "tools"), "HOME": str(checkout.parent)}
    return subprocess.run(
        [checkout / "run", *arguments], env=bare, capture_output=True, text=True, check=False
    )


def pretend_python(checkout: Path, name: str, *, new_enough: bool) -> None:
    """Put a program on the path that answers as a Python does and makes no environment."""
    program = checkout.parent / "tools" / name
    answer = "echo made by $0 >&2; exit 9" if new_enough else "exit 1"
    program.write_text(
        f'#!/bin/sh\n[ "$1" != -P ] || shift\ncase "$1" in\n -c) exit {0 if new_enough else 1} ;;\n'
        f" -V) echo Python 3 ;;\n *) {answer} ;;\nesac\n",
        encoding="utf-8",
    )
    program.chmod(0o755)


@pytest.mark.parametrize("command", ["estimate", "tests"])
def test_without_a_python_it_says_so_and_fails(checkout: Path, command: str) -> None:
    done = call(checkout, command)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "popest needs Python 3.12 or newer" in done.stderr


def test_an_old_python_does_not_count(checkout: Path) -> None:
    pretend_python(checkout, "python3", new_enough=False)
    assert "popest needs Python 3.12 or newer" in call(checkout, "estimate").stderr


def test_a_name_that_stands_for_no_python_is_passed_over(checkout: Path) -> None:
    pretend_python(checkout, "python3.13", new_enough=False)
    pretend_python(checkout, "python3", new_enough=True)
    done = call(checkout, "estimate")
    assert done.returncode == 9
    assert "tools/python3\n" in done.stderr


def test_a_python_that_is_installed_but_not_selected_is_found(checkout: Path) -> None:
    folder = checkout.parent / ".pyenv/versions/3.12.1/bin"
    folder.mkdir(parents=True)
    pretend_python(checkout, "python3", new_enough=True)
    (checkout.parent / "tools/python3").rename(folder / "python")
    assert "3.12.1/bin/python" in call(checkout, "tests").stderr


def test_help_lists_the_commands_and_makes_nothing(checkout: Path) -> None:
    done = call(checkout, "--help")
    assert done.returncode == 0
    assert "./run estimate" in done.stdout
    assert "./run tests" in done.stdout
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("arguments", [(), ("estmate",)])
def test_an_unknown_command_is_a_usage_error(checkout: Path, arguments: tuple[str, ...]) -> None:
    done = call(checkout, *arguments)
    assert done.returncode == 2
    assert "Usage:" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_a_script_can_be_executed(root: Path, script: str) -> None:
    assert os.access(root / script, os.X_OK)
