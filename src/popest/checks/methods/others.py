"""What all other populations lead to expect of the figures of each, and how far these are from it.

The draws of theta are weighed by 1 / L_p, which takes the figures of a population out again. With
each of them its size, its ratios and its figures are simulated, so that nothing is taken as normal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from popest.engines.draws import LARGEST_PARETO_K
from popest.engines.pareto import pareto_k
from popest.engines.threads import one_thread
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.model.model import Model
from popest.model.population import StaticMap
from popest.panels.chunks import bank_at
from popest.panels.compute import estimate_panel
from popest.panels.message import Groups
from popest.panels.panel_result import PanelNotCertifiedError, PanelResult
from popest.panels.part import Part, weighed_of
from popest.panels.reference import population_rng
from popest.panels.shared_prior import SharedPrior, Values
from popest.study.panel.panel import Panel

SIMULATED, BATCH = 1_000, 50_000
"""Sets of figures simulated of each population, and so many more at a time where few of them are
as far from what is expected as its own."""
ENOUGH_BEYOND = 20
MOST_FOR_EACH = 100
"""Sets at most for each population of the panel, so that adjusted chances can be small."""
SMALLEST_FIGURE, SMALLEST_WEIGHT = 0.5, 1e-300
PURPOSE = 5
"""The stream of random numbers of a population that simulates its figures."""
MOST_REFITTED = 20
"""Populations without which theta is learned anew, where weights cannot take them out; those first
whose weights are the worst."""
CHUNK = 500
"""Populations whose prior given every theta is held at once."""


class ExpectedFigure(NamedTuple):
    """A figure beside what the other populations lead to expect of it, in the figure's unit.

    `percentile` is the probability that what is expected falls below the figure.
    """

    observation: str
    source: str
    value: float
    median: float
    lower: float
    upper: float
    percentile: float


class Expected(NamedTuple):
    """A population beside what all others lead to expect of it.

    `chance` is the probability of figures at least as far from what is expected; `pareto_k` judges
    the weights that leave the population out.
    """

    population: str
    chance: float
    pareto_k: float
    figures: tuple[ExpectedFigure, ...]

    @property
    def is_certified(self) -> bool:
        """Whether the draws of theta carry the weight without this population."""
        return self.pareto_k < LARGEST_PARETO_K


def expected(
    estimate: PanelResult, logs: np.ndarray, say: Callable[[str], None] = lambda _: None
) -> Iterator[Expected]:
    """Yield what the other populations lead to expect of each that has figures, in their order.

    Of populations that are drawn whole nothing is, as their figures are not simulated yet.

    Parameters
    ----------
    estimate
        The estimate of the panel.
    logs
        log L_p of every population at each draw of theta, `(population, theta)`.
    say
        Called with a sentence as the work goes on.

    Notes
    -----
    p(theta | others) is the posterior over L_p; where weights cannot make it that, theta is learned
    anew without the population. Figures y are simulated from p(y | others), and
    their distance is the quadratic form of their logarithms with the mean and the covariance of
    the simulated ones. The chance of a distance is the share of simulated ones that are as large,
    which is uniform where the model holds. Besag and Clifford (1991), Sequential Monte Carlo
    p-values, give the rule to simulate more only where few are.
    """
    panel, prior = estimate.panel, estimate.populations.prior
    if panel.is_drawn_whole:
        return
    with one_thread():
        anew = _to_refit(estimate, logs)
        for first in range(0, len(panel.populations), CHUNK):
            at = slice(first, first + CHUNK)
            say(f"comparing populations with the others from {first + 1:,} on")
            offsets, taus = _said_of(prior, estimate.learned.u, at)
            for place, population in enumerate(panel.populations[at]):
                if not panel.used[population.name]:
                    continue
                number = first + place
                if number in anew:
                    say(f"learning without {population.name}")
                    found = _learned_without(estimate, number)
                else:
                    found = None
                without, values = found or (
                    Without.of(estimate, logs[number]),
                    Values(offsets[:, :, place].T, taus.T),
                )
                yield _one(estimate, number, values, without)


def _to_refit(estimate: PanelResult, logs: np.ndarray) -> set[int]:
    """Return the populations that weights cannot take out, so many at most."""
    if len(logs) == 1:
        return set()  # there are no others
    poor = {
        number: without.pareto_k
        for number, row in enumerate(logs)
        if not (without := Without.of(estimate, row)).is_certified
    }
    return set(sorted(poor, key=lambda number: -poor[number])[:MOST_REFITTED])


def _learned_without(estimate: PanelResult, number: int) -> tuple[Without, Values] | None:
    """Return theta learned without a population, and what it says of it; None if not certified.

    Covariates are centred anew without it, which is taken back here.
    """
    panel, prior = estimate.panel, estimate.populations.prior
    try:
        others = estimate_panel(
            without_population(panel, panel.populations[number].name), seed=estimate.settings.seed
        )
    except PanelNotCertifiedError:
        return None
    if others.populations.prior.labels != prior.labels:
        return None  # an effect that no other population has
    learned = others.learned
    offsets, taus = _said_of(prior, learned.u, slice(number, number + 1))
    pairs = zip(panel.pooled, others.panel.pooled, prior.shared, prior.places, strict=True)
    for here, there, part, place in pairs:
        old, new = here.centres, there.centres
        moved = [new.get(name, 0.0) - old.get(name, 0.0) for name in here.effects]
        effects = np.array([prior.natural(part, u[place])[1] for u in learned.u.T])
        if moved:
            offsets[:, part.quantity, 0] -= effects @ np.array(moved)
    without = Without(learned.weights, learned.certificate.pareto_k)
    return without, Values(offsets[:, :, 0].T, taus.T)


def _said_of(prior: SharedPrior, u: np.ndarray, at: slice) -> tuple[np.ndarray, np.ndarray]:
    """Return what each theta says of some populations, `(theta, quantity, population)`."""
    offsets, taus = [], []
    for theta in u.T:
        values = prior.values(theta)
        offsets.append(values.offset[:, at].copy())  # a view would keep all populations
        taus.append(values.tau)
    return np.array(offsets), np.array(taus)


def log_likelihoods(
    estimate: PanelResult, say: Callable[[str], None] = lambda _: None
) -> np.ndarray:
    """Return log L_p of every population at each draw of theta, `(population, theta)`."""
    populations, u = estimate.populations, estimate.learned.u
    found = np.empty((len(estimate.panel.populations), u.shape[1]))
    pieces, groups, prior = populations.prepared
    for first in range(0, len(found), CHUNK):
        at = slice(first, min(first + CHUNK, len(found)))
        say(f"weighing populations from {first + 1:,} on at every draw of what they share")
        with one_thread():
            banks = [
                bank_at(piece, groups, plan, populations.seed)
                for piece, plan in zip(pieces[at], populations.plans[at], strict=True)
            ]
            names = [piece.name for piece in pieces[at]]
            halves = weighed_of(Part.of(names, banks, groups, prior.of(at)), u).logs
        found[at] = (np.logaddexp(halves[..., 0], halves[..., 1]) - np.log(2)).T
    return found


class Without(NamedTuple):
    """Draws of theta weighed as all populations but one have them, `(theta,)`."""

    weights: np.ndarray
    pareto_k: float

    @classmethod
    def of(cls, estimate: PanelResult, logs: np.ndarray) -> Without:
        """Return the weights without a population; `logs` is its log L_p, `(theta,)`."""
        log_weights = np.log(np.maximum(estimate.learned.weights, SMALLEST_WEIGHT)) - logs
        weights = np.exp(log_weights - log_weights.max())
        k = pareto_k(log_weights) if len(estimate.learned.u) else -np.inf
        return cls(weights / weights.sum(), float(k))

    @property
    def is_certified(self) -> bool:
        """Whether these draws carry the weight."""
        return self.pareto_k < LARGEST_PARETO_K


def _one(estimate: PanelResult, number: int, values: Values, without: Without) -> Expected:
    """Return one population; `values` are what each theta says of it, `(quantity, theta)`."""
    panel = estimate.panel
    population = panel.populations[number]
    rng = population_rng(estimate.settings.seed, population.name, PURPOSE)
    model = Model(panel.specification_of(population), panel.used[population.name])
    groups = estimate.populations.prepared.groups

    def simulated(n_draws: int) -> np.ndarray:
        at = rng.choice(len(without.weights), n_draws, p=without.weights)
        return _simulate(model, Values(values.offset[:, at], values.tau[:, at]), groups, rng)

    counts = model.counts
    drawn = simulated(SIMULATED)
    figures = tuple(
        _figure(row.id, row.source, value, Distribution.equal(sample))
        for row, value, sample in zip(counts.rows, counts.values, drawn, strict=True)
    )
    most = MOST_FOR_EACH * len(panel.populations)
    chance = _chance(counts.values, drawn, simulated, most)
    return Expected(population.name, chance, without.pareto_k, figures)


def _simulate(model: Model, values: Values, groups: Groups, rng: np.random.Generator) -> np.ndarray:
    """Draw figures, `(row, draw)`, given what theta says of a population, `(quantity, draw)`."""
    offset, tau = values
    n_sources, n_draws = len(offset) - 1, offset.shape[1]
    u = rng.standard_normal((len(model.normals), n_draws))
    population = model.population
    assert isinstance(population, StaticMap)
    if population.size.index is not None:
        own = offset[0] + tau[0] * rng.standard_normal(n_draws)
        u[population.size.index] = own / population.size.sigma
    factors = np.zeros((n_sources, n_draws))
    for members in groups.members:
        factors[members] = rng.standard_normal(n_draws)
    correlation = groups.correlation[:, None]
    deviation = np.sqrt(1 - correlation) * rng.standard_normal(factors.shape)
    deviation += np.sqrt(correlation) * factors
    log_ratios = offset[1:] + tau[1:] * deviation
    sources = [*model.specification.source]
    at = [sources.index(name) for name in model.counts.names]
    found: np.ndarray = model.counts.simulate(model.state(u), rng, log_ratios[at])
    return found


def _figure(name: str, source: str, value: float, drawn: Distribution) -> ExpectedFigure:
    median, lower, upper = drawn.median_and_bounds(HEADLINE_PROBABILITY)
    return ExpectedFigure(
        name, source, float(value), median, lower, upper, drawn.percentile_of(float(value))
    )


def _chance(
    values: np.ndarray, drawn: np.ndarray, simulated: Callable[[int], np.ndarray], most: int
) -> float:
    """Return the share of simulated sets of figures that are as far from what is expected."""
    logs = _logs(drawn)
    mean, covariance = logs.mean(axis=1), np.atleast_2d(np.cov(logs))
    inverse = np.linalg.pinv(covariance, hermitian=True)

    def distance(figures: np.ndarray) -> np.ndarray:
        off = _logs(figures) - mean[:, None]
        found: np.ndarray = np.einsum("ri,rs,si->i", off, inverse, off)
        return found

    own = distance(values[:, None])[0]
    beyond, n_draws = int((distance(drawn) >= own).sum()), drawn.shape[1]
    while beyond < ENOUGH_BEYOND and n_draws < most:
        beyond += int((distance(simulated(BATCH)) >= own).sum())
        n_draws += BATCH
    return (beyond + 1) / (n_draws + 1)


def _logs(figures: np.ndarray) -> np.ndarray:
    logs: np.ndarray = np.log(np.maximum(figures, SMALLEST_FIGURE))
    return logs


def without_population(panel: Panel, name: str) -> Panel:
    """Return a panel without a population; covariates are centred anew."""
    content = panel.content
    return replace(
        panel,
        content=content._replace(
            populations=tuple(row for row in content.populations if row.name != name),
            rows=tuple(row for row in content.rows if row.population != name),
        ),
    )
