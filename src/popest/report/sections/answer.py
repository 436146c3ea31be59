"""What speaks against the answer, the answer, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from markupsafe import Markup

from popest.checks.check_drivers import SMALLEST_DRAWN, SMALLEST_NAMED, Part
from popest.estimates.distribution import HEADLINE_PROBABILITY, PROBABILITIES
from popest.estimates.fit_warnings import (
    LARGEST_NOISE_FACTOR,
    Extrapolation,
    FitFinding,
    NoCount,
    Scatter,
    Unexplained,
)
from popest.estimates.standouts import Standout
from popest.report.language import named, quoted
from popest.report.voice import Voice
from popest.study.observations.observation import Observation
from popest.study.slips.words import MOST_ROWS, Slip
from popest.study.view_warnings import ViewWarning

NAMED = 2
"""Parts that are named after the first."""


class DriverRow(NamedTuple):
    """A part of the model in the table of drivers; `place` is the length of its bar, percent."""

    part: Markup
    share: str
    left: str
    place: float


def warnings(voice: Voice) -> list[Markup]:
    """Return what speaks against the estimate, the fit first."""
    return [
        *(_of_fit(voice, finding) for finding in voice.contents.estimate.fit_findings),
        *(_of_view(voice, warning) for warning in voice.contents.study.view_warnings),
        *(slip_sentence(voice, slip) for slip in voice.contents.study.slips),
    ]


def sentences(voice: Voice) -> list[Markup]:
    """Return the answer: interval, median, prior, and the probabilities of the study's ranges."""
    contents, texts = voice.contents, voice.texts
    stock, prior = contents.stock, contents.prior
    median = texts("answer.median", median=texts.persons(stock.median))
    lower, upper = map(texts.persons, prior.interval(HEADLINE_PROBABILITY)[:2])
    persons = texts.persons(prior.median)
    before = texts("answer.prior", lower=lower, upper=upper, median=persons)
    return [Markup("{} {}").format(median, before), *_ranges(voice)]


def headline(voice: Voice) -> Markup:
    """Return the answer in one sentence."""
    texts, stock = voice.texts, voice.contents.stock
    lower, upper = map(texts.persons, stock.interval(HEADLINE_PROBABILITY)[:2])
    interval = texts("answer.between", lower=lower, upper=upper)
    return texts(
        "answer.sentence",
        day=texts.day(voice.contents.day),
        interval=Markup("<strong>{}</strong>").format(interval),
        unit=voice.unit,
        prob=texts.percent(HEADLINE_PROBABILITY),
    )


def answer_rows(voice: Voice) -> list[tuple[Markup, list[str]]]:
    """Return median and intervals after and before the figures."""
    rows = []
    for key, stock in (("after", voice.contents.stock), ("before", voice.contents.prior)):
        bounds = (voice.most(stock, prob) for prob in PROBABILITIES)
        rows.append((voice.texts(f"column.{key}"), [voice.texts.persons(stock.median), *bounds]))
    return rows


def rests_on(voice: Voice) -> list[Markup]:
    """Return which parts of the model the width comes from, in words."""
    texts, known = voice.texts, voice.contents.findings.known
    if not known:
        return []
    facts = [
        {"part": part(voice, each), "left": texts.percent(explained.width_left)}
        for each, explained in islice(known.items(), 1 + NAMED)
        if 1 - explained.width_left >= SMALLEST_NAMED
    ]
    if not facts:
        return [texts("rests_on.small", part=part(voice, next(iter(known))))]
    found = [texts("rests_on.first", **facts[0])]
    others = [texts("rests_on.next_part", **each) for each in facts[1:]]
    if others:
        found.append(texts("rests_on.next", parts=texts.list(others)))
    return found


def driver_rows(voice: Voice) -> list[DriverRow]:
    """Return the parts of the model that account for something, the largest first."""
    percent = voice.texts.percent
    return [
        DriverRow(part(voice, each), percent(k.share), percent(k.width_left), 100 * k.share)
        for each, k in voice.contents.findings.known.items()
        if k.share >= SMALLEST_DRAWN
    ]


def part(voice: Voice, known: Part) -> Markup:
    """Return the name of a part of the model."""
    if not known.name:
        return voice.texts(f"part.{known.kind}")
    name = named(known.name) if known.kind == "wave" else voice.source(known.name)
    return voice.texts(f"part.{known.kind}", name=name)


def _ranges(voice: Voice) -> Iterator[Markup]:
    texts, contents = voice.texts, voice.contents
    for lower, upper in contents.specification.ranges:
        yield texts(
            "answer.range",
            lower=texts.number(lower),
            upper=texts.number(upper),
            prob=texts.likely(contents.stock.probability(lower, upper)),
            before=texts.likely(contents.prior.probability(lower, upper)),
        )


def _of_fit(voice: Voice, finding: FitFinding) -> Markup:
    texts = voice.texts
    match finding:
        case Unexplained(fit):
            return texts(
                f"warning.{finding.side}",
                observation=fit.observation,
                source=voice.source(fit.source),
                value=texts.figure(fit.value),
                median=texts.figure(fit.predicted.median),
            )
        case Standout(observation, source, value, expected, digits):
            return texts(
                f"warning.standout_{digits}" if digits else "warning.standout",
                observation=observation,
                source=voice.source(source),
                value=texts.figure(value),
                expected=texts.figure(float(f"{expected:.2g}")),
            )
        case Scatter(source, error, expected):
            facts = {
                "error": texts.significant(error),
                "expected": texts.exact(expected),
                "factor": LARGEST_NOISE_FACTOR,
            }
            if source not in voice.contents.specification.source:
                return texts("warning.scatter_all", **facts)
            return texts("warning.scatter", source=voice.source(source), **facts)
        case NoCount(is_surveyed):
            return texts("warning.survey_only" if is_surveyed else "warning.no_count")
        case Extrapolation(day, last, observation):
            return texts(
                "warning.extrapolation",
                day=texts.day(day),
                last=texts.day(last),
                observation=observation,
                days=texts.number(finding.days),
            )


def _of_view(voice: Voice, warning: ViewWarning) -> Markup:
    texts, key = voice.texts, f"warning.{warning.kind}"
    match warning.kind:
        case "silent_source":
            return texts(key, source=voice.source(warning.subject))
        case "revived":
            return texts(key, subject=warning.subject, newer=warning.newer)
        case "stale_sum":
            rows = voice.rows(warning.rows)
            return texts(key, subject=warning.subject, rows=rows, newer=warning.newer)
        case "rows_without_date" | "rows_not_known":
            return texts(key, rows=voice.rows(warning.rows))
        case "large_ratio":
            value = texts.exact(warning.value)
            return texts(key, source=voice.source(warning.subject), value=value)


def slip_sentence(voice: Voice, slip: Slip) -> Markup:
    """Return a slip in words."""
    texts, row = voice.texts, slip.row
    facts: dict[str, Markup | str] = {"row": row.id, "number": texts.number(slip.number)}
    if slip.kind != "more":
        facts |= {"source": _source(voice, row), "value": texts.number(row.value)}
        facts |= {"days": voice.window(row.start, row.end), "word": quoted(slip.word)}
    if slip.others:
        other = slip.others[0]
        facts |= {
            "valued": _listed(voice, slip.others, lambda each: texts.number(each.value)),
            "sourced": _listed(voice, slip.others, lambda each: _source(voice, each)),
            "other": other.id,
            "other_source": _source(voice, other),
            "other_value": texts.number(other.value),
            "other_days": voice.window(other.start, other.end),
        }
    return texts(f"slip.{slip.kind}", **facts)


def _source(voice: Voice, row: Observation) -> Markup:
    """Return the title of a row's source; its name where this view of the study has none."""
    declared = row.source in voice.contents.specification.source
    return voice.source(row.source) if declared else named(row.source)


def _listed(
    voice: Voice, rows: Sequence[Observation], said: Callable[[Observation], Markup | str]
) -> Markup:
    """Return the ids of rows, each with something that is said of it, the rest counted."""
    names = [Markup("{} ({})").format(row.id, said(row)) for row in rows[:MOST_ROWS]]
    rest = len(rows) - len(names)
    if rest:
        names.append(voice.texts("list.more", number=voice.texts.number(rest)))
    return voice.texts.list(names)
