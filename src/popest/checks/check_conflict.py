"""Whether a source contradicts all the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from popest.checks.methods.adjusted import LEVEL, holm
from popest.checks.methods.node_split import node_split
from popest.checks.registry import check
from popest.checks.result import CheckResult, Context
from popest.checks.wording import not_certified
from popest.estimates.pictures.style import BLACK, BLUE, ORANGE, finish, legend_below, name_rows
from popest.language.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALLEST_DRAWN = 1e-4
SMALLEST_SCALE = 0.01


class Conflict(NamedTuple):
    """What speaks for a source beside all others: p-values, the second adjusted after Holm.

    `log_evidence_gain` is log p(all) - log p(others) - log p(source alone): what the others add
    to the log density of the source's figures. Below zero they speak against it.
    """

    source: str
    p_value: float
    p_adjusted: float
    log_evidence_gain: float
    certified: bool
    flagged: bool


@check("conflict", required=True, quick=True)
def conflict(context: Context) -> CheckResult:
    """Return each source's node-split p-value, failed below 5 % after Holm's adjustment.

    A source whose estimate is not certified can neither fail nor let the check pass.
    """
    found = conflicts(context)
    passed = True if all(each.certified for each in found) else None
    if any(each.flagged for each in found):
        passed = False
    figure = partial(_draw, found=found) if found else None
    table = [each._asdict() for each in found]
    return CheckResult("conflict", passed, _sentence(context.words, found), table, figure)


def conflicts(context: Context) -> list[Conflict]:
    """Return what speaks for each source beside all others, in the order of the study."""
    p_values = {
        name: node_split(context.model, others, name, context.rng(f"conflict {name}"))
        for name, others in context.without.items()
    }
    adjusted = holm(p_values)
    found = []
    for name, others in context.without.items():
        alone = context.alone[name]
        gain = context.itself.log_evidence - others.log_evidence - alone.log_evidence
        certified = others.certified and alone.certified
        flagged = certified and adjusted[name] < LEVEL
        found.append(Conflict(name, p_values[name], adjusted[name], gain, certified, flagged))
    return found


def _sentence(words: Words, found: list[Conflict]) -> str:
    if len(found) < 2:
        return words("checks.conflict.too_few")
    first = min(found, key=lambda each: each.p_value)
    least = words(
        "checks.conflict.least",
        p=_number(words, first.p_value),
        source=first.source,
        adjusted=_number(words, first.p_adjusted),
    )
    facts = {"least": least, "number": words.ungrouped(len(found))}
    flagged = [each.source for each in found if each.flagged]
    if flagged:
        key = "checks.conflict.one" if len(flagged) == 1 else "checks.conflict.several"
        sentence = words(key, sources=words.joined(flagged, ", "), **facts)
    else:
        sentence = words("checks.conflict.none", **facts)
    uncertain = (each.source for each in found if not each.certified)
    return words.joined([sentence, not_certified(words, uncertain)])


def _number(words: Words, value: float) -> str:
    return words.written(f"{value:.2f}" if value >= 0.01 else f"{value:.1g}")


def _draw(ax: Axes, found: list[Conflict]) -> Axes:
    """Draw the raw and the adjusted p-value of each source on a log scale."""
    for place, each in enumerate(found):
        colour = ORANGE if each.p_adjusted < LEVEL else BLUE
        raw, held = (max(value, SMALLEST_DRAWN) for value in (each.p_value, each.p_adjusted))
        ax.plot([raw, held], [place, place], color=colour, lw=1)
        labels = ("p", "p, Holm-adjusted") if place == 0 else (None, None)
        ax.plot([raw], [place], "o", color="white", mec=colour, label=labels[0])
        ax.plot([held], [place], "D", color=colour, label=labels[1])
    ax.axvline(LEVEL, color=BLACK, lw=0.8, ls="--")
    ax.set_xscale("log")
    smallest = min(SMALLEST_SCALE, *(each.p_value for each in found))
    ax.set_xlim(max(smallest, SMALLEST_DRAWN) / 1.3, 1.3)
    name_rows(ax, [each.source for each in found])
    legend_below(ax)
    label = f"p-value of the source given the others (dashed: {LEVEL}; {SMALLEST_DRAWN:g} and less "
    label += "are drawn at the edge)"
    return finish(ax, "Does any source contradict the others?", label)
