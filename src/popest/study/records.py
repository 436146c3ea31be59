"""What a study says: the records of ``study.toml`` and of ``observations.csv``.

Each record states the type, unit and domain of one entry. Rules that tie several entries
together (a source to its measure, a row to the calendar) are in ``popest.study.rules`` and
``popest.study.row_rules``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticKnownError

from popest.study.calendar import Calendar
from popest.study.entry_types import (
    Because,
    Date,
    EntryError,
    Month,
    Name,
    NotNegative,
    Period,
    Range,
    Text,
)
from popest.study.measures import MEASURES
from popest.study.priors import (
    BackgroundPrior,
    BiasPrior,
    CountError,
    LogNormalPrior,
    RatioPrior,
    Record,
)

Precision = Literal["exact", "rounded", "about", "almost", "more_than"]


def _known_measure(value: Any) -> Any:
    """Refuse what no measure is called, as pydantic refuses a word that is none of a few."""
    if isinstance(value, str) and value in MEASURES:
        return value
    words = ", ".join(f"'{name}'" for name in MEASURES)
    raise PydanticKnownError("literal_error", {"expected": words})


Measure = Annotated[str, BeforeValidator(_known_measure)]
"""The name of a measure: see ``popest.study.measures``."""


class ShareWindow(Record):
    """The share of a survey's respondents who arrived from one month to another, both in."""

    first: Annotated[Month, Field(alias="from")]
    last: Annotated[Month, Field(alias="to")]
    share: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _check_window(self) -> Self:
        if self.last < self.first:
            raise EntryError("to", f"precedes from {self.first}", "write a month not before it")
        return self


class Source(Record):
    """One series of counts, or one survey, and what it says about the population.

    Which keys apply follows from `measure`; see ``popest.study.measures``.
    """

    title: Text
    producer: Text
    counts: Text
    measure: Measure
    ratio: RatioPrior | None = None
    baseline: LogNormalPrior | None = None
    group: Text | None = None
    group_correlation: Annotated[float, Field(ge=0, lt=1)] | None = None
    drift: NotNegative = 0.0
    lag_months: NotNegative = 0.0
    bias: BiasPrior | None = None
    error: CountError | None = None
    date: Month | None = None
    n: Annotated[int, Field(gt=0)] | None = None
    deff: Annotated[float, Field(ge=1)] | None = None
    published: Period | None = None
    windows: Annotated[list[ShareWindow], Field(min_length=1)] | None = None
    because: Because | None = None


class WavePrior(Record):
    """A dated wave of arrivals: its size in persons and its spread over months."""

    name: Text
    size: LogNormalPrior
    weights: Annotated[dict[Month, NotNegative], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if not any(self.weights.values()):
            raise EntryError("weights", "must not all be zero", "give a month a weight above 0")
        return self


class ArrivalsPopulation(Record):
    """A population that starts at zero, is fed by arrivals and loses a constant share."""

    kind: Literal["arrivals"]
    background: BackgroundPrior
    departure_hazard: LogNormalPrior
    wave: list[WavePrior] = Field(default_factory=list)


class StaticPopulation(Record):
    """A population of constant size, persons."""

    kind: Literal["static"]
    size: LogNormalPrior


class Noise(Record):
    """Log-scale error of the counts, common to all sources and by source."""

    error: LogNormalPrior = LogNormalPrior(
        median=0.08,
        sigma=0.5,
        because="popest's default: counts of one register scatter by some 4 to 18 percent.",
    )
    by_source: NotNegative = 0.0


class CalendarRecord(Record):
    """The months over which the population is followed."""

    start: Month
    end: Month
    first_day: Date | None = None

    @model_validator(mode="after")
    def _check_calendar(self) -> Self:
        try:
            _ = self.calendar
        except ValueError as error:
            key, _, rule = str(error).partition(" ")
            raise EntryError(
                key, rule, "write months in order, and first_day in the first"
            ) from None
        return self

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar itself."""
        return Calendar(self.start, self.end, self.first_day)


class Variant(Record):
    """A named alternative to the study, reported beside it."""

    because: Because
    set: dict[str, Any] = Field(default_factory=dict)
    without: list[str] = Field(default_factory=list)
    use: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)


class Specification(Record):
    """All that ``study.toml`` says."""

    title: Text
    target: Text
    unit: Text
    headline: Date
    ranges: list[Range] = Field(default_factory=list)
    calendar: CalendarRecord
    population: Annotated[ArrivalsPopulation | StaticPopulation, Field(discriminator="kind")]
    noise: Noise = Noise()
    source: dict[Name, Source]
    variant: dict[Name, Variant] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of ``observations.csv``: one published figure.

    `value` is in the unit of its source's exposure times its ratio (persons, permits, firms).
    `published` is the last day of the published period, and `derived_from` holds pairs of a
    sign (+1 or -1) and the id of a row. `line` is the line of the file on which the row begins.
    """

    id: str
    source: str
    value: int
    precision: Precision | None
    start: date | None
    end: date | None
    published: date | None
    recorded: date
    publisher: str
    url: str
    use: bool
    supersedes: str | None
    derived_from: tuple[tuple[int, str], ...]
    note: str
    line: int


COLUMNS = tuple(entry.name for entry in fields(Observation) if entry.name != "line")
