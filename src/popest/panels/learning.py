"""The posterior of what populations share: its mode, its curvature, and a certified bank of theta.

The density of theta is its prior times L_p of every population. Populations come in chunks, so that
their arrays stay in the processor's cache; each sum is taken in the order of populations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from popest.engines.draws import LARGEST_PARETO_K, effective_size
from popest.engines.mixture import Normal, fit_normal
from popest.engines.pareto import pareto_k
from popest.panels.message import (
    Bank,
    Groups,
    Message,
    integrated_apart,
    log_likelihood,
    message,
    slope,
)
from popest.panels.shared_prior import SharedPrior, Values

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
EVEN_SHARE = 0.5
"""Effective draws, as a share of all, from which weights have no tail: most are then alike, and a
few that are twice as large would have any shape."""
JUDGED_DRAWS = 64
"""Draws of theta, by their weights, over which the draws of populations are judged."""
CHUNK_CELLS = 16_000
"""Sources times populations times draws of a chunk, an eighth of a megabyte an array."""
DEGREES = 7
"""Of freedom of the t distribution that theta is drawn from: its tails hold the posterior's."""
WIDE_PART, WIDENED = 8, 3.0
"""One draw in so many comes from so many times as wide a distribution."""
ROUNDS = 4
ENOUGH = 0.5
"""Effective draws of theta, as a share of all, after which no better proposal is looked for."""
STEP = 1e-4
SMALLEST_LOG, SMALLEST_SUM = -1e300, 1e-300
SMALLEST_CURVATURE = 0.5
"""Of the log density of theta along any axis; that of the prior alone is 1."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Panel:
    """The banks of all populations with what they share; `log_median` is that of each size."""

    bank: Bank
    groups: Groups
    prior: SharedPrior
    log_median: np.ndarray

    def chunks(self) -> Iterator[slice]:
        """Yield populations in order, so many at a time that their arrays stay in the cache."""
        n_sources, n_populations, n_draws = self.bank.precision.shape
        step = max(1, CHUNK_CELLS // (max(1, n_sources) * n_draws))
        for first in range(0, n_populations, step):
            yield slice(first, min(first + step, n_populations))

    @cached_property
    def lean(self) -> tuple[Bank, Groups, np.ndarray]:
        """The bank and the groups without ratios that no theta changes, and which quantities stay.

        Where sizes are integrated these ratios stay, as what they say of a size depends on theta.
        """
        n_sources, n_quantities = len(self.bank.precision), len(self.prior.spreads)
        shared = {number for part in self.prior.shared for number in part.quantities}
        grouped = {source for members in self.groups.members for source in members.tolist()}
        kept = [s for s in range(n_sources) if 1 + s in shared or s in grouped]
        if self.bank.log_size is None or len(kept) == n_sources:
            return self.bank, self.groups, np.arange(n_quantities)
        left = np.setdiff1d(np.arange(n_sources), kept)
        members = [np.searchsorted(kept, members) for members in self.groups.members]
        known = integrated_apart(self.bank, left, self.prior.spreads[1 + left])
        bank = self.bank._replace(
            log_weight=self.bank.log_weight + known,
            precision=self.bank.precision[kept],
            weighted=self.bank.weighted[kept],
        )
        numbers = [0, *(1 + source for source in kept), *range(1 + n_sources, n_quantities)]
        return bank, Groups(self.groups.correlation[kept], members), np.array(numbers)

    def messages(self, values: Values) -> Iterator[tuple[slice, Bank, Values, Message]]:
        """Yield the message of each chunk for one theta, and what it is of; see `lean`."""
        whole, groups, kept = self.lean
        offset, tau = values.offset[kept], values.tau[kept]
        for at in self.chunks():
            bank, here = whole.part(at), Values(offset[:, at], tau)
            yield at, bank, here, message(bank, groups, here)

    def density_and_slope(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the log density of theta, up to a constant, and its gradient."""
        values = self.prior.values(u)
        total, offset = -0.5 * float(u @ u), np.zeros_like(values.offset)
        spread, (_, groups, kept) = np.zeros_like(values.tau), self.lean
        for at, bank, here, found in self.messages(values):
            total += float(log_likelihood(found.log_density).sum())
            part = slope(bank, groups, here, found)
            offset[kept, at] = part.offset
            spread[kept] += part.log_tau
        return total, self.prior.slope(u, offset, spread) - u

    def weighed(self, u: np.ndarray) -> Weighed:
        """Return what one theta makes of all populations, by each half of their banks."""
        values, parts = self.prior.values(u), []
        for _, _, _, found in self.messages(values):
            shape = (*found.mean.shape[:-1], 2, -1)
            density, mean = found.log_density.reshape(shape), found.mean.reshape(shape)
            largest = np.maximum(density.max(axis=-1), SMALLEST_LOG)
            weights = np.exp(density - largest[..., None])
            sums = np.maximum(weights.sum(axis=-1), SMALLEST_SUM)
            squares = mean**2 + found.variance.reshape(shape)
            parts.append(
                (
                    largest + np.log(sums / density.shape[-1]),
                    (weights * mean).sum(axis=-1) / sums,
                    (weights * squares).sum(axis=-1) / sums,
                )
            )
        logs, means, squares = (np.concatenate(part) for part in zip(*parts, strict=True))
        prior = -0.5 * float(u @ u)
        both = np.logaddexp(*logs.T) - math.log(2)
        return Weighed(prior + float(both.sum()), prior + logs.sum(axis=0), means, squares)


class Weighed(NamedTuple):
    """One theta: its log density, also by each half of the banks, `(half,)`.

    `means` and `squares` are those of each population's log size less its log median,
    `(population, half)`.
    """

    log_density: float
    halves: np.ndarray
    means: np.ndarray
    squares: np.ndarray


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
    panel: Panel,
    rng: np.random.Generator,
    say: Say = lambda _: None,
    start: np.ndarray | None = None,
) -> Learned:
    """Return the posterior of theta.

    Parameters
    ----------
    panel
        The banks of the populations.
    rng
        The random numbers of theta.
    say
        Called with a sentence as the work goes on.
    start
        Where the way to the mode begins, `(coordinate,)`; at the middle of the prior when None.

    Notes
    -----
    The mode is found by BFGS with exact gradients, the curvature from differences of gradients.
    Draws are of a t distribution with both; where they are not sound, the next ones are around the
    mean and with the covariance of these.
    """
    if len(panel.prior) == 0:
        return _nothing_shared(panel)
    say("finding what the populations have in common")
    normal = around_mode(panel, start)
    each = max(panel.bank.log_weight.shape[1], SMALLEST_BANK)
    wanted = BANK_DRAWS // (each * panel.prior.n_populations)
    n_draws = 2 ** int(math.log2(min(max(wanted, FEWEST_DRAWS), MOST_DRAWS)))
    best: Learned | None = None
    for number in range(ROUNDS):
        say(f"weighing {n_draws:,} draws of what they share, round {number + 1}")
        found, log_weights = _draw(panel, normal, n_draws, rng)
        if best is None or _rank(found) > _rank(best):
            best = found
        if best.certificate.is_theta_sound and best.certificate.ess > ENOUGH * n_draws:
            break
        normal = fit_normal(found.u, log_weights)
    assert best is not None
    return judged(panel, best)


def _rank(found: Learned) -> tuple[bool, float]:
    """Return by what the draws of one round are better than those of another."""
    return found.certificate.is_theta_sound, found.certificate.ess


def around_mode(panel: Panel, start: np.ndarray | None = None) -> Normal:
    """Return the normal with the peak and the curvature of theta's log density."""
    from scipy.optimize import minimize

    def downhill(u: np.ndarray) -> tuple[float, np.ndarray]:
        density, gradient = panel.density_and_slope(u)
        return -density, -gradient

    begin = np.zeros(len(panel.prior)) if start is None else start
    mode = minimize(downhill, begin, method="BFGS", jac=True).x
    curvature = np.empty((len(mode), len(mode)))
    for axis, move in enumerate(STEP * np.eye(len(mode))):
        up, down = (panel.density_and_slope(mode + sign * move)[1] for sign in (1, -1))
        curvature[axis] = (down - up) / (2 * STEP)
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    values = np.maximum(values, SMALLEST_CURVATURE)
    return Normal(mode, np.linalg.cholesky((vectors / values) @ vectors.T))


def _draw(
    panel: Panel, normal: Normal, n_draws: int, rng: np.random.Generator
) -> tuple[Learned, np.ndarray]:
    size = len(normal.mean)
    z = rng.standard_normal((size, n_draws))
    z *= np.sqrt(DEGREES / rng.chisquare(DEGREES, n_draws))
    z[:, : n_draws // WIDE_PART] *= WIDENED
    u = normal.mean[:, None] + normal.factor @ z
    proposal = np.logaddexp(
        math.log1p(-1 / WIDE_PART) + _log_t(z, 1.0), _log_t(z, WIDENED) - math.log(WIDE_PART)
    )
    weighed = [panel.weighed(u[:, draw]) for draw in range(n_draws)]
    log_weights = np.array([found.log_density for found in weighed]) - proposal
    return _learned(panel, u, log_weights, proposal, weighed), log_weights


def _log_t(z: np.ndarray, scale: float) -> np.ndarray:
    """Return the log density of t, up to a constant that is the same for every scale."""
    squares = (z**2).sum(axis=0) / (DEGREES * scale**2)
    density: np.ndarray = -0.5 * (DEGREES + len(z)) * np.log1p(squares) - len(z) * math.log(scale)
    return density


def _nothing_shared(panel: Panel) -> Learned:
    """Return the one theta of a panel in which nothing is pooled."""
    found = panel.weighed(np.zeros(0))
    learned = _learned(panel, np.zeros((0, 1)), np.zeros(1), np.zeros(1), [found])
    return judged(panel, learned)


def judged(panel: Panel, learned: Learned) -> Learned:
    """Return what was learned with how far the draws of each population reach over theta.

    Notes
    -----
    Over draws of theta, taken evenly by their weights, the effective size of a population's draws
    is the harmonic mean, which the error of its mixture follows, and the Pareto k that of the mean
    weight of each. Sizes that are integrated need few draws, which their halves judge.
    """
    if panel.bank.log_size is None:
        return learned
    n_judged = min(JUDGED_DRAWS, learned.u.shape[1])
    places = (np.arange(n_judged) + 0.5) / n_judged
    chosen = np.minimum(np.searchsorted(np.cumsum(learned.weights), places), learned.u.shape[1] - 1)
    together = np.zeros_like(panel.bank.log_weight)
    inverse = np.zeros(len(together))
    for theta in chosen:
        for at, _, _, found in panel.messages(panel.prior.values(learned.u[:, theta])):
            weights = normalised(found.log_density)
            together[at] += weights
            inverse[at] += (weights**2).sum(axis=1) / n_judged
    sizes = 1 / np.maximum(inverse, SMALLEST_SUM)
    is_uneven = sizes < EVEN_SHARE * together.shape[1]
    with np.errstate(divide="ignore"):
        logs = zip(np.log(together), is_uneven, strict=True)
        shapes = np.array([pareto_k(row) if uneven else -math.inf for row, uneven in logs])
    is_poor = (shapes >= LARGEST_PARETO_K) | (sizes < SMALLEST_POPULATION_SIZE)
    certificate = replace(
        learned.certificate,
        population_pareto_k=float(shapes.max()),
        population_ess=float(sizes.min()),
    )
    return replace(learned, is_poor=learned.is_poor | is_poor, certificate=certificate)


def normalised(log_density: np.ndarray) -> np.ndarray:
    """Return weights that sum to 1 over the last axis, given by their logarithms."""
    largest = np.maximum(log_density.max(axis=-1, keepdims=True), SMALLEST_LOG)
    weights = np.exp(log_density - largest)
    found: np.ndarray = weights / np.maximum(weights.sum(axis=-1, keepdims=True), SMALLEST_SUM)
    return found


def _learned(
    panel: Panel,
    u: np.ndarray,
    log_weights: np.ndarray,
    proposal: np.ndarray,
    weighed: Sequence[Weighed],
) -> Learned:
    """Return draws of theta with their certificate."""
    weights = normalised(log_weights)
    halves = (np.array([found.halves for found in weighed]) - proposal[:, None]).T
    by_half = [normalised(half) for half in halves]
    means = np.array([found.means for found in weighed]).transpose(2, 1, 0)
    squares = np.array([found.squares for found in weighed]).transpose(2, 1, 0)
    found_means = [part @ half for part, half in zip(means, by_half, strict=True)]
    variance = squares.mean(axis=0) @ weights - np.mean(found_means, axis=0) ** 2
    differences = _apart(found_means, variance)
    sums = np.log(np.exp(means + panel.log_median[:, None]).sum(axis=1))
    shared = [np.vstack([u, part]) for part in sums]
    whole = (shared[0] + shared[1]) / 2
    spread = (whole - (whole @ weights)[:, None]) ** 2 @ weights
    # What populations have of their own is uncertain, too, so that the total is surer than this.
    spread[-1] += _own_variance(np.exp(np.mean(found_means, axis=0) + panel.log_median), variance)
    apart = _apart([part @ half for part, half in zip(shared, by_half, strict=True)], spread)
    certificate = ThetaCertificate(
        pareto_k(log_weights) if len(u) else -math.inf,
        effective_size(log_weights) if len(u) else math.inf,
        float(apart.max()),
        float(differences.max()),
    )
    return Learned(u, weights, differences > LARGEST_HALF_DIFFERENCE, certificate)


def _own_variance(sizes: np.ndarray, variance: np.ndarray) -> float:
    """Return about the variance of a log total that independent log sizes give it."""
    shares = sizes / sizes.sum()
    return float(shares**2 @ variance)


def _apart(means: Sequence[np.ndarray], variance: np.ndarray) -> np.ndarray:
    """Return how far two means are apart, in standard deviations."""
    found: np.ndarray = np.abs(means[0] - means[1]) / np.sqrt(np.maximum(variance, SMALLEST_SUM))
    return found
