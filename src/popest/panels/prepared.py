"""A panel as what is computed with: its populations, groups of sources, and the prior of theta."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.panels.message import Groups
from popest.panels.reference import Piece, Place
from popest.panels.shared_prior import Shared, SharedPrior
from popest.study.panel.panel import Panel, PooledQuantity
from popest.study.panel.quantities import SIZE, is_ratio, normal_of
from popest.study.specification.records import Specification


class Prepared(NamedTuple):
    """The populations in the order of names, the groups of sources, and the prior of theta."""

    pieces: tuple[Piece, ...]
    groups: Groups
    prior: SharedPrior


def prepared(panel: Panel) -> Prepared:
    """Return what a panel is computed with."""
    places = _places(panel)
    pieces = tuple(
        Piece(
            population.name,
            panel.specification_of(population),
            panel.used[population.name],
            places,
            panel.is_drawn_whole,
            panel.surveys_of_others(population.name),
        )
        for population in panel.populations
    )
    n_populations = len(pieces)
    n_sources = len(panel.specification.source)
    n_carried = sum(place.carried is not None for place in places)
    spreads = np.array([*_spreads(panel.specification), *[1.0] * n_carried])
    shared = [
        _shared(quantity, place, 1 + n_sources, n_populations)
        for quantity, place in zip(panel.pooled, places, strict=True)
    ]
    return Prepared(
        pieces, _groups(panel.specification), SharedPrior(spreads, shared, n_populations)
    )


def _places(panel: Panel) -> tuple[Place, ...]:
    """Return where the pooled quantities stand, and under which numbers.

    The size is 0, where it is integrated; ratios are 1 and on, and after them what is carried.
    """
    specification = panel.specification
    sources, found, n_carried = [*specification.source], [], 0
    for quantity in panel.pooled:
        path = quantity.path
        number, carried = 1 + len(sources) + n_carried, None
        if is_ratio(path):
            number = 1 + sources.index(str(path[1]))
        elif path == SIZE and not panel.is_drawn_whole:
            number = 0
        if number > len(sources) or (is_ratio(path) and path[1] in panel.drawn):
            carried, n_carried = n_carried, n_carried + 1
        found.append(Place(path, normal_of(path, specification), number, carried))
    return tuple(found)


def _spreads(specification: Specification) -> list[float]:
    """Return the sd of the logarithm of the size, and of each source's ratio; 0 without one."""
    population = specification.population
    size = population.size.sigma if population.kind == "static" else 0.0
    ratios = [source.ratio for source in specification.source.values()]
    return [size, *(0.0 if ratio is None else ratio.tau for ratio in ratios)]


def _groups(specification: Specification) -> Groups:
    sources = specification.source.values()
    correlation = np.array([source.group_correlation or 0.0 for source in sources])
    found = dict.fromkeys(source.group for source in sources if source.group)
    members = [
        np.array([place for place, source in enumerate(sources) if source.group == group])
        for group in found
    ]
    return Groups(correlation, members)


def _shared(quantity: PooledQuantity, place: Place, first: int, n_populations: int) -> Shared:
    """Return a pooled quantity as theta has it; what is carried is numbered from `first`."""
    covariates = [
        np.array(values) - quantity.centres[name] for name, values in quantity.covariates.items()
    ]
    effects = [quantity.effects[name] for name in quantity.covariates]
    carried = None if place.carried is None else first + place.carried
    return Shared(
        place.number,
        quantity.name,
        quantity.level,
        quantity.between,
        quantity.between_sigma,
        np.array(covariates).reshape(len(covariates), n_populations),
        np.array([mean for mean, _ in effects]),
        np.array([sd for _, sd in effects]),
        tuple(quantity.covariates),
        quantity.by_variance,
        None if carried == place.number else carried,
    )
