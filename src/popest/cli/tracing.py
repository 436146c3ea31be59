"""``popest sources history``, ``diff``, ``export`` and ``copy``: where figures come from and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from popest.cli.options import path_option, study_argument
from popest.cli.sources import (
    dates,
    figure_and_error,
    folded,
    population_option,
    table,
    value_and_dates,
)
from popest.ledger import Format
from popest.study.files.reading import OBSERVATIONS_FILE, typed
from popest.study.problems import UsageError, listed

if TYPE_CHECKING:
    from pathlib import Path

    from popest.ledger.versions import News, Version


@click.command("history")
@click.argument("source", help="The name of a source.")
@study_argument
@population_option
def history(source: str, study: str, population: str | None) -> None:
    """Show every version of every figure of a source, the oldest first, and what replaced what.

    \b
    Examples:
      popest sources history residence_permits
      popest sources history residents my-study
      popest sources history permits my-panel --population north
    """
    from popest.cli.panel import figures_of
    from popest.ledger.versions import figure_versions
    from popest.study.load import load_study_or_panel

    loaded = load_study_or_panel(study)
    shown = figures_of(loaded, population)
    shown.refuse_unknown_source(source)
    figures = figure_versions(loaded, source)
    if population is not None:
        figures = [versions for versions in figures if versions[0].row.population == population]
    rows = sum(map(len, figures))
    click.echo(f"{source}: {_number(len(figures), 'figure')}, {_number(rows, 'row')} on file")
    for versions in figures:
        click.echo("")
        for version in versions:
            click.echo(_version(version))


@click.command("diff")
@click.option("--from", "since", required=True, help="The earlier day, YYYY-MM-DD.")
@click.option("--to", "until", required=True, help="The later day, YYYY-MM-DD.")
@study_argument
def diff(since: str, until: str, study: str) -> None:
    """Show what became known between two days.

    A figure is dated by its publication, or by its day of record where that is not known.

    \b
    Examples:
      popest sources diff --from 2023-06-30 --to 2024-06-30
      popest sources diff my-study --from 2024-01-01 --to 2024-12-31

    To see what it did to the estimate: popest compare.
    """
    from popest.ledger.versions import became_known
    from popest.study.calendar import read_day
    from popest.study.load import load_study_or_panel
    from popest.study.panel.panel import Panel

    first, last = read_day(since), read_day(until)
    assert first is not None and last is not None
    loaded = load_study_or_panel(study)
    found = became_known(loaded, first, last)
    click.echo(
        f"{loaded.name}: {_number(len(found), 'figure')} became known after {first} by {last}"
    )
    if found:
        of = ("population",) if isinstance(loaded, Panel) else ()
        rows = [("known by", "id", "source", *of, "value", "dates", "")]
        click.echo("\n" + table([*rows, *map(_news, found)]))
    undated = sum(not news.is_dated for news in found)
    if undated:
        text = (
            f"Of {_number(undated, 'figure')} it is not known when they were published: the day "
            f"on which they were recorded stands instead."
        )
        click.echo(f"\n{folded(text, '', '')}", err=True)


@click.command("export")
@study_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(Format)),
    default="csv",
    help="How to write the figures.",
)
@path_option("--out", help="The file to write, or the folder of a datapackage. Default: printed.")
def export(study: str, form: Format, out: Path | None) -> None:
    """Write the figures of a study or a panel for other programs, used or not.

    \b
    Examples:
      popest sources export --format json
      popest sources export my-study --format csv --out figures.csv
      popest sources export my-study --format datapackage --out package
    """
    from popest.cli.appending import say_on_one_line
    from popest.ledger.export import exported, rows_on_file, write_texts
    from popest.study.drafts.new_rows import with_line_breaks
    from popest.study.load import load_study_or_panel

    loaded = load_study_or_panel(study)
    texts = exported(loaded, form)
    if OBSERVATIONS_FILE in texts:
        say_on_one_line(with_line_breaks(rows_on_file(loaded)))
    is_folder = len(texts) > 1
    if out is not None:
        target = {out / name if is_folder else out: text for name, text in texts.items()}
        write_texts(target)
        click.echo(f"Wrote {listed(map(typed, target))}.")
    elif is_folder:
        raise UsageError("missing: --out, the folder for the table and its description")
    else:
        click.echo("".join(texts.values()), nl=False)


@click.command("copy")
@click.argument("study", help="The study to copy.")
@click.argument("folder", help="The folder to make, such as ./my-study.")
def copy(study: str, folder: str) -> None:
    """Copy a study or a panel to a folder of your own, to add figures there.

    \b
    Examples:
      popest sources copy serbia ./my-serbia
    """
    from popest.study.load import load_study_or_panel
    from popest.study.template import copy_study

    copy_study(load_study_or_panel(study), folder)
    click.echo(f"Copied {study} to {folder}. Add to it: popest sources add {folder}")


def _version(version: Version) -> str:
    row = version.row
    lead = "  -> " if row.supersedes else ""
    published = f"published by {version.known}"
    if not version.is_dated:
        published = f"day of publication unknown, known by {version.known}"
    first = f"{lead}{value_and_dates(row)}  {_state(version)}"
    later = [f"{published}, recorded {row.recorded}, {row.publisher}", row.note]
    return "\n".join([first, *(folded(line, "       ", "       ") for line in later if line)])


def _state(version: Version) -> str:
    if version.is_withdrawal:
        return "withdrawn"
    if version.replaced_by is not None:
        return f"replaced by {version.replaced_by.id}"
    return "used" if version.is_used else "not used"


def _news(news: News) -> tuple[str, ...]:
    row = news.row
    if row is None:
        return str(news.day), "-", news.name, "-", "-", "survey"
    state = "used" if news.is_used else "not used"
    if news.is_withdrawal:
        state = f"withdraws {row.supersedes}"
    elif news.replaces is not None:
        state += f", replaces {news.replaces.id} ({figure_and_error(news.replaces)})"
    of = () if row.population is None else (row.population,)
    return str(news.day), row.id, row.source, *of, figure_and_error(row), dates(row), state


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
