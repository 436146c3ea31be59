"""Whether the figures of a population contradict what all other populations teach."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from popest.checks.methods.adjusted import LEVEL
from popest.checks.panel.context import Contradictions, PanelContext
from popest.checks.registry import panel_check
from popest.checks.result import Cell, CheckResult
from popest.checks.wording import not_certified
from popest.estimates.pictures.style import BLACK, BLUE, ORANGE, finish, legend_below, name_rows
from popest.language.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWN = 30
MOST_NAMED = 10


@panel_check("conflict", required=True, quick=True)
def conflict(context: PanelContext) -> CheckResult:
    """Return the chance of each population's figures, failed below 5 % after Holm's adjustment.

    A population that is not certified without itself can neither fail nor let the check pass.
    """
    if context.panel.is_drawn_whole:
        return CheckResult("conflict", None, context.words("panel.checks.conflict.whole"))
    found = context.contradictions
    if not found.found:
        return CheckResult("conflict", None, context.words("panel.checks.conflict.nothing"))
    passed = True if all(each.is_certified for each in found.found) else None
    if found.flagged:
        passed = False
    table: list[dict[str, Cell]] = [
        {
            "population": each.population,
            "figures": len(each.figures),
            "chance": each.chance,
            "chance_adjusted": found.adjusted[each.population],
            "pareto_k": each.pareto_k,
            "certified": each.is_certified,
            "flagged": each in found.flagged,
        }
        for each in found.found
    ]
    sentence = _sentence(context.words, found)
    return CheckResult("conflict", passed, sentence, table, partial(_draw, found=found))


def _sentence(words: Words, found: Contradictions) -> str:
    first = found.found[0]
    facts = {
        "p": _number(words, first.chance),
        "adjusted": _number(words, found.adjusted[first.population]),
        "number": words.number(len(found.found)),
    }
    flagged = [each.population for each in found.flagged]
    if flagged:
        names = words.listed(flagged, MOST_NAMED)
        sentence = words("panel.checks.conflict.some", populations=names, **facts)
    else:
        sentence = words("panel.checks.conflict.none", population=first.population, **facts)
    owner, worst = found.furthest_figures[0]
    furthest = words(
        "panel.checks.conflict.worst",
        figure=worst.observation,
        population=owner.population,
        percentile=words.ungrouped(100 * worst.percentile, 1),
    )
    uncertain = [each.population for each in found.found if not each.is_certified]
    listed = [words.listed(uncertain, MOST_NAMED)] if uncertain else []
    return words.joined([sentence, furthest, not_certified(words, listed)])


def _number(words: Words, value: float) -> str:
    return words.written(f"{value:.2f}" if value >= 0.01 else f"{value:.1g}")


def _draw(ax: Axes, found: Contradictions) -> Axes:
    """Draw the chances of the furthest populations on a log scale."""
    shown = found.found[:MOST_DRAWN]
    for place, each in enumerate(shown):
        colour = ORANGE if each in found.flagged else BLUE
        ends = [each.chance, found.adjusted[each.population]]
        ax.plot(ends, [place, place], color=colour, lw=1)
        labels = ("chance", "chance, Holm-adjusted") if place == 0 else (None, None)
        ax.plot(ends[:1], [place], "o", color="white", mec=colour, label=labels[0])
        ax.plot(ends[1:], [place], "D", color=colour, label=labels[1])
    ax.axvline(LEVEL, color=BLACK, lw=0.8, ls="--")
    ax.set_xscale("log")
    ax.set_xlim(min(0.01, shown[0].chance) / 1.3, 1.3)
    name_rows(ax, [each.population for each in shown])
    legend_below(ax)
    label = f"chance of the figures given all other populations (dashed: {LEVEL})"
    return finish(ax, "Does any population contradict the others?", label)
