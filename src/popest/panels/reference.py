"""Each population of a panel alone: draws of the errors of its counts, at the marginal reference.

Size and ratios are integrated for any theta, so only what is not normal is drawn: the noise of the
counts, and baselines. Half of the points are placed around the posterior, half cover the prior.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from popest.engines.laplace import laplace
from popest.engines.mixture import Mixture, Normal
from popest.model.model import Model
from popest.model.normals import Normals
from popest.model.population import StaticMap
from popest.panels.message import Bank, Groups, message
from popest.panels.shared_prior import Values
from popest.study.observations.observation import Observation
from popest.study.specification.records import Specification
from popest.study.specification.toml_lines import Path

POINTS = 32
"""Points of each half of the bank from each component of the proposal."""


class Place(NamedTuple):
    """Where a pooled quantity stands, and what the normals of a model call it.

    `number` is its place among the quantities, and `carried` that among those which draws carry;
    None where every population integrates it.
    """

    path: Path
    name: str
    number: int
    carried: int | None


class Piece(NamedTuple):
    """One population: its name, what is assumed of it, its figures in use, and what is pooled.

    `is_drawn` says that it is drawn whole, by the bank engine; its size is integrated otherwise.
    `others` are surveys of other populations, which say nothing of it.
    """

    name: str
    specification: Specification
    used: tuple[Observation, ...]
    pooled: tuple[Place, ...] = ()
    is_drawn: bool = False
    others: frozenset[str] = frozenset()


class Counted:
    """The counts of one population as a function of the normals that are drawn.

    Attributes
    ----------
    size
        How many normals are drawn.
    log_median
        The logarithm of the prior median of the population's size.
    """

    def __init__(self, piece: Piece) -> None:
        self.model = Model(piece.specification, piece.used)
        self.counts = self.model.counts
        population = self.model.population
        assert isinstance(population, StaticMap)
        size = population.size
        self.log_median = size.log_median
        whole = range(len(self.model.normals))
        self.places = [place for place in whole if place != size.index]
        self.size = len(self.places)

    def bank(self, points: np.ndarray) -> Bank:
        """Return the bank of points, `(normals, draw)`, each with the weight of its density."""
        u = np.zeros((len(self.model.normals), points.shape[1]))
        u[self.places] = points
        state = self.model.state(u)
        residuals = self.counts.residuals_in(state)
        posterior = self.counts.integrate(residuals)
        jacobian = residuals.log_net.sum(axis=0)
        squares = residuals.rotated**2 / residuals.variance + np.log(residuals.variance)
        constant = self.counts.log_determinant - 0.5 * len(self.counts.rows) * np.log(2 * np.pi)
        density = constant - 0.5 * squares.sum(axis=0)
        possible = np.isfinite(jacobian)
        weight = np.where(possible, density - np.where(possible, jacobian, 0.0), -np.inf)
        precision, weighted = posterior.precision[:, None], posterior.weighted[:, None]
        return Bank(weight[None], precision, weighted, np.zeros((0, *weight[None].shape)))


def reference(
    piece: Piece, groups: Groups, values: Values, seed: int, times: int = 1
) -> tuple[Bank, float]:
    """Return the bank of one population, and the logarithm of its prior median size.

    Parameters
    ----------
    piece
        The population.
    groups
        The groups of sources.
    values
        The reference: what is believed of this population where it is fitted alone.
    seed
        The seed of the panel; with the name of the population it fixes the points.
    times
        How many times as many points as usual there are.

    Notes
    -----
    The first half of the draws and the second are independent of each other, and each is spread
    evenly, so that their difference says how exact the bank is.
    """
    counted = Counted(piece)
    if counted.size == 0:
        return counted.bank(np.zeros((0, 2))), counted.log_median

    def log_density(points: np.ndarray) -> np.ndarray:
        found = message(counted.bank(points), groups, values).log_density[0]
        return found + Normals.log_density(points)

    standard = Normal.standard(counted.size)
    found = laplace(log_density, standard)
    # Its factor is a rotated one, and a density is told by a triangular one.
    around = Normal(found.mean, np.linalg.cholesky(found.factor @ found.factor.T))
    proposal = Mixture((around, standard), (0.5, 0.5))
    rng = population_rng(seed, piece.name)
    halves = [_spread_points(proposal, times * POINTS, rng) for _ in range(2)]
    points = np.concatenate(halves, axis=1)
    bank = counted.bank(points)
    correction = Normals.log_density(points) - proposal.log_density(points)
    return bank._replace(log_weight=bank.log_weight + correction), counted.log_median


def population_rng(seed: int, name: str, purpose: int = 0) -> np.random.Generator:
    """Return the random numbers of one population, which depend on its name and on no other."""
    digest = hashlib.sha256(name.encode()).digest()
    words = [int.from_bytes(digest[at : at + 4], "big") for at in range(0, 16, 4)]
    return np.random.default_rng([seed, purpose, *words])


def _spread_points(proposal: Mixture, number: int, rng: np.random.Generator) -> np.ndarray:
    parts = [
        part.mean[:, None] + part.factor @ _even_normals(len(part.mean), number, rng)
        for part in proposal.components
    ]
    return np.concatenate(parts, axis=1)


def _even_normals(size: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Return standard normals that cover their space evenly, `(size, number)`.

    Notes
    -----
    One coordinate is stratified. Several follow Kronecker's sequence with the powers of the root
    of x^(d + 1) = x + 1, shifted at random (Roberts 2018).
    """
    from scipy.special import ndtri

    if size == 1:
        uniform = (np.arange(number) + rng.random(number))[None] / number
    else:
        steps = _root(size) ** -np.arange(1.0, size + 1)
        uniform = (rng.random((size, 1)) + steps[:, None] * np.arange(1, number + 1)) % 1.0
    found: np.ndarray = ndtri(np.clip(uniform, 1e-12, 1 - 1e-12))
    return found


def _root(size: int) -> float:
    """Return the positive root of x^(size + 1) = x + 1."""
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (size + 1))
    return root
