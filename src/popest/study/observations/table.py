"""What the cells of ``observations.csv`` may hold.

How a table is read is the business of ``popest.study.tables.csv_table``. Rules between the cells of
a row are in ``popest.study.observations.row_rules``, those between rows in
``popest.study.observations.links``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

from popest.study.files.reading import FileText
from popest.study.observations.observation import COLUMNS, Observation, Precision
from popest.study.problems import listed, suggestion
from popest.study.tables import csv_table
from popest.study.tables.cells import (
    CellError,
    CellFault,
    read_day,
    read_name,
    read_optional_day,
    read_optional_name,
    read_period,
    read_text,
    read_use,
    required_text,
)
from popest.study.tables.csv_table import Layout
from popest.study.tables.figures import FLAGS, read_count

PRECISIONS: tuple[str, ...] = get_args(Precision)

_PARENT = re.compile(r"([+-])([A-Za-z0-9][A-Za-z0-9_.-]{0,63})")

Table = csv_table.Table[Observation]


def read_table(file: FileText) -> Table:
    """Read the text of ``observations.csv``; a byte-order mark and any line ending are accepted."""
    return _LAYOUT.read(file)


def _read_precision(cell: str) -> str | None:
    flag = FLAGS.get(cell.strip(" ()").casefold())
    if flag is not None:
        meaning, advice = flag
        rule = f'is the flag "{meaning}", not a precision'
        raise CellError(rule, f"write one of {listed(PRECISIONS)}; {advice}")
    if cell and cell not in PRECISIONS:
        near = suggestion(cell, PRECISIONS)
        raise CellError("is not a known precision", f"{near}write one of {listed(PRECISIONS)}")
    return cell or None


def _read_parents(cell: str) -> tuple[tuple[int, str], ...]:
    parents = []
    for part in read_text(cell).split() if cell else ():
        match = _PARENT.fullmatch(part)
        if part[0] == "'":
            rule = "has an apostrophe, as exports for spreadsheets do"
            raise CellError(rule, "remove it; popest sources add --from-csv takes it off")
        if match is None:
            rule = "must be signed ids with spaces between them"
            raise CellError(rule, "write for example +WRK04 -WRK03")
        parents.append((1 if match[1] == "+" else -1, match[2]))
    if len({name for _, name in parents}) < len(parents):
        raise CellError("names a row twice", "write each id once")
    return tuple(parents)


def _publication_faults(cells: list[str], entries: list[Any]) -> Iterator[CellFault]:
    """Check that a row was not recorded before its figure was published."""
    published, recorded = cells[_PUBLISHED], cells[_RECORDED]
    are_dates = entries[_PUBLISHED] is not None and entries[_RECORDED] is not date.min
    if are_dates and recorded < published:  # ISO dates sort as text, a month before its days
        rule = f"precedes its publication in {published}"
        yield ("recorded", recorded, rule, "write the day on which the row was added")


_PUBLISHED = COLUMNS.index("published")
_RECORDED = COLUMNS.index("recorded")
_LAYOUT = Layout(
    readers={
        "id": read_name,
        "source": read_name,
        "value": read_count,
        "precision": _read_precision,
        "start": read_optional_day,
        "end": read_optional_day,
        "published": read_period,
        "recorded": read_day,
        "publisher": required_text("write who published the figure"),
        "url": read_text,
        "use": read_use,
        "supersedes": read_optional_name,
        "derived_from": _read_parents,
        "note": read_text,
    },
    neutral={
        "value": 0,
        "recorded": date.min,
        "publisher": "",
        "url": "",
        "derived_from": (),
        "note": "",
    },
    essential=("id", "source", "use"),
    make=Observation,
    faults_of_cells=_publication_faults,
)
