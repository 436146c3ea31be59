"""The slice engine: elliptical slice sampling of many chains at once.

A draw moves on a random ellipse around the centre of a normal that was fitted to the posterior,
to a point of the ellipse that is about as likely as where it came from. Nothing is compiled and
nothing is tuned: only the normal must be near the posterior, which Laplace's approximation and the
chains' own first steps see to.
"""

from __future__ import annotations

import math

import numpy as np

from popest.engines.bank import Progress, quiet
from popest.engines.coordinates import Coordinates
from popest.engines.draws import Certificate, Draws
from popest.engines.evidence import evidence_of_chains
from popest.engines.mixture import Normal, fit_normal
from popest.engines.moves import Chains
from popest.engines.superchains import CHAINS, CHAINS_EACH, SUPERCHAINS, certify_superchains
from popest.engines.target import OutOfTimeError, Target
from popest.engines.threads import one_thread
from popest.model.model import Model

DEFAULT_DRAWS = 20_000
FEWEST_KEPT = 100
"""Draws kept of each chain, however few are asked for: fewer could not be judged."""
PRIOR_DRAWS = 4_000
ANNEALING_STEPS = 60
HALVING_EVERY = 4
"""Steps of annealing after which the power of the likelihood has doubled."""
WARM_UP = (25, 50, 100, 200)
"""Steps of each round that refits the normal."""
DRAWS_WORTH = 2
"""Independent draws that the first round is worth, of each chain, about."""
MOST_ROUNDS = 7
"""Rounds of sampling, each of which doubles the steps before."""


def run_slice(
    model: Model,
    rng: np.random.Generator,
    *,
    n_draws: int = DEFAULT_DRAWS,
    until: float | None = None,
    progress: Progress | None = None,
) -> Draws:
    """Return draws of 128 chains with equal weights, chain after chain.

    Parameters
    ----------
    model
        The model of a study.
    rng
        Source of randomness; the same one gives the same draws.
    n_draws
        Draws to return, about: as many of each chain, and 100 of each at least. The chains go on
        until these are certified, and are thinned to as many.
    until
        Processor time of this thread, seconds, after which the draws so far are returned as not
        certified.
    progress
        Called with a sentence as the work goes on.

    Notes
    -----
    Eight points are drawn from the prior, annealed towards the posterior, and 16 chains set out
    from each, so that the chains would differ if there were several peaks between which they did
    not move.

    References
    ----------
    Nishihara, Murray and Adams (2014), Parallel MCMC with generalized elliptical slice sampling,
    Journal of Machine Learning Research 15, 2087-2112, for a fitted ellipse.
    """
    n_kept = max(FEWEST_KEPT, round(n_draws / CHAINS))
    say = progress or (lambda _: None)
    with one_thread(), quiet():
        if model.normals.names:
            target = Target(model, say, until)
            u, certificate = _sampled(model, target, rng, n_kept)
        else:
            # Everything is known: there is nothing to sample.
            u = np.empty((0, CHAINS * n_kept))
            certificate = certify_superchains(model, u)
        weights = np.full(u.shape[1], 1 / u.shape[1])
        evidence = None
        if certificate.certified:
            # Without a time: the clock leads to refusals only, and never to other numbers.
            evidence = evidence_of_chains(model, Target(model, say), u, certificate)
        return Draws("slice", model.state(u), weights, certificate, evidence, n_chains=CHAINS)


def _sampled(
    model: Model, target: Target, rng: np.random.Generator, n_kept: int
) -> tuple[np.ndarray, Certificate]:
    """Return draws chain after chain, `(normals, draws)`, with their certificate."""
    kept = np.zeros((0, len(model.normals), CHAINS))
    certificate = Certificate(False, r_hat=math.inf)
    u = np.zeros((len(model.normals), CHAINS))
    try:
        starts = _starts(target, len(model.normals), rng)
        if starts is None:
            return u, certificate
        coordinates, chains = _warmed_up(model, target, target.given.points(starts), rng)
        stride = 1
        for n_before in range(MOST_ROUNDS):
            target.doing = f"sampling {CHAINS} chains, {n_kept * stride:,} steps"
            # Steps double from round to round, and the stride with them, so that as many are kept.
            kept = kept[1::2]
            kept = np.concatenate([kept, chains.walk(n_kept - len(kept), stride, rng)])
            u, _ = target.given.normals(coordinates.normals(in_order(kept)))
            certificate = certify_superchains(model, u)
            if certificate.certified:
                break
            stride *= 2
            if n_before == 0:
                # Draws that are nearer to the posterior than those of warming up were.
                chains = _refitted(model, target, coordinates, u, chains.points)
                kept = kept[:0]
    except OutOfTimeError:
        certificate = certificate._replace(certified=False)
    return u, certificate


def in_order(kept: np.ndarray) -> np.ndarray:
    """Return draws, `(draw, normal, chain)`, chain after chain, `(normals, draws)`."""
    return kept.transpose(1, 2, 0).reshape(kept.shape[1], -1)


def _starts(target: Target, n_normals: int, rng: np.random.Generator) -> np.ndarray | None:
    """Return a point for each superchain, annealed from the prior, `(normals, superchains)`.

    Where fewer draws of the prior are possible, some are the same; None where none is.
    """
    target.doing = "annealing from the prior"
    prior = Normal.standard(n_normals)
    drawn = prior.draw(PRIOR_DRAWS, rng)
    possible = np.flatnonzero(np.isfinite(target.log_likelihood(drawn)))
    if not len(possible):
        return None
    points = drawn[:, np.resize(possible, SUPERCHAINS)]
    for step in range(ANNEALING_STEPS):
        power = 0.5 ** ((ANNEALING_STEPS - 1 - step) / HALVING_EVERY)

        def tempered(u: np.ndarray, power: float = power) -> np.ndarray:
            return power * target.log_likelihood(u) - 0.5 * np.einsum("ij,ij->j", u, u)

        chains = Chains(tempered, prior, points)
        chains.walk(1, 1, rng)
        points = chains.points
    return points


def _warmed_up(
    model: Model, target: Target, starts: np.ndarray, rng: np.random.Generator
) -> tuple[Coordinates, Chains]:
    """Return the chains after warming up, and the coordinates in which they move.

    Each round refits both: the coordinates at the mean noise of the round before, the normal to
    its draws.
    """
    points = np.repeat(starts, CHAINS_EACH, axis=1)
    coordinates = _coordinates(model, target, starts[:, np.argmax(target(starts))], None)
    normal, lines = coordinates.normal, None
    for n_steps in WARM_UP:
        chains = Chains(coordinates.density(target), normal, coordinates.points(points), lines)
        target.doing = f"warming up {CHAINS} chains, {n_steps} steps"
        walked = coordinates.normals(in_order(chains.walk(n_steps, 1, rng)[n_steps // 3 :]))
        points = coordinates.normals(chains.points)
        coordinates = _coordinates(model, target, walked.mean(axis=1), coordinates)
        x = coordinates.points(walked)
        # Draws of one chain are so much alike that it is worth about one.
        normal = fit_normal(x, np.zeros(x.shape[1]), CHAINS)
        lines = _lines(np.log(model.state(walked).population.stock), x)
    return coordinates, Chains(
        coordinates.density(target), normal, coordinates.points(points), lines
    )


def _refitted(
    model: Model, target: Target, coordinates: Coordinates, u: np.ndarray, points: np.ndarray
) -> Chains:
    """Return chains that go on from points with a normal that is fitted to draws of theirs.

    Both are `(normals, ...)`: `u` are a model's normals, `points` are in these coordinates.
    """
    x = coordinates.points(target.given.points(u))
    normal = fit_normal(x, np.zeros(x.shape[1]), DRAWS_WORTH * CHAINS)
    return Chains(
        coordinates.density(target),
        normal,
        points,
        _lines(np.log(model.state(u).population.stock), x),
    )


def _lines(log_stocks: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the direction in which each month's log stock varies, `(normals, month)`.

    It is the covariance of log stock, `(month, draws)`, and coordinates, `(normals, draws)`, over
    the standard deviation of the first: a move along it is a standard deviation of the stock, and
    leaves alone whatever is not correlated with it.
    """
    log_stocks = log_stocks - log_stocks.mean(axis=1, keepdims=True)
    sd = log_stocks.std(axis=1)
    moving = log_stocks[sd > 0] / sd[sd > 0, None]
    lines: np.ndarray = (x - x.mean(axis=1, keepdims=True)) @ moving.T / x.shape[1]
    return lines


def _coordinates(
    model: Model, target: Target, start: np.ndarray, before: Coordinates | None
) -> Coordinates:
    target.doing = "looking for the peak and its curvature"
    return Coordinates(model, target, start, before)
