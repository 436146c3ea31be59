"""What a person should know of a valid study before reading an estimate from it.

A warning never stops anything. What must not be is a problem, and found by
``popest.study.check``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from popest.study.links import superseders
from popest.study.problems import listed
from popest.study.records import Observation, Source, Variant
from popest.study.variants import is_used
from popest.study.vintage import published_days


def silent_sources(sources: Mapping[str, Source], used: Sequence[Observation]) -> Iterator[str]:
    """Warn of sources that say nothing: they have no row in use, and are no survey."""
    heard = {row.source for row in used}
    for name, source in sources.items():
        if source.measure != "shares" and name not in heard:
            yield f"source {name} has no observation in use."


def rows_without_date(
    on_file: Sequence[Observation],
    published: Sequence[Observation],
    sources: Mapping[str, Source],
    variant: Variant | None,
) -> Iterator[str]:
    """Warn of rows that would count if it were known when they were published."""
    if len(published) == len(on_file):
        return
    days = published_days(on_file)
    superseded = superseders(published)
    left_out = [
        row.id
        for row in on_file
        if days[row.id] is None
        and row.id not in superseded
        and row.source in sources
        and (is_used(row, variant) or row.supersedes is not None)
    ]
    if left_out:
        yield f"left out, because it is not known when they were published: {listed(left_out)}."


def stale_sums(used: Sequence[Observation], published: Sequence[Observation]) -> Iterator[str]:
    """Warn of derived rows of which a parent was corrected, but not yet the sum."""
    superseded_by = superseders(published)
    for row in used:
        for _, parent in row.derived_from:
            if parent in superseded_by:
                yield (
                    f"row {row.id} is computed from {parent}, which {superseded_by[parent]} "
                    "had superseded by then."
                )


def rows_not_known(published: Sequence[Observation], variant: Variant | None) -> Iterator[str]:
    """Warn of rows that a variant takes in, but that were not known on the day."""
    if variant is not None:
        known = {row.id for row in published}
        unknown = [name for name in variant.use if name not in known]
        if unknown:
            yield f"the variant takes in rows that were not known by then: {listed(unknown)}."
