"""What the cells of ``pairs.csv`` may hold."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date

from popest.ratios.pairs.records import DEFINITIONS, GRADES, REGIMES, RULES, TYPES, Pair
from popest.study.entry_types import NAME_PATTERN
from popest.study.problems import EntryError, listed, suggestion
from popest.study.tables.cells import (
    optional,
    read_day,
    read_name,
    read_period,
    read_text,
    read_use,
    required_text,
)
from popest.study.tables.csv_table import Layout
from popest.study.tables.figures import refuse_sign

_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")
_DEFINITIONS = tuple(dict.fromkeys(name for own in DEFINITIONS.values() for name in own))
_MONTHS = re.compile(r"0|[1-9][0-9]{0,3}")


def _positive(cell: str) -> float:
    if not cell:
        return math.nan
    if _NUMBER.fullmatch(cell) is None or float(cell) == 0:
        refuse_sign(cell, "figure")
        remedy = "write digits with a point before decimals, such as 488200 or 0.62"
        raise EntryError("must be a number above 0", remedy)
    return float(cell)


def _share(cell: str) -> float:
    if not cell:
        return math.nan
    if _NUMBER.fullmatch(cell) is None or float(cell) >= 1:
        remedy = "write half a unit of the last printed digit over the figure, such as 0.005"
        raise EntryError("must be a share from 0 to below 1", remedy)
    return float(cell)


def _months(cell: str) -> int:
    if _MONTHS.fullmatch(cell) is None:
        raise EntryError("must be a whole number of months", "write for example 12, or nothing")
    return int(cell)


def _one_of(names: Sequence[str], what: str) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell and cell not in names:
            near = suggestion(cell, names)
            raise EntryError(f"is not a known {what}", f"{near}write one of {listed(names)}")
        return cell

    return read


def _block(cell: str) -> str:
    if cell and NAME_PATTERN.fullmatch(cell) is None:
        remedy = "write a short name such as germany-census-2011"
        raise EntryError("must be letters, digits, _ . or - without spaces", remedy)
    return cell


PAIR_LAYOUT = Layout(
    readers={
        "id": read_name,
        "country": required_text("write the country in which both figures were counted"),
        "population": required_text("write who is counted"),
        "type": _one_of(tuple(TYPES), "type"),
        "regime": _one_of(REGIMES, "regime"),
        "indicator": required_text("write what the indicator counts"),
        "indicator_value": _positive,
        "indicator_date": optional(read_period),
        "truth": read_text,
        "truth_value": _positive,
        "truth_date": optional(read_period),
        "ratio": _positive,
        "months_since_wave": optional(_months),
        "truth_grade": _one_of(GRADES, "grade"),
        "block": _block,
        "rounding": _share,
        "use": read_use,
        "recorded": read_day,
        "publisher": required_text("write who published the figures"),
        "url": read_text,
        "provenance": required_text("write read in source, or second-hand and by whom"),
        "supersedes": optional(read_name),
        "note": required_text("write in a sentence why the row has its type, block and grade"),
        "definition": _one_of(_DEFINITIONS, "definition"),
        "broken_rule": _one_of(tuple(RULES), "rule of use"),
    },
    neutral={
        **dict.fromkeys(("country", "population", "type", "regime", "indicator", "truth"), ""),
        **dict.fromkeys(("indicator_value", "truth_value", "ratio", "rounding"), math.nan),
        **dict.fromkeys(("truth_grade", "block", "publisher", "url", "provenance", "note"), ""),
        **dict.fromkeys(("definition", "broken_rule"), ""),
        "recorded": date.min,
    },
    essential=("id", "use"),
    make=Pair,
    before_recording={"indicator_date": "its indicator_date,", "truth_date": "its truth_date,"},
)
