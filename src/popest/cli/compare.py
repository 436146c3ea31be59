"""``popest compare`` and ``popest history``: how an estimate moved, and why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from popest.cli.options import json_option, path_option, seed_option, study_argument
from popest.cli.panel import OF_ONE
from popest.cli.printing import certified, print_json
from popest.cli.progress import Progress
from popest.estimates.comparisons import Clock
from popest.study.problems import UsageError

if TYPE_CHECKING:
    from popest.estimates import Estimate
    from popest.study import Study
    from popest.study.panel.panel import Panel

DAY_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}")

day_option = click.option(
    "--date", help="The day whose stock is meant, latest or today. Default: the headline."
)
picture_option = path_option("--plot", help="Write the picture to this file (PNG, SVG or PDF).")


@click.command("compare")
@click.argument("old", help="A saved estimate, a day (as of), or a study or its folder.")
@click.argument("new", help="The same, for the later one.")
@click.option("--study", default="serbia", help="The study that days are meant of.")
@day_option
@seed_option()
@json_option
@picture_option
def compare(
    old: str,
    new: str,
    study: str,
    date: str | None,
    seed: int,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Say how an estimate moved and share the move out to each change.

    \b
    Examples:
      popest compare 2023-06-30 2024-06-30
      popest compare before.nc after.nc --plot moved.png
      popest compare serbia-report-2024 serbia --json
      popest compare 2023-06-30 2024-06-30 --study path/to/my-panel

    Of two panels the total and all populations are compared, those first that moved most.
    """
    from popest.panels.estimating import compare as run
    from popest.panels.panel_result import PanelNotCertifiedError
    from popest.study.panel.panel import Panel

    sides: list[Any] = [_side(text, study) for text in (old, new)]
    if plot is not None and any(isinstance(side, Panel) for side in sides):
        raise UsageError("--plot is not built yet for the comparison of panels: leave it out")
    with certified(PanelNotCertifiedError), Progress() as progress:
        found = run(*sides, date=date, seed=seed, progress=progress)
    _finish(found, plot, as_json)


@click.command("history")
@study_argument
@day_option
@click.option(
    "--by",
    type=click.Choice(get_args(Clock)),
    default="publication",
    help="Date figures by publication, or by their record in the file.",
)
@seed_option()
@json_option
@picture_option
@click.option("--population", help="Follow one population of a panel. Default: the total.")
def history(
    study: str,
    date: str | None,
    by: Clock,
    seed: int,
    as_json: bool,
    plot: Path | None,
    population: str | None,
) -> None:
    """Show how the estimate would have evolved, as of every day on which it learned something.

    By publication: what could have been known on each day. By record: what the file said on each
    day, which tells why an estimate of last month was another one.

    \b
    Examples:
      popest history
      popest history serbia --date 2022-12-31 --plot history.png
      popest history my-study --by record
      popest history my-panel --population north
    """
    from popest.panels.estimating import history as run
    from popest.study.load import load_study_or_panel
    from popest.study.panel.panel import Panel

    loaded = load_study_or_panel(study)
    settings: dict[str, Any] = {"by": by, "seed": seed}
    if isinstance(loaded, Panel):
        if date is not None:
            raise UsageError("--date is not built yet for panels: leave it out")
        settings["population"] = population
    elif population is not None:
        raise UsageError(OF_ONE)
    else:
        settings["date"] = date
    with Progress() as progress:
        found = run(loaded, progress=progress, **settings)
    _finish(found, plot, as_json)


def _side(text: str, study: str) -> Study | Panel | Estimate:
    from popest.study.load import load_study_or_panel

    if Path(text).is_file():
        from popest.estimates import load_estimate

        loaded = load_estimate(text)
        for warning in loaded.origin_warnings:
            click.echo(f"Warning: {warning}", err=True)
        return loaded
    if DAY_PATTERN.fullmatch(text):
        return load_study_or_panel(study, as_of=text)
    return load_study_or_panel(text)


def _finish(found: Any, plot: Path | None, as_json: bool) -> None:
    if plot is not None:
        from popest.estimates.pictures.files import write_picture

        write_picture(found, plot)
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(str(found))
