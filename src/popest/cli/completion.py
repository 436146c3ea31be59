"""Completion of commands and options in a shell: its script, shown or installed."""

from __future__ import annotations

import os
from pathlib import Path

import click

from popest.study.problems import UsageError

VARIABLE = "_POPEST_COMPLETE"
"""The variable by which a script asks for completions."""
_PLACES = {
    "bash": ".bash_completions/popest.sh",
    "zsh": ".zfunc/_popest",
    "fish": ".config/fish/completions/popest.fish",
}
"""Where the script of each shell is put, in the home folder."""
_SETTINGS = {
    "bash": (".bashrc", "source '{script}'"),
    "zsh": (".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit"),
}
"""The line that a shell needs to find it, and the file in which that stands; fish needs none."""


def _shell() -> str:
    """Return the name of the person's shell.

    Raises
    ------
    UsageError
        When there are no completions for it.
    """
    name = Path(os.environ.get("SHELL", "")).name
    if name not in _PLACES:
        known = ", ".join(_PLACES)
        raise UsageError(f"completions are for {known}, and the variable SHELL names {name!r}")
    return name


def _script(shell: str, command: click.Command) -> str:
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    # What bash adds asks for its version, which takes a process.
    return ShellComplete.source(kind(command, {}, "popest", VARIABLE))


def _show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(_script(_shell(), ctx.command))
        ctx.exit()


def _install(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    shell = _shell()
    path = Path.home() / _PLACES[shell]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_script(shell, ctx.command), encoding="utf-8")
    if shell in _SETTINGS:
        name, line = _SETTINGS[shell]
        _add_line(Path.home() / name, line.format(script=path))
    click.echo(f"{shell} completion installed in {path}")
    click.echo("Completion will take effect once you restart the terminal")
    ctx.exit()


def _add_line(path: Path, line: str) -> None:
    """Add a line to a file of settings, unless it is there."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if line not in text.splitlines():
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")


COMPLETION_OPTIONS = [
    click.Option(
        [name],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=callback,
        help=words,
    )
    for name, callback, words in (
        ("--install-completion", _install, "Install completion for the current shell."),
        (
            "--show-completion",
            _show,
            "Show completion for the current shell, to copy it or customize the installation.",
        ),
    )
]
