"""The model of a study: its prior on standard normals and the density of its data.

This joins the population, the counts and the other evidence; each is described in a file of its
own. Nothing here knows how draws are found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from popest.model.counts import Counts
from popest.model.evidence import Floor, NetChange, Survey
from popest.model.noise import Noise
from popest.model.normals import Normals
from popest.model.population import ArrivalsMap, Population, PopulationMap, StaticMap
from popest.study.records import ArrivalsPopulation, Observation, Specification

CHUNK = 1_000
"""Draws computed at a time: their arrays stay in the processor's cache, which is 4 times faster."""


class Data(NamedTuple):
    """What was observed, one array for each piece of evidence in the order of the model.

    `counts` are the counts with a ratio, `(row,)`; `net_changes` hold persons, `surveys`
    effective counts and `floors` whether each floor was reached.
    """

    counts: np.ndarray
    net_changes: tuple[np.ndarray, ...]
    surveys: tuple[np.ndarray, ...]
    floors: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class State:
    """A set of draws: normals `u`, `(normals, draws)`, with what follows from them.

    `log_sd` is the log noise of each source in the order of the model's noise.
    """

    u: np.ndarray
    population: Population
    log_sd: np.ndarray

    @classmethod
    def joined(cls, u: np.ndarray, parts: Sequence[State]) -> State:
        """Return the parts of draws `u`, in order, as one."""
        populations = zip(*(part.population for part in parts), strict=True)
        return cls(
            u,
            Population(*(np.concatenate(pieces, axis=-1) for pieces in populations)),
            np.concatenate([part.log_sd for part in parts], axis=-1),
        )


class Model:
    """The joint density of a study's standard normals and its data."""

    def __init__(self, specification: Specification, used: tuple[Observation, ...]) -> None:
        self.specification = specification
        self.calendar = specification.calendar.calendar
        self.normals = Normals()
        record = specification.population
        self.population: PopulationMap
        if isinstance(record, ArrivalsPopulation):
            self.population = ArrivalsMap(record, self.calendar, self.normals)
        else:
            self.population = StaticMap(record, self.calendar, self.normals)
        self.counts = Counts(specification, used, self.normals)
        names = {
            measure: [
                key for key, source in specification.source.items() if source.measure == measure
            ]
            for measure in ("net_change", "shares", "floor")
        }
        balances = [NetChange(name, specification, used) for name in names["net_change"]]
        self.net_changes = [balance for balance in balances if balance.rows]
        self.surveys = [Survey(name, specification) for name in names["shares"]]
        floors = [Floor(name, specification, used) for name in names["floor"]]
        self.floors = [floor for floor in floors if floor.rows]
        noisy = self.counts.names + [floor.name for floor in self.floors]
        self.noise = Noise(noisy, specification, self.normals)
        self.data = Data(
            self.counts.values,
            tuple(part.values for part in self.net_changes),
            tuple(part.counts for part in self.surveys),
            tuple(np.ones(len(part.rows), dtype=bool) for part in self.floors),
        )

    def state(self, u: np.ndarray) -> State:
        """Return the population and the noise for normals `u`, `(normals, draws)`."""
        return State.joined(u, [self._state(part) for part in _chunks(u)])

    def evaluate(self, u: np.ndarray, data: Data | None = None) -> tuple[State, np.ndarray]:
        """Return `state` and `log_density_of_data` of normals `u`, at the cost of one of them."""
        states = [self._state(part) for part in _chunks(u)]
        densities = [self.log_likelihood(state, data) for state in states]
        return State.joined(u, states), np.concatenate(densities)

    def log_density_of_data(self, u: np.ndarray, data: Data | None = None) -> np.ndarray:
        """Return the `log_likelihood` of normals `u`, `(normals, draws)`, a chunk at a time."""
        parts = [self.log_likelihood(self._state(part), data) for part in _chunks(u)]
        return np.concatenate(parts)

    def _state(self, u: np.ndarray) -> State:
        return State(u, self.population(u), self.noise.log_sd(u))

    def log_likelihood(self, state: State, data: Data | None = None) -> np.ndarray:
        """Return the log density of the data for each draw, `(draws,)`.

        All constants are included but the multinomial's. It is minus infinity where a baseline
        is not below its count.
        """
        data = self.data if data is None else data
        population = state.population
        n_counted = len(self.counts.names)
        total = self.counts.log_likelihood(
            self.counts.residuals(data.counts, state.u, population, state.log_sd[:n_counted])
        )
        for balance, values in zip(self.net_changes, data.net_changes, strict=True):
            total += balance.log_likelihood(values, population)
        for survey, effective in zip(self.surveys, data.surveys, strict=True):
            total += survey.log_likelihood(effective, population)
        own = state.log_sd[n_counted:]
        for floor, reached, log_sd in zip(self.floors, data.floors, own, strict=True):
            total += floor.log_likelihood(reached, population, log_sd)
        return total


def _chunks(u: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, max(1, u.shape[1]), CHUNK):
        yield u[:, first : first + CHUNK]
