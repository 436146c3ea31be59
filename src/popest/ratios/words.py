"""Learned ratios in words and as plain data, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable
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

HEAVY_TAILS = 1.1
"""How much further than a normal's the 98 % interval reaches before the words say so."""

_HIDDEN = ("type", "regime", "rounding", "use", "recorded", "provenance", "supersedes")
_SHOWN = tuple(name for name in PAIR_COLUMNS if name not in _HIDDEN)


@dataclass(frozen=True)
class RatioType:
    """A type and regime: what is predicted for a new place, and the pairs that it rests on."""

    learned: LearnedRatio
    pairs: tuple[Pair, ...]

    @property
    def sentence(self) -> str:
        """What is known of this type, in words."""
        row = self.learned
        words = (
            f"For every 100 persons of a population at a place not seen before, some "
            f"{_number(100 * row.median)} are counted, between {_number(100 * row.lower)} and "
            f"{_number(100 * row.upper)} with 90 % probability: learned from {_of(row)}."
        )
        if row.drift:
            words += (
                f" That is 12 months after the wave began; the ratio rises by "
                f"{_number(100 * row.drift)} % a year (standard deviation "
                f"{_number(100 * row.drift_sd)})."
            )
        if row.tails > HEAVY_TAILS:
            words += (
                f" A few places are far out: the 98 % interval is {row.tails:.2g} times as wide "
                f"as that of the normal with this 90 % interval, which a study uses."
            )
        return words

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest ratios show --json`` prints."""
        pairs = [{name: _plain(getattr(pair, name)) for name in _SHOWN} for pair in self.pairs]
        return {**self.learned.__dict__, "sentence": self.sentence, "pairs": pairs}

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
        row = next((row for row in self.rows if row.name == name and not row.without), None)
        if row is None:
            near = suggestion(name, self.names)
            raise UsageError(
                f"no type of ratio is called {name!r}: {near}write one of {listed(self.names)}"
            )
        own = (pair for pair in self.pairs if pair.use and cell_of(pair) == name)
        return RatioType(row, tuple(sorted(own, key=lambda pair: pair.ratio)))

    def table(self, without: str = "") -> list[tuple[str, ...]]:
        """Return the rows of ``popest ratios list``, its heading first."""
        heading = ("type", "median", "90 % interval", "pairs", "blocks", "countries")
        return [heading, *(_cells(row) for row in self.rows if row.without == without)]


def plain(rows: Iterable[LearnedRatio]) -> list[dict[str, Any]]:
    """Return what ``popest ratios list --json`` prints."""
    return [row.__dict__ for row in rows]


def _cells(row: LearnedRatio) -> tuple[str, ...]:
    counts = (row.n_pairs, row.n_blocks, row.n_countries)
    bounds = f"{row.lower:.3g} to {row.upper:.3g}"
    return (row.name, f"{row.median:.3g}", bounds, *map(str, counts))


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
