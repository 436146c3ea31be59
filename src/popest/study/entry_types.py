"""The types of single entries of a study: dates, months, names, texts and numbers.

Each type states one domain and the rule that is quoted when an entry is outside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated

from popest.study.calendar import parse_date, parse_month, parse_period
from popest.study.constraints import Check, Length, Parse
from popest.study.domains import Bound

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
NAME_RULE = "must be 1 to 64 letters, digits, _ . or -, the first a letter or digit"

DAY_RULE = "must be a day written YYYY-MM-DD"
PERIOD_RULE = "must be a period written YYYY, YYYY-MM or YYYY-MM-DD"
CONTROL_REMEDY = "remove it: a terminal would obey it instead of showing it"

# By Unicode these are letters and symbols, and yet nothing of them is seen.
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_LINE_ENDS = re.compile(r"[\t\n\r]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def is_blank(text: str) -> bool:
    """Return whether nothing of a text is seen: spaces of any width, and marks alone."""
    return not any(unicodedata.category(char)[0] in "LNPS" and char not in _UNSEEN for char in text)


def control_rule(text: str, *, is_line: bool = False) -> str | None:
    """Return the rule that a text with a control character breaks, or None.

    Tabs and line ends are text, unless it is to be one line. Escapes, bells and the like are
    commands to a terminal.
    """
    found = _CONTROL.search(text) or (_LINE_ENDS.search(text) if is_line else None)
    return None if found is None else f"holds the control character U+{ord(found[0]):04X}"


def _parsed(text: str, parse: Callable[[str], date], rule: str) -> date:
    try:
        return parse(text)
    except ValueError:
        raise ValueError(rule) from None


def _check_month(value: str) -> str:
    _parsed(value, parse_month, "must be a month written YYYY-MM")
    return value


def _check_text(value: str, rule: str = "must not be empty", *, is_line: bool = False) -> str:
    """Return a text that can be seen, and shown on any terminal."""
    if is_blank(value):
        raise ValueError(rule)
    control = control_rule(value, is_line=is_line)
    if control is not None:
        raise ValueError(control)
    return value


def _check_name(value: str) -> str:
    if NAME_PATTERN.fullmatch(value) is None:
        raise ValueError(NAME_RULE)
    return value


def _check_range(value: list[float]) -> list[float]:
    lower, upper = value
    if not lower < upper:
        raise ValueError("must rise from the lower to the upper bound")
    return value


_read_date = partial(_parsed, parse=parse_date, rule=DAY_RULE)
_read_period = partial(_parsed, parse=parse_period, rule=PERIOD_RULE)
_check_because = partial(_check_text, rule="must give the reason and its source")

Date = Annotated[date, Parse(_read_date)]
Period = Annotated[date, Parse(_read_period)]
Month = Annotated[str, Check(_check_month)]
Text = Annotated[str, Check(_check_text)]
Label = Annotated[str, Check(partial(_check_text, is_line=True))]
Because = Annotated[str, Check(_check_because)]
Name = Annotated[str, Check(_check_name)]
Range = Annotated[list[Bound], Length(2, 2), Check(_check_range)]
