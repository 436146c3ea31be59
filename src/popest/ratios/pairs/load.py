"""Reading ``pairs.csv``: places where an indicator stands beside a better total.

Every problem of the file is found in one go.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from popest.ratios.pairs.records import Pair
from popest.ratios.pairs.rules import pair_faults, repetition_faults
from popest.ratios.pairs.table import PAIR_LAYOUT
from popest.study.files.reading import PAIRS_FILE, FileText, read_file
from popest.study.observations.links import correction_faults
from popest.study.observations.vintage import in_force
from popest.study.problems import raise_problems
from popest.study.specification.learned import calibration_folder
from popest.study.tables.csv_table import RowFault, Table, with_row_problems

__all__ = ["PAIRS_FILE", "Pair", "load_pairs", "read_pairs"]


def load_pairs(folder: Path | None = None) -> tuple[Pair, ...]:
    """Return the pairs in force, used or not, in the order of the file.

    Parameters
    ----------
    folder
        The folder of ``pairs.csv``; that of the table shipped with popest when None.

    Raises
    ------
    StudyError
        When the file breaks a rule; with all its problems.
    """
    return in_force(read_pairs(read_file(folder or calibration_folder(), PAIRS_FILE)))


def pairs_beside(own: FileText | None) -> tuple[Pair, ...]:
    """Return the pairs that ship with popest and those of one's own, in force.

    Parameters
    ----------
    own
        The text of a file of pairs; none when None.

    Raises
    ------
    StudyError
        When it breaks a rule, or has an id or evidence that a pair that ships has.
    """
    shipped = load_pairs()
    if own is None:
        return shipped
    pairs = in_force(read_pairs(own))
    names = {pair.id for pair in shipped}
    faults = [
        RowFault(pair, "id", pair.id, "is the id of a pair that ships", "write another id")
        for pair in pairs
        if pair.id in names
    ]
    own_rows = {id(pair) for pair in pairs}
    repeated = (each for each in repetition_faults((*shipped, *pairs)) if id(each.row) in own_rows)
    table = Table[Pair](rows=list(pairs), lines={pair.id: pair.line for pair in pairs})
    raise_problems(with_row_problems(own, table, iter([*faults, *repeated])))
    return (*shipped, *pairs)


@lru_cache(maxsize=4)
def read_pairs(file: FileText) -> tuple[Pair, ...]:
    """Return all pairs on file, also those that were corrected since.

    Parameters
    ----------
    file
        The text of ``pairs.csv``.

    Raises
    ------
    StudyError
        When the text breaks a rule; with all its problems, in the order of lines.
    """
    table = PAIR_LAYOUT.read(file)
    raise_problems(with_row_problems(file, table, _row_faults(table)))
    return tuple(table.rows)


def _row_faults(table: Table[Pair]) -> Iterator[RowFault]:
    by_id = {row.id: row for row in reversed(table.rows)}
    for row in table.rows:
        yield from pair_faults(row, table.broken.get(row.line, frozenset()))
        older = by_id.get(row.supersedes or "")
        if older is not None and older.country != row.country:
            rule = f"is a pair of another country, {older.country}"
            remedy = "write the id of a pair of the same country"
            yield RowFault(row, "supersedes", older.id, rule, remedy)
    yield from correction_faults(table)
    yield from repetition_faults(in_force(table.rows))
