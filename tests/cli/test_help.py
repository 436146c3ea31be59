"""Tests of help, version and shell completion."""

from collections.abc import Iterator

import pytest

import popest
from popest.cli.app import app


def commands(group, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of every command and group below a group."""
    yield path
    for name, found in getattr(group, "commands", {}).items():
        yield from commands(found, *path, name)


ALL = list(commands(app))


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
    monkeypatch.setenv("_POPEST_COMPLETE", f"{shell}_source")
    code, out, err = command()
    assert (code, err) == (0, "")
    assert f"_POPEST_COMPLETE={shell}_complete" in out


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
    monkeypatch.setenv("_POPEST_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split(" ")) - 1))
    code, out, err = command()
    assert (code, err) == (0, "")
    assert {f"plain,{word}" for word in completed} <= set(out.split())


@pytest.mark.parametrize(
    ("shell", "script", "settings"),
    [
        ("bash", ".bash_completions/popest.sh", ".bashrc"),
        ("zsh", ".zfunc/_popest", ".zshrc"),
        ("fish", ".config/fish/completions/popest.fish", None),
    ],
)
def test_completion_is_shown_and_installed(
    command, monkeypatch, tmp_path, shell: str, script: str, settings: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", f"/bin/{shell}")
    shown = command("--show-completion")
    assert shown.code == 0 and f"_POPEST_COMPLETE={shell}_complete" in shown.out
    if settings is not None:
        (tmp_path / settings).write_text("mine\n")
    for _ in range(2):
        done = command("--install-completion")
        assert done.code == 0 and str(tmp_path / script) in done.out
    assert (tmp_path / script).read_text() == shown.out.removesuffix("\n")
    if settings is not None:
        lines = (tmp_path / settings).read_text().split("\n")
        assert lines[0] == "mine" and len(lines) == 4


@pytest.mark.parametrize("option", ["--show-completion", "--install-completion"])
def test_an_unknown_shell_is_refused(command, monkeypatch, option: str) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert command(option) == (
        2,
        "",
        "Error: completions are for bash, zsh, fish, and the variable SHELL names 'tcsh'\n",
    )
