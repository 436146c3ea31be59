"""A study with a figure that is not on file, to see what it would do to the estimate.

The figure passes the same drafting and the same checks as one that is appended to a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added
from popest.study.drafts.new_rows import Draft
from popest.study.files.reading import FileText
from popest.study.observations.observation import COLUMNS
from popest.study.problems import UsageError, listed, shown, suggestion

PUBLISHER = "nobody yet: a what-if"

type Entry = str | int | bool | date | None


def with_figure(
    texts: tuple[FileText, FileText], given: Mapping[str, Entry], recorded: date | None
) -> tuple[FileText, FileText]:
    """Return the two files of a study with one more figure.

    Parameters
    ----------
    texts
        The files as they are.
    given
        Columns of the new row; those that are None are filled in or empty.
    recorded
        The day of recording; today when None.

    Raises
    ------
    StudyError
        When the figure breaks a rule.
    UsageError
        When a column is unknown.
    """
    for column in given:
        if column not in COLUMNS or column == "recorded":
            near = suggestion(column, COLUMNS)
            known = listed(name for name in COLUMNS if name != "recorded")
            raise UsageError(f"no column has the name {shown(column)}: {near}write one of {known}")
    said = {column: _text(entry) for column, entry in given.items() if entry is not None}
    cells = {"precision": "exact"} | said
    if not cells.get("derived_from"):
        cells = {"publisher": PUBLISHER} | cells
    ledger = Ledger(*texts)
    rows = added(ledger, [Draft(cells)], recorded or date.today())
    return ledger.specification, ledger.with_rows(rows).observations


def _text(entry: Entry) -> str:
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    if isinstance(entry, datetime):
        entry = entry.date()
    return entry.isoformat() if isinstance(entry, date) else str(entry)
