"""Which slips are looked for, when rows are added and in every view.

Each slip is one function that judges all rows of a scope: those of a study, or of one population of
a panel, as populations may well have the same figures. `popest sources add` asks about every
slip of the rows that are added; those that put the number itself in doubt (`LASTING`) are warnings
of every view in which the rows are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from popest.study.measures import rules_of
from popest.study.observations.observation import Observation
from popest.study.observations.vintage import by_population, in_force
from popest.study.slips import counted_twice, wrong_figure
from popest.study.slips.scope import Scope
from popest.study.slips.slip import Slip
from popest.study.specification.records import Source

MOST_OF_A_KIND = 5
"""Slips of one kind that a view names; the others are counted."""

if TYPE_CHECKING:
    from popest.study.drafts.addition import Addition

type Detector = Callable[[Scope], Iterator[Slip]]


def find_slips(addition: Addition, today: date) -> list[str]:
    """Return what is likely wrong with the rows of an addition, one sentence each.

    Parameters
    ----------
    addition
        Rows that break no rule.
    today
        The day of recording.
    """
    content = addition.content
    balances = _balances(content.specifications[None].source)
    on_file, found = by_population(content.rows), list[Slip]()
    for population, rows in by_population(addition.rows).items():
        added = frozenset(row.id for row in rows)
        beside = on_file[population]
        scope = Scope(beside, in_force(beside), balances, added, today)
        found += [slip for detector in SLIPS for slip in detector(scope) if slip.names & added]
    return list(dict.fromkeys(map(str, found)))


def slips_of_view(
    on_file: Sequence[Observation],
    published: Sequence[Observation],
    used: Sequence[Observation],
    sources: Mapping[str, Source],
) -> tuple[Slip, ...]:
    """Return what is likely wrong with the rows that a view uses, a few of each kind."""
    names = {row.id for row in used}
    rows = [
        row if row.use == (row.id in names) else replace(row, use=not row.use)
        for row in in_force(published, on_file)
    ]
    balances, beside = _balances(sources), by_population(published)
    scopes = [Scope(beside[name], some, balances) for name, some in by_population(rows).items()]
    found: list[Slip] = []
    for detector in LASTING:
        slips = [slip for scope in scopes for slip in detector(scope)]
        found += slips[:MOST_OF_A_KIND]
        rest = len(slips) - MOST_OF_A_KIND
        if rest > 0:
            found.append(Slip("more", found[-1].row, number=rest))
    return tuple(found)


def withdrawn_sum(scope: Scope) -> Iterator[Slip]:
    """Say that a sum is taken back because a figure in it is."""
    for row in scope.judged:
        rests_on_added = any(name in scope.added for _, name in row.derived_from)
        if rests_on_added and scope.is_withdrawal(row):
            yield Slip("withdrawn_sum", row)


def unmoved_publication(scope: Scope) -> Iterator[Slip]:
    """Warn of a correction that would be taken for known as long as what it corrects."""
    for row in scope.judged:
        before = scope.before(row)
        if before is None or scope.is_withdrawal(row) or row.derived_from or row.published is None:
            continue
        facts, earlier = (
            (r.value, r.precision, r.start, r.end, r.use, r.se, r.lower, r.upper)
            for r in (row, before)
        )
        if row.published == before.published and facts != earlier:
            yield Slip("unmoved_publication", row, (before,))


LASTING: tuple[Detector, ...] = (
    counted_twice.second_figure,
    counted_twice.second_of_window,
    counted_twice.near_figure,
    counted_twice.nested_window,
    counted_twice.same_series,
    counted_twice.relayed_value,
    counted_twice.relayed_unused,
    wrong_figure.thousandfold,
    wrong_figure.glued_digit,
    wrong_figure.falling_series,
    wrong_figure.day_to_come,
    wrong_figure.wording,
)
"""Slips by which a count enters more than once, or that a wrong digit, day or word explains."""

SLIPS: tuple[Detector, ...] = (
    withdrawn_sum,
    *LASTING,
    counted_twice.same_figure,
    wrong_figure.early_publication,
    wrong_figure.round_number,
    unmoved_publication,
)


def _balances(sources: Mapping[str, Source]) -> frozenset[str]:
    return frozenset(name for name, source in sources.items() if rules_of(source.measure).is_signed)
