"""What can be wrong with a study or with a request, and how it is said to a person.

The exceptions of the package and the wording of one problem belong here. Which rules exist, and
when one is broken, is the business of the modules that read a study.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_LENGTH = 40
NAMES_COMPARED = 1_000


class PopestError(Exception):
    """Base class of every error that popest raises on purpose."""


class UsageError(PopestError, ValueError):
    """A request that cannot be met as it was put: an unknown name, a malformed date."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule of one entry of a study.

    Parameters
    ----------
    file
        The file as a person would type it.
    line
        Line of the entry in the file, counted from 1.
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
        return printable(f"{self.file}:{self.line}: {entry} - {self.rule} - {self.remedy}")


class StudyError(PopestError, ValueError):
    """A study that breaks the rules of the format; the message is one problem a line.

    Parameters
    ----------
    problems
        All problems of all files, in the order in which they are to be read.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


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

    names = list(candidates)
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


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
