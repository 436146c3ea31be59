"""The smallest change of an assumption that would tip a conclusion."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from popest.checks.methods.tipping import Tipping, assumptions, find_tipping
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context, not_certified
from popest.estimates.pictures.style import BLACK, BLUE, GREY, finish, legend_below, name_rows
from popest.estimates.words import likely
from popest.study import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@check(
    "tipping",
    "what smallest change of an assumption would tip the conclusion?",
    required=False,
    quick=False,
)
def tipping(context: Context) -> CheckResult:
    """Return the smallest change of each assumption that moves P(N > x) across one half.

    The size x is the threshold asked for, else the lower bound of the study's first range.
    Medians are changed on the log scale and counted in standard deviations of their prior, up to
    two either way; a group's correlation anywhere from 0 to .95.

    Raises
    ------
    UsageError
        When the threshold is no size of a population.
    """
    ranges = context.study.specification.ranges
    threshold = context.threshold
    if threshold is None and ranges:
        threshold = float(ranges[0][0])
    if threshold is None:
        return CheckResult(
            "tipping", None, "The study declares no range; ask with a threshold of your own."
        )
    if not 0 <= threshold < math.inf:
        raise UsageError(f"threshold {threshold:g}: write a size of the population, 0 or more")
    now = exceedance(context, threshold)
    found = []
    for assumption in assumptions(context.content):
        context.progress(f"looking for what tips {assumption.label}")
        found.append(find_tipping(context, assumption, threshold, now))
    table = [_row(each, threshold, now) for each in found]
    figure = partial(_draw, found=found, threshold=threshold, context=context) if found else None
    return CheckResult("tipping", None, _sentence(found, threshold, now, context), table, figure)


def exceedance(context: Context, threshold: float) -> float:
    """Return the study's own probability that the stock exceeds a size."""
    return context.itself.stock.probability(threshold, math.inf)


def _row(found: Tipping, threshold: float, now: float) -> dict[str, Cell]:
    assumption = found.assumption
    return {
        "assumption": assumption.label,
        "threshold": threshold,
        "probability_now": now,
        "value_now": assumption.value(0.0),
        "value_at_tipping": None if found.change is None else assumption.value(found.change),
        "change": found.change,
        "unit_of_change": assumption.unit,
        "probability_at_low_end": found.at_low_end,
        "probability_at_high_end": found.at_high_end,
        "certified": found.certified,
    }


def _sentence(found: list[Tipping], threshold: float, now: float, context: Context) -> str:
    unit = context.study.specification.unit
    sentence = f"P(N > {threshold:,.0f} {unit}) is {likely(now)}."
    tipped = [each for each in found if each.change is not None]
    # Standard deviations and correlations are no common measure: the former come first.
    measured = [each for each in tipped if each.assumption.unit != "correlation"]
    if measured:
        least = min(measured, key=lambda each: abs(each.change or 0.0))
        sentence += f" The smallest change that tips it: {_change(least)}."
        others = len(measured) - 1
        tried = sum(each.assumption.unit != "correlation" for each in found) - 1
        number = "All" if others == tried else f"{others} of the"
        if tried:
            sentence += f" {number} {tried} other medians would tip it within 2 {_units(found)}."
    else:
        sentence += f" No change of one median by 2 {_units(found)} or less tips it."
    groups = [each for each in tipped if each.assumption.unit == "correlation"]
    for each in groups:
        sentence += f" So would {_change(each)}."
    if not groups and any(each.assumption.unit == "correlation" for each in found):
        sentence += " No correlation of a group does."
    return sentence + not_certified(each.assumption.label for each in found if not each.certified)


def _units(found: list[Tipping]) -> str:
    has_departures = any(each.assumption.unit == "sigma" for each in found)
    return "tau (departures: sigma)" if has_departures else "tau"


def _change(found: Tipping) -> str:
    assumption, change = found.assumption, found.change or 0.0
    before, after = (f"{assumption.value(at):.3g}" for at in (0.0, change))
    size = "" if assumption.unit == "correlation" else f" ({change:+.2f} {assumption.unit})"
    return f"{assumption.label} {after} instead of {before}{size}"


def _draw(ax: Axes, found: list[Tipping], threshold: float, context: Context) -> Axes:
    """Draw the probability that each assumption reaches between its ends, and where it tips."""
    for place, each in enumerate(found):
        ends = (100 * each.at_low_end, 100 * each.at_high_end)
        colour = GREY if each.change is None else BLUE
        ax.plot(ends, [place, place], color=colour, lw=2)
        ax.plot([ends[0]], [place], "v", color=colour, label=_once("lowest value", place))
        ax.plot([ends[1]], [place], "^", color=colour, label=_once("highest value", place))
        if each.change is not None:
            text = f"{each.change:+.2f} {each.assumption.unit}"
            ax.annotate(
                text, (50, place), xytext=(4, 6), textcoords="offset points", fontsize="x-small"
            )
    ax.axvline(50, color=BLACK, lw=0.8, ls="--")
    now = 100 * exceedance(context, threshold)
    ax.axvline(now, color=BLACK, lw=0.8, label="as the study has it")
    ax.set_xlim(0, 100)
    name_rows(ax, [each.assumption.label for each in found])
    legend_below(ax)
    unit = context.study.specification.unit
    label = f"P(N > {threshold:,.0f} {unit}) on {context.day}, %; numbers: where it tips\n"
    label += "ends: medians -2 and +2 prior standard deviations, correlations 0 and .95"
    return finish(ax, "What would tip the conclusion", label)


def _once(label: str, place: int) -> str | None:
    return label if place == 0 else None
