"""What is likely wrong with the rows of a study, in the language of the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from popest.report.language import named, quoted
from popest.report.voice import Voice
from popest.study.observations.observation import Observation
from popest.study.slips.words import MOST_ROWS, Slip


def slip_sentence(voice: Voice, slip: Slip) -> Markup:
    """Return a slip in words."""
    texts, row = voice.texts, slip.row
    facts: dict[str, Markup | str] = {"row": row.id, "number": texts.number(slip.number)}
    if slip.kind != "more":
        facts |= {"source": _source(voice, row), "value": texts.number(row.value)}
        facts |= {"days": voice.window(row.start, row.end), "word": quoted(slip.word)}
    if slip.others:
        other = slip.others[0]
        facts |= {
            "valued": _listed(voice, slip.others, lambda each: texts.number(each.value)),
            "sourced": _listed(voice, slip.others, lambda each: _source(voice, each)),
            "other": other.id,
            "other_source": _source(voice, other),
            "other_value": texts.number(other.value),
            "other_days": voice.window(other.start, other.end),
        }
    return texts(f"slip.{slip.kind}", **facts)


def _source(voice: Voice, row: Observation) -> Markup:
    """Return the title of a row's source; its name where this view of the study has none."""
    declared = row.source in voice.contents.specification.source
    return voice.source(row.source) if declared else named(row.source)


def _listed(
    voice: Voice, rows: Sequence[Observation], said: Callable[[Observation], Markup | str]
) -> Markup:
    """Return the ids of rows, each with something that is said of it, the rest counted."""
    names = [Markup("{} ({})").format(row.id, said(row)) for row in rows[:MOST_ROWS]]
    rest = len(rows) - len(names)
    if rest:
        names.append(voice.texts("list.more", number=voice.texts.number(rest)))
    return voice.texts.list(names)
