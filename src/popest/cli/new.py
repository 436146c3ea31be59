"""``popest new``: a commented study, or a panel, to fill in."""

from __future__ import annotations

import click


@click.command("new")
@click.argument("study", help="The folder to make; its last part is the study's name.")
@click.option("--panel", is_flag=True, help="Write a panel: simulated districts, and their truth.")
def new(study: str, panel: bool) -> None:
    """Write a commented template study, ready to be checked and estimated.

    \b
    Examples:
      popest new ukrainians-in-moldova
      popest new studies/my-study
      popest new --panel my-panel
    """
    from popest.study.template import write_panel_template, write_template

    folder = write_panel_template(study) if panel else write_template(study)
    what = "twelve invented districts" if panel else "an invented country"
    click.echo(
        f"Wrote {folder}: {what}, explained line by line.\n"
        f"Change it, then run:\n"
        f"  popest sources check {folder}\n"
        f"  popest estimate {folder}"
    )
