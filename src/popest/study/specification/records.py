"""The records of ``study.toml``.

Each record states the type, unit and domain of one entry. Rules that tie several entries together
(a source to its measure, a row to the calendar) are in ``popest.study.specification.rules`` and
``popest.study.observations.row_rules``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticKnownError

from popest.study.calendar import MOST_MONTHS, Calendar
from popest.study.domains import (
    LARGEST_SD_RATIO,
    MOST_RANGES,
    MOST_SOURCES,
    MOST_VARIANTS,
    MOST_WAVES,
    BySource,
    DesignEffect,
    Drift,
    Lag,
    Respondents,
    Weight,
)
from popest.study.entry_types import (
    Because,
    Date,
    EntryError,
    Label,
    Month,
    Name,
    Period,
    Range,
    Text,
)
from popest.study.measures import MEASURES
from popest.study.specification.priors import (
    BackgroundPrior,
    BiasPrior,
    CountError,
    ErrorPrior,
    HazardPrior,
    LogNormalPrior,
    PersonsPrior,
    RatioPrior,
    Record,
)


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
    group: Label | None = None
    group_correlation: Annotated[float, Field(ge=0, lt=1)] | None = None
    drift: Drift = 0.0
    lag_months: Lag = 0.0
    bias: BiasPrior | None = None
    error: CountError | None = None
    date: Month | None = None
    n: Respondents | None = None
    deff: DesignEffect | None = None
    published: Period | None = None
    windows: Annotated[list[ShareWindow], Field(min_length=1, max_length=MOST_MONTHS)] | None = None
    because: Because | None = None

    @model_validator(mode="after")
    def _check_spreads(self) -> Self:
        if self.n is not None and self.deff is not None and self.deff > self.n:
            rule = f"leaves less than one answer of {self.n:,} drawn at random"
            raise EntryError("deff", rule, "write a design effect of at most n")
        if self.bias and self.error and self.bias.sd > LARGEST_SD_RATIO * self.error.sd:
            rule = f"has an sd over {LARGEST_SD_RATIO:g} times that of error, {self.error.sd:g}"
            raise EntryError("bias", rule, "write a smaller sd of the bias, or a larger error")
        return self


class WavePrior(Record):
    """A dated wave of arrivals: its size in persons and its spread over months."""

    name: Label
    size: PersonsPrior
    weights: Annotated[dict[Month, Weight], Field(min_length=1, max_length=MOST_MONTHS)]

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if not any(self.weights.values()):
            raise EntryError("weights", "must not all be zero", "give a month a weight above 0")
        return self


class ArrivalsPopulation(Record):
    """A population that starts at zero, is fed by arrivals and loses a constant share."""

    kind: Literal["arrivals"]
    background: BackgroundPrior
    departure_hazard: HazardPrior
    wave: Annotated[list[WavePrior], Field(max_length=MOST_WAVES, default_factory=list)]


class StaticPopulation(Record):
    """A population of constant size, persons."""

    kind: Literal["static"]
    size: PersonsPrior


def _default_error() -> ErrorPrior:
    because = "popest's default: counts of one register scatter by some 4 to 18 percent."
    return ErrorPrior.model_construct(median=0.08, sigma=0.5, because=because)


class Noise(Record):
    """Log-scale error of the counts, common to all sources and by source."""

    error: ErrorPrior = Field(default_factory=_default_error)
    by_source: BySource = 0.0


_CALENDAR_REMEDIES = {
    "first_day": "write a day of the first month",
    "end": f"write a month not before start and at most {MOST_MONTHS} months in all",
}


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
            remedy = _CALENDAR_REMEDIES.get(key, "write months in order, the first and the last")
            raise EntryError(key, rule, remedy) from None
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
    ranges: Annotated[list[Range], Field(max_length=MOST_RANGES, default_factory=list)]
    calendar: CalendarRecord
    population: Annotated[ArrivalsPopulation | StaticPopulation, Field(discriminator="kind")]
    noise: Noise = Field(default_factory=Noise.model_construct)
    source: Annotated[dict[Name, Source], Field(max_length=MOST_SOURCES)]
    variant: Annotated[dict[Name, Variant], Field(max_length=MOST_VARIANTS, default_factory=dict)]
