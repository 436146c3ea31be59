"""One writer at a time: the lock on a study's folder.

Who may write is decided here; what is written is the business of ``popest.study.ledger``.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from popest.study.files import OBSERVATIONS_FILE, typed
from popest.study.problems import PopestError, printable

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK_FILE = f".{OBSERVATIONS_FILE}.lock"
PATIENCE = 5.0
"""Seconds to wait for another writer before giving up."""

_PAUSE = 0.02
_LONGEST_HOLDER = 500


class LedgerError(PopestError):
    """Rows that could not be written; unless the message says otherwise, nothing was changed."""


@contextmanager
def locked(folder: Path, patience: float | None = None) -> Iterator[None]:
    """Hold the lock of a study's folder.

    The lock is the kernel's (flock), not the existence of a file: it ends with its process,
    however that dies. A file left behind by a killed process is therefore merely litter, which
    the next writer takes over; no process id has to be looked up, which could not tell a dead
    writer from a new process with its number, and two waiting writers cannot both remove it. The
    file only says who holds the lock.

    Parameters
    ----------
    folder
        The folder of the study.
    patience
        Seconds to wait for another writer; `PATIENCE` when None.

    Raises
    ------
    LedgerError
        When the folder cannot be written, or another writer does not finish in time.
    """
    if fcntl is None:
        raise LedgerError(
            f"{typed(folder)}: rows can only be added on a system with file locks (Linux, macOS, "
            "or Windows by way of WSL)"
        )
    path = folder / LOCK_FILE
    handle = _acquired(path, time.monotonic() + (PATIENCE if patience is None else patience))
    try:
        yield
    finally:
        # Removed while it is still held, so that nobody holds a lock on a file without a name
        # and takes it for the lock: whoever waits compares the two (`_is_at`).
        path.unlink(missing_ok=True)
        os.close(handle)


def _acquired(path: Path, deadline: float) -> int:
    """Return the handle of the lock file, once this process holds the lock."""
    while True:
        handle = _opened(path)
        try:
            _wait_for(handle, path, deadline)
            if _is_at(path, handle):
                _write_holder(handle)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # the holder before removed the file: take the one there is now


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            reason = f"{path.name} is a link; remove it"
        else:
            reason = str(error.strerror)
        raise LedgerError(
            f"{typed(path.parent)}: the folder cannot be written ({reason}); nothing was added. "
            "To add to a copy of the study: popest sources copy STUDY FOLDER"
        ) from None


def _wait_for(handle: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise LedgerError(_busy(handle, path)) from None
            time.sleep(_PAUSE)
        except OSError as error:
            message = f"{typed(path.parent)}: the folder cannot be locked ({error.strerror})"
            raise LedgerError(message) from None
        else:
            return


def _is_at(path: Path, handle: int) -> bool:
    """Return whether the open file is still the one of that name."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _write_holder(handle: int) -> None:
    """Write who holds the lock; a full disk does not matter here, the rows are tried next."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"{os.getpid()} {os.uname().nodename} {now}\n"
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)
    except OSError:
        pass


def _busy(handle: int, path: Path) -> str:
    """Say who holds the lock, and for how long already."""
    place = typed(path.with_name(OBSERVATIONS_FILE))
    try:
        process, host, since = os.pread(handle, _LONGEST_HOLDER, 0).decode().split()
        age = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    except ValueError:  # the holder has not said yet who it is
        holder = "another process"
    else:
        holder = printable(f"process {int(process)} on {host}, for {max(age, 0):.0f} s so far")
    return f"{place} is being changed by {holder}; nothing was added. Try again when it is done"
