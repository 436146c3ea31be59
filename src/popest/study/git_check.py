"""Rows that were edited or removed since the last commit, where a study is kept in git.

A file cannot show by itself that it was only ever added to; git remembers what it was.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from popest.study.files import OBSERVATIONS_FILE, typed
from popest.study.problems import PopestError, Problem
from popest.study.records import COLUMNS

PATIENCE = 20.0
"""Seconds to wait for git."""

type Row = Sequence[str]


def edited_rows(folder: Path) -> list[Problem]:
    """Return a problem for each committed row that does not stand unchanged where it stood.

    Parameters
    ----------
    folder
        The folder of a study. Nothing is compared where git is not installed, the folder is not
        in a work tree, or nothing of it is committed yet.

    Raises
    ------
    PopestError
        When git refuses to say what was committed.
    """
    committed = _committed(folder)
    if committed is None:
        return []
    path = folder / OBSERVATIONS_FILE
    try:
        present = path.read_bytes()
    except OSError:
        return []  # said by the check of the file itself
    before, after = _plain(committed), _plain(present)
    if after.startswith(before) and (
        before.endswith("\n") or after[len(before) :][:1] in ("", "\n")
    ):
        return []
    return _faults(typed(path), _rows(before), _rows(after)) or [_rewritten(typed(path))]


def _committed(folder: Path) -> bytes | None:
    """Return the observations of the last commit, or None where there are none."""
    git = shutil.which("git")
    if git is None:
        return None
    # Within a hook git's own variables name the repository relative to another folder.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    command = [git, "-C", str(folder), "cat-file", "blob", f"HEAD:./{OBSERVATIONS_FILE}"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            env=environment | {"LC_ALL": "C"},
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise PopestError(f"{typed(folder)}: git did not answer in {PATIENCE:.0f} s") from None
    if done.returncode == 0:
        return done.stdout
    message = done.stderr.decode(errors="replace")
    if "dubious ownership" in message:
        raise PopestError(
            f"{typed(folder)}: git refuses to say what was committed, as the folder belongs to "
            "somebody else; name it under safe.directory of your git configuration"
        )
    return None


def _plain(data: bytes) -> str:
    """Return text without what git or an editor may change of it: line ends, the mark."""
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    return text.replace("\r\n", "\n")


def _rows(text: str) -> list[tuple[int, Row]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[tuple[int, Row]] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return rows
        except csv.Error:
            continue
        if row:
            rows.append((line, row))


def _faults(
    file: str, before: Sequence[tuple[int, Row]], after: Sequence[tuple[int, Row]]
) -> list[Problem]:
    """Return a problem for each row that was edited, removed."""
    by_id = {row[0]: (line, row) for line, row in reversed(after)}
    found = []
    for line, row in before:
        if row[0] not in by_id:
            rule = f"was removed since the last commit; it stood on line {line}"
            remedy = f"put the row back, and withdraw it: popest sources withdraw {row[0]}"
            found.append(Problem(file, min(line, _last(after)), "id", row[0], rule, remedy))
        elif by_id[row[0]][1] != row:
            found += _edited(file, *by_id[row[0]], row)
    return found


def _edited(file: str, line: int, new: Row, old: Row) -> list[Problem]:
    remedy = f"restore the row, and correct it by a new one: popest sources revise {old[0]}"
    if len(old) != len(new) or len(old) != len(COLUMNS):
        return [Problem(file, line, "row", old[0], "was edited since the last commit", remedy)]
    return [
        Problem(file, line, column, now, f"of {old[0]} was {then!r} at the last commit", remedy)
        for column, then, now in zip(COLUMNS, old, new, strict=True)
        if then != now
    ]


def _rewritten(file: str) -> Problem:
    rule = "has the rows of the last commit in another order or with other quotes"
    remedy = "restore the file (git diff shows the lines), and only append to it"
    return Problem(file, 1, "file", None, rule, remedy)


def _last(rows: Sequence[tuple[int, Row]]) -> int:
    return rows[-1][0] if rows else 1
