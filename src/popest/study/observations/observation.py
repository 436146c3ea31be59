"""One published figure: a row of ``observations.csv``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from datetime import date
from typing import NamedTuple

from popest.study.observations.columns import PANEL_COLUMNS, PRECISIONS

NOT_STATED = "not stated: held in memory"
"""The publisher of a figure in a frame that names none; it is written to no folder."""


class Summand(NamedTuple):
    """A published figure that is part of a sum, and no sum itself.

    `times` says how often, and with which sign, it is in the sum; `value` and `precision` are
    those of its row.
    """

    id: str
    times: int
    value: int
    precision: str | None

    @property
    def error(self) -> float:
        """The signed standard deviation that its printing gives the sum, in its unit."""
        return self.times * self.value * PRECISIONS[self.precision or "exact"].log_sd

    @property
    def shift(self) -> float:
        """The shift that its wording gives the sum, in its unit."""
        return self.times * self.value * PRECISIONS[self.precision or "exact"].log_shift


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of ``observations.csv``: one published figure.

    `value` is in the unit of its source's exposure times its ratio (persons, permits, firms), and
    None where `lower` and `upper` say between which counts it is. `precision` is a word of
    `PRECISIONS`. `published` is the last day of the published period, and `derived_from` holds
    pairs of a sign (+1 or -1) and the id of a row. `se` is the published standard error, or `lower`
    and `upper` the published interval, in the unit of `value`. `line` is the line of the file on
    which the row begins. `population` is that of a panel; None in a study. `terms` are the figures
    that a sum rests on in the end, where a view uses it: they follow from the rows above, and so
    are no part of what makes two rows equal.
    """

    id: str
    source: str
    value: int | None
    precision: str | None
    start: date | None
    end: date | None
    published: date | None
    recorded: date
    publisher: str
    url: str
    use: bool
    supersedes: str | None
    derived_from: tuple[tuple[int, str], ...]
    note: str
    se: float | None
    lower: float | None
    upper: float | None
    line: int
    population: str | None = None
    terms: tuple[Summand, ...] = field(default=(), compare=False, repr=False)

    @property
    def is_bound(self) -> bool:
        """Whether it is no count, but a bound of one, or two."""
        return self.precision is not None and PRECISIONS[self.precision].is_bound

    @property
    def count(self) -> int:
        """The count that was published; of bounds the one that is named, the lower of two."""
        return int(self.lower or 0) if self.value is None else self.value

    @property
    def range(self) -> tuple[float, float]:
        """The least and the greatest count that it allows."""
        if self.precision == "between":
            return self.lower or 0.0, math.inf if self.upper is None else self.upper
        if self.precision == "at_most":
            return 0.0, float(self.count)
        return float(self.count), math.inf if self.precision == "at_least" else float(self.count)

    def repeats(self, other: Observation | None) -> bool:
        """Return whether it says the figure of another row, however exactly."""
        if other is None or self.value != other.value:
            return False
        return self.value is not None or self.range == other.range

    @property
    def has_own_error(self) -> bool:
        """Whether its error was published with it."""
        bounds = self.lower is not None or self.upper is not None
        return self.se is not None or (bounds and not self.is_bound)


if {*PANEL_COLUMNS, "line", "terms"} != {entry.name for entry in fields(Observation)}:
    raise TypeError("an observation has the columns of observations.csv, its line and its terms")
