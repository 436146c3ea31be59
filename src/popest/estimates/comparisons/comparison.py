"""Two estimates side by side, and what moved the one to the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from popest.engines.shared import SharedBank
from popest.estimates.certified_estimate import Estimate
from popest.estimates.comparisons.attribution import (
    MOST_CHANGES_EXACT,
    REMAINDER,
    SAMPLED_ORDERS,
    InBetween,
    Share,
    attribute,
)
from popest.estimates.comparisons.changes import changes_between, content_of, reaching
from popest.estimates.compute import estimate
from popest.estimates.distribution import Distribution
from popest.estimates.document import rounded
from popest.estimates.settings import asked_on, checked_estimand
from popest.estimates.words import range_of, scenario_sentence, table_text, wrapped
from popest.model.model import Model
from popest.study import Study, UsageError
from popest.study.estimand import Estimand

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SHARES_IN_SENTENCE = 3
HEADER = ("change", "median", "+-", "width", "+-")


@dataclass(frozen=True)
class Comparison:
    """How an estimate moved and which changes moved it.

    `asked` is what is compared: a stock, or the flow that is the new study's headline.
    `shares` sum to the move between the two studies as weighed by one common bank; `refits` of
    the studies in between needed a bank of their own.
    """

    old: Estimate
    new: Estimate
    asked: Estimand
    shares: tuple[Share, ...]
    refits: int

    @property
    def day(self) -> date:
        """The day of the stock compared, or the last one of a window."""
        return self.asked.last

    @property
    def is_exact(self) -> bool:
        """Whether all orders of the changes were followed, not a sample of them."""
        return len(self.shares) <= MOST_CHANGES_EXACT

    @property
    def remainder(self) -> float:
        """The part of the move, persons, that no change made: the two estimates' own draws."""
        return self._ends[1] - self._ends[0] - sum(share.median for share in self.shares)

    @property
    def _ends(self) -> tuple[float, float]:
        old, new = self._found
        return old.median, new.median

    @property
    def _found(self) -> tuple[Distribution, Distribution]:
        return self.old.posterior_of(self.asked), self.new.posterior_of(self.asked)

    @cached_property
    def printed(self) -> PrintedMoves:
        """The medians and the moves as they are printed, in whole units that add up."""
        return printed_moves(*self._ends, [share.median for share in self.shares])

    @property
    def sentence(self) -> str:
        """The move and its main causes in words."""
        old, new = self._found
        was, now = old.interval(0.9), new.interval(0.9)
        wider = round(100 * ((now.upper - now.lower) / (was.upper - was.lower) - 1))
        width = f"{abs(wider)} % {'wider' if wider > 0 else 'narrower'}" if wider else "as wide"
        printed = self.printed
        text = (
            f"The median for {self.asked} moved from {printed.before:,} to {printed.after:,} "
            f"{self.new.unit} ({printed.after - printed.before:+,}), "
            f"the 90 % interval from {range_of(old, 0.9)} to {range_of(new, 0.9)} ({width})."
        )
        text = " ".join([text, *scenario_sentence(self.new.study, self.day)])
        if not self.shares:
            return f"{text} Nothing that matters differs between the two studies."
        moves = zip(self.shares, printed.shares, strict=True)
        largest = sorted(moves, key=lambda move: -abs(move[0].median))[:SHARES_IN_SENTENCE]
        causes = ", ".join(f"{share.label} {move:+,}" for share, move in largest)
        count = len(self.shares)
        kind = {1: "", 2: ", both changes"}.get(count, f", all {count} changes")
        if count > SHARES_IN_SENTENCE:
            kind = f", the largest of {count} changes"
        return f"{text} What moved it{kind}: {causes}."

    def __str__(self) -> str:
        rows = [
            (
                share.label,
                f"{move:+,}",
                f"{2 * share.median_se:,.0f}",
                f"{100 * math.expm1(share.log_width):+.1f} %",
                f"{200 * share.log_width_se:.1f} %",
            )
            for share, move in zip(self.shares, self.printed.shares, strict=True)
        ]
        parts = [*map(wrapped, self._warnings()), wrapped(self.sentence)]
        if rows:
            if self.printed.remainder:
                rows.append((REMAINDER, f"{self.printed.remainder:+,}", "", "", ""))
            rows.append(("sum", f"{self.printed.after - self.printed.before:+,}", "", "", ""))
            parts += [table_text(HEADER, rows), wrapped(self._method())]
        return "\n\n".join(parts)

    def _warnings(self) -> list[str]:
        """Return the warnings of both studies, those of both once."""
        before, after = self.old.study.warnings, self.new.study.warnings
        return [
            *(f"Warning, of the old one: {text}" for text in before if text not in after),
            *(f"Warning, of the new one: {text}" for text in after if text not in before),
            *(f"Warning, of both: {text}" for text in after if text in before),
        ]

    def _method(self) -> str:
        orders = (
            "all orders of the changes"
            if self.is_exact
            else f"{SAMPLED_ORDERS} sampled orders of the changes"
        )
        return (
            f"Each change has its Shapley value: what it does on average over {orders}. The "
            f"moves of the median add up, those of the width multiply; +- is two standard errors "
            f"of the computation."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the shares: medians in persons, widths as logs."""
        import pandas as pd

        return pd.DataFrame(self.shares, columns=list(Share._fields)).set_index("label")

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest compare --json`` prints."""
        ends = {}
        sides = zip(("old", "new"), (self.old, self.new), self._found, strict=True)
        for name, side, found in sides:
            lower, upper, prob, kind, _ = found.interval(0.9)
            ends[name] = {
                "study": side.study.name,
                "as_of": None if side.study.as_of_day is None else str(side.study.as_of_day),
                "variant": side.study.variant,
                "data_sha256": side.study.data_sha256,
                "warnings": list(side.study.warnings),
                "median": found.median,
                "interval": {"prob": prob, "lower": lower, "upper": upper, "kind": kind},
            }
        return rounded(
            {
                **self.asked.entry,
                "scenario": self.new.study.is_scenario(self.day),
                "unit": self.new.unit,
                **ends,
                "sentence": self.sentence,
                "exact": self.is_exact,
                "refits": self.refits,
                "changes": [share._asdict() for share in self.shares],
                "remainder": self.remainder,
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the waterfall from the old median to the new one; return the axes."""
        from popest.estimates.comparisons.pictures import draw_waterfall

        remainder = self.remainder if self.printed.remainder else 0.0
        return draw_waterfall(self._ends, self.shares, remainder, (self.asked, self.new.unit), ax)


def compare(
    old: Estimate | Study,
    new: Estimate | Study,
    *,
    date: str | date | None = None,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Return how an estimate moved, shared out to each changed figure and assumption.

    Parameters
    ----------
    old, new
        Estimates, or studies to be estimated with `seed`.
    date
        The day whose stock is compared, also ``latest`` (the last that the new study counts) or
        ``today``; the new study's headline when None. A day after a calendar prolongs it.
    seed
        Seed of the attribution.
    progress
        Called with a sentence as the work goes on.

    Raises
    ------
    UsageError
        When the studies have different units, or one of them cannot say what is compared: a
        day is before its calendar, or a flow is asked of a static population.
    NotCertifiedError
        When a study cannot be estimated.
    PopestError
        When a study in between cannot be certified.
    """
    before, after = _estimated(old, seed, progress), _estimated(new, seed, progress)
    if before.unit != after.unit:
        raise UsageError(f"the units differ: {before.unit!r} and {after.unit!r}")
    asked = asked_on(date, after.study)
    checked_estimand(asked, before.study)
    changes = changes_between(before.study, after.study)
    if not changes:
        return Comparison(before, after, asked, (), 0)
    rng = np.random.default_rng(seed)
    ends = [Model(*reaching(content_of(side.study), asked.last)) for side in (before, after)]
    shared = SharedBank.covering(ends, rng)
    between = InBetween(content_of(before.study), changes, asked, shared, rng)
    shares = attribute(between, progress)
    return Comparison(before, after, asked, tuple(shares), between.refits)


def _estimated(
    side: Estimate | Study, seed: int, progress: Callable[[str], None] | None
) -> Estimate:
    if isinstance(side, Estimate):
        return side
    return estimate(side, seed=seed, progress=progress)


class PrintedMoves(NamedTuple):
    """Two medians and the moves between them in whole persons, which add up as printed."""

    before: int
    after: int
    shares: tuple[int, ...]
    remainder: int


def printed_moves(before: float, after: float, shares: Sequence[float]) -> PrintedMoves:
    """Return medians and moves, persons, rounded to a common unit so that they add up.

    Parameters
    ----------
    before, after
        The two medians.
    shares
        What each change did; `remainder` is what they leave of the move.

    Notes
    -----
    The unit is a power of ten that leaves two digits of the largest move, and no fewer than
    three of the medians. Every number is rounded once, from the unrounded; what rounding leaves
    over goes to the moves that lost most by it (the method of the largest remainder).
    """
    moves = np.array([*shares, after - before - sum(shares)])
    largest = max(abs(after - before), *abs(moves))
    sizes = [(before, 2), (after, 2), *([(largest, 1)] if largest >= 1 else [])]
    digits = [math.floor(math.log10(max(size, 1))) - shown for size, shown in sizes]
    unit = 10 ** max(0, min(digits))
    ends = round(before / unit), round(after / unit)
    floors = np.floor(moves / unit).astype(int)
    spare = ends[1] - ends[0] - int(floors.sum())
    order = np.argsort(floors - moves / unit, kind="stable")
    # One move gains or loses a second unit only where the ends themselves were rounded apart.
    each, rest = divmod(spare, len(moves))
    floors += each
    floors[order[:rest]] += 1
    *parts, remainder = (floors * unit).tolist()
    return PrintedMoves(ends[0] * unit, ends[1] * unit, tuple(parts), remainder)
