"""Reading what a person wrote as the type that is declared for it, with everything wrong in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from popest.study.constraints import Check, Choice, Length, Limit, Parse, Words
from popest.study.problems import EntryError
from popest.study.specification.record import Key, Record
from popest.study.specification.toml_lines import Path
from popest.study.specification.wording import (
    Fault,
    absence,
    own_fault,
    refusal,
    unknown_key,
    unknown_word,
)

_INVALID = object()
"""What is returned for a value that cannot be read."""

type Reader = Callable[[Any, Path, list[Fault]], Any]
"""From a value and its path to what it is read as; what is wrong is added to the faults."""


class InvalidEntryError(ValueError):
    """A value that is not of the type declared for it; `faults` say all that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        rules = (f"{'.'.join(map(str, fault.path))} {fault.rule}".strip() for fault in faults)
        super().__init__("; ".join(rules))
        self.faults = faults


def read[T](kind: type[T], value: Any) -> T:
    """Return a value as a type: a record, a plain type, a list, a table, or a choice of these.

    Numbers are not read from texts, nor texts from numbers; a whole number is a number.

    Raises
    ------
    InvalidEntryError
        When it is none; with every broken rule.
    """
    faults: list[Fault] = []
    found: T = reader(kind)(value, (), faults)
    if faults:
        raise InvalidEntryError(faults)
    return found


def reader(kind: Any) -> Reader:
    """Return what reads a type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda value, path, faults: value
    if _is_record(kind):
        return _reader_of_record(kind)
    if origin is Annotated:
        return _constrained(arguments[0], arguments[1:])
    if origin in (Union, UnionType):
        return _alternatives(arguments)
    if origin is Literal:
        return _constrained(str, (Words(arguments),))
    if origin is list:
        return _list_reader(reader(arguments[0]), Length())
    if origin is dict:
        return _table_reader(reader(arguments[0]), reader(arguments[1]), Length())
    return _PLAIN[kind]


def _number(value: Any, path: Path, faults: list[Fault]) -> Any:
    if not isinstance(value, float) and type(value) is not int:
        return _refused(path, value, "must be a number", faults)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return _refused(path, value, "must be a finite number", faults)
    return number


def _instance_of(kind: type, rule: str) -> Reader:
    def read_plain(value: Any, path: Path, faults: list[Fault]) -> Any:
        return value if type(value) is kind else _refused(path, value, rule, faults)

    return read_plain


_PLAIN: Mapping[Any, Reader] = {
    float: _number,
    int: _instance_of(int, "must be a whole number"),
    str: _instance_of(str, "must be text in double quotes"),
    bool: _instance_of(bool, "must be true or false"),
    date: _instance_of(date, "must be a date in double quotes"),
}


def _refused(path: Path, value: Any, rule: str, faults: list[Fault]) -> Any:
    faults.append(refusal(path, value, rule))
    return _INVALID


def _constrained(kind: Any, marks: tuple[Any, ...]) -> Reader:
    """Return what reads a type that keeps to rules."""
    within: Reader | None = None
    for mark in marks:
        if isinstance(mark, Parse):
            within = _parsing(mark, within or reader(kind))
        elif isinstance(mark, Words):
            within = _word_reader(mark)
        elif isinstance(mark, Choice):
            within = _choosing(mark)
        elif isinstance(mark, Length):
            first, *more = get_args(kind)
            is_list = get_origin(kind) is list
            within = (
                _list_reader(reader(first), mark)
                if is_list
                else _table_reader(reader(first), reader(*more), mark)
            )
        elif isinstance(mark, Check | Limit):
            within = _checking(mark, within or reader(kind))
    return within or reader(kind)


def _checking(mark: Check | Limit, within: Reader) -> Reader:
    def read_checked(value: Any, path: Path, faults: list[Fault]) -> Any:
        found = within(value, path, faults)
        if found is _INVALID:
            return found
        try:
            return mark.function(found)
        except ValueError as error:
            return _refused(path, value, str(error), faults)

    return read_checked


def _parsing(mark: Parse, within: Reader) -> Reader:
    def read_text(value: Any, path: Path, faults: list[Fault]) -> Any:
        if not isinstance(value, str):
            return within(value, path, faults)
        try:
            return mark.function(value)
        except ValueError as error:
            return _refused(path, value, str(error), faults)

    return read_text


def _word_reader(mark: Words) -> Reader:
    def read_word(value: Any, path: Path, faults: list[Fault]) -> Any:
        if isinstance(value, str) and value in mark.known:
            return value
        faults.append(unknown_word(path, value, mark.known))
        return _INVALID

    return read_word


def _choosing(mark: Choice) -> Reader:
    def read_chosen(value: Any, path: Path, faults: list[Fault]) -> Any:
        try:
            kind = mark.function(value)
        except EntryError as error:
            faults.append(own_fault(path, value, error))
            return _INVALID
        return reader(kind)(value, path, faults)

    return read_chosen


def _alternatives(kinds: tuple[Any, ...]) -> Reader:
    """Return what reads one of several types: by whether a table, a list or else is given."""
    by_shape = {_shape_of(kind): reader(kind) for kind in kinds if kind is not NoneType}
    only = next(iter(by_shape.values()))
    or_none = NoneType in kinds

    def read_one(value: Any, path: Path, faults: list[Fault]) -> Any:
        if value is None and or_none:
            return None
        shape = Record if isinstance(value, dict | Record) else type(value)
        return by_shape.get(shape, by_shape.get(None, only))(value, path, faults)

    return read_one


def _shape_of(kind: Any) -> type | None:
    """Return Record or list for what is read from a table or a list, None for all else."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _shape_of(get_args(kind)[0])
    if origin is list:
        return list
    return Record if _is_record(kind) else None


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Record)


def _list_reader(within: Reader, length: Length) -> Reader:
    def read_list(value: Any, path: Path, faults: list[Fault]) -> Any:
        if not isinstance(value, list):
            return _refused(path, value, "must be a list in square brackets", faults)
        found = []
        if not length.is_exceeded(len(value)):
            found = [within(entry, (*path, n), faults) for n, entry in enumerate(value)]
        if _INVALID in found:
            return _INVALID
        rule = length.fault(len(value))
        return found if rule is None else _refused(path, value, rule, faults)

    return read_list


def _table_reader(of_key: Reader, of_value: Reader, length: Length) -> Reader:
    def read_table(value: Any, path: Path, faults: list[Fault]) -> Any:
        if not isinstance(value, dict):
            return _refused(path, value, "must be a table", faults)
        before = len(faults)
        found = {}
        for name, entry in value.items():
            place = (*path, name)
            read_name = of_key(name, place, faults)
            found[read_name] = of_value(entry, place, faults)
        if len(faults) > before:
            return _INVALID
        rule = length.fault(len(value))
        return found if rule is None else _refused(path, value, rule, faults)

    return read_table


@cache
def _reader_of_record(record: Any) -> Reader:
    """Return what reads a record."""
    types = record.types()
    readers = [(declared, reader(types[name])) for name, declared in record.keys.items()]
    written = {declared.written for declared in record.keys.values()}

    def read_record(value: Any, path: Path, faults: list[Fault]) -> Any:
        if isinstance(value, record):
            return value
        if not isinstance(value, dict):
            return _refused(path, value, "must be a table", faults)
        before = len(faults)
        try:
            entry = record.completed(value)
            entries = _entries(readers, entry, path, faults)
            for name in entry:
                if name not in written:
                    faults.append(unknown_key((*path, name), entry[name], written_keys))
            if len(faults) > before:
                return _INVALID
            found = record(**entries)
            found.check()
        except EntryError as error:
            faults.append(own_fault(path, value, error))
            return _INVALID
        return found

    written_keys = [declared.written for declared in record.keys.values()]
    return read_record


def _entries(
    readers: list[tuple[Key, Reader]], entry: Mapping[str, Any], path: Path, faults: list[Fault]
) -> dict[str, Any]:
    """Read the keys of a record that are given, by attribute."""
    found = {}
    for declared, within in readers:
        name = declared.written
        if name in entry:
            found[declared.name] = within(entry[name], (*path, name), faults)
        elif declared.is_required:
            faults.append(absence((*path, name)))
    return found
