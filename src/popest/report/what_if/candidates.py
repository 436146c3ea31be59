"""Candidates for the draws that the page carries, and the density that they are drawn from.

They cover the posterior and the posteriors under moved settings. A mixture of normals gives them
where the bank certifies the study; where only chains do, no mixture would, and they are the draws
of several posteriors themselves, taken together as draws of a mixture of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from popest.checks.methods.fitted import by_auto, moved_source, with_source_entries
from popest.checks.result import Context
from popest.engines.auto import Randomness
from popest.engines.bank import DEFAULT_DRAWS, WIDE_POWER, Bank, run_bank
from popest.engines.draws import Draws
from popest.engines.evidence import log_normalisers
from popest.engines.mixture import Mixture, Normal, fit_normal
from popest.engines.shared import completed, padded
from popest.estimates.comparisons.changes import Content
from popest.model.counts import drawn_sources
from popest.model.drawn.few_counts import FewCounts
from popest.model.model import Model
from popest.model.population import Population
from popest.model.statistics import Settings
from popest.report.what_if.statistics import Carried, carry, level_places
from popest.study.specification.priors import LogNormalPrior
from popest.study.specification.records import ArrivalsPopulation, Source, Specification

WIDENING = 2.0
CANDIDATES = 60_000
SHARES = (0.05, 0.2, 0.1, 0.2)
"""Of the widened prior, the widened posterior, the study's own at a low power and as it is; the
posteriors without a source share the rest."""
CHAIN_SHARE = 0.4
"""Of the study's own posterior, where draws are those of chains; the others share the rest."""


@dataclass(frozen=True)
class Candidates:
    """Draws with the log density, up to a constant, from which they were drawn.

    `efficiency` is how many independent draws each is worth, at the worst.
    """

    carried: Carried
    population: Population
    log_density: np.ndarray
    efficiency: float

    def log_weights(self, settings: Settings) -> np.ndarray:
        """Return the log weights under settings, up to a constant, `(draws,)`."""
        weights: np.ndarray = self.carried.log_target(settings) - self.log_density
        weights[np.isnan(weights)] = -np.inf
        return weights


def by_mixture(context: Context, rng: np.random.Generator) -> Candidates:
    """Return draws from a mixture of normals that covers the posteriors."""
    model, wide = context.model, Model(*widened(context.content))
    mixture = _mixture(context, wide, run_bank(wide, rng))
    u = mixture.draw(CANDIDATES, rng)
    state = model.state(u)
    return Candidates(carry(model, state), state.population, mixture.log_density(u), 1.0)


class _Part(NamedTuple):
    """A posterior with draws of its own, and its normals in the study's: scale, `(normals,)`."""

    model: Model
    draws: Draws
    scale: np.ndarray

    def drawn(self, full: Model, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return draws of equal weight as normals of the study's model, `(normals, draws)`."""
        # One after the other in even steps, so that neighbours of a chain are not drawn together.
        below = np.cumsum(self.draws.weights)
        places = np.searchsorted(below, (np.arange(size) + rng.random()) / size * below[-1])
        u = completed(full, self.model, self.draws.state.u, rng).u
        return self.scale[:, None] * u[:, np.minimum(places, u.shape[1] - 1)]

    def log_density(self, full: Model, u: np.ndarray) -> np.ndarray:
        """Return the log density of the study's normals, up to a constant, `(draws,)`."""
        own = u / self.scale[:, None]
        places = [full.normals.names.index(name) for name in self.model.normals.names]
        found = self.model.log_density_of_data(own[places]) + full.normals.log_density(own)
        return np.where(np.isnan(found), -np.inf, found)


def by_chains(context: Context, rng: np.random.Generator) -> Candidates:
    """Return draws of the posterior, of the widened one, and of those without a source.

    What is not certified is left out.

    Notes
    -----
    Draws of several densities are taken together as draws of their mixture (Veach and Guibas
    1995), whose parts are brought to one scale by their overlap (Shirts and Chodera 2008).
    """
    model, parts = context.model, _parts(context, rng)
    rest = 1 - CHAIN_SHARE
    shares = np.full(len(parts), rest / max(1, len(parts) - 1))
    shares[0] = CHAIN_SHARE if len(parts) > 1 else 1.0
    sizes = np.rint(CANDIDATES * shares).astype(int)
    pairs = list(zip(parts, sizes.tolist(), strict=True))
    u = np.concatenate([part.drawn(model, size, rng) for part, size in pairs], axis=1)
    densities = np.stack([part.log_density(model, u) for part in parts])
    densities -= log_normalisers(densities, sizes)[:, None]
    log_density = np.logaddexp.reduce(densities + np.log(sizes / sizes.sum())[:, None], axis=0)
    state = model.state(u)
    efficiency = min(1.0, *(part.draws.certificate.size / size for part, size in pairs))
    return Candidates(carry(model, state), state.population, log_density, efficiency)


def _parts(context: Context, rng: np.random.Generator) -> list[_Part]:
    """Return the posteriors whose draws are taken together, the study's own first."""
    model, wide = context.model, Model(*widened(context.content))
    same = np.ones(len(model.normals))
    context.progress("drawing populations under wider priors")
    _, of_wide = by_auto(wide, Randomness(*rng.spawn(2)), DEFAULT_DRAWS)
    parts = [_Part(wide, of_wide, _scale(wide))]
    parts += [_Part(found.model, found.draws, same) for found in context.without.values()]
    certified = [part for part in parts if part.draws.certificate.certified]
    return [_Part(model, context.itself.draws, same), *certified]


def widened(content: Content) -> Content:
    """Return a study with every prior that a control moves widened."""
    drawn = drawn_sources(*content)

    def wider(name: str, source: Source) -> Source:
        # A ratio that is drawn and bounded by one has no control.
        is_still = name in drawn and source.ratio is not None and source.ratio.is_bounded
        return source if is_still else moved_source(source, widen=WIDENING)

    specification, rows = with_source_entries(content, wider)
    return specification.replaced(population=_wide_population(specification)), rows


def _wide_population(specification: Specification) -> Any:
    def wider(prior: LogNormalPrior) -> Any:
        return prior.replaced(sigma=WIDENING * prior.sigma)

    record = specification.population
    if not isinstance(record, ArrivalsPopulation):
        return record.replaced(size=wider(record.size))
    initial = None if record.initial is None else wider(record.initial)
    waves = [wave.replaced(size=wider(wave.size)) for wave in record.wave]
    return record.replaced(
        background=wider(record.background),
        departure_hazard=wider(record.departure_hazard),
        initial=initial,
        wave=waves,
    )


def _mixture(context: Context, wide: Model, bank: Bank) -> Mixture:
    """Return a cover of the widened posterior, of the study's own, and of that without a source.

    What only one source tells of (its baseline, its noise) keeps its prior without it, where
    hardly one of the other draws lies.
    """
    names, scale = context.model.normals.names, _scale(wide)
    of_wide = Normal.standard(len(bank.u)), fit_normal(bank.u, bank.log_weights())
    normals = [Normal(scale * each.mean, scale[:, None] * each.factor) for each in of_wide]
    normals += [
        fit_normal(context.bank.u, context.bank.log_weights(power)) for power in (WIDE_POWER, 1.0)
    ]
    for found in context.without.values():
        fitted = fit_normal(found.draws.state.u, log_of(found.draws.weights))
        normals.append(padded(fitted, found.model.normals.names, names))
    n_without = len(context.without)
    shares = np.array([*SHARES, *[(1 - sum(SHARES)) / max(1, n_without)] * n_without])
    return Mixture(tuple(normals), tuple((shares / shares.sum()).tolist()))


def log_of(weights: np.ndarray) -> np.ndarray:
    """Return logarithms of weights, those of nothing minus infinity."""
    positive = weights > 0
    return np.where(positive, np.log(np.where(positive, weights, 1.0)), -np.inf)


def _scale(wide: Model) -> np.ndarray:
    """Return what each normal of the widened model is in those of the study's, `(normals,)`."""
    scale = np.ones(len(wide.normals))
    scale[[index for _, index in level_places(wide)]] = WIDENING
    for piece in wide.evidence:
        if isinstance(piece, FewCounts) and not piece.ratio.is_bounded:
            scale[[] if piece.ratio.own is None else [piece.ratio.own]] = WIDENING
    return scale
