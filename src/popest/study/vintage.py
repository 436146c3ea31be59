"""What was known on a day: which rows were published, and which of them were in force.

Rows are filtered first and corrections applied second, so that a correction never changes what
was known before it. Choosing among the rows in force is the business of the study itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from popest.study.csv_table import LedgerRow
from popest.study.links import superseders
from popest.study.records import Observation, Specification


def published_days(rows: Sequence[Observation]) -> dict[str, date | None]:
    """Return the day by which each row was published, None where it is unknown.

    A derived row counts as published with the latest of its parents, whatever it says itself:
    from that day on anybody could compute it.
    """
    days: dict[str, date | None] = {}
    for row in rows:
        parents = [days.get(parent) for _, parent in row.derived_from]
        known = [day for day in parents if day is not None]
        if parents:
            days[row.id] = max(known) if len(known) == len(parents) else None
        else:
            days[row.id] = row.published
    return days


def recorded_by(rows: Sequence[Observation], day: date | None) -> tuple[Observation, ...]:
    """Return the rows that the file held at the end of a day; all of them when None."""
    return tuple(row for row in rows if day is None or row.recorded <= day)


def published_by(rows: Sequence[Observation], day: date | None) -> tuple[Observation, ...]:
    """Return the rows published by the end of a day; all of them when None."""
    if day is None:
        return tuple(rows)
    days = published_days(rows)
    return tuple(row for row in rows if (known := days[row.id]) is not None and known <= day)


def in_force[R: LedgerRow](rows: Sequence[R]) -> tuple[R, ...]:
    """Return the rows that no other of these rows supersedes."""
    superseded = superseders(rows)
    return tuple(row for row in rows if row.id not in superseded)


def surveys_after(specification: Specification, day: date | None) -> frozenset[str]:
    """Return the names of the surveys that were published only after a day."""
    return frozenset(
        name
        for name, source in specification.source.items()
        if day is not None and source.published is not None and source.published > day
    )
