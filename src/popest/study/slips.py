"""What is likely wrong with new rows, although no rule forbids it.

Each slip is one function that gives sentences; a person reads them before anything is added.
What a rule forbids is found by ``popest.study.check``, and a count that the present estimate does
not expect by ``popest.estimates.predictive``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from popest.study.ledger import Addition
from popest.study.links import superseders
from popest.study.problems import listed
from popest.study.records import Observation

SMALLEST_RELAYED = 100
"""Values below this are equal by chance too often."""

SMALLEST_ROUND = 1_000
THOUSANDFOLD = (500, 2_000)

_WORDINGS = {
    "more_than": "more than|over|at least|exceed(?:s|ed|ing)?|vi\u0161e od|preko|"
    "\u0431\u043e\u043b\u0435\u0435|\u0441\u0432\u044b\u0448\u0435|"
    "\u0432\u0438\u0448\u0435 \u043e\u0434",
    "almost": "almost|nearly|just under|close to|skoro|gotovo|\u043f\u043e\u0447\u0442\u0438|"
    "\u0441\u043a\u043e\u0440\u043e",
    "about": "about|around|approximately|roughly|some|circa|ca\\.|oko|"
    "\u043e\u043a\u043e\u043b\u043e|\u043e\u043a\u043e",
}
_THOUSANDS = "thousand|hiljada|\u0445\u0438\u0459\u0430\u0434\u0430|\u0442\u044b\u0441"


@dataclass(frozen=True)
class Scene:
    """A new row with what it is judged against.

    Parameters
    ----------
    row
        The new row.
    before
        The row that it supersedes, or None.
    same_source
        The other rows of its source that are in force once it is added.
    same_value
        The rows in force of other sources with its value.
    entering
        The ids of all rows that enter an estimate: those used, and what used sums rest on.
    added
        The ids of all rows that are added.
    today
        The day of recording.
    """

    row: Observation
    before: Observation | None
    same_source: Sequence[Observation]
    same_value: Sequence[Observation]
    entering: frozenset[str]
    added: frozenset[str]
    today: date

    @property
    def is_withdrawal(self) -> bool:
        """Whether the row takes another one back."""
        before = self.before
        return before is not None and not self.row.use and self.row.value == before.value


def find_slips(addition: Addition, today: date) -> list[str]:
    """Return what is likely wrong with the rows of an addition, one sentence each.

    Parameters
    ----------
    addition
        Rows that break no rule.
    today
        The day of recording.
    """
    rows = addition.content.rows
    superseded = superseders(rows)
    in_force = [row for row in rows if row.id not in superseded]
    by_source, by_value = defaultdict(list), defaultdict(list)
    for row in in_force:
        by_source[row.source].append(row)
        by_value[row.value].append(row)
    by_id = {row.id: row for row in rows}
    entering = _entering(in_force, by_id)
    added = frozenset(row.id for row in addition.rows)
    found: list[str] = []
    for row in addition.rows:
        scene = Scene(
            row,
            by_id.get(row.supersedes or ""),
            [other for other in by_source[row.source] if other is not row],
            [other for other in by_value[row.value] if other.source != row.source],
            entering,
            added,
            today,
        )
        for slip in SLIPS:
            found += slip(scene)
    return list(dict.fromkeys(found))


def withdrawn_sum(scene: Scene) -> Iterator[str]:
    """Say that a sum is taken back because a figure in it is."""
    if scene.is_withdrawal and any(name in scene.added for _, name in scene.row.derived_from):
        yield (
            f"{scene.row.supersedes} is computed from what is withdrawn: {scene.row.id} withdraws "
            f"it, too."
        )


def second_figure(scene: Scene) -> Iterator[str]:
    """Warn of a figure for a period of which the source has one already."""
    row = scene.row
    if row.end is None or scene.is_withdrawal:
        return
    for other in scene.same_source:
        if (other.start, other.end) == (row.start, row.end):
            if row.use and other.use:
                yield (
                    f"{row.id} is a second figure of {row.source} for {_period(row)}, beside "
                    f"{other.id} ({other.value:,}): both would be used. If it corrects that one, "
                    f"revise {other.id} instead."
                )
            elif row.value == other.value:
                yield f"{row.id} says what {other.id} says already: {row.value:,}, {_period(row)}."


def falling_series(scene: Scene) -> Iterator[str]:
    """Warn of a count from the same first day that falls as its last day moves on."""
    row = scene.row
    if row.start is None or row.end is None or row.value < 0 or scene.is_withdrawal:
        return
    for other in scene.same_source:
        if other.id not in scene.entering or other.start != row.start or other.end is None:
            continue
        earlier, later = (other, row) if other.end < row.end else (row, other)
        if earlier.end != later.end and earlier.value > later.value:
            yield (
                f"The count from {row.start} falls: {earlier.value:,} to {earlier.end} "
                f"({earlier.id}), but {later.value:,} to {later.end} ({later.id})."
            )


def nested_window(scene: Scene) -> Iterator[str]:
    """Warn of a window within another used one: what is in both would count twice."""
    row = scene.row
    if not row.use or row.start is None or row.end is None:
        return
    for other in scene.same_source:
        if not other.use or other.start is None or other.end is None:
            continue
        if (other.start, other.end) == (row.start, row.end):
            continue  # a second figure
        if other.start <= row.start and row.end <= other.end:
            inner, outer = row, other
        elif row.start <= other.start and other.end <= row.end:
            inner, outer = other, row
        else:
            continue
        yield (
            f"The window of {inner.id}, {_period(inner)}, lies within that of {outer.id}, "
            f"{_period(outer)}, and both would be used: what is in both would count twice. Use "
            f"one of them, or their difference."
        )


def odd_days(scene: Scene) -> Iterator[str]:
    """Warn of a publication before the end of what was counted, and of days to come."""
    row = scene.row
    if row.end is not None and row.published is not None and row.published < row.end:
        yield (
            f"{row.id} was published by {row.published}, before the end of what it counts, "
            f"{row.end}."
        )
    if row.end is not None and row.end > scene.today:
        yield f"{row.id} counts to {row.end}, which is still to come."


def relayed_value(scene: Scene) -> Iterator[str]:
    """Warn of a value that another source has: often one figure under another name."""
    row = scene.row
    if row.use and row.value >= SMALLEST_RELAYED and not row.derived_from and scene.same_value:
        names = listed(f"{other.id} ({other.source})" for other in scene.same_value)
        yield f"{row.id} has the value of {names}, {row.value:,}: is it that figure, relayed?"


def thousandfold(scene: Scene) -> Iterator[str]:
    """Warn of a value a thousand times off, as where a separator was taken for a decimal."""
    row = scene.row
    values = [other.value for other in scene.same_source if other.use and other.value > 0]
    if not row.use or row.value <= 0 or not values:
        return
    nearest = min(values, key=lambda value: max(value / row.value, row.value / value))
    factor = max(nearest / row.value, row.value / nearest)
    if THOUSANDFOLD[0] <= factor <= THOUSANDFOLD[1]:
        side = "below" if row.value < nearest else "above"
        yield (
            f"{row.id} is {row.value:,}, some thousand times {side} the nearest figure of "
            f"{row.source}, {nearest:,}: was a thousands separator misread?"
        )


def wording(scene: Scene) -> Iterator[str]:
    """Warn of a figure that its own note words as less than exact, and of round ones."""
    row = scene.row
    if row.precision != "exact" or scene.is_withdrawal or row.derived_from:
        return
    for precision, words in _WORDINGS.items():
        pattern = rf"\b({words})\s+[\"'\u201c\u2018]?([0-9][0-9., \u00a0\u202f]*)({_THOUSANDS})?"
        for match in re.finditer(pattern, row.note, re.IGNORECASE):
            number = int(re.sub("[^0-9]", "", match[2])) * (1_000 if match[3] else 1)
            if number == abs(row.value):
                yield (
                    f"{row.id} is recorded as exact, but its note says {match[1]!r}: should "
                    f"precision be {precision}?"
                )
                return
    if row.use and row.value >= SMALLEST_ROUND and row.value % SMALLEST_ROUND == 0:
        yield f"{row.id} is recorded as exact, but {row.value:,} is a round number."


def unmoved_publication(scene: Scene) -> Iterator[str]:
    """Warn of a correction that would be taken for known as long as what it corrects."""
    row, before = scene.row, scene.before
    if before is None or scene.is_withdrawal or row.derived_from or row.published is None:
        return
    facts = [(r.value, r.precision, r.start, r.end, r.use) for r in (row, before)]
    if row.published == before.published and facts[0] != facts[1]:
        yield (
            f"{row.id} has the day of publication of {before.id}, {row.published}: estimates as of "
            f"the days since then will change. If the correction came out later, give its own day "
            f"(--published)."
        )


SLIPS: tuple[Callable[[Scene], Iterator[str]], ...] = (
    withdrawn_sum,
    second_figure,
    falling_series,
    nested_window,
    odd_days,
    relayed_value,
    thousandfold,
    wording,
    unmoved_publication,
)


def _entering(in_force: Sequence[Observation], by_id: dict[str, Observation]) -> frozenset[str]:
    """Return the ids of the used rows and of all that their sums rest on."""
    found: set[str] = set()
    pending = [row.id for row in in_force if row.use]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += [parent for _, parent in by_id[name].derived_from]
    return frozenset(found)


def _period(row: Observation) -> str:
    return f"{row.end}" if row.start is None else f"{row.start} to {row.end}"
