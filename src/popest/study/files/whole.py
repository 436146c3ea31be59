"""Files that are written whole or not at all.

What is new is written beside its place and moved there. The table of a study is replaced by a new
file that is like it: its folder may come from a stranger or be shared with others, so what stands
under a name there is looked at before anything is done with it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from popest.study.problems import PopestError, UsageError, shown

Writer = Callable[[Path], Any]
_EXCHANGE = 2  # RENAME_EXCHANGE in linux/fs.h
_CURRENT_FOLDER = -100  # AT_FDCWD in fcntl.h
_NO_EXCHANGE = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM})


def refuse_unusable(folder: Path) -> None:
    """Refuse a folder that cannot be made or written to, before anything long is begun.

    Raises
    ------
    UsageError
        When it is a file, lies in one, or nothing may be written there.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.exists(path))
    if not there.is_dir():
        raise UsageError(f"{there} is a file; name a folder, new or old")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"nothing can be written to {there}; name another folder")


def write_whole(path: Path, write: Writer) -> Path:
    """Write a file, whole or not at all; return its path.

    Raises
    ------
    PopestError
        When it cannot be written.
    """
    write_all(path.parent, {path.name: write})
    return path


def write_all(folder: Path, writers: dict[str, Writer]) -> None:
    """Write files by name to a folder beside their places, and move them there when all are whole.

    Raises
    ------
    PopestError
        When one cannot be written.
    """
    place = folder
    try:
        with TemporaryDirectory(prefix=".popest-", dir=folder) as hidden:
            for name, write in writers.items():
                place = folder / name
                write_confirmed(Path(hidden, name), write)
            for name in writers:
                place = folder / name
                Path(hidden, name).replace(place)
    except OSError as error:
        raise PopestError(f"{place}: cannot be written ({error.strerror or error})") from error


def write_confirmed(path: Path, write: Writer) -> None:
    """Write a file and have the disk confirm it, before it gets the name under which it is read."""
    write(path)
    with path.open("rb+") as written:
        os.fsync(written.fileno())


def oddity(status: os.stat_result) -> str | None:
    """Return why a file is not a plain one of its own, or None; `status` is that of its name."""
    if stat.S_ISLNK(status.st_mode):
        return "is a link"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_nlink > 1:
        return f"has {status.st_nlink} names (hard links)"
    return None


def write_like(path: Path, data: bytes, like: os.stat_result) -> None:
    """Write a new file, and have the disk confirm it.

    Parameters
    ----------
    path
        Its name, which must be free.
    data
        All of its bytes.
    like
        The status of the file that it is to replace: it gets the same group and mode, and where
        the superuser writes, the same owner.

    Raises
    ------
    OSError
        When it cannot be written, or not with this group and mode.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        _make_like(handle, like)
        os.fsync(handle)
    finally:
        os.close(handle)


def exchange(one: Path, other: Path) -> bool:
    """Let two files swap their names in one step; False where the system or the disk cannot.

    Raises
    ------
    OSError
        When the names could be swapped but for what stands there, as when one is gone.
    """
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:  # not Linux
        return False
    places = (_CURRENT_FOLDER, os.fsencode(one), _CURRENT_FOLDER, os.fsencode(other))
    if rename(*places, ctypes.c_uint(_EXCHANGE)) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def confirm_names(folder: Path) -> None:
    """Have the disk confirm which files of a folder have which names.

    Raises
    ------
    OSError
        When it does not.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_like(handle: int, like: os.stat_result) -> None:
    """Give a new file the group and mode of another, or refuse."""
    try:
        if os.geteuid() == 0:
            os.fchown(handle, like.st_uid, like.st_gid)
        elif os.fstat(handle).st_gid != like.st_gid:
            os.fchown(handle, -1, like.st_gid)
    except PermissionError:
        pass  # looked at below
    os.fchmod(handle, stat.S_IMODE(like.st_mode))
    made = os.fstat(handle)
    if made.st_gid != like.st_gid:
        raise PermissionError(errno.EPERM, f"it belongs to {group_name(like)}, and you do not")
    if made.st_mode != like.st_mode:
        raise PermissionError(errno.EPERM, f"its mode {mode_of(like)} cannot be kept")


def difference(before: bytes, after: bytes) -> str:
    """Say where two texts begin to differ."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((place for place, (old, new) in pairs if old != new), min(len(before), len(after)))
    line = before.count(b"\n", 0, same)
    was, now = (
        shown(text.decode(errors="replace")) if text else "nothing"
        for text in (
            b"".join(lines.split(b"\n")[line : line + 1]).rstrip(b"\r") for lines in (before, after)
        )
    )
    return (
        f":{line + 1} was changed by another program meanwhile, from byte {same + 1} on: {was} "
        f"became {now}; nothing was added. Look at it and try again"
    )


def mode_of(status: os.stat_result) -> str:
    """Return the mode of a file as `chmod` takes it."""
    return f"{stat.S_IMODE(status.st_mode):o}"


def group_name(status: os.stat_result) -> str:
    """Return the group of a file in words."""
    import grp

    try:
        return f"group {grp.getgrgid(status.st_gid).gr_name}"
    except KeyError:
        return f"group {status.st_gid}"


def owner_name(status: os.stat_result) -> str:
    """Return the owner of a file in words."""
    import pwd

    try:
        return f"user {pwd.getpwuid(status.st_uid).pw_name}"
    except KeyError:
        return f"user {status.st_uid}"
