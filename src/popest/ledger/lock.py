"""One writer at a time: the lock on a table of a folder, for all who append to one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from popest.study.files.reading import OBSERVATIONS_FILE, typed
from popest.study.files.whole import group_name, oddity, owner_name
from popest.study.problems import PopestError, printable

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"
LOCK_FILE = f".{OBSERVATIONS_FILE}{LOCK}"
PATIENCE = 5.0
"""Seconds to wait for another writer before giving up."""

_PAUSE = 0.02
_LONGEST_HOLDER = 500
_CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC if fcntl else 0


class LedgerError(PopestError):
    """Rows that could not be written; unless the message says otherwise, nothing was changed."""


@contextmanager
def locked(
    folder: Path, patience: float | None = None, table: str = OBSERVATIONS_FILE
) -> Iterator[None]:
    """Hold the lock of a table in a folder.

    The lock is the kernel's (flock), not the existence of a file: it ends with its process,
    however that dies. A file left behind by a killed process is therefore merely litter, which
    the next writer removes, whoever left it; no process id has to be looked up, which could not
    tell a dead writer from a new process with its number. The file only says who holds the lock.

    Nothing is ever written into a file that was there before: it may be another name of something
    precious. The lock is held on a file that this process has made, and what stands under its
    name already is removed only when it is a lock that an owner or the group of the table left.

    Parameters
    ----------
    folder
        The folder of the study, or of pairs.
    patience
        Seconds to wait for another writer; `PATIENCE` when None.
    table
        The name of the table.

    Raises
    ------
    LedgerError
        When the folder cannot be written, something else stands under the name of the lock, or
        another writer does not finish in time.
    """
    if fcntl is None:
        raise LedgerError(
            f"{typed(folder)}: rows can only be added on a system with file locks (Linux, macOS, "
            "or Windows by way of WSL)"
        )
    path = folder / f".{table}{LOCK}"
    handle = _acquired(path, time.monotonic() + (PATIENCE if patience is None else patience))
    try:
        yield
    finally:
        # Removed while it is still held, so that nobody holds a lock on a file without a name
        # and takes it for the lock: whoever waits compares the two (`_is_at`).
        with suppress(OSError):  # what cannot be removed is litter for the next writer
            if _is_at(path, handle):
                path.unlink()
        os.close(handle)


def _table(path: Path) -> Path:
    """Return the table that a lock is of."""
    return path.with_name(path.name.removeprefix(".").removesuffix(LOCK))


def _acquired(path: Path, deadline: float) -> int:
    """Return the handle of a lock file that this process has made, once it holds the lock."""
    while True:
        handle, is_new = _opened(path, deadline)
        try:
            _wait_for(handle, path, deadline)
            if _is_at(path, handle):
                if is_new:
                    _share(handle, path)
                    _write_holder(handle)
                    return handle
                _remove_left_behind(path)
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # the file is gone, by us or by its holder: make a new one


def _opened(path: Path, deadline: float) -> tuple[int, bool]:
    """Return a handle of the lock file, and whether it was made here."""
    while True:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _CAREFULLY, 0o666), True
        except FileExistsError:
            pass
        except OSError as error:
            raise LedgerError(
                f"{typed(path.parent)}: the folder cannot be written ({error.strerror}); nothing "
                "was added. To add to a copy of the study: popest sources copy STUDY FOLDER"
            ) from None
        try:
            status = os.lstat(path)
            _refuse_unless_lock(path, status)
            return _opened_to_wait(path), False
        except FileNotFoundError:  # its holder has finished: make a new one
            continue
        except PermissionError:  # it may not have got its mode yet
            if time.monotonic() > deadline:
                fault = f"belongs to {owner_name(status)} and cannot be read"
                raise _not_a_lock(path, fault) from None
        except OSError as error:
            raise _not_a_lock(path, f"cannot be opened ({error.strerror})") from None
        time.sleep(_PAUSE)


def _opened_to_wait(path: Path) -> int:
    """Open a lock that somebody else made; by disks over a network only with the right to write."""
    try:
        return os.open(path, os.O_RDWR | _CAREFULLY)
    except PermissionError:
        return os.open(path, os.O_RDONLY | _CAREFULLY)


def _refuse_unless_lock(path: Path, status: os.stat_result) -> None:
    """Refuse what stands under the name of the lock and is none that popest may have left."""
    table = _table(path)
    try:
        like = table.stat()
    except OSError as error:
        raise LedgerError(f"{typed(table)} cannot be read ({error.strerror})") from None
    fault = oddity(status)
    if fault is None and status.st_size > _LONGEST_HOLDER:
        fault = f"has {status.st_size:,} bytes, more than a lock"
    is_theirs = status.st_uid in (like.st_uid, os.geteuid()) or status.st_gid == like.st_gid
    if fault is None and not is_theirs:
        fault = (
            f"belongs to {owner_name(status)} and {group_name(status)}, "
            f"the table to {owner_name(like)} and {group_name(like)}"
        )
    if fault is not None:
        raise _not_a_lock(path, fault)


def _not_a_lock(path: Path, fault: str) -> LedgerError:
    return LedgerError(
        f"{typed(path)} {fault}: it is not a lock that popest may remove; nothing was added. When "
        "nobody is adding figures, look at it and move it away"
    )


def _wait_for(handle: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise LedgerError(_busy(handle, path)) from None
            time.sleep(_PAUSE)
        except OSError as error:
            message = f"{typed(path.parent)}: the folder cannot be locked ({error.strerror})"
            raise LedgerError(message) from None


def _is_at(path: Path, handle: int) -> bool:
    """Return whether the open file is still the one of that name."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _remove_left_behind(path: Path) -> None:
    """Remove the lock of a writer that has died; it must be held."""
    try:
        path.unlink()
    except OSError as error:
        fault = f"was left behind and cannot be removed ({error.strerror})"
        raise _not_a_lock(path, fault) from None


def _share(handle: int, path: Path) -> None:
    """Let all who may write the table read the lock; where that fails, its own mode has to do."""
    with suppress(OSError):
        like = _table(path).stat()
        os.fchmod(handle, (like.st_mode & 0o666) | 0o600)
        os.fchown(handle, like.st_uid if os.geteuid() == 0 else -1, like.st_gid)


def _write_holder(handle: int) -> None:
    """Write who holds the lock; a full disk does not matter here, the rows are tried next."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"{os.getpid()} {os.uname().nodename} {now}\n"
    with suppress(OSError):
        os.pwrite(handle, text.encode(), 0)


def _busy(handle: int, path: Path) -> str:
    """Say who holds the lock, and for how long already."""
    place = typed(_table(path))
    try:
        process, host, since = os.pread(handle, _LONGEST_HOLDER, 0).decode().split()
        age = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    except ValueError:  # the holder has not said yet who it is
        holder = "another process"
    else:
        holder = printable(f"process {int(process)} on {host}, for {max(age, 0):.0f} s so far")
    return f"{place} is being changed by {holder}; nothing was added. Try again when it is done"
