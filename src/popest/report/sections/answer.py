"""What speaks against the answer, the answer, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from markupsafe import Markup, escape

from popest.checks.check_drivers import SMALLEST_DRAWN, SMALLEST_NAMED, Part
from popest.estimates.distribution import HEADLINE_PROBABILITY, PROBABILITIES
from popest.report.language import named
from popest.report.voice import Voice

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
    study = voice.contents.study
    facts = (*voice.contents.estimate.fit_findings, *study.view_warnings, *study.slips)
    said = (escape(fact.said(voice)) for fact in facts)
    return [Markup(sentence[:1].upper() + sentence[1:]) for sentence in said]


def sentences(voice: Voice) -> list[Markup]:
    """Return the answer: interval, median, prior, and the probabilities of the study's ranges."""
    contents, texts = voice.contents, voice.texts
    headline, prior = contents.headline, contents.prior
    median = texts("answer.median", median=texts.persons(headline.median))
    lower, upper = map(texts.persons, prior.interval(HEADLINE_PROBABILITY)[:2])
    persons = texts.persons(prior.median)
    before = texts("answer.prior", lower=lower, upper=upper, median=persons)
    found = [Markup("{} {}").format(median, before), *_ranges(voice)]
    if scenario := contents.estimate.scenarios.get(contents.asked.last):
        found.append(texts("answer.scenario", last=texts.day(scenario.last.day)))
    return found


def headline(voice: Voice) -> str:
    """Return the answer in one sentence."""
    texts, found = voice.texts, voice.contents.headline
    lower, upper = map(texts.persons, found.interval(HEADLINE_PROBABILITY)[:2])
    interval = texts("answer.between", lower=lower, upper=upper)
    return voice.asked(
        "sentence",
        interval=Markup("<strong>{}</strong>").format(interval),
        unit=voice.unit,
        prob=texts.percent(HEADLINE_PROBABILITY),
    )


def answer_rows(voice: Voice) -> list[tuple[Markup, list[str]]]:
    """Return median and intervals after and before the figures."""
    rows = []
    for key, found in (("after", voice.contents.headline), ("before", voice.contents.prior)):
        bounds = (voice.most(found, prob) for prob in PROBABILITIES)
        rows.append((voice.texts(f"column.{key}"), [voice.texts.persons(found.median), *bounds]))
    return rows


def date_rows(voice: Voice) -> list[tuple[Markup, list[str]]]:
    """Return median and intervals on each of the study's dates; none where it has only one."""
    texts, estimate = voice.texts, voice.contents.estimate
    rows = []
    for day in estimate.dates if len(estimate.dates) > 1 else ():
        stock, said = estimate.stock(day), escape(texts.day(day))
        if day in estimate.scenarios:
            said = texts("answer.scenario_day", day=said)
        bounds = (voice.most(stock, prob) for prob in PROBABILITIES)
        rows.append((said, [texts.persons(stock.median), *bounds]))
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
            prob=texts.likely(contents.headline.probability(lower, upper)),
            before=texts.likely(contents.prior.probability(lower, upper)),
        )
