"""The rules that pydantic checks, in popest's words and with what to write instead."""

from __future__ import annotations

from datetime import date
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    NamedTuple,
    TypeAliasType,
    Union,
    get_args,
    get_origin,
)

from pydantic import Tag

from popest.study.problems import EntryError, listed, suggestion
from popest.study.specification.priors import Record
from popest.study.specification.records import Specification
from popest.study.specification.toml_lines import Path

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

EXAMPLES = {
    "title": 'title = "a name for people"',
    "target": 'target = "who is to be counted"',
    "unit": 'unit = "persons"',
    "headline": 'headline = "2023-12-31", or a list of up to 12 days, the foremost first',
    "ranges": "ranges = [[30000, 40000]]",
    "calendar": 'a table [calendar] with start = "2022-02" and end = "2024-12"',
    "population": "a table [population] with its kind and priors",
    "noise": "a table [noise] with its error",
    "source": "a table [source.NAME] for each series of counts",
    "variant": "a table [variant.NAME] for each alternative",
    "start": 'start = "2022-02"',
    "end": 'end = "2024-12"',
    "first_day": 'first_day = "2022-02-24"',
    "kind": 'kind = "arrivals" or "static"',
    "background": 'background = { median = 600, sigma = 0.8, volatility = 0.3, because = "..." }',
    "departure_hazard": 'departure_hazard = { median = 0.014, sigma = 0.5, because = "..." }',
    "wave": "a table [[population.wave]] with name, size and weights",
    "name": 'name = "invasion"',
    "size": 'size = { median = 8000, sigma = 0.8, because = "..." }',
    "weights": 'weights = { "2022-02" = 0.3, "2022-03" = 1 }',
    "median": "median = 0.5, a number",
    "sigma": "sigma = 0.5, a number (0 when the median is known)",
    "volatility": "volatility = 0.3, a number",
    "because": 'because = "the reason and its source"',
    "by_source": "by_source = 0.7, a number",
    "producer": 'producer = "the body that counts"',
    "counts": 'counts = "who is counted"',
    "measure": 'measure = "stock"',
    "ratio": 'ratio = { median = 0.5, interval90 = [0.25, 1.0], because = "..." }',
    "interval90": "interval90 = [lower, upper], two numbers",
    "known": "known = 1, a number",
    "seen": "seen = 54, the persons of a sample who were counted",
    "of": "of = 450, the persons of the sample",
    "at_most_one": "at_most_one = true",
    "interval": "interval = 0.95, a probability",
    "sampling": 'sampling = "poisson", "binomial" or "none"',
    "learned": 'learned = "permits_in_force.optional", a type of popest ratios list',
    "times": 'times = { median = 0.9, interval90 = [0.8, 1.01], because = "..." }',
    "months": "months = 18, a number of months",
    "baseline": 'baseline = { median = 3000, sigma = 0.15, because = "..." }',
    "group": 'group = "a name that sources share"',
    "group_correlation": "group_correlation = 0.4, a number from 0 to below 1",
    "drift": "drift = 0.05, a number",
    "lag_months": "lag_months = 3, a number of months",
    "every_months": 'every_months = 12, or a list such as [{ from = "2022-02", months = 12 }]',
    "renewed": "renewed = 0.8, a number from 0 to 1",
    "later": 'later = { median = 0.1, sigma = 0.5, because = "..." }',
    "initial": 'initial = { median = 5000, sigma = 0.1, because = "..." }',
    "step": 'step = "year"',
    "bias": 'bias = { mean = 5000, sd = 7000, because = "..." }',
    "mean": "mean = 5000, a number of persons",
    "sd": "sd = 4000, a number of persons",
    "error": 'error with its spread and because = "..."',
    "date": 'date = "2024-05"',
    "n": "n = 222, the number of respondents",
    "deff": "deff = 3, the design effect, 1 or more",
    "published": 'published = "2024-12"',
    "windows": 'windows = [{ from = "2022-02", to = "2022-08", share = 0.4 }]',
    "from": 'from = "2022-02"',
    "to": 'to = "2022-08"',
    "share": "share = 0.4, a number from 0 to 1",
    "set": 'set = { "population.departure_hazard.median" = 0.004 }',
    "without": 'without = ["a source"]',
    "use": 'use = ["the id of a row"]',
    "ignore": 'ignore = ["the id of a row"]',
}

_RULES = {
    "missing": "is missing",
    "string_type": "must be text in double quotes",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "finite_number": "must be a finite number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "too_short": "must have {min_length} or more entries",
    "too_long": "must have {max_length} or fewer entries",
    "list_type": "must be a list in square brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "date_type": "must be a date in double quotes",
}

_MARKS = frozenset(("[key]", "[number]", "[table]", "[list]", "[day]", "[sd]", "[median]"))
"""What pydantic and the forms of an entry add to the path of an error."""

_BECAUSE_RULE = "is missing: give the reason and its source"


class Fault(NamedTuple):
    """A broken rule of one entry, before the line on which it stands is known."""

    path: Path
    value: str | None
    rule: str
    remedy: str


def dotted(path: Path) -> str:
    """Return a path as it is written in messages."""
    return ".".join(map(str, path))


def toml_text(value: Any) -> str:
    """Return a TOML value as text: a string as it is, a table or a long list abridged."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{...}"
    if isinstance(value, list):
        return f"[{', '.join('[...]' if isinstance(v, list) else toml_text(v) for v in value[:9])}]"
    try:
        return str(value)
    except ValueError:  # Python refuses to write whole numbers of more than 4,300 digits
        return hex(value)


def plain_path(location: tuple[str | int, ...]) -> Path:
    """Return the path of an entry in the file from where pydantic saw an error.

    Pydantic adds the kind of a population, and marks in brackets where a key is at fault and for
    the form in which an entry is written.
    """
    path = tuple(step for step in location if step not in _MARKS)
    if path[:1] == ("population",) and path[1:2] in (("arrivals",), ("static",)):
        return path[:1] + path[2:]
    return path


def translated(error: ErrorDetails) -> Fault:
    """Return an error of pydantic as a broken rule of ``study.toml``."""
    path, kind, context = plain_path(error["loc"]), error["type"], error.get("ctx", {})
    value: str | None = toml_text(error["input"])
    if kind == "union_tag_not_found":
        path, kind, value = (*path, "kind"), "missing", None
    if kind == "value_error":
        return _own_fault(path, error["input"], context["error"])
    if kind == "extra_forbidden":
        return _unknown_key(path, value, _keys_at(error["loc"]))
    if kind == "literal_error":
        return _unknown_word(path, value, context["expected"])
    if kind == "union_tag_invalid":
        return _unknown_word((*path, "kind"), context["tag"], context["expected_tags"])
    rule = _RULES[kind].format(**context) if kind in _RULES else error["msg"]
    if kind == "missing":
        value = None
        rule = _BECAUSE_RULE if path[-1] == "because" else rule
    return Fault(path, value, rule, _example(path))


def _own_fault(path: Path, value: Any, error: ValueError) -> Fault:
    """Return the fault that one of popest's own validators found."""
    if not isinstance(error, EntryError):
        return Fault(path, toml_text(value), str(error), _example(path))
    entry = value.get(error.key) if isinstance(value, dict) else None
    return Fault((*path, error.key), toml_text(entry), error.rule, error.remedy)


def _unknown_key(path: Path, value: str | None, keys: list[str]) -> Fault:
    near = suggestion(str(path[-1]), keys)
    return Fault(path, value, "is not a known key", f"{near}the keys here are {listed(keys)}")


def _unknown_word(path: Path, value: str | None, expected: str) -> Fault:
    words = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
    near = suggestion(value or "", words)
    return Fault(path, value, "is not a known word", f"{near}write one of {listed(words)}")


def _example(path: Path) -> str:
    """Return what to write for the innermost key of a path of which an example is known."""
    for step in reversed(path):
        if step in EXAMPLES:
            return f"write {EXAMPLES[str(step)]}"
    return "write a name of letters, digits, _ . or -"


def _keys_at(location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the record holding an entry may have."""
    place: Any = Specification
    for step in location[:-1]:
        place = _member(place, step)
    if not (isinstance(place, type) and issubclass(place, Record)):
        return []
    return [field.alias or name for name, field in place.model_fields.items()]


def _member(place: Any, step: str | int) -> Any:
    """Return the type of one entry of a record, list, table or choice of records."""
    if isinstance(place, type) and issubclass(place, Record):
        fields = {field.alias or name: field for name, field in place.model_fields.items()}
        return _bare(fields[str(step)].annotation) if step in fields else None
    if get_origin(place) in (list, dict):
        return _bare(get_args(place)[-1])
    if step in _MARKS:
        return next((_bare(kind) for kind in get_args(place) if step in _tags(kind)), None)
    kinds = {get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(place)}
    return kinds.get(step)


def _tags(annotation: Any) -> list[str]:
    """Return the marks of one form of an entry."""
    return [part.tag for part in get_args(annotation)[1:] if isinstance(part, Tag)]


def _bare(annotation: Any) -> Any:
    """Return a type without its metadata and without None."""
    origin = get_origin(annotation)
    if isinstance(origin, TypeAliasType):
        return _bare(origin.__value__[get_args(annotation)])
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        some = [_bare(kind) for kind in get_args(annotation) if kind is not NoneType]
        return some[0] if len(some) == 1 else annotation
    return annotation
