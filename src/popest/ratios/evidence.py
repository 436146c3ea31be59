"""The pairs as arrays: which type, country and block each belongs to, and how well it is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from popest.ratios.pairs.records import DEFINITIONS, DRIFTING_TYPE, Pair
from popest.study.specification.learned import REFERENCE_MONTHS

TRUTH_SD = {"A": 0.02, "B": 0.05, "C": 0.10}
"""Log-scale error of a better total by its grade.

A person-level verification misses a few per cent (A); censuses and address registers miss some
5 % of foreigners (the coverage studies of Canada and Australia among the pairs: 2-6 % of settled
residents) (B); an estimate or a second register is taken to be off by twice that (C).
"""
LEAST_MONTHS = 1
"""An age of numbers issued below which it is taken as this, as its logarithm is used."""


@dataclass(frozen=True)
class Evidence:
    """The used pairs, and the places of each in the lists of what they share.

    A block is a set of pairs that share a truth or a register. `log_ratio`, `error_sd` and
    `log_age` are `(pair,)`.
    """

    pairs: tuple[Pair, ...]

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> Evidence:
        """Return the evidence of the pairs in force that are used."""
        return cls(tuple(pair for pair in pairs if pair.use))

    @cached_property
    def cells(self) -> tuple[str, ...]:
        """The types with regime and definition, such as ``permits_in_force.optional``."""
        return tuple(sorted({cell_of(pair) for pair in self.pairs}))

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types; one with another definition than the usual is a type of its own."""
        return tuple(sorted({type_of(cell) for cell in self.cells}))

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The countries, each once for every type: registers of one kind have faults in common."""
        return tuple(sorted({_host(pair) for pair in self.pairs}))

    @cached_property
    def blocks(self) -> tuple[str, ...]:
        """The blocks, each once for every type and regime that it holds pairs of."""
        return tuple(sorted({_block(pair) for pair in self.pairs}))

    @cached_property
    def cell(self) -> np.ndarray:
        """Each pair's place in `cells`."""
        return _places([cell_of(pair) for pair in self.pairs], self.cells)

    @cached_property
    def host(self) -> np.ndarray:
        """Each pair's place in `hosts`."""
        return _places([_host(pair) for pair in self.pairs], self.hosts)

    @cached_property
    def block(self) -> np.ndarray:
        """Each pair's place in `blocks`."""
        return _places([_block(pair) for pair in self.pairs], self.blocks)

    @cached_property
    def type_of_cell(self) -> np.ndarray:
        """The place in `types` of each cell, `(cell,)`."""
        return _places([type_of(cell) for cell in self.cells], self.types)

    @cached_property
    def has_regimes(self) -> np.ndarray:
        """Whether the type of each cell has several regimes, `(cell,)`."""
        counts = np.bincount(self.type_of_cell, minlength=len(self.types))
        return counts[self.type_of_cell] > 1

    @cached_property
    def log_ratio(self) -> np.ndarray:
        """The logarithm of each pair's ratio."""
        return np.log([pair.ratio for pair in self.pairs])

    @cached_property
    def error_sd(self) -> np.ndarray:
        """Log-scale error of each ratio: of its truth, and of the rounding of its figures."""
        grade = np.array([TRUTH_SD[pair.truth_grade] for pair in self.pairs])
        # A figure rounded to the nearest unit is off by a uniform error.
        rounding = np.array([pair.rounding for pair in self.pairs]) / np.sqrt(3)
        return np.hypot(grade, rounding)

    @cached_property
    def log_age(self) -> np.ndarray:
        """Logarithm of the age of numbers issued over ``REFERENCE_MONTHS``; 0 for other types."""
        return np.array([_log_age(pair) for pair in self.pairs])

    def without_country(self, country: str) -> Evidence:
        """Return the evidence of all other countries."""
        return Evidence(tuple(pair for pair in self.pairs if pair.country != country))

    def of_cell(self, cell: str) -> tuple[Pair, ...]:
        """Return the pairs of one type and regime."""
        return tuple(pair for pair in self.pairs if cell_of(pair) == cell)


def cell_of(pair: Pair) -> str:
    """Return a pair's type with its regime, if the type has regimes, and an unusual definition."""
    return cell_name(pair.type, pair.regime, pair.definition)


def cell_name(kind: str, regime: str, definition: str) -> str:
    """Return the name of a cell, such as ``census_of_recent@twelve_months``."""
    name = f"{kind}.{regime}" if regime else kind
    is_usual = definition in ("", *tuple(DEFINITIONS.get(name, ()))[:1])
    return name if is_usual else f"{name}@{definition}"


def type_of(cell: str) -> str:
    """Return the type of a cell, with its definition where that is not the usual one."""
    name, at, definition = cell.partition("@")
    return name.partition(".")[0] + at + definition


def _host(pair: Pair) -> str:
    return f"{pair.type}: {pair.country}"


def _block(pair: Pair) -> str:
    return f"{cell_of(pair)}: {pair.block}"


def _log_age(pair: Pair) -> float:
    if pair.type != DRIFTING_TYPE or pair.months_since_wave is None:
        return 0.0
    return math.log(max(pair.months_since_wave, LEAST_MONTHS) / REFERENCE_MONTHS)


def _places(values: Sequence[str], names: Sequence[str]) -> np.ndarray:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[value] for value in values], dtype=int)
