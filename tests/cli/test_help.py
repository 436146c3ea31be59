"""Tests of help, version and shell completion."""

from collections.abc import Iterator

import pytest
import typer

import popest
from popest.cli.app import app


def commands(group, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of every command and group below a group."""
    yield path
    for name, found in getattr(group, "commands", {}).items():
        yield from commands(found, *path, name)


ALL = list(commands(typer.main.get_command(app)))


def test_the_commands_of_the_design_are_there() -> None:
    expected = {("estimate",), ("new",), *(("sources", name) for name in ("list", "show", "check"))}
    assert expected <= set(ALL)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_help_with_an_example(command, path, option) -> None:
    code, out, err = command(*path, option)
    assert (code, err) == (0, "")
    assert out.startswith(" ".join(("Usage: popest", *path)))
    assert max(map(len, out.splitlines())) <= 100
    examples = out.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    starts = [line for line in examples if line.startswith("    popest ")]
    assert starts and starts[0] == examples[0]
    assert all(line.startswith(" ".join(("    popest", *path))) for line in starts)


def test_the_examples_of_the_help_are_commands_that_exist(command) -> None:
    lines = command("--help").out.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    for line in lines:
        words = line.split()
        assert words[0] == "popest"
        assert (words[1],) in ALL


def test_the_help_lists_every_exit_code(command) -> None:
    text = " ".join(command("--help").out.split())
    codes = "0 done; 2 usage; 3 a study is invalid; 4 not certified; 5 a check failed;"
    assert f"Exit codes: {codes} 1 unexpected; 130 interrupted." in text


def test_the_version_is_that_of_the_package(command) -> None:
    assert command("--version") == (0, f"popest {popest.__version__}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(command, monkeypatch, shell: str) -> None:
    monkeypatch.setenv("_POPEST_COMPLETE", f"source_{shell}")
    code, out, err = command()
    assert (code, err) == (0, "")
    assert f"_POPEST_COMPLETE=complete_{shell}" in out


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("popest est", ["estimate"]),
        ("popest sources ", ["list", "show", "check"]),
        ("popest estimate --vari", ["--variant", "--variants"]),
        ("popest estimate --engine ", ["auto", "bank", "nuts", "slice"]),
    ],
)
def test_words_are_completed(command, monkeypatch, typed: str, completed: list[str]) -> None:
    monkeypatch.setenv("_POPEST_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split(" ")) - 1))
    code, out, err = command()
    assert (code, err) == (0, "")
    assert set(completed) <= set(out.split())
