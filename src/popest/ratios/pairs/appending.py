"""Appending pairs to a folder's ``pairs.csv``: all rows or none, and never anything else."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from popest.ledger.lock import LedgerError, locked
from popest.ratios.pairs.load import read_pairs
from popest.ratios.pairs.records import PAIR_COLUMNS, Pair
from popest.study.files.reading import (
    LARGEST_FILE,
    PAIRS_FILE,
    FileText,
    UnfitFileError,
    decoded,
    read_bounded,
    typed,
)
from popest.study.files.whole import confirm_names, oddity, write_like, write_whole

HEADING = ",".join(PAIR_COLUMNS) + "\n"


def add_pairs(folder: Path, new: Path) -> tuple[Pair, ...]:
    """Append the rows of a file to the pairs of a folder; return all that are on file then.

    Parameters
    ----------
    folder
        The folder of ``pairs.csv``, which is made where there is none.
    new
        A file with the same columns, in the same order.

    Raises
    ------
    LedgerError
        When the file cannot be written, or a program is writing it.
    StudyError
        When the rows break a rule, by themselves or beside those on file.
    """
    path = folder / PAIRS_FILE
    if not path.exists() and not path.is_symlink():
        write_whole(path, lambda place: place.write_text(HEADING, encoding="utf-8"))
    with locked(folder, table=PAIRS_FILE):
        before = _read(path)
        ending = "" if before.text.endswith("\n") else "\n"
        after = before.text + ending + _rows_of(_read(new))
        pairs = read_pairs(FileText(typed(path), after))
        _replace(path, before.text.encode(), after.encode())
    return pairs


def _read(path: Path) -> FileText:
    try:
        found = decoded(typed(path), read_bounded(path, LARGEST_FILE[PAIRS_FILE]))
    except UnfitFileError as error:
        raise LedgerError(f"{typed(path)} {error.strerror}; nothing was added") from None
    except OSError as error:
        raise LedgerError(f"{typed(path)} cannot be read ({error.strerror})") from None
    if found.problem is not None:
        raise LedgerError(f"{found.problem}; nothing was added")
    return found


def _rows_of(new: FileText) -> str:
    """Return the rows of a file of pairs without its heading."""
    heading, _, rows = new.text.removeprefix("\ufeff").replace("\r\n", "\n").partition("\n")
    if heading != HEADING.strip():
        raise LedgerError(
            f"{new.file}:1: the heading is not that of pairs; nothing was added. Write {heading!r}"
            f" as: {HEADING.strip()}"
        )
    return rows if rows.endswith("\n") or not rows else rows + "\n"


def _replace(path: Path, before: bytes, after: bytes) -> None:
    unfinished = path.with_name(f".{PAIRS_FILE}.new")
    try:
        status = path.lstat()
        fault = oddity(status)
        if fault is not None:
            raise LedgerError(f"{typed(path)} {fault}; nothing was added")
        with suppress(FileNotFoundError):  # what a killed writer left; the lock is ours
            unfinished.unlink()
        try:
            write_like(unfinished, after, status)
            if read_bounded(path, LARGEST_FILE[PAIRS_FILE]) != before:
                raise LedgerError(f"{typed(path)} was changed meanwhile; nothing was added")
            os.replace(unfinished, path)
        finally:
            with suppress(OSError):
                unfinished.unlink()
        confirm_names(path.parent)
    except OSError as error:
        message = f"{typed(path)} cannot be written ({error.strerror}); nothing was added"
        raise LedgerError(message) from None
