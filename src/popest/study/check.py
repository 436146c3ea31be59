"""Checking the two files of a study together, and all its variants.

Every problem of both files is found in one go; rules that need an entry which cannot be read
are left out. ``popest.study.study`` chooses what is then seen of a valid study.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from popest.study.domains import MOST_ROWS_BY_VARIANTS
from popest.study.files.reading import FileText
from popest.study.observations.links import double_count_faults, link_faults, number_faults
from popest.study.observations.observation import Observation
from popest.study.observations.row_rules import (
    few_faults,
    own_faults,
    source_faults,
    sum_error_faults,
    used_faults,
)
from popest.study.observations.table import Table, read_table
from popest.study.problems import MOST_SHOWN, FirstProblems, Problem, raise_problems
from popest.study.specification.from_toml import Reading, read_document, read_specification
from popest.study.specification.records import Parts, Specification
from popest.study.specification.toml_lines import TomlLines
from popest.study.specification.wording import Fault, dotted
from popest.study.tables.csv_records import count_rows, exceeds
from popest.study.tables.csv_table import RowFault, with_row_problems
from popest.study.variants import RowFaultKey, Whole, read_variant


class Checked(NamedTuple):
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
    refuse_too_many(specification, reading, observations)
    table = read_table(observations)
    known: set[RowFaultKey] = set()
    of_rows = with_row_problems(
        observations, table, noted(_row_faults(table, reading.parts), known)
    )
    faults = list(reading.faults)
    specifications: dict[str | None, Specification] = {}
    base = reading.specification
    if base is not None:
        specifications[None] = base
    # Nobody needs to know what else variants break where more is broken than is shown anyway.
    if base is not None and of_rows.more == 0:
        whole = Whole(
            reading,
            table,
            known,
            read=lambda document, _: read_document(document, reading.ratios, reading),
            groups=lambda result, rows: iter([(result.parts, rows)]),
            further=lambda *_: iter(()),
        )
        for name, variant in base.variant.items():
            result = read_variant(name, variant, whole)
            faults += result.faults
            if result.specification is not None:
                specifications[name] = result.specification.replaced(variant=base.variant)
    of_entries = [reading.problem] if reading.problem else located(specification, faults)
    raise_problems(FirstProblems(of_entries), of_rows)
    return Checked(specifications, tuple(table.rows), reading.ratios)


def _row_faults(table: Table, parts: Parts) -> Iterator[RowFault]:
    for row in table.rows:
        yield from own_faults(row)
        yield from source_faults(row, parts)
        if row.use:
            yield from used_faults(row, parts)
    yield from link_faults(table)
    yield from double_count_faults(table.rows)
    yield from sum_error_faults(table.rows, parts)
    yield from few_faults(table.rows, parts, table.broken)
    yield from number_faults(table.rows)


def refuse_too_many(file: FileText, reading: Reading, observations: FileText) -> None:
    """Refuse a study whose variants could not be checked in a few seconds, before rows are read.

    Raises
    ------
    StudyError
        With this and all problems of ``study.toml``.
    """
    base = reading.specification
    if base is None or not base.variant:
        return
    number = len(base.variant)
    if not exceeds(observations.text, MOST_ROWS_BY_VARIANTS // number):
        return
    rows = count_rows(observations.text)
    fault = Fault(
        ("variant",),
        None,
        f"has {number} variants of {rows:,} rows, more than "
        f"{MOST_ROWS_BY_VARIANTS:,} together: each variant is checked as a study of its own",
        f"keep at most {MOST_ROWS_BY_VARIANTS // rows} variants, or move rows that no variant "
        "uses to another study",
    )
    raise_problems(FirstProblems(located(file, [*reading.faults, fault])), FirstProblems(()))


def noted(faults: Iterable[RowFault], known: set[RowFaultKey]) -> Iterator[RowFault]:
    """Give faults, and note the row, column and rule of the first."""
    for fault in faults:
        if len(known) <= MOST_SHOWN:
            known.add((fault.row.id, fault.column, fault.rule))
        yield fault


def located(file: FileText, faults: Iterable[Fault]) -> Iterator[Problem]:
    """Give faults of the specification with the lines on which they stand."""
    lines = TomlLines(file.text.removeprefix("\ufeff"))
    for path, value, rule, remedy in faults:
        yield Problem(file.file, lines.line(path), dotted(path) or "file", value, rule, remedy)
