"""The answer beside others: without a source, under a variant, as of an earlier day."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from popest.checks.methods.adjusted import LEVEL
from popest.checks.methods.moves import Move, Moves
from popest.estimates import VariantRow
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.estimates.fit_warnings import LARGEST_NOISE_FACTOR
from popest.report.contents import Case
from popest.report.language import NO_BREAK_SPACE, named
from popest.report.pictures.forest import Bar, Forest, Row
from popest.report.pictures.svg import Drawing
from popest.report.voice import Voice
from popest.study.observations.vintage import undated as undated_rows

SMALLEST_P = 0.001


class ConflictRow(NamedTuple):
    """A source against all others, as the table has it."""

    source: Markup
    p_value: str
    p_adjusted: str
    verdict: Markup


class VariantCells(NamedTuple):
    """A variant, as the table has it; `because` is None for the study itself."""

    name: Markup
    because: str | None
    median: str
    interval: str
    evidence: str
    remarks: list[Markup]


def bar(found: Distribution | None) -> Bar | None:
    """Return the bar of what is estimated."""
    if found is None:
        return None
    low, high, *_ = found.interval(0.5)
    return Bar(*found.median_and_bounds(HEADLINE_PROBABILITY), (low, high))


def leave_sentences(voice: Voice) -> list[Markup]:
    """Return which source moves the median most, and the range of what one says alone."""
    contents, texts, found = voice.contents, voice.texts, []
    if contents.findings.moves.by_source:
        found.append(_most(voice, contents.findings.moves))
    alone = {case.source: case.alone for case in contents.findings.cases if case.alone}
    if alone:
        low = min(alone, key=lambda each: alone[each].median)
        high = max(alone, key=lambda each: alone[each].median)
        found.append(
            texts(
                "leave.alone",
                low=texts.persons(alone[low].median),
                high=texts.persons(alone[high].median),
                low_source=voice.source(low),
                high_source=voice.source(high),
            )
        )
    return found


def _most(voice: Voice, moves: Moves) -> Markup:
    """Return which source moves the median most, from where to where; or which ones tie."""
    texts, before = voice.texts, voice.texts.persons(moves.median)
    if not moves.most:
        return texts("leave.none", before=before)
    facts = [
        {
            "source": voice.source(move.source),
            "after": texts.persons(move.median),
            "share": texts.percent(abs(move.widths or 0)),
        }
        for move in moves.most
    ]
    if len(facts) == 1:
        return texts("leave.most", before=before, **facts[0])
    cases = [texts("leave.case", **each) for each in facts]
    return texts("leave.tie", before=before, cases=texts.list(cases))


def leave_picture(voice: Voice) -> Drawing:
    """Return the forest of sources left out and alone, with the assumptions alone below."""
    contents = voice.contents
    rows = [
        Row(voice.title(case.source), (bar(case.without), bar(case.alone)))
        for case in contents.findings.cases
    ]
    prior = Row(voice.texts.plain("leave.prior"), (bar(contents.prior),), is_study_text=False)
    return _forest(voice, "leave", "leave-one-out-picture", [*rows, prior])


def leave_rows(voice: Voice) -> list[tuple[Markup, list[str]]]:
    """Return the table: without each source, the move of the median, and the source alone."""
    contents, texts = voice.contents, voice.texts
    rows = [
        (voice.source(case.source), _leave_cells(voice, case)) for case in contents.findings.cases
    ]
    whole = [texts.persons(contents.headline.median), voice.most(contents.headline), "", "", ""]
    prior = ["", "", "", texts.persons(contents.prior.median), voice.most(contents.prior)]
    return [(texts("leave.all"), whole), *rows, (texts("leave.prior"), prior)]


def conflict_sentence(voice: Voice) -> list[Markup]:
    """Return whether any source contradicts the others."""
    texts, rows = voice.texts, voice.contents.findings.conflicts
    least = min(rows, key=lambda row: row.p_value)
    facts = {
        "p": _p_value(voice, least.p_value),
        "source": voice.source(least.source),
        "adjusted": _p_value(voice, least.p_adjusted),
    }
    flagged = [row.source for row in rows if row.flagged]
    if flagged:
        found = [texts("conflict.some", sources=voice.sources(flagged), **facts)]
    else:
        found = [texts("conflict.none", **facts)]
    unsure = [row.source for row in rows if not row.certified]
    if unsure:
        found.append(texts("conflict.unsure", sources=voice.sources(unsure)))
    return found


def conflict_rows(voice: Voice) -> list[ConflictRow]:
    """Return the table of sources against all others."""
    rows = []
    for row in voice.contents.findings.conflicts:
        verdict = "contradicts" if row.flagged else "agrees" if row.certified else "not_certified"
        p_values = _p_value(voice, row.p_value), _p_value(voice, row.p_adjusted)
        said = voice.texts(f"conflict.{verdict}")
        rows.append(ConflictRow(voice.source(row.source), *p_values, said))
    return rows


def variant_sentence(voice: Voice) -> Markup | None:
    """Return how far the specification moves the median; None where only one is certified."""
    texts = voice.texts
    lower, upper, *_ = voice.contents.headline.interval(HEADLINE_PROBABILITY)
    medians = {row.name: row.headline.median for row in voice.contents.variants if row.headline}
    if len(medians) < 2 or lower == upper:
        return None
    low = min(medians, key=lambda name: medians[name])
    high = max(medians, key=lambda name: medians[name])
    return texts(
        "variants.span",
        low=texts.persons(medians[low]),
        high=texts.persons(medians[high]),
        low_name=_variant_name(voice, low),
        high_name=_variant_name(voice, high),
        share=texts.percent((medians[high] - medians[low]) / (upper - lower)),
    )


def variant_picture(voice: Voice) -> Drawing:
    """Return the specification curve: the study itself, then its variants by their medians."""
    first, *others = voice.contents.variants
    others.sort(key=lambda row: row.headline.median if row.headline else float("inf"))
    rows = []
    for row in (first, *others):
        label = row.name.replace("_", " ") if row.name else voice.texts.plain("variants.itself")
        rows.append(Row(label, (bar(row.headline),), is_study_text=row.name is not None))
    return _forest(voice, "variants", "variants-picture", rows)


def variant_rows(voice: Voice) -> list[VariantCells]:
    """Return the table of the study and its variants, in the order of the study."""
    texts, declared = voice.texts, voice.contents.specification.variant
    return [
        VariantCells(
            _variant_name(voice, row.name),
            declared[row.name].because if row.name else None,
            texts.persons(row.headline.median) if row.headline else "",
            voice.most(row.headline) if row.headline else "",
            "" if row.log_evidence is None else texts.number(row.log_evidence, 1),
            _remarks(voice, row),
        )
        for row in voice.contents.variants
    ]


def history_picture(voice: Voice) -> Drawing:
    """Return the forest of estimates as of each day of publication."""
    rows = [
        Row(voice.texts.day(vintage.as_of), (bar(vintage.headline),), is_study_text=False)
        for vintage in voice.contents.findings.vintages
    ]
    return _forest(voice, "history", "history-picture", rows)


def history_rows(voice: Voice) -> list[tuple[str, list[str], Markup]]:
    """Return the table of estimates as of each day of publication, with what came out."""
    rows = []
    for vintage in voice.contents.findings.vintages:
        cells = ["", "", voice.texts.plain("history.not_certified")]
        if vintage.headline is not None:
            found = vintage.headline
            cells = [voice.texts.persons(found.median), voice.most(found, 0.5), voice.most(found)]
        changes = [voice.news(vintage.news)] if vintage.news else []
        if vintage.gone:
            changes.append(voice.texts("history.gone", rows=voice.rows(vintage.gone)))
        rows.append((str(vintage.as_of), cells, Markup("; ").join(changes)))
    return rows


def undated(voice: Voice) -> Markup | None:
    """Return which used figures enter on their day of record, their publication being unknown."""
    study = voice.contents.study
    unstated = undated_rows(study.observations)
    rows = [row.id for row in study.used if row.id in unstated]
    return voice.texts("history.undated", rows=voice.rows(rows)) if rows else None


def _forest(voice: Voice, key: str, name: str, rows: list[Row]) -> Drawing:
    texts = voice.texts
    return Forest(
        name,
        texts.plain(f"{key}.picture_title"),
        texts.plain(f"{key}.picture_description"),
        rows,
        texts.number,
        texts.plain(f"{key}.not_certified"),
        bar(voice.contents.headline),
    ).draw()


def _leave_cells(voice: Voice, case: Case) -> list[str]:
    texts = voice.texts
    missing = texts.plain("leave.not_certified")
    cells = ["", missing, ""]
    if case.without is not None:
        move = voice.contents.findings.moves.by_source[case.source]
        cells = [texts.persons(move.median), voice.most(case.without), _moved(voice, move)]
    if case.alone is None:
        return [*cells, "", missing]
    return [*cells, texts.persons(case.alone.median), voice.most(case.alone)]


def _moved(voice: Voice, move: Move) -> str:
    """Return a move of the median with its Monte Carlo standard error, two digits each."""
    by, error = (voice.texts.number(float(f"{value:.2g}")) for value in (move.by, move.error))
    return f"{'+' if move.by > 0 else ''}{by}{NO_BREAK_SPACE}±{NO_BREAK_SPACE}{error}"


def _p_value(voice: Voice, value: float) -> str:
    if value < SMALLEST_P:
        least = voice.texts.number(SMALLEST_P, 3)
        return voice.texts.plain("number.less_than", percent=least)
    return voice.texts.number(value, 2 if value >= LEVEL else 3)


def _variant_name(voice: Voice, name: str | None) -> Markup:
    return voice.texts("variants.itself") if name is None else named(name.replace("_", " "))


def _remarks(voice: Voice, row: VariantRow) -> list[Markup]:
    if row.headline is None:
        return [voice.texts("variants.not_certified")]
    found = []
    if row.unexplained:
        found.append(voice.texts("variants.unexplained", figures=voice.rows(row.unexplained)))
    if row.is_noisy:
        found.append(voice.texts("variants.noisy", factor=LARGEST_NOISE_FACTOR))
    return found
