"""``popest check``: how far an estimate can be trusted, in words or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from popest.cli.options import (
    json_option,
    language_option,
    path_option,
    seed_option,
    study_argument,
)
from popest.cli.printing import certified, print_json
from popest.cli.progress import Progress
from popest.cli.sources import table

if TYPE_CHECKING:
    from pathlib import Path

    from popest.checks import CheckReport

EXIT_CHECK_FAILED = 5


@click.command("check")
@study_argument
@click.option("--only", multiple=True, help="Run this check; repeatable. Default: all.")
@click.option("--quick", is_flag=True, help="Run what takes seconds: after every new figure.")
@click.option(
    "--threshold",
    type=float,
    help="A size of the population: what would tip whether it is exceeded?",
)
@click.option(
    "--date",
    help="The day of the next figure, latest or today. Default: the first 31 December "
    "after the last count.",
)
@seed_option(least=0)
@json_option
@path_option("--out", help="Write JSON, and a table and a picture of each check, to this folder.")
@language_option()
@click.option(
    "--list", "listed", is_flag=True, help="List the checks and their questions, and run none."
)
def check(
    study: str,
    only: tuple[str, ...],
    quick: bool,
    threshold: float | None,
    date: str | None,
    seed: int,
    as_json: bool,
    out: Path | None,
    language: str,
    listed: bool,
) -> None:
    """Say what an estimate rests on and how far it can be trusted.

    \b
    Examples:
      popest check --quick
      popest check serbia-report-2024 --only conflict --only drivers
      popest check --only tipping --threshold 25000
      popest check --only next-figure --date 2025-12-31
      popest check --list
      popest check path/to/my-study --out checked --json
      popest check path/to/my-panel --only conflict

    Names of checks, sources and columns, and the texts of pictures, are English in every language.
    Exit code 5 when a required check fails.
    """
    if listed:
        _list(as_json, language, study)
        return
    from popest.checks import run_checks
    from popest.checks.folder import write_checks
    from popest.estimates import NotCertifiedError
    from popest.panels.panel_result import PanelNotCertifiedError
    from popest.study.files.whole import refuse_unusable

    if out is not None:
        refuse_unusable(out)
    settings: dict[str, Any] = {"quick": quick, "threshold": threshold, "seed": seed, "date": date}
    with certified((NotCertifiedError, PanelNotCertifiedError)), Progress() as progress:
        report = run_checks(study, only=only, progress=progress, language=language, **settings)
    if out is not None:
        write_checks(report, out)
    _print(report, as_json)


def _print(report: CheckReport, as_json: bool) -> None:
    """Print what was found.

    Raises
    ------
    click.exceptions.Exit
        With its own code, when a required check failed.
    """
    if as_json:
        print_json(report.to_dict())
    else:
        click.echo(str(report))
    if not report.passed:
        raise click.exceptions.Exit(EXIT_CHECK_FAILED)


def _list(as_json: bool, language: str, study: str = "serbia") -> None:
    from popest.checks.registry import all_checks, panel_checks
    from popest.checks.run import words_of
    from popest.study.files.locate import is_panel

    words = words_of(language)
    found = [*(panel_checks() if is_panel(study) else all_checks()).values()]
    if as_json:
        keys = ("name", "question", "required", "quick")
        rows = [(each.name, each.asked(words), each.required, each.quick) for each in found]
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    yes = words("checks.list.yes")
    columns = ("check", "quick", "required", "question")
    lines: list[tuple[str, ...]] = [tuple(words(f"checks.list.{column}") for column in columns)]
    for each in found:
        marks = (yes if is_so else "" for is_so in (each.quick, each.required))
        lines.append((each.name, *marks, each.asked(words)))
    click.echo(table(lines))
