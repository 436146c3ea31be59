"""Writing a new study: one that a person can fill in, or a copy of another.

The texts of the first, which teach the format, are in the folders ``new_study`` and ``new_panel``
beside this file: a study and a panel that can be checked and estimated as they stand.
"""

from __future__ import annotations

import os
from pathlib import Path

from popest.study.files.new_folder import write_new_folder
from popest.study.files.reading import (
    OBSERVATIONS_FILE,
    POPULATIONS_FILE,
    SPECIFICATION_FILE,
)
from popest.study.load import files_of
from popest.study.panel.panel import Panel
from popest.study.specification.learned import files_by_name
from popest.study.study import Study

_STUDY = Path(__file__).with_name("new_study")
_PANEL = Path(__file__).with_name("new_panel")
_FILES = (SPECIFICATION_FILE, OBSERVATIONS_FILE, POPULATIONS_FILE)


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
    return write_new_folder(folder, {name: (_STUDY / name).read_bytes() for name in _FILES[:2]})


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
    return write_new_folder(folder, {name: (_PANEL / name).read_bytes() for name in names})


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
    return write_new_folder(folder, files_by_name(files_of(study)))
