"""What commands print of what they compute: JSON, and why nothing is given."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from popest.study.problems import PopestError

EXIT_NOT_CERTIFIED = 4


@contextmanager
def certified(
    refusal: type[PopestError] | tuple[type[PopestError], ...],
    document: Callable[[Any], dict[str, Any]] | None = None,
) -> Iterator[None]:
    """Say that what is computed within is not certified where it is not, and exit with its code.

    `document` makes of the error what is printed as JSON, where that was asked for.
    """
    try:
        yield
    except refusal as error:
        if document is not None:
            print_json(document(error))
        click.echo(f"Not certified: {error}", err=True)
        raise click.exceptions.Exit(EXIT_NOT_CERTIFIED) from error


def is_styled() -> bool:
    """Return whether the standard output is a terminal on which weight and colour are wanted.

    References
    ----------
    https://no-color.org for ``NO_COLOR``.
    """
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def print_json(value: Any) -> None:
    """Print one JSON object on the standard output."""
    from popest.estimates.document import as_json

    click.echo(as_json(value))
