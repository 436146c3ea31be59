"""A panel on disk: loaded, checked, and each of its populations as a study of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from popest.language.writers import Fact
from popest.study.calendar import read_day
from popest.study.files.locate import study_folder
from popest.study.files.reading import (
    OBSERVATIONS_FILE,
    POPULATIONS_FILE,
    SPECIFICATION_FILE,
    FileText,
    read_file,
)
from popest.study.measures import rules_of
from popest.study.observations.observation import Observation
from popest.study.observations.sums import with_terms
from popest.study.observations.vintage import (
    by_population,
    in_force,
    published_by,
    recorded_by,
    surveys_after,
)
from popest.study.panel.check import Assumed, CheckedPanel, checked_panel
from popest.study.panel.pooling import PanelKeys
from popest.study.panel.populations import Population, number_in, text_in
from popest.study.panel.quantities import entry_in, name_of, spread_at, with_median
from popest.study.panel.rules import is_drawn_whole, level_of
from popest.study.problems import printable, refuse_unknown
from popest.study.slips.detectors import slips_of_view
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import Specification, Variant, initial_of
from popest.study.specification.toml_lines import Path as Place
from popest.study.variants import is_used
from popest.study.view_warnings import learned_doubts, warnings_of_view


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
    """Many populations that learn from one another, as one view of them shows.

    Attributes
    ----------
    name
        The name of its folder.
    folder
        Where it was read.
    files
        The texts of ``study.toml``, ``observations.csv`` and ``populations.csv``.
    as_of_day
        The last day on which a figure may have been published; None for all figures.
    recorded_as_of_day
        The last day on which a row may have been added to the file; None for all rows.
    variant
        The named alternative that is applied; None for the panel itself.
    left_out
        Sources that are left out with their rows.
    """

    name: str
    folder: Path
    files: tuple[FileText, FileText, FileText]
    content: CheckedPanel
    as_of_day: date | None
    recorded_as_of_day: date | None = None
    variant: str | None = None
    left_out: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, str, str]:
        """What ``study.toml``, ``observations.csv`` and ``populations.csv`` say."""
        specification, observations, populations = self.files
        return specification.text, observations.text, populations.text

    @property
    def _assumed(self) -> Assumed:
        return self.content.assumed[self.variant]

    @property
    def _variant(self) -> Variant | None:
        declared = self.content.assumed[None].specification.variant
        return None if self.variant is None else declared[self.variant]

    @cached_property
    def specification(self) -> Specification:
        """What is assumed of every population, with a placeholder where medians are columns."""
        found = self._assumed.specification
        hidden = surveys_after(found, self.as_of_day) | set(self.left_out)
        sources = {name: source for name, source in found.source.items() if name not in hidden}
        declared = self.content.assumed[None].specification.variant
        return found.replaced(source=sources, variant=declared)

    @cached_property
    def keys(self) -> tuple[PanelKeys, ...]:
        """What the panel adds to the specification: columns, and what is pooled."""
        sources = self.specification.source
        return tuple(
            keys
            for keys in self._assumed.keys
            if keys.path[0] != "source" or keys.path[1] in sources
        )

    @property
    def only(self) -> Mapping[str, tuple[str, ...]]:
        """The populations of each source that not all have."""
        return self._assumed.only

    @property
    def drawn(self) -> frozenset[str]:
        """The sources whose ratio is drawn in some population."""
        return self._assumed.drawn.intersection(self.specification.source)

    @property
    def is_drawn_whole(self) -> bool:
        """Whether populations are drawn whole; their sizes and ratios are integrated otherwise."""
        kind, sources = self.specification.population.kind, self.specification.source
        return is_drawn_whole(kind, sources, self.keys, self.drawn)

    def keys_of(self, source: str) -> PanelKeys:
        """Return what the panel adds to the ratio of a source."""
        path = ("source", source, "ratio")
        return next((keys for keys in self.keys if keys.path == path), PanelKeys(path))

    @cached_property
    def populations(self) -> tuple[Population, ...]:
        """The populations, in the order of their names."""
        return tuple(sorted(self.content.populations, key=lambda row: row.name))

    @property
    def is_total(self) -> bool:
        """Whether the sum of all populations is asked for."""
        return self._assumed.is_total

    @property
    def observations(self) -> tuple[Observation, ...]:
        """All rows on file, in file order; those recorded in time when the view has such a day."""
        return recorded_by(self.content.rows, self.recorded_as_of_day)

    @cached_property
    def in_use(self) -> tuple[Observation, ...]:
        """The figures in use of all populations, in file order."""
        rows, sources = self.observations, self.specification.source
        found = [
            row
            for row in in_force(published_by(rows, self.as_of_day), rows)
            if row.source in sources and is_used(row, self._variant)
        ]
        return with_terms(found, self.content.rows)

    @cached_property
    def used(self) -> dict[str, tuple[Observation, ...]]:
        """The figures in use of each population."""
        found = by_population(self.in_use)
        return {row.name: tuple(found.get(row.name, ())) for row in self.populations}

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """What a person should know of the figures of this view, to be said in any language."""
        on_file, used, sources = self.observations, self.in_use, self.specification.source
        published = published_by(on_file, self.as_of_day)
        initial = initial_of(self.specification.population)
        of_view = warnings_of_view(on_file, published, used, sources, self._variant, initial)
        doubts = learned_doubts(sources, self.content.ratios)
        return (*of_view, *doubts, *slips_of_view(on_file, published, used, sources))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the figures of this view, one sentence each."""
        return tuple(map(str, self.facts))

    def as_of(self, day: str | date | None) -> Panel:
        """Return this panel with only what was known by the end of a day, as `Study.as_of`.

        Raises
        ------
        UsageError
            When `day` is a text but not a day written ``YYYY-MM-DD``.
        """
        return replace(self, as_of_day=read_day(day))

    def recorded_as_of(self, day: str | date | None) -> Panel:
        """Return this panel with only the rows that its file held at the end of a day.

        Raises
        ------
        UsageError
            When `day` is a text but not a day written ``YYYY-MM-DD``.
        """
        return replace(self, recorded_as_of_day=read_day(day))

    def with_variant(self, name: str | None) -> Panel:
        """Return this panel under one of its variants, or as it is itself when None.

        Raises
        ------
        UsageError
            When the panel has no variant of that name.
        """
        refuse_unknown(f"panel {self.name}", "variant", name, self.specification.variant)
        return replace(self, variant=name)

    def without(self, *sources: str) -> Panel:
        """Return this panel without some sources and their rows.

        Raises
        ------
        UsageError
            When a source is not declared.
        """
        declared = self.content.assumed[None].specification.source
        for source in sources:
            refuse_unknown(f"panel {self.name}", "source", source, declared)
        return replace(self, left_out=tuple(sorted({*self.left_out, *sources})))

    @cached_property
    def pooled(self) -> tuple[PooledQuantity, ...]:
        """The quantities of which populations share a part, the population's own first."""
        found = [self._pooled(keys) for keys in self.keys if keys.pooled is not None]
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
        """Return what is assumed of one population, as of a study of its own.

        Sources of other populations keep their places, as quantities are numbered by them.
        """
        found = self.specification
        for keys in self.keys:
            is_own = keys.path[0] != "source" or self.has_source(str(keys.path[1]), population.name)
            if keys.column is not None and is_own:
                found = with_median(keys.path, found, number_in(population.cells[keys.column]))
        return found

    def has_source(self, name: str, population: str) -> bool:
        """Return whether a source is of a population."""
        return population in self.only.get(name, (population,))

    def surveys_of_others(self, population: str) -> frozenset[str]:
        """Return the surveys of other populations, whose figures stand in the specification."""
        return frozenset(
            name
            for name, source in self.specification.source.items()
            if not rules_of(source.measure).has_rows and not self.has_source(name, population)
        )

    def place_of(self, name: str) -> int:
        """Return the place of a population among all.

        Raises
        ------
        UsageError
            When there is none of that name.
        """
        names = [row.name for row in self.populations]
        refuse_unknown(f"panel {self.name}", "population", name, names)
        return names.index(name)

    @property
    def data_sha256(self) -> str:
        """The hash of the three texts and of the table of learned ratios, by which it is known."""
        from hashlib import sha256

        return sha256("".join((*self.texts, self.content.ratios)).encode()).hexdigest()


def load_panel(
    study: str | os.PathLike[str],
    *,
    as_of: str | date | None = None,
    recorded_as_of: str | date | None = None,
    variant: str | None = None,
) -> Panel:
    """Read and check a panel.

    Parameters
    ----------
    study
        The path to its folder, or the name of a panel shipped with popest.
    as_of
        Only what was published by the end of this day, ``YYYY-MM-DD``; everything when None.
    recorded_as_of
        Only the rows that were on file at the end of this day; all of them when None.
    variant
        The name of one of the panel's variants; the panel itself when None.

    Raises
    ------
    StudyError
        When there is none, or its files break a rule; with all problems of all three.
    UsageError
        When a day is malformed or the variant unknown.
    """
    day, recorded = read_day(as_of), read_day(recorded_as_of)
    folder = study_folder(study)
    names = (SPECIFICATION_FILE, OBSERVATIONS_FILE, POPULATIONS_FILE)
    specification, observations, populations = (read_file(folder, name) for name in names)
    content = checked_panel(specification, observations, populations)
    name = printable(Path(os.path.abspath(folder)).name)
    files = (specification, observations, populations)
    return Panel(name, folder, files, content, day, recorded).with_variant(variant)
