"""From what a person gives to the columns of new rows: figures added, revised, withdrawn, supposed.

What can be filled in is: an id, the day of recording, the value of a sum, and the sums that rest
on a row which is replaced. Whether the rows may stand is decided by ``popest.study.check``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from operator import attrgetter

from popest.study.calendar import parse_period
from popest.study.drafts.addition import Ledger, NewIds
from popest.study.drafts.new_rows import NEW_ROW, Cells, Draft, lines_of
from popest.study.entry_types import is_blank
from popest.study.files.reading import FileText
from popest.study.measures import rules_of
from popest.study.observations.columns import (
    COLUMNS,
    PANEL_COLUMNS,
    PRECISIONS,
    columns_of,
)
from popest.study.observations.links import newest, superseders
from popest.study.observations.table import read_table
from popest.study.problems import Problem, UsageError, listed, shown, suggestion
from popest.study.specification.records import Source
from popest.study.tables.cells import LAST_YEAR
from popest.study.tables.csv_table import LedgerRow

_WHOLE = re.compile("-?[0-9]{1,15}")
_DERIVED = re.compile(r"([+-])(\S+)")
PUBLISHER_OF_WHAT_IF = "nobody yet: a what-if"
_QUANTITIES = columns_of("quantity")
_NEUTRAL_CELLS = {
    "id": "A",
    "source": "a",
    "value": "1",
    "recorded": f"{LAST_YEAR}-12-31",
    "publisher": "A",
    "use": "yes",
}

type Entry = str | float | bool | date | None


def added(ledger: Ledger, given: Sequence[Draft], today: date) -> list[Draft]:
    """Return complete rows from the columns that were given, and the sums they change.

    Parameters
    ----------
    ledger
        The study to be added to.
    given
        For each figure the columns that a person gave. The rest is filled in: `use` is yes, `id`
        is the next number of the source's ids, `value`, `publisher`, `published` and `population`
        of a sum follow from its parents. `recorded` is always filled in, and the day that was given
        kept beside it. What could not be read at all stays as it is.
    today
        The day of recording.
    """
    ids = NewIds(ledger, [draft.cells.get("id", "") for draft in given])
    day = _recording_day(ledger, today)
    known = dict(ledger.cells)
    rows = []
    for draft in given:
        if not draft.cells:
            rows.append(draft)
            continue
        cells = {column: draft.cells.get(column, "") for column in ledger.columns}
        cells["recorded"] = day
        cells["use"] = cells["use"] or "yes"
        cells["id"] = cells["id"] or ids.next(cells["source"])
        if cells["derived_from"]:
            _fill_sum(cells, known)
        known[cells["id"]] = cells
        given_day = draft.cells.get("recorded", "")
        rows.append(replace(draft, cells=cells, recorded=given_day))
    return rows + list(_recomputed(ledger, [row for row in rows if row.cells], ids))


def revised(ledger: Ledger, name: str, given: Mapping[str, str], today: date) -> list[Draft]:
    """Return the row that replaces one on file, and the sums it changes.

    Parameters
    ----------
    ledger
        The study to be added to.
    name
        The id of the row, which must be in force.
    given
        The columns that change; the others are copied. What a figure of another precision does not
        have is not: the bounds of a count between two, the error of a bound.
    today
        The day of recording.

    Raises
    ------
    UsageError
        When there is no such row in force, or nothing changes.
    """
    old = _in_force(ledger, name)
    source = old["source"]
    if all(old[column] == text for column, text in given.items() if column != "id"):
        raise UsageError(f"nothing of {name} would change: give the columns that are to be others")
    kept = {column: text for column, text in old.items() if column not in _not_kept(old, given)}
    cells = {**kept, "id": "", "recorded": "", **given, "source": source, "supersedes": name}
    if "derived_from" in given and "value" not in given:
        cells["value"] = ""
    return added(ledger, [Draft(cells)], today)


def withdrawn(
    ledger: Ledger, name: str, reason: str, today: date, published: str | None = None
) -> list[Draft]:
    """Return the row that takes a figure back, and those that take back what rests on it.

    Parameters
    ----------
    ledger
        The study to be added to.
    name
        The id of the row, which must be in force.
    reason
        Why it is not to be used any more.
    today
        The day of recording.
    published
        When it became known that the figure is wrong, ``YYYY[-MM[-DD]]``; today when None. Views
        as of earlier days keep the figure.

    Raises
    ------
    UsageError
        When there is no such row in force, or no reason.
    """
    if is_blank(reason):
        raise UsageError("a withdrawal needs its reason: --reason")
    ids, day = NewIds(ledger), _recording_day(ledger, today)
    known_on = day if published is None else published
    rows = [_successor(_in_force(ledger, name), ids, day, reason, {})]
    replaced = {name: rows[0]["id"]}
    for old in _sums_in_force(ledger, {name}):
        parents = [parent for _, parent in _parents(old) if parent in replaced]
        if parents:
            why = f"Withdrawn with {', '.join(parents)}: {reason}"
            rows.append(_successor(old, ids, day, why, replaced))
            replaced[old["id"]] = rows[-1]["id"]
    return [Draft(row | {"published": known_on, "use": "no"}) for row in rows]


def with_figure(
    texts: tuple[FileText, FileText], given: Mapping[str, Entry], recorded: date | None
) -> tuple[FileText, FileText]:
    """Return the two files of a study with one more figure, to see what it would do.

    The figure passes the same drafting and the same checks as one that is appended to a file.

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
    said = {column: _cell(entry) for column, entry in given.items() if entry is not None}
    cells = {"precision": "exact"} | said
    if not cells.get("derived_from"):
        cells = {"publisher": PUBLISHER_OF_WHAT_IF} | cells
    ledger = Ledger(*texts)
    rows = added(ledger, [Draft(cells)], recorded or date.today())
    return ledger.specification, ledger.with_rows(rows).observations


def missing_columns(
    given: Cells, sources: Mapping[str, Source], columns: Iterable[str] = COLUMNS
) -> list[str]:
    """Return the columns that a person still has to give for a new row.

    `columns` are those that the table may have: in a panel, a row says of which population it is.
    `published` has to be given for a used row, but may be empty: it must not be forgotten, as
    views as of a day leave out what has no such day.
    """
    is_range = given.get("precision") == "between"
    needed = {"source", "publisher"} | ({"lower", "upper"} if is_range else {"value"})
    source = sources.get(given.get("source", ""))
    if given.get("use", "") not in ("", "yes"):
        needed.add("note")
    elif source is not None and rules_of(source.measure).has_start:
        needed |= {"precision", "start", "end", "published"}
    else:
        needed |= {"precision", "end", "published"}
    if "population" in columns:
        needed.add("population")
    if given.get("derived_from"):
        # These follow from those of its parents.
        needed -= {"value", "publisher", "published", "population"}
    known = {column for column, text in given.items() if text or column == "published"}
    # How a figure was printed comes before it: between two counts it is no value.
    first = ("source", "population", "precision", *_QUANTITIES)
    order = sorted(PANEL_COLUMNS, key=(*first, *COLUMNS).index)
    return [column for column in order if column in needed - known]


def cell_problem(column: str, text: str) -> Problem | None:
    """Return what is wrong with the text of one column by itself, or None."""
    header = dict(zip(PANEL_COLUMNS, PANEL_COLUMNS, strict=True))
    lines = lines_of("", [header, _NEUTRAL_CELLS | {column: text}], tuple(PANEL_COLUMNS))
    table = read_table(FileText(NEW_ROW, lines), of_panel=True)
    return next((problem for problem in table.problems if problem.field == column), None)


def days_not_taken(rows: Iterable[Draft]) -> list[str]:
    """Say that days of recording which were given are not those on record."""
    others = [row for row in rows if row.recorded and row.recorded != row.cells["recorded"]]
    first = {row.file: row for row in reversed(others)}
    return [
        f"{name}:{first[name].line}: recorded {shown(first[name].recorded)} is not taken over"
        f"{f', nor are {number - 1:,} more days' if number > 1 else ''}: a row is recorded on the "
        f"day on which it is added, {first[name].cells['recorded']}. If the other day matters, "
        "write it into note."
        for name, number in Counter(row.file for row in others).items()
    ]


def days_to_come(rows: Iterable[LedgerRow], today: date) -> list[str]:
    """Say that the newest row was recorded on a day that has not come.

    A day ahead may be right, as it begins earlier in the east.
    """
    newest_row = max(rows, key=attrgetter("recorded"), default=None)
    if newest_row is None or newest_row.recorded <= today + timedelta(days=1):
        return []
    day = newest_row.recorded
    return [
        f"{newest_row.id} was recorded on {day}, which has not come (today is {today}): every row "
        f"that is added gets that day too. Check the clock, and the column recorded of the row."
    ]


def _recording_day(ledger: Ledger, today: date) -> str:
    """Return the day to record: today, or the last one on file when the clock is behind it.

    The file is replayed by this day, so it never goes back from one row to the next.
    """
    return max([today, *(row.recorded for row in ledger.table.rows)]).isoformat()


def _in_force(ledger: Ledger, name: str) -> Cells:
    superseded_by = superseders(ledger.table.rows)
    if name in superseded_by:
        now = newest(name, superseded_by)
        raise UsageError(f"{name} was replaced by {superseded_by[name]} already: write {now}")
    if name not in ledger.cells:
        near = suggestion(name, ledger.table.lines)
        raise UsageError(f"no row has the id {shown(name)}: {near}write the id of a row on file")
    return ledger.cells[name]


def _not_kept(old: Cells, given: Mapping[str, str]) -> frozenset[str]:
    """Return the columns of a row that a correction by another precision does not copy."""
    before, after = old["precision"], given.get("precision", old["precision"])
    if before == after:
        return frozenset()
    if after == "between":
        return frozenset({"value", *_QUANTITIES})
    is_bound = after in PRECISIONS and PRECISIONS[after].is_bound
    return frozenset(_QUANTITIES if is_bound or before == "between" else ())


def _fill_sum(cells: dict[str, str], known: Mapping[str, Cells]) -> None:
    """Fill in what follows from the parents of a derived row and was not given.

    The error of a sum does not: how those of its parents go together is not known.
    """
    parents = [(sign, known[name]) for sign, name in _parents(cells) if name in known]
    values = [
        sign * int(parent["value"]) for sign, parent in parents if _WHOLE.fullmatch(parent["value"])
    ]
    if len(values) < len(list(_parents(cells))):
        return  # an unknown or unreadable parent, which the check names
    cells["value"] = cells["value"] or str(sum(values))
    populations = {parent.get("population", "") for _, parent in parents}
    if "population" in cells and len(populations) == 1:
        cells["population"] = cells["population"] or populations.pop()
    publishers = dict.fromkeys(parent["publisher"] for _, parent in parents)
    cells["publisher"] = cells["publisher"] or f"computed from {', '.join(publishers)}"
    cells["published"] = cells["published"] or _latest(parent["published"] for _, parent in parents)


def _recomputed(ledger: Ledger, rows: Sequence[Draft], ids: NewIds) -> Iterator[Draft]:
    """Give new rows for the sums in force that rest on a row which is replaced.

    Parents stand above, so one pass in file order also follows sums of sums.
    """
    replaced = {row.cells["supersedes"]: row.cells["id"] for row in rows if row.cells["supersedes"]}
    known = dict(ledger.cells) | {row.cells["id"]: row.cells for row in rows}
    for old in _sums_in_force(ledger, set(replaced)):
        changed = [parent for _, parent in _parents(old) if parent in replaced]
        if changed:
            news = ", ".join(f"{replaced[parent]} replaced {parent}" for parent in changed)
            note = f"Recomputed: {news}; see the note of {old['id']}."
            cells = _successor(old, ids, rows[0].cells["recorded"], note, replaced)
            cells |= {"value": "", "published": ""}
            _fill_sum(cells, known)
            known[cells["id"]] = cells
            replaced[old["id"]] = cells["id"]
            yield Draft(cells, f"new row {cells['id']}, computed anew")


def _sums_in_force(ledger: Ledger, replaced: set[str]) -> Iterator[Cells]:
    """Give the derived rows in force but for those that are replaced anyway."""
    superseded = superseders(ledger.table.rows).keys() | replaced
    for row in ledger.table.rows:
        if row.derived_from and row.id not in superseded:
            yield ledger.cells[row.id]


def _successor(
    old: Cells, ids: NewIds, day: str, note: str, replaced: Mapping[str, str]
) -> dict[str, str]:
    """Return the row that supersedes another, and rests on what replaced its parents."""
    return {
        **old,
        "id": ids.next(old["source"]),
        "recorded": day,
        "supersedes": old["id"],
        "derived_from": _renamed(old["derived_from"], replaced),
        "note": note,
    }


def _parents(cells: Cells) -> Iterator[tuple[int, str]]:
    for sign, name in _DERIVED.findall(cells["derived_from"]):
        yield (1 if sign == "+" else -1), name


def _renamed(derived_from: str, replaced: Mapping[str, str]) -> str:
    return _DERIVED.sub(lambda match: match[1] + replaced.get(match[2], match[2]), derived_from)


def _latest(published: Iterable[str]) -> str:
    """Return the latest of some periods as it is written; nothing when one is unknown."""
    try:
        return max((parse_period(text), text) for text in published)[1]
    except ValueError:  # one is unknown, or there are none
        return ""


def _cell(entry: Entry) -> str:
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    if isinstance(entry, datetime):
        entry = entry.date()
    if isinstance(entry, float) and entry.is_integer():
        return f"{entry:.0f}"
    return entry.isoformat() if isinstance(entry, date) else str(entry)
