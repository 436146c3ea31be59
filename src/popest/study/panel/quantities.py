"""The quantities of a study that a panel may pool or give by a column: where each stands, and how.

Each has a median and a spread of its own scale: that of the logarithm, or of the logit for a ratio
that cannot exceed one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from popest.study import domains
from popest.study.domains import Domain
from popest.study.specification.priors import NORMAL_QUANTILE_95, LogNormalPrior
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import Specification
from popest.study.specification.samples import expit, logit
from popest.study.specification.toml_lines import Path

SIZE: Path = ("population", "size")
KINDS: Mapping[tuple[str, ...], tuple[str, Domain]] = {
    ("population", "size"): ("size", domains.PERSONS),
    ("population", "background"): ("background", domains.PERSONS),
    ("population", "background", "volatility"): ("volatility", domains.VOLATILITY),
    ("population", "departure_hazard"): ("departure_hazard", domains.HAZARD),
    ("population", "initial"): ("initial", domains.PERSONS),
    ("population", "wave", "*", "size"): ("wave[{}]", domains.PERSONS),
    ("noise", "error"): ("noise", domains.LOG_ERROR),
    ("source", "*", "ratio"): ("{}", domains.RATIO),
    ("source", "*", "baseline"): ("baseline[{}]", domains.QUANTITY),
    ("source", "*", "later"): ("later[{}]", domains.LATER),
    ("source", "*", "error"): ("noise[{}]", domains.LOG_ERROR),
}
"""What a quantity is called, and what its median may be, by where it stands; a star is any key."""


def kind_of(path: Path) -> tuple[str, Domain] | None:
    """Return the name with its gap, and the domain of the median; None where no quantity stands."""
    is_source = path[0] == "source"
    pattern = [
        "*" if isinstance(step, int) or (is_source and place == 1) else step
        for place, step in enumerate(path)
    ]
    return KINDS.get(tuple(pattern))


def is_ratio(path: Path) -> bool:
    """Return whether a ratio stands at a path."""
    return path[0] == "source" and path[-1] == "ratio"


def quantities_in(document: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the entry of each quantity of a document that is a table, with its path."""
    for pattern in KINDS:
        yield from _found((), pattern, document)


def _found(path: Path, rest: tuple[str, ...], entry: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    if not rest:
        if isinstance(entry, dict):
            yield path, entry
        return
    entries: Mapping[Any, Any] = entry if isinstance(entry, dict) else {}
    if rest[0] == "*" and isinstance(entry, list):
        entries = dict(enumerate(entry))
    for step in entries if rest[0] == "*" else [rest[0]]:
        if step in entries:
            yield from _found((*path, step), rest[1:], entries[step])


def name_of(path: Path, specification: Specification) -> str:
    """Return what a quantity is called: a source's name where it is its ratio."""
    kind = kind_of(path)
    assert kind is not None
    if path[:2] == ("population", "wave"):
        return kind[0].format(entry_in(path[:-1], specification).name)
    return kind[0].format(path[1])


def normal_of(path: Path, specification: Specification) -> str:
    """Return what the normals of a model call a quantity: its name, but for ratios."""
    name = name_of(path, specification)
    return f"ratio[{name}]" if is_ratio(path) else name


def entry_in(path: Path, whole: Any) -> Any:
    """Return what stands at a path of a document, or of the records that were read from it."""
    entry = whole
    for step in path:
        is_plain = isinstance(entry, (dict, list))
        entry = entry[step] if is_plain else getattr(entry, str(step))
    return entry


def spread_at(path: Path, specification: Specification) -> float:
    """Return the standard deviation of a quantity on its scale."""
    prior = entry_in(path, specification)
    return prior.spread if isinstance(prior, RatioPrior) else prior.sigma


def with_median(path: Path, specification: Specification, median: float) -> Specification:
    """Return the same assumptions with another median of a quantity, its spread as it is."""

    def changed(prior: Any) -> Any:
        if not isinstance(prior, RatioPrior):
            return prior.replaced(median=median)
        bounds = interval_of(median, prior.spread, is_bounded=prior.is_bounded)
        return prior.replaced(median=median, interval90=bounds)

    return _replaced(path, specification, changed)


def moved(path: Path, specification: Specification, shift: float, spread: float) -> Specification:
    """Return the same assumptions with a quantity moved and as wide as is said, on its scale.

    Parameters
    ----------
    path
        Where the quantity stands.
    specification
        What is assumed.
    shift
        What is added to the middle of its prior.
    spread
        The standard deviation that it is given.
    """

    def changed(prior: Any) -> Any:
        if isinstance(prior, RatioPrior):
            return prior.moved(shift, spread / prior.spread)
        assert isinstance(prior, LogNormalPrior)
        return prior.replaced(median=prior.median * math.exp(shift), sigma=spread)

    return _replaced(path, specification, changed)


def interval_of(median: float, spread: float, *, is_bounded: bool = False) -> list[float]:
    """Return the 90 % interval of a quantity with this spread on its scale."""
    reach = NORMAL_QUANTILE_95 * spread
    if is_bounded:
        return [expit(logit(median) - reach), expit(logit(median) + reach)]
    return [median * math.exp(-reach), median * math.exp(reach)]


def _replaced(path: Path, entry: Any, change: Callable[[Any], Any]) -> Any:
    """Return a record in which the entry at a path is changed; the record itself stays."""
    if not path:
        return change(entry)
    step, *rest = path
    if isinstance(entry, dict):
        return {**entry, step: _replaced(tuple(rest), entry[step], change)}
    if isinstance(entry, list):
        assert isinstance(step, int)
        return [*entry[:step], _replaced(tuple(rest), entry[step], change), *entry[step + 1 :]]
    name = str(step)
    return entry.replaced(**{name: _replaced(tuple(rest), getattr(entry, name), change)})
