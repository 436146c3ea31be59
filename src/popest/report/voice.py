"""How a report names and writes what it speaks of: its study's sources, unit, figures, stocks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.report.contents import Contents
from popest.report.language import Texts, named, quoted
from popest.study.calendar import parse_month
from popest.study.specification.records import Specification


class Speaker(ABC):
    """A language that speaks of what is assumed of a study, or of all populations of a panel."""

    texts: Texts

    @property
    @abstractmethod
    def specification(self) -> Specification:
        """What is assumed."""

    @property
    @abstractmethod
    def ratios_text(self) -> str:
        """The table of learned ratios that stands beside it."""

    @property
    def unit(self) -> Markup:
        """The unit of the population: translated where the language knows it, else quoted."""
        unit = self.specification.unit
        return self.texts(f"unit.{unit}") if f"unit.{unit}" in self.texts else quoted(unit)

    def title(self, source: str) -> str:
        """Return the title of a source, as the study has it."""
        return self.specification.source[source].title

    def source(self, name: str) -> Markup:
        """Return the title of a source as a name within a sentence.

        It is the name itself where this view of the study has no such source.
        """
        is_declared = name in self.specification.source
        return named(self.title(name) if is_declared else name)

    def sources(self, names: Iterable[str]) -> Markup:
        """Return the titles of sources, one after the other."""
        return self.texts.list([self.source(name) for name in names])

    def rows(self, names: Iterable[str]) -> Markup:
        """Return the ids of figures, the rest of a long list counted."""
        return escape(self.texts.listed(names, most=40))

    def quoted(self, text: str) -> Markup:
        """Return what the study says, marked as such."""
        return quoted(text)

    def news(self, names: Iterable[str]) -> Markup:
        """Return the figures and surveys that came out: ids, and titles of surveys."""
        known = self.specification.source
        parts = [
            self.source(name) if name in known else Markup("{}").format(name) for name in names
        ]
        return Markup(", ").join(parts)

    def interval(self, lower: float, upper: float) -> str:
        """Return an interval of persons."""
        return self.texts.interval(self.texts.persons(lower), self.texts.persons(upper))

    def most(self, found: Distribution, prob: float = HEADLINE_PROBABILITY) -> str:
        """Return the interval of what is estimated that holds most of the probability."""
        return self.interval(*found.interval(prob)[:2])

    def ratio(self, value: float) -> str:
        """Return a ratio in counts per hundred, with two digits where it is small."""
        hundred = 100 * value
        return self.texts.number(hundred) if hundred >= 10 else self.texts.significant(hundred)

    def month(self, day: date) -> str:
        """Return the month of a day in words."""
        return self.texts.plain("date.month", month=self.texts.month(day), year=day.year)

    def month_of(self, text: str) -> str:
        """Return a month of a study file in words."""
        return self.month(parse_month(text))

    def window(self, start: date | str | None, end: date | str | None) -> Markup:
        """Return a day, or the two ends of a window, as numbers that are not broken into lines."""
        whole = Markup('<span class="number">{}</span>')
        if start is None or end is None:
            return whole.format(end or start or "")
        return self.texts("date.window", start=whole.format(start), end=whole.format(end))


@dataclass(frozen=True)
class Voice(Speaker):
    """The contents of a report, and the language that speaks of them; a `Writer` of facts."""

    contents: Contents
    texts: Texts

    @property
    def specification(self) -> Specification:
        """What the study assumes."""
        return self.contents.specification

    @property
    def ratios_text(self) -> str:
        """The table of learned ratios that the study rests on."""
        return self.contents.study.ratios_text

    def asked(self, form: str, **fields: str) -> str:
        """Return what the answer is of, as it stands on the page: a key of ``[answer.stock]``."""
        return self.contents.asked.said(self.texts, f"answer.{form}", **fields)
