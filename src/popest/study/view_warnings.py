"""What a person should know of a valid study before reading an estimate from it.

A warning never stops anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from popest.language.writers import Writer, plain_writer
from popest.study.measures import rules_of
from popest.study.observations.counting import LARGEST_OWN_ERROR, is_explicit
from popest.study.observations.links import superseders
from popest.study.observations.observation import Observation
from popest.study.observations.sums import exceeds_itself, printed_shares
from popest.study.observations.vintage import undated
from popest.study.specification.initial import with_baseline
from popest.study.specification.learned import learned_row
from popest.study.specification.learned_definitions import WIDE
from popest.study.specification.priors import PersonsPrior
from popest.study.specification.records import Source, Variant
from popest.study.variants import is_used

LARGEST_RATIO = 3
"""Registers that everybody has left or died out of hold up to twice the persons present (learned
ratios), and a percentage of 3 or less would be a register that misses nearly everybody."""


class ViewWarning(NamedTuple):
    """What a person should know of a view: its kind, and what it is about.

    `subject` is a source or a row, `rows` are rows, `newer` is the row that supersedes one,
    `sources` and `keys` are names, and `value` is a median: of a ratio, of a factor of it, or of
    the persons there before the first day.
    """

    kind: Literal[
        "silent_source",
        "rows_without_date",
        "revived",
        "stale_sum",
        "small_difference",
        "errors_apart",
        "rows_not_known",
        "large_ratio",
        "initial_beside_baseline",
        "no_reason",
        "wide_definition",
        "older_than_pairs",
    ]
    subject: str
    rows: tuple[str, ...] = ()
    newer: str = ""
    value: float = 0.0
    sources: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def said(self, writer: Writer) -> str:
        """Return it as a sentence of a language."""
        return writer.texts(
            f"warning.{self.kind}",
            source=writer.source(self.subject),
            row=self.subject,
            rows=writer.rows(self.rows),
            newer=self.newer,
            value=writer.texts.exact(self.value),
            sources=writer.texts.joined([writer.source(name) for name in self.sources], ", "),
            keys=", ".join(self.keys),
        )

    def __str__(self) -> str:
        return self.said(plain_writer())


def warnings_of_view(
    on_file: Sequence[Observation],
    published: Sequence[Observation],
    used: Sequence[Observation],
    sources: Mapping[str, Source],
    variant: Variant | None,
    initial: PersonsPrior | None = None,
) -> tuple[ViewWarning, ...]:
    """Return all warnings of a view: its rows on file, published and used, and its sources.

    `initial` are the persons there before the first day.
    """
    return (
        *silent_sources(sources, used),
        *rows_without_date(on_file, published, sources, variant),
        *revived_rows(on_file, published, used),
        *stale_sums(used, published),
        *small_differences(used, sources),
        *errors_apart(used, sources),
        *rows_not_known(published, variant),
        *large_ratios(sources),
        *initial_beside_baselines(initial, sources),
        *sources_without_reason(sources),
    )


def learned_doubts(sources: Mapping[str, Source], table: str) -> Iterator[ViewWarning]:
    """Warn of learned ratios of which no pair speaks: by its definition, or at its age.

    `table` is the text of the table of learned ratios.
    """
    for name, source in sources.items():
        if source.ratio is None or source.ratio.learned is None:
            continue
        row = learned_row(source.ratio, table)
        if row.standing == WIDE:
            yield ViewWarning("wide_definition", name, keys=(row.definition or row.name,))
        months = source.ratio.months
        if months is not None and 0 < row.oldest_months < months:
            keys = (f"{row.oldest_months}",)
            yield ViewWarning("older_than_pairs", name, value=months, keys=keys)


def silent_sources(
    sources: Mapping[str, Source], used: Sequence[Observation]
) -> Iterator[ViewWarning]:
    """Warn of sources that say nothing: no row in use, where rows are what they speak by."""
    heard = {row.source for row in used}
    for name, source in sources.items():
        if rules_of(source.measure).has_rows and name not in heard:
            yield ViewWarning("silent_source", name)


def rows_without_date(
    on_file: Sequence[Observation],
    published: Sequence[Observation],
    sources: Mapping[str, Source],
    variant: Variant | None,
) -> Iterator[ViewWarning]:
    """Warn of rows that might count if it were known when they were published."""
    if len(published) == len(on_file):
        return
    unstated, known = undated(on_file), {row.id for row in published}
    superseded = superseders(published)
    left_out = [
        row.id
        for row in on_file
        if row.id in unstated
        and row.id not in known
        and row.id not in superseded
        and row.source in sources
        and (is_used(row, variant) or row.supersedes is not None)
    ]
    if left_out:
        yield ViewWarning("rows_without_date", "", tuple(left_out))


def revived_rows(
    on_file: Sequence[Observation],
    published: Sequence[Observation],
    used: Sequence[Observation],
) -> Iterator[ViewWarning]:
    """Warn of used rows whose correction is left out because its day is not known.

    A correction that is known to have come later is no reason to warn: the row was in force.
    """
    if len(published) == len(on_file):
        return
    unstated, superseded_by = undated(on_file), superseders(on_file)
    for row in used:
        newer = superseded_by.get(row.id)
        if newer in unstated:
            yield ViewWarning("revived", row.id, newer=newer)


def stale_sums(
    used: Sequence[Observation], published: Sequence[Observation]
) -> Iterator[ViewWarning]:
    """Warn of derived rows of which a parent was corrected, but not yet the sum."""
    superseded_by = superseders(published)
    for row in used:
        for _, parent in row.derived_from:
            if parent in superseded_by:
                yield ViewWarning("stale_sum", row.id, (parent,), superseded_by[parent])


def small_differences(
    used: Sequence[Observation], sources: Mapping[str, Source]
) -> Iterator[ViewWarning]:
    """Warn of sums whose terms may be off by more than the sum can say."""
    for row in used:
        if _has_printed_error(sources[row.source]) and exceeds_itself(row, sources[row.source]):
            yield ViewWarning("small_difference", row.id, value=LARGEST_OWN_ERROR)


def errors_apart(
    used: Sequence[Observation], sources: Mapping[str, Source]
) -> Iterator[ViewWarning]:
    """Warn of rows that share a printed figure, but not its error.

    The rows of a source share errors where its ratio is integrated; elsewhere rows are
    independent given the population and the ratios.
    """
    if not any(row.terms for row in used):
        return
    by_source: dict[str, list[Observation]] = {}
    for row in used:
        if _has_printed_error(sources[row.source]):
            by_source.setdefault(row.source, []).append(row)
    holders: dict[str, list[tuple[str, str]]] = {}
    for name, rows in by_source.items():
        source = sources[name]
        is_joint = "sampling" in rules_of(source.measure).optional and not is_explicit(source, rows)
        for row in rows:
            for figure in printed_shares(row, source):
                holders.setdefault(figure, []).append((name if is_joint else row.id, row.id))
    apart = {
        row for held in holders.values() if len({piece for piece, _ in held}) > 1 for _, row in held
    }
    if apart:
        rows_apart = tuple(row.id for row in used if row.id in apart)
        yield ViewWarning("errors_apart", "", rows_apart)


def _has_printed_error(source: Source) -> bool:
    return source.ratio is not None and source.sampling != "binomial"


def rows_not_known(
    published: Sequence[Observation], variant: Variant | None
) -> Iterator[ViewWarning]:
    """Warn of rows that a variant takes in, but that were not known on the day."""
    if variant is not None:
        known = {row.id for row in published}
        unknown = [name for name in variant.use if name not in known]
        if unknown:
            yield ViewWarning("rows_not_known", "", tuple(unknown))


def large_ratios(sources: Mapping[str, Source]) -> Iterator[ViewWarning]:
    """Warn of ratios, or factors of them, by which each person present is counted many times.

    Only what a person wrote is questioned: a learned ratio cannot be a percentage. Sources that
    count over a period are left out: one person may well be issued several permits.
    """
    for name, source in sources.items():
        if source.ratio is None or rules_of(source.measure).has_start:
            continue
        by_hand = source.ratio.times if source.ratio.learned else [source.ratio]
        for prior in by_hand:
            if prior.median > LARGEST_RATIO:
                yield ViewWarning("large_ratio", name, value=prior.median)


def initial_beside_baselines(
    initial: PersonsPrior | None, sources: Mapping[str, Source]
) -> Iterator[ViewWarning]:
    """Warn of baselines that must not hold the persons there before the first day, and might."""
    names = with_baseline(initial, sources)
    if initial is not None and names:
        yield ViewWarning("initial_beside_baseline", "", value=initial.median, sources=names)


def sources_without_reason(sources: Mapping[str, Source]) -> Iterator[ViewWarning]:
    """Warn of sources that give no reason for when they count a person again, or later."""
    for name, source in sources.items():
        given = {
            "every_months": source.every_months is not None,
            "renewed": source.renewed < 1,
            "later": isinstance(source.later, float) and source.later > 0,
        }
        keys = tuple(key for key, is_given in given.items() if is_given)
        if keys and source.because is None:
            yield ViewWarning("no_reason", name, keys=keys)
