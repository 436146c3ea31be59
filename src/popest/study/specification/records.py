"""The records of ``study.toml``.

Each record states the type, unit and domain of one entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from popest.study import domains
from popest.study.calendar import MOST_MONTHS, Calendar
from popest.study.constraints import Choice, Length, Limit, Words
from popest.study.entry_types import Because, Date, Label, Month, Name, Period, Range, Text
from popest.study.estimand import Estimand
from popest.study.measures import MEASURES
from popest.study.problems import EntryError, listed, suggestion
from popest.study.specification import priors
from popest.study.specification.headline import Headline, headlines_at, headlines_of
from popest.study.specification.priors import ErrorPrior
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.specification.record import Record, keyed
from popest.study.specification.wording import EXAMPLES, toml_text

Measure = Annotated[str, Words(MEASURES)]
"""The name of a measure: see ``popest.study.measures``."""


class ShareWindow(Record):
    """The share of a survey's respondents who arrived from one month to another, both in."""

    first: Month = keyed(written="from")
    last: Month = keyed(written="to")
    share: Annotated[float, Limit("at least", 0), Limit("at most", 1)]

    def check(self) -> None:
        """Check that the window does not end before it begins."""
        if self.last < self.first:
            raise EntryError(f"precedes from {self.first}", "write a month not before it", key="to")


class RenewalPeriod(Record):
    """After how many months papers lapse that are issued from a month on."""

    first: Month = keyed(written="from")
    months: domains.Every


EveryMonths = domains.Every | Annotated[list[RenewalPeriod], Length(1, domains.MOST_PERIODS)]
"""After how many months papers lapse: always the same, or by the month of issue."""


Sampling = Literal["poisson", "binomial", "none"]
"""How counts vary by chance: as events do that come independently, as those of a fixed number of
persons do, or not at all."""


def _kind_of_error(entry: Any) -> type[Record]:
    """Return the record that the error of a source is, by whether it is a number of persons."""
    in_persons = "sd" in entry if isinstance(entry, dict) else isinstance(entry, priors.CountError)
    return priors.CountError if in_persons else ErrorPrior


SourceError = Annotated[priors.CountError | ErrorPrior, Choice(_kind_of_error)]
"""How far figures of one source are off: in persons, or on the log scale."""


class Source(Record):
    """One series of counts, or one survey, and what it says about the population.

    Which keys apply follows from `measure`; see ``popest.study.measures``.
    """

    title: Text
    producer: Text
    counts: Text
    measure: Measure
    ratio: RatioPrior | None = None
    baseline: priors.LogNormalPrior | None = None
    group: Label | None = None
    group_correlation: Annotated[float, Limit("at least", 0), Limit("below", 1)] | None = None
    drift: domains.Drift = 0.0
    lag_months: domains.Lag = 0.0
    every_months: EveryMonths | None = None
    renewed: domains.Renewed = 1.0
    later: domains.Later | priors.LaterPrior = 0.0
    bias: priors.BiasPrior | None = None
    error: SourceError | None = None
    interval: domains.Probability = 0.95
    sampling: Sampling = "poisson"
    date: Month | None = None
    n: domains.Respondents | None = None
    deff: domains.DesignEffect | None = None
    published: Period | None = None
    windows: Annotated[list[ShareWindow], Length(1, MOST_MONTHS)] | None = None
    because: Because | None = None

    @property
    def log_error(self) -> ErrorPrior | None:
        """The error of its figures on the log scale, where it is the source's own."""
        return self.error if isinstance(self.error, ErrorPrior) else None

    @property
    def persons_error(self) -> priors.CountError | None:
        """The error of its figures in persons."""
        return self.error if isinstance(self.error, priors.CountError) else None

    def check(self) -> None:
        """Check that no number is so large beside another that it means nothing."""
        if self.n is not None and self.deff is not None and self.deff > self.n:
            rule = f"leaves less than one answer of {self.n:,} drawn at random"
            raise EntryError(rule, "write a design effect of at most n", key="deff")
        largest = domains.LARGEST_SD_RATIO
        error = self.persons_error
        if self.bias and error and self.bias.sd > largest * error.sd:
            rule = f"has an sd over {largest:g} times that of error, {error.sd:g}"
            remedy = "write a smaller sd of the bias, or a larger error"
            raise EntryError(rule, remedy, key="bias")


class WavePrior(Record):
    """A dated wave of arrivals: its size in persons and its spread over months."""

    name: Label
    size: priors.PersonsPrior
    weights: Annotated[dict[Month, domains.Weight], Length(1, MOST_MONTHS)]

    def check(self) -> None:
        """Check that the wave has a month."""
        if not any(self.weights.values()):
            remedy = "give a month a weight above 0"
            raise EntryError("must not all be zero", remedy, key="weights")


class ArrivalsPopulation(Record):
    """A population that is fed by arrivals and loses a constant share.

    It starts with `initial` persons, those there before the first day counted, or at zero.
    """

    kind: Literal["arrivals"]
    initial: priors.PersonsPrior | None = None
    background: priors.BackgroundPrior
    departure_hazard: priors.HazardPrior
    wave: Annotated[list[WavePrior], Length(most=domains.MOST_WAVES)] = keyed(factory=list)


class StaticPopulation(Record):
    """A population of constant size, persons."""

    kind: Literal["static"]
    size: priors.PersonsPrior


def _default_error() -> ErrorPrior:
    because = "popest's default: counts of one register scatter by some 4 to 18 percent."
    return ErrorPrior(median=0.08, sigma=0.5, because=because)


class Noise(Record):
    """Log-scale error of the counts, common to all sources and by source."""

    error: ErrorPrior = keyed(factory=_default_error)
    by_source: domains.BySource = 0.0


_CALENDAR_REMEDIES = {
    "first_day": "write a day of the first month",
    "end": f"write a month not before start and at most {MOST_MONTHS} months in all",
}


class CalendarRecord(Record):
    """The months over which the population is followed."""

    start: Month
    end: Month
    first_day: Date | None = None

    def check(self) -> None:
        """Check that the months make a calendar."""
        try:
            _ = self.calendar
        except ValueError as error:
            key, _, rule = str(error).partition(" ")
            remedy = _CALENDAR_REMEDIES.get(key, "write months in order, the first and the last")
            raise EntryError(rule, remedy, key=key) from None

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar itself."""
        return Calendar(self.start, self.end, self.first_day)


class Variant(Record):
    """A named alternative to the study, reported beside it."""

    because: Because
    set: dict[str, Any] = keyed(factory=dict)
    without: list[str] = keyed(factory=list)
    use: list[str] = keyed(factory=list)
    ignore: list[str] = keyed(factory=list)


def _population_kind(entry: Any) -> type[Record]:
    """Return the record that a population is, by its kind."""
    kinds: dict[Any, type[Record]] = {"arrivals": ArrivalsPopulation, "static": StaticPopulation}
    if not isinstance(entry, dict):
        return type(entry) if isinstance(entry, Record) else StaticPopulation
    if "kind" not in entry:
        raise EntryError("is missing", f"write {EXAMPLES['kind']}", key="kind")
    if not isinstance(entry["kind"], str) or entry["kind"] not in kinds:
        near = suggestion(toml_text(entry["kind"]), kinds)
        remedy = f"{near}write one of {listed(kinds)}"
        raise EntryError("is not a known word", remedy, key="kind")
    return kinds[entry["kind"]]


class Specification(Record):
    """All that ``study.toml`` says."""

    title: Text
    target: Text
    unit: Text
    headline_given: Headline = keyed(written="headline")
    ranges: Annotated[list[Range], Length(most=domains.MOST_RANGES)] = keyed(factory=list)
    calendar: CalendarRecord
    population: Annotated[ArrivalsPopulation | StaticPopulation, Choice(_population_kind)]
    noise: Noise = keyed(factory=Noise)
    source: Annotated[dict[Name, Source], Length(most=domains.MOST_SOURCES)]
    variant: Annotated[dict[Name, Variant], Length(most=domains.MOST_VARIANTS)] = keyed(
        factory=dict
    )

    @property
    def headlines(self) -> tuple[Estimand, ...]:
        """What is estimated where nothing is asked for, the foremost first."""
        return headlines_of(self.headline_given)

    @property
    def headline(self) -> Estimand:
        """The foremost of them."""
        return self.headlines[0]

    def reaching(self, day: date) -> Specification:
        """Return the same assumptions over a calendar that reaches a day.

        Raises
        ------
        ValueError
            When none can; see `Calendar.reaching`.
        """
        longer = self.calendar.calendar.reaching(day)
        if longer.end == self.calendar.end:
            return self
        record = self.calendar.replaced(start=longer.start, end=longer.end)
        return self.replaced(calendar=record)


@dataclass(frozen=True)
class Parts:
    """The entries of one ``study.toml`` that could be read, whatever is wrong with the others.

    They let the rules between entries run in the same go as those of single entries, so that a
    person sees all problems at once.

    `headlines` are keyed by the path of each, `waves` by their position; `initial` are the persons
    there before the first day. `declared` names every source, also those that could not be read;
    it is None when there is no table of sources.
    """

    calendar: Calendar | None = None
    headlines: Mapping[tuple[str | int, ...], Estimand] = field(default_factory=dict)
    waves: Mapping[int, WavePrior] = field(default_factory=dict)
    initial: priors.PersonsPrior | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    declared: frozenset[str] | None = None

    @classmethod
    def of_valid(cls, specification: Specification) -> Parts:
        """Return the entries of a specification in which nothing is wrong."""
        population = specification.population
        waves = population.wave if isinstance(population, ArrivalsPopulation) else ()
        return cls(
            calendar=specification.calendar.calendar,
            headlines=headlines_at(specification.headline_given),
            waves=dict(enumerate(waves)),
            initial=initial_of(population),
            sources=specification.source,
            declared=frozenset(specification.source),
        )

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Parts:
        """Read every entry of a document by itself."""
        record = _read(CalendarRecord, document.get("calendar"))
        sources = document.get("source")
        population = document.get("population")
        entries = population if isinstance(population, dict) else {}
        waves = entries.get("wave")
        return cls(
            calendar=record.calendar if record else None,
            headlines=headlines_at(document.get("headline")),
            waves=_read_each(WavePrior, enumerate(waves) if isinstance(waves, list) else ()),
            initial=_read(priors.PersonsPrior, entries.get("initial")),
            sources=_read_each(Source, sources.items() if isinstance(sources, dict) else ()),
            declared=frozenset(sources) if isinstance(sources, dict) else None,
        )


def initial_of(
    population: ArrivalsPopulation | StaticPopulation,
) -> priors.PersonsPrior | None:
    """Return the prior of the persons there before the first day; None where there are none."""
    return population.initial if isinstance(population, ArrivalsPopulation) else None


def _read[R: Record](record: type[R], value: Any) -> R | None:
    try:
        return read(record, value)
    except InvalidEntryError:
        return None


def _read_each[R: Record, K](record: type[R], entries: Iterable[tuple[K, Any]]) -> dict[K, R]:
    found = {name: _read(record, value) for name, value in entries}
    return {name: entry for name, entry in found.items() if entry is not None}
