"""Commands that are imported when they are called, so that one does not wait for the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group


class CommandsOnDemand(Mapping[str, Any]):
    """The commands of a group by name, each made when it is first asked for.

    Parameters
    ----------
    places
        Where each command is, ``module:name``: a function, or a `typer.Typer` of further commands.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            module, _, attribute = self._places[name].partition(":")
            self._made[name] = _made(name, getattr(import_module(module), attribute))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _made(name: str, found: Any) -> Any:
    if isinstance(found, typer.Typer):
        command = get_group(found)
        command.name = name
        return command
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(found)
    return get_command(alone)


def group_of(places: Mapping[str, str]) -> type[TyperGroup]:
    """Return the class of a group with these commands, in this order; see `CommandsOnDemand`."""

    class Group(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = CommandsOnDemand(places)  # type: ignore[assignment]  # nothing sets one

    return Group
