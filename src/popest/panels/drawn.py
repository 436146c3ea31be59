"""Each population of a panel by the bank engine: whole draws, and what any theta needs of them.

It is fitted as a study of its own, theta integrated out of the priors, and where that is not near
enough drawn again nearer to what the others teach. What the priors of pooled quantities and of
integrated ratios add to the weight of a draw is then taken off, so that any theta can add its own.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from popest.engines.bank import Bank as EngineBank
from popest.engines.bank import fit_mixture, quiet, run_bank, weigh
from popest.engines.mixture import Mixture, Normal
from popest.engines.threads import one_thread
from popest.estimates.days import values_of
from popest.model.drawn.few_counts import FewCounts
from popest.model.model import Model
from popest.model.population import Population
from popest.model.state import State
from popest.panels.message import Bank, Groups, message
from popest.panels.reference import Piece, Place, population_rng
from popest.panels.shared_prior import Values
from popest.study.estimand import Estimand
from popest.study.panel.quantities import is_ratio, moved
from popest.study.specification.records import Specification

FIRST_DRAWS = 4096
"""Draws by which a proposal is made: the engine's first ones, and those of each step on the way."""
STEPS_NEARER = 2
"""Proposals on the way from a population alone to what the others teach of it."""


class Alone(NamedTuple):
    """One population fitted alone: its model at the reference, and the bank of its draws."""

    model: Model
    bank: EngineBank

    @property
    def state(self) -> State:
        """What follows from the draws."""
        return self.bank.state or self.model.state(self.bank.u)


def log_headline(model: Model, population: Population, asked: Estimand) -> np.ndarray:
    """Return the logarithm of what an estimate is of, `(draws,)`."""
    with quiet():
        found: np.ndarray = np.log(values_of(model, population, asked))
    return found


class Plan(NamedTuple):
    """How a population is drawn.

    `marginal` is what is believed of it with theta integrated out, by which draws are weighed;
    `nearby` what the others teach of it, near which they are drawn, where that is known.
    `n_draws` is a power of two: half of the draws are in each of two independent halves. Of a
    population whose size is integrated it says how many times more points than usual there are.
    """

    marginal: Values
    nearby: Values | None = None
    n_draws: int = FIRST_DRAWS


def drawn_alone(piece: Piece, groups: Groups, plan: Plan, seed: int) -> Alone:
    """Return a population as the bank engine draws it.

    Parameters
    ----------
    piece
        The population.
    groups
        The groups of sources.
    plan
        How it is drawn.
    seed
        The seed of the panel; with the name of the population it fixes the draws.

    Notes
    -----
    The likelihood and the weights are the same whatever is nearby: that only shapes the proposal.
    """
    model = Model(at_medians(piece, plan.marginal), piece.used)
    rng = population_rng(seed, piece.name)
    bank = run_bank(model, rng, n_draws=FIRST_DRAWS)
    steps = 0 if plan.nearby is None else STEPS_NEARER
    with one_thread(), quiet():
        for step in range(steps + 1):
            bank = _seen_from(Alone(model, bank), piece, groups, plan)
            mixture = Mixture((Normal.standard(len(bank.u)),), (1.0,))
            if np.isfinite(bank.log_weights()).any():
                mixture = fit_mixture(bank, 1.0)
            size = FIRST_DRAWS if step < steps else plan.n_draws
            bank = weigh(model, even_halves(mixture, size, rng), mixture, keep_state=True)
    return Alone(model, bank)


def _seen_from(alone: Alone, piece: Piece, groups: Groups, plan: Plan) -> EngineBank:
    """Return the engine's draws with the prior that is nearby in place of the marginal one."""
    if plan.nearby is None:
        return alone.bank
    bank, _ = bank_of(alone, piece, groups, plan.marginal)
    before, after = (
        message(bank, groups, at).log_density[0] for at in (plan.marginal, plan.nearby)
    )
    possible = np.isfinite(before) & np.isfinite(after)
    change = np.where(possible, after - np.where(possible, before, 0.0), -np.inf)
    return replace(alone.bank, log_prior=alone.bank.log_prior + change)


def at_medians(piece: Piece, marginal: Values) -> Specification:
    """Return what is assumed of a population, the effects of its covariates at their means."""
    found = piece.specification
    for place in piece.pooled:
        shift = float(marginal.offset[place.number, 0])
        if shift:
            found = moved(place.path, found, shift, float(marginal.tau[place.number]))
    kept = {name: one for name, one in found.source.items() if name not in piece.others}
    return found.replaced(source=kept)


def bank_of(alone: Alone, piece: Piece, groups: Groups, marginal: Values) -> tuple[Bank, float]:
    """Return what any theta needs of a population's draws, and the constant of its headline.

    Parameters
    ----------
    alone
        Its draws.
    piece
        The population.
    groups
        The groups of sources.
    marginal
        What is believed of it with theta integrated out.

    Notes
    -----
    A and B are moved to the ratios' medians of the panel: where effects at their means put a median
    M above it, to B + A M. The weight of a draw by the engine, less the log density that `message`
    gives it, is that of all that no theta changes.
    """
    model, state = alone.model, alone.state
    counts, sources = model.counts, [*piece.specification.source]
    shape = (1, state.u.shape[1])
    precision, weighted = (np.zeros((len(sources), *shape)) for _ in range(2))
    posterior = counts.integrate(counts.residuals_in(state))
    at = [sources.index(name) for name in counts.names]
    precision[at, 0] = posterior.precision
    ratios_at = [1 + place for place in at]
    weighted[at, 0] = posterior.weighted + marginal.offset[ratios_at] * posterior.precision
    asked = piece.specification.headline
    centre = model.population(np.zeros((len(model.normals), 1)))
    constant = float(log_headline(model, centre, asked)[0])
    log_size = log_headline(model, state.population, asked)[None] - constant
    bank = Bank(np.zeros(shape), precision, weighted, _carried(alone, piece, marginal), log_size)
    engine = alone.bank.log_weights()
    known = message(bank, groups, marginal).log_density
    is_sound = np.isfinite(known) & np.isfinite(log_size)
    weight = np.where(is_sound, engine - np.where(is_sound, known, 0.0), -np.inf)
    return bank._replace(log_weight=weight, log_size=np.where(is_sound, log_size, 0.0)), constant


def _carried(alone: Alone, piece: Piece, marginal: Values) -> np.ndarray:
    """Return what the draws hold of pooled quantities, `(quantity, 1, draw)`; see `Bank`."""
    places = [place for place in piece.pooled if place.carried is not None]
    found = np.full((len(places), 1, alone.bank.u.shape[1]), np.nan)
    for place in places:
        level = level_of(alone, place)
        if level is not None:
            found[place.carried, 0] = level + marginal.offset[place.number, 0]
    return found


def level_of(alone: Alone, place: Place) -> np.ndarray | None:
    """Return a quantity less its prior median, on its scale; None where draws do not hold it."""
    model, u = alone.model, alone.bank.u
    if is_ratio(place.path):
        piece = model.piece_of(str(place.path[1]))
        return piece.ratio.level(u) if isinstance(piece, FewCounts) else None
    quantity = model.normals.quantities.get(place.name)
    return None if quantity is None else quantity.log(u) - quantity.log_median


def even_halves(mixture: Mixture, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return draws of a mixture, `(normals, draws)`, in two independent halves, each spread evenly.

    Notes
    -----
    The points of each component are those of a scrambled Sobol sequence (Owen 1997), its share of
    `size` / 2 in each half.

    References
    ----------
    Owen, A. B. (1997). Scrambled net variance for integrals of smooth functions. Annals of
    Statistics 25(4), 1541-1562.
    """
    shares = np.diff(np.rint(np.cumsum(mixture.shares) * (size // 2)).astype(int), prepend=0)
    parts = [
        component.mean[:, None] + component.factor @ _even_normals(len(component.mean), number, rng)
        for _ in range(2)
        for component, number in zip(mixture.components, shares, strict=True)
    ]
    return np.concatenate(parts, axis=1)


def _even_normals(size: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Return so many standard normals of a size that cover their space evenly, `(size, number)`."""
    from scipy.special import ndtri
    from scipy.stats.qmc import Sobol

    if size == 0 or number == 0:
        return np.zeros((size, number))
    power = math.ceil(math.log2(number))
    uniform = Sobol(size, scramble=True, rng=rng).random_base2(power)[:number].T
    found: np.ndarray = ndtri(np.clip(uniform, 1e-12, 1 - 1e-12))
    return found
