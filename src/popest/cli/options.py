"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

type Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

study_argument = click.argument(
    "study",
    default="serbia",
    help="A study shipped with popest, or the folder of one. Default: serbia.",
)
as_of_option = click.option("--as-of", help="Use only what was published by this day, YYYY-MM-DD.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of words.")


def path_option(*names: str, help: str, required: bool = False) -> Decorator:  # noqa: A002
    """Return an option that names a file or folder."""
    return click.option(*names, type=click.Path(path_type=Path), help=help, required=required)


def seed_option(what: str = "numbers", least: int | None = None) -> Decorator:
    """Return the option of a seed, of which the same gives the same of something."""
    kind = click.INT if least is None else click.IntRange(min=least)
    return click.option(
        "--seed", type=kind, default=1, help=f"Seed; the same gives the same {what}."
    )


def language_option() -> Decorator:
    """Return the option of a language."""
    from popest.language.catalogue import ENGLISH, languages

    words = f"The language of the sentences: {' or '.join(languages())}."
    return click.option("--language", default=ENGLISH, help=words)
