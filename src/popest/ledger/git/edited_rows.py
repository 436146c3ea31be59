"""Rows that were edited or removed since they were committed, where a study is kept in git.

A file cannot show by itself that it was only ever added to; git remembers what it was. What counts
is each row as it was first committed: a row that was edited and put back is as it was.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from popest.ledger.git.history import Say, Version, versions
from popest.ledger.git.row_history import Row, RowHistory, appended, plain, row_of, rows_of
from popest.study.files.reading import LARGEST_FILE, OBSERVATIONS_FILE, read_bounded, typed
from popest.study.problems import Problem
from popest.study.tables.widening import widened

type NumberedRow = tuple[int, Sequence[str]]


def edited_rows(folder: Path, say: Say = warnings.warn) -> list[Problem]:
    """Return a problem for each row that does not stand as it was first committed.

    Parameters
    ----------
    folder
        The folder of a study. Nothing is compared where it is not in a work tree of git, or
        nothing of it is committed yet.
    say
        Called with a sentence about what could not be compared.

    Raises
    ------
    PopestError
        When git cannot read what was committed.
    """
    path = folder / OBSERVATIONS_FILE
    history = RowHistory()
    for version in versions(path, say):
        history.follow(version)
        if history.is_too_wide:
            say(f"{typed(path)}: too many branches: versions after {version} were not compared")
            break
    present = _present(path)
    if present is None:
        return []  # said by the check of the file itself
    return _faults(typed(path), history, present) or _rewritten(typed(path), history, present)


def _present(path: Path) -> str | None:
    """Return the table as it stands, None where it cannot be read or is too large to be one."""
    try:
        return plain(read_bounded(path, LARGEST_FILE[OBSERVATIONS_FILE]))
    except OSError:
        return None


def _faults(file: str, history: RowHistory, present: str) -> list[Problem]:
    """Return a problem for each row that was edited, removed."""
    rows = _numbered(present)
    last_line, header = next(rows, (1, []))
    by_id: dict[str, list[NumberedRow]] = {}
    for last_line, cells in rows:
        if cells[0] in history.first:
            by_id.setdefault(cells[0], []).append((last_line, cells))
    changed = {
        name: next(iter(originals.items()))
        for name, originals in history.first.items()
        if not any(row_of(header, cells) in originals for _, cells in by_id.get(name, ()))
    }
    stood = {cells[0]: line for line, cells in _numbered(history.tip)} if changed else {}
    last = {row for _, row in rows_of(history.tip)} if changed else set()
    found = []
    for name, (row, version) in changed.items():
        change = None if row in last else history.lost.get(row, version)
        if name in by_id:
            found += _edited(file, header, by_id[name][0], row, change)
        else:
            line = min(stood.get(name, 1), last_line)
            found.append(_removed(file, line, name, stood.get(name), change))
    return found


def _removed(file: str, line: int, name: str, stood: int | None, change: Version | None) -> Problem:
    rule = f"was removed by {change}"
    if change is None:
        rule = f"was removed since the last commit; it stood on line {stood}"
    remedy = f"put the row back, and withdraw it: popest sources withdraw {name}"
    return Problem(file, line, "id", name, rule, remedy)


def _edited(
    file: str, header: Sequence[str], now: NumberedRow, row: Row, change: Version | None
) -> list[Problem]:
    """Return a problem for each cell of a row that was edited."""
    line, cells = now
    remedy = f"restore the row, and correct it by a new one: popest sources revise {cells[0]}"
    if len(cells) != len(header):
        rule = "was edited since the last commit" if change is None else f"was edited by {change}"
        return [Problem(file, line, "row", cells[0], rule, remedy)]
    when = "at the last commit" if change is None else f"until {change}"
    before, after = dict(row), dict(zip(header, cells, strict=True))
    return [
        Problem(file, line, column, value, f"of {cells[0]} was {then!r} {when}", remedy)
        for column in [*header, *(before.keys() - set(header))]
        if (value := after.get(column, "")) != (then := before.get(column, ""))
    ]


def _rewritten(file: str, history: RowHistory, present: str) -> list[Problem]:
    """Return a problem where all rows of the last commit stand, but otherwise than before."""
    tip = history.tip
    if not tip or appended(tip, present) is not None:
        return []
    gained = _gained(tip, present)
    if gained and appended(widened(tip, gained), present) is not None:
        return []
    rows = set(rows_of(tip))
    is_sound = len(list(rows_of(tip))) == len(list(_numbered(tip))) - 1
    if not is_sound or not rows <= set(rows_of(present)):
        return []  # what was no row was mended, or a row was put back
    rule = "has the rows of the last commit in another order or with other quotes"
    remedy = "restore the file (git diff shows the lines), and only append to it"
    return [Problem(file, 1, "file", None, rule, remedy)]


def _gained(before: str, after: str) -> list[str]:
    """Return the columns that a table has at its end and an earlier version had not."""
    old, new = (next(_numbered(text), (1, []))[1] for text in (before, after))
    return list(new[len(old) :])


def _numbered(text: str) -> Iterator[NumberedRow]:
    """Yield the rows of a text, the header too, with the lines on which they begin."""
    reader = csv.reader(io.StringIO(text, newline=""))
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue
        if row:
            yield line, row
