"""The smallest change of an assumption that would tip a conclusion."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from popest.checks.methods.tipping import Tipping, assumptions, find_tipping
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.checks.wording import not_certified
from popest.estimates.pictures import style
from popest.estimates.pictures.style import BLACK, BLUE, GREY, finish, legend_below, name_rows
from popest.language.words import Words
from popest.study import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@check("tipping", required=False, quick=False)
def tipping(context: Context) -> CheckResult:
    """Return the smallest change of each assumption that moves P(N > x) across one half.

    The size x is the threshold asked for, else the lower bound of the study's first range.
    Medians are changed on the log scale and counted in standard deviations of their prior, up to
    two either way; a group's correlation anywhere from 0 to .95.

    Raises
    ------
    UsageError
        When the threshold is below 0, or no number.
    """
    ranges = context.study.specification.ranges
    threshold = context.threshold
    if threshold is None and ranges:
        threshold = float(ranges[0][0])
    if threshold is None:
        return CheckResult("tipping", None, context.words("checks.tipping.no_range"))
    if not 0 <= threshold < math.inf:
        raise UsageError(f"threshold {threshold:g}: write a number of 0 or more")
    now = exceedance(context, threshold)
    found = []
    for assumption in assumptions(context.content):
        context.progress(f"looking for what tips {assumption.label}")
        found.append(find_tipping(context, assumption, threshold, now))
    table = [_row(each, threshold, now) for each in found]
    figure = partial(_draw, found=found, threshold=threshold, context=context) if found else None
    return CheckResult("tipping", None, _sentence(found, threshold, now, context), table, figure)


def exceedance(context: Context, threshold: float) -> float:
    """Return the study's own probability that what it estimates exceeds a size."""
    return context.itself.headline.probability(threshold, math.inf)


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
    words, unit = context.words, context.words.unit(context.study.specification.unit)
    probability = words(
        "checks.tipping.now",
        symbol=context.asked.said(words, "symbol"),
        threshold=words.number(threshold),
        unit=unit,
        prob=words.likely(now),
    )
    # Standard deviations and correlations are no common measure: the former come first.
    medians = [each for each in found if each.assumption.kind != "correlation"]
    groups = [each for each in found if each.assumption.kind == "correlation"]
    uncertain = (_label(words, each) for each in found if not each.certified)
    return words.joined(
        [
            probability,
            *_median_words(words, medians),
            *_group_words(words, groups),
            not_certified(words, uncertain),
        ]
    )


def _median_words(words: Words, found: list[Tipping]) -> Iterator[str]:
    has_departures = any(each.assumption.unit == "sigma" for each in found)
    units = words("checks.tipping.units_of_two_kinds" if has_departures else "checks.tipping.units")
    tipped = [each for each in found if each.change is not None]
    if not tipped:
        yield words("checks.tipping.no_median", units=units)
        return
    least = min(tipped, key=lambda each: abs(each.change or 0.0))
    yield words("checks.tipping.smallest", change=_change(words, least))
    others, tried = len(tipped) - 1, len(found) - 1
    if tried:
        numbers = {"others": words.ungrouped(others), "tried": words.ungrouped(tried)}
        key = "checks.tipping.all_others" if others == tried else "checks.tipping.some_others"
        yield words(key, units=units, **numbers)


def _group_words(words: Words, found: list[Tipping]) -> Iterator[str]:
    tipped = [each for each in found if each.change is not None]
    for each in tipped:
        yield words("checks.tipping.correlation", change=_change(words, each))
    if found and not tipped:
        yield words("checks.tipping.no_correlation")


def _label(words: Words, found: Tipping) -> str:
    assumption = found.assumption
    return words(f"checks.tipping.assumption.{assumption.kind}", name=assumption.name)


def _change(words: Words, found: Tipping) -> str:
    assumption, change = found.assumption, found.change or 0.0
    before, after = (words.written(f"{assumption.value(at):.3g}") for at in (0.0, change))
    is_correlation = assumption.kind == "correlation"
    return words(
        "checks.tipping.change" if is_correlation else "checks.tipping.change_in",
        assumption=_label(words, found),
        after=after,
        before=before,
        change=words.written(f"{change:+.2f}"),
        unit=assumption.unit,
    )


def _draw(ax: Axes, found: list[Tipping], threshold: float, context: Context) -> Axes:
    """Draw the probability that each assumption reaches between its ends, and where it tips."""
    for place, each in enumerate(found):
        ends = (100 * each.at_low_end, 100 * each.at_high_end)
        colour = GREY if each.change is None else BLUE
        ax.plot(ends, [place, place], color=colour, lw=2)
        labels = (None, None) if place else ("lowest value", "highest value")
        for end, marker, label in zip(ends, "v^", labels, strict=True):
            ax.plot([end], [place], marker, color=colour, label=label)
        if each.change is not None:
            text = f"{each.change:+.2f} {each.assumption.unit}"
            style.write_beside(ax, (50, place), text, (4, 6))
    ax.axvline(50, color=BLACK, lw=0.8, ls="--")
    now = 100 * exceedance(context, threshold)
    ax.axvline(now, color=BLACK, lw=0.8, label="as the study has it")
    ax.set_xlim(0, 100)
    name_rows(ax, [each.assumption.label for each in found])
    legend_below(ax)
    unit = context.study.specification.unit
    asked = context.asked
    symbol, when = ("N", f"on {asked}") if asked.is_stock else ("x", f"x: {asked}")
    label = f"P({symbol} > {threshold:,.0f} {unit}) {when}, %; numbers: where it tips\n"
    label += "ends: medians -2 and +2 prior standard deviations, correlations 0 and .95"
    return finish(ax, "What would tip the conclusion", label)
