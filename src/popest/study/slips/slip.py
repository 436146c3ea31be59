"""A slip as a fact: its kinds, and the fields of its sentence.

Which rows make a slip is decided in ``popest.study.slips.detectors``. The sentences, ``slip.KIND``
of ``popest.language``, say what stands on file, what it does to the number, and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from popest.language.writers import Writer, plain_writer
from popest.study.observations.columns import STRICTLY_BELOW
from popest.study.observations.observation import Observation
from popest.study.observations.saying import figure_in

SlipKind = Literal[
    "withdrawn_sum",
    "same_figure",
    "early_publication",
    "round_number",
    "unmoved_publication",
    "second_figure",
    "second_of_window",
    "near_figure",
    "falling_series",
    "nested_window",
    "day_to_come",
    "same_series",
    "relayed_value",
    "relayed_unused",
    "thousandfold",
    "glued_digit",
    "wording",
    "more",
]

MOST_ROWS = 5
"""Rows that one sentence names."""


class Slip(NamedTuple):
    """What is likely wrong with a row, beside others.

    `word` is that of the note that `precision` does not agree with, and `precision` what it ought
    to be. `number` is how many more slips there are like the one before, of the kind "more";
    how many figures are the same, of "same_series"; how many digits too many, of "glued_digit".
    """

    kind: SlipKind
    row: Observation
    others: tuple[Observation, ...] = ()
    word: str = ""
    precision: str = ""
    number: int = 0

    @property
    def names(self) -> frozenset[str]:
        """The ids of all rows that it is about."""
        return frozenset({self.row.id, *(other.id for other in self.others)})

    @property
    def key(self) -> str:
        """The key of its sentence: its kind, and which of several ways there are to say it."""
        variant = ""
        match self.kind:
            case "second_figure":
                variant = "_of_two" if len(self.others) == 1 else "_of_many"
            case "thousandfold":
                variant = "_below" if self.row.count < self.others[0].count else "_above"
            case "wording" if self.precision in ("more_than", "at_least", "at_most"):
                variant = f"_{self.precision}"
            case "glued_digit" | "more":
                variant = "_one" if self.number == 1 else "_many"
        return f"slip.{self.kind}{variant}"

    def said(self, writer: Writer) -> str:
        """Return it as a sentence of a language."""
        row, texts = self.row, writer.texts
        return texts(
            self.key,
            **_named(writer, "", row),
            **(_named(writer, "other_", self.others[0]) if self.others else {}),
            superseded=row.supersedes or "",
            published=writer.window(None, row.published),
            valued=self._others(writer, lambda other: figure_in(texts, other)),
            sourced=self._others(writer, lambda other: writer.source(other.source)),
            used=texts.ungrouped(1 + len(self.others)),
            count=texts.ungrouped(self.number),
            number=texts.number(self.number),
            word=writer.quoted(self.word),
            precision=self.precision,
            recorded=row.precision or "",
            bound=texts.number(self._bound),
        )

    def __str__(self) -> str:
        return self.said(plain_writer())

    @property
    def _bound(self) -> int:
        """The greatest count that `word` allows: one fewer where it says "fewer than"."""
        is_strict = re.fullmatch(STRICTLY_BELOW, self.word, re.IGNORECASE) is not None
        return self.row.count - is_strict

    def _others(self, writer: Writer, about: Callable[[Observation], str]) -> str:
        """Return the ids of the other rows, each with something that is said of it."""
        texts = writer.texts
        names = (
            texts("list.about", name=_id(writer, each), about=about(each)) for each in self.others
        )
        return texts.listed(names, MOST_ROWS)


def _id(writer: Writer, row: Observation) -> str:
    """Return the id of a row, with its population in a panel."""
    if row.population is None:
        return row.id
    return writer.texts("list.about", name=row.id, about=row.population)


def _named(writer: Writer, prefix: str, row: Observation) -> dict[str, str]:
    """Return what a sentence may say of a row, by the names of its fields."""
    return {
        f"{prefix}row": _id(writer, row),
        f"{prefix}source": writer.source(row.source),
        f"{prefix}value": figure_in(writer.texts, row),
        f"{prefix}start": writer.window(row.start, None),
        f"{prefix}end": writer.window(None, row.end),
        f"{prefix}days": writer.window(row.start, row.end),
    }
