"""The words of one language as plain text: its sentences, and numbers and lists in its manner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from popest.language.catalogue import sentences

SMALLEST_SHOWN = 0.01
"""Probabilities nearer to 0 or 1 are said to be less, or more, than this."""


class Words:
    """The sentences of one language, with its numbers, probabilities and lists.

    `used` holds the keys that were asked for, so that a test can find those that never are.

    Parameters
    ----------
    language
        Its code.
    otherwise
        Sentences by their keys, for those that the language has not.

    Raises
    ------
    LanguageError
        When there is no such language, or its file is not whole.
    """

    minus: ClassVar[str] = "-"
    before_percent: ClassVar[str] = " "

    def __init__(self, language: str, otherwise: Mapping[str, str] | None = None) -> None:
        found = sentences(language)
        self._sentences = {**otherwise, **found} if otherwise else found
        self.language = language
        self.used: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._sentences

    def __call__(self, key: str, **fields: Any) -> str:
        """Return a sentence, its fields filled in."""
        return self.plain(key, **fields)

    def plain(self, key: str, **fields: Any) -> str:
        """Return a sentence as plain text, for attributes and titles of pictures."""
        return self._sentence(key).format(**fields)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many decimals, thousands separated."""
        return self.written(f"{value:,.{digits}f}")

    def ungrouped(self, value: float, digits: int = 0) -> str:
        """Return a number with so many decimals, its thousands together."""
        return self.written(f"{value:.{digits}f}")

    def persons(self, value: float) -> str:
        """Return a number of persons at three significant digits."""
        return self.number(float(f"{value:.3g}"))

    def significant(self, value: float) -> str:
        """Return a ratio or another small number."""
        return self.ungrouped(value, 2)

    def figure(self, value: float) -> str:
        """Return a figure or its prediction: a count, or the share of a survey."""
        return self.number(value) if abs(value) >= 10 else self.written(f"{value:.3g}")

    def exact(self, value: float) -> str:
        """Return an assumption as it was written, to six digits."""
        return self.written(f"{value:,g}")

    def percent(self, prob: float) -> str:
        """Return a probability or a share as a percentage without decimals."""
        return self._percent(f"{100 * prob:.0f}")

    def likely(self, prob: float) -> str:
        """Return a computed probability, rounded, and never as certain when it is not."""
        if prob < SMALLEST_SHOWN:
            return self.plain("number.less_than", percent=self._percent("1"))
        if prob > 1 - SMALLEST_SHOWN:
            return self.plain("number.more_than", percent=self._percent("99"))
        return self.percent(prob)

    def day(self, day: date) -> str:
        """Return a day as it is on file."""
        return day.isoformat()

    def joined(self, parts: Iterable[str], between: str = " ") -> str:
        """Return sentences or names one after the other; empty ones are left out."""
        return between.join(part for part in parts if part)

    def list(self, names: Sequence[str]) -> str:
        """Return names one after the other, with "and" before the last."""
        *first, last = names or [""]
        if not first:
            return self.joined([last])
        return self.joined([self.joined(first, ", "), self("list.and"), last])

    def listed(self, names: Iterable[str], most: int) -> str:
        """Return names joined by commas, the rest of a long list counted instead."""
        every = list(names)
        shown = self.joined(every[:most], ", ")
        rest = len(every) - most
        return self("list.more", names=shown, number=self.ungrouped(rest)) if rest > 0 else shown

    def unit(self, unit: str) -> str:
        """Return the unit of a population, translated where the language knows it."""
        key = f"unit.{unit}"
        return self(key) if key in self else unit

    def written(self, number: str) -> str:
        """Return a number that Python wrote, with the marks of the language."""
        marks = {
            ord(","): self._sentence("number.thousands"),
            ord("."): self._sentence("number.point"),
            ord("-"): self.minus,
        }
        return number.translate(marks)

    def _percent(self, number: str) -> str:
        return f"{number}{self.before_percent}%"

    def _sentence(self, key: str) -> str:
        self.used.add(key)
        return self._sentences[key]
