"""Each source: what it counts, who published it, what is assumed of it, and how its figures fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from markupsafe import Markup, escape

from popest.estimates.fit import ObservationFit
from popest.estimates.result import RatioLearned
from popest.report.language import Texts, named
from popest.report.pictures.forest import Bar, Forest, Row
from popest.report.pictures.svg import Drawing
from popest.report.sections.learned import Origin, origin
from popest.report.voice import Speaker, Voice
from popest.study.calendar import parse_month
from popest.study.measures import MEASURES, rules_of
from popest.study.specification.priors import NORMAL_QUANTILE_95, LogNormalPrior
from popest.study.specification.records import Source
from popest.study.specification.timing import timing
from popest.study.specification.variation import variation


class FitRow(NamedTuple):
    """A figure beside its prediction, as the table has it."""

    figure: Markup | str
    window: Markup | str
    value: str
    predicted: str
    interval: str
    percentile: str
    is_explained: bool


class SourceEntry(NamedTuple):
    """A source, as the page has it; the pairs of `reasons` are a sentence and a reason."""

    name: str
    title: str
    producer: str
    counts: str
    measure: Markup
    assumed: list[Markup]
    origin: Origin | None
    learned: Markup | None
    reasons: list[tuple[Markup, str]]
    fits: list[FitRow]


class RatioRow(NamedTuple):
    """A ratio before and after the figures, as the table has it."""

    source: Markup
    prior: str
    prior_interval: str
    posterior: str
    posterior_interval: str


def entries(voice: Voice) -> list[SourceEntry]:
    """Return all sources of the study, in its order."""
    estimate = voice.contents.estimate
    learned = {each.source: each for each in estimate.ratios_learned}
    return [
        SourceEntry(
            name,
            source.title,
            source.producer,
            source.counts,
            voice.texts(f"measure.{source.measure}.read_as"),
            list(assumed(voice, source)),
            origin(voice, source.ratio),
            _learned(voice, learned[name]) if name in learned else None,
            list(reasons(voice, source)),
            [_fit_row(voice, fit) for fit in estimate.observations_fit if fit.source == name],
        )
        for name, source in voice.contents.specification.source.items()
    ]


def ratio_rows(voice: Voice) -> list[RatioRow]:
    """Return the ratios before and after the figures."""
    rows = []
    for learned in voice.contents.estimate.ratios_learned:
        cells = []
        for median, lower, upper in (learned.prior, learned.posterior):
            bounds = voice.texts.significant(lower), voice.texts.significant(upper)
            cells += [voice.texts.significant(median), voice.texts.interval(*bounds)]
        rows.append(RatioRow(voice.source(learned.source), *cells))
    return rows


def ratio_picture(voice: Voice) -> Drawing:
    """Return the forest of ratios before and after the figures, on a log scale."""
    rows = [
        Row(voice.title(learned.source), (Bar(*learned.prior), Bar(*learned.posterior)))
        for learned in voice.contents.estimate.ratios_learned
    ]
    texts = voice.texts
    return Forest(
        "ratios-picture",
        texts.plain("sources.picture_title"),
        texts.plain("sources.picture_description"),
        rows,
        partial(ratio_tick, texts),
        "",
        is_log=True,
    ).draw()


def ratio_tick(texts: Texts, value: float) -> str:
    """Return a ratio beside its axis, with the digits that it has."""
    return texts.number(value, 0 if value >= 1 else len(f"{value:g}") - 2)


def survey_month(voice: Speaker, source: Source) -> str:
    """Return the month in which a survey was held."""
    return "" if source.date is None else voice.month(parse_month(source.date))


def assumed(voice: Speaker, source: Source) -> Iterator[Markup]:
    """Yield what is assumed of a source, a sentence each; of its ratio first."""
    texts = voice.texts
    if source.ratio is not None:
        lower, upper = (voice.ratio(bound) for bound in source.ratio.interval90)
        median = voice.ratio(source.ratio.median)
        is_of_papers = source.every_months is not None
        is_of_papers = is_of_papers and bool(MEASURES[source.measure].words.ratio_of_papers)
        key = "ratio_of_papers" if is_of_papers else "ratio"
        yield texts(f"measure.{source.measure}.{key}", median=median, lower=lower, upper=upper)
    yield from timing_sentences(voice, source)
    for fact in variation(source):
        yield escape(fact.said(voice.texts))
    if source.baseline is not None:
        key = "baseline_a_year" if rules_of(source.measure).has_start else "baseline"
        median, lower, upper = (texts.persons(value) for value in _bounds_of(source.baseline))
        yield texts(f"sources.{key}", median=median, lower=lower, upper=upper)
    if source.bias is not None and source.persons_error is not None:
        persons = texts.persons
        mean, sd, error = source.bias.mean, source.bias.sd, source.persons_error.sd
        yield texts("sources.bias", mean=persons(mean), sd=persons(sd), error=persons(error))
    if source.n is not None and source.deff is not None:
        yield texts(
            "sources.survey",
            n=texts.number(source.n),
            month=survey_month(voice, source),
            effective=texts.number(source.n / source.deff),
            deff=texts.exact(source.deff),
        )
    if source.group is not None and source.group_correlation is not None:
        correlation = texts.exact(source.group_correlation)
        yield texts("sources.group", group=named(source.group), correlation=correlation)
    if source.drift:
        yield texts("sources.drift", percent=texts.percent(source.drift))


def timing_sentences(voice: Speaker, source: Source) -> Iterator[Markup]:
    """Yield when a source counts a person late, again or later, a sentence each."""
    for fact in timing(source):
        yield escape(fact.said(voice.texts))


def _learned(voice: Voice, learned: RatioLearned) -> Markup:
    median, lower, upper = (voice.ratio(value) for value in learned.posterior)
    return voice.texts("ratio.after", median=median, lower=lower, upper=upper)


def reasons(voice: Speaker, source: Source) -> Iterator[tuple[Markup, str]]:
    """Yield why a source is assumed to be what it is: what each reason is for, and the reason."""
    why = voice.texts("sources.why")
    for prior in (source.ratio, source.bias):
        if prior is not None:
            yield why, prior.because
    if source.because is not None:
        yield why if source.windows else voice.texts("sources.why_timing"), source.because
    if isinstance(source.later, LogNormalPrior):
        yield voice.texts("sources.why_later"), source.later.because
    if source.log_error is not None:
        yield voice.texts("sources.why_own_error"), source.log_error.because
    if source.baseline is not None:
        yield voice.texts("sources.why_baseline"), source.baseline.because
    if source.persons_error is not None:
        yield voice.texts("sources.why_error"), source.persons_error.because


def _bounds_of(prior: LogNormalPrior) -> tuple[float, float, float]:
    """Return the median of a prior and its 90 % bounds."""
    factor = math.exp(NORMAL_QUANTILE_95 * prior.sigma)
    return prior.median, prior.median / factor, prior.median * factor


def _fit_row(voice: Voice, fit: ObservationFit) -> FitRow:
    texts = voice.texts
    rows = {row.id: row for row in voice.contents.study.used}
    row = rows.get(fit.observation)
    interval = fit.predicted.interval(voice.contents.estimate.settings.prob)
    write = texts.percent if row is None else texts.figure
    return FitRow(
        _survey_window(voice, fit) if row is None else fit.observation,
        "" if row is None else voice.window(row.start, row.end),
        write(fit.value) if fit.bounds is None else fit.value_in(texts),
        write(fit.predicted.median),
        texts.interval(write(interval.lower), write(interval.upper)),
        texts.number(100 * fit.percentile),
        not fit.is_extreme,
    )


def _survey_window(voice: Voice, fit: ObservationFit) -> Markup:
    """Return the window of arrival that a share of a survey is of."""
    label = fit.observation.removeprefix(f"{fit.source}:")
    first, _, last = label.partition("..")
    return voice.window(first, last or None)
