"""From files to texts: size, kind, encoding and forbidden bytes.

What the texts say is read by ``popest.study.specification`` and ``popest.study.table``.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from popest.study.problems import Problem

SPECIFICATION_FILE = "study.toml"
OBSERVATIONS_FILE = "observations.csv"
PAIRS_FILE = "pairs.csv"
LARGEST_FILE = {
    SPECIFICATION_FILE: 10_000_000,
    OBSERVATIONS_FILE: 50_000_000,
    PAIRS_FILE: 10_000_000,
}
_ABSENT_REMEDY = {
    PAIRS_FILE: "name a folder that holds one, or none for the pairs shipped with popest",
}


@dataclass(frozen=True)
class FileText:
    """The text of one file of a study, or why there is none.

    `file` is its name in problems. `text` keeps its byte-order mark and line endings, so that
    encoding it gives the bytes of the file again; it is empty when there is a problem.
    `ratios` is the table of learned ratios that a specification was read with before; None for
    the one that ships with popest.
    """

    file: str
    text: str = ""
    problem: Problem | None = None
    ratios: str | None = None


def file_texts(
    place: str, specification: str, observations: str, ratios: str | None = None
) -> tuple[FileText, FileText]:
    """Return the two texts of a study under the names that they have in problems.

    `ratios` is the table of learned ratios to read them with; the one that ships when None.
    """
    return (
        FileText(str(Path(place, SPECIFICATION_FILE)), specification, ratios=ratios),
        FileText(str(Path(place, OBSERVATIONS_FILE)), observations),
    )


def typed(path: Path) -> str:
    """Return a path as a person would type it: relative when it is below the current folder."""
    try:
        absolute = Path(os.path.abspath(path))
        here = Path.cwd()
    except OSError:  # the current folder is gone
        return str(path)
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def read_file(folder: Path, name: str) -> FileText:
    """Read one file of a study; a file that is too large is refused without being read.

    Parameters
    ----------
    folder
        The folder of the study.
    name
        ``study.toml``, ``observations.csv`` or ``pairs.csv``.
    """
    path = folder / name
    file = typed(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _refused(file, "is not a regular file", "put a text file in its place")
        if status.st_size > LARGEST_FILE[name]:
            rule = f"is {_megabytes(status.st_size)}, larger than {_megabytes(LARGEST_FILE[name])}"
            return _refused(file, rule, "keep only what the study needs")
        return decoded(file, path.read_bytes())
    except FileNotFoundError:
        remedy = "name the folder of a study, or write one with: popest new STUDY"
        return _refused(file, "does not exist", _ABSENT_REMEDY.get(name, remedy))
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        return _refused(file, rule, "put a file that can be read in its place")


def decoded(file: str, data: bytes) -> FileText:
    """Return the text of a file's bytes.

    Parameters
    ----------
    file
        The name of the file in problems.
    data
        Its bytes, UTF-8 with or without a byte-order mark.
    """
    if b"\0" in data:
        rule = "holds a NUL byte"
        return _refused(file, rule, "save the file as UTF-8 text", _line(data, data.index(b"\0")))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        rule = f"is not UTF-8 at byte 0x{data[error.start]:02x}"
        return _refused(file, rule, "save the file as UTF-8 text", _line(data, error.start))
    if not text.removeprefix("\ufeff").strip():
        return _refused(file, "is empty", "write its entries; popest new STUDY shows them")
    return FileText(file, text)


def _refused(file: str, rule: str, remedy: str, line: int = 1) -> FileText:
    return FileText(file, problem=Problem(file, line, "file", None, rule, remedy))


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
