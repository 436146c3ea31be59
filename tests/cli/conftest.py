"""Running the command line, in this process and in one of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import popest
from popest.cli import main
from popest.engines import bank


class Result(NamedTuple):
    """What a command left: its exit code, and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Run ``popest`` in this process, from an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["popest", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return Result(int(end.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``popest`` in a process of its own, from an empty folder; `first` is run before it."""
    started: list[subprocess.Popen[str]] = []
    environment = os.environ | {"PYTHONPATH": str(Path(popest.__file__).parents[1])}

    def start(*arguments: str, first: str = "", **options: Any) -> subprocess.Popen[str]:
        code = f"import sys\nfrom popest.cli import main\n{first}\nmain()"
        defaults = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
        defaults |= {"stderr": subprocess.PIPE, "text": True, "cwd": tmp_path, "env": environment}
        command = [sys.executable, "-c", code, *arguments]
        started.append(subprocess.Popen(command, **(defaults | options)))
        return started[-1]

    yield start
    for running in started:
        if running.poll() is None:
            running.kill()
        running.communicate()


@pytest.fixture
def poor_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank that never reaches its certificate, and soon gives up."""
    monkeypatch.setattr(bank, "SMALLEST_EFFECTIVE_SIZE", 1e12)
    monkeypatch.setattr(bank, "MAXIMUM_ROUNDS", 1)
