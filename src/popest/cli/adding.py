"""``popest sources add``, ``revise`` and ``withdraw``: figures that are appended, never edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from popest.cli.options import Decorator, path_option
from popest.study.observations.columns import COLUMNS
from popest.study.problems import StudyError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from popest.cli.appending import AppendOptions
    from popest.study import Source
    from popest.study.drafts.addition import Ledger
    from popest.study.drafts.new_rows import Draft

GIVEN = (
    *("id", "source", "value", "precision", "start", "end", "published", "publisher", "url"),
    *("use", "derived_from", "note", "se", "lower", "upper"),
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
            command = click.option(name, column, help=COLUMNS[column].option)(command)
        return command

    return with_options


@click.command("add")
@study_argument
@column_options("source", *GIVEN[2:], "id")
@path_option("--from-csv", help="Add the figures of a CSV file, all of them or none.")
@dry_run_option
@yes_option
@no_predict_option
def add(
    study: str,
    from_csv: Path | None,
    dry_run: bool,
    yes: bool,
    no_predict: bool,
    **columns: str | None,
) -> None:
    """Add a published figure to a study, or many of them.

    \b
    Examples:
      popest sources add my-study
      popest sources add my-study --source residents --value 2900 --precision exact
          --end 2024-06-30 --published 2024-08-15 --publisher "Ministry of the Interior"
      popest sources add my-study --source clinics --precision between --lower 5 --upper 9
          --end 2024-06-30 --published 2024-08-15 --publisher "Health Service"
      popest sources add my-study --from-csv figures.csv --dry-run

    What is missing is asked for on a terminal. Warnings say what is likely wrong.
    """
    from popest.cli.appending import AppendOptions, append
    from popest.ledger.spreadsheet import read_spreadsheet

    given, options = _given(columns), AppendOptions(dry_run, yes, no_predict)
    if from_csv is not None:
        if given:
            raise UsageError("--from-csv has the columns in its file: leave out the other options")
        append(study, partial(_added, given=read_spreadsheet(from_csv)), options)
        return
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
    from popest.cli.form import Form, is_terminal, refuse_missing
    from popest.study.drafts.new_rows import Draft

    form = Form(_sources(study), columns)
    if not is_terminal():
        refuse_missing(columns, form.sources)
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


def _sources(study: str) -> Mapping[str, Source]:
    """Return the declared sources of a study, also of one that is not valid yet."""
    from popest.study.files.locate import refuse_panel, study_folder
    from popest.study.files.reading import SPECIFICATION_FILE, read_file
    from popest.study.specification.from_toml import read_specification

    folder = study_folder(study)
    refuse_panel(folder)
    return read_specification(read_file(folder, SPECIFICATION_FILE)).parts.sources
