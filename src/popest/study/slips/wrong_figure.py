"""Slips that a wrong digit, day or word of a row explains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from popest.study.calendar import days_inclusive
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.observation import Observation
from popest.study.slips.scope import Scope, by_source, grouped, last_day
from popest.study.slips.slip import Slip

SMALLEST_ROUND = 1_000
THOUSANDFOLD = (500, 2_000)

LIKE = 1.5
"""Figures within this factor of each other are of one size."""

NEIGHBOURS = 2
"""Figures of the source, nearest in time, that one must be unlike."""

SMALLEST_CUT = 10
"""What is left of a figure without its last digits must have two digits, to be like others."""

_THOUSANDS = "thousand|hiljada|\u0445\u0438\u0459\u0430\u0434\u0430|\u0442\u044b\u0441"
_NUMBER = rf"[\"'\u201c\u2018]?([0-9][0-9., \u00a0\u202f]*)({_THOUSANDS})?"
_WORDED = {
    precision: rf"(?i)(?<!\w)({printed.wordings})(?:\s+|(?<=[<\u2264\u2265])){_NUMBER}"
    for precision, printed in PRECISIONS.items()
    if printed.wordings
}


def thousandfold(scope: Scope) -> Iterator[Slip]:
    """Warn of a value a thousand times off, as where a separator was taken for a decimal.

    Of the two sides between which the gap is, the one of fewer rows is in doubt, and of two sides
    of as many rows the one that came later.
    """
    for rows in by_source(row for row in scope.counts if row.use and row.count > 0):
        ordered = sorted(rows, key=lambda row: row.count)
        for at, (lower, upper) in enumerate(pairwise(ordered), start=1):
            if THOUSANDFOLD[0] <= upper.count / lower.count <= THOUSANDFOLD[1]:
                below, above = (ordered[:at], lower), (ordered[at:], upper)
                doubted, trusted = sorted((below, above), key=_doubt)
                yield from (Slip("thousandfold", row, (trusted[1],)) for row in doubted[0])


def glued_digit(scope: Scope) -> Iterator[Slip]:
    """Warn of a value that is like its neighbours in time without its last one or two digits.

    The two nearest figures of the source must agree, so that a population that grows tenfold from
    one figure to the next is not doubted for it once it has stayed there.
    """
    used = (row for row in scope.counts if row.use and row.count > 0)
    for rows in by_source(row for row in used if row.source not in scope.balances):
        ordered = sorted(rows, key=last_day)
        for at, row in enumerate(ordered):
            first = max(min(at - 1, len(ordered) - NEIGHBOURS - 1), 0)
            nearest = ordered[first : first + NEIGHBOURS + 1]
            beside = tuple(other for other in nearest if other is not row)
            digits = _glued(row, beside)
            if digits and len(beside) == NEIGHBOURS:
                yield Slip("glued_digit", row, beside, number=digits)


def falling_series(scope: Scope) -> Iterator[Slip]:
    """Warn of a count from the same first day that falls as its last day moves on."""
    chosen = [
        row
        for row in scope.rows
        if row.start is not None
        and row.end is not None
        and row.source not in scope.balances
        and (row.id in scope.entering or (row.id in scope.added and not scope.is_withdrawal(row)))
    ]
    for rows in grouped(chosen, lambda row: (row.source, row.start)):
        largest: Observation | None = None  # of all rows that end earlier, and below of those
        entering: Observation | None = None  # among them that enter an estimate
        for _, same_day in groupby(sorted(rows, key=last_day), key=last_day):
            together = list(same_day)
            for row in together:
                earlier = largest if row.id in scope.entering else entering
                if earlier is not None and 0 <= row.count < earlier.count:
                    yield Slip("falling_series", row, (earlier,))
            for row in together:
                largest = _larger(row, largest)
                if row.id in scope.entering:
                    entering = _larger(row, entering)


def day_to_come(scope: Scope) -> Iterator[Slip]:
    """Warn of a row that counts to a day after that on which it was recorded."""
    for row in scope.judged:
        if row.end is not None and row.end > (scope.today or row.recorded):
            yield Slip("day_to_come", row)


def early_publication(scope: Scope) -> Iterator[Slip]:
    """Warn of a publication before the end of what was counted."""
    for row in scope.judged:
        if row.end is not None and row.published is not None and row.published < row.end:
            yield Slip("early_publication", row)


def wording(scope: Scope) -> Iterator[Slip]:
    """Warn of a figure that its own note words as less than exact."""
    for row in scope.judged:
        if scope.is_withdrawal(row):
            continue
        precision, word = _worded(row)
        # More than is read as a little more, at least as any count from there on.
        is_vague = row.precision == "more_than" and precision == "at_least"
        if precision and (_is_exact(row) or is_vague):
            yield Slip("wording", row, word=word, precision=precision)


def round_number(scope: Scope) -> Iterator[Slip]:
    """Warn of a round figure that is recorded as exact."""
    for row in scope.judged:
        is_round = row.count >= SMALLEST_ROUND and row.count % SMALLEST_ROUND == 0
        if row.use and is_round and _is_exact(row) and not _worded(row)[0]:
            yield Slip("round_number", row)


def _larger(row: Observation, other: Observation | None) -> Observation:
    return row if other is None or row.count > other.count else other


def _doubt(side: tuple[Sequence[Observation], Observation]) -> tuple[int, int]:
    """Return by what the sides of a gap are ordered, the one in doubt first."""
    rows, _ = side
    return len(rows), -min(row.line for row in rows)


def _glued(row: Observation, beside: Sequence[Observation]) -> int:
    """Return without how many of its last digits a row is like others; 0 when without none."""
    for digits in (1, 2):
        cut = row.count // 10**digits
        sizes = [(cut / _days(row)) / (other.count / _days(other)) for other in beside]
        if cut >= SMALLEST_CUT and all(1 / LIKE <= size <= LIKE for size in sizes):
            return digits
    return 0


def _days(row: Observation) -> int:
    """Return the days over which a row counts; 1 for a stock."""
    return 1 if row.start is None or row.end is None else days_inclusive(row.start, row.end)


def _is_exact(row: Observation) -> bool:
    return row.precision == "exact" and not row.derived_from


def _worded(row: Observation) -> tuple[str, str]:
    """Return the precision that the note of a row speaks of, and its word; or two empty texts.

    Of several the first counts, so that "no fewer than" is not taken for "fewer than".
    """
    if not any(char.isdigit() for char in row.note):
        return "", ""
    found = (
        (match.start(), precision, match[1])
        for precision, pattern in _WORDED.items()
        for match in re.finditer(pattern, row.note)
        if int(re.sub("[^0-9]", "", match[2])) * (1_000 if match[3] else 1) == abs(row.count)
    )
    _, precision, word = min(found, default=(0, "", ""))
    return precision, word
