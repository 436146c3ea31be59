"""The headline of ``study.toml``: the day or the days of a stock, or the window of a flow."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from popest.study import domains
from popest.study.calendar import parse_date
from popest.study.constraints import Length
from popest.study.entry_types import Date
from popest.study.estimand import FLOWS, Estimand
from popest.study.problems import EntryError
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.specification.record import Record

Window = Annotated[list[Date], Length(2, 2)]
"""The first and the last day of a window, both in."""


class FlowHeadline(Record):
    """The arrivals or the departures of a window, where they are what is estimated."""

    arrivals: Window | None = None
    departures: Window | None = None

    def check(self) -> None:
        """Check that it is one window, which ends after it begins."""
        if self.arrivals and self.departures:
            raise EntryError("stands beside arrivals", "remove one of the two", key="departures")
        if not self.arrivals and not self.departures:
            remedy = "write arrivals or departures, with the first day and the last of a window"
            raise EntryError("is missing", remedy, key="arrivals")
        estimand = self.estimand
        assert estimand.first is not None
        if estimand.last < estimand.first:
            rule = f"ends before it begins, on {estimand.first}"
            raise EntryError(rule, "write the first day, then the last", key=estimand.kind)

    @property
    def estimand(self) -> Estimand:
        """What is estimated."""
        ((flow, window),) = ((name, days) for name in FLOWS if (days := getattr(self, name)))
        return Estimand(window[1], flow, window[0])


Headline = Date | Annotated[list[Date], Length(1, domains.MOST_HEADLINES)] | FlowHeadline
"""The day or days of the stock that is estimated where none is asked for, or a flow instead."""


def headlines_of(given: date | list[date] | FlowHeadline) -> tuple[Estimand, ...]:
    """Return what a headline asks for, the foremost first."""
    if isinstance(given, FlowHeadline):
        return (given.estimand,)
    return tuple(map(Estimand, given if isinstance(given, list) else [given]))


def headlines_at(given: Any) -> dict[tuple[str | int, ...], Estimand]:
    """Return what can be read of a headline, each by where it stands."""
    if isinstance(given, dict | FlowHeadline):
        try:
            estimand = read(FlowHeadline, given).estimand
        except InvalidEntryError:
            return {}
        return {("headline", estimand.kind): estimand}
    entries: dict[tuple[str | int, ...], Any] = {("headline",): given}
    if isinstance(given, list):
        entries = {("headline", number): entry for number, entry in enumerate(given)}
    days = {path: _read_day(entry) for path, entry in entries.items()}
    return {path: Estimand(day) for path, day in days.items() if day is not None}


def _read_day(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return parse_date(value)
        except ValueError:
            return None
    return value if type(value) is date else None
