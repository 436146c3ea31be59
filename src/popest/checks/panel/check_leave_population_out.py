"""What all other populations teach without each: what is shared, and the sum of the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from popest.checks.methods.others import Without
from popest.checks.panel.context import PanelContext
from popest.checks.registry import panel_check
from popest.checks.result import Cell, CheckResult
from popest.checks.wording import not_certified
from popest.estimates.distribution import Distribution
from popest.estimates.pictures.style import BLUE, GREY, finish, name_rows
from popest.panels.panel_result import PopulationRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWN = 30
MOST_NAMED = 10


class Case(NamedTuple):
    """What is shared without a population.

    `moves_most` is what of it moves most, by `move_in_sd` of its posterior standard deviations.
    `others_before` and `others_after` are medians of the sum of the other populations; None where
    the panel asks for no total.
    """

    population: str
    moves_most: str
    move_in_sd: float
    others_before: float | None
    others_after: float | None
    pareto_k: float
    certified: bool


@panel_check("leave-population-out", required=False, quick=True)
def leave_population_out(context: PanelContext) -> CheckResult:
    """Return what is shared without each population, by weights, those that move most first.

    Notes
    -----
    Draws of theta are weighed by 1 / L_p. Given theta the other populations do not depend on the
    one that is left out, so their draws keep their places.
    """
    words, name = context.words, "leave-population-out"
    found = sorted(cases(context), key=lambda case: -abs(case.move_in_sd))
    if not found:
        return CheckResult(name, None, words(f"panel.checks.{name}.nothing"))
    said = []
    sure = [case for case in found if case.certified]
    if sure:
        move = words.ungrouped(abs(sure[0].move_in_sd), 2)
        facts = {"population": sure[0].population, "part": sure[0].moves_most, "move": move}
        said.append(words(f"panel.checks.{name}.most", **facts))
    uncertain = [case.population for case in found if not case.certified]
    listed = [words.listed(uncertain, MOST_NAMED)] if uncertain else []
    sentence = words.joined([*said, not_certified(words, listed)])
    table: list[dict[str, Cell]] = [case._asdict() for case in found]
    return CheckResult(name, None, sentence, table, partial(_draw, found=found))


def cases(context: PanelContext) -> list[Case]:
    """Return what is shared without each population that has figures; none where nothing is."""
    estimate = context.estimate
    if not estimate.learned.u.size:
        return []
    return [
        _case(context, row, Without.of(estimate, context.log_likelihoods[place]))
        for place, row in enumerate(estimate.rows())
        if row.n_figures
    ]


def _case(context: PanelContext, row: PopulationRow, without: Without) -> Case:
    estimate = context.estimate
    u, weights = estimate.learned.u, estimate.learned.weights
    mean = u @ weights
    sd = np.sqrt((u - mean[:, None]) ** 2 @ weights)
    moves = (u @ without.weights - mean) / sd
    most = int(np.argmax(np.abs(moves)))
    before = after = None
    if estimate.total is not None:
        others = estimate.total.values - row.size.values
        per_theta = len(others) // len(weights)
        anew = np.repeat(without.weights, per_theta) / per_theta
        before = Distribution(others, estimate.total.weights).median
        after = Distribution(others, anew).median
    return Case(
        row.population,
        estimate.populations.prior.labels[most],
        float(moves[most]),
        before,
        after,
        without.pareto_k,
        without.is_certified,
    )


def _draw(ax: Axes, found: list[Case]) -> Axes:
    """Draw how far the first populations move what is shared."""
    shown = found[:MOST_DRAWN]
    for place, case in enumerate(shown):
        colour = BLUE if case.certified else GREY
        ax.plot([0, case.move_in_sd], [place, place], "-", color=colour, lw=3)
    name_rows(ax, [f"{case.population}: {case.moves_most}" for case in shown])
    label = "move without the population, posterior standard deviations"
    return finish(ax, "What each population teaches the others", label)
