"""The keys of ``study.toml`` that a panel adds: what is pooled, and what is a column.

They are taken out of the document, so that the rest is read as the study of every population; a
median that is a column is 1 there until a population is chosen.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from popest.study import domains
from popest.study.constraints import Check, Length, Limit
from popest.study.domains import Domain
from popest.study.panel.quantities import interval_of, is_ratio, quantities_in
from popest.study.problems import EntryError
from popest.study.specification.from_toml import DEEPEST_TABLE, Document
from popest.study.specification.ratio_prior import INTERVALS
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.specification.record import Record, keyed
from popest.study.specification.toml_lines import Path
from popest.study.specification.wording import UNKNOWN_KEY, Fault, toml_text

EFFECT = Domain(-1e6, 1e6, "of a logarithm, for each unit of a covariate", or_zero=True)
EFFECT_SD = Domain(1e-6, 1e6, "of a logarithm, for each unit of a covariate")
MOST_COVARIATES = 20
_SPREAD_KEYS = ("tau", *INTERVALS)
_LATER = "is not built yet for panels"
_NO_SPREAD = "stands beside between = 0, which has no spread to be uncertain of"


PLACEHOLDER = 0.5
"""In place of a median that is a column, until a population is chosen: every quantity may be so."""


class Effect(Record):
    """The prior of what a logarithm gains for each unit of a covariate: Normal(`mean`, `sd`)."""

    mean: Annotated[float, Check(EFFECT.check)]
    sd: Annotated[float, Check(EFFECT_SD.check)]


class Pooled(Record):
    """How a quantity differs between populations.

    log tau ~ Normal(log `between`, `between_sigma`^2) is the spread of their logarithms; with
    `between` = 0 all have the same deviation. `level` is the standard deviation of what they have
    in common; it follows from the quantity's own spread unless it is written. `by` names columns of
    texts: populations with the same text share an effect, Normal(0, sd^2) with the sd that is
    written.
    """

    between: domains.LogSpread
    between_sigma: domains.LogSpread = 0.0
    level: Annotated[float, Limit("above", 0), Check(domains.TAU.check)] | None = None
    by: Annotated[
        dict[str, Annotated[float, Limit("above", 0), Check(domains.TAU.check)]],
        Length(1, MOST_COVARIATES),
    ] = keyed(factory=dict)

    def check(self) -> None:
        """Check that a spread that is known to be none is not uncertain."""
        if self.between == 0 and self.between_sigma > 0:
            raise EntryError(_NO_SPREAD, "remove it", key="between_sigma")

    @property
    def mean_square(self) -> float:
        """E tau^2."""
        return self.between**2 * math.exp(2 * self.between_sigma**2)

    @property
    def by_variance(self) -> float:
        """What the effects of texts add to the variance of a new population."""
        return sum(sd**2 for sd in self.by.values())


@dataclass(frozen=True)
class PanelKeys:
    """What a panel adds to one quantity, `path`: its column, its pooling, its effects."""

    path: Path
    column: str | None = None
    pooled: Pooled | None = None
    effects: Mapping[str, Effect] = field(default_factory=dict)


@dataclass(frozen=True)
class Extracted:
    """A document without the keys of a panel, these keys, and what is wrong with them.

    `only` names the populations of each source that not all have.
    """

    document: Document
    keys: tuple[PanelKeys, ...]
    only: Mapping[str, tuple[str, ...]]
    is_total: bool
    faults: tuple[Fault, ...]


NOTHING = Extracted({}, (), {}, False, ())
"""Of a document that could not be read."""


def extract(document: Document) -> Extracted:
    """Take the keys of a panel out of a document."""
    plain: Document = copy.deepcopy(document)
    faults: list[Fault] = []
    keys = [_keys_of(path, entry, faults) for path, entry in quantities_in(plain)]
    only = _only(plain, faults)
    faults += _refusals(plain)
    is_total = plain.pop("total", False)
    if not isinstance(is_total, bool):
        rule = "must be true or false"
        faults.append(Fault(("total",), toml_text(is_total), rule, "write total = true"))
    return Extracted(plain, tuple(keys), only, is_total is True, tuple(faults))


def _only(document: Document, faults: list[Fault]) -> dict[str, tuple[str, ...]]:
    """Take out of which populations a source is, where not of all."""
    sources, found = document.get("source"), {}
    for name, source in sources.items() if isinstance(sources, dict) else ():
        if not isinstance(source, dict) or "only" not in source:
            continue
        given = source.pop("only")
        are_names = isinstance(given, list) and all(isinstance(one, str) for one in given)
        if are_names and 0 < len(set(given)) == len(given):
            found[name] = tuple(given)
            continue
        rule = "must be a list of populations, each of them once"
        faults.append(Fault(("source", name, "only"), None, rule, 'write only = ["east", "west"]'))
    return found


def _keys_of(path: Path, entry: dict[str, Any], faults: list[Fault]) -> PanelKeys:
    """Take the keys of a panel out of one entry."""
    pooled = None
    if "pooled" in entry:
        pooled = _read(Pooled, (*path, "pooled"), entry.pop("pooled"), faults)
    effects = _effects(path, entry, faults)
    column = _column(path, entry, faults)
    spread = _spread(path, entry, column is not None, pooled, faults)
    _fill(path, entry, spread)
    return PanelKeys(path, column, pooled, effects)


def _spread(
    path: Path, entry: dict[str, Any], is_column: bool, pooled: Pooled | None, faults: list[Fault]
) -> float | None:
    """Return the sd of the logarithm that tau or a level says; None where another key says it."""
    keys = _SPREAD_KEYS if is_ratio(path) else ("sigma",)
    given = [key for key in keys if key in entry]
    values = [entry.pop(key) for key in given if key == "tau"]
    if pooled is not None and pooled.level is not None:
        if given:
            rule = "stands beside the level of pooled, which says how wide the prior is"
            faults.append(Fault((*path, given[0]), None, rule, "keep one of the two"))
        return math.sqrt(pooled.level**2 + pooled.by_variance + pooled.mean_square)
    if values and len(given) > 1:
        rule = f"says the spread a second time, beside {given[1]}"
        faults.append(Fault((*path, "tau"), toml_text(values[0]), rule, "keep one of the two"))
    elif is_column and is_ratio(path) and not values:
        rule = "is missing: the median is a column, so that the sd of the logarithm is written"
        rule += ", or of the logit" if entry.get("at_most_one") is True else ""
        remedy = "write tau = 0.3, in place of an interval"
        faults.append(Fault((*path, "tau"), None, rule, remedy))
        return 1.0
    if not values:
        return None
    if type(values[0]) not in (int, float) or values[0] not in domains.TAU:
        rule = domains.TAU.rule
        faults.append(Fault((*path, "tau"), toml_text(values[0]), rule, "write tau = 0.3"))
        return 1.0
    return float(values[0])


def _fill(path: Path, entry: dict[str, Any], spread: float | None) -> None:
    """Write a spread as the entry of a study says it."""
    if spread is None:
        return
    if not is_ratio(path):
        entry["sigma"] = float(spread)
        return
    for key in INTERVALS:
        entry.pop(key, None)
    median, is_bounded = entry.get("median"), entry.get("at_most_one") is True
    if isinstance(median, int | float) and 0 < median < (1 if is_bounded else math.inf):
        entry["interval90"] = interval_of(median, spread, is_bounded=is_bounded)


def _column(path: Path, entry: dict[str, Any], faults: list[Fault]) -> str | None:
    """Return the column that the median is; a placeholder stands in the entry then."""
    median = entry.get("median")
    if not isinstance(median, dict):
        return None
    entry["median"] = PLACEHOLDER
    if set(median) == {"column"} and isinstance(median["column"], str):
        return str(median["column"])
    rule = "must be a number, or a column alone"
    faults.append(Fault((*path, "median"), None, rule, 'write { column = "a name" }'))
    return None


def _effects(path: Path, entry: dict[str, Any], faults: list[Fault]) -> dict[str, Effect]:
    """Take the priors of the effects of covariates out of an entry."""
    given = entry.pop("on", {})
    if not isinstance(given, dict) or len(given) > MOST_COVARIATES:
        rule = f"must be a table of at most {MOST_COVARIATES} columns with their effects"
        remedy = "write on = { log_inflow = { mean = 1, sd = 0.5 } }"
        faults.append(Fault((*path, "on"), toml_text(given), rule, remedy))
        return {}
    read = {
        name: _read(Effect, (*path, "on", name), effect, faults) for name, effect in given.items()
    }
    return {name: effect for name, effect in read.items() if effect is not None}


def _read[R: Record](record: type[R], path: Path, value: Any, faults: list[Fault]) -> R | None:
    try:
        return read(record, value)
    except InvalidEntryError as error:
        known = ", ".join(record.keys)
        for fault in error.faults:
            remedy = f"write numbers for {known}"
            if fault.rule == UNKNOWN_KEY:
                remedy = f"the keys here are {known}"
            elif fault.rule == _NO_SPREAD:
                remedy = fault.remedy
            faults.append(fault._replace(path=(*path, *fault.path), remedy=remedy))
        return None


def _refusals(document: Document) -> Iterator[Fault]:
    """Take out and yield what a study may say and a panel may not yet, so that nothing is lost."""
    sources = document.get("source")
    for name, source in sources.items() if isinstance(sources, dict) else ():
        if not isinstance(source, dict):
            continue
        for key in ("by", "drift"):
            if key in source:
                value = toml_text(source.pop(key))
                yield Fault(("source", name, key), value, _LATER, "remove it")
    yield from _strays((), document)


def _strays(path: Path, table: Any) -> Iterator[Fault]:
    """Yield keys of a panel where they cannot stand, and take them out."""
    entries = list(table.items()) if isinstance(table, dict) else list(enumerate(table))
    for key, value in entries:
        place = (*path, key)
        if place == ("variant",):
            continue  # each is read as a panel of its own
        if key in ("pooled", "on"):
            rule = "stands beside no quantity with a median and the spread of its logarithm"
            yield Fault(place, None, rule, "remove it")
            del table[key]
        elif isinstance(value, dict) and "column" in value:
            rule = f"{_LATER}: only medians may be columns"
            yield Fault(place, None, rule, "write the value itself")
            table[key] = 1.0
        elif isinstance(value, (dict, list)) and len(place) < DEEPEST_TABLE:
            yield from _strays(place, value)
