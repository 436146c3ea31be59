"""How far the estimate hangs on the priors."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from popest.checks.methods.fitted import Fitted, in_widths, percent_of_width, ratios_of, with_ratio
from popest.checks.pictures import ForestRow, draw_forest
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context, not_certified, stock_cells
from popest.engines.bank import Bank
from popest.engines.mixture import Mixture, Normal, fit_normal
from popest.estimates.words import persons

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POWERS = (0.8, 1.25)
WIDENED = 2.0
LARGEST_MOVE = 0.25
REFIT_DRAWS = 20_000


@check(
    "sensitivity",
    "how far does the estimate hang on the priors?",
    required=False,
    quick=False,
)
def sensitivity(context: Context) -> CheckResult:
    """Return the estimate under other priors, flagged when the median moves by over a quarter.

    Prior and likelihood are raised to powers, and each ratio prior is moved by one tau either
    way and widened twofold. The prior raised to a power is that of the population, the baselines
    and the noise; the likelihood has the ratios integrated out, so that their priors are part of
    it and are varied one by one.

    Notes
    -----
    The limit is a quarter of the width of the 90 % interval, 0.82 standard deviations. One tau
    is a change that the prior itself holds for ordinary. Where all is normal it moves the mean
    of log N by at most its correlation with the ratio times its standard deviation, so a flagged
    ratio carries over two thirds (0.82 squared) of the variance by itself. A power of .8 or
    1.25 changes a standard deviation by about a tenth; a median that
    moves by a quarter of the width for that is a compromise between prior and likelihood that
    contradict each other.
    """
    cases = {"the study itself": context.itself, **_powers(context), **_ratios(context)}
    table = [_row(case, found, context.itself) for case, found in cases.items()]
    figure = partial(_draw, cases=cases, label=context.stock_label)
    return CheckResult("sensitivity", None, _sentence(table), table, figure)


def _draw(ax: Axes, cases: dict[str, Fitted], label: str) -> Axes:
    rows = [
        ForestRow.of(case, found.stock, int(place == 0) if found.certified else -1)
        for place, (case, found) in enumerate(cases.items())
    ]
    return draw_forest(ax, rows, title="The estimate under other priors", label=label)


def powered(context: Context, prior: float, likelihood: float) -> Fitted:
    """Return the study with prior and likelihood raised to powers.

    The study's own bank is weighed again; where that is not certified, draws are made from a
    normal fitted to these weights and from the prior.
    """
    bank = context.bank
    found = _weighed(context, bank, prior, likelihood)
    if found.certified:
        return found
    normals = Normal.standard(len(bank.u)), fit_normal(bank.u, _powered(bank, prior, likelihood))
    mixture = Mixture(normals, (0.2, 0.8))
    u = mixture.draw(REFIT_DRAWS, context.rng(f"sensitivity {prior} {likelihood}"))
    density = context.model.log_density_of_data(u)
    density[np.isnan(density)] = -np.inf
    drawn = Bank(u, context.model.normals.log_density(u), density, mixture.log_density(u))
    return _weighed(context, drawn, prior, likelihood)


def _powered(bank: Bank, prior: float, likelihood: float) -> np.ndarray:
    return prior * bank.log_prior + likelihood * bank.log_likelihood - bank.log_mixture


def _weighed(context: Context, bank: Bank, prior: float, likelihood: float) -> Fitted:
    # The certificate and the draws are those of a bank that has these as its densities.
    scaled = replace(
        bank, log_prior=prior * bank.log_prior, log_likelihood=likelihood * bank.log_likelihood
    )
    draws = scaled.draws(context.model)
    return Fitted(context.model, draws, context.day, refitted=bank is not context.bank)


def _powers(context: Context) -> dict[str, Fitted]:
    found: dict[str, Fitted] = {}
    for power in POWERS:
        found[f"prior to the power {power:g}"] = powered(context, power, 1.0)
        found[f"likelihood to the power {power:g}"] = powered(context, 1.0, power)
    return found


def _ratios(context: Context) -> dict[str, Fitted]:
    found: dict[str, Fitted] = {}
    for name, ratio in ratios_of(context.study.specification).items():
        context.progress(f"changing the ratio prior of {name}")
        changes = {
            f"{name}: ratio -1 tau": with_ratio(context.content, name, shift=-ratio.tau),
            f"{name}: ratio +1 tau": with_ratio(context.content, name, shift=ratio.tau),
            f"{name}: ratio {WIDENED:g} times as wide": with_ratio(
                context.content, name, widen=WIDENED
            ),
        }
        found |= {case: context.other(content, case) for case, content in changes.items()}
    return found


def _row(case: str, found: Fitted, itself: Fitted) -> dict[str, Cell]:
    move = in_widths(found.stock.median - itself.stock.median, itself.width)
    return {
        "case": case,
        **stock_cells(found.stock),
        "move_in_widths": move,
        "width_ratio": in_widths(found.width, itself.width),
        "pareto_k": found.draws.certificate.pareto_k,
        "effective_size": found.draws.certificate.ess,
        "refitted": found.refitted,
        "certified": found.certified,
        "flagged": _size(move) > LARGEST_MOVE,
    }


def _finite(cell: Cell) -> float | None:
    return None if cell is None else abs(float(cell))


def _size(cell: Cell) -> float:
    """Return how large a multiple of a width is, infinite where there is no width."""
    return math.inf if cell is None else abs(float(cell))


def _sentence(table: list[dict[str, Cell]]) -> str:
    others = table[1:]
    largest = max(others, key=lambda row: _size(row["move_in_widths"]))
    widest = max(others, key=lambda row: _size(row["width_ratio"]))
    if not any(_size(row["move_in_widths"]) or _size(row["width_ratio"]) for row in others):
        return "The population is known: no prior and no figure moves it, or widens its interval."
    flagged = [str(row["case"]) for row in others if row["flagged"]]
    before, after = (persons(float(row["median"] or 0)) for row in (table[0], largest))
    sentence = (
        f"Of the changes of priors and likelihood, {largest['case']} moves the median most: from "
        f"{before} to {after}, {percent_of_width(_finite(largest['move_in_widths']))}. The "
        f"interval is widest, {_size(widest['width_ratio']):.2f} times, with {widest['case']}. "
    )
    limit = f"over {100 * LARGEST_MOVE:.0f} % of the width"
    if flagged:
        sentence += f"Moved by {limit}: {'; '.join(flagged)}."
    else:
        sentence += f"No change moves the median by {limit}."
    return sentence + not_certified(
        (str(row["case"]) for row in others if not row["certified"]), "; "
    )
