"""Two estimates side by side, and what moved the one to the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from popest.engines.shared import SharedBank
from popest.estimates.attribution import (
    MOST_CHANGES_EXACT,
    SAMPLED_ORDERS,
    InBetween,
    Share,
    attribute,
)
from popest.estimates.changes import changes_between, content_of
from popest.estimates.compute import estimate
from popest.estimates.document import rounded
from popest.estimates.result import Estimate, checked_date
from popest.estimates.words import persons, table_text, wrapped
from popest.model.model import Model
from popest.study import Study, UsageError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SHARES_IN_SENTENCE = 3
HEADER = ("change", "median", "+-", "width", "+-")


@dataclass(frozen=True)
class Comparison:
    """How an estimate moved and which changes moved it.

    `shares` sum to the move between the two studies as weighed by one common bank; `refits` of
    the studies in between needed a bank of their own.
    """

    old: Estimate
    new: Estimate
    day: date
    shares: tuple[Share, ...]
    refits: int

    @property
    def is_exact(self) -> bool:
        """Whether all orders of the changes were followed, not a sample of them."""
        return len(self.shares) <= MOST_CHANGES_EXACT

    @property
    def sentence(self) -> str:
        """The move and its main causes in words."""
        before, after = self.old.stock(self.day), self.new.stock(self.day)
        was, now = before.interval(0.9), after.interval(0.9)
        width = (now.upper - now.lower) / (was.upper - was.lower) - 1
        text = (
            f"The median for {self.day} moved from {persons(before.median)} to "
            f"{persons(after.median)} {self.new.unit} ({_signed(after.median - before.median)}), "
            f"the 90 % interval from {persons(was.lower)} - {persons(was.upper)} to "
            f"{persons(now.lower)} - {persons(now.upper)} ({abs(100 * width):.0f} % "
            f"{'wider' if width > 0 else 'narrower'})."
        )
        if not self.shares:
            return f"{text} Nothing that matters differs between the two studies."
        largest = sorted(self.shares, key=lambda share: -abs(share.median))[:SHARES_IN_SENTENCE]
        causes = ", ".join(f"{share.label} {_signed(share.median)}" for share in largest)
        kind = "of all" if len(self.shares) <= SHARES_IN_SENTENCE else "the largest of all"
        return f"{text} What moved it, {kind} {len(self.shares)} changes: {causes}."

    def __str__(self) -> str:
        rows = [
            (
                share.label,
                _signed(share.median),
                f"{2 * share.median_se:,.0f}",
                f"{100 * math.expm1(share.log_width):+.1f} %",
                f"{200 * share.log_width_se:.1f} %",
            )
            for share in self.shares
        ]
        parts = [wrapped(self.sentence)]
        if rows:
            parts += [table_text(HEADER, rows), wrapped(self._method())]
        return "\n\n".join(parts)

    def _method(self) -> str:
        orders = (
            "all orders of the changes"
            if self.is_exact
            else f"{SAMPLED_ORDERS} sampled orders of the changes"
        )
        return (
            f"Each change has its Shapley value: what it does on average over {orders}. The "
            f"values sum to the whole move; +- is two standard errors of the computation."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the shares: medians in persons, widths as logs."""
        import pandas as pd

        return pd.DataFrame(self.shares, columns=list(Share._fields)).set_index("label")

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest compare --json`` prints."""
        ends = {}
        for name, side in (("old", self.old), ("new", self.new)):
            stock = side.stock(self.day)
            lower, upper, prob, kind, _ = stock.interval(0.9)
            ends[name] = {
                "study": side.study.name,
                "as_of": None if side.study.as_of_day is None else str(side.study.as_of_day),
                "variant": side.study.variant,
                "data_sha256": side.study.data_sha256,
                "median": stock.median,
                "interval": {"prob": prob, "lower": lower, "upper": upper, "kind": kind},
            }
        return rounded(
            {
                "date": str(self.day),
                "unit": self.new.unit,
                **ends,
                "sentence": self.sentence,
                "exact": self.is_exact,
                "refits": self.refits,
                "changes": [share._asdict() for share in self.shares],
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the waterfall from the old median to the new one; return the axes."""
        from popest.estimates.waterfall import draw_waterfall

        return draw_waterfall(self, ax)


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
        The day compared, within both calendars; the new study's headline date when None.
    seed
        Seed of the attribution.
    progress
        Called with a sentence as the work goes on.

    Raises
    ------
    UsageError
        When the studies have different units or the day is outside a calendar.
    NotCertifiedError
        When a study cannot be estimated.
    PopestError
        When a study in between cannot be certified.
    """
    before, after = _estimated(old, seed, progress), _estimated(new, seed, progress)
    if before.unit != after.unit:
        raise UsageError(f"the units differ: {before.unit!r} and {after.unit!r}")
    day = checked_date(after.study.specification.headline if date is None else date, after.study)
    checked_date(day, before.study)
    changes = changes_between(before.study, after.study)
    if not changes:
        return Comparison(before, after, day, (), 0)
    rng = np.random.default_rng(seed)
    ends = [Model(*content_of(side.study)) for side in (before, after)]
    shared = SharedBank.covering(ends, rng)
    between = InBetween(content_of(before.study), changes, day, shared, rng)
    shares = attribute(between, progress)
    return Comparison(before, after, day, tuple(shares), between.refits)


def _estimated(
    side: Estimate | Study, seed: int, progress: Callable[[str], None] | None
) -> Estimate:
    if isinstance(side, Estimate):
        return side
    return estimate(side, seed=seed, progress=progress)


def _signed(value: float) -> str:
    rounded_value = float(f"{value:.2g}")
    return f"{rounded_value:+,.0f}"
