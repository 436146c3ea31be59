"""What replaced what, and what became known when: the figures on file followed through time.

Which rows are in force on a day is decided in ``popest.study.vintage``; here it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from popest.study.links import superseders
from popest.study.problems import UsageError
from popest.study.records import Observation
from popest.study.study import Study
from popest.study.vintage import published_days


@dataclass(frozen=True)
class Version:
    """One row in the life of a figure.

    `published` is the day by which it was known, None where that is unknown; `replaced_by` is
    the row that superseded it, or None.
    """

    row: Observation
    published: date | None
    replaced_by: Observation | None
    is_used: bool
    is_withdrawal: bool


@dataclass(frozen=True)
class News:
    """A row, or a survey, that became known between two days.

    `replaces` is the row that it supersedes, or None.
    """

    day: date
    name: str
    row: Observation | None
    replaces: Observation | None
    is_used: bool
    is_withdrawal: bool


def figure_versions(study: Study, source: str) -> list[list[Version]]:
    """Return the figures of a source, each with all its versions, the oldest first.

    Parameters
    ----------
    study
        The study.
    source
        The name of a source, declared or only on file.
    """
    rows = [row for row in study.observations if row.source == source]
    by_id = {row.id: row for row in rows}
    superseded_by = superseders(rows)
    days = published_days(study.observations)
    used = {row.id for row in study.used}
    figures = []
    for first in rows:
        if first.supersedes in by_id:
            continue
        versions, row, before = [], first, None
        while True:
            next_row = by_id.get(superseded_by.get(row.id, ""))
            versions.append(
                Version(row, days[row.id], next_row, row.id in used, _withdraws(row, before))
            )
            if next_row is None:
                break
            row, before = next_row, row
        figures.append(versions)
    return figures


def became_known(study: Study, since: date, until: date) -> list[News]:
    """Return what was published after one day and by another, the earliest first.

    Parameters
    ----------
    study
        The study, without a day of its own.
    since, until
        The two days; what came out on `since` itself was known already.

    Raises
    ------
    UsageError
        When the days are not in order.
    """
    if since >= until:
        raise UsageError(f"the day {since} is not before {until}: give the earlier day first")
    rows = study.observations
    days = published_days(rows)
    by_id = {row.id: row for row in rows}
    used = {row.id for row in study.as_of(until).used}
    found = []
    for row in rows:
        day = days[row.id]
        if day is not None and since < day <= until:
            old = by_id.get(row.supersedes or "")
            found.append(News(day, row.id, row, old, row.id in used, _withdraws(row, old)))
    for name, source in study.specification.source.items():
        if source.published is not None and since < source.published <= until:
            found.append(
                News(source.published, name, None, None, is_used=True, is_withdrawal=False)
            )
    return sorted(found, key=lambda news: news.day)


def unknown_days(rows: Sequence[Observation]) -> int:
    """Return of how many rows it is not known when they were published."""
    return sum(day is None for day in published_days(rows).values())


def _withdraws(row: Observation, before: Observation | None) -> bool:
    return before is not None and not row.use and row.value == before.value
