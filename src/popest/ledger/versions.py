"""What replaced what, and what became known when: the figures on file followed through time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from popest.study.load import rows_in_use
from popest.study.observations.links import superseders
from popest.study.observations.observation import Observation
from popest.study.observations.vintage import known_days, undated
from popest.study.panel.panel import Panel
from popest.study.problems import UsageError
from popest.study.study import Study


@dataclass(frozen=True)
class Version:
    """One row in the life of a figure.

    `known` is the day by which it was known, `is_dated` whether its publication is stated (the
    day of record bounds it otherwise); `replaced_by` is the row that superseded it, or None.
    """

    row: Observation
    known: date
    is_dated: bool
    replaced_by: Observation | None
    is_used: bool
    is_withdrawal: bool


@dataclass(frozen=True)
class News:
    """A row, or a survey, that became known between two days.

    `replaces` is the row that it supersedes, or None; `is_dated` is whether its publication is
    stated, as the day of record bounds it otherwise.
    """

    day: date
    is_dated: bool
    name: str
    row: Observation | None
    replaces: Observation | None
    is_used: bool
    is_withdrawal: bool


def figure_versions(study: Study | Panel, source: str) -> list[list[Version]]:
    """Return the figures of a source, each with all its versions, the oldest first.

    Parameters
    ----------
    study
        The study or the panel.
    source
        The name of a source, declared or only on file.
    """
    rows = [row for row in study.observations if row.source == source]
    by_id = {row.id: row for row in rows}
    superseded_by = superseders(rows)
    days, unstated = known_days(study.observations), undated(study.observations)
    used = {row.id for row in rows_in_use(study)}
    figures = []
    for first in rows:
        if first.supersedes in by_id:
            continue
        chain = [first]
        while newer := by_id.get(superseded_by.get(chain[-1].id, "")):
            chain.append(newer)
        beside = zip([None, *chain[:-1]], chain, [*chain[1:], None], strict=True)
        versions = []
        for older, row, newer in beside:
            is_dated, is_used = row.id not in unstated, row.id in used
            known, is_withdrawal = days[row.id], withdraws(row, older)
            versions.append(Version(row, known, is_dated, newer, is_used, is_withdrawal))
        figures.append(versions)
    return figures


def became_known(study: Study | Panel, since: date, until: date) -> list[News]:
    """Return what became known after one day and by another, the earliest first.

    Parameters
    ----------
    study
        The study or the panel, without a day of its own.
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
    days, unstated = known_days(rows), undated(rows)
    by_id = {row.id: row for row in rows}
    used = {row.id for row in rows_in_use(study.as_of(until))}
    found = []
    for row in rows:
        day = days[row.id]
        if since < day <= until:
            old = by_id.get(row.supersedes or "")
            is_dated, is_used = row.id not in unstated, row.id in used
            found.append(News(day, is_dated, row.id, row, old, is_used, withdraws(row, old)))
    for name, source in study.specification.source.items():
        if source.published is not None and since < source.published <= until:
            found.append(
                News(source.published, True, name, None, None, is_used=True, is_withdrawal=False)
            )
    return sorted(found, key=lambda news: news.day)


def withdraws(row: Observation, before: Observation | None) -> bool:
    """Return whether a row takes back the one that it supersedes, rather than correct it."""
    return not row.use and row.repeats(before)
