"""One published figure: a row of ``observations.csv``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from popest.study.observations.columns import COLUMNS


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of ``observations.csv``: one published figure.

    `value` is in the unit of its source's exposure times its ratio (persons, permits, firms), and
    `precision` a word of `PRECISIONS`. `published` is the last day of the published period, and
    `derived_from` holds pairs of a sign (+1 or -1) and the id of a row. `line` is the line of the
    file on which the row begins.
    """

    id: str
    source: str
    value: int
    precision: str | None
    start: date | None
    end: date | None
    published: date | None
    recorded: date
    publisher: str
    url: str
    use: bool
    supersedes: str | None
    derived_from: tuple[tuple[int, str], ...]
    note: str
    line: int


if [*COLUMNS, "line"] != [entry.name for entry in fields(Observation)]:
    raise TypeError("the fields of an observation are the columns of observations.csv, and line")
