"""What a study estimates: a stock on a day, or the arrivals or the departures of a window of days.

Whoever speaks of an estimate asks here what it is of: nothing else says stock of what may be a
flow. What it is in each draw is ``popest.estimates.days.values_of``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from popest.language.words import Words
from popest.language.writers import plain_writer

Flow = Literal["arrivals", "departures"]
"""What is counted over a window, and not on a day."""
FLOWS: tuple[Flow, ...] = get_args(Flow)


@dataclass(frozen=True)
class Estimand:
    """What is estimated, in persons.

    Attributes
    ----------
    last
        The day at whose end a stock is taken, or the last day of a window.
    flow
        Whether arrivals or departures are counted; None for a stock.
    first
        The first day of the window; None for a stock.
    """

    last: date
    flow: Flow | None = None
    first: date | None = None

    @property
    def is_stock(self) -> bool:
        """Whether it is a stock on a day."""
        return self.flow is None

    @property
    def kind(self) -> str:
        """What it is called in keys and tables: ``stock``, ``arrivals`` or ``departures``."""
        return self.flow or "stock"

    @property
    def entry(self) -> dict[str, Any]:
        """What says so in JSON: ``date`` with its day, or the flow with both ends."""
        return {"date": str(self.last)} if self.flow is None else {self.flow: self._ends}

    @property
    def as_written(self) -> str | dict[str, list[str]]:
        """It as a headline of ``study.toml``."""
        return str(self.last) if self.flow is None else {self.flow: self._ends}

    @property
    def label(self) -> str:
        """It in English, such as ``arrivals from 2019-01-01 to 2019-12-31``."""
        return self.said(plain_writer().texts, "label")

    def said(self, words: Words, form: str, **fields: Any) -> str:
        """Return it in the words of a language.

        Parameters
        ----------
        words
            The language.
        form
            Where it is to stand: a key of ``[estimand.stock]`` in the language's file, or after a
            point one of another section that has tables of the same kinds.
        fields
            What else that sentence names.
        """
        section, _, name = form.rpartition(".")
        days = {"first": words.day(self.first or self.last), "last": words.day(self.last)}
        return words(f"{section or 'estimand'}.{self.kind}.{name}", **days, **fields)

    @property
    def _ends(self) -> list[str]:
        return [str(self.first), str(self.last)]

    def __str__(self) -> str:
        return str(self.last) if self.is_stock else self.label
