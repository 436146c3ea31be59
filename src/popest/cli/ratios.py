"""``popest ratios``: what registers count for each person, where the truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from popest.cli.on_demand import GroupOnDemand
from popest.cli.options import json_option, path_option, seed_option
from popest.cli.printing import certified, print_json
from popest.cli.progress import Progress
from popest.cli.sources import table
from popest.study.problems import printable

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = {
    "list": "popest.cli.ratios:list_ratios",
    "show": "popest.cli.ratios:show_ratio",
    "fit": "popest.cli.ratios:fit_table",
}
"""Each command and where it is."""

ratios = GroupOnDemand(
    COMMANDS,
    name="ratios",
    help="""Ratio priors learned from places where the truth is known: list, show, fit.

    \b
    Examples:
      popest ratios list
      popest ratios show permits_in_force.optional
    """,
)


@click.command("list")
@json_option
def list_ratios(as_json: bool) -> None:
    """List every type of ratio: what a new place is predicted to have, and from how many pairs.

    \b
    Examples:
      popest ratios list
      popest ratios list --json
    """
    from popest.ratios.words import LearnedRatios, plain

    found = LearnedRatios.shipped()
    if as_json:
        print_json(plain(found.rows))
        return
    click.echo(table(found.table()))
    click.echo("\nCounts per person at a place not seen before. In study.toml: learned = TYPE.")


@click.command("show")
@click.argument("name", metavar="TYPE", help="A type of popest ratios list.")
@json_option
@path_option("--plot", help="Draw every pair to this .png, .svg or .pdf file.")
def show_ratio(name: str, as_json: bool, plot: Path | None) -> None:
    """Show what a type of ratio rests on: every pair with its source, and why it is read so.

    \b
    Examples:
      popest ratios show permits_in_force.optional
      popest ratios show firms --plot firms.png
    """
    from popest.estimates.words import wrapped
    from popest.ratios.words import LearnedRatios

    found = LearnedRatios.shipped()[name]
    if plot is not None:
        from popest.estimates.pictures.files import write_picture

        write_picture(found, plot)
    if as_json:
        print_json(found.to_dict())
        return
    click.echo(wrapped(str(found)))
    for pair in found.pairs:
        heading = f"{pair.id} {pair.country}, {pair.population}: {pair.ratio:g}"
        click.echo("\n" + wrapped(printable(f"{heading} (truth of grade {pair.truth_grade})")))
        click.echo(wrapped(printable(f"{pair.indicator} / {pair.truth}. {pair.note}")))
        click.echo(printable(f"{pair.publisher}: {pair.url}"))


@click.command("fit")
@seed_option(least=0)
def fit_table(seed: int) -> None:
    """Fit all pairs on file and write the table of learned ratios beside them.

    \b
    Examples:
      popest ratios fit
    """
    from popest.ratios.fit import RatiosNotCertifiedError
    from popest.ratios.table import learn, write_table

    with certified(RatiosNotCertifiedError), Progress() as progress:
        rows = learn(seed, progress=progress)
    click.echo(f"{write_table(rows)}: {len(rows)} rows")
