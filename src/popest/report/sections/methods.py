"""The methods statement of a study, ready to be pasted into a paper, and the papers it cites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from markupsafe import Markup

from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.report.language import named, quoted
from popest.report.sections import references
from popest.report.voice import Voice
from popest.study.measures import MEASURES
from popest.study.specification.priors import as_prior
from popest.study.specification.records import ArrivalsPopulation, Source, StaticPopulation
from popest.version import __version__


class Methods(NamedTuple):
    """A methods statement: its paragraphs, and the papers cited in them."""

    paragraphs: list[Markup]
    papers: list[str]


def methods(voice: Voice) -> Methods:
    """Return the methods statement of a study, from its own figures."""
    contents = voice.contents
    parts = (_target(voice), _model(voice), _evidence(voice), _computation(voice), _checks(voice))
    engine = references.BANK if contents.estimate.draws.engine == "bank" else references.SLICE
    papers = [*engine, *references.DRIVERS]
    if contents.estimate.observations_fit:
        papers += references.FIT
    if contents.findings.conflicts:
        papers += references.SENSITIVITY
    if len(contents.variants) > 1:
        papers += references.VARIANTS
    return Methods([Markup(" ").join(part) for part in map(list, parts) if part], sorted(papers))


def _target(voice: Voice) -> Iterator[Markup]:
    contents, texts = voice.contents, voice.texts
    names = list(dict.fromkeys(fit.source for fit in contents.estimate.observations_fit))
    facts = {
        "number": voice.asked("number", target=quoted(contents.specification.target)),
        "sources": texts.number(len(names)),
        "names": voice.sources(names),
    }
    if not names:
        yield texts("methods.target_alone", number=facts["number"])
    elif contents.study.used:
        yield texts("methods.target", figures=texts.number(len(contents.study.used)), **facts)
    else:
        yield texts("methods.target_survey", **facts)
    found, prior = (
        each.interval(HEADLINE_PROBABILITY) for each in (contents.headline, contents.prior)
    )
    yield texts(
        "methods.result",
        median=texts.persons(contents.headline.median),
        unit=voice.unit,
        lower=texts.persons(found.lower),
        upper=texts.persons(found.upper),
        prior_lower=texts.persons(prior.lower),
        prior_upper=texts.persons(prior.upper),
    )
    yield texts("methods.intervals")


def _model(voice: Voice) -> Iterator[Markup]:
    specification, texts = voice.contents.specification, voice.texts
    start, end = (
        voice.month_of(month)
        for month in (specification.calendar.start, specification.calendar.end)
    )
    population = specification.population
    if isinstance(population, StaticPopulation):
        median, sigma = population.size.median, population.size.sigma
        facts = {"median": texts.persons(median), "sigma": texts.significant(sigma)}
        yield texts("methods.static", start=start, end=end, **facts)
    if isinstance(population, ArrivalsPopulation):
        background = population.background
        walk = texts(f"methods.walk_{background.step}")
        yield texts("methods.arrivals", start=start, end=end, step=walk)
        if as_prior(background.volatility).sigma > 0:
            yield texts("methods.volatility")
        if population.initial is not None:
            median, sigma = population.initial.median, population.initial.sigma
            facts = {"median": texts.persons(median), "sigma": texts.significant(sigma)}
            yield texts("methods.initial", **facts)
        if population.wave:
            names = texts.list([named(wave.name) for wave in population.wave])
            yield texts("methods.waves", names=names)


def _evidence(voice: Voice) -> Iterator[Markup]:
    texts = voice.texts
    heard = _sources(voice)
    if any(MEASURES[source.measure].is_count for source in heard.values()):
        yield texts("methods.counts")
    kinds: dict[str, Callable[[Source], bool]] = {
        "learned": lambda source: source.ratio is not None and source.ratio.learned is not None,
        "groups": lambda source: source.group is not None,
        "drift": lambda source: source.drift > 0,
        "lag": lambda source: source.lag_months > 0,
        "renewals": lambda source: source.every_months is not None,
        "later": lambda source: as_prior(source.later).median > 0,
    }
    for key, belongs in kinds.items():
        names = [name for name, source in heard.items() if belongs(source)]
        if names:
            yield texts(f"methods.{key}", names=voice.sources(names))
    for measure, declared in MEASURES.items():
        names = [name for name, source in heard.items() if source.measure == measure]
        if names and declared.words.method:
            yield texts(f"measure.{measure}.method", names=voice.sources(names))


def _sources(voice: Voice) -> dict[str, Source]:
    """Return the sources that have a figure in use."""
    heard = {fit.source for fit in voice.contents.estimate.observations_fit}
    declared = voice.contents.specification.source
    return {name: source for name, source in declared.items() if name in heard}


def _computation(voice: Voice) -> Iterator[Markup]:
    texts, estimate = voice.texts, voice.contents.estimate
    certificate, draws = estimate.certificate, texts.number(len(estimate.draws.weights))
    if estimate.draws.engine == "bank":
        yield texts(
            "methods.bank",
            draws=draws,
            ess=texts.number(certificate.ess or 0.0),
            k=texts.number(certificate.pareto_k or 0.0, 2),
        )
    else:
        yield texts(
            "methods.slice",
            draws=draws,
            chains=texts.number(estimate.draws.n_chains or 0),
            r_hat=texts.number(certificate.r_hat or 0.0, 3),
            bulk=texts.number(certificate.ess_bulk or 0.0),
            tail=texts.number(certificate.ess_tail or 0.0),
        )
    yield texts(
        "methods.software",
        version=__version__,
        seed=estimate.settings.seed,
        hash=Markup("<code>{}</code>").format(voice.contents.study.data_sha256),
    )


def _checks(voice: Voice) -> Iterator[Markup]:
    contents, texts = voice.contents, voice.texts
    if contents.estimate.observations_fit:
        yield texts("methods.fit")
    if contents.findings.conflicts:
        yield texts("methods.sensitivity")
    yield texts("methods.drivers")
    if len(contents.variants) > 1:
        yield texts("methods.variants", number=texts.number(len(contents.variants) - 1))
