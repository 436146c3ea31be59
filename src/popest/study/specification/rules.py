"""Rules that tie the entries of ``study.toml`` together.

A source to its measure, waves and surveys to the calendar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from popest.study.calendar import Calendar, last_day_of_month, parse_month
from popest.study.estimand import Estimand
from popest.study.measures import MEASURES, measures_where, rules_of
from popest.study.problems import listed
from popest.study.specification.count_rules import count_faults
from popest.study.specification.initial import counted_twice
from popest.study.specification.records import Parts, Source, WavePrior
from popest.study.specification.toml_lines import Path
from popest.study.specification.wording import EXAMPLES, Fault, toml_text

SHARES_TOLERANCE = 0.0005

_SOURCE_KEYS = Source.keys
_GROUP_KEYS = ("group", "group_correlation")


def faults_between_entries(document: Mapping[str, Any], parts: Parts) -> list[Fault]:
    """Check every rule between entries that the readable ones allow to check.

    Parameters
    ----------
    document
        The file as TOML, for which keys are given.
    parts
        Its entries as records.
    """
    faults: list[Fault] = []
    population = document.get("population")
    kind = population.get("kind") if isinstance(population, dict) else None
    sources = document.get("source")
    for name, table in sources.items() if isinstance(sources, dict) else ():
        if isinstance(table, dict):
            faults += _source_faults(name, table, is_static=kind == "static")
    faults += _wave_name_faults(parts.waves)
    faults += counted_twice(parts.initial, parts.sources)
    faults += _headline_faults(parts, is_static=kind == "static")
    if parts.calendar is not None:
        faults += _wave_month_faults(parts.waves, parts.calendar)
    for name, source in parts.sources.items():
        faults += count_faults(("source", name), source)
        faults += _renewal_faults(("source", name), source, parts.calendar)
        if "windows" in rules_of(source.measure).required:
            faults += _survey_faults(("source", name), source, parts.calendar)
    return faults


def _source_faults(name: str, table: Mapping[str, Any], *, is_static: bool) -> Iterator[Fault]:
    """Check which keys a source has against those of its measure."""
    path, measure = ("source", name), table.get("measure")
    if not isinstance(measure, str) or measure not in MEASURES:
        return
    rule = rules_of(measure)
    for key in table:
        if key in _SOURCE_KEYS and key not in rule.keys:
            refusal = f"is refused by measure {measure}"
            yield Fault((*path, key), toml_text(table[key]), refusal, "remove it")
        elif is_static and key in rule.moving_only:
            refusal = "says nothing of a population of kind static, which is always the same"
            yield Fault((*path, key), toml_text(table[key]), refusal, "remove it")
    if "renewed" in table and "every_months" not in table and "renewed" in rule.optional:
        absence = "is missing: renewed says what happens when a paper lapses"
        remedy = f"remove renewed, or write {EXAMPLES['every_months']}"
        yield Fault((*path, "every_months"), None, absence, remedy)
    for key in sorted(rule.required - table.keys()):
        if not _SOURCE_KEYS[key].is_required:
            absence = f"is missing: measure {measure} requires it"
            yield Fault((*path, key), None, absence, f"write {EXAMPLES[key]}")
    given = [key for key in _GROUP_KEYS if key in table and key in rule.optional]
    if len(given) == 1:
        (absent,) = set(_GROUP_KEYS) - set(given)
        absence = f"is missing: {given[0]} is given, and both or neither belong to a source"
        yield Fault((*path, absent), None, absence, f"write {EXAMPLES[absent]}")
    if is_static and not rule.is_for_static:
        refusal = "is not a measure of a population of kind static"
        known = listed(sorted(measures_where("is_for_static")))
        remedy = f'write one of {known}, or kind = "arrivals"'
        yield Fault((*path, "measure"), measure, refusal, remedy)


def _headline_faults(parts: Parts, *, is_static: bool) -> Iterator[Fault]:
    seen: set[Estimand] = set()
    for path, asked in parts.headlines.items():
        ends = asked.first or asked.last, asked.last
        if asked in seen:
            rule = "stands in the list before"
            yield Fault(path, str(asked), rule, "write each day once, the foremost first")
        elif is_static and not asked.is_stock:
            rule = "is of a population of kind static: nobody comes, and nobody leaves"
            yield Fault(path, str(asked), rule, "write a day")
        elif parts.calendar is not None and not all(map(parts.calendar.contains, ends)):
            what = "a day" if asked.is_stock else "days"
            remedy = f"write {what} from {parts.calendar.first_day} to {parts.calendar.last_day}"
            yield Fault(path, str(asked), "is outside the calendar", remedy)
        seen.add(asked)


def _wave_name_faults(waves: Mapping[int, WavePrior]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, wave in waves.items():
        if wave.name in seen:
            path = ("population", "wave", index, "name")
            yield Fault(path, wave.name, "names an earlier wave too", "write another name")
        seen.add(wave.name)


def _wave_month_faults(waves: Mapping[int, WavePrior], calendar: Calendar) -> Iterator[Fault]:
    for index, wave in waves.items():
        for month in wave.weights:
            if not calendar.start <= month <= calendar.end:
                path = ("population", "wave", index, "weights", month)
                weight, rule = toml_text(wave.weights[month]), "is a weight outside the calendar"
                remedy = f"write a month from {calendar.start} to {calendar.end}"
                yield Fault(path, weight, rule, remedy)


def _renewal_faults(path: Path, source: Source, calendar: Calendar | None) -> Iterator[Fault]:
    """Check that periods of renewal are in order and begin with the calendar."""
    if not isinstance(source.every_months, list):
        return
    latest = ""
    for index, period in enumerate(source.every_months):
        place = (*path, "every_months", index, "from")
        if period.first <= latest:
            rule = f"is not after the month of the period before it, {latest}"
            yield Fault(place, period.first, rule, "write the periods in order, each month once")
        latest = max(latest, period.first)
        if calendar is not None and index == 0 and period.first > calendar.start:
            rule = f"leaves the months from {calendar.start} without a period"
            yield Fault(place, period.first, rule, f"write a month not after {calendar.start}")
        if calendar is not None and period.first > calendar.end:
            rule = f"is after the calendar, which ends in {calendar.end}"
            yield Fault(place, period.first, rule, "remove the period, or extend the calendar")


def _survey_faults(path: Path, survey: Source, calendar: Calendar | None) -> Iterator[Fault]:
    """Check a survey's month, its windows and the day on which it was published."""
    if survey.date is None or survey.published is None or survey.windows is None:
        return
    if calendar is not None and not calendar.start <= survey.date <= calendar.end:
        remedy = f"write a month from {calendar.start} to {calendar.end}"
        yield Fault((*path, "date"), survey.date, "is outside the calendar", remedy)
    month = parse_month(survey.date)
    taken = last_day_of_month(month.year, month.month)
    if survey.published < taken:
        rule = f"precedes the end of the survey's month, {taken}"
        remedy = "write the day, month or year of publication"
        yield Fault((*path, "published"), survey.published.isoformat(), rule, remedy)
    yield from _window_faults(path, survey, calendar)
    total = sum(window.share for window in survey.windows)
    if not 0 < total <= 1 + SHARES_TOLERANCE:
        rule = f"must have shares that sum to more than 0 and at most 1, not {total:.4g}"
        yield Fault((*path, "windows"), None, rule, "write shares of all respondents")


def _window_faults(path: Path, survey: Source, calendar: Calendar | None) -> Iterator[Fault]:
    windows = sorted(enumerate(survey.windows or ()), key=lambda entry: entry[1].first)
    latest = ""
    for index, window in windows:
        place = (*path, "windows", index)
        if window.first <= latest:
            rule = f"overlaps the window that ends in {latest}"
            yield Fault((*place, "from"), window.first, rule, "write windows without common months")
        latest = max(latest, window.last)
        if calendar is not None and window.first < calendar.start:
            remedy = f"write a month from {calendar.start}"
            yield Fault((*place, "from"), window.first, "is outside the calendar", remedy)
        if survey.date is not None and window.last > survey.date:
            rule = "is after the survey's month"
            yield Fault((*place, "to"), window.last, rule, f"write a month up to {survey.date}")
