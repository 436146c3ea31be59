"""The draws that the page carries: few, and yet enough wherever its controls can be moved.

Draws are made from a mixture that covers the posterior and the posteriors under moved settings,
and thinned in proportion to how much all these posteriors need each. What is left are draws of
the mixture of these posteriors, so that hardly one is carried in vain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from popest.checks.methods.fitted import moved_source, with_source_entries
from popest.checks.result import Context
from popest.engines.bank import WIDE_POWER, Bank, run_bank
from popest.engines.mixture import Mixture, Normal, fit_normal
from popest.engines.shared import padded
from popest.engines.threads import one_thread
from popest.estimates.comparisons.changes import Content
from popest.model.counts import drawn_sources
from popest.model.model import Model
from popest.model.population import Population
from popest.model.statistics import Control, Settings, Tail, tail_of
from popest.report.what_if.statistics import Carried, carry, level_places
from popest.study.specification.priors import LogNormalPrior
from popest.study.specification.records import ArrivalsPopulation, Specification

WIDENING = 2.0
CANDIDATES = 60_000
CARRIED = 8_000
SHARES = (0.05, 0.2, 0.1, 0.2)
"""Of the widened prior, the widened posterior, the study's own at a low power and as it is; the
posteriors without a source share the rest."""
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
    """

    carried: Carried
    log_base: np.ndarray
    population: Population


@dataclass(frozen=True)
class _Proposed:
    """Draws with the log density, up to a constant, from which they were drawn."""

    carried: Carried
    population: Population
    log_density: np.ndarray

    def log_weights(self, settings: Settings) -> np.ndarray:
        weights: np.ndarray = self.carried.log_target(settings) - self.log_density
        weights[np.isnan(weights)] = -np.inf
        return weights


def draw_for_page(context: Context) -> PageDraws:
    """Return draws of a study that can be weighed under any settings that the page offers."""
    model, wide = context.model, Model(*widened(context.content))
    rng = context.rng("what-if")
    with one_thread():
        bank = run_bank(wide, rng)
        mixture = _mixture(context, wide, bank)
        u = mixture.draw(CANDIDATES, rng)
        state = wide.state(u)
        statistics = carry(model, wide, state)
        proposed = _Proposed(statistics, state.population, mixture.log_density(u))
        return _thinned(proposed, rng)


def widened(content: Content) -> Content:
    """Return a study with every prior that a control moves widened."""
    drawn = drawn_sources(*content)  # their ratios are normals of the draws that the page carries
    specification, rows = with_source_entries(
        content,
        lambda name, source: source if name in drawn else moved_source(source, widen=WIDENING),
    )
    return specification.model_copy(update={"population": _wide_population(specification)}), rows


def _wide_population(specification: Specification) -> Any:
    def wider(prior: LogNormalPrior) -> Any:
        return prior.model_copy(update={"sigma": WIDENING * prior.sigma})

    record = specification.population
    if not isinstance(record, ArrivalsPopulation):
        return record.model_copy(update={"size": wider(record.size)})
    initial = None if record.initial is None else wider(record.initial)
    waves = [wave.model_copy(update={"size": wider(wave.size)}) for wave in record.wave]
    return record.model_copy(
        update={
            "background": wider(record.background),
            "departure_hazard": wider(record.departure_hazard),
            "initial": initial,
            "wave": waves,
        }
    )


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


def _mixture(context: Context, wide: Model, bank: Bank) -> Mixture:
    """Return a cover of the widened posterior, of the study's own, and of that without a source.

    What only one source tells of (its baseline, its noise) keeps its prior without it, where
    hardly one of the other draws lies.
    """
    normals = [Normal.standard(len(bank.u)), fit_normal(bank.u, bank.log_weights())]
    normals += [
        _in_wide(fit_normal(context.bank.u, context.bank.log_weights(power)), context.model, wide)
        for power in (WIDE_POWER, 1.0)
    ]
    for found in context.without.values():
        fitted = fit_normal(found.draws.state.u, log_of(found.draws.weights))
        normals.append(_in_wide(fitted, found.model, wide))
    n_without = len(context.without)
    shares = np.array([*SHARES, *[(1 - sum(SHARES)) / max(1, n_without)] * n_without])
    return Mixture(tuple(normals), tuple((shares / shares.sum()).tolist()))


def _in_wide(normal: Normal, model: Model, wide: Model) -> Normal:
    """Return a normal over a model's standard normals as one over those of the widened model."""
    scale = np.ones(len(wide.normals))
    scale[[index for _, index in level_places(wide)]] = 1 / WIDENING
    full = padded(normal, model.normals.names, wide.normals.names)
    return Normal(scale * full.mean, scale[:, None] * full.factor)


def log_of(weights: np.ndarray) -> np.ndarray:
    """Return logarithms of weights, those of nothing minus infinity."""
    positive = weights > 0
    return np.where(positive, np.log(np.where(positive, weights, 1.0)), -np.inf)


def _thinned(proposed: _Proposed, rng: np.random.Generator) -> PageDraws:
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
    return PageDraws(carried, log_base, population)


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

    The function is given the tail of the field (``popest.model.statistics.Tail``) and the array.
    """
    changed: dict[str, Any] = {}
    for entry in fields(part):
        value = getattr(part, entry.name)
        if isinstance(value, tuple):
            changed[entry.name] = tuple(mapped(each, change) for each in value)
        elif (tail := tail_of(entry)) is not None:
            changed[entry.name] = change(tail, value)
    return replace(part, **changed)
