"""What the width of a panel's total comes from: what is shared, and each population."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from popest.checks.methods.total_variance import TotalVariance, total_variance
from popest.checks.panel.context import PanelContext
from popest.checks.registry import panel_check
from popest.checks.result import Cell, CheckResult
from popest.estimates.pictures.style import BLUE, finish, name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWN = 30


@panel_check("drivers", required=False, quick=True)
def drivers(context: PanelContext) -> CheckResult:
    """Return the shares of the variance of the total, by what is shared and by population.

    Notes
    -----
    Var E(total | theta) / Var total, the same for what is shared of each quantity by regression
    of the log total, and Cov(population, total) / Var total.
    """
    words, found = context.words, total_variance(context.estimate)
    if found is None:
        return CheckResult("drivers", None, words("panel.checks.drivers.no_total"))
    quantities = sorted(found.by_quantity.items(), key=lambda item: -item[1].share)
    populations = sorted(found.by_population.items(), key=lambda item: -item[1])
    table = [
        _row("shared", "", found.shared),
        *(_row("quantity", name, each.share, each.se) for name, each in quantities),
        *(_row("population", name, share) for name, share in populations),
    ]
    said = [words("panel.checks.drivers.shared", share=words.percent(found.shared))]
    if quantities:
        name, each = quantities[0]
        facts = {"name": name, "share": words.percent(each.share)}
        said.append(words("panel.checks.drivers.quantity", **facts))
    name, share = populations[0]
    facts = {"name": name, "share": words.percent(share)}
    said.append(words("panel.checks.drivers.population", **facts))
    figure = partial(_draw, found=found)
    return CheckResult("drivers", None, words.joined(said), table, figure)


def _row(kind: str, part: str, share: float, error: float | None = None) -> dict[str, Cell]:
    """Return a share of variance; `part` is empty for all that is shared."""
    return {"kind": kind, "part": part, "share_of_variance": share, "share_se": error}


def _draw(ax: Axes, found: TotalVariance) -> Axes:
    """Draw the largest shares as bars."""
    shares = {f"shared: {name}": each.share for name, each in found.by_quantity.items()}
    shares |= found.by_population
    largest = sorted(shares.items(), key=lambda item: -item[1])[:MOST_DRAWN]
    ax.barh(range(len(largest)), [100 * share for _, share in largest], color=BLUE)
    name_rows(ax, [name for name, _ in largest])
    return finish(ax, "What widens the total", "share of the variance of the total, percent")
