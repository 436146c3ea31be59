"""Where studies are: those shipped with popest, and folders named by a path; none is opened."""

from __future__ import annotations

import os
from pathlib import Path

from popest.study.files.reading import (
    OBSERVATIONS_FILE,
    POPULATIONS_FILE,
    SPECIFICATION_FILE,
    typed,
)
from popest.study.problems import Problem, StudyError, UsageError, listed, suggestion

_HERE = Path(__file__).resolve()
_SHIPPED_FOLDERS = (_HERE.parents[2] / "sources", _HERE.parents[4] / "data" / "sources")


def list_studies() -> tuple[str, ...]:
    """Return the names of the studies shipped with popest, in alphabetical order."""
    folder = _shipped_folder()
    if folder is None:
        return ()
    return tuple(
        sorted(entry.name for entry in folder.iterdir() if (entry / SPECIFICATION_FILE).is_file())
    )


def study_folder(study: str | os.PathLike[str]) -> Path:
    """Return the folder of a study.

    Parameters
    ----------
    study
        The name of a shipped study, or a path to a folder. A text that is both means the
        shipped study; ``./name`` means the folder.

    Raises
    ------
    StudyError
        When there is no such study.
    """
    shipped = _shipped_folder()
    if shipped is not None and study in list_studies():
        return shipped / study
    path = os.fspath(study)
    names = (SPECIFICATION_FILE, OBSERVATIONS_FILE)
    if path and any(os.path.lexists(os.path.join(path, name)) for name in names):
        return Path(path)
    raise StudyError([_no_such_study(path)])


def is_panel(study: str | os.PathLike[str]) -> bool:
    """Return whether a study has a file of populations.

    Raises
    ------
    StudyError
        When there is no such study.
    """
    return has_populations(study_folder(study))


def refuse_panel(folder: Path) -> None:
    """Refuse a folder of many populations where one population is meant.

    Raises
    ------
    UsageError
        When it has ``populations.csv``.
    """
    if has_populations(folder):
        raise UsageError(
            f"{typed(folder)} is a panel, as it has {POPULATIONS_FILE}, and one population is "
            f"looked for. Panels are read by popest estimate, report, check, compare, history and "
            f"sources, and by load_panel in Python"
        )


def has_populations(folder: Path) -> bool:
    """Return whether a folder is that of a panel."""
    return os.path.lexists(folder / POPULATIONS_FILE)


def is_installed(folder: Path) -> bool:
    """Return whether a folder belongs to an installed package, which an update replaces.

    The studies in the repository of an editable install do not: that is where figures are added.
    """
    place = folder.resolve()
    packages = {"site-packages", "dist-packages"}
    return place.is_relative_to(_HERE.parents[2]) or not packages.isdisjoint(place.parts)


def _shipped_folder() -> Path | None:
    return next((folder for folder in _SHIPPED_FOLDERS if folder.is_dir()), None)


def _no_such_study(path: str) -> Problem:
    names = list_studies()
    remedy = (
        f"{suggestion(path, names)}write one of {listed(names)}, or the path to a folder with "
        f"{SPECIFICATION_FILE} and {OBSERVATIONS_FILE}"
    )
    if os.path.isdir(path):
        rule = "is a folder without a study"
    elif os.path.isfile(path):
        rule = "is a file, not the folder of a study"
    elif os.path.basename(path) == path and path not in (os.curdir, os.pardir):
        rule = "is neither a shipped study nor a folder"
    else:
        rule = "is not a folder"
    file = typed(Path(path)) if path else "."
    return Problem(file, 1, "study", path, rule, remedy)
