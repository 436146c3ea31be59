"""The types of single entries of a study: dates, months, names, texts and numbers.

Each type states one domain and the rule that is quoted when an entry is outside it. What a record
is made of is in ``popest.study.specification.records``.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from popest.study.calendar import parse_date, parse_month, parse_period
from popest.study.domains import Bound
from popest.study.texts import control_rule, is_blank

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
NAME_RULE = "must be 1 to 64 letters, digits, _ . or -, the first a letter or digit"


class EntryError(ValueError):
    """A record whose entries do not fit together: the key at fault, the rule, the remedy."""

    def __init__(self, key: str, rule: str, remedy: str) -> None:
        super().__init__(f"{key} {rule} - {remedy}")
        self.key = key
        self.rule = rule
        self.remedy = remedy


def _read_date(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_date(value)
    except ValueError:
        raise ValueError("must be a day written YYYY-MM-DD") from None


def _read_period(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_period(value)
    except ValueError:
        raise ValueError("must be a period written YYYY, YYYY-MM or YYYY-MM-DD") from None


def _check_month(value: str) -> str:
    try:
        parse_month(value)
    except ValueError:
        raise ValueError("must be a month written YYYY-MM") from None
    return value


def _check_text(value: str) -> str:
    return _with_content(value, "must not be empty")


def _check_label(value: str) -> str:
    return _with_content(value, "must not be empty", is_line=True)


def _check_because(value: str) -> str:
    return _with_content(value, "must give the reason and its source")


def _with_content(value: str, rule: str, *, is_line: bool = False) -> str:
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


Date = Annotated[date, BeforeValidator(_read_date)]
Period = Annotated[date, BeforeValidator(_read_period)]
Month = Annotated[str, AfterValidator(_check_month)]
Text = Annotated[str, AfterValidator(_check_text)]
Label = Annotated[str, AfterValidator(_check_label)]
Because = Annotated[str, AfterValidator(_check_because)]
Name = Annotated[str, AfterValidator(_check_name)]
Range = Annotated[list[Bound], Field(min_length=2, max_length=2), AfterValidator(_check_range)]
