"""``popest sources add``, ``revise`` and ``withdraw``: figures that are appended, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from popest.study.observations.columns import COLUMNS
from popest.study.problems import StudyError, UsageError

if TYPE_CHECKING:
    from popest.cli.appending import AppendOptions
    from popest.study import Source
    from popest.study.drafts.addition import Ledger
    from popest.study.drafts.new_rows import Draft

StudyArgument = Annotated[
    str, typer.Argument(help="The folder of a study, or the name of one shipped with popest.")
]
Id = Annotated[str | None, typer.Option("--id", help=COLUMNS["id"].option)]
Value = Annotated[str | None, typer.Option(help=COLUMNS["value"].option)]
PrecisionOption = Annotated[str | None, typer.Option(help=COLUMNS["precision"].option)]
Start = Annotated[str | None, typer.Option(help=COLUMNS["start"].option)]
End = Annotated[str | None, typer.Option(help=COLUMNS["end"].option)]
Published = Annotated[str | None, typer.Option(help=COLUMNS["published"].option)]
Publisher = Annotated[str | None, typer.Option(help=COLUMNS["publisher"].option)]
Url = Annotated[str | None, typer.Option(help=COLUMNS["url"].option)]
Use = Annotated[str | None, typer.Option(help=COLUMNS["use"].option)]
DerivedFrom = Annotated[str | None, typer.Option(help=COLUMNS["derived_from"].option)]
Note = Annotated[str | None, typer.Option(help=COLUMNS["note"].option)]
StandardError = Annotated[str | None, typer.Option("--se", help=COLUMNS["se"].option)]
Lower = Annotated[str | None, typer.Option(help=COLUMNS["lower"].option)]
Upper = Annotated[str | None, typer.Option(help=COLUMNS["upper"].option)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the rows without adding them.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Add in spite of warnings.")]
NoPredict = Annotated[
    bool, typer.Option("--no-predict", help="Do not compare with the present estimate.")
]


def add(
    study: StudyArgument = "serbia",
    source: Annotated[str | None, typer.Option(help=COLUMNS["source"].option)] = None,
    value: Value = None,
    precision: PrecisionOption = None,
    start: Start = None,
    end: End = None,
    published: Published = None,
    publisher: Publisher = None,
    url: Url = None,
    use: Use = None,
    derived_from: DerivedFrom = None,
    note: Note = None,
    standard_error: StandardError = None,
    lower: Lower = None,
    upper: Upper = None,
    name: Id = None,
    from_csv: Annotated[
        Path | None, typer.Option(help="Add the figures of a CSV file, all of them or none.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    no_predict: NoPredict = False,
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

    columns = _given(id=name, source=source, value=value, precision=precision, start=start, end=end)
    columns |= _given(published=published, publisher=publisher, url=url, use=use)
    columns |= _given(derived_from=derived_from, note=note)
    columns |= _given(se=standard_error, lower=lower, upper=upper)
    options = AppendOptions(dry_run, yes, no_predict)
    if from_csv is not None:
        if columns:
            raise UsageError("--from-csv has the columns in its file: leave out the other options")
        append(study, partial(_added, given=read_spreadsheet(from_csv)), options)
        return
    _add_one(study, columns, options)


def revise(
    name: Annotated[str, typer.Argument(metavar="ID", help="The row that is corrected.")],
    study: StudyArgument = "serbia",
    value: Value = None,
    precision: PrecisionOption = None,
    start: Start = None,
    end: End = None,
    published: Published = None,
    publisher: Publisher = None,
    url: Url = None,
    use: Use = None,
    derived_from: DerivedFrom = None,
    note: Note = None,
    standard_error: StandardError = None,
    lower: Lower = None,
    upper: Upper = None,
    new_id: Id = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    no_predict: NoPredict = False,
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

    columns = _given(id=new_id, value=value, precision=precision, start=start, end=end)
    columns |= _given(published=published, publisher=publisher, url=url, use=use)
    columns |= _given(derived_from=derived_from, note=note)
    columns |= _given(se=standard_error, lower=lower, upper=upper)
    if not columns:
        raise UsageError(f"nothing of {name} is given that changes: name a column, such as --value")
    options = AppendOptions(dry_run, yes, no_predict)
    append(study, lambda ledger: revised(ledger, name, columns, date.today()), options)


def withdraw(
    name: Annotated[str, typer.Argument(metavar="ID", help="The row that is withdrawn.")],
    study: StudyArgument = "serbia",
    reason: Annotated[str | None, typer.Option(help="Why it is not to be used any more.")] = None,
    published: Annotated[
        str | None, typer.Option(help="When that became known. Default: today.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
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


def _given(**columns: str | None) -> dict[str, str]:
    """Return the columns of a row that were given as options of a command."""
    return {column: text for column, text in columns.items() if text is not None}


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
