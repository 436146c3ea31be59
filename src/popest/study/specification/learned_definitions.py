"""What an indicator counts by definition: asked of a study where a type has several answers.

The table says which definitions a type has, and what is known by each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from popest.language.writers import plain_writer
from popest.study.specification.toml_lines import Path as Entry
from popest.study.specification.wording import Fault, toml_text

REFUSED, WIDE = "refused", "wide"


class Row(Protocol):
    """A row of the table of learned ratios."""

    @property
    def definition(self) -> str:
        """What an indicator counts."""

    @property
    def standing(self) -> str:
        """Whether it is learned, wide or refused."""


def definition_faults(
    place: Entry, name: str, definition: object, rows: Sequence[Row]
) -> Iterator[Fault]:
    """Yield what is wrong with the definition of a learned ratio: none, another, or one refused.

    Parameters
    ----------
    place
        Where the ratio stands.
    name
        Its type with the regime.
    definition
        What the study says; None where it says nothing.
    rows
        The rows of the type in the table.
    """
    known = {row.definition: row for row in rows if row.definition}
    if definition is None:
        if len(known) > 1:
            rule = "is learned by more than one definition. What does this source count?"
            yield Fault((*place, "learned"), toml_text(name), rule, _answers(known.values()))
        elif any(row.standing == REFUSED for row in rows):
            yield _refused((*place, "learned"), name)
        return
    if definition not in list(known):
        rule = "is no definition by which this type is learned"
        remedy = _answers(known.values()) if known else "remove it: this type has only one"
        yield Fault((*place, "definition"), toml_text(definition), rule, remedy)
    elif known[str(definition)].standing == REFUSED:
        yield _refused((*place, "definition"), str(definition))


def _refused(place: Entry, value: str) -> Fault:
    rule = (
        "is a definition by which the ratio depends on the place alone: no other place tells of it"
    )
    remedy = "remove learned, and argue median and interval90 by hand"
    return Fault(place, toml_text(value), rule, remedy)


def _answers(rows: Iterable[Row]) -> str:
    """Return the answers to choose from, each with what it means and what is known by it."""
    said = []
    for row in rows:
        means = meaning(row.definition)
        known = {REFUSED: "refused", WIDE: "no pair: very wide"}.get(row.standing, "")
        notes = "; ".join(filter(None, (means, known)))
        said.append(f'definition = "{row.definition}"' + (f" ({notes})" if notes else ""))
    return f"write {' or '.join(said)}"


def meaning(definition: str) -> str:
    """Return what a definition means, in plain words; nothing of one that popest does not know."""
    texts, key = plain_writer().texts, f"definition.{definition}"
    return texts.plain(key) if key in texts else ""
