"""Learned ratios in words and as plain data, for people and for programs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from popest.ratios.evidence import cell_of
from popest.ratios.pairs.load import Pair, load_pairs
from popest.ratios.pairs.records import PAIR_COLUMNS
from popest.study import UsageError
from popest.study.problems import listed, suggestion
from popest.study.specification.learned import LearnedRatio, learned_ratios, shipped_ratios

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEAVY_TAILS = 10.0
"""Degrees of freedom below which the words speak of places far out."""

_HIDDEN = ("type", "regime", "rounding", "use", "recorded", "provenance", "supersedes")
_SHOWN = tuple(name for name in PAIR_COLUMNS if name not in _HIDDEN)


@dataclass(frozen=True)
class RatioType:
    """A type and regime: what is predicted for a new place, and the pairs that it rests on."""

    learned: LearnedRatio
    pairs: tuple[Pair, ...]
    others: tuple[LearnedRatio, ...] = ()

    @property
    def sentence(self) -> str:
        """What is known of this type, in words."""
        row = self.learned
        if row.standing == "wide":
            return (
                f"No pair is of this type: for every 100 persons between "
                f"{_number(100 * row.lower)} and {_number(100 * row.upper)} are counted with 90 % "
                f"probability."
            )
        words = (
            f"For every 100 persons of a population at a place not seen before, some "
            f"{_number(100 * row.median)} are counted, between {_number(100 * row.lower)} and "
            f"{_number(100 * row.upper)} with 90 % probability: learned from {_of(row)}."
        )
        if row.drift:
            words += (
                f" That is 12 months after the wave began; where the age doubles, the ratio rises "
                f"by a factor of {2**row.drift:.3g}. No pair is older than {row.oldest_months} "
                f"months."
            )
        if row.tails < HEAVY_TAILS:
            words += (
                f" A few places are far out: the tails are those of a Student t with "
                f"{row.tails:.2g} degrees of freedom."
            )
        return words + "".join(f" {said}" for said in self._definitions())

    def _definitions(self) -> Iterator[str]:
        """Say what the pairs count by definition, and what is known where it is another."""
        if not self.learned.definition:
            return
        yield f"The pairs count by the definition {self.learned.definition}."
        for row in self.others:
            if row.standing == "refused":
                yield f"By {row.definition} a ratio depends on the place alone: it is refused."
            elif row.standing == "wide":
                bounds = f"{_number(100 * row.lower)} and {_number(100 * row.upper)}"
                yield f"Of {row.definition} no pair speaks: between {bounds} for every 100."
            else:
                yield f"By {row.definition} some {_number(100 * row.median)} for every 100."

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest ratios show --json`` prints."""
        pairs = [{name: _plain(getattr(pair, name)) for name in _SHOWN} for pair in self.pairs]
        others = [_finite(row) for row in self.others]
        row = _finite(self.learned)
        return {**row, "sentence": self.sentence, "other_definitions": others, "pairs": pairs}

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw every pair, the type's median and its 90 % interval; return the axes."""
        from popest.ratios.picture import draw_type

        return draw_type(self.learned, self.pairs, ax)

    def __str__(self) -> str:
        return f"{self.learned.name}: {self.sentence}"


@dataclass(frozen=True)
class LearnedRatios:
    """The table that ships, with the pairs on file."""

    rows: tuple[LearnedRatio, ...]
    pairs: tuple[Pair, ...]

    @classmethod
    def shipped(cls) -> LearnedRatios:
        """Return the table and the pairs that ship with popest.

        Raises
        ------
        StudyError
            When the file of the pairs breaks a rule.
        """
        return cls(learned_ratios(shipped_ratios()), tuple(load_pairs()))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The types with their regimes."""
        return tuple(dict.fromkeys(row.name for row in self.rows))

    def __getitem__(self, name: str) -> RatioType:
        rows = [row for row in self.rows if row.name == name and not row.without]
        if not rows:
            near = suggestion(name, self.names)
            raise UsageError(
                f"no type of ratio is called {name!r}: {near}write one of {listed(self.names)}"
            )
        own = (pair for pair in self.pairs if pair.use and cell_of(pair) == name)
        pairs = tuple(sorted(own, key=lambda pair: pair.ratio))
        return RatioType(rows[0], pairs, tuple(rows[1:]))

    def table(self, without: str = "") -> list[tuple[str, ...]]:
        """Return the rows of ``popest ratios list``, its heading first."""
        counts = ("pairs", "blocks", "countries")
        heading = ("type", "definition", "median", "90 % interval", *counts)
        return [heading, *(_cells(row) for row in self.rows if row.without == without)]


def plain(rows: Iterable[LearnedRatio]) -> list[dict[str, Any]]:
    """Return what ``popest ratios list --json`` prints."""
    return [_finite(row) for row in rows]


def _finite(row: LearnedRatio) -> dict[str, Any]:
    """Return a row as plain data, with nothing where a refused one has no number."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in row.__dict__.items()
    }


def _cells(row: LearnedRatio) -> tuple[str, ...]:
    counts = (row.n_pairs, row.n_blocks, row.n_countries)
    numbers = (f"{row.median:.3g}", f"{row.lower:.3g} to {row.upper:.3g}")
    if row.standing == "refused":
        numbers = ("refused", "")
    return (row.name, row.definition, *numbers, *map(str, counts))


def _of(row: LearnedRatio) -> str:
    return (
        f"{_many(row.n_pairs, 'pair')} in {_many(row.n_blocks, 'block')} of "
        f"{_many(row.n_countries, 'country', 'countries')}"
    )


def _many(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:.3g}"


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
