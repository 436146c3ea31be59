"""``popest sources add``, ``revise`` and ``withdraw``: figures that are appended, never edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from popest.cli.options import Decorator, path_option
from popest.study.observations.columns import COLUMNS, PANEL_COLUMNS
from popest.study.problems import StudyError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from popest.cli.appending import AppendOptions
    from popest.ledger.habits import DayOrder, Mark
    from popest.study.drafts.addition import Ledger
    from popest.study.drafts.new_rows import Draft

GIVEN = (
    *("id", "source", "value", "precision", "start", "end", "published", "publisher", "url"),
    *("use", "derived_from", "note", "se", "lower", "upper", "population"),
)
"""The columns that are options, in the order in which what is wrong with them is said."""

study_argument = click.argument(
    "study",
    default="serbia",
    help="The folder of a study, or the name of one shipped with popest. Default: serbia.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Show the rows without adding them.")
yes_option = click.option("--yes", "-y", is_flag=True, help="Add in spite of warnings.")
no_predict_option = click.option(
    "--no-predict", is_flag=True, help="Do not compare with the present estimate."
)


def column_options(*columns: str) -> Decorator:
    """Return the options of columns, each by the name of its column."""

    def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
        for column in reversed(columns):
            name = f"--{column.replace('_', '-')}"
            command = click.option(name, column, help={**COLUMNS, **PANEL_COLUMNS}[column].option)(
                command
            )
        return command

    return with_options


@click.command("add")
@study_argument
@column_options("source", *GIVEN[2:], "id")
@path_option(
    "--from",
    "--from-csv",
    "from_file",
    help="Add the figures of a CSV file or a workbook (.xlsx, .ods), all of them or none.",
)
@click.option("--sheet", help="The sheet of a workbook. Default: the only one.")
@click.option(
    "--thousands",
    type=click.Choice(["point", "comma"]),
    help="What parts thousands in the file, where its columns leave it open.",
)
@click.option(
    "--days",
    type=click.Choice(["day-first", "month-first"]),
    help="How 10.02.2025 is read in the file, where its columns leave it open.",
)
@dry_run_option
@yes_option
@no_predict_option
def add(
    study: str,
    from_file: Path | None,
    sheet: str | None,
    thousands: Mark | None,
    days: DayOrder | None,
    dry_run: bool,
    yes: bool,
    no_predict: bool,
    **columns: str | None,
) -> None:
    """Add a published figure to a study or a panel, or many of them.

    \b
    Examples:
      popest sources add my-study
      popest sources add my-study --source residents --value 2900 --precision exact
          --end 2024-06-30 --published 2024-08-15 --publisher "Ministry of the Interior"
      popest sources add my-study --source clinics --precision between --lower 5 --upper 9
          --end 2024-06-30 --published 2024-08-15 --publisher "Health Service"
      popest sources add my-study --from figures.csv --dry-run
      popest sources add my-study --from figures.xlsx --sheet 2024 --thousands point
      popest sources add my-panel --population north --source permits --value 2900

    What is missing is asked for on a terminal. Warnings say what is likely wrong.
    """
    from popest.cli.appending import AppendOptions, append

    given, options = _given(columns), AppendOptions(dry_run, yes, no_predict)
    of_file = {"--sheet": sheet, "--thousands": thousands, "--days": days}
    if from_file is not None:
        from popest.ledger.habits import Habits
        from popest.ledger.spreadsheet import read_spreadsheet

        if given:
            raise UsageError("--from has the columns in its file: leave out the other options")
        known = _ledger(study).columns
        figures = read_spreadsheet(from_file, known, Habits(thousands, days), sheet)
        append(study, partial(_added, given=figures), options)
        return
    for name in (name for name, value in of_file.items() if value is not None):
        raise UsageError(f"{name} is for a file: give it by --from, or leave {name} out")
    _add_one(study, given, options)


@click.command("revise")
@click.argument("name", metavar="ID", help="The row that is corrected.")
@study_argument
@column_options(*GIVEN[2:], "id")
@dry_run_option
@yes_option
@no_predict_option
def revise(
    name: str,
    study: str,
    dry_run: bool,
    yes: bool,
    no_predict: bool,
    **columns: str | None,
) -> None:
    """Correct a figure: a new row replaces it, and sums that rest on it are computed anew.

    \b
    Examples:
      popest sources revise RES02 my-study --value 2830 --published 2024-02-01
      popest sources revise RES02 my-study --note "Printed as 2,810." --dry-run

    Columns that are not given are copied; '' empties one.
    """
    from popest.cli.appending import AppendOptions, append
    from popest.study.drafts.drafting import revised

    given = _given(columns)
    if not given:
        raise UsageError(f"nothing of {name} is given that changes: name a column, such as --value")
    options = AppendOptions(dry_run, yes, no_predict)
    append(study, lambda ledger: revised(ledger, name, given, date.today()), options)


@click.command("withdraw")
@click.argument("name", metavar="ID", help="The row that is withdrawn.")
@study_argument
@click.option("--reason", help="Why it is not to be used any more.")
@click.option("--published", help="When that became known. Default: today.")
@dry_run_option
@yes_option
def withdraw(
    name: str, study: str, reason: str | None, published: str | None, dry_run: bool, yes: bool
) -> None:
    """Withdraw a figure: a new row says that it is not to be used, and why.

    \b
    Examples:
      popest sources withdraw RES01 my-study --reason "The paper took it back."

    Views as of days before keep the figure.
    """
    from popest.cli.appending import AppendOptions, append
    from popest.cli.form import ask, is_terminal
    from popest.study.drafts.drafting import withdrawn
    from popest.study.entry_types import is_blank

    if not reason and is_terminal():
        reason = ask("reason (why it is not to be used any more)")
    if is_blank(reason or ""):
        raise UsageError("missing: --reason, why the figure is not to be used any more")
    text, options = str(reason), AppendOptions(dry_run, yes, no_predict=True)
    append(study, lambda ledger: withdrawn(ledger, name, text, date.today(), published), options)


def _add_one(study: str, columns: dict[str, str], options: AppendOptions) -> None:
    """Add one figure, asking for what is missing or refused where somebody can be asked."""
    from popest.cli.appending import append
    from popest.cli.form import Form, is_terminal
    from popest.study.drafts.new_rows import Draft

    ledger = _ledger(study)
    if "population" in columns and ledger.populations is None:
        raise UsageError("--population is for a panel: this study is of one population")
    populations = None if ledger.populations is None else ledger.population_names
    form = Form(ledger.sources, populations, columns)
    if not is_terminal():
        form.refuse_missing()
    while True:
        asked = is_terminal() and bool(form.missing)
        answers = form.fill() if asked else form.given
        try:
            append(study, partial(_added, given=[Draft(answers)]), options)
            return
        except StudyError as error:
            if not asked or not form.forget(error.problems):
                raise


def _given(columns: Mapping[str, str | None]) -> dict[str, str]:
    """Return the columns of a row that were given as options of a command."""
    texts = {column: columns.get(column) for column in GIVEN}
    return {column: text for column, text in texts.items() if text is not None}


def _added(ledger: Ledger, given: list[Draft]) -> list[Draft]:
    from popest.study.drafts.drafting import added

    return added(ledger, given, date.today())


def _ledger(study: str) -> Ledger:
    """Return the files of a study or a panel, also of one that is not valid yet."""
    from popest.study.drafts.addition import Ledger
    from popest.study.files.locate import study_folder

    return Ledger.of(study_folder(study))
