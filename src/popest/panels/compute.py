"""From a panel on disk to its estimate, or to the populations that cannot be certified."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from popest.engines.bank import Progress
from popest.engines.threads import one_thread
from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.estimates.settings import checked_probability, streams
from popest.panels.learning import LARGEST_HALF_DIFFERENCE, ThetaCertificate, learn
from popest.panels.learning import Panel as Banks
from popest.panels.message import Groups
from popest.panels.panel_estimate import PanelEstimate
from popest.panels.panel_result import PanelNotCertifiedError, PanelSettings
from popest.panels.reference import Piece, joined, reference
from popest.panels.shared_prior import Shared, SharedPrior, Values
from popest.panels.sizes import draw_sizes
from popest.study.observations.counting import is_explicit
from popest.study.panel.panel import Panel, PooledQuantity
from popest.study.problems import UsageError, listed

SAID_EVERY = 100
"""Populations between two sentences on how the work goes on."""


def estimate_panel(
    panel: Panel,
    *,
    prob: float = HEADLINE_PROBABILITY,
    seed: int = 1,
    progress: Progress | None = None,
) -> PanelEstimate:
    """Return the certified estimate of a panel.

    Parameters
    ----------
    panel
        The panel.
    prob
        Probability of the intervals, between 0 and 1.
    seed
        Seed, a whole number not below 0; the same panel, seed and versions give the same numbers.
    progress
        Called with a sentence as the work goes on.

    Raises
    ------
    UsageError
        When an argument is outside its domain, or a figure in force has a ratio that would have to
        be drawn.
    PanelNotCertifiedError
        When what is shared, or a population, is not computed exactly enough.
    """
    streams(seed)  # refuses what is no seed
    start, say = time.perf_counter(), progress or (lambda _: None)
    settings = PanelSettings(checked_probability(prob), int(seed))
    _refuse_few(panel)
    with one_thread():
        banks = _banks(panel, settings.seed, say)
        learned = learn(banks, np.random.default_rng(streams(seed).bank), say)
        names = [row.name for row in panel.populations]
        if not learned.certificate.certified:
            raise _refusal(panel, settings, learned.certificate, names, learned.differences)
        say("drawing every population with what is shared")
        log_sizes = draw_sizes(banks, learned, names, settings.seed)
    seconds = time.perf_counter() - start
    return PanelEstimate(panel, settings, banks, learned, log_sizes, seconds)


class _Prepared(NamedTuple):
    groups: Groups
    prior: SharedPrior


def _prepared(panel: Panel) -> _Prepared:
    """Return the groups of sources, and the prior of what populations share."""
    sources = panel.specification.source.values()
    correlation = np.array([source.group_correlation or 0.0 for source in sources])
    found = dict.fromkeys(source.group for source in sources if source.group)
    members = [
        np.array([place for place, source in enumerate(sources) if source.group == group])
        for group in found
    ]
    shared = [_shared(quantity, len(panel.populations)) for quantity in panel.pooled]
    prior = SharedPrior(np.array(panel.spreads), shared, len(panel.populations))
    return _Prepared(Groups(correlation, members), prior)


def _shared(quantity: PooledQuantity, n_populations: int) -> Shared:
    covariates = [
        np.array(values) - quantity.centres[name] for name, values in quantity.covariates.items()
    ]
    effects = list(quantity.effects.values())
    return Shared(
        quantity.number,
        quantity.name,
        quantity.level,
        quantity.between,
        quantity.between_sigma,
        np.array(covariates).reshape(len(covariates), n_populations),
        np.array([mean for mean, _ in effects]),
        np.array([sd for _, sd in effects]),
        tuple(quantity.covariates),
    )


def _banks(panel: Panel, seed: int, say: Progress) -> Banks:
    """Fit each population alone, and return the banks of all."""
    groups, prior = _prepared(panel)
    marginal = prior.marginal()
    banks, medians = [], []
    for place, population in enumerate(panel.populations):
        if place % SAID_EVERY == 0:
            say(f"population {place + 1:,} of {len(panel.populations):,}")
        here = Values(marginal.offset[:, place : place + 1], marginal.tau)
        name = population.name
        piece = Piece(name, panel.specification_of(population), panel.used[name])
        bank, log_median = reference(piece, groups, here, seed)
        banks.append(bank)
        medians.append(log_median)
    return Banks(joined(banks), groups, prior, np.array(medians))


def _refuse_few(panel: Panel) -> None:
    """Refuse figures that an earlier view alone puts in force, whose ratio would be drawn."""
    sources = panel.specification.source
    few = [
        row.id
        for rows in panel.used.values()
        for row in rows
        if is_explicit(sources[row.source], [row])
    ]
    if few:
        raise UsageError(
            f"panel {panel.name}: as of {panel.as_of_day} these figures are in force, bounds or "
            f"too few for their ratio to be integrated, which panels do not take yet: {listed(few)}"
        )


def _refusal(
    panel: Panel,
    settings: PanelSettings,
    certificate: ThetaCertificate,
    names: list[str],
    differences: np.ndarray,
) -> PanelNotCertifiedError:
    poor = np.flatnonzero(differences > LARGEST_HALF_DIFFERENCE)
    return PanelNotCertifiedError(
        panel, settings, certificate, tuple(names[place] for place in poor)
    )
