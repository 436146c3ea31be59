"""Both files of a study as tables, written from the records that read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from inspect import isclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from markup import table
from published_cases import FOLDER

import popest
from popest.ledger.export import exported
from popest.study import entry_types
from popest.study.constraints import Check, Limit, Parse, Words
from popest.study.measures import MEASURES
from popest.study.specification.record import Key, Record
from popest.study.specification.records import Specification

VALUES = {
    "Date": 'a day, `"YYYY-MM-DD"`',
    "Period": 'a day, month or year, `"YYYY-MM-DD"`, `"YYYY-MM"` or `"YYYY"`',
    "Month": 'a month, `"YYYY-MM"`',
    "Text": "a text",
    "Because": "a text: the reason and its source",
    "Name": "a name",
    "Range": "`[lower, upper]`, numbers from 0, rising",
}
PLAIN = {
    bool: "`true` or `false`",
    str: "a text",
    float: "a number",
    int: "a whole number",
    Any: "any value",
}


def file_format() -> str:
    """Return the reference of both files of a study: keys, measures and columns."""
    return "\n\n".join(
        ["## study.toml", _keys(), "## Measures", _measures(), "## observations.csv", _columns()]
    )


def _keys() -> str:
    rows = [
        (f"`{path}`", words, "yes" if declared.is_required else _default(declared))
        for path, words, declared in keys(Specification)
    ]
    return table(("key", "value", "required"), rows)


def keys(record: type[Record], inside: str = "") -> Iterator[tuple[str, str, Key]]:
    """Yield the path of each key of a record and of those in it, what its value is, and the key."""
    types = record.types()
    for name, declared in record.keys.items():
        path, kind = f"{inside}{declared.written}", types[name]
        records = list(_records(kind))
        if not records:
            yield path, value(kind), declared
        for below, many in records:
            yield from keys(below, f"{path}{many}.")


def _records(kind: Any, many: str = "") -> Iterator[tuple[type[Record], str]]:
    """Yield the records that a type holds, and how the path of one in a list or a table goes on."""
    if isclass(kind) and issubclass(kind, Record):
        yield kind, many
    within = {dict: ".NAME", list: "[]"}.get(get_origin(kind), many)
    for part in get_args(kind):
        yield from _records(part, within)


def value(kind: Any) -> str:
    """Return in words what a type of ``popest.study.entry_types`` or of the records admits."""
    known = _known(kind)
    if known:
        return known
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin is Annotated:
        return value(arguments[0]) + _bounds(arguments[1:])
    if origin is Literal:
        return _choice(arguments)
    if origin in (Union, UnionType):
        return value(next(part for part in arguments if part is not type(None)))
    if origin is list:
        return f"a list; each {value(arguments[0])}"
    if origin is dict:
        return f"a table: {value(arguments[0])} = {value(arguments[1])}"
    return PLAIN[kind]


def _choice(words: Iterable[str]) -> str:
    return " or ".join(f'`"{word}"`' for word in words)


def _known(kind: Any) -> str | None:
    functions = _functions(kind)
    words = [part.known for part in get_args(kind)[1:] if isinstance(part, Words)]
    if words:
        return _choice(words[0])
    for name, words in VALUES.items():
        if functions and functions == _functions(getattr(entry_types, name)):
            return words
    return None


def _functions(kind: Any) -> list[Any]:
    return [part.function for part in get_args(kind)[1:] if isinstance(part, Check | Parse)]


def _bounds(constraints: tuple[Any, ...]) -> str:
    words = {"above": "above", "at least": "from", "below": "below", "at most": "up to"}
    limits = [one for one in constraints if isinstance(one, Limit)]
    found = [f"{words[limit.word]} {limit.bound:g}" for limit in limits]
    return f" {', '.join(found)}" if found else ""


def _default(declared: Key) -> str:
    default = declared.absent()
    if default is None or default in ([], {}):
        return "no"
    return f"no, {default:g}" if isinstance(default, float) else "no"


def _measures() -> str:
    rows = [
        (
            f"`{name}`",
            ", ".join(f"`{key}`" for key in sorted(rule.required)),
            ", ".join(f"`{key}`" for key in sorted(rule.optional)),
            "`start` and `end`" if rule.has_start else "`end`",
        )
        for name, rule in ((name, measure.rules) for name, measure in MEASURES.items())
    ]
    return table(("measure", "keys required", "keys allowed", "days of a row"), rows)


def _columns() -> str:
    study = popest.load_study(FOLDER / "czechia")  # whose table has every column
    described = json.loads(exported(study, "datapackage")["datapackage.json"])
    rows = [
        (f"`{field['name']}`", field["type"], _column(field["title"], field.get("constraints", {})))
        for field in described["resources"][0]["schema"]["fields"]
    ]
    return table(("column", "type", "meaning"), rows)


def _column(title: str, constraints: Mapping[str, Any]) -> str:
    words = title + ("; required" if constraints.get("required") else "")
    if "enum" in constraints:
        words += f": {', '.join(f'`{choice}`' for choice in constraints['enum'])}"
    return words
