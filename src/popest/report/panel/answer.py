"""The total of a panel's populations before and after the figures, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from popest.checks.check_drivers import part_of
from popest.estimates.distribution import HEADLINE_PROBABILITY, PROBABILITIES
from popest.report.language import named
from popest.report.panel.contents import PanelVoice

MOST_POPULATIONS = 10
"""Populations in the table of what widens the total."""


class ShareRow(NamedTuple):
    """What widens the total: its name, its share, and the length of its bar, percent."""

    part: Markup
    share: str
    place: float


def headline(voice: PanelVoice) -> Markup:
    """Return the answer in one sentence: the total, or that none is asked for."""
    texts, estimate = voice.texts, voice.contents.estimate
    number = texts.number(len(voice.contents.panel.populations))
    if estimate.total is None:
        return texts("panel.page.no_total", number=number)
    lower, upper = map(texts.persons, estimate.total.interval(HEADLINE_PROBABILITY)[:2])
    interval = texts("answer.between", lower=lower, upper=upper)
    sentence = asked(
        voice,
        "sentence",
        interval=Markup("<strong>{}</strong>").format(interval),
        unit=voice.unit,
        prob=texts.percent(HEADLINE_PROBABILITY),
    )
    return texts("panel.page.headline", number=number, sentence=sentence)


def asked(voice: PanelVoice, form: str, **fields: Any) -> Markup:
    """Return what sizes are of, a stock or a flow, in the words of the page."""
    return escape(voice.contents.estimate.asked.said(voice.texts, f"answer.{form}", **fields))


def sentences(voice: PanelVoice) -> Iterator[Markup]:
    """Yield median and prior of the total, what it rests on, and what is wide about it."""
    texts, contents = voice.texts, voice.contents
    total, prior = contents.estimate.total, contents.estimate.prior_total
    if total is not None and prior is not None:
        median = texts("answer.median", median=texts.persons(total.median))
        lower, upper = map(texts.persons, prior.interval(HEADLINE_PROBABILITY)[:2])
        persons = texts.persons(prior.median)
        before = texts("answer.prior", lower=lower, upper=upper, median=persons)
        yield Markup("{} {}").format(median, before)
    used = contents.panel.used
    yield texts(
        "panel.page.rests",
        figures=texts.number(sum(map(len, used.values()))),
        sources=texts.number(len(voice.specification.source)),
        silent=texts.number(sum(not rows for rows in used.values())),
    )


def answer_rows(voice: PanelVoice) -> list[tuple[Markup, list[str]]]:
    """Return median and intervals of the total after and before the figures."""
    texts, estimate = voice.texts, voice.contents.estimate
    pairs = (("column.after", estimate.total), ("column.before", estimate.prior_total))
    return [
        (
            texts(key),
            [texts.persons(found.median), *(voice.most(found, prob) for prob in PROBABILITIES)],
        )
        for key, found in pairs
        if found is not None
    ]


def rests_on(voice: PanelVoice) -> list[Markup]:
    """Return where the variance of the total comes from, in words."""
    texts, variance = voice.texts, voice.contents.variance
    if variance is None:
        return []
    found = [texts("panel.page.by_shared", share=texts.percent(variance.shared))]
    first = next(iter(share_rows(voice)), None)
    return found if first is None else [*found, texts("panel.page.most", **first._asdict())]


def share_rows(voice: PanelVoice) -> list[ShareRow]:
    """Return what is shared and the populations that widen the total most, the largest first."""
    texts, variance = voice.texts, voice.contents.variance
    if variance is None:
        return []
    parts = [
        (texts("panel.page.shared_part", name=quantity(voice, name)), found.share)
        for name, found in variance.by_quantity.items()
    ]
    largest = sorted(variance.by_population.items(), key=lambda item: -item[1])
    parts += [(population(voice, name), share) for name, share in largest[:MOST_POPULATIONS]]
    parts.sort(key=lambda part: -part[1])
    return [ShareRow(name, texts.percent(s), 100 * min(1.0, max(0.0, s))) for name, s in parts]


def quantity(voice: PanelVoice, name: str) -> Markup:
    """Return the name of a pooled quantity: a source's for its ratio, words for all others."""
    if name in voice.specification.source:
        return voice.source(name)
    part = part_of(name)
    if part is None or part.kind == "size":
        return voice.texts("panel.page.size")
    of = voice.source(part.name) if part.name in voice.specification.source else named(part.name)
    return voice.texts(f"checks.drivers.part.{part.kind}", name=of)


def population(voice: PanelVoice, name: str) -> Markup:
    """Return the title of a population as a name within a sentence."""
    return named(voice.contents.titles[name])
