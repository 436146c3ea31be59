"""What was known on a day: which rows were published, and which of them were in force.

Rows are filtered first and corrections applied second, so that a correction never changes what
was known before it. ``popest.study.study`` chooses among the rows in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from popest.study.observations.links import superseders
from popest.study.observations.observation import Observation
from popest.study.specification.records import Specification
from popest.study.tables.csv_table import LedgerRow


def known_days(rows: Sequence[Observation]) -> dict[str, date]:
    """Return the day by which each row was known.

    That is the last day of the published period, or the day of record where that is earlier or
    no publication is stated: whatever is on file had been published by then. A derived row is
    known with the latest of its parents, whatever it says itself: from that day on anybody could
    compute it.
    """
    days: dict[str, date] = {}
    for row in rows:
        parents = [days[parent] for _, parent in row.derived_from if parent in days]
        days[row.id] = max(parents) if parents else min(row.published or row.recorded, row.recorded)
    return days


def undated(rows: Sequence[Observation]) -> frozenset[str]:
    """Return the ids of the rows of which no day of publication is stated.

    A derived row has none when one of its parents has none.
    """
    found: set[str] = set()
    for row in rows:
        parents = [parent for _, parent in row.derived_from]
        if not found.isdisjoint(parents) or (not parents and row.published is None):
            found.add(row.id)
    return frozenset(found)


def recorded_by(rows: Sequence[Observation], day: date | None) -> tuple[Observation, ...]:
    """Return the rows that the file held at the end of a day; all of them when None."""
    return tuple(row for row in rows if day is None or row.recorded <= day)


def published_by(rows: Sequence[Observation], day: date | None) -> tuple[Observation, ...]:
    """Return the rows known by the end of a day; all of them when None."""
    if day is None:
        return tuple(rows)
    days = known_days(rows)
    return tuple(row for row in rows if days[row.id] <= day)


def in_force[R: LedgerRow](rows: Sequence[R], on_file: Sequence[R] = ()) -> tuple[R, ...]:
    """Return the rows that no other of these rows supersedes.

    `on_file` are the rows among which these were chosen, where some were not: a correction of a
    correction replaces the first row also when the one between was not chosen.
    """
    chosen, replaced = {row.id for row in rows}, set[str]()
    superseded_by = superseders(on_file or rows)
    for row in reversed(on_file or rows):  # a correction stands below what it corrects
        newer = superseded_by.get(row.id)
        if newer is not None and (newer in chosen or newer in replaced):
            replaced.add(row.id)
    return tuple(row for row in rows if row.id not in replaced)


def surveys_after(specification: Specification, day: date | None) -> frozenset[str]:
    """Return the names of the surveys that were published only after a day."""
    return frozenset(
        name
        for name, source in specification.source.items()
        if day is not None and source.published is not None and source.published > day
    )


def by_population(rows: Iterable[Observation]) -> dict[str | None, list[Observation]]:
    """Return the rows of each population of a panel, in the order in which these are met.

    Those of a study, and those that lack a population, are under None.
    """
    found: dict[str | None, list[Observation]] = {}
    for row in rows:
        found.setdefault(row.population, []).append(row)
    return found
