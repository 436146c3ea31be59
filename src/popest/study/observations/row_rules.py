"""Rules that bind one row of observations: by itself, by its source and by the calendar.

Rows that the model does not use are bound only by what makes them a record: see `own_faults`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from popest.study.calendar import Calendar
from popest.study.entry_types import is_blank
from popest.study.measures import measures_where, rules_of
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.counting import (
    LARGEST_OWN_ERROR,
    expected_baseline,
    has_counting_noise,
    is_explicit,
    nested,
    own_error,
    years_counted,
)
from popest.study.observations.links import superseders
from popest.study.observations.observation import Observation
from popest.study.problems import listed, suggestion
from popest.study.specification.records import Parts, Source
from popest.study.tables.csv_table import RowFault

MOST_DRIFT_DAYS = 40
"""Days on which the drift of a ratio can be drawn, each by a normal of its own."""

_DAY_REMEDY = "write the day as YYYY-MM-DD, or set use = no"


def own_faults(row: Observation) -> Iterator[RowFault]:
    """Check the rules that bind every row, whatever is known of its source."""
    if row.start is not None and row.end is not None and row.end < row.start:
        rule = f"precedes start {row.start}"
        yield RowFault(row, "end", str(row.end), rule, "write the last day of the window")
    yield from _figure_faults(row)
    if not row.use and is_blank(row.note):
        yield RowFault(row, "note", "", "is missing", "write why the figure is not used")


def _figure_faults(row: Observation) -> Iterator[RowFault]:
    """Check that value, precision and bounds say one figure."""
    if row.precision == "between":
        yield from _range_faults(row)
        return
    if row.value is None:
        remedy = "write the published count, or leave the row out; a count between two bounds has "
        yield RowFault(row, "value", "", "is missing", remedy + "precision between")
        return
    if row.use:
        yield from _bound_faults(row)
    for column in ("se", "lower", "upper"):
        bound = getattr(row, column)
        if bound is not None and row.is_bound:
            rule = f"stands beside {row.precision}, whose value is the bound"
            yield RowFault(row, column, f"{bound:g}", rule, "remove it")
            return
    if row.se is not None and (row.lower is not None or row.upper is not None):
        rule = "stands beside an interval: the error would be said twice"
        yield RowFault(row, "se", f"{row.se:g}", rule, "keep one of the two")
    elif row.se == 0:
        yield RowFault(row, "se", "0", "must be above 0", "leave it empty when there is none")
    elif (row.lower is None) != (row.upper is None):
        absent = "lower" if row.lower is None else "upper"
        rule = "is missing: an interval has two bounds"
        yield RowFault(row, absent, "", rule, "write it, or enter one bound as at_most or at_least")
    elif row.lower is not None and row.upper is not None and not row.lower < row.value < row.upper:
        rule = f"does not lie between lower {row.lower:g} and upper {row.upper:g}"
        yield RowFault(row, "value", str(row.value), rule, "check the three numbers")


def _bound_faults(row: Observation) -> Iterator[RowFault]:
    """Check that a lower bound bounds anything."""
    if row.precision == "at_least" and row.value == 0:
        rule = "is said of every count: at_least 0 bounds nothing"
        yield RowFault(row, "value", "0", rule, "write the published bound, or set use = no")


def _range_faults(row: Observation) -> Iterator[RowFault]:
    if row.value is not None:
        rule = "stands beside between, which says the figure by lower and upper"
        yield RowFault(row, "value", str(row.value), rule, "leave it empty, or write exact")
    if row.se is not None:
        rule = "stands beside between, which has no error of its own"
        yield RowFault(row, "se", f"{row.se:g}", rule, "remove it")
    for column in ("lower", "upper"):
        bound = getattr(row, column)
        if bound is None:
            yield RowFault(
                row, column, "", "is missing beside between", "write the published bound"
            )
        elif bound != int(bound):
            rule = "must be a whole number: it bounds a count"
            yield RowFault(row, column, f"{bound:g}", rule, "write the published bound")
    if row.lower is not None and row.upper is not None and row.lower >= row.upper:
        rule = f"is not above lower {row.lower:g}"
        yield RowFault(row, "upper", f"{row.upper:g}", rule, "write the published bounds")


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
        yield from _own_error_faults(row, source)


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
    if row.count < 0 and is_readable and not is_signed:
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
    if rules_of(source.measure).is_signed or source.ratio is None or row.count < 0:
        return
    counts = "sampling" in rules_of(source.measure).optional
    if counts and has_counting_noise(row, source):
        if row.is_bound and source.sampling == "binomial":
            rule = "is a bound, which a source with sampling = binomial may not have"
            yield RowFault(row, "precision", row.precision, rule, "write sampling = poisson")
        return
    if row.is_bound:
        rule = "is a bound of a whole number of events, which this source does not count"
        remedy = "write what was printed as a count, or set use = no"
        yield RowFault(row, "precision", row.precision, rule, remedy)
    elif row.count == 0:
        rule = "must be 1 or more: its logarithm is modelled"
        yield RowFault(row, "value", "0", rule, "write the published count, or set use = no")
    elif row.count <= expected_baseline(row, source):
        assert source.baseline is not None
        rule = f"is not above its baseline, {source.baseline.median:g} x {years_counted(row):.4g}"
        remedy = "check the value and the dates, or the baseline in study.toml"
        yield RowFault(row, "value", str(row.count), rule, remedy)


def _own_error_faults(row: Observation, source: Source) -> Iterator[RowFault]:
    """Check that a published error is one that a count with a ratio can have."""
    if not row.has_own_error:
        return
    column = "upper" if row.se is None else "se"
    value = f"{row.upper if row.se is None else row.se:g}"
    if source.ratio is None:
        rule = (
            f"is the error of a count, and measure {source.measure} has none of each figure's own"
        )
        yield RowFault(row, column, value, rule, "remove it; say it in note")
    elif source.sampling == "binomial":
        rule = "is an error beside sampling = binomial, which says all of it"
        yield RowFault(row, column, value, rule, "remove one of the two")
    elif row.count > expected_baseline(row, source):
        error = own_error(row, source)
        if error > LARGEST_OWN_ERROR:
            rule = (
                f"gives an error of {error:.2g} on the log scale, more than {LARGEST_OWN_ERROR:g}: "
            )
            rule += "so uncertain a figure is not normal on it"
            remedy = "set use = no, or enter the figure as a bound or with the count behind it"
            yield RowFault(row, column, value, rule, remedy)


def few_faults(rows: Sequence[Observation], parts: Parts) -> Iterator[RowFault]:
    """Check the rows of each source whose ratio is drawn, as some of its counts are few."""
    by_source: dict[str, list[Observation]] = {}
    replaced = superseders(rows)
    for row in rows:
        if row.use and row.id not in replaced and row.end is not None and row.precision is not None:
            by_source.setdefault(row.source, []).append(row)
    for name, used in by_source.items():
        source = parts.sources.get(name)
        if source is None or "sampling" not in rules_of(source.measure).optional:
            continue
        if source.ratio is not None and is_explicit(source, used):
            if rules_of(source.measure).has_start:
                yield from _nested_faults(used)
            if source.drift > 0:
                yield from _drift_faults(used, source)


def _nested_faults(used: Sequence[Observation]) -> Iterator[RowFault]:
    """Check that few counts, whose windows share their events, do not lie within each other."""
    found = nested(used)
    if found is not None:
        row, other = found
        rule = f"lies within the window of {other.id}: of few counts, or bounds, each must "
        rule += "be of its own days"
        remedy = "enter the increments, with derived_from, and set use = no for the others"
        yield RowFault(row, "start", str(row.start), rule, remedy)


def _drift_faults(used: Sequence[Observation], source: Source) -> Iterator[RowFault]:
    """Check that a ratio that is drawn has no more days than its drift can be drawn on."""
    days = sorted({row.end for row in used if row.end is not None})
    if len(days) > MOST_DRIFT_DAYS:
        row = next(row for row in used if row.end == days[MOST_DRIFT_DAYS])
        rule = f"is the {MOST_DRIFT_DAYS + 1}st of {len(days)} last days of counts whose ratio "
        rule += f"drifts: of few counts, or bounds, there may be {MOST_DRIFT_DAYS}"
        remedy = "add up counts over longer windows, or remove drift, "
        remedy += f"{source.drift:g}, in study.toml"
        yield RowFault(row, "end", str(row.end), rule, remedy)
