"""The rows that slips are looked for in, and how they are grouped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from popest.study.observations.observation import Observation


@dataclass(frozen=True)
class Scope:
    """Rows that are judged beside one another.

    Parameters
    ----------
    on_file
        All rows that may be named, in file order.
    rows
        Those of them in force, in file order; `use` says whether they are used here.
    balances
        The sources of net changes, which may fall and change their sign.
    added
        The ids of the rows that are added; none when a view is scope.
    today
        The day of adding; None when a view is judged, whose rows have their day of recording.
    """

    on_file: Sequence[Observation]
    rows: Sequence[Observation]
    balances: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    today: date | None = None

    @cached_property
    def by_id(self) -> Mapping[str, Observation]:
        """Each row on file by its id."""
        return {row.id: row for row in self.on_file}

    @cached_property
    def entering(self) -> frozenset[str]:
        """The ids of all rows that enter an estimate: those used, and what used sums rest on."""
        found: set[str] = set()
        pending = [row.id for row in self.rows if row.use]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += [parent for _, parent in self.by_id[name].derived_from]
        return frozenset(found)

    @cached_property
    def counts(self) -> Sequence[Observation]:
        """The rows in force that are counts, and no bounds of one."""
        return [row for row in self.rows if not row.is_bound]

    @cached_property
    def judged(self) -> Sequence[Observation]:
        """The rows that are judged by themselves: those added, or those used."""
        if self.added:
            return [row for row in self.rows if row.id in self.added]
        return [row for row in self.rows if row.use]

    def before(self, row: Observation) -> Observation | None:
        """Return the row that a row supersedes, or None."""
        return self.by_id.get(row.supersedes or "")

    def is_withdrawal(self, row: Observation) -> bool:
        """Return whether a row takes another one back."""
        return not row.use and row.repeats(self.before(row))


def grouped[K](
    rows: Iterable[Observation], key: Callable[[Observation], K]
) -> list[list[Observation]]:
    """Return rows in groups of one key, in the order in which the keys are met."""
    groups: dict[K, list[Observation]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return list(groups.values())


def by_source(rows: Iterable[Observation]) -> list[list[Observation]]:
    """Return rows in groups of one source."""
    return grouped(rows, lambda row: row.source)


def by_period(rows: Iterable[Observation]) -> list[list[Observation]]:
    """Return rows in groups of one source and the same days; those without days are left out."""
    dated = (row for row in rows if row.end is not None)
    return grouped(dated, lambda row: (row.source, row.start, row.end))


def last_day(row: Observation) -> date:
    """Return the last day that a row counts, or the first day there is where it has none."""
    return row.end or date.min
