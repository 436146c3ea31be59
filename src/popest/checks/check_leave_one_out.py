"""The check how far each source moves the estimate: every one left out, and only one kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.checks.fitted import Fitted, stock_of
from popest.checks.pictures import ForestRow, draw_forest
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates import Distribution
from popest.estimates.words import persons

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PRIOR_DRAWS = 10_000


@check(
    "leave-one-out",
    "which source moves the estimate, and what would each say alone?",
    required=False,
    quick=True,
)
def leave_one_out(context: Context) -> CheckResult:
    """Return the estimate without each source and from each source alone.

    Each is a refit. The log predictive density of a source is the log density of its figures
    given all the others: log evidence of all less log evidence without it.
    """
    itself = context.itself
    table = [_row("all sources", None, itself, itself, None)]
    for name, found in context.without.items():
        density = itself.log_evidence - found.log_evidence
        table.append(_row(f"without {name}", name, found, itself, density))
    for name, found in context.alone.items():
        table.append(_row(f"only {name}", name, found, itself, None))

    def draw(ax: Axes) -> Axes:
        day = f"stock on {context.day}, {context.study.specification.unit}"
        return draw_forest(ax, _forest(context), title="What each source does", label=day)

    return CheckResult("leave-one-out", None, _sentence(context), table, draw)


def _row(
    case: str, source: str | None, found: Fitted, itself: Fitted, density: float | None
) -> dict[str, Cell]:
    return {
        "case": case,
        "source": source,
        "median": found.stock.median,
        "lower": found.bounds[0],
        "upper": found.bounds[1],
        "interval": "90 % equal-tailed credible",
        "move_in_widths": (found.stock.median - itself.stock.median) / itself.width,
        "log_predictive_density": density,
        "certified": found.certified,
        "effective_size": found.draws.certificate.ess,
        "pareto_k": found.draws.certificate.pareto_k,
    }


def _forest(context: Context) -> list[ForestRow]:
    rows = [ForestRow.of("all sources", context.itself.stock, 1)]
    for word, cases in (("without", context.without), ("only", context.alone)):
        for name, found in cases.items():
            label = f"{word} {name}" + ("" if found.certified else " (not certified)")
            rows.append(ForestRow.of(label, found.stock, 0 if found.certified else -1))
    normals = context.rng("prior").standard_normal((len(context.model.normals), PRIOR_DRAWS))
    prior = context.model.state(normals).population.stock
    before = Distribution.equal(stock_of(context.model, prior, context.day))
    return [*rows, ForestRow.of("prior, no source", before)]


def _sentence(context: Context) -> str:
    itself = context.itself
    certified = {name: found for name, found in context.without.items() if found.certified}
    uncertain = [f"without {name}" for name in context.without if name not in certified]
    uncertain += [f"only {name}" for name, found in context.alone.items() if not found.certified]
    parts = []
    if certified:
        middle = itself.stock.median
        name = max(certified, key=lambda each: abs(certified[each].stock.median - middle))
        moved = certified[name].stock.median
        share = abs(moved - middle) / itself.width
        parts.append(
            f"{name} moves the estimate most: without it the median goes from {persons(middle)} "
            f"to {persons(moved)}, {100 * share:.0f} % of the width of the 90 % interval."
        )
    alone = {name: found for name, found in context.alone.items() if found.certified}
    if alone:
        low = min(alone, key=lambda each: alone[each].stock.median)
        high = max(alone, key=lambda each: alone[each].stock.median)
        parts.append(
            f"One source alone says from {persons(alone[low].stock.median)} ({low}) to "
            f"{persons(alone[high].stock.median)} ({high})."
        )
    if uncertain:
        parts.append(f"Not certified: {', '.join(uncertain)}.")
    return " ".join(parts) or "The study has no source with a figure, so none can be left out."
