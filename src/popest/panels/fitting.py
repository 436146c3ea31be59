"""All populations of a panel, drawn again until what they share is computed exactly enough."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from popest.panels.chunks import Chunk, divided
from popest.panels.drawn import FIRST_DRAWS, Plan
from popest.panels.learning import LARGEST_HALF_DIFFERENCE, Learned, ThetaCertificate, learn
from popest.panels.prepared import Prepared
from popest.panels.shared_prior import SharedPrior, Values
from popest.panels.whole import Whole
from popest.panels.workers import Workers

Say = Callable[[str], None]

DRAWS = (FIRST_DRAWS, 4 * FIRST_DRAWS, 8 * FIRST_DRAWS)
"""Draws of populations that are drawn whole, round by round: powers of two, half in each half. The
points of others grow as these do."""
SAID_AFTER = 2.0
"""Seconds of work after which the time that is left can be told."""


class Fitter(NamedTuple):
    """How the populations of a panel are fitted.

    `key` says of which panel they are and by which versions; `size` is how many populations a
    chunk has.
    """

    prepared: Prepared
    workers: Workers
    key: str
    seed: int
    size: int
    say: Say = lambda _: None

    def fit(
        self,
        plans: Sequence[Plan],
        again: np.ndarray,
        before: Sequence[Any] | None,
        doing: str,
    ) -> list[Any]:
        """Return the banks of all chunks, those populations fitted that are to be fitted again."""
        pieces, groups, prior = self.prepared
        places = divided(len(pieces), self.size)
        redone = [number for number, at in enumerate(places) if again[at].any()]
        chunks = [
            Chunk(
                self.key,
                pieces[at],
                tuple(plans[at]),
                tuple(map(bool, again[at])),
                groups,
                prior.of(at),
                self.seed,
            )
            for at in (places[number] for number in redone)
        ]
        old = None if before is None else [before[number] for number in redone]
        done = _Done(doing, sum(len(chunk.pieces) for chunk in chunks), self.say)
        found = self.workers.fit(chunks, old, done)
        parts = [None] * len(places) if before is None else list(before)
        for number, part in zip(redone, found, strict=True):
            parts[number] = part
        return parts


class _Done:
    """Says how many populations are fitted, and how long the others will take."""

    def __init__(self, doing: str, number: int, say: Say) -> None:
        self._doing, self._number, self._say, self._done = doing, number, say, 0
        self._start = time.perf_counter()
        self(0)

    def __call__(self, more: int) -> None:
        self._done += more
        spent = time.perf_counter() - self._start
        left = ""
        if self._done and spent > SAID_AFTER:
            left = f", about {math.ceil(spent * (self._number / self._done - 1)):,} s left"
        self._say(f"{self._doing}: {self._done:,} of {self._number:,} populations{left}")


class Settled(NamedTuple):
    """The banks of all populations, how each was drawn, and what was learned from them."""

    whole: Whole
    plans: tuple[Plan, ...]
    learned: Learned


def settle(fitter: Fitter, rng: np.random.Generator) -> Settled:
    """Return banks of all populations that are exact enough together, or the best of some rounds.

    Parameters
    ----------
    fitter
        How populations are fitted.
    rng
        The random numbers of theta.

    Notes
    -----
    Populations are drawn again where two halves of their banks, or the weights of their draws over
    theta, say that there are too few of them, and all of them where two halves tell theta apart:
    with more draws, and those that are drawn whole near the posterior of theta, where a quantity
    has the mean E mu_p and the variance Var mu_p + E tau^2.
    """
    pieces, _, prior = fitter.prepared
    marginal = prior.marginal()
    plans = [Plan(_of_one(marginal, place)) for place in range(len(pieces))]
    again, start = np.ones(len(pieces), dtype=bool), None
    parts: list[Any] | None = None
    for number, n_draws in enumerate(DRAWS):
        plans = [
            plan._replace(n_draws=n_draws) if redo else plan
            for plan, redo in zip(plans, again, strict=True)
        ]
        doing = "fitting" if number == 0 else f"drawing again, round {number}"
        parts = fitter.fit(plans, again, parts, doing)
        whole = Whole.of(fitter.workers, parts, prior)
        is_pilot = number == 0 and whole.head.is_drawn
        learned = _impossible(whole) or learn(whole, rng, fitter.say, start, is_pilot=is_pilot)
        again = _to_be_drawn_again(learned, is_drawn=whole.head.is_drawn)
        if not again.any() or not len(learned.weights):
            if is_pilot and len(prior) and learned.certificate.certified:
                start = learned.u @ learned.weights
                learned = learn(whole, rng, fitter.say, start)
            break
        start = learned.u @ learned.weights
        if whole.head.is_drawn:
            nearby = posterior_of(prior, learned)
            plans = [
                plan._replace(nearby=near) if redo else plan
                for plan, near, redo in zip(plans, nearby, again, strict=True)
            ]
    return Settled(whole, tuple(plans), learned)


def _to_be_drawn_again(learned: Learned, *, is_drawn: bool) -> np.ndarray:
    """Return which populations are not exact enough: all of them where theta is not.

    Draws of theta that carry too little weight are no fault of banks in which sizes are integrated.
    """
    certificate = learned.certificate
    is_lost = is_drawn and not certificate.is_theta_sound
    if certificate.halves > LARGEST_HALF_DIFFERENCE or is_lost:
        return np.ones(len(learned.is_poor), dtype=bool)
    return learned.is_poor


def _of_one(values: Values, place: int) -> Values:
    return Values(values.offset[:, place : place + 1], values.tau)


def _impossible(whole: Whole) -> Learned | None:
    """Return that nothing was learned where some population has no possible draw, or None."""
    if whole.head.is_possible.all():
        return None
    nothing = ThetaCertificate(math.inf, 0.0, math.inf, math.inf)
    return Learned(np.zeros((len(whole.prior), 0)), np.zeros(0), ~whole.head.is_possible, nothing)


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
