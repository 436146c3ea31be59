"""Appending rows to ``observations.csv``: all of them or none, and never anything else.

The file is replaced by one that begins with the same bytes, but for the cells of a new column.
"""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from popest.ledger.lock import LedgerError
from popest.study.drafts.addition import Addition, Ledger
from popest.study.files.locate import is_installed
from popest.study.files.reading import (
    LARGEST_FILE,
    OBSERVATIONS_FILE,
    POPULATIONS_FILE,
    SPECIFICATION_FILE,
    read_bounded,
    typed,
)
from popest.study.files.whole import (
    confirm_names,
    difference,
    exchange,
    mode_of,
    oddity,
    write_like,
)
from popest.study.tables.widening import is_widened

UNFINISHED_FILE = f".{OBSERVATIONS_FILE}.new"


def refuse_to_write(folder: Path) -> None:
    """Refuse folders to which nothing may be added, before a person has answered anything.

    Raises
    ------
    LedgerError
        When the study belongs to an installed package, or its observations are not a plain file
        that somebody may write.
    """
    path = folder / OBSERVATIONS_FILE
    if is_installed(folder):
        raise LedgerError(
            f"{typed(folder)} is part of an installed package, and the next update would remove "
            f"what is added to it. Copy it and add to the copy: "
            f"popest sources copy {folder.name} ./my-{folder.name}"
        )
    if not os.path.lexists(path):
        return  # said when it is read
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise LedgerError(
            f"{typed(path)} is a link, which adding would replace by a file. Name the folder of "
            f"{os.readlink(path)} instead"
        )
    fault = oddity(status)
    if fault is not None:
        raise LedgerError(
            f"{typed(path)} {fault}, and adding would replace this name alone by a new file; "
            "nothing was added. To add to a copy of the study: popest sources copy STUDY FOLDER"
        )
    if not status.st_mode & 0o222:  # the superuser is told, too
        raise LedgerError(
            f"{typed(path)} is read-only (mode {mode_of(status)}); nothing was added. If figures "
            f"may be added to it: chmod u+w {shlex.quote(typed(path))}"
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
        When a file of the study has changed since it was read, or the observations cannot be
        written.
    """
    refuse_to_write(folder)
    path, unfinished = folder / OBSERVATIONS_FILE, folder / UNFINISHED_FILE
    after = addition.observations.text.encode()
    try:
        status = path.lstat()
        _remove_litter(unfinished)
        try:
            write_like(unfinished, after, status)
            _verify(folder, addition)
            _put_in_place(folder, addition)
        finally:
            with suppress(OSError):  # litter for the next writer
                unfinished.unlink()
    except OSError as error:
        message = f"{typed(path)} cannot be written ({error.strerror}); nothing was added"
        raise LedgerError(message) from None
    try:
        confirm_names(folder)
    except OSError as error:
        raise LedgerError(
            f"{typed(path)}: the rows were added, but the disk did not confirm it "
            f"({error.strerror}); look whether they are still there after a restart"
        ) from None


def _remove_litter(unfinished: Path) -> None:
    """Remove what a killed writer left; only the holder of the lock writes under this name."""
    try:
        fault = oddity(unfinished.lstat())
    except FileNotFoundError:
        return
    if fault is not None:
        raise LedgerError(
            f"{typed(unfinished)} {fault}: popest has not left it, and needs the name; nothing "
            "was added. Look at it and move it away"
        )
    unfinished.unlink()


def _verify(folder: Path, addition: Addition) -> None:
    """Refuse a new table that is not what was meant, and files that were changed meanwhile."""
    before, after = addition.ledger.observations.text, addition.observations.text
    written = (folder / UNFINISHED_FILE).read_bytes()
    is_kept = addition.base == before
    if addition.gained:
        is_kept = is_widened(before, addition.base, addition.gained)
    if written != after.encode() or not is_kept or not after.startswith(addition.base):
        raise LedgerError(
            f"{typed(folder / OBSERVATIONS_FILE)}: what was written is not what was meant; nothing "
            "was added"
        )
    _refuse_changes(folder, addition.ledger, OBSERVATIONS_FILE)


def _put_in_place(folder: Path, addition: Addition) -> None:
    """Give the new table its name, and look at what had the name until then.

    The lock keeps other writers of popest out; an editor that saves a file knows no lock. What it
    saves after the last look is found in the file that was replaced, and put back. Where two
    names cannot be swapped (macOS, disks over a network) the last look is all there is.
    """
    path, unfinished = folder / OBSERVATIONS_FILE, folder / UNFINISHED_FILE
    if not exchange(unfinished, path):
        unfinished.replace(path)
        return
    try:
        _refuse_changes(folder, addition.ledger, UNFINISHED_FILE)
    except LedgerError:
        unfinished.replace(path)
        raise


def _refuse_changes(folder: Path, ledger: Ledger, table: str) -> None:
    """Refuse when a file of the study is not what was read; `table` is where the old table is."""
    read = {OBSERVATIONS_FILE: ledger.observations, SPECIFICATION_FILE: ledger.specification}
    if ledger.populations is not None:
        read[POPULATIONS_FILE] = ledger.populations
    for name, before in read.items():
        present = table if name == OBSERVATIONS_FILE else name
        try:
            data = read_bounded(folder / present, LARGEST_FILE[name])
        except OSError as error:
            raise LedgerError(
                f"{typed(folder / name)} was changed by another program meanwhile and cannot be "
                f"read any more ({error.strerror}); nothing was added"
            ) from None
        if data != before.text.encode():
            said = difference(before.text.encode(), data)
            raise LedgerError(f"{typed(folder / name)}{said}")
