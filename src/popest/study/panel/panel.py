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
from popest.study.panel.check import CheckedPanel, checked_panel
from popest.study.panel.pooling import PanelKeys
from popest.study.panel.populations import Population, number_in, text_in
from popest.study.panel.quantities import entry_in, name_of, spread_at, with_median
from popest.study.panel.rules import level_of
from popest.study.problems import UsageError, listed, printable, shown, suggestion
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import Specification
from popest.study.specification.toml_lines import Path as Place
from popest.study.study import read_day


@dataclass(frozen=True)
class PooledQuantity:
    """A quantity that populations share a part of.

    `path` is where it stands in ``study.toml``; `level`, `between` and `between_sigma` are standard
    deviations of logarithms, or of logits where `is_bounded`. `median` is the prior median that
    populations have in common; None where it is a column. `covariates` are numbers by population,
    less the `centres`, and `effects` the mean and sd of each one's prior. Effects of texts are
    among them, each with numbers that are 1 where a population has the text, and no centre; any
    population has the variance `by_variance` from them.
    """

    path: Place
    name: str
    level: float
    between: float
    between_sigma: float
    median: float | None
    is_bounded: bool
    covariates: Mapping[str, Sequence[float]]
    centres: Mapping[str, float]
    effects: Mapping[str, tuple[float, float]]
    by_variance: float = 0.0


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
        """What is assumed of every population, with a placeholder where medians are columns."""
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
        """The quantities of which populations share a part, the population's own first."""
        found = [self._pooled(keys) for keys in self.content.keys if keys.pooled is not None]
        order = [*self.specification.source]
        return tuple(
            sorted(
                found,
                key=lambda one: order.index(str(one.path[1])) if one.path[0] == "source" else -1,
            )
        )

    def _pooled(self, keys: PanelKeys) -> PooledQuantity:
        pooled, prior = keys.pooled, entry_in(keys.path, self.specification)
        assert pooled is not None
        level = level_of(keys, spread_at(keys.path, self.specification))
        assert level is not None
        columns = {
            name: [number_in(row.cells[name]) for row in self.populations] for name in keys.effects
        }
        effects = {name: (effect.mean, effect.sd) for name, effect in keys.effects.items()}
        centres = {name: sum(values) / len(values) for name, values in columns.items()}
        for column, sd in pooled.by.items():
            texts = [text_in(row.cells[column]) for row in self.populations]
            for text in sorted(set(texts)):
                name = f"{column}: {text}"
                columns[name] = [float(one == text) for one in texts]
                effects[name], centres[name] = (0.0, sd), 0.0
        is_bounded = isinstance(prior, RatioPrior) and prior.is_bounded
        return PooledQuantity(
            keys.path,
            name_of(keys.path, self.specification),
            level,
            pooled.between,
            pooled.between_sigma,
            None if keys.column is not None else prior.median,
            is_bounded,
            columns,
            centres,
            effects,
            pooled.by_variance,
        )

    def specification_of(self, population: Population) -> Specification:
        """Return what is assumed of one population, as of a study of its own."""
        found = self.specification
        for keys in self.content.keys:
            if keys.column is not None:
                found = with_median(keys.path, found, number_in(population.cells[keys.column]))
        return found

    def has_source(self, name: str, population: str) -> bool:
        """Return whether a source is of a population."""
        return population in self.content.only.get(name, (population,))

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
