"""Checking the three files of a panel together: every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

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
from popest.study.observations.table import Table, layout
from popest.study.panel.pooling import Extracted, PanelKeys, extract
from popest.study.panel.populations import (
    Population,
    PopulationTable,
    read_populations,
)
from popest.study.panel.rules import (
    cell_problems,
    drawn_sources,
    is_drawn_whole,
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
from popest.study.specification.from_toml import Reading, parsed, ratios_of, read_document
from popest.study.specification.records import Parts, Specification
from popest.study.specification.toml_lines import TomlLines
from popest.study.specification.wording import Fault, dotted
from popest.study.tables.cells import optional, read_name
from popest.study.tables.csv_table import RowFault, with_row_problems


class CheckedPanel(NamedTuple):
    """The content of a valid panel.

    `specification` is that of every population, with a placeholder where medians are columns;
    `keys` are what the panel adds, `only` the populations of sources that not all have, `drawn` the
    sources whose ratio is drawn in some population, and `population_of` names the population of
    each row by its line.
    """

    specification: Specification
    keys: tuple[PanelKeys, ...]
    only: Mapping[str, tuple[str, ...]]
    drawn: frozenset[str]
    is_total: bool
    populations: tuple[Population, ...]
    rows: tuple[Observation, ...]
    population_of: Mapping[int, str]
    ratios: str

    @property
    def is_drawn_whole(self) -> bool:
        """Whether populations are drawn whole; their sizes and ratios are integrated otherwise."""
        specification = self.specification
        kind = specification.population.kind
        return is_drawn_whole(kind, specification.source, self.keys, self.drawn)


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
    document = parsed(specification)
    table = read_populations(populations)
    figures = _read_figures(observations)
    extracted = Extracted({}, (), {}, False, ())
    reading = Reading(problem=document if isinstance(document, Problem) else None)
    if not isinstance(document, Problem):
        extracted = extract(document)
        reading = read_document(extracted.document, ratios_of(specification))
    parts_of = parts_by_population(extracted.keys, reading.parts, table)
    whole = {
        name: [row for row in rows if is_whole(row, figures.table.broken)]
        for name, rows in figures.by_population().items()
    }
    drawn = drawn_sources(extracted.keys, reading.parts, whole, parts_of)
    faults = [*extracted.faults, *reading.faults, *panel_faults(extracted, reading, table, drawn)]
    of_entries = [reading.problem] if reading.problem else _located(specification, faults)
    of_cells = cell_problems(extracted.keys, reading.parts, table)
    named = set(figures.population_of.values())
    of_populations = [*table.problems, *of_cells]
    if figures.has_populations and figures.table.has_every_id and table.has_every_name:
        of_populations += _without_rows(table, named)
    raise_problems(
        FirstProblems(of_entries),
        figures.problems(observations, parts_of, table, extracted.only),
        FirstProblems(of_populations, table.problems.more),
    )
    assert reading.specification is not None
    return CheckedPanel(
        reading.specification,
        extracted.keys,
        extracted.only,
        drawn,
        extracted.is_total,
        tuple(table.rows),
        tuple(figures.table.rows),
        figures.population_of,
        reading.ratios,
    )


@dataclass
class _Figures:
    """The rows of ``observations.csv``, and the population of each by its line."""

    table: Table
    population_of: dict[int, str]
    has_populations: bool

    def problems(
        self,
        file: FileText,
        parts_of: Callable[[str], Parts],
        populations: PopulationTable,
        only: Mapping[str, tuple[str, ...]],
    ) -> FirstProblems:
        """Return what is wrong with the rows, as they are read and together with all else."""
        found = with_row_problems(file, self.table, self._faults(parts_of, populations, only))
        if self.has_populations or not self.table.lines:
            return found
        rule = "lacks the column population, which says of which population each figure is"
        remedy = "add a last column population, a name of populations.csv in every row"
        problem = Problem(file.file, 1, "header", None, rule, remedy)
        return FirstProblems([problem, *found], found.more)

    def by_population(self) -> dict[str, list[Observation]]:
        """Return the rows of each population by its name; those without one under no name."""
        found: dict[str, list[Observation]] = {}
        for row in self.table.rows:
            found.setdefault(self.population_of.get(row.line, ""), []).append(row)
        return found

    def _faults(
        self,
        parts_of: Callable[[str], Parts],
        populations: PopulationTable,
        only: Mapping[str, tuple[str, ...]],
    ) -> Iterator[RowFault]:
        rows = self.table.rows
        for row in rows:
            parts = parts_of(self.population_of.get(row.line, ""))
            yield from own_faults(row)
            yield from source_faults(row, parts)
            if row.use:
                yield from used_faults(row, parts)
        yield from link_faults(self.table)
        yield from double_count_faults(rows)
        if self.has_populations:
            yield from self._population_faults(populations)
            yield from self._only_faults(only)
        for name, of_one in self.by_population().items():
            yield from sum_error_faults(of_one, parts_of(name))
            yield from few_faults(of_one, parts_of(name), self.table.broken)
            yield from number_faults(of_one)

    def _only_faults(self, only: Mapping[str, tuple[str, ...]]) -> Iterator[RowFault]:
        """Refuse figures of populations that a source is not of."""
        for row in self.table.rows:
            name = self.population_of.get(row.line)
            if name is not None and row.source in only and name not in only[row.source]:
                rule = f"is not among the populations of source {row.source}, which has only "
                remedy = "add it to only in study.toml, or correct the population or the source"
                yield RowFault(row, "population", name, rule + listed(only[row.source]), remedy)

    def _population_faults(self, populations: PopulationTable) -> Iterator[RowFault]:
        names = {row.name for row in populations.rows}
        by_id = {row.id: row for row in self.table.rows}
        for row in self.table.rows:
            name = self.population_of.get(row.line)
            if name is None:
                rule = "is missing: of which population is this figure?"
                yield RowFault(row, "population", "", rule, "write a name of populations.csv")
            elif name not in names and populations.has_every_name:
                remedy = f"{suggestion(name, names)}add it there, or correct the name"
                yield RowFault(row, "population", name, "is not in populations.csv", remedy)
            older = by_id.get(row.supersedes or "")
            if older is not None and self.population_of.get(older.line) != name:
                rule = f"corrects {older.id}, a figure of another population"
                remedy = "write the population of the row that it corrects"
                yield RowFault(row, "population", name, rule, remedy)
            parents = [by_id[parent] for _, parent in row.derived_from if parent in by_id]
            strange = [one.id for one in parents if self.population_of.get(one.line) != name]
            if strange:
                rule = f"adds {strange[0]}, a figure of another population: both would share its "
                rule += "error, which is not built yet for panels"
                remedy = "leave it empty, and say in note what the figure is computed from"
                yield RowFault(row, "derived_from", parents_text(row), rule, remedy)


def _read_figures(file: FileText) -> _Figures:
    population_of: dict[int, str] = {}

    row_of: Callable[..., Observation] = Observation

    def make(*entries: Any) -> Observation:
        *cells, population, line = entries
        if population is not None:
            population_of[line] = population
        return row_of(*cells, line)

    table = layout(make, {"population": optional(read_name)}).read(file)
    header = file.text.removeprefix("\ufeff").split("\n", 1)[0].strip().split(",")
    return _Figures(table, population_of, "population" in header)


def _without_rows(table: PopulationTable, named: set[str]) -> Iterator[Problem]:
    for row in table.rows:
        if row.name not in named:
            rule = "has no row in observations.csv"
            remedy = "add its figures, with use = no where they are not used, or remove it"
            yield Problem(table.file, row.line, "population", row.name, rule, remedy)


def _located(file: FileText, faults: list[Fault]) -> Iterator[Problem]:
    """Give faults of the specification with the lines on which they stand."""
    lines = TomlLines(file.text.removeprefix("\ufeff"))
    for path, value, rule, remedy in faults:
        yield Problem(file.file, lines.line(path), dotted(path) or "file", value, rule, remedy)
