"""``popest ratios``: what registers count for each person, where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popest.cli.on_demand import GroupOnDemand
from popest.cli.options import json_option, path_option, seed_option
from popest.cli.printing import certified, print_json
from popest.cli.progress import Progress
from popest.cli.sources import table
from popest.study import UsageError
from popest.study.problems import printable

if TYPE_CHECKING:
    from popest.ratios.pairs.records import Pair

COMMANDS = {
    "list": "popest.cli.ratios:list_ratios",
    "show": "popest.cli.ratios:show_ratio",
    "add": "popest.cli.ratios:add_to_pairs",
    "check": "popest.cli.ratios:check_pairs",
    "fit": "popest.cli.ratios:fit_table",
}
"""Each command and where it is."""

ratios = GroupOnDemand(
    COMMANDS,
    name="ratios",
    help="""Ratio priors learned from places where the truth is known: list, show, add, check, fit.

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


@click.command("add")
@click.argument("folder", type=click.Path(path_type=Path), help="The folder of your pairs.csv.")
@path_option("--from-csv", required=True, help="A file of new rows, with the columns of pairs.")
def add_to_pairs(folder: Path, from_csv: Path) -> None:
    """Append pairs of your own to a folder's pairs.csv: all rows, or none if one breaks a rule.

    \b
    Examples:
      popest ratios add my-pairs --from-csv new.csv
    """
    from popest.ratios.pairs.appending import add_pairs

    click.echo(_counted(add_pairs(folder, from_csv)))


@click.command("check")
@click.argument("folder", type=click.Path(path_type=Path), help="The folder of your pairs.csv.")
def check_pairs(folder: Path) -> None:
    """Check pairs of your own, by themselves and beside those that ship with popest.

    \b
    Examples:
      popest ratios check my-pairs
    """
    from popest.ratios.pairs.load import pairs_beside, read_pairs
    from popest.study.files.reading import PAIRS_FILE, read_file

    own = read_file(folder, PAIRS_FILE)
    pairs = read_pairs(own)
    pairs_beside(own)
    click.echo(_counted(pairs))


def _counted(pairs: Sequence[Pair]) -> str:
    return f"pairs.csv: {len(pairs)} rows, {sum(pair.use for pair in pairs)} of them used"


@click.command("fit")
@seed_option(least=0)
@path_option("--pairs", help="The folder of your own pairs.csv, which counts beside ours.")
@path_option("--out", help="Write ratios.csv here: a study in this folder then learns from it.")
@click.option("--without", multiple=True, help="Learn without a country, too; may be repeated.")
def fit_table(seed: int, pairs: Path | None, out: Path | None, without: tuple[str, ...]) -> None:
    """Fit all pairs on file and write the table of learned ratios.

    Pairs of your own need --out: the table that ships is made of ours alone.

    \b
    Examples:
      popest ratios fit --pairs my-pairs --out my-study
      popest ratios fit --pairs my-pairs --out my-study --without Serbia
    """
    from popest.ratios.fit import RatiosNotCertifiedError
    from popest.ratios.table import WITHOUT, learn, write_table
    from popest.study.files.reading import PAIRS_FILE, read_file

    if pairs is not None and out is None:
        raise UsageError("--pairs needs --out: name the folder of the study that learns from them")
    own = None if pairs is None else read_file(pairs, PAIRS_FILE)
    countries = WITHOUT if out is None else ("", *without)
    with certified(RatiosNotCertifiedError), Progress() as progress:
        rows = learn(seed, countries, progress, own)
    click.echo(f"{write_table(rows, out)}: {len(rows)} rows")
