"""What an estimate expects of a figure that it has not seen.

A figure that the present estimate thinks hardly possible is often a slip of the pen, and
otherwise news.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from popest.estimates.fit import ObservationFit
from popest.estimates.result import Result
from popest.language.writers import plain_writer
from popest.model.evidence import Figure
from popest.model.measure import measure_of
from popest.study import Observation

PROBABILITY = 0.99
"""Probability of the interval outside which a figure is surprising."""


def predict(estimate: Result, row: Observation) -> ObservationFit | None:
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
        The prediction; None for a source of which the estimate knows too little.

    Notes
    -----
    A new count is b dur + X exp(log m + log rho + drift + shift + e), with an error e of its own
    also where its window overlaps that of a count already seen; only what a sum shares of printed
    errors is known with the counts that share it. What other measures predict is said in
    ``popest.model.measures``.
    """
    source = estimate.study.specification.source.get(row.source)
    if source is None:
        return None
    rng = np.random.default_rng([estimate.settings.seed, len(estimate.study.observations)])
    posterior, model = estimate.posterior, estimate.model
    piece = model.piece_of(row.source)
    if piece is None:
        state = estimate.draws.state
        drawn = measure_of(source).first_figure(row, model.specification, state, rng)
    else:
        drawn = piece.predict(row, posterior.learned, rng)
    if drawn is None:
        return None
    is_floor = measure_of(source).is_floor
    return posterior.compare(Figure.of(row, is_floor=is_floor), drawn)


def surprises(estimate: Result, rows: Iterable[Observation]) -> list[str]:
    """Return a sentence for each used figure outside the 99 % of what an estimate expects."""
    fits = [predict(estimate, row) for row in rows if row.use]
    return [_sentence(fit) for fit in fits if fit is not None and _is_surprising(fit)]


def _is_surprising(fit: ObservationFit) -> bool:
    tail = (1 - PROBABILITY) / 2
    is_low = fit.percentile < tail and not fit.is_floor
    return is_low or fit.percentile > 1 - tail


def _sentence(fit: ObservationFit) -> str:
    interval = fit.predicted.interval(PROBABILITY)
    side = "above" if fit.percentile > 0.5 else "below"
    value = fit.value_in(plain_writer().texts)
    return (
        f"{fit.observation} is {value}, {side} what the present estimate expects of "
        f"{fit.source} for its dates: {interval.lower:,.0f} to {interval.upper:,.0f} with 99 % "
        f"probability, median {fit.predicted.median:,.0f}."
    )
