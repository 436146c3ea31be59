"""The languages of a report: one catalogue of sentences each, and how it writes numbers and dates.

What a study says (titles, reasons, notes) is not translated: it is quoted, and marked as such. A
language is a file in ``texts``, found by its name.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from popest.estimates.words import SMALLEST_SHOWN
from popest.study import UsageError
from popest.study.measures import MEASURES

STUDY_LANGUAGE = "en"
"""The language of what a study says; the file format has no entry for it."""
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
NO_BREAK_SPACE, MINUS_SIGN = "\u00a0", "\u2212"


def languages() -> tuple[str, ...]:
    """Return the codes of the languages in which a report can be written."""
    found = (entry.name for entry in files("popest.report").joinpath("texts").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def catalogue(language: str) -> Mapping[str, str]:
    """Return the sentences of a language by their dotted keys.

    A measure brings English words of its own, ``measure.NAME``, which stand where the language has
    no others.

    Raises
    ------
    UsageError
        When there is no such language.
    """
    if language not in languages():
        raise UsageError(f"language {language!r}: write one of {', '.join(languages())}")
    return {**measure_words(), **sentences_on_file(language)}


def measure_words() -> dict[str, str]:
    """Return the English words of all measures by their dotted keys."""
    return {
        f"measure.{name}.{key}": sentence
        for name, measure in MEASURES.items()
        for key, sentence in measure.words.sentences().items()
    }


@cache
def sentences_on_file(language: str) -> Mapping[str, str]:
    """Return the sentences in the file of a language by their dotted keys."""
    text = files("popest.report").joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text)))


def fields_of(sentence: str) -> set[str]:
    """Return the names of the fields of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


class Texts:
    """The sentences of one language, with its numbers, probabilities and dates.

    `used` holds the keys that were asked for, so that a test can find those that never are.
    """

    def __init__(self, language: str) -> None:
        self._sentences = catalogue(language)
        self.language = language
        self.used: set[str] = set()

    def __call__(self, key: str, **fields: Any) -> Markup:
        """Return a sentence as HTML, its fields escaped unless they are markup already."""
        return Markup(escape(self._sentence(key))).format(**fields)

    def __contains__(self, key: str) -> bool:
        return key in self._sentences

    def plain(self, key: str, **fields: Any) -> str:
        """Return a sentence as plain text, for attributes and titles of pictures."""
        return self._sentence(key).format(**fields)

    def under(self, prefix: str) -> dict[str, str]:
        """Return the sentences below a key, unfilled, by what is left of theirs."""
        found = [key for key in self._sentences if key.startswith(f"{prefix}.")]
        return {key.removeprefix(f"{prefix}."): self._sentence(key) for key in found}

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many decimals, thousands separated."""
        separators = {
            ord(","): self._sentence("number.thousands"),
            ord("."): self._sentence("number.point"),
            ord("-"): MINUS_SIGN,
        }
        return f"{value:,.{digits}f}".translate(separators)

    def persons(self, value: float) -> str:
        """Return a number of persons at three significant digits."""
        return self.number(float(f"{value:.3g}"))

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

    def list(self, names: list[Markup] | list[str]) -> Markup:
        """Return names one after the other, with "and" before the last."""
        *first, last = names or [""]
        if not first:
            return escape(last)
        return Markup("{} {} {}").format(Markup(", ").join(first), self("list.and"), last)

    def _percent(self, number: str) -> str:
        return f"{number}{NO_BREAK_SPACE}%"

    def _month(self, key: str, day: date) -> str:
        return self._sentence(key).split()[day.month - 1]

    def _sentence(self, key: str) -> str:
        self.used.add(key)
        return self._sentences[key]


def quoted(text: str) -> Markup:
    """Return what a study says as HTML: escaped, isolated, and marked with its language."""
    return Markup('<bdi lang="{}">{}</bdi>').format(STUDY_LANGUAGE, text)


def named(text: str) -> Markup:
    """Return a name that a study gives, set apart from the sentence around it."""
    return Markup('<bdi class="name" lang="{}">{}</bdi>').format(STUDY_LANGUAGE, text)


def isolated(text: str) -> str:
    """Return what a study says for plain text, its direction of writing kept to itself."""
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, entry in table.items():
        path = f"{before}{key}"
        found += _flat(entry, f"{path}.") if isinstance(entry, dict) else [(path, entry)]
    return found
