"""The rows of a study as a pandas frame; pandas is needed here and nowhere else in this room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from popest.study.observations.columns import COLUMNS, columns_of
from popest.study.observations.links import parents_text

if TYPE_CHECKING:
    import pandas as pd

    from popest.study.observations.observation import Observation

_DAYS = ("start", "end", "published", "recorded")
_OPTIONAL_TEXTS = columns_of("precision", "row")


def observations_frame(rows: Sequence[Observation], used: Sequence[Observation]) -> pd.DataFrame:
    """Return rows by id and in file order, and which of them are used.

    Days are timestamps, `published` is the last day of the period, and `in_use` says which rows
    are among those used. `value` is of whole numbers: ``int64``, or ``Int64`` with a missing value
    where a row is a count between two. `se`, `lower` and `upper` are missing where none is said.
    """
    import pandas as pd

    in_use = {row.id for row in used}
    entries = [
        {column: getattr(row, column) for column in COLUMNS}
        | {"derived_from": parents_text(row), "in_use": row.id in in_use}
        for row in rows
    ]
    frame = pd.DataFrame(entries, columns=[*COLUMNS, "in_use"])
    for column in _DAYS:
        frame[column] = pd.to_datetime(frame[column])
    if any(row.value is None for row in rows):
        frame["value"] = pd.array([row.value for row in rows], dtype="Int64")
    for column in columns_of("quantity"):
        frame[column] = frame[column].astype("float64")
    for column in _OPTIONAL_TEXTS:
        frame[column] = frame[column].astype("str")
    return frame.set_index("id")
