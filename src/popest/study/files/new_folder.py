"""A new folder of a study: whole or not at all, and under a name that a study may have."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from popest.study.files.locate import list_studies
from popest.study.files.reading import typed
from popest.study.files.whole import write_confirmed
from popest.study.problems import UsageError, shown

_NAME_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


def write_new_folder(folder: str | os.PathLike[str], texts: Mapping[str, bytes]) -> Path:
    """Write files by their names to a hidden folder beside the new one; move it when complete.

    Parameters
    ----------
    folder
        Where to: a folder that is new or empty, by a name that a study may have.
    texts
        What each file holds.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        When there is something, the name is none for a study, or nothing can be written.
    """
    path = Path(folder)
    _refuse_name(os.fspath(folder), path)
    try:
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise UsageError(f"{shown(typed(path))} is there already; choose a new or empty folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as hidden:
            unfinished = Path(hidden, path.name)
            unfinished.mkdir()
            for name, text in texts.items():
                write_confirmed(unfinished / name, partial(Path.write_bytes, data=text))
            if path.exists():
                path.rmdir()
            unfinished.rename(path)
    except OSError as error:
        message = f"{shown(typed(path))} cannot be written: {error.strerror}; choose another folder"
        raise UsageError(message) from None
    return path


def _refuse_name(given: str, path: Path) -> None:
    if _NAME_PATTERN.fullmatch(path.name) is None or "\0" in given:
        raise UsageError(
            f"{shown(given)} is not a name for a study; write up to 64 letters, digits, - or _, "
            "or a path that ends in such a name"
        )
    if given in list_studies():
        raise UsageError(
            f"{shown(given)} is a study shipped with popest; choose another name, or write "
            f"{shown(os.path.join(os.curdir, given))} for a folder of that name"
        )
