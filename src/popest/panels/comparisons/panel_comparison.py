"""Two estimates of panels side by side: what moved most, and which figures changed there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from popest.engines.bank import Progress
from popest.estimates.comparisons.changes import assumption_changes, figure_changes
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.estimates.document import rounded
from popest.estimates.words import persons, range_of, table_text, wrapped
from popest.panels.compute import estimate_panel
from popest.panels.panel_estimate import PanelEstimate
from popest.panels.words import SHOWN
from popest.study.panel.panel import Panel
from popest.study.panel.pooling import PanelKeys
from popest.study.panel.quantities import SIZE
from popest.study.problems import UsageError
from popest.study.specification.wording import dotted

if TYPE_CHECKING:
    import pandas as pd

HEADER = ("population", "before", "90 %", "after", "90 %", "move", "own changes")
FIGURES_SHOWN = 10


class Move(NamedTuple):
    """One population, or the total, in two estimates, persons; None where one lacks it.

    `changes` are its own figures that were added, revised or left out.
    """

    population: str | None
    before: Distribution | None
    after: Distribution | None
    changes: tuple[str, ...] = ()

    @property
    def log_ratio(self) -> float:
        """The logarithm of the median after over that before; infinite where one is lacking."""
        if self.before is None or self.after is None:
            return math.inf
        return math.log(self.after.median / self.before.median)


@dataclass(frozen=True)
class PanelComparison:
    """How the estimate of a panel moved: its total and its populations."""

    old: PanelEstimate
    new: PanelEstimate

    @property
    def total(self) -> Move | None:
        """The move of the total; None where one of the two has none."""
        before, after = self.old.total, self.new.total
        return None if before is None or after is None else Move(None, before, after)

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """All populations of either, those first that moved most."""
        old = {row.population: row.size for row in self.old.rows()}
        new = {row.population: row.size for row in self.new.rows()}
        was, now = self.old.panel.used, self.new.panel.used
        names = sorted(old.keys() | new.keys())
        moves = [
            Move(
                name,
                old.get(name),
                new.get(name),
                tuple(one.label for one in figure_changes(was.get(name, ()), now.get(name, ()))),
            )
            for name in names
        ]
        return tuple(sorted(moves, key=lambda move: -abs(move.log_ratio)))

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What is assumed otherwise in the two."""
        old, new = self.old.panel, self.new.panel
        before, after = (old.specification, old.in_use), (new.specification, new.in_use)
        found = [change.label for change in assumption_changes(before, after)]
        return (*found, *_shared_changes(old, new), *_cell_changes(old, new))

    def __str__(self) -> str:
        parts = [wrapped(text) for text in self._warnings()]
        if self.total is not None:
            parts.append(wrapped(self._total_sentence(self.total)))
        shown = self.moves[:SHOWN]
        parts.append(table_text(HEADER, [_cells(move) for move in shown]))
        if len(self.moves) > SHOWN:
            number = f"{len(self.moves):,}"
            parts.append(f"The {SHOWN} of {number} populations that moved most; all are in --json.")
        parts += [wrapped(text) for text in self._why()]
        return "\n\n".join(parts)

    def _warnings(self) -> list[str]:
        before, after = self.old.warnings, self.new.warnings
        return [
            *(f"Warning, of the old one: {text}" for text in before if text not in after),
            *(f"Warning, of the new one: {text}" for text in after if text not in before),
            *(f"Warning, of both: {text}" for text in after if text in before),
        ]

    def _total_sentence(self, total: Move) -> str:
        before, after = total.before, total.after
        assert before is not None and after is not None
        prob = HEADLINE_PROBABILITY
        return (
            f"The median of the total moved from {persons(before.median)} to "
            f"{persons(after.median)} {self.new.unit} ({_percent(total)}), the 90 % interval from "
            f"{range_of(before, prob)} to {range_of(after, prob)}."
        )

    def _why(self) -> Iterator[str]:
        changed = [f"{move.population}: {text}" for move in self.moves for text in move.changes]
        if changed:
            rest = len(changed) - FIGURES_SHOWN
            more = f"; and {rest:,} more" if rest > 0 else ""
            yield f"Figures that changed: {'; '.join(changed[:FIGURES_SHOWN])}{more}."
        if self.assumptions:
            yield f"What is assumed otherwise: {'; '.join(self.assumptions)}."
        if not changed and not self.assumptions:
            yield "Nothing that matters differs between the two panels."
        elif any(not move.changes and move.log_ratio for move in self.moves):
            by = "by what figures of others teach of it" if changed else ""
            by += " or " if changed and self.assumptions else ""
            by += "by what is assumed" if self.assumptions else ""
            yield f"A population without changes of its own moved {by}."

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each population, persons, those first that moved most."""
        import pandas as pd

        return pd.DataFrame([_record(move) for move in self.moves]).set_index("population")

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest compare PANEL PANEL --json`` prints."""
        ends = {
            name: {
                "panel": side.panel.name,
                "as_of": None if side.panel.as_of_day is None else str(side.panel.as_of_day),
                "variant": side.panel.variant,
                "data_sha256": side.panel.data_sha256,
                "warnings": side.warnings,
            }
            for name, side in (("old", self.old), ("new", self.new))
        }
        total = self.total
        return rounded(
            {
                "unit": self.new.unit,
                **ends,
                "total": None if total is None else _record(total),
                "populations": [_record(move) for move in self.moves],
                "assumptions": list(self.assumptions),
            }
        )


def compare_panels(
    old: Panel | PanelEstimate,
    new: Panel | PanelEstimate,
    *,
    seed: int = 1,
    progress: Progress | None = None,
) -> PanelComparison:
    """Return how the estimate of a panel moved.

    Parameters
    ----------
    old, new
        Estimates, or panels to be estimated with `seed`.
    seed
        Seed of the estimates.
    progress
        Called with a sentence as the work goes on.

    Raises
    ------
    UsageError
        When the panels have different units, or no population in common.
    PanelNotCertifiedError
        When a panel cannot be estimated.
    """
    one, other = (side.panel if isinstance(side, PanelEstimate) else side for side in (old, new))
    units = one.specification.unit, other.specification.unit
    if units[0] != units[1]:
        raise UsageError(f"the units differ: {units[0]!r} and {units[1]!r}")
    if not {row.name for row in one.populations} & {row.name for row in other.populations}:
        raise UsageError(f"panels {one.name} and {other.name} have no population in common")
    before, after = (_estimated(side, seed, progress) for side in (old, new))
    return PanelComparison(before, after)


def _estimated(side: Panel | PanelEstimate, seed: int, progress: Progress | None) -> PanelEstimate:
    if isinstance(side, PanelEstimate):
        return side
    return estimate_panel(side, seed=seed, progress=progress)


def _shared_changes(old: Panel, new: Panel) -> Iterator[str]:
    """Yield which quantities are shared otherwise."""
    before, after = ({keys.path: keys for keys in panel.keys} for panel in (old, new))
    for path in dict.fromkeys([*before, *after]):
        if path not in before or path not in after:
            continue  # the whole source is one change
        was, now = before[path], after[path]
        label = "size" if path == SIZE else dotted(path).removeprefix("source.")
        names = {"column": "median", "pooled": "pooled", "effects": "on"}
        yield from (f"{label}: {said}" for key, said in names.items() if _differ(was, now, key))


def _differ(was: PanelKeys, now: PanelKeys, key: str) -> bool:
    return bool(getattr(was, key) != getattr(now, key))


def _cell_changes(old: Panel, new: Panel) -> Iterator[str]:
    """Yield the populations of one panel alone, and those whose numbers that are used differ."""
    before, after = ({row.name: row for row in panel.populations} for panel in (old, new))
    columns = {name for keys in new.keys for name in (keys.column, *keys.effects) if name}
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after:
            yield f"population {name} {'left out' if name in before else 'added'}"
            continue
        cells = (before[name].cells, after[name].cells)
        changed = [column for column in columns if cells[0].get(column) != cells[1].get(column)]
        yield from (f"population {name}: {column}" for column in sorted(changed))


def _cells(move: Move) -> tuple[str, ...]:
    ends = [
        ("", "") if size is None else (persons(size.median), range_of(size, HEADLINE_PROBABILITY))
        for size in (move.before, move.after)
    ]
    own = f"{len(move.changes)}" if move.changes else ""
    return move.population or "", *ends[0], *ends[1], _percent(move), own


def _percent(move: Move) -> str:
    if math.isinf(move.log_ratio):
        return "added" if move.before is None else "left out"
    return f"{100 * math.expm1(move.log_ratio):+.1f} %"


def _record(move: Move) -> dict[str, Any]:
    record: dict[str, Any] = {} if move.population is None else {"population": move.population}
    for end, size in (("before", move.before), ("after", move.after)):
        bounds = (None, None) if size is None else size.interval(HEADLINE_PROBABILITY)[:2]
        record[end] = None if size is None else size.median
        record[f"{end}_lower_90"], record[f"{end}_upper_90"] = bounds
    if move.population is not None:
        record["changes"] = list(move.changes)
    return record
