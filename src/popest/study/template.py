"""Writing a new study: one that a person can fill in, or a copy of another.

The texts of the first, which teach the format, are in the folders ``new_study`` and ``new_panel``
beside this file: a study and a panel that can be checked and estimated as they stand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from popest.study.files.locate import list_studies
from popest.study.files.reading import (
    OBSERVATIONS_FILE,
    POPULATIONS_FILE,
    SPECIFICATION_FILE,
    typed,
)
from popest.study.files.whole import write_confirmed
from popest.study.load import files_of
from popest.study.panel.panel import Panel
from popest.study.problems import UsageError, shown
from popest.study.study import Study

_STUDY = Path(__file__).with_name("new_study")
_PANEL = Path(__file__).with_name("new_panel")
_FILES = (SPECIFICATION_FILE, OBSERVATIONS_FILE, POPULATIONS_FILE)
_NAME_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


def write_template(folder: str | os.PathLike[str]) -> Path:
    """Write a commented study, about an invented country, to a new folder.

    Parameters
    ----------
    folder
        The folder, new or empty. Its last part is the name of the study: letters, digits,
        ``-`` and ``_``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        When the name is not allowed, the folder holds anything, or it cannot be written.
    """
    return _write_study(folder, {name: (_STUDY / name).read_bytes() for name in _FILES[:2]})


def write_panel_template(folder: str | os.PathLike[str]) -> Path:
    """Write a commented panel, of simulated districts whose truth is known, to a new folder.

    Parameters
    ----------
    folder
        The folder, new or empty, as for `write_template`.

    Returns
    -------
    Path
        The folder. Besides the three files of a panel it holds ``truth.csv``, the true sizes and
        ratios, and ``README.md``.

    Raises
    ------
    UsageError
        As for `write_template`.
    """
    names = (*_FILES, "truth.csv", "README.md")
    return _write_study(folder, {name: (_PANEL / name).read_bytes() for name in names})


def copy_study(study: Study | Panel, folder: str | os.PathLike[str]) -> Path:
    """Write the files of a study or a panel to a new folder, byte for byte.

    Parameters
    ----------
    study
        The study or the panel; all its rows are copied, whatever view of them it is.
    folder
        The folder, new or empty, as for `write_template`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        As for `write_template`.
    """
    texts = [file.text.encode() for file in files_of(study)]
    return _write_study(folder, dict(zip(_FILES, texts, strict=False)))


def _write_study(folder: str | os.PathLike[str], texts: Mapping[str, bytes]) -> Path:
    """Write the texts to a hidden folder beside the new one, and move it there when complete."""
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
