"""Rules that bind one row of observations: by itself, by its source and by the calendar.

Rows that the model does not use are bound only by what makes them a record: see `own_faults`.
"""

from __future__ import annotations

from collections.abc import Iterator

from popest.study.calendar import DAYS_PER_YEAR, Calendar, days_inclusive
from popest.study.entry_types import is_blank
from popest.study.measures import measures_where, rules_of
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.observation import Observation
from popest.study.problems import listed, suggestion
from popest.study.specification.records import Parts, Source
from popest.study.tables.csv_table import RowFault

_DAY_REMEDY = "write the day as YYYY-MM-DD, or set use = no"


def own_faults(row: Observation) -> Iterator[RowFault]:
    """Check the rules that bind every row, whatever is known of its source."""
    if row.start is not None and row.end is not None and row.end < row.start:
        rule = f"precedes start {row.start}"
        yield RowFault(row, "end", str(row.end), rule, "write the last day of the window")
    if not row.use and is_blank(row.note):
        yield RowFault(row, "note", "", "is missing", "write why the figure is not used")


def used_faults(row: Observation, parts: Parts) -> Iterator[RowFault]:
    """Check the rules that bind a row which the model uses."""
    if row.precision is None:
        remedy = f"write one of {listed(PRECISIONS)}"
        yield RowFault(row, "precision", "", "is missing from a used row", remedy)
    if row.end is None:
        yield RowFault(row, "end", "", "is missing from a used row", _DAY_REMEDY)
    elif row.published is not None and row.published < row.end:
        rule = f"precedes the end of what was counted, {row.end}"
        remedy = "write the day, month or year of publication, or nothing when unknown"
        yield RowFault(row, "published", str(row.published), rule, remedy)
    if parts.declared is not None and row.source not in parts.declared:
        remedy = f"{suggestion(row.source, parts.declared)}declare it, or set use = no"
        yield RowFault(row, "source", row.source, "is not declared in study.toml", remedy)
    source = parts.sources.get(row.source)
    yield from _sign_faults(row, source, parts)
    if source is not None and rules_of(source.measure).has_rows:
        yield from _window_faults(row, source)
        if parts.calendar is not None:
            yield from _calendar_faults(row, source, parts.calendar)
        yield from _value_faults(row, source)


def source_faults(row: Observation, parts: Parts) -> Iterator[RowFault]:
    """Check the rules by which a source binds all its rows, used or not."""
    source = parts.sources.get(row.source)
    if source is not None and not rules_of(source.measure).has_rows:
        rule = "is a survey, whose shares stand in study.toml"
        yield RowFault(row, "source", row.source, rule, "remove the row")


def _sign_faults(row: Observation, source: Source | None, parts: Parts) -> Iterator[RowFault]:
    """Check that a count is not negative; a correction is on record unused, as a term of a sum."""
    is_readable = parts.declared is not None and (
        source is not None or row.source not in parts.declared
    )
    is_signed = source is not None and rules_of(source.measure).is_signed
    if row.value < 0 and is_readable and not is_signed:
        signed = listed(measures_where("is_signed"))
        rule = f"is negative, which only a source of measure {signed} may be"
        remedy = "set use = no; a published correction enters through a sum, in derived_from"
        yield RowFault(row, "value", str(row.value), rule, remedy)


def _window_faults(row: Observation, source: Source) -> Iterator[RowFault]:
    """Check that a flow has a start and a stock has none."""
    if rules_of(source.measure).has_start:
        if row.start is None:
            rule = f"is missing: measure {source.measure} counts from a first to a last day"
            yield RowFault(row, "start", "", rule, _DAY_REMEDY)
    elif row.start is not None:
        rule = f"must be empty: measure {source.measure} counts on one day, the end"
        yield RowFault(row, "start", str(row.start), rule, "remove it")


def _calendar_faults(row: Observation, source: Source, calendar: Calendar) -> Iterator[RowFault]:
    """Check that the days of a row are within the calendar; some may start before it."""
    days = {"end": row.end}
    rules = rules_of(source.measure)
    early = rules.may_start_early_with
    if rules.has_start and not rules.may_start_early and not (early and getattr(source, early)):
        days["start"] = row.start
    for column, day in days.items():
        if day is not None and not calendar.contains(day):
            remedy = f"write a day from {calendar.first_day} to {calendar.last_day}, or use = no"
            if column == "start" and early:
                remedy += f"; with {early} in study.toml a count may start before, where only "
                remedy += f"its {early} is counted"
            yield RowFault(row, column, str(day), "is outside the calendar", remedy)


def _value_faults(row: Observation, source: Source) -> Iterator[RowFault]:
    """Check that a count leaves something to be explained by the population."""
    if rules_of(source.measure).is_signed or source.ratio is None or row.value < 0:
        return
    if row.value == 0:
        rule = "must be 1 or more: its logarithm is modelled"
        yield RowFault(row, "value", "0", rule, "write the published count, or set use = no")
    elif source.baseline is not None and "baseline" in rules_of(source.measure).optional:
        years = _years(row, source)
        baseline = source.baseline.median * years
        if row.value <= baseline:
            rule = f"is not above its baseline, {source.baseline.median:g} x {years:.4g}"
            remedy = "check the value and the dates, or the baseline in study.toml"
            yield RowFault(row, "value", str(row.value), rule, remedy)


def _years(row: Observation, source: Source) -> float:
    """Return the years by which the baseline of a count is multiplied: 1 for a stock."""
    if not rules_of(source.measure).has_start:
        return 1.0
    if row.start is None or row.end is None:
        return 0.0
    return days_inclusive(row.start, row.end) / DAYS_PER_YEAR
