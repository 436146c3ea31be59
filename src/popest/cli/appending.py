"""How drafted rows come into a study: shown, questioned where they look wrong, appended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popest.cli.form import is_terminal
from popest.cli.progress import Progress
from popest.cli.sources import figure
from popest.study import PopestError, StudyError, UsageError, load_study
from popest.study.files.locate import study_folder
from popest.study.files.reading import OBSERVATIONS_FILE, typed
from popest.study.problems import listed

if TYPE_CHECKING:
    from popest.estimates import Estimate
    from popest.study.drafts.addition import Addition, Ledger
    from popest.study.drafts.new_rows import Draft

EXIT_DECLINED = 2


@dataclass(frozen=True)
class AppendOptions:
    """How rows are to be added: only shown, without questions, without a prediction."""

    dry_run: bool
    yes: bool
    no_predict: bool


type Drafting = Callable[[Ledger], list[Draft]]


def append(study: str, drafting: Drafting, options: AppendOptions) -> None:
    """Draft rows, show them, ask about what is likely wrong with them, and append them."""
    from popest.ledger.appending import refuse_to_write
    from popest.ledger.lock import locked
    from popest.study.drafts.addition import Ledger
    from popest.study.drafts.drafting import days_not_taken, days_to_come
    from popest.study.slips.detectors import find_slips

    folder = study_folder(study)
    if not options.dry_run:
        refuse_to_write(folder)
    ledger = Ledger.read(folder)
    addition = _drafted(ledger, drafting)
    warnings = find_slips(addition, date.today())
    warnings += days_not_taken(addition.drafts) + days_to_come(ledger.table.rows, date.today())
    before = None if options.no_predict else _present(study, addition)
    if before is not None:
        warnings += _surprises(before, addition)
    if options.dry_run:
        _show(addition, warnings)
        click.echo(f"Dry run: nothing was added to {typed(folder / OBSERVATIONS_FILE)}.", err=True)
        return
    _accept(addition, warnings, options)
    while True:
        with locked(folder):
            # Another writer may have been faster: then the rows are drafted again, on top.
            present = Ledger.read(folder)
            if present != ledger:
                ledger, addition = present, _drafted(present, drafting)
            slips = find_slips(addition, date.today())
            more = [slip for slip in slips if slip not in warnings]
            if options.yes or not more:
                _write(folder, addition)
                break
        _accept(addition, more, options)
        warnings += more
    if before is not None:
        _say_move(study, before)


def _drafted(ledger: Ledger, drafting: Drafting) -> Addition:
    drafts = drafting(ledger)
    try:
        return ledger.with_rows(drafts)
    except StudyError as error:
        replaced = {draft.cells.get("supersedes", "") for draft in drafts} - {""}
        if any(p.field.startswith("variant.") and p.value in replaced for p in error.problems):
            click.echo(
                "A variant in study.toml names a row that is to be replaced. Change it there first "
                "and run this again: both are checked together.",
                err=True,
            )
        raise


def _accept(addition: Addition, warnings: Sequence[str], options: AppendOptions) -> None:
    """Show the rows and go on when nothing speaks against them, or a person does not mind."""
    _show(addition, warnings)
    if not warnings or options.yes:
        return
    if not is_terminal():
        raise UsageError("nothing was added, because of the warnings above; --yes adds anyway")
    if not click.confirm("Add anyway?", err=True):
        click.echo("Nothing was added.", err=True)
        raise click.exceptions.Exit(EXIT_DECLINED)


def _show(addition: Addition, warnings: Sequence[str]) -> None:
    for row in addition.rows:
        click.echo(figure(row, row.use))
    say_on_one_line(addition.folded)
    if addition.gained:
        click.echo(f"{_gained(addition)} Nothing else of them changes.", err=True)
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)


def _gained(addition: Addition) -> str:
    is_one = len(addition.gained) == 1
    columns = f"column{'' if is_one else 's'} {listed(addition.gained)}"
    cells = "an empty cell" if is_one else f"{len(addition.gained)} empty cells"
    return f"The table gains the {columns}: its other rows get {cells} at their end."


def say_on_one_line(cells: Sequence[str]) -> None:
    """Say in which cells spaces were written for line breaks, if in any."""
    if cells:
        click.echo(f"A row is one line: line breaks became spaces in {listed(cells)}.", err=True)


def _write(folder: Path, addition: Addition) -> None:
    """Write the rows and say so."""
    from popest.ledger.appending import write
    from popest.study.files.whole import owner_name

    path = folder / OBSERVATIONS_FILE
    before = path.stat()
    _hear_no_interrupt()
    write(folder, addition)
    done = _done(path, addition)
    try:
        click.echo(done)
    except OSError:  # its reader has gone, as `head` goes, or the disk is full
        click.echo(done, err=True)
        raise
    if path.stat().st_uid != before.st_uid:
        click.echo(
            f"The table is a new file, which belongs to you and no longer to "
            f"{owner_name(before)}; its group and mode are as they were.",
            err=True,
        )


def _done(path: Path, addition: Addition) -> str:
    rows = addition.rows
    lines = f"line {rows[0].line}" if len(rows) == 1 else f"lines {rows[0].line} and on"
    names = rows[0].id if len(rows) == 1 else f"{len(rows)} rows, {rows[0].id} to {rows[-1].id},"
    return f"Added {names} to {typed(path)}, {lines}."


def _present(study: str, addition: Addition) -> Estimate | None:
    """Return the estimate before the new figures; None, and why, where there is none."""
    if not any(row.use for row in addition.rows):
        return None
    if addition.ledger.populations is not None:
        said = "Not compared with the present estimate, which is not built yet for panels."
        click.echo(said, err=True)
        return None
    from popest.estimates import estimate

    try:
        with Progress() as progress:
            return estimate(load_study(study), progress=progress)
    except PopestError as error:
        reason = str(error).splitlines()[0]
        click.echo(f"Not compared with the present estimate, as there is none: {reason}", err=True)
        return None


def _surprises(present: Estimate, addition: Addition) -> list[str]:
    """Return which of the new figures the present estimate does not expect."""
    from popest.estimates.predictive import surprises

    return surprises(present, addition.rows)


def _say_move(study: str, before: Estimate) -> None:
    """Say how the rows that were added moved the estimate.

    Where slice had to draw, that is left to a command of its own: it may take a minute, and no
    interrupt is heard any more once rows are written.
    """
    from popest.estimates import estimate
    from popest.estimates.words import in_brief

    if before.draws.engine != "bank":
        click.echo(f"See what it did: popest estimate {study}")
        return
    try:
        after = in_brief(estimate(load_study(study)))
    except PopestError as error:
        after = f"none, {str(error).splitlines()[0]}"
    click.echo(f"Before: {in_brief(before)}\nNow:    {after}")


def _hear_no_interrupt() -> None:
    """Let Ctrl-C come too late, from here to the end of the process.

    Until here an interrupt means that nothing was added, and the exit code says so. Once rows are
    being written, what became of them is said, and no later interrupt may deny it.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
