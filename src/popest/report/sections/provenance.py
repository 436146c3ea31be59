"""Every figure on file, used or not, and every prior with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

from markupsafe import Markup

from popest.engines.draws import (
    LARGEST_PARETO_K,
    LARGEST_R_HAT,
    SMALLEST_CHAIN_EFFECTIVE_SIZE,
    SMALLEST_EFFECTIVE_SIZE,
)
from popest.report.language import named, quoted
from popest.report.sections.learned import median_and_bounds, origin
from popest.report.sections.sources import survey_month, timing_sentences
from popest.report.voice import Speaker, Voice
from popest.study.observations.links import superseders
from popest.study.observations.observation import Observation
from popest.study.observations.saying import figure_and_error_in
from popest.study.observations.vintage import published_by
from popest.study.specification.priors import LogNormalPrior, as_prior
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import ArrivalsPopulation, Source, StaticPopulation


class Link(NamedTuple):
    """Where a figure was published: a link that can be followed, or text that cannot."""

    address: str
    host: str | None


class FigureRow(NamedTuple):
    """A figure on file, as the table has it."""

    id: str
    source: Markup
    value: Markup
    precision: Markup | str
    window: Markup
    published: str
    publisher: str
    link: Link | None
    status: Markup
    note: str
    sum: Markup | None


class SurveyRow(NamedTuple):
    """A survey, which stands in the study's own file."""

    title: str
    producer: str
    published: str
    entry: Markup


class PriorRow(NamedTuple):
    """A prior with its reason, and where it comes from if it is learned."""

    name: Markup
    value: Markup
    because: str
    origin: Markup | None = None


def certificate(voice: Voice) -> Markup:
    """Return the sentence that vouches for the computation."""
    texts, draws = voice.texts, voice.contents.estimate.draws
    found = draws.certificate
    if draws.engine == "bank":
        return texts(
            "certificate.bank",
            ess=texts.number(found.ess or 0.0),
            least=texts.number(SMALLEST_EFFECTIVE_SIZE),
            k=texts.number(found.pareto_k or 0.0, 2),
            limit=texts.significant(LARGEST_PARETO_K),
        )
    return texts(
        "certificate.slice",
        r_hat=texts.number(found.r_hat or 0.0, 3),
        largest=texts.significant(LARGEST_R_HAT),
        bulk=texts.number(found.ess_bulk or 0.0),
        tail=texts.number(found.ess_tail or 0.0),
        least=texts.number(SMALLEST_CHAIN_EFFECTIVE_SIZE),
    )


def figures(voice: Voice, *, used: bool) -> list[FigureRow]:
    """Return the figures on file that are in use, or those that are not."""
    study = voice.contents.study
    in_use = {row.id for row in study.used}
    rows = [row for row in study.observations if (row.id in in_use) == used]
    return figure_rows(voice, rows, Use(study.observations, in_use, study.as_of_day))


def surveys(voice: Voice) -> list[SurveyRow]:
    """Return the surveys of the study."""
    return [
        SurveyRow(
            source.title, source.producer, str(source.published or ""), _survey(voice, source)
        )
        for source in voice.contents.specification.source.values()
        if source.windows is not None
    ]


def link(url: str) -> Link | None:
    """Return where an address leads; only http and https can be followed."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return Link(url, None)
    is_plain = url.isprintable() and not any(char.isspace() for char in url)
    followed = parts.scheme in ("http", "https") and is_plain
    return Link(url, host if followed and host else None)


def priors(voice: Speaker) -> list[PriorRow]:
    """Return all priors of the study, in its order."""
    return [*_population_priors(voice), *_noise_prior(voice), *_source_priors(voice)]


class Use(NamedTuple):
    """All figures on file, the ids of those in use, and the day of the view."""

    on_file: Sequence[Observation]
    used: Set[str]
    as_of_day: date | None


def figure_rows(voice: Speaker, rows: Iterable[Observation], use: Use) -> list[FigureRow]:
    """Return figures on file, each with what is said of its use."""
    known = published_by(use.on_file, use.as_of_day)
    names, newer = {row.id for row in known}, superseders(known)

    def status(row: Observation) -> Markup:
        if row.id in use.used:
            return voice.texts("provenance.status_used")
        if row.id not in names and use.as_of_day is not None:
            return voice.texts("provenance.status_unknown", day=use.as_of_day)
        if row.id in newer:
            return voice.texts("provenance.status_superseded", row=newer[row.id])
        return voice.texts("provenance.status_unused")

    return [_figure(voice, row, status(row)) for row in rows]


def _figure(voice: Speaker, row: Observation, status: Markup) -> FigureRow:
    declared = voice.specification.source
    texts = voice.texts
    terms = [f"{'+' if sign > 0 else '\u2212'}{parent}" for sign, parent in row.derived_from]
    return FigureRow(
        row.id,
        quoted(declared[row.source].title if row.source in declared else row.source),
        Markup("{}").format(figure_and_error_in(texts, row)),
        texts(f"provenance.{row.precision}") if row.precision and not row.is_bound else "",
        voice.window(row.start, row.end),
        str(row.published or ""),
        row.publisher,
        link(row.url),
        status,
        row.note,
        texts("provenance.sum", rows=" ".join(terms)) if terms else None,
    )


def _survey(voice: Voice, source: Source) -> Markup:
    texts = voice.texts
    windows = [
        texts(
            "provenance.survey_window",
            window=voice.window(window.first, window.last),
            share=texts.percent(window.share),
        )
        for window in source.windows or ()
    ]
    return texts(
        "provenance.survey_entry",
        month=survey_month(voice, source),
        n=texts.number(source.n or 0),
        deff=texts.exact(source.deff or 1.0),
        windows=Markup("; ").join(windows),
    )


def _population_priors(voice: Speaker) -> Iterator[PriorRow]:
    texts, population = voice.texts, voice.specification.population
    if isinstance(population, StaticPopulation):
        name = texts("prior.size", unit=voice.unit)
        yield PriorRow(name, _log_normal(voice, population.size), population.size.because)
    if isinstance(population, ArrivalsPopulation):
        if population.initial is not None:
            name = texts("prior.initial", unit=voice.unit)
            initial = population.initial
            yield PriorRow(name, _log_normal(voice, initial), initial.because)
        background = population.background
        volatility = as_prior(background.volatility, background.because)
        value = texts(
            "prior.background_value",
            **_median_and_sigma(voice, background),
            step=texts(f"prior.step_{background.step}"),
            volatility=texts.exact(volatility.median),
        )
        yield PriorRow(texts("prior.background", unit=voice.unit), value, background.because)
        if volatility.sigma > 0:
            name = texts("prior.volatility")
            yield PriorRow(name, _log_normal(voice, volatility), volatility.because)
        hazard = population.departure_hazard
        yield PriorRow(texts("prior.departures"), _log_normal(voice, hazard), hazard.because)
        for wave in population.wave:
            name = texts("prior.wave", name=named(wave.name), unit=voice.unit)
            yield PriorRow(name, _log_normal(voice, wave.size), wave.size.because)


def _noise_prior(voice: Speaker) -> Iterator[PriorRow]:
    noise = voice.specification.noise
    value = voice.texts(
        "prior.noise_value",
        **_median_and_sigma(voice, noise.error),
        by_source=voice.texts.exact(noise.by_source),
    )
    yield PriorRow(voice.texts("prior.noise"), value, noise.error.because)


def _source_priors(voice: Speaker) -> Iterator[PriorRow]:
    texts = voice.texts
    for name, source in voice.specification.source.items():
        title = voice.source(name)
        if source.ratio is not None:
            yield from _ratio_priors(voice, title, source.ratio)
        if source.baseline is not None:
            label = texts("prior.baseline", name=title)
            yield PriorRow(label, _log_normal(voice, source.baseline), source.baseline.because)
        if said := list(timing_sentences(voice, source)):
            label = texts("prior.timing", name=title)
            yield PriorRow(label, Markup(" ").join(said), source.because or "")
        if isinstance(source.later, LogNormalPrior):
            label = texts("prior.later", name=title)
            yield PriorRow(label, _log_normal(voice, source.later), source.later.because)
        if source.bias is not None:
            mean, sd = texts.exact(source.bias.mean), texts.exact(source.bias.sd)
            value = texts("prior.bias_value", mean=mean, sd=sd)
            yield PriorRow(texts("prior.bias", name=title), value, source.bias.because)
        if source.log_error is not None:
            value = _log_normal(voice, source.log_error)
            yield PriorRow(texts("prior.own_error", name=title), value, source.log_error.because)
        if source.persons_error is not None:
            value = texts("prior.error_value", sd=texts.exact(source.persons_error.sd))
            yield PriorRow(texts("prior.error", name=title), value, source.persons_error.because)


def _ratio_priors(voice: Speaker, title: Markup, ratio: RatioPrior) -> Iterator[PriorRow]:
    """Yield the prior of a ratio, and each factor of one that is learned."""
    texts, learned = voice.texts, origin(voice, ratio)
    value = median_and_bounds(voice, ratio)
    sentence = None if learned is None else learned.sentence
    yield PriorRow(texts("prior.ratio", name=title), value, ratio.because, sentence)
    for factor in learned.factors if learned else ():
        label = texts("prior.factor", name=title, factor=factor.name)
        yield PriorRow(label, factor.value, factor.because)


def _log_normal(voice: Speaker, prior: LogNormalPrior) -> Markup:
    facts = _median_and_sigma(voice, prior)
    if prior.sigma == 0:
        return voice.texts("prior.known", median=facts["median"])
    return voice.texts("prior.log_normal", **facts)


def _median_and_sigma(voice: Speaker, prior: LogNormalPrior) -> dict[str, str]:
    texts = voice.texts
    return {"median": texts.exact(prior.median), "sigma": texts.exact(prior.sigma)}
