"""Whether intervals hold the truth as often as they say, and what faults cost."""

from __future__ import annotations

from functools import partial

import numpy as np

from popest.checks.calibration_picture import draw_calibration
from popest.checks.methods.calibration import (
    Calibration,
    Replicate,
    Task,
    quantities,
    replicates,
    seeds_of,
)
from popest.checks.methods.ecdf_bands import binomial_bounds, ecdf_band
from popest.checks.methods.simulators import CORRECT, SIMULATORS, WRONG
from popest.checks.registry import check
from popest.checks.result import CheckResult, Context
from popest.estimates.distribution import PROBABILITIES, percent

REPLICATES, QUICK_REPLICATES = 1_000, 100
WRONG_REPLICATES_SHARE = 5
"""One replicate of each wrong simulator for so many of the right one."""
ERROR = 0.01
"""How often a calibrated model may leave the bands, all quantities together; the same again for
the bounds of the coverage, all probabilities together."""


@check(
    "calibration",
    "do intervals hold the truth as often as they say, and what do faults of the sources cost?",
    required=True,
    quick=False,
)
def calibration(context: Context) -> CheckResult:
    """Return the ranks of simulated truths among the fits of their data."""
    n_right = QUICK_REPLICATES if context.quick else REPLICATES
    right = _calibrations(context, CORRECT, n_right)
    wrong = [
        found
        for name in WRONG
        for found in _calibrations(context, name, n_right // WRONG_REPLICATES_SHARE)
    ]
    passed = all(found.is_uniform and found.covers for found in right)
    return CheckResult(
        "calibration",
        passed,
        f"{_right_words(right)} {_wrong_words(wrong)}".strip(),
        [found.row() for found in (*right, *wrong)],
        partial(draw_calibration, right=right, wrong=wrong),
    )


def _calibrations(context: Context, name: str, n_replicates: int) -> list[Calibration]:
    """Return the ranks of each quantity under one simulator; none where it does not apply."""
    if SIMULATORS[name](context.content) is None:
        return []
    seeds = seeds_of(context.seed, f"calibration: {name}", n_replicates)
    found = replicates(Task(context.content, name, seeds), progress=context.progress)
    return judged(name, quantities(context.model), found)


def judged(simulator: str, names: tuple[str, ...], found: list[Replicate]) -> list[Calibration]:
    """Return the ranks of each quantity beside the bounds that they face together."""
    ranks = np.array([replicate.ranks for replicate in found])
    not_certified = sum(not replicate.certified for replicate in found)
    band = ecdf_band(len(found), 1 - ERROR / len(names))
    level = 1 - ERROR / (len(names) * len(PROBABILITIES))
    bounds = tuple(binomial_bounds(len(found), prob, level) for prob in PROBABILITIES)
    return [
        Calibration(simulator, name, ranks[:, number], not_certified, band, bounds)
        for number, name in enumerate(names)
    ]


def _right_words(right: list[Calibration]) -> str:
    stock = right[0]
    n_values = len(stock.ranks)
    held = ", ".join(f"{100 * held / n_values:.1f}" for held in stock.covered)
    named = ", ".join(f"{100 * prob:g}" for prob in PROBABILITIES)
    words = (
        f"Of {n_values:,} populations drawn from the study's own assumptions, the {named} % "
        f"intervals of the stock, fitted to simulated counts, held {held} %."
    )
    outside = [found.quantity for found in right if not found.is_uniform]
    off = [found.quantity for found in right if not found.covers]
    if not outside and not off:
        words += " That is calibrated: all ranks and coverages are within their bounds"
        words += f" ({', '.join(found.quantity for found in right)})."
    if outside:
        words += f" The ranks leave the {percent(1 - ERROR)} band: {', '.join(outside)}."
    if off:
        words += f" Coverage is outside its bounds: {', '.join(off)}."
    if stock.not_certified:
        words += f" {stock.not_certified} fits were not certified; their ranks count as they are."
    return words


def _wrong_words(wrong: list[Calibration]) -> str:
    probs = PROBABILITIES.index(0.9)
    shares = [
        f"{found.simulator}: {100 * found.covered[probs] / len(found.ranks):.0f} %"
        for found in wrong
        if found.quantity == "stock"
    ]
    if not shares:
        return ""
    return f"What faults cost: the 90 % interval of the stock held, with {'; '.join(shares)}."
