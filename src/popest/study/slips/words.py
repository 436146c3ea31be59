"""A slip, as a fact, and popest's English words for it.

Which rows make a slip is decided in ``popest.study.slips.detectors``. The words say what stands on
file, what it does to the number, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from popest.study.observations.observation import Observation
from popest.study.problems import listed, shown

SlipKind = Literal[
    "withdrawn_sum",
    "same_figure",
    "early_publication",
    "round_number",
    "unmoved_publication",
    "second_figure",
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

    def __str__(self) -> str:
        return _WORDS[self.kind](self)


def period(row: Observation) -> str:
    """Return the days that a row counts, as they are written on file."""
    return f"{row.end}" if row.start is None else f"{row.start} to {row.end}"


def _with_values(rows: Sequence[Observation]) -> str:
    return listed((f"{row.id} ({row.value:,})" for row in rows), MOST_ROWS)


def _with_sources(rows: Sequence[Observation]) -> str:
    return listed((f"{row.id} ({row.source})" for row in rows), MOST_ROWS)


def _withdrawn_sum(slip: Slip) -> str:
    row = slip.row
    return f"{row.supersedes} is computed from what is withdrawn: {row.id} withdraws it, too."


def _same_figure(slip: Slip) -> str:
    row, other = slip.row, slip.others[0]
    return f"{row.id} says what {other.id} says already: {row.value:,}, {period(row)}."


def _early_publication(slip: Slip) -> str:
    row = slip.row
    return (
        f"{row.id} was published by {row.published}, before the end of what it counts, {row.end}."
    )


def _round_number(slip: Slip) -> str:
    return f"{slip.row.id} is recorded as exact, but {slip.row.value:,} is a round number."


def _unmoved_publication(slip: Slip) -> str:
    row, before = slip.row, slip.others[0]
    return (
        f"{row.id} has the day of publication of {before.id}, {row.published}: estimates as of "
        f"the days since then will change. If the correction came out later, give its own day "
        f"(--published)."
    )


def _second_figure(slip: Slip) -> str:
    row, others = slip.row, slip.others
    used = "both are used" if len(others) == 1 else f"all {len(others) + 1} are used"
    return (
        f"{row.id} is a second figure of {row.source} for {period(row)}, beside "
        f"{_with_values(others)}: {used}, each as a count of its own, so the interval is too "
        f"narrow. If it corrects or repeats {others[0].id}, revise that one, or withdraw one of "
        f"them (popest sources withdraw)."
    )


def _near_figure(slip: Slip) -> str:
    row, other = slip.row, slip.others[0]
    return (
        f"{row.id} ({row.value:,}, {row.end}) and {other.id} ({other.value:,}, {other.end}) of "
        f"{row.source} lie days apart, as no other figures of it do: are they editions of one "
        f"figure? Then it counts twice and the interval is too narrow; withdraw one of them "
        f"(popest sources withdraw)."
    )


def _falling_series(slip: Slip) -> str:
    row, earlier = slip.row, slip.others[0]
    return (
        f"The count from {row.start} falls: {earlier.value:,} to {earlier.end} ({earlier.id}), "
        f"but {row.value:,} to {row.end} ({row.id}). What has been counted cannot become less: "
        f"look which of them has a wrong digit or day, and revise it."
    )


def _nested_window(slip: Slip) -> str:
    inner, outer = slip.row, slip.others[0]
    return (
        f"The window of {inner.id}, {period(inner)}, lies within that of {outer.id}, "
        f"{period(outer)}, and both are used: what is in both counts twice. Use one of them, or "
        f"their difference (derived_from)."
    )


def _day_to_come(slip: Slip) -> str:
    return (
        f"{slip.row.id} counts to {slip.row.end}, which is still to come on the day on which it is "
        f"recorded. Look whether the day is right."
    )


def _same_series(slip: Slip) -> str:
    row, other = slip.row, slip.others[0]
    return (
        f"{slip.number} figures of {row.source} have the value and the days of figures of "
        f"{other.source} (the last is {row.id}): do both publish one count? Then it counts twice "
        f"and the interval is too narrow; leave one of the two sources out."
    )


def _relayed_value(slip: Slip) -> str:
    row = slip.row
    return (
        f"{row.id} has the value of {_with_sources(slip.others)}, {row.value:,}: is it that "
        f"figure, relayed? All of them are used, so one count would count several times and the "
        f"interval be too narrow; withdraw the relayed one (popest sources withdraw)."
    )


def _relayed_unused(slip: Slip) -> str:
    row = slip.row
    return (
        f"{row.id} has the value of {_with_sources(slip.others)}, {row.value:,}: is it that "
        f"figure, relayed? Nothing counts twice, as only {row.id} is used; but if it is, it may "
        f"count something else. If not, name the other in the note of {row.id}."
    )


def _thousandfold(slip: Slip) -> str:
    row, nearest = slip.row, slip.others[0].value
    side = "below" if row.value < nearest else "above"
    return (
        f"{row.id} is {row.value:,}, some thousand times {side} the nearest figure of "
        f"{row.source}, {nearest:,}: was a thousands separator misread? Revise it if so; the "
        f"estimate takes it as it stands."
    )


def _glued_digit(slip: Slip) -> str:
    row = slip.row
    return (
        f"{row.id} is {row.value:,}, many times the nearest figures of {row.source}, "
        f"{_with_values(slip.others)}; without its last {_digits(slip.number)} it would be like "
        f"them: was the mark of a footnote read as a digit? Look at what was printed, and revise "
        f"it if so; the estimate takes it as it stands."
    )


def _digits(number: int) -> str:
    return "digit" if number == 1 else f"{number} digits"


def _wording(slip: Slip) -> str:
    return (
        f"{slip.row.id} is recorded as exact, but its note says {shown(slip.word)}: should "
        f"precision be {slip.precision}? As exact it is taken for nearer to the truth than it is."
    )


def _more(slip: Slip) -> str:
    others = "one" if slip.number == 1 else f"{slip.number:,}"
    return f"and {others} more of the kind of the last ({slip.row.id}); mend these first."


_WORDS: dict[SlipKind, Callable[[Slip], str]] = {
    "withdrawn_sum": _withdrawn_sum,
    "same_figure": _same_figure,
    "early_publication": _early_publication,
    "round_number": _round_number,
    "unmoved_publication": _unmoved_publication,
    "second_figure": _second_figure,
    "near_figure": _near_figure,
    "falling_series": _falling_series,
    "nested_window": _nested_window,
    "day_to_come": _day_to_come,
    "same_series": _same_series,
    "relayed_value": _relayed_value,
    "relayed_unused": _relayed_unused,
    "thousandfold": _thousandfold,
    "glued_digit": _glued_digit,
    "wording": _wording,
    "more": _more,
}
