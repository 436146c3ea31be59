"""Commands that are imported when they are called, so that one does not wait for the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import click


class CommandsOnDemand(Mapping[str, click.Command]):
    """The commands of a group by name, each imported when it is first asked for.

    Parameters
    ----------
    places
        Where each command is, ``module:name``.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> click.Command:
        module, _, attribute = self._places[name].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class GroupOnDemand(click.Group):
    """A group of commands, in the order in which they are given; see `CommandsOnDemand`.

    Parameters
    ----------
    places
        Where each command is, ``module:name``.
    settings
        What else `click.Group` is given.
    """

    def __init__(self, places: Mapping[str, str], **settings: Any) -> None:
        super().__init__(no_args_is_help=True, **settings)
        self.commands = CommandsOnDemand(places)  # type: ignore[assignment]  # nothing sets one

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt of it is no end of a line, which click would write."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands as the help lists them."""
        return list(self.commands)
