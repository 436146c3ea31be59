"""``popest new``: a commented study to fill in."""

from __future__ import annotations

import click


@click.command("new")
@click.argument("study", help="The folder to make; its last part is the study's name.")
def new(study: str) -> None:
    """Write a commented template study, ready to be checked and estimated.

    \b
    Examples:
      popest new ukrainians-in-moldova
      popest new studies/my-study
    """
    from popest.study.template import write_template

    folder = write_template(study)
    click.echo(
        f"Wrote {folder}: an invented country, explained line by line.\n"
        f"Change it, then run:\n"
        f"  popest sources check {folder}\n"
        f"  popest estimate {folder}"
    )
