"""Whether a table of learned ratios is one: the file may be a stranger's."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

MOST_TABLE_ROWS = 10_000
_NAME = re.compile(r"[a-z_]{0,64}")
_COUNTRY = re.compile(r"[^\W\d_][\w .'-]{0,63}|")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_COUNT = re.compile(r"0|[1-9][0-9]{0,6}")
_STANDINGS = ("learned", "wide", "refused")


def _number(lower: float, upper: float) -> Callable[[str], bool]:
    def is_inside(cell: str) -> bool:
        try:
            return lower <= float(cell) <= upper
        except ValueError:
            return False

    return is_inside


def _like(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda cell: pattern.fullmatch(cell) is not None


_TEXTS = {
    **dict.fromkeys(("type", "regime", "definition"), _like(_NAME)),
    **dict.fromkeys(("n_pairs", "n_blocks", "n_countries", "oldest_months"), _like(_COUNT)),
    "without": _like(_COUNTRY),
    "pairs_sha256": _like(_DIGEST),
    "standing": _STANDINGS.__contains__,
}
_NUMBERS = {
    **dict.fromkeys(("median", "lower", "upper"), _number(1e-9, 1e9)),
    **dict.fromkeys(("tau", "scale"), _number(1e-6, 20)),
    "tails": _number(0.5, 1e6),
    "drift": _number(-10, 10),
    "drift_sd": _number(0, 10),
}
_SECOND_EDITION = {"definition": "", "oldest_months": "0", "scale": "1", "standing": "learned"}
"""Columns that a table of the first edition lacks, as saved estimates hold it."""


@lru_cache(maxsize=4)
def table_fault(text: str) -> str | None:
    """Return the first line of a table that breaks a rule, and which; None for a valid table.

    Parameters
    ----------
    text
        The text of ``ratios.csv``.
    """
    return next(_faults(text), None)


def _faults(text: str) -> Iterator[str]:
    reader = csv.DictReader(text.removeprefix("\ufeff").splitlines(), strict=True)
    try:
        names = set(reader.fieldnames or ())
        missing = sorted({*_TEXTS, *_NUMBERS} - names)
        if missing == sorted(_SECOND_EDITION):
            missing = []
        if missing:
            yield f"line 1 has no column {missing[0]}"
            return
        for count, row in enumerate(reader):
            if count >= MOST_TABLE_ROWS:
                yield f"line {reader.line_num} is one too many"
                return
            fault = _row_fault({**_SECOND_EDITION, **row})
            if fault is not None:
                yield f"line {reader.line_num}: {fault}"
    except csv.Error as error:
        yield f"line {reader.line_num} is no CSV ({error})"


def _row_fault(row: Mapping[str, str | None]) -> str | None:
    for column, is_valid in _TEXTS.items():
        if not is_valid(row[column] or ""):
            return f"{column} is out of its bounds"
    if row["standing"] == "refused":
        return None
    for column, is_number in _NUMBERS.items():
        if not is_number(row[column] or ""):
            return f"{column} is out of its bounds"
    lower, median, upper = (float(row[name] or math.nan) for name in ("lower", "median", "upper"))
    return None if lower < median < upper else "median is not between lower and upper"
