"""The words of a report's page: sentences as HTML, numbers and dates as a page writes them.

What a study says (titles, reasons, notes) is not translated: it is quoted, and marked as such.
The sentences are in ``popest.language``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from popest.language.catalogue import LanguageError
from popest.language.words import Words
from popest.study import UsageError
from popest.study.measures import MEASURES

STUDY_LANGUAGE = "en"
"""The language of what a study says; the file format has no entry for it."""
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
NO_BREAK_SPACE, MINUS_SIGN = "\u00a0", "\u2212"


def measure_words() -> dict[str, str]:
    """Return the English words of all measures by their dotted keys."""
    return {
        f"measure.{name}.{key}": sentence
        for name, measure in MEASURES.items()
        for key, sentence in measure.words.sentences().items()
    }


class Texts(Words):
    """The sentences of one language for a page, with its numbers, probabilities and dates.

    A measure brings English words of its own, ``measure.NAME``, which stand where the language has
    no others.

    Raises
    ------
    UsageError
        When there is no such language, or its file is not whole.
    """

    minus = MINUS_SIGN
    before_percent = NO_BREAK_SPACE

    def __init__(self, language: str) -> None:
        try:
            super().__init__(language, otherwise=measure_words())
        except LanguageError as error:
            raise UsageError(str(error)) from error

    def __call__(self, key: str, **fields: Any) -> Markup:
        """Return a sentence as HTML, its fields escaped unless they are markup already."""
        return Markup(escape(self._sentence(key))).format(**fields)

    def under(self, prefix: str) -> dict[str, str]:
        """Return the sentences below a key, unfilled, by what is left of theirs."""
        found = [key for key in self._sentences if key.startswith(f"{prefix}.")]
        return {key.removeprefix(f"{prefix}."): self._sentence(key) for key in found}

    def significant(self, value: float) -> str:
        """Return a ratio or another small number: two decimals, or two digits below 0.1."""
        if value == 0 or not math.isfinite(value):
            return self.number(0) if value == 0 else str(value)
        digits = 2 if abs(value) >= 0.1 else 1 - math.floor(math.log10(abs(value)))
        return self.number(value, min(digits, 12))

    def figure(self, value: float) -> str:
        """Return a figure or its prediction: a count, or the share of a survey."""
        return self.number(value) if abs(value) >= 10 else self.significant(value)

    def exact(self, value: float) -> str:
        """Return an assumption as it was written, not rounded."""
        decimals = format(Decimal(str(value)), "f").partition(".")[2].rstrip("0")
        return self.number(value, len(decimals))

    def day(self, day: date) -> str:
        """Return a day, its month in words."""
        return self.plain("date.day", day=day.day, month=self.month(day), year=day.year)

    def month(self, day: date) -> str:
        """Return the name of a day's month."""
        return self._month("date.months", day)

    def short_month(self, day: date) -> str:
        """Return the short name of a day's month."""
        return self._month("date.short_months", day)

    def interval(self, lower: str, upper: str) -> str:
        """Return two bounds, already written, as an interval."""
        return self.plain("number.interval", lower=lower, upper=upper)

    def joined(self, parts: Iterable[str], between: str = " ") -> Markup:
        """Return sentences or names one after the other; empty ones are left out."""
        return Markup(between).join(part for part in parts if part)

    def list(self, names: Sequence[str]) -> Markup:
        """Return names one after the other, with "and" before the last."""
        return escape(super().list(names))

    def _month(self, key: str, day: date) -> str:
        return self._sentence(key).split()[day.month - 1]


def quoted(text: str) -> Markup:
    """Return what a study says as HTML: escaped, isolated, and marked with its language."""
    return Markup('<bdi lang="{}">{}</bdi>').format(STUDY_LANGUAGE, text)


def named(text: str) -> Markup:
    """Return a name that a study gives, set apart from the sentence around it."""
    return Markup('<bdi class="name" lang="{}">{}</bdi>').format(STUDY_LANGUAGE, text)


def isolated(text: str) -> str:
    """Return what a study says for plain text, its direction of writing kept to itself."""
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
