"""The model of a study: its prior on standard normals and the density of its data.

This joins the population and the pieces of evidence; each is described in a file of its own.
Nothing here knows how draws are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from popest.model.counts import drawn_sources
from popest.model.drawn.few_counts import FewCounts
from popest.model.evidence import Evidence
from popest.model.joint_counts import JointCounts
from popest.model.measure import implemented
from popest.model.noise import Noise
from popest.model.normals import Normals
from popest.model.population import ArrivalsMap, Population, PopulationMap, StaticMap
from popest.model.state import State
from popest.study.measures import MEASURES
from popest.study.observations.observation import Observation
from popest.study.specification.records import ArrivalsPopulation, Specification

CHUNK = 1_000
"""Draws computed at a time: their arrays stay in the processor's cache, which is 4 times faster."""
DRAWS_PER_SENTENCE = 10_000
"""Draws weighed between two sentences on how the work goes on: a second's work at 600 months."""

type Data = tuple[np.ndarray, ...]
"""What was observed: the `values` of each piece of evidence, in the order of the model.

The counts of all sources with a ratio come first, also where there are none.
"""


class Model:
    """The joint density of a study's standard normals and its data.

    Attributes
    ----------
    used
        The rows that it reads.
    evidence
        The pieces of evidence: the counts of all sources with a ratio, then each other source that
        has a figure, measure by measure in the order of the registry.
    counts
        The first of them.
    """

    def __init__(self, specification: Specification, used: tuple[Observation, ...]) -> None:
        self.specification, self.used = specification, used
        self.calendar = specification.calendar.calendar
        self.normals = Normals()
        record = specification.population
        self.population: PopulationMap
        if isinstance(record, ArrivalsPopulation):
            self.population = ArrivalsMap(record, self.calendar, self.normals)
        else:
            self.population = StaticMap(record, self.calendar, self.normals)
        self.counts = JointCounts(specification, used, self.normals)
        self.evidence: tuple[Evidence, ...] = (
            self.counts,
            *(
                FewCounts(name, specification, rows, self.normals)
                for name, rows in drawn_sources(specification, used).items()
            ),
            *_own_evidence(specification, used, self.normals),
        )
        names: list[str] = []
        for piece in self.evidence:
            piece.noise = slice(len(names), len(names) + len(piece.noisy))
            names += piece.noisy
        self.noise = Noise(names, specification, self.normals)
        self.data: Data = tuple(piece.values for piece in self.evidence)

    def piece_of(self, source: str) -> Evidence | None:
        """Return the piece of evidence to which a source belongs; None where it has none."""
        return next((piece for piece in self.evidence if source in piece.sources), None)

    def state(self, u: np.ndarray) -> State:
        """Return the population and the noise for normals `u`, `(normals, draws)`."""
        return State.joined(u, map(self._state, _chunks(u)))

    def of_population(
        self, u: np.ndarray, quantity: Callable[[Population], np.ndarray]
    ) -> np.ndarray:
        """Return a quantity of the population for normals `u`, `(draws,)`, a chunk at a time."""
        return np.concatenate([quantity(self.population(part)) for part in _chunks(u)])

    def evaluate(
        self, u: np.ndarray, data: Data | None = None, say: Callable[[], None] = lambda: None
    ) -> tuple[State, np.ndarray]:
        """Return `state` and `log_density_of_data` of normals `u`, at the cost of one of them."""
        densities = []

        def states() -> Iterator[State]:
            for part in _chunks(u, say):
                state = self._state(part)
                densities.append(self.log_likelihood(state, data))
                yield state

        return State.joined(u, states()), np.concatenate(densities)

    def log_density_of_data(
        self, u: np.ndarray, data: Data | None = None, say: Callable[[], None] = lambda: None
    ) -> np.ndarray:
        """Return the `log_likelihood` of normals `u`, `(normals, draws)`, a chunk at a time.

        `say` is called again and again, so that long work is not silent.
        """
        parts = [self.log_likelihood(self._state(part), data) for part in _chunks(u, say)]
        return np.concatenate(parts)

    def _state(self, u: np.ndarray) -> State:
        return State(u, self.population(u), self.noise.log_sd(u))

    def log_likelihood(self, state: State, data: Data | None = None) -> np.ndarray:
        """Return the log density of the data for each draw, `(draws,)`.

        All constants are included but the multinomial's. It is minus infinity where a baseline
        is not below its count.
        """
        first, *others = zip(self.evidence, self.data if data is None else data, strict=True)
        total = first[0].log_likelihood(first[1], state)
        for piece, values in others:
            total += piece.log_likelihood(values, state)
        return total


def _own_evidence(
    specification: Specification, used: tuple[Observation, ...], normals: Normals
) -> Iterator[Evidence]:
    """Yield the evidence of each source that is not among the counts and has a figure."""
    for declared in MEASURES.values():
        yield from implemented(declared).own_evidence(specification, used, normals)


def _chunks(u: np.ndarray, say: Callable[[], None] = lambda: None) -> Iterator[np.ndarray]:
    for first in range(0, max(1, u.shape[1]), CHUNK):
        if first % DRAWS_PER_SENTENCE == 0:
            say()
        yield u[:, first : first + CHUNK]
