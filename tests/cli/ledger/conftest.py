"""Running the command line in this process, and answering its questions."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from popest.cli import appending, form
from popest.cli.app import main
from popest.study import write_template


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


type Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``popest`` with arguments and return its exit code and what it printed."""

    def run_popest(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["popest", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return Done(int(end.value.code or 0), printed.out, printed.err)

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
        monkeypatch.setattr(form.typer, "prompt", prompt)
        monkeypatch.setattr(appending.typer, "confirm", confirmed)
        return questions

    return answer
