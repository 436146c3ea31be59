"""A panel whose posterior is known: simulated, and its truth by dense matrices, without popest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

import numpy as np

ERROR = 0.08
EXACT = 0.01
COARSE = (9, 9)
"""Points of the grids that find where the spreads are likely, along each axis."""


@dataclass(frozen=True)
class Quantity:
    """A quantity of the panel: its median, total spread, and what is pooled of it."""

    median: float
    total: float
    between: float | None = None
    between_sigma: float = 0.0
    correlation: float = 0.0
    effect: tuple[float, float] | None = None

    @property
    def level(self) -> float:
        if self.between is None:
            return 0.0
        return math.sqrt(self.total**2 - self.between**2 * math.exp(2 * self.between_sigma**2))


@dataclass
class Simulated:
    """Figures of a panel: `counts[population]` is a list of source and figure."""

    quantities: list[Quantity]
    counts: list[list[tuple[int, int]]]
    covariate: np.ndarray = field(default_factory=lambda: np.zeros(0))


def simulate(
    quantities: list[Quantity],
    n_populations: int,
    rng: np.random.Generator,
    *,
    rows: int = 2,
    missing: float = 0.0,
) -> Simulated:
    covariate = rng.standard_normal(n_populations)
    covariate -= covariate.mean()
    mu = [q.level * rng.standard_normal() * (q.between is not None) for q in quantities]
    counts = []
    for population in range(n_populations):
        common = rng.standard_normal()
        logs = []
        for number, q in enumerate(quantities):
            spread = q.total if q.between is None else q.between
            own = rng.standard_normal()
            part = math.sqrt(1 - q.correlation) * own + math.sqrt(q.correlation) * common
            value = math.log(q.median) + mu[number] + spread * part
            if q.effect is not None:
                value += q.effect[0] * covariate[population]
            logs.append(value)
        found = []
        for source, log in enumerate(logs[1:]):
            if rng.random() < missing:
                continue
            for _ in range(rows):
                error = math.hypot(ERROR, EXACT) * rng.standard_normal()
                found.append((source, round(math.exp(logs[0] + log + error))))
        counts.append(found)
    return Simulated(quantities, counts, covariate)


@dataclass
class Truth:
    """The posterior as a mixture of normals over a grid of log spreads.

    `means` and `covariances` are of (mu of pooled quantities, effects, log sizes), each
    `(grid, ...)`; `log_tau` is the grid, `(grid, uncertain spread)`.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: list[np.ndarray]
    log_tau: np.ndarray
    n_shared: int

    def draws(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return independent draws, `(draw, quantity)`."""
        numbers = rng.multinomial(size, self.weights)
        parts = [
            self.means[at]
            + rng.standard_normal((n, self.means.shape[1]))
            @ np.linalg.cholesky(self.covariances[at] + 1e-14 * np.eye(self.means.shape[1])).T
            for at, n in enumerate(numbers)
            if n
        ]
        return np.concatenate(parts)


def truth_of(data: Simulated, points: int = 21) -> Truth:
    """Return the posterior by dense matrices: log spreads on a grid, all else given them exact."""
    pooled = _pooled(data)
    given: list[tuple[np.ndarray, np.ndarray]] = []

    def log_density(taus: list[float]) -> float:
        log, mean, covariance = _given(data, pooled, taus)
        given.append((mean, covariance))
        return log

    grid = _grid(data, pooled, log_density, points)
    means, covariances = zip(*given[-len(grid.taus) :], strict=True)
    effects = sum(q.effect is not None for q in data.quantities)
    n_shared = len(pooled) + effects
    return Truth(grid.weights, np.array(means), list(covariances), grid.log_tau, n_shared)


class Grid(NamedTuple):
    """Spreads between populations by point, with weights; `log_tau` are the uncertain ones."""

    weights: np.ndarray
    taus: list[list[float]]
    log_tau: np.ndarray


def _pooled(data: Simulated) -> list[int]:
    return [k for k, q in enumerate(data.quantities) if q.between is not None]


def _grid(
    data: Simulated,
    pooled: list[int],
    log_density: Callable[[list[float]], float],
    points: int,
) -> Grid:
    """Return a grid of the uncertain spreads, as wide as where they are likely."""
    uncertain = [
        k for k in pooled if data.quantities[k].between_sigma and data.quantities[k].between
    ]
    bounds = [(-4.5, 4.5)] * len(uncertain)
    for n_points in (*COARSE, points):
        axes = [np.linspace(*ends, n_points) for ends in bounds]
        grid = np.array(list(product(*axes))).reshape(-1, len(uncertain))
        logs, all_taus = [], []
        for z in grid:
            taus = [q.total if q.between is None else q.between for q in data.quantities]
            for k, value in zip(uncertain, z, strict=True):
                taus[k] *= math.exp(data.quantities[k].between_sigma * value)
            logs.append(log_density(taus) - 0.5 * z @ z)
            all_taus.append(taus)
        bounds = [_narrowed(axis, grid[:, at], np.array(logs)) for at, axis in enumerate(axes)]
    weights = np.exp(np.array(logs) - max(logs))
    log_tau = np.array([[math.log(taus[k]) for k in uncertain] for taus in all_taus])
    return Grid(weights / weights.sum(), all_taus, log_tau.reshape(len(grid), -1))


@dataclass
class TruthOfMany:
    """The same posterior of many populations without covariates, population by population.

    Populations with figures of the same sources have one covariance, so that nothing grows with
    the square of their number. `log_tau` and `weights` are as in `Truth`.
    """

    data: Simulated
    pooled: list[int]
    taus: list[list[float]]
    weights: np.ndarray
    log_tau: np.ndarray
    n_shared: int

    def draws(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return independent draws, `(draw, quantity)`."""
        numbers = rng.multinomial(size, self.weights)
        found = np.empty((size, self.n_shared + len(self.data.counts)))
        first = 0
        for taus, n in zip(self.taus, numbers, strict=True):
            if n == 0:
                continue
            at, first = slice(first, first + n), first + n
            blocks = list(_blocks(self.data, self.pooled, taus))
            precision, weighted, _ = _of_shared(self.data, self.pooled, blocks)
            covariance = np.linalg.inv(precision)
            factor = np.linalg.cholesky(covariance)
            shared = rng.standard_normal((n, self.n_shared)) @ factor.T + covariance @ weighted
            found[at, : self.n_shared] = shared
            for block in blocks:
                left = block.values[None] - (shared @ block.design.T)[:, None]
                mean = (shared @ block.size_row)[:, None] + left @ block.gain
                noise = math.sqrt(block.variance) * rng.standard_normal(mean.shape)
                found[at, self.n_shared + block.places] = mean + noise
        found[:, self.n_shared :] += math.log(self.data.quantities[0].median)
        return found


@dataclass
class Block:
    """Populations with figures of the same sources, given the spreads between populations.

    `values` are log figures less their log medians, `(population, row)`, with the precision
    matrix `inverse`; they rise by `design`, `(row, shared)`, with what is shared, log sizes by
    `size_row`. Given both, log size has the weights `gain` and the variance `variance`.
    """

    places: np.ndarray
    values: np.ndarray
    design: np.ndarray
    size_row: np.ndarray
    inverse: np.ndarray
    log_determinant: float
    gain: np.ndarray
    variance: float


def _blocks(data: Simulated, pooled: list[int], taus: list[float]) -> Iterator[Block]:
    quantities = data.quantities
    tau, c = np.array(taus), np.array([q.correlation for q in quantities])
    prior = np.outer(tau * np.sqrt(c), tau * np.sqrt(c)) + np.diag(tau**2 * (1 - c))
    patterns: dict[tuple[int, ...], list[int]] = {}
    for p, found in enumerate(data.counts):
        patterns.setdefault(tuple(source for source, _ in found), []).append(p)
    for sources, places in patterns.items():
        rows = np.zeros((len(sources), len(quantities)))
        rows[:, 0] = 1
        rows[range(len(sources)), [source + 1 for source in sources]] = 1
        values = np.array([[math.log(figure) for _, figure in data.counts[p]] for p in places])
        medians = [quantities[0].median * quantities[source + 1].median for source in sources]
        covariance = rows @ prior @ rows.T + (ERROR**2 + EXACT**2) * np.eye(len(rows))
        inverse = np.linalg.inv(covariance)
        gain = inverse @ rows @ prior[:, 0]
        size_row = np.array([float(k == 0) for k in pooled])
        yield Block(
            np.array(places),
            values.reshape(len(places), len(rows)) - np.log(medians),
            rows[:, pooled],
            size_row,
            inverse,
            float(np.linalg.slogdet(covariance)[1]),
            gain,
            float(prior[0, 0] - gain @ rows @ prior[:, 0]),
        )


def _of_shared(
    data: Simulated, pooled: list[int], blocks: list[Block]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return precision and weighted mean of what is shared, and the log density of all figures."""
    levels = np.array([data.quantities[k].level for k in pooled])
    precision, weighted, log = np.diag(levels**-2.0), np.zeros(len(pooled)), 0.0
    for block in blocks:
        solved = block.inverse @ block.design
        precision += len(block.values) * block.design.T @ solved
        weighted += block.values.sum(axis=0) @ solved
        log -= 0.5 * np.einsum("pi,ij,pj->", block.values, block.inverse, block.values)
        log -= 0.5 * len(block.values) * block.log_determinant
    log -= 0.5 * (np.linalg.slogdet(precision)[1] + 2 * np.log(levels).sum())
    return precision, weighted, float(log + 0.5 * weighted @ np.linalg.solve(precision, weighted))


def truth_of_many(data: Simulated, points: int = 21) -> TruthOfMany:
    """Return the posterior of a panel without covariates, whatever its size."""
    pooled = _pooled(data)

    def log_density(taus: list[float]) -> float:
        return _of_shared(data, pooled, list(_blocks(data, pooled, taus)))[2]

    grid = _grid(data, pooled, log_density, points)
    return TruthOfMany(data, pooled, grid.taus, grid.weights, grid.log_tau, len(pooled))


def _given(
    data: Simulated, pooled: list[int], taus: list[float]
) -> tuple[float, np.ndarray, np.ndarray]:
    n = len(data.counts)
    quantities = data.quantities
    effects = [k for k, q in enumerate(quantities) if q.effect is not None]
    # Unknowns: mu, effects, then for each population its deviations of every quantity.
    shared = len(pooled) + len(effects)
    prior_mean = np.zeros(shared + n * len(quantities))
    prior = np.zeros((len(prior_mean),) * 2)
    for place, k in enumerate(pooled):
        prior[place, place] = quantities[k].level ** 2
    for place, k in enumerate(effects, len(pooled)):
        prior_mean[place], prior[place, place] = (
            quantities[k].effect[0],
            quantities[k].effect[1] ** 2,
        )
    tau, c = np.array(taus), np.array([q.correlation for q in quantities])
    block = np.outer(tau * np.sqrt(c), tau * np.sqrt(c)) + np.diag(tau**2 * (1 - c))
    for p in range(n):
        at = slice(shared + p * len(quantities), shared + (p + 1) * len(quantities))
        prior[at, at] = block

    def row_of(p: int, k: int) -> np.ndarray:
        row = np.zeros(len(prior_mean))
        row[shared + p * len(quantities) + k] = 1
        if k in pooled:
            row[pooled.index(k)] = 1
        if k in effects:
            row[len(pooled) + effects.index(k)] = data.covariate[p]
        return row

    design, values = [], []
    for p, found in enumerate(data.counts):
        for source, figure in found:
            design.append(row_of(p, 0) + row_of(p, source + 1))
            median = quantities[0].median * quantities[source + 1].median
            values.append(math.log(figure) - math.log(median))
    wanted = np.zeros((shared + n, len(prior_mean)))
    wanted[:shared, :shared] = np.eye(shared)
    for p in range(n):
        wanted[shared + p] = row_of(p, 0)
    h, y = np.array(design), np.array(values)
    spread = h @ prior @ h.T + (ERROR**2 + EXACT**2) * np.eye(len(y))
    residual = y - h @ prior_mean
    solved = np.linalg.solve(spread, np.column_stack([residual, h @ prior @ wanted.T]))
    log = -0.5 * residual @ solved[:, 0] - 0.5 * np.linalg.slogdet(spread)[1]
    cross = wanted @ prior @ h.T
    mean = wanted @ prior_mean + cross @ solved[:, 0]
    covariance = wanted @ prior @ wanted.T - cross @ solved[:, 1:]
    mean[shared:] += math.log(quantities[0].median)
    return float(log), mean, (covariance + covariance.T) / 2


def _narrowed(axis: np.ndarray, places: np.ndarray, logs: np.ndarray) -> tuple[float, float]:
    """Return the part of an axis outside which less than a millionth of the weight lies."""
    heights = np.array([logs[places == place].max() for place in axis]) - logs.max()
    step = axis[1] - axis[0]
    likely = axis[heights > -14]
    return max(-4.5, likely[0] - step), min(4.5, likely[-1] + step)
