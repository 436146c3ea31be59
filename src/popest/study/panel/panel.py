"""A panel on disk: loaded, checked, and each of its populations as a study of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from popest.study.files.locate import study_folder
from popest.study.files.reading import (
    OBSERVATIONS_FILE,
    POPULATIONS_FILE,
    SPECIFICATION_FILE,
    read_file,
)
from popest.study.observations.observation import Observation
from popest.study.observations.sums import with_terms
from popest.study.observations.vintage import in_force, published_by
from popest.study.panel.check import CheckedPanel, checked_panel, level_of
from popest.study.panel.pooling import SIZE, PanelKeys, interval_of
from popest.study.panel.populations import Population, number_in
from popest.study.problems import UsageError, listed, printable, shown, suggestion
from popest.study.specification.records import Specification, StaticPopulation
from popest.study.study import read_day


@dataclass(frozen=True)
class PooledQuantity:
    """A quantity that populations share a part of.

    `number` is 0 for the size and 1 for the first source; `level`, `between` and `between_sigma`
    are standard deviations of logarithms. `covariates` are numbers by population, `centres` the
    means that are taken off them, and `effects` the mean and sd of each one's prior.
    """

    number: int
    name: str
    level: float
    between: float
    between_sigma: float
    covariates: Mapping[str, Sequence[float]]
    centres: Mapping[str, float]
    effects: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """Many populations that learn from one another.

    Attributes
    ----------
    name
        The name of its folder.
    texts
        What ``study.toml``, ``observations.csv`` and ``populations.csv`` say.
    as_of_day
        The last day on which a figure may have been published; None for all figures.
    """

    name: str
    folder: Path
    texts: tuple[str, str, str]
    content: CheckedPanel
    as_of_day: date | None

    @property
    def specification(self) -> Specification:
        """What is assumed of every population; medians that are columns are 1 in it."""
        return self.content.specification

    @cached_property
    def populations(self) -> tuple[Population, ...]:
        """The populations, in the order of their names."""
        return tuple(sorted(self.content.populations, key=lambda row: row.name))

    @property
    def is_total(self) -> bool:
        """Whether the sum of all populations is asked for."""
        return self.content.is_total

    @cached_property
    def used(self) -> dict[str, tuple[Observation, ...]]:
        """The figures in use of each population."""
        by_name: dict[str, list[Observation]] = {row.name: [] for row in self.populations}
        rows = self.content.rows
        in_use = [row for row in in_force(published_by(rows, self.as_of_day), rows) if row.use]
        for row in with_terms(in_use, rows):
            by_name[self.content.population_of[row.line]].append(row)
        return {name: tuple(found) for name, found in by_name.items()}

    @cached_property
    def pooled(self) -> tuple[PooledQuantity, ...]:
        """The quantities of which populations share a part, the size first."""
        numbers = {name: place + 1 for place, name in enumerate(self.specification.source)}
        found = [
            self._pooled(keys, 0 if keys.path == SIZE else numbers[str(keys.path[1])])
            for keys in self.content.keys
            if keys.pooled is not None
        ]
        return tuple(sorted(found, key=lambda quantity: quantity.number))

    def _pooled(self, keys: PanelKeys, number: int) -> PooledQuantity:
        pooled = keys.pooled
        assert pooled is not None
        level = level_of(keys, self.spreads[number])
        assert level is not None
        columns = {
            name: [number_in(row.cells[name]) for row in self.populations] for name in keys.effects
        }
        return PooledQuantity(
            number,
            "size" if number == 0 else str(keys.path[1]),
            level,
            pooled.between,
            pooled.between_sigma,
            columns,
            {name: sum(values) / len(values) for name, values in columns.items()},
            {name: (effect.mean, effect.sd) for name, effect in keys.effects.items()},
        )

    @cached_property
    def spreads(self) -> list[float]:
        """Standard deviations of the logarithms of the size and of each source's ratio."""
        population = self.specification.population
        assert isinstance(population, StaticPopulation)
        ratios = [source.ratio for source in self.specification.source.values()]
        return [population.size.sigma, *(ratio.tau for ratio in ratios if ratio is not None)]

    def is_column(self, number: int) -> bool:
        """Return whether a quantity's median is a column: 0 is the size, 1 the first source."""
        names = [*self.specification.source]
        path = SIZE if number == 0 else ("source", names[number - 1], "ratio")
        return any(keys.path == path and keys.column for keys in self.content.keys)

    def specification_of(self, population: Population) -> Specification:
        """Return what is assumed of one population, as of a study of its own."""
        changes: dict[str, object] = {}
        sources = dict(self.specification.source)
        for keys in self.content.keys:
            if keys.column is None:
                continue
            median = number_in(population.cells[keys.column])
            if keys.path == SIZE:
                record = self.specification.population
                assert isinstance(record, StaticPopulation)
                size = record.size.model_copy(update={"median": median})
                changes["population"] = record.model_copy(update={"size": size})
                continue
            source = sources[str(keys.path[1])]
            assert source.ratio is not None
            given = {"median": median, "interval90": interval_of(median, source.ratio.tau)}
            ratio = source.ratio.model_copy(update=given)
            sources[str(keys.path[1])] = source.model_copy(update={"ratio": ratio})
        return self.specification.model_copy(update={**changes, "source": sources})

    def place_of(self, name: str) -> int:
        """Return the place of a population among all.

        Raises
        ------
        UsageError
            When there is none of that name.
        """
        names = [row.name for row in self.populations]
        if name not in names:
            raise UsageError(
                f"panel {self.name} has no population {shown(name)}: {suggestion(name, names)}"
                f"it has {listed(names)}"
            )
        return names.index(name)

    @property
    def data_sha256(self) -> str:
        """The hash of the three texts and of the table of learned ratios, by which it is known."""
        from hashlib import sha256

        return sha256("".join((*self.texts, self.content.ratios)).encode()).hexdigest()


def load_panel(study: str | os.PathLike[str], *, as_of: str | date | None = None) -> Panel:
    """Read and check a panel.

    Parameters
    ----------
    study
        The path to its folder, or the name of a panel shipped with popest.
    as_of
        Only what was published by the end of this day, ``YYYY-MM-DD``; everything when None.

    Raises
    ------
    StudyError
        When there is none, or its files break a rule; with all problems of all three.
    UsageError
        When the day is malformed.
    """
    day = read_day(as_of)
    folder = study_folder(study)
    names = (SPECIFICATION_FILE, OBSERVATIONS_FILE, POPULATIONS_FILE)
    files = [read_file(folder, name) for name in names]
    content = checked_panel(*files)
    name = printable(Path(os.path.abspath(folder)).name)
    texts = (files[0].text, files[1].text, files[2].text)
    return Panel(name, folder, texts, content, day)
