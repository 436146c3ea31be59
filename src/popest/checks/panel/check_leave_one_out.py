"""How far each source moves the total and the populations: every one left out, by a refit."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from popest.checks.panel.context import PanelContext
from popest.checks.pictures import ForestRow, draw_forest
from popest.checks.registry import panel_check
from popest.checks.result import Cell, CheckResult, interval_cells
from popest.checks.wording import not_certified
from popest.panels.panel_result import PanelResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Moved(NamedTuple):
    """The population that a source left out moves most, by the logarithm of its median."""

    name: str
    before: float
    after: float
    log_move: float


@panel_check("leave-one-out", required=False, quick=False)
def leave_one_out(context: PanelContext) -> CheckResult:
    """Return the total without each source, and the population that each moves most.

    Each is a refit with the seed of the estimate.
    """
    words, itself = context.words, context.estimate
    table = [{"case": "all sources", "source": None, **_cells(itself, None, itself)}]
    found: dict[str, Moved] = {}
    for name, without in context.without.items():
        moved = None if without is None else _most_moved(itself, without)
        if moved is not None:
            found[name] = moved
        table.append({"case": f"without {name}", "source": name, **_cells(without, moved, itself)})
    said = _of_total(context)
    if found:
        source, most = max(found.items(), key=lambda item: abs(item[1].log_move))
        facts = {"before": words.persons(most.before), "after": words.persons(most.after)}
        key = "panel.checks.leave-one-out.population"
        said.append(words(key, source=source, population=most.name, **facts))
    if not context.without:
        said.append(words("panel.checks.leave-one-out.nothing"))
    uncertain = (name for name, without in context.without.items() if without is None)
    sentence = words.joined([*said, not_certified(words, uncertain)])
    figure = None if itself.total is None else partial(_draw, context)
    return CheckResult("leave-one-out", None, sentence, table, figure)


def _of_total(context: PanelContext) -> list[str]:
    """Return which source moves the total most, where there is one."""
    words, total = context.words, context.estimate.total
    medians = {
        name: without.total.median
        for name, without in context.without.items()
        if without is not None and without.total is not None
    }
    if total is None or not medians:
        return []
    source = max(medians, key=lambda name: abs(medians[name] - total.median))
    facts = {"before": words.persons(total.median), "after": words.persons(medians[source])}
    return [words("panel.checks.leave-one-out.total", source=source, **facts)]


def _cells(found: PanelResult | None, moved: Moved | None, itself: PanelResult) -> dict[str, Cell]:
    """Return the cells of a case; None where nothing is certified, or nothing moved."""
    total, move = None if found is None else found.total, None
    if total is not None and itself.total is not None:
        move = total.median - itself.total.median
    return {
        **interval_cells(total),
        "move": move,
        "moves_most": None if moved is None else moved.name,
        "population_before": None if moved is None else moved.before,
        "population_after": None if moved is None else moved.after,
        "certified": found is not None,
    }


def _most_moved(itself: PanelResult, without: PanelResult) -> Moved:
    moves = []
    for old, new in zip(itself.rows(), without.rows(), strict=True):
        before, after = old.size.median, new.size.median
        moves.append(Moved(old.population, before, after, math.log(after / before)))
    return max(moves, key=lambda moved: abs(moved.log_move))


def _draw(context: PanelContext, ax: Axes) -> Axes:
    """Draw the total with all sources and without each."""
    assert context.estimate.total is not None
    rows = [ForestRow.of("all sources", context.estimate.total, 1)]
    for name, without in context.without.items():
        if without is not None and without.total is not None:
            rows.append(ForestRow.of(f"without {name}", without.total))
    label = f"total, {context.estimate.unit}"
    return draw_forest(ax, rows, title="What each source does", label=label)
