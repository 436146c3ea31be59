"""What a measure must provide: the base classes of those in ``popest.model.measures``.

Importing this, and any measure, loads no NumPy: a study is read and checked by what its measures
declare. What computes is imported in the methods that need it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from popest.model.evidence import Evidence, Figure
from popest.study.measures import MEASURES, Declaration
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source, Specification

if TYPE_CHECKING:
    import numpy as np

    from popest.model.exposure import Exposure, RowWeights
    from popest.model.normals import Normals
    from popest.model.state import State


class Measure(Declaration, ABC):
    """What the figures of a source count, and what follows from that.

    A subclass is decorated with `register` and provides

    - `name`: the word for it in ``study.toml``;
    - `rules`: which keys its sources have, and what its rows may be;
    - `words`: the English words for what it counts.

    It derives from `Counted` or from `OneSource`, whose docstrings say what else it provides.
    """

    is_count: ClassVar[bool] = False
    is_floor: ClassVar[bool] = False
    """Whether its figures are lower limits, which are contradicted only from above."""

    @classmethod
    @abstractmethod
    def own_evidence(
        cls, specification: Specification, used: tuple[Observation, ...], normals: Normals
    ) -> Iterator[Evidence]:
        """Yield the evidence of its sources that is not among the joint counts of the model."""

    @classmethod
    def first_figure(
        cls, row: Observation, specification: Specification, state: State, rng: np.random.Generator
    ) -> np.ndarray | None:
        """Draw a figure of a source of which the model has none, `(draws,)`.

        None where the other sources do not say enough of it, as by default.
        """
        return None


class LinearMeasure(Measure):
    """A measure whose figures see a linear functional of the population, their exposure.

    A subclass provides `weights`.
    """

    @classmethod
    @abstractmethod
    def weights(
        cls, row: Observation, source: Source, specification: Specification, normals: Normals
    ) -> RowWeights:
        """Return what a row sees of the population.

        Parameters
        ----------
        row, source, specification
            The row, its source and the study's assumptions.
        normals
            From which quantities of the source that are uncertain are claimed.
        """


class Counted(LinearMeasure):
    """A measure whose figures are a ratio times their exposure, with an error on the log scale.

    A subclass provides `weights` and nothing else: baseline, ratio, group, drift and errors are
    the same for all counts, and their ratios are integrated out jointly (``popest.model.counts``).
    """

    is_count: ClassVar[bool] = True

    @classmethod
    def own_evidence(
        cls, specification: Specification, used: tuple[Observation, ...], normals: Normals
    ) -> Iterator[Evidence]:
        """Yield nothing: all its figures are among the joint counts."""
        yield from ()


class OneSource(Measure, Evidence):
    """A measure with a density of its own: an instance is the evidence of one source.

    A subclass provides what `Evidence` asks for. It is made for each source of the measure, and
    left out of the model where it has no figures.

    Parameters
    ----------
    name
        The source's name, kept as `source_name`.
    specification
        What is assumed.
    used
        All rows in use.
    normals
        From which it may claim its own.
    """

    def __init__(
        self,
        name: str,
        specification: Specification,
        used: tuple[Observation, ...],
        normals: Normals,
    ) -> None:
        self.source_name = name
        self.normals = normals
        self.source = specification.source[name]
        self.specification = specification
        self.sources = [name]
        self.noisy = []
        self.has_rows = self.rules.has_rows
        self.rows = [row for row in used if row.source == name]

    @classmethod
    def own_evidence(
        cls, specification: Specification, used: tuple[Observation, ...], normals: Normals
    ) -> Iterator[Evidence]:
        """Yield the evidence of each of its sources that has a figure."""
        for name, source in specification.source.items():
            if source.measure == cls.name:
                piece = cls(name, specification, used, normals)
                if piece.figures:
                    yield piece

    @property
    def figures(self) -> list[Figure]:
        """The published figures that it is made of: its rows."""
        return [Figure.of(row, is_floor=self.is_floor) for row in self.rows]

    def exposure_of(self, rows: list[Observation]) -> Exposure:
        """Return the exposure of rows of this source."""
        pairs = [(row, self.source) for row in rows]
        return exposures(pairs, self.specification, self.normals)


def measure_of(source: Source) -> type[Measure]:
    """Return the measure of a source."""
    return implemented(MEASURES[source.measure])


def implemented(declared: type[Declaration]) -> type[Measure]:
    """Return a registered measure as what it is to the model.

    Raises
    ------
    TypeError
        When it is declared only.
    """
    if not issubclass(declared, Measure):
        raise TypeError(f"measure {declared.name} is declared, but not implemented")
    return declared


def exposures(
    rows: list[tuple[Observation, Source]], specification: Specification, normals: Normals
) -> Exposure:
    """Return the exposure of each row, in order.

    Raises
    ------
    TypeError
        When the measure of a row has no exposure.
    """
    from popest.model.exposure import Exposure

    return Exposure([seen_by(row, source, specification, normals) for row, source in rows])


def seen_by(
    row: Observation, source: Source, specification: Specification, normals: Normals
) -> RowWeights:
    """Return what a row sees of the population.

    Raises
    ------
    TypeError
        When its measure has no exposure.
    """
    measure = measure_of(source)
    if not issubclass(measure, LinearMeasure):
        raise TypeError(f"rows of measure {measure.name} have no exposure")
    return measure.weights(row, source, specification, normals)
