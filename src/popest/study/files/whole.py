"""Files that are written whole or not at all, for whatever popest writes anew.

Tables of a study, whose other names, owner and lock matter, are replaced by ``writing``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from popest.study.problems import PopestError, UsageError

Writer = Callable[[Path], Any]


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
                place, temporary = folder / name, Path(hidden, name)
                write(temporary)
                with temporary.open("rb+") as written:
                    os.fsync(written.fileno())
            for name in writers:
                place = folder / name
                Path(hidden, name).replace(place)
    except OSError as error:
        raise PopestError(f"{place}: cannot be written ({error.strerror or error})") from error
