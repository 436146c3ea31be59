"""Running the command line, in this process and in one of its own, and answering its questions."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import popest
from popest.cli import appending, form, main
from popest.engines import bank
from popest.study import write_template


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


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``popest`` with arguments and return its exit code and what it printed."""

    def run_popest(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["popest", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return Result(int(end.value.code or 0), printed.out, printed.err)

    return run_popest


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The template study, in the current folder and under the name my-study."""
    monkeypatch.chdir(tmp_path)
    return write_template("my-study")


@pytest.fixture
def table(study: Path) -> Path:
    """The table of the template study."""
    return study / "observations.csv"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Pretend that a person sits at a terminal and gives these answers; returns the questions."""

    def answer(answers: Iterable[str], confirm: bool = True) -> list[str]:
        rest: Iterator[str] = iter(answers)
        questions: list[str] = []

        def prompt(text: str, **_: object) -> str:
            questions.append(text)
            return next(rest)

        def confirmed(text: str, **_: object) -> bool:
            questions.append(text)
            return confirm

        for module in (form, appending):
            monkeypatch.setattr(module, "is_terminal", lambda: True)
        monkeypatch.setattr(form.click, "prompt", prompt)
        monkeypatch.setattr(appending.click, "confirm", confirmed)
        return questions

    return answer
