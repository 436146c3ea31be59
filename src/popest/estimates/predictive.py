"""What an estimate expects of a figure that it has not seen.

A figure that the present estimate thinks hardly possible is often a slip of the pen, and
otherwise news. Repetitions of the figures that an estimate rests on are in ``fit`` beside this.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from popest.estimates.fit import ObservationFit
from popest.estimates.result import Estimate
from popest.model.exposure import exposures
from popest.model.noise import printed_sd, printed_shift
from popest.model.rotation import duration
from popest.study import Observation, Source

PROBABILITY = 0.99
"""Probability of the interval outside which a figure is surprising."""


def predict(estimate: Estimate, row: Observation) -> ObservationFit | None:
    """Return a figure beside the posterior prediction for it, in the figure's unit.

    Parameters
    ----------
    estimate
        An estimate that has not seen the figure.
    row
        The figure, valid and used.

    Returns
    -------
    ObservationFit or None
        The prediction; None for a source of which the estimate's model has no part.

    Notes
    -----
    The prediction is that of a new count: b dur + X exp(log m + log rho + drift + shift + e),
    with an error e of its own also where its window overlaps that of a count already seen.
    """
    source = estimate.study.specification.source.get(row.source)
    if source is None:
        return None
    rng = np.random.default_rng([estimate.settings.seed, len(estimate.study.observations)])
    drawn: np.ndarray | None
    if source.measure == "net_change":
        drawn = _balance(estimate, row, source, rng)
    elif source.measure == "floor":
        drawn = _largest_count(estimate, row, source, rng)
    else:
        drawn = _count(estimate, row, source, rng)
    if drawn is None:
        return None
    predicted = estimate.posterior.weighted(drawn)
    percentile = predicted.percentile_of(row.value)
    is_floor = source.measure == "floor"
    return ObservationFit(row.id, row.source, float(row.value), predicted, percentile, is_floor)


def surprises(estimate: Estimate, rows: Iterable[Observation]) -> list[str]:
    """Return a sentence for each used figure outside the 99 % of what an estimate expects."""
    fits = [predict(estimate, row) for row in rows if row.use]
    return [_sentence(fit) for fit in fits if fit is not None and _is_surprising(fit)]


def _count(
    estimate: Estimate, row: Observation, source: Source, rng: np.random.Generator
) -> np.ndarray:
    """Draw a count of a source that has a ratio."""
    posterior, model, state = estimate.posterior, estimate.model, estimate.draws.state
    counts = model.counts
    number = counts.names.index(row.source)
    assert row.end is not None
    log_ratio = counts.ratios.log_median[number] + posterior.log_ratios[number]
    if source.drift > 0:
        years = model.calendar.years_until(row.end)
        log_ratio = log_ratio + counts.draw_drift(
            number, years, posterior.residuals, posterior.log_ratios, rng
        )
    sd = np.sqrt(np.exp(2 * state.log_sd[number]) + printed_sd([row])[0] ** 2)
    error = printed_shift([row])[0] + sd * rng.standard_normal(sd.shape)
    exposure = exposures([(row, source)], model.specification)(state.population)[0]
    counted: np.ndarray = exposure * np.exp(log_ratio + error)
    baseline = counts.baselines[number]
    if baseline is not None:
        counted = counted + np.exp(baseline.log(state.u)) * duration(row)
    return counted


def _balance(
    estimate: Estimate, row: Observation, source: Source, rng: np.random.Generator
) -> np.ndarray:
    """Draw a border balance; its bias is that which the balances seen so far suggest."""
    assert source.bias is not None and source.error is not None
    population = estimate.draws.state.population
    expected: np.ndarray = exposures([(row, source)], estimate.model.specification)(population)[0]
    seen = [part for part in estimate.model.net_changes if part.name == row.source]
    if seen:
        bias = seen[0].draw_bias(seen[0].values, population, rng)
    else:
        bias = source.bias.mean + source.bias.sd * rng.standard_normal(expected.shape)
    return expected + bias + source.error.sd * rng.standard_normal(expected.shape)


def _largest_count(
    estimate: Estimate, row: Observation, source: Source, rng: np.random.Generator
) -> np.ndarray | None:
    """Draw the largest plausible count of a floor; the noise of an unseen floor is not known."""
    model, state = estimate.model, estimate.draws.state
    names = [floor.name for floor in model.floors]
    if row.source not in names or source.ratio is None:
        return None
    log_sd = state.log_sd[len(model.counts.names) + names.index(row.source)]
    variance = source.ratio.tau**2 + printed_sd([row])[0] ** 2 + np.exp(2 * log_sd)
    exposure = exposures([(row, source)], model.specification)(state.population)[0]
    error = np.sqrt(variance) * rng.standard_normal(variance.shape)
    largest: np.ndarray = exposure * source.ratio.median * np.exp(error)
    return largest


def _is_surprising(fit: ObservationFit) -> bool:
    tail = (1 - PROBABILITY) / 2
    is_low = fit.percentile < tail and not fit.is_floor
    return is_low or fit.percentile > 1 - tail


def _sentence(fit: ObservationFit) -> str:
    interval = fit.predicted.interval(PROBABILITY)
    side = "above" if fit.percentile > 0.5 else "below"
    return (
        f"{fit.observation} is {fit.value:,.0f}, {side} what the present estimate expects of "
        f"{fit.source} for its dates: {interval.lower:,.0f} to {interval.upper:,.0f} with 99 % "
        f"probability, median {fit.predicted.median:,.0f}."
    )
