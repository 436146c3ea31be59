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
from popest.engines.mixture import Normal, fit_normal
from popest.engines.superchains import CHAINS, CHAINS_EACH, SUPERCHAINS, certify_superchains
from popest.engines.target import Density, OutOfTimeError, Target
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
MOST_ROUNDS = 7
"""Rounds of sampling, each of which doubles the steps before."""
MOST_SHRINKAGES = 60
"""Of a bracket, after which it holds no other point than the one it came from."""


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
    Murray, Adams and MacKay (2010), Elliptical slice sampling, AISTATS 9, 541-548. Nishihara,
    Murray and Adams (2014), Parallel MCMC with generalized elliptical slice sampling, Journal of
    Machine Learning Research 15, 2087-2112, for a fitted ellipse.
    """
    n_kept = max(FEWEST_KEPT, round(n_draws / CHAINS))
    with one_thread(), quiet():
        if model.normals.names:
            target = Target(model, progress or (lambda _: None), until)
            u, certificate = _sampled(model, target, rng, n_kept)
        else:
            # Everything is known: there is nothing to sample.
            u = np.empty((0, CHAINS * n_kept))
            certificate = certify_superchains(model, u)
        weights = np.full(u.shape[1], 1 / u.shape[1])
        return Draws("slice", model.state(u), weights, certificate, None)


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
        coordinates, ellipse = _warmed_up(model, target, starts, rng)
        stride = 1
        for _ in range(MOST_ROUNDS):
            target.doing = f"sampling {CHAINS} chains, {n_kept * stride:,} steps"
            # Steps double from round to round, and the stride with them, so that as many are kept.
            kept = kept[1::2]
            kept = np.concatenate([kept, ellipse.walk(n_kept - len(kept), stride, rng)])
            u = coordinates.normals(_in_order(kept))
            certificate = certify_superchains(model, u)
            if certificate.certified:
                break
            stride *= 2
    except OutOfTimeError:
        certificate = certificate._replace(certified=False)
    return u, certificate


def _in_order(kept: np.ndarray) -> np.ndarray:
    """Return draws, `(draw, normal, chain)`, chain after chain, `(normals, draws)`."""
    return kept.transpose(1, 2, 0).reshape(kept.shape[1], -1)


class Ellipse:
    """Points that move over a density on ellipses around the centre of a normal.

    Parameters
    ----------
    log_density
        What is sampled: its log up to a constant, of points `(normals, points)`.
    normal
        The normal that is near it.
    points
        Where they start, `(normals, points)`.
    """

    def __init__(self, log_density: Density, normal: Normal, points: np.ndarray) -> None:
        self._log_density = log_density
        self._normal = normal
        self._z: np.ndarray = np.linalg.solve(normal.factor, points - normal.mean[:, None])
        self._excess = self._excess_of(self._z)

    @property
    def points(self) -> np.ndarray:
        """Where the points are now, `(normals, points)`."""
        return self._normal.mean[:, None] + self._normal.factor @ self._z

    def walk(self, n_kept: int, stride: int, rng: np.random.Generator) -> np.ndarray:
        """Return where the points are after each of so many strides, `(kept, normal, point)`."""
        kept = np.empty((n_kept, *self._z.shape))
        for place in range(n_kept):
            for _ in range(stride):
                self.step(rng)
            kept[place] = self.points
        return kept

    def step(self, rng: np.random.Generator) -> None:
        """Move each point to one of its ellipse, so that the density is left as it is."""
        size = self._z.shape[1]
        other = rng.standard_normal(self._z.shape)
        level = self._excess - rng.standard_exponential(size)
        # The bracket is the whole ellipse; it shrinks towards 0, where the point itself is.
        upper: np.ndarray = np.multiply(2 * math.pi, rng.random(size))
        lower: np.ndarray = upper - 2 * math.pi
        angle = upper.copy()
        z, excess = self._z.copy(), self._excess.copy()
        moving = np.arange(size)
        for _ in range(MOST_SHRINKAGES):
            turned = angle[moving]
            new = self._z[:, moving] * np.cos(turned) + other[:, moving] * np.sin(turned)
            found = self._excess_of(new)
            accepted = found > level[moving]
            z[:, moving[accepted]], excess[moving[accepted]] = new[:, accepted], found[accepted]
            moving = moving[~accepted]
            if not len(moving):
                break
            turned = turned[~accepted]
            lower[moving] = np.where(turned < 0, turned, lower[moving])
            upper[moving] = np.where(turned < 0, upper[moving], turned)
            width = upper[moving] - lower[moving]
            angle[moving] = lower[moving] + width * rng.random(len(moving))
        self._z, self._excess = z, excess

    def _excess_of(self, z: np.ndarray) -> np.ndarray:
        """Return how far the log density exceeds the normal's, up to a constant, `(points,)`."""
        points = self._normal.mean[:, None] + self._normal.factor @ z
        excess: np.ndarray = self._log_density(points) + 0.5 * np.einsum("ij,ij->j", z, z)
        return excess


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

        ellipse = Ellipse(tempered, prior, points)
        ellipse.step(rng)
        points = ellipse.points
    return points


def _warmed_up(
    model: Model, target: Target, starts: np.ndarray, rng: np.random.Generator
) -> tuple[Coordinates, Ellipse]:
    """Return the chains after warming up, and the coordinates in which they move.

    Each round refits both: the coordinates at the mean noise of the round before, the normal to
    its draws.
    """
    u = np.repeat(starts, CHAINS_EACH, axis=1)
    coordinates = _coordinates(model, target, starts[:, np.argmax(target(starts))], None)
    normal = coordinates.normal
    for n_steps in WARM_UP:
        ellipse = Ellipse(coordinates.density(target), normal, coordinates.points(u))
        target.doing = f"warming up {CHAINS} chains, {n_steps} steps"
        walked = coordinates.normals(_in_order(ellipse.walk(n_steps, 1, rng)[n_steps // 3 :]))
        u = coordinates.normals(ellipse.points)
        coordinates = _coordinates(model, target, walked.mean(axis=1), coordinates)
        # Draws of one chain are so much alike that it is worth about one.
        normal = fit_normal(coordinates.points(walked), np.zeros(walked.shape[1]), CHAINS)
    return coordinates, Ellipse(coordinates.density(target), normal, coordinates.points(u))


def _coordinates(
    model: Model, target: Target, start: np.ndarray, before: Coordinates | None
) -> Coordinates:
    target.doing = "looking for the peak and its curvature"
    return Coordinates(model, target, start, before)
