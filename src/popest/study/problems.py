"""What can be wrong with a study or with a request, and how it is said to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nsmallest
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

SHOWN_LENGTH = 40
NAMES_COMPARED = 1_000
MOST_SHOWN = 50
"""Problems that are kept and said; those beyond are only counted, as nobody mends more at once."""
MOST_COUNTED = 10_000
"""Problems after which a file is read no further: it is not what it should be."""


class PopestError(Exception):
    """Base class of every error that popest raises on purpose."""


class UsageError(PopestError, ValueError):
    """A request that cannot be met as it was put: an unknown name, a malformed date."""


class EntryError(ValueError):
    """A broken rule of one entry, before it is known where that stands.

    `key` is the one at fault where entries of a record do not fit together. `meant` is what a cell
    plainly says all the same, so that the other rules of its row can be checked in the same go;
    None when it may say several things.
    """

    def __init__(self, rule: str, remedy: str, *, key: str = "", meant: object = None) -> None:
        super().__init__(f"{key} {rule} - {remedy}".lstrip())
        self.rule = rule
        self.remedy = remedy
        self.key = key
        self.meant = meant


class Problem(NamedTuple):
    """One broken rule of one entry of a study.

    Parameters
    ----------
    file
        The file as a person would type it.
    line
        Line of the entry in the file, counted from 1; 0 where it is in no file.
    field
        The column, or the dotted path of the key.
    value
        What stands there, as text; None when nothing does.
    rule
        The rule that it breaks.
    remedy
        What to write instead.
    """

    file: str
    line: int
    field: str
    value: str | None
    rule: str
    remedy: str

    def __str__(self) -> str:
        value = "" if self.value is None else f" {shown(self.value)}"
        entry = f"{_shortened(self.field, 2 * SHOWN_LENGTH)}{value}"
        place = f"{self.file}:{self.line}" if self.line else self.file
        return printable(f"{place}: {entry} - {self.rule} - {self.remedy}")


class StudyError(PopestError, ValueError):
    """A study that breaks the rules of the format; the message is one problem a line.

    Parameters
    ----------
    problems
        The problems of all files, in the order in which they are to be read; the first 50 are
        kept.
    more
        How many there are besides those given.

    Attributes
    ----------
    problems
        The first 50 problems.
    count
        How many problems there are in all; 10,000 or more stand for at least so many.
    """

    def __init__(self, problems: Iterable[Problem], more: int = 0) -> None:
        stream = iter(problems)
        self.problems: tuple[Problem, ...] = tuple(islice(stream, MOST_SHOWN))
        self.count = len(self.problems) + sum(1 for _ in stream) + more
        super().__init__(self.problems, self.more)

    @property
    def more(self) -> int:
        """How many problems there are besides those kept."""
        return self.count - len(self.problems)

    @property
    def is_all(self) -> bool:
        """Whether all problems were counted: reading stops after 10,000 of one file."""
        return self.count < MOST_COUNTED

    def __str__(self) -> str:
        least = "" if self.is_all else "at least "
        rest = [f"and {least}{self.more:,} more"] if self.more else []
        return "\n".join([*map(str, self.problems), *rest])


class FirstProblems:
    """The first problems of one file in the order of lines, and the number of all.

    However many problems a stream has, no more than are shown are held at a time, and after
    10,000 the stream is left.

    Parameters
    ----------
    problems
        Problems in any order; those of one line keep theirs.
    more
        How many there are besides those given.
    """

    def __init__(self, problems: Iterable[Problem] = (), more: int = 0) -> None:
        self.count = more
        self._kept = tuple(nsmallest(MOST_SHOWN, self._counted(problems), attrgetter("line")))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._kept)

    @property
    def more(self) -> int:
        """How many problems there are besides those kept."""
        return self.count - len(self._kept)

    def _counted(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        for problem in problems:
            self.count += 1
            yield problem
            if self.count >= MOST_COUNTED:
                return


def raise_problems(*files: FirstProblems) -> None:
    """Raise the problems of files, in their order, if there are any.

    Raises
    ------
    StudyError
        With the first problems of all files together.
    """
    if any(found.count for found in files):
        more = sum(found.more for found in files)
        raise StudyError((problem for found in files for problem in found), more)


def printable(text: str) -> str:
    """Return a text on one line, its control and invisible characters written as escapes."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def shown(text: str) -> str:
    """Return a text in double quotes, shortened and printable, fit for a message."""
    return f'"{printable(_shortened(text, SHOWN_LENGTH))}"'


def near_miss(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a person who typed a name most likely meant, or None.

    Names longer than a name may be, and long lists of candidates, are not compared.
    """
    from difflib import get_close_matches

    names = list(islice(candidates, NAMES_COMPARED + 1))
    if len(name) > 2 * SHOWN_LENGTH or len(names) > NAMES_COMPARED:
        return None
    lowered = {candidate.lower(): candidate for candidate in names}
    matches = get_close_matches(name.lower(), lowered, n=1)
    return lowered[matches[0]] if matches else None


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """Return "did you mean X? " when a candidate is near a name, else nothing."""
    match = near_miss(name, candidates)
    return "" if match is None else f"did you mean {printable(match)}? "


def listed(names: Iterable[str], most: int = 20) -> str:
    """Return names joined by commas, the rest of a long list counted instead."""
    every = list(names)
    if not every:
        return "none"
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")


def refuse_unknown(whole: str, kind: str, name: str | None, known: Iterable[str]) -> None:
    """Refuse the name of a variant, a source or a population that a study or panel does not have.

    Parameters
    ----------
    whole
        The study or the panel, such as ``study serbia``.
    kind
        What the name is of: a variant, a source, a population.
    name
        The name; nothing is asked for when None.
    known
        The names that there are.

    Raises
    ------
    UsageError
        With the names that it has.
    """
    if name is not None and name not in known:
        raise UsageError(
            f"{whole} has no {kind} {shown(name)}: {suggestion(name, known)}it has {listed(known)}"
        )


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
