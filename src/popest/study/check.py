"""Checking the two files of a study together, and all its variants.

Every problem of both files is found in one go; rules that need an entry which cannot be read
are left out. What is then seen of a valid study is the business of ``popest.study.study``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from popest.study.csv_table import RowFault, problems_of_rows
from popest.study.files import FileText
from popest.study.links import double_count_faults, link_faults
from popest.study.parts import Parts
from popest.study.problems import Problem, StudyError
from popest.study.records import Observation, Specification
from popest.study.row_rules import own_faults, source_faults, used_faults
from popest.study.specification import read_specification
from popest.study.table import Table, read_table
from popest.study.toml_lines import TomlLines
from popest.study.variants import read_variant
from popest.study.wording import Fault, dotted


@dataclass(frozen=True)
class Checked:
    """The content of a valid study.

    `specifications` are those of the study itself (None) and of each variant by its name;
    `rows` are all rows on file, in file order; `ratios` is the table of learned ratios, empty when
    none is used.
    """

    specifications: Mapping[str | None, Specification]
    rows: tuple[Observation, ...]
    ratios: str


@lru_cache(maxsize=4)
def checked(specification: FileText, observations: FileText) -> Checked:
    """Check the two files of a study and return what they say.

    Parameters
    ----------
    specification, observations
        The texts of ``study.toml`` and ``observations.csv``.

    Raises
    ------
    StudyError
        With all problems of both files, in the order of files and lines.
    """
    reading = read_specification(specification)
    table = read_table(observations)
    row_faults = list(_row_faults(table, reading.parts))
    faults = list(reading.faults)
    specifications: dict[str | None, Specification] = {}
    base = reading.specification
    if base is not None:
        specifications[None] = base
        known = {(fault.row.id, fault.column, fault.rule) for fault in row_faults}
        for name, variant in base.variant.items():
            result = read_variant(name, variant, reading, table, known)
            faults += result.faults
            if result.specification is not None:
                specifications[name] = result.specification.model_copy(
                    update={"variant": base.variant}
                )
    problems = [reading.problem] if reading.problem else _located(specification, faults)
    problems += _in_order(
        *table.problems, *problems_of_rows(observations, row_faults, table.broken)
    )
    if problems:
        raise StudyError(problems)
    return Checked(specifications, table.rows, reading.ratios)


def _row_faults(table: Table, parts: Parts) -> Iterator[RowFault]:
    for row in table.rows:
        yield from own_faults(row)
        yield from source_faults(row, parts)
        if row.use:
            yield from used_faults(row, parts)
    yield from link_faults(table)
    yield from double_count_faults(table.rows)


def _located(file: FileText, faults: Iterable[Fault]) -> list[Problem]:
    """Return faults of the specification with the lines on which they stand."""
    lines = TomlLines(file.text.removeprefix("\ufeff"))
    return _in_order(
        *(
            Problem(file.file, lines.line(path), dotted(path), value, rule, remedy)
            for path, value, rule, remedy in faults
        )
    )


def _in_order(*problems: Problem) -> list[Problem]:
    return sorted(problems, key=attrgetter("line"))
