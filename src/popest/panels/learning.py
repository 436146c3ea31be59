"""The posterior of what populations share: its mode, its curvature, and a certified bank of theta.

The density of theta is its prior times L_p of every population. Draws of theta come in batches, so
that what they make of each population need not be kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from popest.engines.draws import LARGEST_PARETO_K, effective_size
from popest.engines.mixture import Normal, fit_normal
from popest.engines.pareto import pareto_k
from popest.panels.part import SMALLEST_LOG, normalised, reach_of
from popest.panels.whole import Whole

SMALLEST_THETA_SIZE = 200
"""Effective draws of theta, of 512 or more."""
LARGEST_HALF_DIFFERENCE = 0.1
"""Between two half banks, in posterior standard deviations: of each theta, of the log total, and of
the log size of each population."""
FEWEST_DRAWS, MOST_DRAWS = 512, 4096
BANK_DRAWS = 128_000_000
"""Draws of theta times draws of all banks, about: more of theta where there are few populations."""
SMALLEST_BANK = 128
"""Draws that a bank counts for at least, as what is done for each theta takes time as well."""
SMALLEST_POPULATION_SIZE = 100
"""Effective draws of a population that was drawn whole, on the average over theta."""
JUDGED_DRAWS = 64
"""Draws of theta, by their weights, over which the draws of populations are judged."""
DEGREES = 7
"""Of freedom of the t distribution that theta is drawn from: its tails hold the posterior's. It has
as many as theta has coordinates where these are more, or few of its draws would carry weight."""
WIDE_PART, WIDENED = 8, 3.0
"""One draw in so many comes from so many times as wide a distribution."""
ROUNDS = 4
ENOUGH = 0.5
"""Effective draws of theta, as a share of all, after which no better proposal is looked for."""
STEP = 1e-4
SMALLEST_SD = 1e-9
"""Of a logarithm that two halves are compared by: what is known differs by rounding only."""
SMALLEST_CURVATURE = 0.5
"""Of the log density of theta along any axis; that of the prior alone is 1."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class ThetaCertificate:
    """Whether the computation of a panel can be trusted.

    `pareto_k` and `ess` judge the draws of theta. `halves` is the largest difference of two half
    banks in each theta and in the log total, `population_halves` that in the log size of a
    population, both in posterior standard deviations. `population_pareto_k` and `population_ess`
    are the worst of the draws of any population over theta, where populations are drawn whole.
    """

    pareto_k: float
    ess: float
    halves: float
    population_halves: float
    population_pareto_k: float = -math.inf
    population_ess: float = math.inf

    @property
    def is_theta_sound(self) -> bool:
        """Whether the draws of theta carry enough weight."""
        return self.pareto_k < LARGEST_PARETO_K and self.ess >= SMALLEST_THETA_SIZE

    @property
    def certified(self) -> bool:
        """Whether all are within their bounds."""
        largest = max(self.halves, self.population_halves)
        are_sound = self.population_pareto_k < LARGEST_PARETO_K
        are_sound = are_sound and self.population_ess >= SMALLEST_POPULATION_SIZE
        return self.is_theta_sound and are_sound and largest <= LARGEST_HALF_DIFFERENCE


@dataclass(frozen=True)
class Learned:
    """Draws of theta, `u` `(coordinate, draw)`, with normalised `weights`, `(draw,)`.

    `is_poor` says which populations are not computed exactly enough, `(population,)`.
    """

    u: np.ndarray
    weights: np.ndarray
    is_poor: np.ndarray
    certificate: ThetaCertificate


def learn(
    whole: Whole,
    rng: np.random.Generator,
    say: Say = lambda _: None,
    start: np.ndarray | None = None,
    *,
    is_pilot: bool = False,
) -> Learned:
    """Return the posterior of theta.

    Parameters
    ----------
    whole
        The populations with their banks.
    rng
        The random numbers of theta.
    say
        Called with a sentence as the work goes on.
    start
        Where the way to the mode begins, `(coordinate,)`; at the middle of the prior when None.
    is_pilot
        Whether it only says where populations are to be drawn again: by the fewest draws, without a
        better proposal than a sound one.

    Notes
    -----
    The mode is found by BFGS with exact gradients, the curvature from differences of gradients.
    Draws are of a t distribution with both; where they are not sound, the next ones are around the
    mean and with the covariance of these.
    """
    if len(whole.prior) == 0:
        return judged(whole, _learned(whole, np.zeros((0, 1)), np.zeros(1)).learned)
    say("finding what the populations have in common")
    normal = around_mode(whole, start)
    wanted = BANK_DRAWS // int(np.maximum(whole.head.n_draws, SMALLEST_BANK).sum())
    n_draws = 2 ** int(
        math.log2(min(max(wanted, FEWEST_DRAWS), FEWEST_DRAWS if is_pilot else MOST_DRAWS))
    )
    best: Learned | None = None
    for number in range(ROUNDS):
        say(f"weighing {n_draws:,} draws of what they share, round {number + 1}")
        found = _learned(whole, *_proposed(normal, n_draws, rng))
        if best is None or _rank(found.learned) > _rank(best):
            best = found.learned
        is_even = is_pilot or best.certificate.ess > ENOUGH * n_draws
        if best.certificate.is_theta_sound and is_even:
            break
        normal = fit_normal(found.learned.u, found.log_weights)
    assert best is not None
    return judged(whole, best)


def _rank(found: Learned) -> tuple[bool, float]:
    """Return by what the draws of one round are better than those of another."""
    return found.certificate.is_theta_sound, found.certificate.ess


def around_mode(whole: Whole, start: np.ndarray | None = None) -> Normal:
    """Return the normal with the peak and the curvature of theta's log density."""
    from scipy.optimize import minimize

    def downhill(u: np.ndarray) -> tuple[float, np.ndarray]:
        density, gradient = whole.density_and_slope(u)
        return -density, -gradient

    begin = np.zeros(len(whole.prior)) if start is None else start
    mode = minimize(downhill, begin, method="BFGS", jac=True).x
    curvature = np.empty((len(mode), len(mode)))
    for axis, move in enumerate(STEP * np.eye(len(mode))):
        up, down = (whole.density_and_slope(mode + sign * move)[1] for sign in (1, -1))
        curvature[axis] = (down - up) / (2 * STEP)
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    values = np.maximum(values, SMALLEST_CURVATURE)
    return Normal(mode, np.linalg.cholesky((vectors / values) @ vectors.T))


def _proposed(
    normal: Normal, n_draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return draws of theta around a normal, with the log density that they were drawn from."""
    size = len(normal.mean)
    z = rng.standard_normal((size, n_draws))
    degrees = max(DEGREES, size)
    z *= np.sqrt(degrees / rng.chisquare(degrees, n_draws))
    z[:, : n_draws // WIDE_PART] *= WIDENED
    proposal = np.logaddexp(
        math.log1p(-1 / WIDE_PART) + _log_t(z, 1.0), _log_t(z, WIDENED) - math.log(WIDE_PART)
    )
    return normal.mean[:, None] + normal.factor @ z, proposal


def _log_t(z: np.ndarray, scale: float) -> np.ndarray:
    """Return the log density of t, up to a constant that is the same for every scale."""
    degrees = max(DEGREES, len(z))
    squares = (z**2).sum(axis=0) / (degrees * scale**2)
    density: np.ndarray = -0.5 * (degrees + len(z)) * np.log1p(squares) - len(z) * math.log(scale)
    return density


def judged(whole: Whole, learned: Learned) -> Learned:
    """Return what was learned with how far the draws of each population reach over theta.

    Notes
    -----
    It is judged over draws of theta, taken evenly by their weights. Sizes that are integrated need
    few draws, which their halves judge.
    """
    if not whole.head.is_drawn:
        return learned
    n_draws = learned.u.shape[1]
    n_judged = min(JUDGED_DRAWS, n_draws)
    places = (np.arange(n_judged) + 0.5) / n_judged
    chosen = np.minimum(np.searchsorted(np.cumsum(learned.weights), places), n_draws - 1)
    found = whole.each(reach_of, learned.u[:, chosen])
    shapes, sizes = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    is_poor = (shapes >= LARGEST_PARETO_K) | (sizes < SMALLEST_POPULATION_SIZE)
    certificate = replace(
        learned.certificate,
        population_pareto_k=float(shapes.max()),
        population_ess=float(sizes.min()),
    )
    return replace(learned, is_poor=learned.is_poor | is_poor, certificate=certificate)


class _Mean:
    """The mean of arrays that come one after the other, with the logarithms of their weights."""

    def __init__(self) -> None:
        self._largest, self._weight, self._sum = SMALLEST_LOG, 0.0, np.zeros(())

    def add(self, log_weights: np.ndarray, values: np.ndarray) -> None:
        """Take in values, `(theta, ...)`, with the logarithm of each one's weight, `(theta,)`."""
        largest = max(self._largest, float(log_weights.max()))
        before, weights = math.exp(self._largest - largest), np.exp(log_weights - largest)
        self._sum = self._sum * before + np.tensordot(weights, values, 1)
        self._weight = self._weight * before + float(weights.sum())
        self._largest = largest

    @property
    def value(self) -> np.ndarray:
        """The weighted mean of what was taken in."""
        return self._sum / self._weight


class _Weighed(NamedTuple):
    """Draws of theta with their certificate, and the logarithms of their weights."""

    learned: Learned
    log_weights: np.ndarray


def _learned(whole: Whole, u: np.ndarray, proposal: np.ndarray) -> _Weighed:
    """Weigh draws of theta, `(coordinate, theta)`, by prior and likelihood over the proposal."""
    log_median = whole.head.log_median[:, None]
    prior = -0.5 * (u**2).sum(axis=0) - proposal
    log_weights, halves = np.empty(len(prior)), np.empty((2, len(prior)))
    sums = np.empty_like(halves)
    by_half, squared = (_Mean(), _Mean()), _Mean()
    for at, found in whole.weighed(u):
        both = np.logaddexp(found.logs[..., 0], found.logs[..., 1]) - math.log(2)
        log_weights[at] = prior[at] + both.sum(axis=1)
        halves[:, at] = prior[at] + found.logs.sum(axis=1).T
        sums[:, at] = np.log(np.exp(found.means + log_median).sum(axis=1)).T
        for number, mean in enumerate(by_half):
            mean.add(halves[number, at], found.means[..., number])
        squared.add(log_weights[at], found.squares.mean(axis=-1))
    weights = normalised(log_weights)
    means = [mean.value for mean in by_half]
    variance = squared.value - np.mean(means, axis=0) ** 2
    differences = _apart(means, variance)
    shared = [np.vstack([u, part]) for part in sums]
    middle = (shared[0] + shared[1]) / 2
    spread = (middle - (middle @ weights)[:, None]) ** 2 @ weights
    # What populations have of their own is uncertain, too, so that the total is surer than this.
    spread[-1] += _own_variance(np.exp(np.mean(means, axis=0) + log_median[:, 0]), variance)
    pairs = zip(shared, map(normalised, halves), strict=True)
    apart = _apart([part @ half for part, half in pairs], spread)
    certificate = ThetaCertificate(
        pareto_k(log_weights) if len(u) else -math.inf,
        effective_size(log_weights) if len(u) else math.inf,
        float(apart.max()),
        float(differences.max()),
    )
    is_poor = differences > LARGEST_HALF_DIFFERENCE
    return _Weighed(Learned(u, weights, is_poor, certificate), log_weights)


def _own_variance(sizes: np.ndarray, variance: np.ndarray) -> float:
    """Return about the variance of a log total that independent log sizes give it."""
    shares = sizes / sizes.sum()
    return float(shares**2 @ variance)


def _apart(means: Sequence[np.ndarray], variance: np.ndarray) -> np.ndarray:
    """Return how far two means are apart, in standard deviations."""
    found: np.ndarray = np.abs(means[0] - means[1]) / np.sqrt(np.maximum(variance, SMALLEST_SD**2))
    return found
