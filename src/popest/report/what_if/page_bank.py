"""The draws that the page carries: few, and yet enough wherever its controls can be moved.

Candidates cover the posterior and the posteriors under moved settings (``candidates.py``), and are
thinned in proportion to how much all these posteriors need each. What is left are draws of
the mixture of these posteriors, so that hardly one is carried in vain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from popest.checks.result import Context
from popest.engines.threads import one_thread
from popest.model.population import Population
from popest.model.statistics import Control, Settings, Tail, tail_of
from popest.report.what_if.candidates import WIDENING, Candidates, by_chains, by_mixture
from popest.report.what_if.statistics import Carried

CARRIED = 8_000
OWN_SHARE = 0.2
"""The share of the carried draws that the study's own settings are sure of."""
BALANCING, TINY = 8, 1e-300
SIDES = (-1.0, 1.0)
"""Where the covered settings move each control, in standard deviations of its prior."""


@dataclass(frozen=True)
class PageDraws:
    """Draws for the page.

    Attributes
    ----------
    carried
        Their statistics.
    log_base
        Their log weights less the log density of the data and of the levels, `(draws,)`.
    population
        The population by month.
    efficiency
        How many independent draws each is worth, at the worst: fewer than one of chains.
    """

    carried: Carried
    log_base: np.ndarray
    population: Population
    efficiency: float


def draw_for_page(context: Context) -> PageDraws:
    """Return draws of a study that can be weighed under any settings that the page offers."""
    rng = context.rng("what-if")
    draw = by_mixture if context.itself.draws.n_chains is None else by_chains
    with one_thread():
        return _thinned(draw(context, rng), rng)


def covered_settings(carried: Carried) -> list[Settings]:
    """Return the settings whose posteriors the page must reach, the study's own first.

    They are each source left out, each control moved to either side, all ratios moved to either
    side, and all widths together.
    """
    controls = [control for source in carried.evidence for control in source.controls]
    ratios = [control for control in controls if control.kind == "median"]
    widths = [control for control in controls if control.kind == "width"]
    others = [control for control in controls if control.kind not in ("median", "width")]
    levels = [level.control for level in carried.levels]
    found = [Settings()]
    found += [Settings(off=frozenset({name})) for name in carried.sources]
    for control in (*ratios, *levels, *widths):
        found += [Settings({control.id: value}) for value in moved(control)]
    for together in (widths, ratios):
        values = [moved(control) for control in together]
        ids = [control.id for control in together]
        found += [Settings(dict(zip(ids, side, strict=True))) for side in zip(*values, strict=True)]
    for control in others:
        found += [Settings({control.id: value}) for value in moved(control)]
    return found


def moved(control: Control) -> tuple[float, ...]:
    """Return the values of a control that are covered: to either side, or wider.

    Raises
    ------
    ValueError
        When it is of no known kind.
    """
    if control.kind == "median":
        return tuple(control.value * float(np.exp(side * control.spread)) for side in SIDES)
    if control.kind == "mean":
        return tuple(control.value + side * control.spread for side in SIDES)
    if control.kind in ("width", "sd"):
        return (WIDENING * control.value,)
    raise ValueError(f"control {control.id} is of kind {control.kind}")


def _thinned(proposed: Candidates, rng: np.random.Generator) -> PageDraws:
    """Return about `CARRIED` draws, taken as often as the covered settings need them.

    A draw that is needed more than once is carried more than once, side by side, so that the
    weights under covered settings stay bounded.
    """
    asked = covered_settings(proposed.carried)
    log_weights = np.stack([proposed.log_weights(settings) for settings in asked])
    expected = CARRIED * _need(log_weights)
    copies = np.floor(expected + rng.random(len(expected))).astype(int)
    kept = np.repeat(np.arange(len(copies)), copies)
    carried: Carried = mapped(proposed.carried, lambda _, values: values[..., kept])
    log_base = carried.fixed - proposed.log_density[kept] - np.log(expected[kept])
    population = Population(*(part[..., kept] for part in proposed.population))
    # Of draws that are alike, those that are taken are less so: what is left out lay between them.
    efficiency = min(1.0, proposed.efficiency * len(expected) / CARRIED)
    return PageDraws(carried, log_base, population, efficiency)


def _need(log_weights: np.ndarray) -> np.ndarray:
    """Return how much each candidate is needed, summing to 1, from weights `(setting, draws)`.

    The settings share the draws so that none is left with few effective ones.
    """
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    shares = np.full(len(weights), 1 / len(weights))
    for _ in range(BALANCING):
        need = shares @ weights
        # A draw that is carried twice counts once.
        sizes = 1 / (weights**2 @ (1 / np.clip(CARRIED * need, TINY, 1.0)))
        shares /= np.sqrt(sizes)
        shares /= shares.sum()
    need = OWN_SHARE * weights[0] + (1 - OWN_SHARE) * shares @ weights
    return need / need.sum()


def mapped(part: Any, change: Callable[[Tail, np.ndarray], np.ndarray]) -> Any:
    """Return statistics with a function applied to every array that has one entry a draw.

    The function is given the tail of the field (``popest.model.statistics.Tail``) and the array;
    what is None has no numbers.
    """
    changed: dict[str, Any] = {}
    for entry in fields(part):
        value = getattr(part, entry.name)
        if isinstance(value, tuple):
            changed[entry.name] = tuple(mapped(each, change) for each in value)
        elif value is not None and (tail := tail_of(entry)) is not None:
            changed[entry.name] = change(tail, value)
    return replace(part, **changed)
