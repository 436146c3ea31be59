"""All populations of a panel, drawn and drawn again until what they share is exact enough.

What is done for one population is one function of it, of what is believed of it, and of the seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from popest.panels.drawn import Plan, bank_of, drawn_alone
from popest.panels.learning import LARGEST_HALF_DIFFERENCE, Learned, Panel, ThetaCertificate, learn
from popest.panels.message import Bank, Groups
from popest.panels.reference import Piece, reference
from popest.panels.shared_prior import SharedPrior, Values

Say = Callable[[str], None]

SAID_EVERY = 100
"""Populations between two sentences on how the work goes on."""
DRAWS = (4096, 16384, 32768)
"""Draws of populations that are drawn whole, round by round: powers of two, half in each half."""


def bank_at(piece: Piece, groups: Groups, plan: Plan, seed: int) -> tuple[Bank, float]:
    """Return the bank of one population, and the constant that its log sizes are less.

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
    """
    if not piece.is_drawn:
        return reference(piece, groups, plan.marginal, seed)
    return bank_of(drawn_alone(piece, groups, plan, seed), piece, groups, plan.marginal)


class Settled(NamedTuple):
    """The banks of all populations, how each was drawn, and what was learned from them."""

    banks: Panel
    plans: tuple[Plan, ...]
    learned: Learned


def settle(
    pieces: Sequence[Piece],
    groups: Groups,
    prior: SharedPrior,
    seed: int,
    rng: np.random.Generator,
    say: Say = lambda _: None,
) -> Settled:
    """Return banks of all populations that are exact enough together, or the best of some rounds.

    Parameters
    ----------
    pieces
        The populations, in the order of names.
    groups
        The groups of sources.
    prior
        The prior of what populations share.
    seed
        The seed of the panel.
    rng
        The random numbers of theta.
    say
        Called with a sentence as the work goes on.

    Notes
    -----
    Sizes and ratios that are integrated are exact at once. Populations that are drawn whole are
    drawn again where their draws carry too little weight over theta, and all of them where two
    halves of the banks tell theta apart: more draws, and near the posterior of theta, where a
    quantity has the mean E mu_p and the variance Var mu_p + E tau^2.
    """
    marginal = prior.marginal()
    plans = [Plan(_of_one(marginal, place)) for place in range(len(pieces))]
    found: dict[int, tuple[Bank, float]] = {}
    again, start = [*range(len(pieces))], None
    for number, n_draws in enumerate(DRAWS):
        for done, place in enumerate(again):
            if done % SAID_EVERY == 0:
                say(f"round {number + 1}: population {done + 1:,} of {len(again):,}")
            plans[place] = plans[place]._replace(n_draws=n_draws)
            found[place] = bank_at(pieces[place], groups, plans[place], seed)
        banks = _together(found, groups, prior)
        learned = _impossible(banks) or learn(banks, rng, say, start)
        again = _to_be_drawn_again(learned)
        if not again or not len(learned.weights) or not pieces[0].is_drawn:
            break
        nearby, start = posterior_of(prior, learned), learned.u @ learned.weights
        plans = [plan._replace(nearby=near) for plan, near in zip(plans, nearby, strict=True)]
    return Settled(banks, tuple(plans), learned)


def _together(found: dict[int, tuple[Bank, float]], groups: Groups, prior: SharedPrior) -> Panel:
    """Return the banks of all populations as one."""
    banks, constants = zip(*(found[place] for place in range(len(found))), strict=True)
    return Panel(Bank.joined(banks), groups, prior, np.array(constants))


def _to_be_drawn_again(learned: Learned) -> list[int]:
    """Return which populations are not exact enough: all of them where theta is not."""
    certificate = learned.certificate
    if certificate.halves > LARGEST_HALF_DIFFERENCE or not certificate.is_theta_sound:
        return [*range(len(learned.is_poor))]
    found: list[int] = np.flatnonzero(learned.is_poor).tolist()
    return found


def _of_one(values: Values, place: int) -> Values:
    return Values(values.offset[:, place : place + 1], values.tau)


def _impossible(banks: Panel) -> Learned | None:
    """Return that nothing was learned where some population has no possible draw, or None."""
    is_impossible = ~np.isfinite(banks.bank.log_weight).any(axis=1)
    if not is_impossible.any():
        return None
    nothing = ThetaCertificate(math.inf, 0.0, math.inf, math.inf)
    return Learned(np.zeros((len(banks.prior), 0)), np.zeros(0), is_impossible, nothing)


def posterior_of(prior: SharedPrior, learned: Learned) -> list[Values]:
    """Return what theta's posterior says of each population on the whole, for one population each.

    The mean deviation of a quantity is E mu_p, and its variance Var mu_p + E tau^2.
    """
    values = [prior.values(u) for u in learned.u.T]
    offsets = np.array([one.offset for one in values])
    mean = np.tensordot(learned.weights, offsets, 1)
    variance = np.tensordot(learned.weights, (offsets - mean) ** 2, 1)
    variance += (learned.weights @ np.array([one.tau for one in values]) ** 2)[:, None]
    return [
        Values(mean[:, place : place + 1], np.sqrt(variance[:, place]))
        for place in range(mean.shape[1])
    ]
