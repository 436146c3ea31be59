"""Rules that bind one row of observations: by itself, by its source and by the calendar.

Rows that the model does not use are bound only by what makes them a record: see `own_faults`.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from popest.study.calendar import Calendar
from popest.study.entry_types import is_blank
from popest.study.measures import measures_where, rules_of
from popest.study.observations.columns import PRECISIONS, columns_of
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
    if row.value is None and row.derived_from:
        return  # what its parents sum to is said with the rules of sums
    if row.value is None and row.lower is not None and row.upper is not None:
        if row.precision is None and not row.use:  # of a used row it is said anyway
            rule = "is missing beside lower and upper without a value"
            yield RowFault(row, "precision", "", rule, "write between")
        elif row.precision is not None:
            rule = "is missing beside lower and upper"
            remedy = "write the count; a count between the two has precision between"
            yield RowFault(row, "value", "", rule, remedy)
        return
    if row.value is None:
        remedy = "write the published count, or leave the row out; a count between two bounds has "
        yield RowFault(row, "value", "", "is missing", remedy + "precision between")
        return
    if row.is_bound:
        yield from _bound_faults(row)
    elif row.has_own_error and row.value == 0:
        rule = "is 0 beside a published error, which only a count above 0 can have"
        remedy = "leave se, lower and upper empty: a count of 0 has the error of counting"
        yield RowFault(row, "value", "0", rule, remedy)
    else:
        yield from _published_error_faults(row)


def _bound_faults(row: Observation) -> Iterator[RowFault]:
    for column in columns_of("quantity"):
        bound = getattr(row, column)
        if bound is not None:
            rule = f"stands beside {row.precision}, whose value is the bound"
            yield RowFault(row, column, _written(bound), rule, "remove it")
    if row.precision == "at_least" and row.value == 0:
        rule = "is a bound that says nothing: every count is at least 0"
        yield RowFault(row, "value", "0", rule, "write the published bound, or leave the row out")


def _published_error_faults(row: Observation) -> Iterator[RowFault]:
    if row.se is not None and (row.lower is not None or row.upper is not None):
        rule = "stands beside an interval: the error would be said twice"
        yield RowFault(row, "se", _written(row.se), rule, "keep one of the two")
    elif row.se == 0:
        yield RowFault(row, "se", "0", "must be above 0", "leave it empty when there is none")
    elif (row.lower is None) != (row.upper is None):
        absent = "lower" if row.lower is None else "upper"
        rule = "is missing: an interval has two bounds"
        yield RowFault(row, absent, "", rule, "write it, or enter one bound as at_most or at_least")
    elif row.lower is not None and row.upper is not None and not _is_interval(row):
        rule = f"is not between lower {_written(row.lower)} and upper {_written(row.upper)}"
        yield RowFault(row, "value", str(row.value), rule, "check the three numbers")


def _range_faults(row: Observation) -> Iterator[RowFault]:
    if row.value is not None:
        rule = "stands beside between, which says the figure by lower and upper"
        remedy = "leave it empty; for a count with a published interval write how exact it is"
        yield RowFault(row, "value", str(row.value), rule, remedy)
    if row.se is not None:
        rule = "stands beside between, which has no error of its own"
        yield RowFault(row, "se", _written(row.se), rule, "remove it")
    for column in ("lower", "upper"):
        bound = getattr(row, column)
        if bound is None:
            yield RowFault(
                row, column, "", "is missing beside between", "write the published bound"
            )
        elif bound != int(bound):
            rule = "must be a whole number: it bounds a count"
            yield RowFault(row, column, _written(bound), rule, "write the published bound")
    if row.lower is not None and row.upper is not None and row.lower >= row.upper:
        rule = f"is not above lower {_written(row.lower)}"
        remedy = "write the published bounds; a single count is a value"
        yield RowFault(row, "upper", _written(row.upper), rule, remedy)


def _is_interval(row: Observation) -> bool:
    """Return whether the figure is within the bounds that were published with it."""
    if row.value is None or row.lower is None or row.upper is None:
        return False
    return row.lower < row.value < row.upper


def _written(number: float) -> str:
    """Return a number with all its digits."""
    return f"{number:.15g}"


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
    if row.value is None and row.precision != "between":
        return  # without a figure, none can be wrong
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
    can_count = "sampling" in rules_of(source.measure).optional
    is_counting = can_count and has_counting_noise(row, source)
    is_bounded = can_count and source.sampling == "poisson"
    remedy = "set use = no"
    if can_count and source.sampling != "poisson":
        remedy += '; or write sampling = "poisson" in study.toml, if each count is of whole events'
    if row.is_bound:
        if not is_bounded:
            kind = f"with sampling = {source.sampling}" if can_count else f"of {source.measure}"
            rule = f"is a bound, which a source {kind} cannot have"
            yield RowFault(row, "precision", row.precision, rule, remedy)
        return
    if is_counting or rules_of(source.measure).is_signed or source.ratio is None or row.count < 0:
        return
    if row.count == 0:
        if not row.has_own_error:
            rule = "must be 1 or more: its logarithm is modelled"
            yield RowFault(row, "value", "0", rule, remedy)
    elif row.count <= expected_baseline(row, source):
        assert source.baseline is not None
        rule = f"is not above its baseline, {source.baseline.median:g} x {years_counted(row):.4g}"
        remedy = "check the value and the dates, or the baseline in study.toml"
        yield RowFault(row, "value", str(row.count), rule, remedy)


def _own_error_faults(row: Observation, source: Source) -> Iterator[RowFault]:
    """Check that a published error is one that a count with a ratio can have."""
    error = row.upper if row.se is None else row.se
    if not row.has_own_error or error is None or (row.se is None and not _is_interval(row)):
        return
    column, value = "upper" if row.se is None else "se", _written(error)
    if "interval" not in rules_of(source.measure).optional:
        rule = f"is the error of one figure, which measure {source.measure} does not take"
        yield RowFault(row, column, value, rule, "leave it empty, and say it in note")
    elif source.sampling == "binomial":
        rule = "is an error beside sampling = binomial, which is all the error there is"
        remedy = 'leave it empty, or write sampling = "none" in study.toml'
        yield RowFault(row, column, value, rule, remedy)
    elif row.count > expected_baseline(row, source):
        error = own_error(row, source)
        if error > LARGEST_OWN_ERROR:
            rule = (
                f"gives an error of {error:.2g} on the log scale, where {LARGEST_OWN_ERROR:g} is "
            )
            rule += "the most: so uncertain a figure is not normal on it"
            remedy = "set use = no, or enter the number of events behind the figure instead"
            yield RowFault(row, column, value, rule, remedy)


def sum_error_faults(rows: Sequence[Observation], parts: Parts) -> Iterator[RowFault]:
    """Check that a used sum of figures with errors of their own has one, too.

    What it is depends on how the errors go together, which popest does not know.
    """
    uncertain: set[str] = set()  # rows with an error that is their own, or that of a term
    for row in rows:
        terms = [name for _, name in row.derived_from if name in uncertain]
        if row.has_own_error or terms:
            uncertain.add(row.id)
        source = parts.sources.get(row.source)
        if not (terms and row.use and not row.has_own_error and source is not None):
            continue
        has_errors = "interval" in rules_of(source.measure).optional
        if has_errors and source.sampling != "binomial":
            rule = f"is missing: {terms[0]} has an error of its own, and so has a sum with it"
            remedy = "write the standard error of the sum: the root of the sum of the squared "
            remedy += "errors, if they are independent"
            yield RowFault(row, "se", "", rule, remedy)


def few_faults(
    rows: Sequence[Observation], parts: Parts, broken: Container[int] = ()
) -> Iterator[RowFault]:
    """Check the rows of each source whose ratio is drawn, as some of its counts are few.

    Rows on the lines `broken` are left out: what they say could not be read.
    """
    by_source: dict[str, list[Observation]] = {}
    replaced = superseders(rows)
    for row in rows:
        is_whole = row.line not in broken and row.end is not None and row.precision is not None
        has_figure = row.value is not None or row.precision == "between"
        if row.use and row.id not in replaced and is_whole and has_figure:
            by_source.setdefault(row.source, []).append(row)
    for name, used in by_source.items():
        source = parts.sources.get(name)
        if source is None or source.ratio is None:
            continue  # its ratio could not be read, or it has none
        if "sampling" not in rules_of(source.measure).optional:
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
