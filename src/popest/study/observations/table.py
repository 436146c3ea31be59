"""What the cells of ``observations.csv`` may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from popest.study.files.reading import FileText
from popest.study.observations.columns import (
    COLUMNS,
    PANEL_COLUMNS,
    PRECISIONS,
    Column,
    Kind,
)
from popest.study.observations.observation import Observation
from popest.study.problems import EntryError, listed, suggestion
from popest.study.tables import csv_table
from popest.study.tables.cells import (
    optional,
    read_day,
    read_name,
    read_period,
    read_text,
    read_use,
    required_text,
)
from popest.study.tables.csv_table import Layout
from popest.study.tables.figures import FLAGS, read_count, read_quantity

_PARENT = re.compile(r"([+-])([A-Za-z0-9][A-Za-z0-9_.-]{0,63})")

_BELOW = "for fewer than 5 write at_most, and 4 as the value; for a little fewer than 500, almost"
_ABOVE = "for more than 100 write at_least, and 101 as the value; for a little more, more_than"
_OTHERS = {
    "at_most": ("up_to", "max", "maximum", "no_more_than", "not_more_than", "<=", "\u2264"),
    "at_least": (
        "min",
        "minimum",
        "no_less_than",
        "no_fewer_than",
        "not_less_than",
        ">=",
        "\u2265",
    ),
    "between": ("range", "from_to", "interval"),
}
_REFUSED = {
    **dict.fromkeys(("less_than", "fewer_than", "below", "under", "<"), _BELOW),
    **dict.fromkeys(("over", "above", "greater_than", ">"), _ABOVE),
}
"""Words that look like a precision and are none, and what to write instead."""

Table = csv_table.Table[Observation]


def read_table(file: FileText, *, of_panel: bool = False) -> Table:
    """Read the text of ``observations.csv``; a byte-order mark and any line ending are accepted.

    In that of a panel, a row may name its population.
    """
    return (_PANEL_LAYOUT if of_panel else _LAYOUT).read(file)


def _read_precision(cell: str) -> str | None:
    flag = FLAGS.get(cell.strip(" ()").casefold())
    if flag is not None:
        meaning, advice = flag
        rule = f'is the flag "{meaning}", not a precision'
        raise EntryError(rule, f"write one of {listed(PRECISIONS)}; {advice}")
    word = re.sub("[ -]+", "_", cell.strip().casefold())
    if word in _REFUSED:
        raise EntryError("may mean a bound, or a count that is near it", _REFUSED[word])
    for precision, words in _OTHERS.items():
        if word in words:
            raise EntryError("is not a known precision", f"write {precision}")
    if cell and cell not in PRECISIONS:
        near = suggestion(cell, PRECISIONS)
        raise EntryError("is not a known precision", f"{near}write one of {listed(PRECISIONS)}")
    return cell or None


def _read_parents(cell: str) -> tuple[tuple[int, str], ...]:
    parents = []
    for part in read_text(cell).split() if cell else ():
        match = _PARENT.fullmatch(part)
        if part[0] == "'":
            rule = "has an apostrophe, as exports for spreadsheets do"
            raise EntryError(rule, "remove it; popest sources add --from takes it off")
        if match is None:
            rule = "must be signed ids with spaces between them"
            raise EntryError(rule, "write for example +WRK04 -WRK03")
        parents.append((1 if match[1] == "+" else -1, match[2]))
    if len({name for _, name in parents}) < len(parents):
        raise EntryError("names a row twice", "write each id once")
    return tuple(parents)


_READERS: dict[Kind, Callable[[str], object]] = {
    "id": read_name,
    "source": read_name,
    "count": optional(read_count),
    "precision": _read_precision,
    "day": optional(read_day),
    "period": optional(read_period),
    "recorded": read_day,
    "publisher": required_text("write who published the figure"),
    "text": read_text,
    "yes_or_no": read_use,
    "row": optional(read_name),
    "parents": _read_parents,
    "quantity": optional(read_quantity),
    "population": optional(read_name),
}
_NEUTRAL: dict[Kind, Any] = {
    "count": 0,
    "recorded": date.min,
    "publisher": "",
    "text": "",
    "parents": (),
}


def _layout(columns: Mapping[str, Column], make: Callable[..., Observation]) -> Layout[Observation]:
    may_lack = [name for name, column in COLUMNS.items() if column.is_optional]
    return Layout(
        readers={name: _READERS[column.kind] for name, column in columns.items()},
        neutral={name: _NEUTRAL.get(column.kind) for name, column in columns.items()},
        essential=("id", "source", "use"),
        may_lack=(*may_lack, *(name for name in columns if name not in COLUMNS)),
        make=make,
        before_recording={"published": "its publication in"},
    )


def _of_panel(*entries: Any) -> Observation:
    *cells, population, line = entries
    return _of_study(*cells, line, population)


_of_study: Callable[..., Observation] = Observation
_LAYOUT = _layout(COLUMNS, Observation)
_PANEL_LAYOUT = _layout(PANEL_COLUMNS, _of_panel)
