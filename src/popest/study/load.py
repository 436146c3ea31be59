"""Loading a study from a folder or from its texts, or a panel where a folder is one."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from popest.study.calendar import read_day
from popest.study.files.locate import is_panel, refuse_panel, study_folder
from popest.study.files.reading import (
    OBSERVATIONS_FILE,
    SPECIFICATION_FILE,
    FileText,
    decoded,
    file_texts,
    read_file,
)
from popest.study.observations.observation import Observation
from popest.study.panel.panel import Panel, load_panel
from popest.study.problems import printable
from popest.study.study import Study, View, study_of

DEFAULT_STUDY = "serbia"


def load_study(
    study: str | os.PathLike[str] = DEFAULT_STUDY,
    *,
    as_of: str | date | None = None,
    recorded_as_of: str | date | None = None,
    variant: str | None = None,
) -> Study:
    """Read and check a study.

    Parameters
    ----------
    study
        The name of a study shipped with popest, or a path to a folder.
    as_of
        Only what was published by the end of this day, ``YYYY-MM-DD``; everything when None.
    recorded_as_of
        Only the rows that were on file at the end of this day; all of them when None.
    variant
        The name of one of the study's variants; the study itself when None.

    Returns
    -------
    Study
        The study, valid.

    Raises
    ------
    StudyError
        When there is no such study, or its files break a rule; with all problems of both.
    UsageError
        When a day is malformed or the variant unknown, or the folder is that of a panel.
    """
    view = View(read_day(as_of), read_day(recorded_as_of), variant)
    folder = study_folder(study)
    refuse_panel(folder)
    name = printable(Path(os.path.abspath(folder)).name)
    files = (read_file(folder, SPECIFICATION_FILE), read_file(folder, OBSERVATIONS_FILE))
    return study_of(name, folder, *files, view)


def load_study_or_panel(
    study: str | os.PathLike[str] = DEFAULT_STUDY, *, as_of: str | date | None = None
) -> Study | Panel:
    """Read and check a study, or a panel where the folder has ``populations.csv``.

    Parameters, and what is raised, are those of `load_study`.
    """
    return load_panel(study, as_of=as_of) if is_panel(study) else load_study(study, as_of=as_of)


def rows_in_use(loaded: Study | Panel) -> tuple[Observation, ...]:
    """Return the rows that the model reads, of all populations, in file order."""
    return loaded.in_use if isinstance(loaded, Panel) else loaded.used


def files_of(loaded: Study | Panel) -> tuple[FileText, ...]:
    """Return the files of a study, two, or of a panel, three."""
    return loaded.files if isinstance(loaded, Panel) else loaded.texts()


def study_from_texts(
    name: str,
    specification_text: str,
    observations_text: str,
    *,
    as_of: str | date | None = None,
    recorded_as_of: str | date | None = None,
    variant: str | None = None,
    left_out: tuple[str, ...] = (),
) -> Study:
    """Make a study from its two texts, as when a saved estimate is audited.

    Parameters
    ----------
    name
        The name of the study; it stands before the file names in problems.
    specification_text, observations_text
        What ``study.toml`` and ``observations.csv`` say.
    as_of, recorded_as_of, variant
        As in `load_study`.
    left_out
        Sources that are left out with their rows.

    Returns
    -------
    Study
        The study, valid, without a folder.

    Raises
    ------
    StudyError
        When the texts break a rule; with all problems of both.
    UsageError
        When a day is malformed, or the variant or a source unknown.
    """
    view = View(read_day(as_of), read_day(recorded_as_of), variant, left_out)
    texts = file_texts(name, specification_text, observations_text)
    # Surrogates, which no file can hold, are refused as what they are: not UTF-8.
    specification, observations = (
        decoded(text.file, text.text.encode("utf-8", "surrogatepass")) for text in texts
    )
    return study_of(name, None, specification, observations, view)
