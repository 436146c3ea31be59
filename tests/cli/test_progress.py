"""Tests of the line that says what is being done."""

import io
from types import SimpleNamespace

import pytest

from popest.cli import progress
from popest.cli.progress import Progress


class Terminal(io.StringIO):
    """A standard error that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream))
    monkeypatch.setenv("COLUMNS", "40")
    return stream


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that shows its one entry."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_short_run_says_nothing(terminal: Terminal, clock: list[float]) -> None:
    with Progress() as say:
        clock[0] += 1.9
        say("drawing")
    assert terminal.getvalue() == ""


def test_a_long_run_shows_one_line_and_wipes_it(terminal: Terminal, clock: list[float]) -> None:
    with Progress() as say:
        say("adapting")
        clock[0] += 2.1
        say("drawing")
    assert terminal.getvalue() == "\r\033[Kdrawing ...\r\033[K"


def test_the_line_is_wiped_when_the_run_fails(terminal: Terminal, clock: list[float]) -> None:
    def fail() -> None:
        with Progress() as say:
            clock[0] += 5
            say("drawing")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert terminal.getvalue().endswith("\r\033[K")


def test_a_sentence_longer_than_the_terminal_is_cut(terminal: Terminal, clock) -> None:
    with Progress() as say:
        clock[0] += 5
        say("word " * 30)
    line = terminal.getvalue().split("\r\033[K")[1]
    assert 30 < len(line) < 40 and line.endswith(" ...")


def test_nobody_watching_means_no_line(monkeypatch: pytest.MonkeyPatch, clock) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream))
    with Progress() as say:
        clock[0] += 5
        say("drawing")
    assert stream.getvalue() == ""


def test_what_began_early_is_said_when_patience_ends(
    terminal: Terminal, clock: list[float]
) -> None:
    with Progress() as say:
        say("compiling")
        assert terminal.getvalue() == ""
        say._timer.function()
    assert terminal.getvalue() == "\r\033[Kcompiling ...\r\033[K"


def test_nothing_is_said_after_the_run(terminal: Terminal, clock: list[float]) -> None:
    with Progress() as say:
        say("compiling")
    say._timer.function()
    assert terminal.getvalue() == ""
