"""A study with a figure that is not on file, to see what it would do to the estimate.

The figure passes the same drafting and the same checks as one that is appended to a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from popest.study.drafts import added
from popest.study.ledger import Draft, Ledger
from popest.study.problems import UsageError, listed, shown, suggestion
from popest.study.records import COLUMNS
from popest.study.study import Study, study_of

PUBLISHER = "nobody yet: a what-if"

type Entry = str | int | bool | date | None


def with_figure(study: Study, given: Mapping[str, Entry], recorded: date | None) -> Study:
    """Return a view of a study with one more figure, without a folder.

    Parameters
    ----------
    study
        The study.
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
    texts = {column: _text(entry) for column, entry in given.items() if entry is not None}
    cells = {"precision": "exact"} | texts
    if not cells.get("derived_from"):
        cells = {"publisher": PUBLISHER} | cells
    ledger = Ledger(*study.texts())
    rows = added(ledger, [Draft(cells)], recorded or date.today())
    observations = ledger.with_rows(rows).observations
    return study_of(study.name, None, ledger.specification, observations, study.view)


def _text(entry: Entry) -> str:
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    if isinstance(entry, datetime):
        entry = entry.date()
    return entry.isoformat() if isinstance(entry, date) else str(entry)
