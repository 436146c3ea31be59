"""The reference pages, written from the code when the site is built.

A fence ``{generated} NAME`` in a page is replaced by what the function of that name in
``GENERATORS`` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import cleandoc, isclass
from typing import Any

from counted import sources
from file_format import file_format
from markup import table
from published_cases import published_cases
from serbian_study import (
    serbia_dates,
    serbia_moves,
    serbia_range,
    serbia_scatter,
    serbia_scores,
    serbia_variants,
)

import popest
from popest.cli.app import app

Change = Callable[[str], str]

RETURNED = ("popest.estimates.Distribution", "popest.estimates.VariantRow")
"""What public functions return, without being public names of popest themselves."""


def interface() -> str:
    """Return the reference of everything public in Python."""
    public = [f"popest.{name}" for name in sorted(popest.__all__, key=str.lower)]
    functions = [name for name in public if not isclass(_named(name))]
    classes = [name for name in public if isclass(_named(name))]
    return "\n\n".join(
        [
            "## Functions",
            *(_autodoc("autofunction", name) for name in functions),
            "## Classes",
            *(_autodoc("autoclass", name, ":members:") for name in classes),
            "## What they return",
            *(_autodoc("autoclass", name, ":members:") for name in RETURNED),
        ]
    )


def _named(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(__import__(module, fromlist=[attribute]), attribute)


def _autodoc(directive: str, name: str, *options: str) -> str:
    lines = [f".. {directive}:: {name}", *(f"   {option}" for option in options)]
    return "\n".join(["```{eval-rst}", *lines, "```"])


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, groups of commands among them."""
    yield from _below("popest", app)


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for part, below in getattr(command, "commands", {}).items():
        yield from _below(f"{name} {part}", below)


def command_line() -> str:
    """Return the reference of every command and option."""
    return "\n\n".join(_command(name, command) for name, command in commands())


def _command(name: str, command: Any) -> str:
    given = [parameter for parameter in command.params if parameter.name != "help"]
    rows = [(_spelling(parameter), _meaning(parameter)) for parameter in given]
    usage = " ".join([name, *(["COMMAND"] if hasattr(command, "commands") else [])])
    arguments = " ".join(_argument(p) for p in given if _is_argument(p))
    options = "[OPTIONS]" if any(not _is_argument(p) for p in given) else ""
    words = [part for part in (usage, arguments, options) if part]
    parts = [f"## {name}", f"```text\n{' '.join(words)}\n```", *_help(command.help or "")]
    return "\n\n".join([*parts, table(("option", "meaning"), rows)] if rows else parts)


def _is_argument(parameter: Any) -> bool:
    return parameter.param_type_name == "argument"


def _argument(parameter: Any) -> str:
    name = parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _spelling(parameter: Any) -> str:
    if _is_argument(parameter):
        return f"`{_argument(parameter)}`"
    return ", ".join(f"`{spelling}`" for spelling in (*parameter.opts, *parameter.secondary_opts))


def _meaning(parameter: Any) -> str:
    words = parameter.help or ""
    default = parameter.default
    choices = getattr(parameter.type, "choices", ())
    if choices:
        words += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    is_said = _is_argument(parameter) or isinstance(default, bool)
    if isinstance(default, str | int | float) and not is_said:
        words += f" Default: `{default}`."
    return words


def _help(text: str) -> Iterator[str]:
    """Yield the paragraphs of a command's help; indented lines are shown as they are typed."""
    for paragraph in cleandoc(text).replace("\b\n", "").split("\n\n"):
        said, typed = [], []
        for line in paragraph.splitlines():
            (typed if line.startswith("  ") else said).append(line)
        if said:
            yield "\n".join(said)
        if typed:
            yield "\n".join(["```text", *(line[2:] for line in typed), "```"])


GENERATORS: dict[str, Callable[[], str]] = {
    "api": interface,
    "command-line": command_line,
    "file-format": file_format,
    "published-cases": published_cases,
    "serbia-dates": serbia_dates,
    "serbia-moves": serbia_moves,
    "serbia-range": serbia_range,
    "serbia-scatter": serbia_scatter,
    "serbia-scores": serbia_scores,
    "serbia-variants": serbia_variants,
    "sources": sources,
}
