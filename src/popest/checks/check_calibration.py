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
from popest.estimates.distribution import PROBABILITIES
from popest.language.words import Words

REPLICATES, QUICK_REPLICATES = 1_000, 100
WRONG_REPLICATES_SHARE = 5
"""One replicate of each wrong simulator for so many of the right one."""
ERROR = 0.01
"""How often a calibrated model may leave the bands, all quantities together; the same again for
the bounds of the coverage, all probabilities together."""


@check("calibration", required=True, quick=False)
def calibration(context: Context) -> CheckResult:
    """Return the ranks of simulated truths among the fits of their data.

    It is not run where only slice certifies the study: no other fit is quick enough.
    """
    n_right = QUICK_REPLICATES if context.quick else REPLICATES
    engine = context.itself.draws.engine
    if engine != "bank":
        sentence = context.words(
            "checks.calibration.not_run", number=context.words.number(n_right), engine=engine
        )
        return CheckResult("calibration", None, sentence)
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
        context.words.joined([_right_words(context, right), _wrong_words(context, wrong)]),
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


def _right_words(context: Context, right: list[Calibration]) -> str:
    words, headline = context.words, right[0]
    n_values = len(headline.ranks)
    held = (words.ungrouped(100 * held / n_values, 1) for held in headline.covered)
    probs = (words.ungrouped(100 * prob) for prob in PROBABILITIES)
    parts = [
        words(
            "checks.calibration.held",
            name=context.asked.said(words, "of_name"),
            populations=words.number(n_values),
            probs=words.joined(probs, ", "),
            shares=words.joined(held, ", "),
        )
    ]
    outside = [found for found in right if not found.is_uniform]
    off = [found for found in right if not found.covers]
    if not outside and not off:
        parts.append(words("checks.calibration.calibrated", quantities=_quantities(words, right)))
    if outside:
        named, prob = _quantities(words, outside), words.percent(1 - ERROR)
        parts.append(words("checks.calibration.ranks_outside", prob=prob, quantities=named))
    if off:
        parts.append(
            words("checks.calibration.coverage_outside", quantities=_quantities(words, off))
        )
    if headline.not_certified:
        number = words.ungrouped(headline.not_certified)
        parts.append(words("checks.calibration.not_certified", number=number))
    return words.joined(parts)


def _quantities(words: Words, found: list[Calibration]) -> str:
    """Return the quantities whose ranks were taken."""
    names = []
    for each in found:
        kind, _, source = each.quantity.partition(" of ")
        names.append(words(f"checks.calibration.quantity.{kind}", source=source))
    return words.joined(names, ", ")


def _wrong_words(context: Context, wrong: list[Calibration]) -> str:
    words, asked = context.words, context.asked
    place = PROBABILITIES.index(0.9)
    cases = [
        words(
            "checks.calibration.case",
            fault=words(f"checks.calibration.fault.{found.simulator}"),
            share=words.percent(found.covered[place] / len(found.ranks)),
        )
        for found in wrong
        if found.quantity == asked.kind
    ]
    if not cases:
        return ""
    name = asked.said(words, "of_name")
    return words("checks.calibration.faults", name=name, cases=words.joined(cases, "; "))
