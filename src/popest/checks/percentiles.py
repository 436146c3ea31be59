"""Figures among what is predicted for them: the sentence and the picture of two checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from popest.checks.pictures import figure_label
from popest.estimates.fit import ObservationFit
from popest.estimates.pictures.style import BAND, BLACK, BLUE, ORANGE, finish, name_rows
from popest.language.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def percentile_sentence(words: Words, check: str, fits: Sequence[ObservationFit]) -> str:
    """Return which figures lie outside 1-99 % of what is predicted, in the words of a check."""
    number = words.ungrouped(len(fits))
    if not fits:
        return words(f"checks.{check}.nothing")
    outside = [fit.observation for fit in fits if fit.is_extreme]
    if not outside:
        return words(f"checks.{check}.within", number=number)
    return words(
        f"checks.{check}.outside",
        outside=words.ungrouped(len(outside)),
        number=number,
        rows=words.joined(outside, ", "),
    )


def draw_percentiles(ax: Axes, fits: Sequence[ObservationFit], title: str, label: str) -> Axes:
    """Draw the place of each figure among those predicted, with lines at 1 and 99 %."""
    ax.axvspan(1, 99, color=BAND, lw=0, zorder=0)
    for place, fit in enumerate(fits):
        colour, marker = (ORANGE, "X") if fit.is_extreme else (BLUE, "o")
        at = [100 * fit.percentile]
        ax.plot(at, [place], marker, color=colour, ms=6, clip_on=False, zorder=3)
    ax.axvline(50, color=BLACK, lw=0.8, ls="--")
    ax.set_xlim(0, 100)
    name_rows(ax, [figure_label(fit.observation, fit.source) for fit in fits])
    return finish(ax, title, label)
