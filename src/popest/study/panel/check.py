"""Checking the three files of a panel together: every problem at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from popest.study.domains import PERSONS, RATIO, Domain
from popest.study.files.reading import FileText
from popest.study.measures import rules_of
from popest.study.observations.counting import is_explicit
from popest.study.observations.links import (
    double_count_faults,
    link_faults,
    number_faults,
    parents_text,
)
from popest.study.observations.observation import Observation
from popest.study.observations.row_rules import (
    own_faults,
    source_faults,
    sum_error_faults,
    used_faults,
)
from popest.study.observations.table import Table, layout
from popest.study.observations.vintage import in_force
from popest.study.panel.pooling import KIND, SIZE, Extracted, PanelKeys, extract
from popest.study.panel.populations import (
    MOST_SERIES,
    Population,
    PopulationTable,
    number_in,
    read_populations,
    unknown_column,
)
from popest.study.problems import (
    EntryError,
    FirstProblems,
    Problem,
    raise_problems,
    suggestion,
)
from popest.study.specification.from_toml import Reading, parsed, ratios_of, read_document
from popest.study.specification.records import Parts, Specification
from popest.study.specification.toml_lines import Path, TomlLines
from popest.study.specification.wording import Fault, dotted
from popest.study.tables.cells import optional, read_name
from popest.study.tables.csv_table import RowFault, with_row_problems

COVARIATE = Domain(-1e6, 1e6, "take the logarithm of large numbers", or_zero=True)
_FEW = "is a bound, or too few for its ratio to be integrated, which panels do not take yet"


class CheckedPanel(NamedTuple):
    """The content of a valid panel.

    `specification` is that of every population, with medians of 1 where they are columns; `keys`
    are what the panel adds, and `population_of` names the population of each row by its line.
    """

    specification: Specification
    keys: tuple[PanelKeys, ...]
    is_total: bool
    populations: tuple[Population, ...]
    rows: tuple[Observation, ...]
    population_of: Mapping[int, str]
    ratios: str


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
    extracted = Extracted({}, (), False, ())
    reading = Reading(problem=document if isinstance(document, Problem) else None)
    if not isinstance(document, Problem):
        extracted = extract(document)
        reading = read_document(extracted.document, ratios_of(specification))
    faults = [*extracted.faults, *reading.faults]
    if any(fault.path == KIND for fault in extracted.faults):  # all of it is another kind's
        faults = [one for one in faults if one.path[:1] != KIND[:1] or one.path == KIND]
    faults += _panel_faults(extracted, reading, table)
    of_entries = [reading.problem] if reading.problem else _located(specification, faults)
    of_cells = _cell_problems(extracted.keys, table)
    named = set(figures.population_of.values())
    of_populations = [*table.problems, *of_cells]
    if figures.has_populations and figures.table.has_every_id and table.has_every_name:
        of_populations += _without_rows(table, named)
    raise_problems(
        FirstProblems(of_entries),
        figures.problems(observations, reading.parts, table),
        FirstProblems(of_populations, table.problems.more),
    )
    assert reading.specification is not None
    return CheckedPanel(
        reading.specification,
        extracted.keys,
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

    def problems(self, file: FileText, parts: Parts, populations: PopulationTable) -> FirstProblems:
        """Return what is wrong with the rows, as they are read and together with all else."""
        found = with_row_problems(file, self.table, self._faults(parts, populations))
        if self.has_populations or not self.table.lines:
            return found
        rule = "lacks the column population, which says of which population each figure is"
        remedy = "add a last column population, a name of populations.csv in every row"
        problem = Problem(file.file, 1, "header", None, rule, remedy)
        return FirstProblems([problem, *found], found.more)

    def _faults(self, parts: Parts, populations: PopulationTable) -> Iterator[RowFault]:
        rows = self.table.rows
        for row in rows:
            yield from own_faults(row)
            yield from source_faults(row, parts)
            if row.use:
                yield from used_faults(row, parts)
        yield from link_faults(self.table)
        yield from double_count_faults(rows)
        yield from sum_error_faults(rows, parts)
        if self.has_populations:
            yield from self._population_faults(populations)
        by_population: dict[str, list[Observation]] = {}
        for row in rows:
            by_population.setdefault(self.population_of.get(row.line, ""), []).append(row)
        for of_one in by_population.values():
            yield from number_faults(of_one)
            yield from self._few_faults(of_one, parts)

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

    def _few_faults(self, rows: list[Observation], parts: Parts) -> Iterator[RowFault]:
        """Refuse rows whose ratio would have to be drawn."""
        for row in in_force(rows):
            source = parts.sources.get(row.source)
            is_whole = row.line not in self.table.broken and row.end is not None
            has_figure = row.value is not None or row.precision == "between"
            if not (row.use and is_whole and has_figure and row.precision) or source is None:
                continue
            if source.ratio is None or source.ratio.is_bounded or source.sampling == "binomial":
                continue  # said of the source itself
            if row.count >= 0 and is_explicit(source, [row]):
                value = None if row.value is None else str(row.value)
                yield RowFault(row, "value", value, _FEW, "set use = no, and say why in note")


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


def _panel_faults(
    extracted: Extracted, reading: Reading, populations: PopulationTable
) -> Iterator[Fault]:
    """Yield what is wrong with what is pooled, and what a panel does not take yet."""
    sources = reading.parts.sources
    n_populations = len(populations.rows)
    if n_populations * len(sources) > MOST_SERIES:
        rule = f"are {len(sources):,}, of {n_populations:,} populations: together more than "
        rule += f"{MOST_SERIES:,}, which do not fit into memory"
        yield Fault(("source",), None, rule, "divide the populations into several panels")
    for name, source in sources.items():
        path: Path = ("source", name)
        rules = rules_of(source.measure)
        # What is counted may share a group; a measure with a density of its own may not.
        if "group" not in rules.optional or not rules.is_for_static:
            if rules.is_for_static:
                rule = "is not built yet for panels"
                yield Fault((*path, "measure"), source.measure, rule, 'write measure = "stock"')
        elif source.ratio is not None and source.ratio.is_bounded:
            rule = "is a ratio of at most one, which is not built yet for panels"
            yield Fault((*path, "ratio"), None, rule, "write a median and an interval alone")
        elif source.sampling == "binomial":
            rule = "is not built yet for panels"
            yield Fault((*path, "sampling"), "binomial", rule, 'write sampling = "poisson"')
    for keys in extracted.keys:
        yield from _pooling_faults(keys, reading, populations)


def _pooling_faults(
    keys: PanelKeys, reading: Reading, populations: PopulationTable
) -> Iterator[Fault]:
    for name in (*([keys.column] if keys.column is not None else ()), *keys.effects):
        place = "median" if name == keys.column else "on"
        if name not in populations.columns and populations.columns + tuple(populations.rows):
            rule, remedy = unknown_column(name, populations)
            yield Fault((*keys.path, place), name, rule, remedy)
    if keys.effects and keys.pooled is None:
        rule = "has effects that all populations share beside no pooled"
        remedy = "write pooled = { between = 0.3, between_sigma = 0.5 } beside it"
        yield Fault((*keys.path, "on"), None, rule, remedy)
    if keys.pooled is None:
        return
    if len(populations.rows) == 1 and populations.has_every_name:
        rule = "has nothing to be shared with: the panel has one population"
        yield Fault((*keys.path, "pooled"), None, rule, "remove it, or add populations")
    total = spread_of(keys.path, reading)
    if total is None or keys.pooled.level is not None:
        return
    if total == 0:
        rule = "says nothing of a quantity that is known"
        yield Fault((*keys.path, "pooled"), None, rule, "remove it")
    elif level_of(keys, total) is None:
        widest = total / math.exp(keys.pooled.between_sigma**2)
        rule = f"leaves nothing for what populations have in common: the prior's {total:.3g} is "
        rule += "the spread of a new population, with both"
        remedy = f"write a between below {math.floor(1000 * widest) / 1000:g}, or a wider prior"
        yield Fault((*keys.path, "pooled", "between"), f"{keys.pooled.between:g}", rule, remedy)


def spread_of(path: Path, reading: Reading) -> float | None:
    """Return the sd of a quantity's logarithm; None where it could not be read."""
    if path == SIZE:
        population = reading.specification and reading.specification.population
        return population.size.sigma if population and population.kind == "static" else None
    source = reading.parts.sources.get(str(path[1]))
    return None if source is None or source.ratio is None else source.ratio.tau


def level_of(keys: PanelKeys, total: float) -> float | None:
    """Return the sd of what populations have in common; None where nothing is left for it.

    `total` is the sd of the logarithm of a new population's quantity: level^2 = total^2 -
    between^2 exp(2 between_sigma^2).
    """
    assert keys.pooled is not None
    if keys.pooled.level is not None:
        return keys.pooled.level
    rest = total**2 - keys.pooled.mean_square
    return math.sqrt(rest) if rest > 1e-12 * total**2 else None


def _cell_problems(keys: tuple[PanelKeys, ...], table: PopulationTable) -> Iterator[Problem]:
    """Yield what is wrong with the cells of columns that are used."""
    wanted: dict[str, Callable[[float], float]] = {}
    for entry in keys:
        for name in entry.effects:
            wanted.setdefault(name, COVARIATE.check)
        if entry.column is not None:
            wanted[entry.column] = (PERSONS if entry.path == SIZE else RATIO).check
    covariates = {name for entry in keys for name in entry.effects}
    for name, check in wanted.items():
        if name not in table.columns:
            continue
        found, is_read = [], True
        for row in table.rows:
            try:
                found.append(_number(row.cells[name], check))
            except EntryError as error:
                is_read = False
                yield Problem(table.file, row.line, name, row.cells[name], error.rule, error.remedy)
        if name in covariates and is_read and len(found) > 1 and len(set(found)) == 1:
            rule = "is the same in every population, so that none tells its effect"
            yield Problem(table.file, 1, name, None, rule, "remove it from on in study.toml")


def _number(cell: str, check: Callable[[float], float]) -> float:
    value = number_in(cell)
    try:
        return check(value)
    except ValueError as error:
        raise EntryError(str(error), "write a number of this size") from None


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
