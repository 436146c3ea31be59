"""The controls of the page's what-if: which numbers can be moved, and how far.

How they are drawn is the template's business (``what_if.html.jinja``), what they do the script's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from popest.report.carried import Carried, Counted, median_of, width_of
from popest.study.records import Specification

REACH = 2.0
"""How far a median moves either way, in standard deviations of its prior."""
WIDTH_REACH = 2.0
"""What a width is multiplied or divided by at most."""
BIAS_REACH = 3.0

Kind = Literal["median", "width", "mean", "sd"]


@dataclass(frozen=True)
class Control:
    """A number that can be moved between two bounds, in natural units.

    Attributes
    ----------
    id
        Its path in ``study.toml``; that of a width, which the file states as an interval, ends in
        ``width``.
    label
        The key of its name in the texts.
    kind
        What it is of its prior.
    value
        What the study says.
    low, high
        The bounds.
    is_log
        Whether equal steps multiply by equal factors.
    tau
        For a width, the standard deviation of the log ratio that it multiplies; otherwise 0.
    name
        The name of the wave it is about, if any.
    """

    id: str
    label: str
    kind: Kind
    value: float
    low: float
    high: float
    is_log: bool = True
    tau: float = 0.0
    name: str = ""


@dataclass(frozen=True)
class Group:
    """The controls of a source, which can be switched off, or of the population, which cannot.

    `source` is the name in ``study.toml``, None for the population; `title` is the study's.
    """

    source: str | None
    title: str
    controls: tuple[Control, ...]


def groups_of(specification: Specification, carried: Carried) -> tuple[Group, ...]:
    """Return all controls, the sources in the order of the study, the population last."""
    by_source: dict[str, tuple[Control, ...]] = {name: () for name in carried.sources}
    for each in carried.with_ratio:
        label = "ratio" if isinstance(each, Counted) else "share_at_most"
        by_source[each.name] = (
            _median(median_of(each.name), label, each.median, each.tau),
            Control(
                width_of(each.name),
                "width",
                "width",
                1.0,
                1 / WIDTH_REACH,
                WIDTH_REACH,
                tau=each.tau,
            ),
        )
    for balance in carried.balances:
        if balance.bias_sd > 0:
            path, reach = f"source.{balance.name}.bias", BIAS_REACH * balance.bias_sd
            low, high = balance.mean - reach, balance.mean + reach
            by_source[balance.name] = (
                Control(f"{path}.mean", "bias", "mean", balance.mean, low, high, is_log=False),
                Control(
                    f"{path}.sd",
                    "bias_sd",
                    "sd",
                    balance.bias_sd,
                    balance.bias_sd / WIDTH_REACH,
                    balance.bias_sd * WIDTH_REACH,
                ),
            )
    sources = [
        Group(name, source.title, by_source[name])
        for name, source in specification.source.items()
        if name in by_source
    ]
    population = tuple(
        _median(level.path, level.kind, level.median, level.sigma, level.name)
        for level in carried.levels
    )
    return (*sources, *([Group(None, "", population)] if population else []))


def _median(path: str, label: str, median: float, spread: float, name: str = "") -> Control:
    factor = math.exp(REACH * spread)
    low, high = median / factor, median * factor
    return Control(path, label, "median", median, low, high, name=name)
