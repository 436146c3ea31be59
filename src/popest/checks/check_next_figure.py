"""Which figure would help most: how far one more of each kind would narrow the interval."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from popest.checks.methods.next_figure import (
    MATCH_ERROR,
    Candidate,
    Prospects,
    Worth,
    candidates,
    not_asked,
    width_of,
    worth,
)
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates.pictures.style import (
    BLACK,
    BLUE,
    GREY,
    finish,
    legend_below,
    name_rows,
    thousands,
)
from popest.estimates.settings import checked_date
from popest.language.words import Words
from popest.study.estimand import Estimand

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWS, FIGURES = 8_000, 200
QUICK_DRAWS, QUICK_FIGURES = 4_000, 40
LABEL_OF_MATCH = "register match"


@check("next-figure", required=False, quick=True)
def next_figure(context: Context) -> CheckResult:
    """Return how wide the 90 % interval is expected to be once one more figure is known.

    One figure of each source is tried, and a count by a match of registers with an error of 5 %,
    all of the day that is asked for, else of the first 31 December after the last used count. The
    interval is that of the stock on the same day; where no day is asked for and the headline is a
    flow, it is the headline's. The quick form tries fewer values of each.
    """
    day, estimate = _day(context), context.estimate
    is_of_day = context.asked.is_stock or context.date_asked is not None
    asked = Estimand(day) if is_of_day else context.asked
    n_draws, n_figures = (QUICK_DRAWS, QUICK_FIGURES) if context.quick else (DRAWS, FIGURES)
    now = width_of(estimate.posterior_of(asked).values, estimate.draws.weights)
    if now == 0:
        known = asked.said(context.words, "known")
        sentence = context.words("checks.next-figure.known", known=known)
        return CheckResult("next-figure", None, sentence)
    prospects = Prospects.of(estimate.reach(day), estimate.draws.weights, day, asked, n_draws)
    found: list[Worth] = []
    left_out = not_asked(prospects.model)
    for candidate in candidates(prospects, context.rng("next figure")):
        if isinstance(candidate, str):
            left_out.append(candidate)
            continue
        context.progress(f"imagining figures of {_label(candidate)}")
        found.append(worth(candidate, prospects, n_figures))
    found.sort(key=lambda each: each.width)
    table = [_row(each, now) for each in found]
    facts = {"label": asked.said(context.words, "label"), "now": context.words.persons(now)}
    facts["unit"] = context.words.unit(context.study.specification.unit)
    label = f"the {asked.label}, {context.study.specification.unit}"
    figure = partial(_draw, found=found, now=now, label=label)
    return CheckResult(
        "next-figure", None, _sentence(context.words, found, facts, left_out), table, figure
    )


def _day(context: Context) -> date:
    """Return the day asked for, or the first 31 December after the last used count."""
    study = context.study
    if context.date_asked is not None:
        return checked_date(context.date_asked, study)
    last = study.last_count
    if last is None:
        return context.asked.last
    is_over = (last.day.month, last.day.day) == (12, 31)
    return min(date(last.day.year + is_over, 12, 31), study.calendar.furthest_day)


def _label(candidate: Candidate) -> str:
    return LABEL_OF_MATCH if candidate.source is None else candidate.source


def _row(found: Worth, now: float) -> dict[str, Cell]:
    candidate = found.candidate
    return {
        "figure": _label(candidate),
        "source": candidate.source,
        "measure": candidate.measure,
        "start": None if candidate.start is None else str(candidate.start),
        "end": str(candidate.end),
        "width_now": now,
        "width_after": found.width,
        "width_se": found.error,
        "width_left": found.width / now,
        "least_effective_size": found.least_size,
        "reliable": found.is_reliable,
    }


def _sentence(words: Words, found: list[Worth], facts: dict[str, str], left_out: list[str]) -> str:
    """Return which figure would narrow the interval most, and what each would leave of it."""
    figures = [each for each in found if each.candidate.source is not None]
    match = next(each for each in found if each.candidate.source is None)
    parts = []
    if figures:
        best = figures[0]
        parts.append(words("checks.next-figure.best", **facts, **_facts(words, best)))
    else:
        parts.append(words("checks.next-figure.none", **facts))
    error = words.percent(MATCH_ERROR)
    parts.append(words("checks.next-figure.match", error=error, **_facts(words, match)))
    if figures[1:]:
        others = [words("checks.next-figure.case", **_facts(words, each)) for each in figures[1:]]
        parts.append(words("checks.next-figure.others", cases=words.joined(others, "; ")))
    doubtful = [_name(words, each.candidate) for each in found if not each.is_reliable]
    if doubtful:
        parts.append(words("checks.next-figure.doubtful", names=words.list(doubtful)))
    if left_out:
        parts.append(words("checks.next-figure.not_asked", names=words.list(left_out)))
    return words.joined(parts)


def _facts(words: Words, found: Worth) -> dict[str, str]:
    candidate = found.candidate
    kind = "window" if candidate.start is not None else "stock"
    start = "" if candidate.start is None else words.day(candidate.start)
    dates = words(f"checks.next-figure.{kind}", start=start, end=words.day(candidate.end))
    return {
        "source": _name(words, candidate),
        "dates": dates,
        "after": words.persons(found.width),
        "se": words.exact(float(f"{found.error:.2g}")),
    }


def _name(words: Words, candidate: Candidate) -> str:
    return candidate.source or words("checks.next-figure.name_of_match")


def _draw(ax: Axes, found: list[Worth], now: float, label: str) -> Axes:
    """Draw the width expected with each figure as a bar, and the width now as a line."""
    for place, each in enumerate(found):
        colour = BLUE if each.is_reliable else GREY
        ax.barh(place, each.width, xerr=2 * each.error, color=colour, height=0.55)
    ax.axvline(now, color=BLACK, lw=1, ls="--", label="now")
    ax.set_xlim(left=0)
    thousands(ax.xaxis)
    name_rows(ax, [_label(each.candidate) for each in found])
    legend_below(ax)
    label = f"expected width of the 90 % interval of {label}\n"
    label += "bars: with one more figure, and two Monte Carlo standard errors; grey: too few draws"
    return finish(ax, "What one more figure would do", label)
