"""One population of a panel in full, drawn with what all share; and its prior before any figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from popest.engines.bank import quiet
from popest.engines.threads import one_thread
from popest.estimates.days import values_of
from popest.estimates.distribution import Distribution
from popest.model.model import Model
from popest.model.population import Population
from popest.model.state import Learned as LearnedDraws
from popest.model.state import State
from popest.panels.chunks import bank_at
from popest.panels.drawn import Plan, at_medians, drawn_alone, log_headline
from popest.panels.learning import Learned
from popest.panels.part import Part
from popest.panels.prepared import Prepared
from popest.panels.reference import Piece, population_rng
from popest.panels.shared_prior import SharedPrior, Values
from popest.panels.sizes import OneDrawn, draw_one
from popest.study.estimand import Estimand
from popest.study.panel.quantities import is_ratio

DRIFT, PRIOR = 3, 4
"""What the random numbers of a population are for, besides those of its draws and sizes."""


class Populations(NamedTuple):
    """The populations of a panel as they were computed, in the order of names.

    `plans` say how each was drawn; `seed` is that of the panel.
    """

    prepared: Prepared
    plans: tuple[Plan, ...]
    seed: int

    @property
    def prior(self) -> SharedPrior:
        """The prior of what they share."""
        return self.prepared.prior

    def part(self, place: int) -> Part:
        """Return one of them with its bank, which is computed again, the same."""
        piece, groups = self.prepared.pieces[place], self.prepared.groups
        with one_thread():
            bank = bank_at(piece, groups, self.plans[place], self.seed)
        return Part.of([piece.name], [bank], groups, self.prior.of(slice(place, place + 1)))


@dataclass(frozen=True)
class PopulationEstimate:
    """One population of a panel.

    `size` is what the panel is of, persons: the stock on the foremost headline day, or the flow in
    its window. `ratios` are those of its sources. Of a population that was drawn whole, `stocks`
    has every headline day, or the window's last, `trajectory` the end of each month, persons, and
    `quantities` what else is uncertain of it, such as the departure hazard and the sizes of waves.
    """

    name: str
    title: str
    n_figures: int
    size: Distribution
    ratios: dict[str, Distribution]
    stocks: dict[date, Distribution] = field(default_factory=dict)
    quantities: dict[str, Distribution] = field(default_factory=dict)
    trajectory: tuple[tuple[date, Distribution], ...] = ()


def population_in_full(
    populations: Populations, learned: Learned, place: int
) -> PopulationEstimate:
    """Return one population with all that can be said of it; its title and figures are left out.

    Parameters
    ----------
    populations
        All populations.
    learned
        Draws of theta.
    place
        Which of them, in the order of names.
    """
    piece, seed = populations.prepared.pieces[place], populations.seed
    drawn = draw_one(populations.part(place), learned, seed)
    weights = np.repeat(learned.weights, drawn.per_theta) / drawn.per_theta
    sources = piece.specification.source
    size = Distribution(np.exp(drawn.log_sizes), weights)
    if not piece.is_drawn:
        ratios = {
            name: Distribution(source.ratio.median * np.exp(values), weights)
            for (name, source), values in zip(sources.items(), drawn.log_ratios, strict=True)
            if source.ratio is not None
        }
        return PopulationEstimate(piece.name, "", len(piece.used), size, ratios)
    with one_thread(), quiet():
        plan = populations.plans[place]
        alone = drawn_alone(piece, populations.prepared.groups, plan, seed)
        model, state = alone.model, _chosen(alone.state, drawn.chosen)
        learned_draws = LearnedDraws(
            state, model.counts.residuals_in(state), _log_ratios(drawn, model, piece, plan)
        )
        rng = population_rng(seed, piece.name, purpose=DRIFT)
        years = model.calendar.years_until(piece.specification.headline.last)
        ratios = {
            name: Distribution(values, weights)
            for evidence in model.evidence
            for name, values in evidence.ratio_draws(years, learned_draws, rng)
        }
    quantities = {
        name: Distribution(quantity.value(state.u), weights)
        for name, quantity in model.normals.quantities.items()
    }
    months = zip(model.calendar.month_ends, state.population.stock, strict=True)
    return PopulationEstimate(
        piece.name,
        "",
        len(piece.used),
        size,
        {name: ratios[name] for name in sources if name in ratios},
        {
            day: Distribution(values_of(model, state.population, Estimand(day)), weights)
            for day in (asked.last for asked in piece.specification.headlines)
        },
        quantities,
        tuple((day, Distribution(stock, weights)) for day, stock in months),
    )


def _chosen(state: State, places: np.ndarray) -> State:
    """Return these draws of all, one after the other."""
    population = Population(*(part[..., places] for part in state.population))
    return State(state.u[:, places], population, state.log_sd[:, places])


def _log_ratios(drawn: OneDrawn, model: Model, piece: Piece, plan: Plan) -> np.ndarray:
    """Return integrated log ratios less the medians of the population's model, `(source, draw)`."""
    at = [[*piece.specification.source].index(name) for name in model.counts.names]
    offsets = plan.marginal.offset[[1 + place for place in at]]
    log_ratios: np.ndarray = drawn.log_ratios[at] - offsets
    return log_ratios


def prior_log_sizes(populations: Populations, values: Sequence[Values]) -> Iterator[np.ndarray]:
    """Yield log sizes of each population drawn whole before any figure, `(draw,)`.

    Parameters
    ----------
    populations
        The populations.
    values
        What draws of theta from its prior say.
    """
    pieces, seed = populations.prepared.pieces, populations.seed
    for place, (piece, plan) in enumerate(zip(pieces, populations.plans, strict=True)):
        model = Model(at_medians(piece, plan.marginal), ())
        rng = population_rng(seed, piece.name, purpose=PRIOR)
        u = rng.standard_normal((len(model.normals), len(values)))
        for pooled in piece.pooled:
            quantity = model.normals.quantities.get(pooled.name)
            if is_ratio(pooled.path) or quantity is None or quantity.index is None:
                continue
            offset = np.array([one.offset[pooled.number, place] for one in values])
            tau = np.array([one.tau[pooled.number] for one in values])
            moved = offset - plan.marginal.offset[pooled.number, 0] + tau * u[quantity.index]
            u[quantity.index] = moved / quantity.sigma
        with one_thread(), quiet():
            parts = np.array_split(u, max(1, u.shape[1] // 1000), axis=1)
            asked = piece.specification.headline
            logs = [log_headline(model, model.population(part), asked) for part in parts]
        yield np.concatenate(logs)


def prior_values(prior: SharedPrior, n_draws: int, rng: np.random.Generator) -> list[Values]:
    """Return what draws of theta from its prior say of every population."""
    return [prior.values(rng.standard_normal(len(prior))) for _ in range(n_draws)]
