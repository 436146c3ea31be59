"""Checking the three files of a panel together: every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from popest.study.check import located, noted, refuse_too_many
from popest.study.files.reading import FileText
from popest.study.observations.links import (
    double_count_faults,
    link_faults,
    number_faults,
    parents_text,
)
from popest.study.observations.observation import Observation
from popest.study.observations.row_rules import (
    few_faults,
    own_faults,
    source_faults,
    sum_error_faults,
    used_faults,
)
from popest.study.observations.table import Table, read_table
from popest.study.observations.vintage import by_population
from popest.study.panel.pooling import NOTHING, Extracted, PanelKeys, extract
from popest.study.panel.populations import (
    Population,
    PopulationTable,
    read_populations,
)
from popest.study.panel.rules import (
    cell_problems,
    drawn_sources,
    is_whole,
    panel_faults,
    parts_by_population,
)
from popest.study.problems import (
    FirstProblems,
    Problem,
    listed,
    raise_problems,
    suggestion,
)
from popest.study.specification.from_toml import (
    Document,
    Reading,
    parsed,
    ratios_of,
    read_document,
)
from popest.study.specification.records import Parts, Source, Specification, Variant
from popest.study.tables.csv_table import RowFault, with_row_problems
from popest.study.variants import RowFaultKey, Whole, is_used, read_variant


class Assumed(NamedTuple):
    """What is assumed of every population, by the panel itself or by one of its variants.

    `specification` has a placeholder where medians are columns; `keys` are what the panel adds,
    `only` the populations of sources that not all have, and `drawn` the sources whose ratio is
    drawn in some population.
    """

    specification: Specification
    keys: tuple[PanelKeys, ...]
    only: Mapping[str, tuple[str, ...]]
    drawn: frozenset[str]
    is_total: bool


class CheckedPanel(NamedTuple):
    """The content of a valid panel.

    `assumed` is by the panel itself (None) and by each variant; `rows` name their populations.
    """

    assumed: Mapping[str | None, Assumed]
    populations: tuple[Population, ...]
    rows: tuple[Observation, ...]
    ratios: str

    @property
    def specifications(self) -> Mapping[str | None, Specification]:
        """What is assumed of every population, as of a study and its variants."""
        return {name: assumed.specification for name, assumed in self.assumed.items()}


@dataclass(frozen=True)
class PanelReading(Reading):
    """What could be read of a panel's specification.

    `extracted` is what the panel adds to it, `drawn` the sources whose ratio is drawn, and
    `parts_of` gives the entries that bind the rows of a population.
    """

    extracted: Extracted = NOTHING
    drawn: frozenset[str] = frozenset()
    parts_of: Callable[[str], Parts] = lambda _: Parts()

    @property
    def assumed(self) -> Assumed:
        """What is assumed, where nothing is wrong with it."""
        found, specification = self.extracted, self.specification
        assert specification is not None
        return Assumed(specification, found.keys, found.only, self.drawn, found.is_total)


@lru_cache(maxsize=4)
def checked_panel(
    specification: FileText, observations: FileText, populations: FileText
) -> CheckedPanel:
    """Check the three files of a panel and return what they say.

    Raises
    ------
    StudyError
        With all problems of the files, in the order of files and lines.
    """
    table = read_populations(populations)
    figures = _read_figures(observations)
    reader = _Reader(figures.table, table, ratios_of(specification))
    document = parsed(specification)
    if isinstance(document, Problem):
        reading = PanelReading(problem=document)
    else:
        reading = reader.read(document, None)
    refuse_too_many(specification, reading, observations)
    known: set[RowFaultKey] = set()
    of_rows = figures.problems(observations, reading, table, known)
    readings: dict[str | None, PanelReading] = {None: reading}
    if reading.specification is not None and not (reading.faults or of_rows.more):
        whole = Whole(reading, figures.table, known, reader.read, _groups, _only_faults)
        for name, variant in reading.specification.variant.items():
            readings[name] = read_variant(name, variant, whole)
    faults = [fault for read in readings.values() for fault in read.faults]
    of_entries = [reading.problem] if reading.problem else located(specification, faults)
    of_cells = dict.fromkeys(
        problem
        for read in readings.values()
        for problem in cell_problems(read.extracted.keys, read.extracted.only, read.parts, table)
    )
    of_populations = [*table.problems, *of_cells]
    if figures.has_populations and figures.table.has_every_id and table.has_every_name:
        of_populations += _without_rows(table, {row.population for row in figures.table.rows})
    raise_problems(
        FirstProblems(of_entries), of_rows, FirstProblems(of_populations, table.problems.more)
    )
    return CheckedPanel(
        {name: read.assumed for name, read in readings.items()},
        tuple(table.rows),
        tuple(figures.table.rows),
        reading.ratios,
    )


def declared_sources(specification: FileText) -> Mapping[str, Source]:
    """Return the sources of a panel that could be read, whatever is wrong with the rest."""
    document = parsed(specification)
    if isinstance(document, Problem):
        return {}
    return read_document(extract(document).document, ratios_of(specification)).parts.sources


@dataclass
class _Reader:
    """Reads the specification of a panel, or of one of its variants, beside its tables."""

    table: Table
    populations: PopulationTable
    ratios: str

    def read(self, document: Document, variant: Variant | None) -> PanelReading:
        extracted = extract(document)
        plain = read_document(extracted.document, self.ratios, has_tails=False)
        parts_of = parts_by_population(extracted.keys, plain.parts, self.populations)
        rows = [replace(row, use=is_used(row, variant)) for row in self.table.rows]
        whole = {
            name or "": [row for row in some if is_whole(row, self.table.broken)]
            for name, some in by_population(rows).items()
        }
        drawn = drawn_sources(extracted.keys, plain.parts, whole, parts_of)
        more = panel_faults(extracted, plain, self.populations, drawn)
        faults = (*extracted.faults, *plain.faults, *more)
        of_study = (document, plain.specification, plain.parts, faults, None, plain.ratios)
        return PanelReading(*of_study, extracted, drawn, parts_of)


def _groups(
    reading: PanelReading, rows: Sequence[Observation]
) -> Iterator[tuple[Parts, Sequence[Observation]]]:
    for name, of_one in by_population(rows).items():
        yield reading.parts_of(name or ""), of_one


@dataclass
class _Figures:
    """The rows of ``observations.csv``; `has_populations` says whether they name theirs."""

    table: Table
    has_populations: bool

    def problems(
        self,
        file: FileText,
        reading: PanelReading,
        populations: PopulationTable,
        known: set[RowFaultKey],
    ) -> FirstProblems:
        """Return what is wrong with the rows, as they are read and together with all else."""
        faults = noted(self._faults(reading, populations), known)
        found = with_row_problems(file, self.table, faults)
        if self.has_populations or not self.table.lines:
            return found
        rule = "lacks the column population, which says of which population each figure is"
        remedy = "add a last column population, a name of populations.csv in every row"
        problem = Problem(file.file, 1, "header", None, rule, remedy)
        return FirstProblems([problem, *found], found.more)

    def _faults(self, reading: PanelReading, populations: PopulationTable) -> Iterator[RowFault]:
        rows = self.table.rows
        for row in rows:
            parts = reading.parts_of(row.population or "")
            yield from own_faults(row)
            yield from source_faults(row, parts)
            if row.use:
                yield from used_faults(row, parts)
        yield from link_faults(self.table)
        yield from double_count_faults(rows)
        if self.has_populations:
            yield from self._population_faults(populations)
            yield from _only_faults(reading, rows)
        for parts, of_one in _groups(reading, rows):
            yield from sum_error_faults(of_one, parts)
            yield from few_faults(of_one, parts, self.table.broken)
            yield from number_faults(of_one)

    def _population_faults(self, populations: PopulationTable) -> Iterator[RowFault]:
        names = {row.name for row in populations.rows}
        by_id = {row.id: row for row in self.table.rows}
        for row in self.table.rows:
            name = row.population
            if name is None:
                rule = "is missing: of which population is this figure?"
                yield RowFault(row, "population", "", rule, "write a name of populations.csv")
            elif name not in names and populations.has_every_name:
                remedy = f"{suggestion(name, names)}add it there, or correct the name"
                yield RowFault(row, "population", name, "is not in populations.csv", remedy)
            older = by_id.get(row.supersedes or "")
            if older is not None and older.population != name:
                rule = f"corrects {older.id}, a figure of another population"
                remedy = "write the population of the row that it corrects"
                yield RowFault(row, "population", name, rule, remedy)
            parents = [by_id[parent] for _, parent in row.derived_from if parent in by_id]
            strange = [one.id for one in parents if one.population != name]
            if strange:
                rule = f"adds {strange[0]}, a figure of another population: both would share its "
                rule += "error, which is not built yet for panels"
                remedy = "leave it empty, and say in note what the figure is computed from"
                yield RowFault(row, "derived_from", parents_text(row), rule, remedy)


def _only_faults(reading: PanelReading, rows: Sequence[Observation]) -> Iterator[RowFault]:
    """Refuse figures of populations that a source is not of."""
    only = reading.extracted.only
    for row in rows:
        name = row.population
        if name is not None and row.source in only and name not in only[row.source]:
            rule = f"is not among the populations of source {row.source}, which has only "
            remedy = "add it to only in study.toml, or correct the population or the source"
            yield RowFault(row, "population", name, rule + listed(only[row.source]), remedy)


def _read_figures(file: FileText) -> _Figures:
    header = file.text.removeprefix("\ufeff").split("\n", 1)[0].strip().split(",")
    return _Figures(read_table(file, of_panel=True), "population" in header)


def _without_rows(table: PopulationTable, named: set[str | None]) -> Iterator[Problem]:
    for row in table.rows:
        if row.name not in named:
            rule = "has no row in observations.csv"
            remedy = "add its figures, with use = no where they are not used, or remove it"
            yield Problem(table.file, row.line, "population", row.name, rule, remedy)
