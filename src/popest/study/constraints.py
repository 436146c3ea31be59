"""What the type of an entry says besides its kind: how it is read, and the rules that it keeps.

They are written into ``Annotated[kind, ...]``. ``popest.study.specification.reading`` obeys them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from operator import ge, gt, le, lt
from typing import Any, NamedTuple

_HOLDS = {"above": gt, "at least": ge, "below": lt, "at most": le}


class Check(NamedTuple):
    """A check of a value of the right kind, which returns it or raises a `ValueError`."""

    function: Callable[[Any], Any]


class Limit(NamedTuple):
    """A bound of a number: it must be `word` (above, at least, below or at most) the `bound`."""

    word: str
    bound: float

    def function(self, value: float) -> float:
        """Return a number that keeps to it.

        Raises
        ------
        ValueError
            When it does not; the message is the rule.
        """
        if not _HOLDS[self.word](value, self.bound):
            raise ValueError(f"must be {self.word} {self.bound:g}")
        return value


class Length(NamedTuple):
    """How many entries a list or table may have, both bounds in; `most` is None for any number."""

    least: int = 0
    most: int | None = None

    def fault(self, length: int) -> str | None:
        """Return the rule that such a length breaks, or None."""
        if length < self.least:
            return f"must have {self.least} or more entries"
        return f"must have {self.most} or fewer entries" if self.is_exceeded(length) else None

    def is_exceeded(self, length: int) -> bool:
        """Return whether so many are too many."""
        return self.most is not None and length > self.most


class Parse(NamedTuple):
    """How a text becomes a value of the kind; it raises a `ValueError` where it is none."""

    function: Callable[[str], Any]


class Words(NamedTuple):
    """The words that a text must be one of."""

    known: Collection[str]


class Choice(NamedTuple):
    """Which of several types an entry is read as: a function from the entry to its type.

    It raises an `EntryError` where the entry does not say.
    """

    function: Callable[[Any], Any]
