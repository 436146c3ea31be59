"""From files to texts: size, kind, encoding, forbidden bytes and unresolved conflicts."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from popest.study.problems import Problem, printable

SPECIFICATION_FILE = "study.toml"
OBSERVATIONS_FILE = "observations.csv"
PAIRS_FILE = "pairs.csv"
POPULATIONS_FILE = "populations.csv"
RATIOS_FILE = "ratios.csv"
LARGEST_FILE = {
    SPECIFICATION_FILE: 1_000_000,
    OBSERVATIONS_FILE: 50_000_000,
    PAIRS_FILE: 10_000_000,
    POPULATIONS_FILE: 10_000_000,
    RATIOS_FILE: 2_000_000,
}
MARK_REMEDY = "keep the lines around it that belong here, and remove this one"
CONFLICT_REMEDY = (
    "keep what is right of both sides (all rows of a table of figures), and remove the lines that "
    "begin with <<<<<<<, ======= and >>>>>>>"
)
_MARK = re.compile(r"(?:<{7}|\|{7}|>{7})(?: .*)?|={7}")
_OPENS, _PARTS, _CLOSES = "<<<<<<<", "=======", ">>>>>>>"
_UNFIT_REMEDY = "put a text file with no more than the study needs in its place"
_ABSENT_REMEDY = {
    PAIRS_FILE: "name a folder that holds one, or none for the pairs shipped with popest",
}


class FileText(NamedTuple):
    """The text of one file of a study, or why there is none.

    `file` is its name in problems. `text` keeps its byte-order mark and line endings, so that
    encoding it gives the bytes of the file again; it is empty when there is a problem.
    `ratios` is the table of learned ratios that a specification is read with: one of its own, or
    that of before; None for the one that ships with popest.
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
    """Return a path as a person would type it: relative when it is below the current folder.

    It is to be shown, not opened: characters that a terminal would obey are written as escapes.
    """
    try:
        absolute = Path(os.path.abspath(path))
        here = Path.cwd()
    except OSError:  # the current folder is gone
        return printable(str(path))
    return printable(str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute))


def read_file(folder: Path, name: str) -> FileText:
    """Read one file of a study; a file that is too large is refused without being read.

    Parameters
    ----------
    folder
        The folder of the study.
    name
        ``study.toml``, with the study's own table of learned ratios if its folder has one,
        ``observations.csv``, ``populations.csv`` or ``pairs.csv``.
    """
    found = _read_one(folder, name)
    if name != SPECIFICATION_FILE or not os.path.lexists(folder / RATIOS_FILE):
        return found
    own = _read_one(folder, RATIOS_FILE)
    return found._replace(ratios=own.text, problem=found.problem or own.problem)


def _read_one(folder: Path, name: str) -> FileText:
    path = folder / name
    file = typed(path)
    try:
        return decoded(file, read_bounded(path, LARGEST_FILE[name]))
    except FileNotFoundError:
        remedy = "name the folder of a study, or write one with: popest new STUDY"
        return refused(file, "does not exist", _ABSENT_REMEDY.get(name, remedy))
    except UnfitFileError as error:
        return refused(file, str(error.strerror), _UNFIT_REMEDY)
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        return refused(file, rule, "put a file that can be read in its place")


class UnfitFileError(OSError):
    """What is no regular file, or a larger one than is read; `strerror` is the broken rule."""

    def __init__(self, rule: str) -> None:
        super().__init__(errno.EINVAL, rule)


def read_bounded(path: Path, largest: int) -> bytes:
    """Return the bytes of a regular file: never without end, and never waiting for more.

    A device, a pipe or a folder is refused before it is opened, a file that is too large before
    it is read, and one that grows meanwhile as soon as it is too large.

    Parameters
    ----------
    path
        The file, of anybody.
    largest
        How many bytes it may have.

    Raises
    ------
    UnfitFileError
        When it is no regular file, or too large.
    OSError
        When it cannot be read.
    """
    _refuse_unfit(path.stat(), largest)
    with open(path, "rb", opener=_without_waiting) as file:
        _refuse_unfit(os.fstat(file.fileno()), largest)
        data = file.read(largest + 1)
    if len(data) > largest:
        raise UnfitFileError(f"is larger than {_megabytes(largest)}")
    return data


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe that took its place meanwhile does not make the program wait."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _refuse_unfit(status: os.stat_result, largest: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnfitFileError("is not a regular file")
    if status.st_size > largest:
        size = _megabytes(status.st_size)
        raise UnfitFileError(f"is {size}, larger than {_megabytes(largest)}")


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
        return refused(file, rule, "save the file as UTF-8 text", _line(data, data.index(b"\0")))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        rule = f"is not UTF-8 at byte 0x{data[error.start]:02x}"
        return refused(file, rule, "save the file as UTF-8 text", _line(data, error.start))
    if not text.removeprefix("\ufeff").strip():
        return refused(file, "is empty", "write its entries; popest new STUDY shows them")
    found = _conflicts(text)
    if found:
        return refused(file, _conflict_rule(found), CONFLICT_REMEDY, found[0][0])
    return FileText(file, text)


def is_conflict_mark(line: str) -> bool:
    """Return whether a line is one that git writes around the sides of a conflict."""
    return _MARK.fullmatch(line.rstrip("\r\n")) is not None


def _conflicts(text: str) -> list[tuple[int, int]]:
    """Return the first and last line of each conflict in a text, counted from 1.

    Two people change one file, and git puts both sides into it for a person to choose. Such a file
    says two things at once, so that nothing of it is read. A line of equals signs alone is no
    conflict: texts underline with them.
    """
    if _OPENS not in text or _CLOSES not in text:
        return []
    found: list[tuple[int, int]] = []
    first, has_sides = 0, False
    for number, line in enumerate(text.split("\n"), start=1):
        if line[:7] not in (_OPENS, _PARTS, _CLOSES) or not is_conflict_mark(line):
            continue
        if line.startswith(_OPENS):
            first, has_sides = number, False
        elif line.startswith(_PARTS):
            has_sides = first > 0
        elif has_sides:
            found.append((first, number))
            first, has_sides = 0, False
    return found


def _conflict_rule(found: list[tuple[int, int]]) -> str:
    """Return what is to be said of a text with conflicts."""
    places = ", ".join(f"{first} to {last}" for first, last in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    noun = "conflicts" if len(found) > 1 else "a conflict"
    return f"holds {noun} of a merge that nobody resolved, lines {places}{more}"


def refused(file: str, rule: str, remedy: str, line: int = 1) -> FileText:
    """Return that a file cannot be read as a whole: the rule that it breaks, and what to do."""
    return FileText(file, problem=Problem(file, line, "file", None, rule, remedy))


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
