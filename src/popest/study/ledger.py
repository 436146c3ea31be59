"""Appending rows to ``observations.csv``: all of them or none, and never anything else.

What a row says is put together in ``popest.study.drafts``, and what is likely wrong with it is
found in ``popest.study.slips``. Here rows become text, the study that results is checked, and
the file is replaced by one that begins with the same bytes.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from popest.study.check import Checked, checked
from popest.study.files import (
    LARGEST_FILE,
    OBSERVATIONS_FILE,
    SPECIFICATION_FILE,
    FileText,
    decoded,
    read_file,
    typed,
)
from popest.study.locate import is_installed
from popest.study.lock import LedgerError
from popest.study.problems import Problem, StudyError
from popest.study.records import COLUMNS, Observation
from popest.study.table import Table, read_table

NEW_ROW = "new row"

UNFINISHED_FILE = f".{OBSERVATIONS_FILE}.new"

_SPECIAL = frozenset(',"\r\n')

type Cells = Mapping[str, str]
"""The text of each column of one row."""


@dataclass(frozen=True)
class Draft:
    """A row to be appended, and where its author can find it: a file and a line."""

    cells: Cells
    file: str = NEW_ROW
    line: int = 1


@dataclass(frozen=True)
class Ledger:
    """The two files of a study as they are, to which rows may be appended.

    Of the present files only the observations have to be readable: it is the study with the new
    rows that must be valid, so that rows can be added together with what names them.
    """

    specification: FileText
    observations: FileText

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """Read both files of a folder.

        Raises
        ------
        StudyError
            When the observations cannot be read as a table.
        """
        files = (read_file(folder, SPECIFICATION_FILE), read_file(folder, OBSERVATIONS_FILE))
        ledger = cls(*files)
        if ledger.table.problems:
            raise StudyError(ledger.table.problems)
        return ledger

    @cached_property
    def table(self) -> Table:
        """The rows on file."""
        return read_table(self.observations)

    @cached_property
    def cells(self) -> dict[str, Cells]:
        """The text of every row on file, by its id."""
        text = io.StringIO(self.observations.text.removeprefix("\ufeff"), newline="")
        return {row["id"]: row for row in csv.DictReader(text, strict=True)}

    def with_rows(self, drafts: Sequence[Draft]) -> Addition:
        """Return what the study would be with more rows.

        Raises
        ------
        StudyError
            With every problem of the study that would result; those of a new row are said of
            the place where it comes from.
        """
        before = self.observations
        text = before.text + lines_of(before.text, [draft.cells for draft in drafts])
        after = decoded(before.file, text.encode("utf-8", "surrogatepass"))
        if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FILE[OBSERVATIONS_FILE]:
            rule = f"would be larger than {LARGEST_FILE[OBSERVATIONS_FILE] / 1e6:g} MB"
            after = FileText(before.file, problem=_file_problem(before.file, rule))
        try:
            content = checked(self.specification, after)
        except StudyError as error:
            places = _places(before.text, drafts)
            found = [_placed(problem, before.file, places) for problem in error.problems]
            raise StudyError(found) from None
        return Addition(self, tuple(drafts), after, content)


@dataclass(frozen=True)
class Addition:
    """Rows that may be appended: the study that they give is valid."""

    ledger: Ledger
    drafts: tuple[Draft, ...]
    observations: FileText
    content: Checked

    @property
    def rows(self) -> tuple[Observation, ...]:
        """The new rows as records."""
        return self.content.rows[len(self.content.rows) - len(self.drafts) :]


def lines_of(before: str, rows: Sequence[Cells]) -> str:
    """Return rows as lines to be appended to a text: they end as its own lines do."""
    newline = "\r\n" if _uses_crlf(before) else "\n"
    lines = [",".join(_quoted(row.get(column, "")) for column in COLUMNS) for row in rows]
    gap = newline if before and not before.endswith(("\n", "\r")) else ""
    return gap + "".join(line + newline for line in lines)


def _quoted(text: str) -> str:
    """Return a cell as CSV; the standard writer leaves a lone carriage return bare before 3.13."""
    if _SPECIAL.isdisjoint(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _uses_crlf(text: str) -> bool:
    return text.partition("\n")[0].endswith("\r")


def _places(before: str, drafts: Sequence[Draft]) -> dict[int, Draft]:
    """Return, for each line that would be appended, the draft of whose row it is a part."""
    places: dict[int, Draft] = {}
    line = _line_count(before) + 1
    for draft in drafts:
        after = line + _line_count(lines_of("", [draft.cells]))
        places |= dict.fromkeys(range(line, after), draft)
        line = after
    return places


def _line_count(text: str) -> int:
    return sum(1 for _ in io.StringIO(text, newline=""))


def _placed(problem: Problem, file: str, places: Mapping[int, Draft]) -> Problem:
    draft = places.get(problem.line) if problem.file == file else None
    return problem if draft is None else replace(problem, file=draft.file, line=draft.line)


def _file_problem(file: str, rule: str) -> Problem:
    return Problem(file, 1, "file", None, rule, "add fewer rows, or begin a study of its own")


def refuse_to_write(folder: Path) -> None:
    """Refuse folders to which nothing may be added, before a person has answered anything.

    Raises
    ------
    LedgerError
        When the study belongs to an installed package, or its observations are a link.
    """
    path = folder / OBSERVATIONS_FILE
    if is_installed(folder):
        raise LedgerError(
            f"{typed(folder)} is part of an installed package, and the next update would remove "
            f"what is added to it. Copy it and add to the copy: "
            f"popest sources copy {folder.name} ./my-{folder.name}"
        )
    if path.is_symlink():
        raise LedgerError(
            f"{typed(path)} is a link, which adding would replace by a file. Name the folder of "
            f"{os.readlink(path)} instead"
        )


def write(folder: Path, addition: Addition) -> None:
    """Replace the observations by those with the new rows; the lock must be held.

    Parameters
    ----------
    folder
        The folder of the study.
    addition
        What to append.

    Raises
    ------
    LedgerError
        When the file has changed since it was read, or cannot be written.
    """
    refuse_to_write(folder)
    path, unfinished = folder / OBSERVATIONS_FILE, folder / UNFINISHED_FILE
    before = addition.ledger.observations.text.encode()
    after = addition.observations.text.encode()
    try:
        status = path.stat()
        # Only the holder of the lock writes under this name, so it is litter of a killed one.
        unfinished.unlink(missing_ok=True)
        try:
            _write_whole(unfinished, after, status)
            _verify(path, unfinished, before, after)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        message = f"{typed(path)} cannot be written ({error.strerror}); nothing was added"
        raise LedgerError(message) from None
    _confirm(folder, path)


def _write_whole(path: Path, data: bytes, like: os.stat_result) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        if (os.geteuid(), os.getegid()) != (like.st_uid, like.st_gid) and os.geteuid() == 0:
            os.fchown(handle, like.st_uid, like.st_gid)
        os.fchmod(handle, stat.S_IMODE(like.st_mode))
        os.fsync(handle)
    finally:
        os.close(handle)


def _verify(path: Path, unfinished: Path, before: bytes, after: bytes) -> None:
    """Refuse to replace a file that was changed meanwhile, or by anything but more rows.

    The lock keeps other writers of popest out; an editor that saves the file knows no lock, and
    what it saved since the rows were drafted must not be lost.
    """
    written = unfinished.read_bytes()
    if written != after or not written.startswith(before):
        raise LedgerError(
            f"{typed(path)}: what was written is not what was meant; nothing was added"
        )
    if path.read_bytes() != before:
        message = f"{typed(path)} was changed by another program meanwhile; nothing was added"
        raise LedgerError(f"{message}. Look at it and try again")


def _confirm(folder: Path, path: Path) -> None:
    """Have the disk confirm that the file has its name."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise LedgerError(
            f"{typed(path)}: the rows were added, but the disk did not confirm it "
            f"({error.strerror}); look whether they are still there after a restart"
        ) from None
