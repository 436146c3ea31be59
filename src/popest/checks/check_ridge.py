"""What the data rule out by themselves: a common shift of all ratios."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from popest.checks.methods.fitted import Fitted, moved_source, ratios_of, with_source_entries
from popest.checks.registry import check
from popest.checks.result import CheckResult, Context, interval_cells
from popest.estimates.pictures.style import (
    BAND,
    BLACK,
    BLUE,
    ORANGE,
    label_left,
    legend_below,
    thousands,
)
from popest.language.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHIFTS = np.linspace(-1, 1, 9)
POSSIBLE = 2.0
"""A log evidence this far below the best is what the data speak against: a factor of 7."""


@check("ridge", required=False, quick=True)
def ridge(context: Context) -> CheckResult:
    """Return the estimate when the log medians of all ratios are shifted together.

    The quick form takes every other shift. Ratios of floors are shifted, too.
    """
    if not ratios_of(context.study.specification):
        return CheckResult("ridge", None, context.words("checks.ridge.no_ratio"))
    shifts = SHIFTS[::2] if context.quick else SHIFTS
    found = {float(shift): _shifted(context, float(shift)) for shift in shifts}
    best = max(each.log_evidence for each in found.values())
    possible = [shift for shift in found if found[shift].log_evidence >= best - POSSIBLE]
    table = [
        {
            "shift": shift,
            **interval_cells(each.headline),
            "log_evidence": each.log_evidence,
            "possible": shift in possible,
            "certified": each.certified,
            "refitted": each.refitted,
        }
        for shift, each in found.items()
    ]
    figure = partial(_draw, found=found, best=best, label=context.label)
    return CheckResult("ridge", None, _sentence(context.words, found, possible), table, figure)


def _shifted(context: Context, shift: float) -> Fitted:
    context.progress(f"shifting all log ratios by {shift:+.2f}")
    content = with_source_entries(context.content, lambda _, source: moved_source(source, shift))
    return context.itself if shift == 0 else context.other(content, f"ridge {shift:+.2f}")


def _sentence(words: Words, found: dict[float, Fitted], possible: list[float]) -> str:
    medians = sorted(found[shift].headline.median for shift in possible)
    shifts = list(found)
    facts = {
        "low": words.persons(medians[0]),
        "high": words.persons(medians[-1]),
        "ends": _ends(words, shifts, possible),
        "limit": words.exact(POSSIBLE),
        "least": _times(words, shifts[0]),
        "most": _times(words, shifts[-1]),
    }
    parts = [words(f"checks.ridge.{'rules_out' if facts['ends'] else 'nothing'}", **facts)]
    uncertain = [_times(words, shift) for shift in shifts if not found[shift].certified]
    if uncertain:
        parts.append(words("checks.ridge.not_certified", shifts=words.joined(uncertain, ", ")))
    return words.joined(parts)


def _ends(words: Words, shifts: list[float], possible: list[float]) -> str:
    """Return which common levels of all ratios the data speak against; nothing where none."""
    lower = [
        words("checks.ridge.lower", times=_times(words, shift))
        for shift in shifts
        if shift < possible[0]
    ]
    higher = [
        words("checks.ridge.higher", times=_times(words, shift))
        for shift in shifts
        if shift > possible[-1]
    ]
    if lower and higher:
        return words("checks.ridge.either", lower=lower[-1], higher=higher[0])
    return words.joined([*lower[-1:], *higher[:1]])


def _times(words: Words, shift: float) -> str:
    return words.ungrouped(float(np.exp(shift)), 2)


def _draw(ax: Axes, found: dict[float, Fitted], best: float, label: str) -> Axes:
    """Draw median and interval against the shift, and the log evidence on the right."""
    shifts = list(found)
    lower, upper = zip(*(each.bounds for each in found.values()), strict=True)
    medians = [each.headline.median for each in found.values()]
    ax.fill_between(shifts, lower, upper, color=BAND, lw=0, label="90 % credible interval")
    ax.plot(shifts, medians, "o-", color=BLUE, label="median")
    ax.set_ylim(bottom=0)
    thousands(ax.yaxis)
    label_left(ax, label)
    ax.set_xlabel("shift of all log ratio medians (0: as the study has them)", fontsize="small")
    right = ax.twinx()
    evidence = [each.log_evidence - best for each in found.values()]
    right.plot(shifts, evidence, "s--", color=ORANGE, label="log evidence, best = 0 (right)")
    right.axhline(-POSSIBLE, color=ORANGE, lw=0.8, ls=":")
    right.set_ylim(min(-2 * POSSIBLE, 1.1 * min(evidence)), 0.5)
    right.set_ylabel(f"log evidence less the best (dotted: -{POSSIBLE:g})")
    ax.axvline(0, color=BLACK, lw=0.8, ls="--")
    legend_below(ax, right)
    ax.set_title(
        "What the data say when all ratios are shifted together (equal-tailed intervals)",
        loc="left",
        fontsize="medium",
    )
    return ax
