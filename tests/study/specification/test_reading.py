"""What a person wrote, read as its declared type, with everything that is wrong in it."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest

from popest.study.constraints import Check, Choice, Length, Limit, Words
from popest.study.entry_types import Date
from popest.study.problems import EntryError
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.specification.record import Record, keyed


class Inner(Record):
    """An entry with a rule between its keys."""

    low: float
    high: Annotated[float, Limit("above", 0)] = 1.0

    def check(self) -> None:
        """Check that the bounds rise."""
        if self.low > self.high:
            raise EntryError("must not exceed high", "write less", key="low")


class Outer(Record):
    """An entry that holds others, one of them under a key that is no name in Python."""

    first: Date | None = keyed(written="from")
    inner: Inner | None = None
    many: Annotated[list[Inner], Length(1, 2)] = keyed(factory=list)
    number_or_inner: float | Inner = 0.0
    word: Literal["a", "b"] = "a"
    table: dict[str, int] = keyed(factory=dict)


def rules(kind: Any, value: Any) -> list[tuple[str, str]]:
    """The path and the rule of everything that is wrong with a value."""
    with pytest.raises(InvalidEntryError) as caught:
        read(kind, value)
    return [(".".join(map(str, fault.path)), fault.rule) for fault in caught.value.faults]


def test_an_entry_is_read_with_all_that_is_in_it() -> None:
    entry = {"from": "2024-02-29", "inner": {"low": 0}, "many": [{"low": -1, "high": 2}]}
    found = read(Outer, entry | {"number_or_inner": 3, "table": {"x": 1}})
    assert found == Outer(
        first=date(2024, 2, 29),
        inner=Inner(low=0.0, high=1.0),
        many=[Inner(low=-1.0, high=2.0)],
        number_or_inner=3.0,
        table={"x": 1},
    )
    assert type(found.inner.low) is float and type(found.number_or_inner) is float
    assert read(Outer, {"from": None, "number_or_inner": {"low": 0}}).number_or_inner == Inner(
        low=0
    )
    assert read(Outer, {"from": date(2024, 2, 29)}).written() == {
        "from": "2024-02-29",
        "many": [],
        "number_or_inner": 0.0,
        "word": "a",
        "table": {},
    }


def test_everything_that_is_wrong_is_said_at_once() -> None:
    entry = {
        "inner": {"low": 2, "high": 1},
        "many": [{"low": "1"}, {"high": 0, "hihg": 1}],
        "number_or_inner": [1],
        "word": "c",
        "table": {"x": 1.0},
    }
    assert rules(Outer, entry) == [
        ("from", "is missing"),
        ("inner.low", "must not exceed high"),
        ("many.0.low", "must be a number"),
        ("many.1.low", "is missing"),
        ("many.1.high", "must be above 0"),
        ("many.1.hihg", "is not a known key"),
        ("number_or_inner", "must be a number"),
        ("word", "is not a known word"),
        ("table.x", "must be a whole number"),
    ]


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        (float, True, "must be a number"),
        (float, "1", "must be a number"),
        (float, math.nan, "must be a finite number"),
        (float, 10**400, "must be a finite number"),
        (int, 1.0, "must be a whole number"),
        (int, True, "must be a whole number"),
        (bool, 1, "must be true or false"),
        (str, 1, "must be text in double quotes"),
        (date, datetime(2024, 1, 1), "must be a date in double quotes"),
        (Date, "2024-02-30", "must be a day written YYYY-MM-DD"),
        (list[int], {"a": 1}, "must be a list in square brackets"),
        (dict[str, int], [1], "must be a table"),
        (Inner, [1], "must be a table"),
        (Annotated[list[int], Length(1, 2)], [], "must have 1 or more entries"),
        (Annotated[list[int], Length(1, 2)], [1, 2, 3], "must have 2 or fewer entries"),
        (Annotated[dict[str, int], Length(1)], {}, "must have 1 or more entries"),
        (Annotated[float, Limit("at least", 0)], -1, "must be at least 0"),
        (Annotated[float, Limit("below", 1)], 1, "must be below 1"),
        (Annotated[float, Limit("at most", 1)], 1.5, "must be at most 1"),
        (Annotated[str, Words(("a", "b"))], [], "is not a known word"),
    ],
)
def test_what_is_of_another_type_is_refused(kind: Any, value: Any, rule: str) -> None:
    assert rules(kind, value) == [("", rule)]


def test_a_check_sees_only_what_is_of_the_right_type() -> None:
    seen: list[float] = []

    def note(value: float) -> float:
        seen.append(value)
        return value + 1

    kind: Any = Annotated[float, Limit("above", 0), Check(note)]
    assert read(kind, 1) == 2.0
    assert rules(kind, "x") + rules(kind, -1) == [("", "must be a number"), ("", "must be above 0")]
    assert seen == [1.0]


def test_a_choice_says_as_what_an_entry_is_read() -> None:
    kind: Any = Annotated[Inner | Outer, Choice(lambda entry: Outer if "from" in entry else Inner)]
    assert read(kind, {"low": 0}) == Inner(low=0)
    assert read(kind, {"from": None}) == Outer(first=None)
    assert rules(kind, {"high": 1}) == [("low", "is missing")]


def test_a_record_does_not_change() -> None:
    found = Inner(low=0)
    with pytest.raises(AttributeError, match="immutable"):
        found.low = 1  # type: ignore[misc]
    assert found.replaced(low=0.5) == Inner(low=0.5) and found == Inner(low=0)
    assert found != Outer(first=None) and hash(found) == hash(Inner(low=0))
    assert repr(found) == "Inner(low=0, high=1.0)"
    assert read(Inner, found) is found
    made: Any = Inner
    for entries in ({}, {"low": 0, "lwo": 1}):
        with pytest.raises(TypeError, match="Inner: missing"):
            made(**entries)


def test_defaults_are_made_for_each_record() -> None:
    one, other = Outer(first=None), Outer(first=None)
    assert one.many == [] and one.many is not other.many
