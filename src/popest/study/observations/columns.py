"""The columns of ``observations.csv``: their names, kinds and words, and how exact a figure can be.

Nothing but words is here, so that help is fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Kind = Literal[
    "id",
    "source",
    "count",
    "precision",
    "day",
    "period",
    "recorded",
    "publisher",
    "text",
    "yes_or_no",
    "row",
    "parents",
    "quantity",
    "population",
]


class Precision(NamedTuple):
    """How exactly a figure was printed.

    `log_sd` is the standard deviation of its error and `log_shift` its shift, both on the log
    scale; the shift is positive where the true count lies a little below what is printed.
    `wordings` are what texts write in front of such a figure, as alternatives of a pattern.
    `is_bound` says that it is no count, but a bound of one, or two.
    """

    log_sd: float
    log_shift: float
    wordings: str = ""
    is_bound: bool = False


_ABOUT = (
    "about|around|approximately|roughly|some|circa|ca\\.|oko|"
    "\u043e\u043a\u043e\u043b\u043e|\u043e\u043a\u043e"
)
_LITTLE = "(?:just|slightly|a little|somewhat) (?:under|below|less than|fewer than)"
_ALMOST = (
    f"almost|nearly|{_LITTLE}|close to|skoro|gotovo|\u043f\u043e\u0447\u0442\u0438|"
    "\u0441\u043a\u043e\u0440\u043e"
)
_FEWER = (
    "less than|fewer than|under|below|<|manje od|ispod|"
    "\u043c\u0435\u043d\u0435\u0435|\u043c\u0435\u043d\u044c\u0448\u0435|"
    "\u043c\u0430\u045a\u0435 \u043e\u0434|\u0438\u0441\u043f\u043e\u0434"
)
_MORE_THAN = (
    "more than|over|exceed(?:s|ed|ing)?|vi\u0161e od|preko|"
    "\u0431\u043e\u043b\u0435\u0435|\u0431\u043e\u043b\u044c\u0448\u0435|"
    "\u0441\u0432\u044b\u0448\u0435|\u0432\u0438\u0448\u0435 \u043e\u0434"
)
_NOT = "no|not|ne|\u043d\u0435"
_AT_MOST = (
    f"up to|at most|\u2264|(?:{_NOT}) (?:{_MORE_THAN})|najvi\u0161e|"
    "\u043d\u0430\u0458\u0432\u0438\u0448\u0435"
)
_AT_LEAST = (
    f"at least|\u2265|(?:{_NOT}) (?:{_FEWER})|najmanje|bar(?:em)?|"
    "\u043d\u0430\u0458\u043c\u0430\u045a\u0435"
)
STRICTLY_BELOW: Final = _FEWER
"""What texts write in front of a number that is one more than what a count can be."""

PRECISIONS: Mapping[str, Precision] = {
    "exact": Precision(0.01, 0.0),
    "rounded": Precision(0.03, 0.0),
    "about": Precision(0.05, 0.0, _ABOUT),
    "almost": Precision(0.02, 0.02, _ALMOST),
    "more_than": Precision(0.03, -0.03, _MORE_THAN),
    "between": Precision(0.0, 0.0, is_bound=True),
    "at_most": Precision(0.0, 0.0, f"{_FEWER}|{_AT_MOST}", is_bound=True),
    "at_least": Precision(0.0, 0.0, _AT_LEAST, is_bound=True),
}
"""Every word that the column `precision` may hold."""

ANY_PRECISION = " or ".join((", ".join([*PRECISIONS][:-1]), [*PRECISIONS][-1]))


class Column(NamedTuple):
    """One column.

    Parameters
    ----------
    kind
        What its cells hold, and so how they are read.
    meaning
        What it says, for other programs.
    option
        The help of its option, where a command takes it; empty for columns that popest fills in.
    question
        What a person is asked for; empty where nobody is asked.
    is_optional
        Whether a file may lack it.
    """

    kind: Kind
    meaning: str
    option: str = ""
    question: str = ""
    is_optional: bool = False


COLUMNS: Mapping[str, Column] = {
    "id": Column("id", "Name of the row", "Id of the new row. Default: the next one."),
    "source": Column(
        "source",
        "Series to which the figure belongs",
        "The source that it belongs to.",
        "name of the source",
    ),
    "value": Column(
        "count",
        "Published count, in the unit of its source",
        "The published count, in digits only; with at_most and at_least the bound.",
        "the published count, digits only",
    ),
    "precision": Column(
        "precision", "How exactly the figure was printed", f"{ANY_PRECISION}.", ANY_PRECISION
    ),
    "start": Column(
        "day",
        "First day counted; empty where one day is counted",
        "First day counted; none for a stock.",
        "first day counted, YYYY-MM-DD",
    ),
    "end": Column(
        "day", "Last day counted", "Last day counted, YYYY-MM-DD.", "last day counted, YYYY-MM-DD"
    ),
    "published": Column(
        "period",
        "Year, month or day of publication",
        "Day, month or year of publication; '' when unknown.",
        "day, month or year of publication; empty when unknown",
    ),
    "recorded": Column("recorded", "Day on which the row was added"),
    "publisher": Column(
        "publisher", "Who published the figure", "Who published it.", "who published it"
    ),
    "url": Column(
        "text", "Where it was published", "Where it was published.", "where; may be empty"
    ),
    "use": Column(
        "yes_or_no",
        "Whether the model uses the row",
        "yes or no. Default for a new figure: yes.",
        "is the model to use it? yes or no",
    ),
    "supersedes": Column("row", "Row that this one corrects or withdraws"),
    "derived_from": Column(
        "parents",
        "Rows of which this one is the signed sum",
        "Rows of which it is the sum, such as '+WRK04 -WRK03'.",
    ),
    "note": Column(
        "text",
        "What else is to be known",
        "What else is to be known; why it is not used.",
        "what else is to be known; why, when it is not used",
    ),
    "se": Column(
        "quantity",
        "Published standard error of the count, in its unit",
        "Its published standard error, in its unit.",
        is_optional=True,
    ),
    "lower": Column(
        "quantity",
        "Lower bound of the published interval, or of a count that is between two",
        "Lower bound of its published interval, or of a count between two.",
        "lowest count that it can be",
        is_optional=True,
    ),
    "upper": Column(
        "quantity",
        "Upper bound of the published interval, or of a count that is between two",
        "Upper bound of its published interval, or of a count between two.",
        "highest count that it can be",
        is_optional=True,
    ),
}
"""All columns of a study, in the order of the file; those that a file may lack are the last."""

PANEL_COLUMNS: Mapping[str, Column] = {
    **COLUMNS,
    "population": Column(
        "population",
        "Population of which the figure is, by its name in populations.csv",
        "The population of a panel that it is of.",
        "name of the population",
    ),
}
"""All columns of a panel: those of a study, and of which population a figure is."""


def columns_of(*kinds: Kind) -> tuple[str, ...]:
    """Return the names of the columns of some kinds, in the order of the file."""
    return tuple(name for name, column in PANEL_COLUMNS.items() if column.kind in kinds)
