"""Settings of the page's what-if that were computed in full, so that it shows those numbers.

Each source left out has draws of its own, as many as the estimate (``Context.without``); the page
carries fewer, for all settings together. Where a reader leaves out one source and changes nothing
else, the page shows what the check and the sections beside it show, and brings its own draws,
which give the months, into line with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from popest.checks.methods.fitted import Fitted
from popest.checks.result import Context
from popest.model.statistics import Settings
from popest.report.what_if.post_strata import MismatchError, factors_of

TAILS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""The probabilities below the quantiles that the page shows, as in ``what_if_model.js``."""
NEAREST = 1e-9
"""What a stratum is given beyond its probability, lest rounding carry a quantile past its end."""


def left_out_in_full(
    context: Context, values: np.ndarray, weights_of: Callable[[Settings], np.ndarray]
) -> list[dict[str, Any]]:
    """Return what was computed in full without each source, as the page reads it.

    Parameters
    ----------
    context
        The study with its estimates without each source.
    values
        The headline in the page's draws, persons, `(draws,)`.
    weights_of
        The weights of the page's draws under settings, `(draws,)`, which sum to 1.
    """
    return [
        _as_read(name, context, found, values, weights_of(Settings(off=frozenset({name}))))
        for name, found in context.without.items()
        if found.certified
    ]


def _as_read(
    name: str, context: Context, found: Fitted, values: np.ndarray, weights: np.ndarray
) -> dict[str, Any]:
    quantiles = [found.headline.quantile(tail) for tail in TAILS]
    shape, ranges = found.draws.certificate.pareto_k, context.study.specification.ranges
    return {
        "source": name,
        "quantiles": quantiles,
        "logFactors": _log_factors(values, weights, quantiles),
        "probabilities": [found.headline.probability(*bounds) for bounds in ranges],
        "logEvidence": found.log_evidence - context.itself.log_evidence,
        "effectiveSize": found.draws.certificate.size,
        # JSON has no infinity, which equal weights have with a minus; null stands for it.
        "paretoK": shape if shape is not None and np.isfinite(shape) else None,
    }


def _log_factors(values: np.ndarray, weights: np.ndarray, quantiles: list[float]) -> list[float]:
    """Return the logs of the factors of the strata between quantiles; 0 where there are none."""
    below = [tail + NEAREST for tail in TAILS]
    try:
        return np.log(factors_of(values, weights, quantiles, below)).tolist()
    except MismatchError:
        # The months are then those of the page's draws as they are; the answer is not.
        return [0.0] * (len(TAILS) + 1)
