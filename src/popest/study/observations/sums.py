"""What the printed error of a sum follows from: the figures that it is the signed sum of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from popest.study.observations.counting import (
    LARGEST_OWN_ERROR,
    expected_baseline,
    states_its_error,
    wording_error,
)
from popest.study.observations.observation import Observation, Summand
from popest.study.specification.records import Source


def with_terms(
    rows: Sequence[Observation], on_file: Sequence[Observation]
) -> tuple[Observation, ...]:
    """Return rows of which each sum knows its terms, among the rows on file."""
    by_id = {row.id: row for row in on_file}
    return tuple(
        replace(row, terms=_terms(row, by_id)) if row.derived_from else row for row in rows
    )


def _terms(row: Observation, by_id: Mapping[str, Observation]) -> tuple[Summand, ...]:
    """Return the figures without parents of which a row is the sum, each once.

    `by_id` holds all that it rests on, which the rules of rows bound (`MOST_TERMS`).
    """
    times: dict[str, int] = {}
    pending = list(row.derived_from)
    while pending:
        sign, name = pending.pop()
        parents = by_id[name].derived_from
        pending += [(sign * other, parent) for other, parent in parents]
        if not parents:
            times[name] = times.get(name, 0) + sign
    return tuple(
        Summand(name, number, by_id[name].count, by_id[name].precision)
        for name, number in sorted(times.items())
        if number
    )


def printed_shares(row: Observation, source: Source) -> dict[str, float]:
    """Return what a row's printed error is made of, by the figures that were printed.

    Each is the signed standard deviation on the log scale that the error of one figure gives the
    row; figures' errors are independent.

    Notes
    -----
    A figure P that was printed with the log-scale error p may be off by p P. It gives the sum,
    which has it s times, s p P / y', with y' the sum less its baseline at the prior median: as a
    published standard error, the error is one of what was printed. Together they are at most
    `LARGEST_OWN_ERROR`.
    """
    if not row.terms or states_its_error(row, source):
        return {row.id: wording_error(row, source)}
    scale = _per_unit(row, source)
    return {term.id: scale * term.error for term in row.terms}


def inherited_error(row: Observation, source: Source) -> float:
    """Return the printed error that a sum has from its terms, on the log scale.

    It is 0 of what is no sum, and of a sum that was published with all its error.
    """
    if not row.terms or states_its_error(row, source):
        return 0.0
    return _per_unit(row, source) * _error(row)


def inherited_shift(row: Observation, source: Source) -> float:
    """Return the shift that a sum has from its terms, on the log scale; 0 of no sum."""
    if not row.terms:
        return 0.0
    return _per_unit(row, source) * math.fsum(term.shift for term in row.terms)


def exceeds_itself(row: Observation, source: Source) -> bool:
    """Return whether the errors of a sum's terms are more than a normal error can be."""
    net = row.count - expected_baseline(row, source)
    return bool(row.terms) and _error(row) > LARGEST_OWN_ERROR * max(net, 0.0)


def _error(row: Observation) -> float:
    """Return the standard deviation of the errors of a sum's terms, in the row's unit."""
    return math.hypot(*(term.error for term in row.terms))


def _per_unit(row: Observation, source: Source) -> float:
    """Return what one unit of a row is on the log scale of what its target adds to it."""
    if exceeds_itself(row, source):
        return LARGEST_OWN_ERROR / _error(row)
    net = row.count - expected_baseline(row, source)
    return 1 / net if net > 0 else 0.0
