"""Slips by which one count enters an estimate more than once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby, pairwise

from popest.study.observations.observation import Observation
from popest.study.slips.scope import Scope, by_period, by_source, grouped, last_day
from popest.study.slips.slip import Slip, SlipKind

SMALLEST_RELAYED = 100
"""Values below this are equal by chance too often."""

SMALLEST_SERIES = 3
"""So many equal figures of two sources, and half of the figures of one, are a series."""

NEAR_DAYS = 3
"""An edition may date a figure to 31 December, another to 1 January."""

USUAL_GAP = 4
"""Figures are near each other when they usually lie so many times as far apart."""


def second_figure(scope: Scope) -> Iterator[Slip]:
    """Warn of figures of one source for one period that are all used."""
    yield from _second(
        "second_figure", (row for row in scope.rows if not _shares_error(row, scope))
    )


def second_of_window(scope: Scope) -> Iterator[Slip]:
    """Warn of counts of one window that are all used: one of them likely corrects the other."""
    yield from _second("second_of_window", (row for row in scope.rows if _shares_error(row, scope)))


def _second(kind: SlipKind, found: Iterable[Observation]) -> Iterator[Slip]:
    for rows in by_period(row for row in found if row.use):
        if len(rows) > 1:
            yield Slip(kind, rows[-1], tuple(rows[:-1]))


def _shares_error(row: Observation, scope: Scope) -> bool:
    """Return whether a figure shares its error with those of the same days of its source.

    Counts of windows do (``model/rotation.py``), so that nothing of them counts twice.
    """
    return row.start is not None and row.source not in scope.balances


def near_figure(scope: Scope) -> Iterator[Slip]:
    """Warn of stocks of one source that lie days apart, as its figures do not otherwise."""
    from statistics import median  # it loads much that no other rule needs

    for rows in by_source(row for row in scope.rows if row.use and row.start is None):
        by_day = {row.end: row for row in rows if row.end is not None}
        days = sorted(by_day)
        gaps = [(later - earlier).days for earlier, later in pairwise(days)]
        usual = median(gaps) if len(gaps) > 1 else USUAL_GAP * NEAR_DAYS
        for (earlier, later), gap in zip(pairwise(days), gaps, strict=True):
            if gap <= min(NEAR_DAYS, usual / USUAL_GAP):
                first, second = sorted((by_day[earlier], by_day[later]), key=lambda row: row.line)
                yield Slip("near_figure", second, (first,))


def nested_window(scope: Scope) -> Iterator[Slip]:
    """Warn of a balance whose window is within another used one: what is in both counts twice."""
    used = [row for row in scope.rows if row.use and row.start is not None]
    windows = [row for row in used if not _shares_error(row, scope)]
    for rows in by_source(windows):
        outer: Observation | None = None
        ordered = sorted(rows, key=lambda row: (row.start or date.min, -last_day(row).toordinal()))
        for _, same in groupby(ordered, key=lambda row: (row.start, row.end)):
            together = list(same)
            if outer is not None and last_day(outer) >= last_day(together[0]):
                yield from (Slip("nested_window", row, (outer,)) for row in together)
            else:
                outer = together[0]


def same_figure(scope: Scope) -> Iterator[Slip]:
    """Warn of a new figure that is on file already, where not both are used."""
    rows = [row for row in scope.rows if row.end is not None and not scope.is_withdrawal(row)]
    for same in grouped(rows, lambda row: (row.source, row.start, row.end, row.value, row.range)):
        unused = next((row for row in same if not row.use), None)
        for row in same:
            other = unused if row.use else same[0]
            if row.id in scope.added and other is not None and other.line < row.line:
                yield Slip("same_figure", row, (other,))


def same_series(scope: Scope) -> Iterator[Slip]:
    """Warn of a source whose figures are those of another, value by value and day by day."""
    for shared in _shared_series(scope).values():
        row, other = max(shared, key=lambda pair: pair[0].line)
        yield Slip("same_series", row, (other,), number=len(shared))


def relayed_value(scope: Scope) -> Iterator[Slip]:
    """Warn of a value that used figures of other sources have: often one figure, relayed."""
    in_series = {row.id for pairs in _shared_series(scope).values() for row, _ in pairs}
    for row, others in _equal_values(scope):
        entering = tuple(other for other in others if other.id in scope.entering)
        if entering and row.id not in in_series:
            yield Slip("relayed_value", row, entering)


def relayed_unused(scope: Scope) -> Iterator[Slip]:
    """Warn of a value that only unused figures of other sources have, unless a note says why.

    An unused row has a note with the reason; where that note, or the note of the used row, names
    the other row, somebody has looked at both. Rows that only this view leaves out are not asked
    about.
    """
    for row, others in _equal_values(scope):
        unanswered = tuple(
            other
            for other in others
            if not (scope.by_id[other.id].use or _names(row, other) or _names(other, row))
        )
        if unanswered and not any(other.id in scope.entering for other in others):
            yield Slip("relayed_unused", row, unanswered)


def _shared_series(scope: Scope) -> dict[tuple[str, str], list[tuple[Observation, Observation]]]:
    """Return, by pairs of sources, the rows of the second that repeat rows of the first."""
    pairs: dict[tuple[str, str], list[tuple[Observation, Observation]]] = defaultdict(list)
    used = [row for row in scope.rows if row.use]
    sizes = Counter(row.source for row in used)
    for rows in grouped(used, lambda row: (row.value, row.range, row.start, row.end)):
        first = rows[0]
        for row in {row.source: row for row in rows}.values():
            if row.source != first.source:
                pairs[first.source, row.source].append((row, first))
    return {
        names: shared
        for names, shared in pairs.items()
        if len(shared) >= max(SMALLEST_SERIES, min(sizes[name] for name in names) / 2)
    }


def _equal_values(scope: Scope) -> Iterator[tuple[Observation, list[Observation]]]:
    """Give each used row with the rows of other sources that have its value.

    In a view, one row of each value is given: the last. Derived rows are sums, relayed by nobody.
    """
    for rows in grouped(scope.counts, lambda row: row.value):
        if rows[0].count < SMALLEST_RELAYED or len({row.source for row in rows}) == 1:
            continue
        used = [row for row in rows if row.use and not row.derived_from]
        for row in [row for row in used if row.id in scope.added] if scope.added else used[-1:]:
            yield row, [other for other in rows if other.source != row.source]


def _names(row: Observation, other: Observation) -> bool:
    return re.search(rf"(?<!\w){re.escape(other.id)}(?!\w)", row.note) is not None
