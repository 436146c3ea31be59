"""The counts in a PyMC model, with their ratios as variables.

Users of that model want to see the ratios, and it compiles faster with them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from popest.model.counts import Counts
from popest.model.state import State

LOG_TWO_PI = math.log(2 * math.pi)


def add_counts(counts: Counts, pm: Any, pt: Any, state: State) -> None:
    """Add ratios and counts to the PyMC model of the present context.

    Parameters
    ----------
    counts
        The counts; their sources' noise comes first in the state.
    pm, pt
        PyMC and PyTensor's tensor.
    state
        The state as tensors.
    """
    if not counts.names:
        return
    log_sd = state.log_sd[: len(counts.names)]
    scale = counts.ratios.scales(state.u, pt)
    log_ratio = _log_ratios(counts, pm, pt, (counts.ratios.shared(state.u, scale), scale))
    pm.Deterministic("ratio", pt.exp(log_ratio), dims="source")
    if not counts.rows:
        return
    shift = counts.expected - counts.ratios.log_median[counts.source_of]
    exposure = counts.exposure(state, pt)
    mean = log_ratio[counts.source_of] + shift + pt.log(exposure)
    variance = counts.overlap * pt.exp(2 * log_sd)[counts.source_of] + 1

    def log_density(value: Any, baseline: Any, mean: Any, variance: Any) -> Any:
        net = value - baseline
        possible = pt.all(net > 0)
        log_net = pt.log(pt.maximum(net, 1e-300))
        rotated = counts.rotation @ (log_net - mean)
        terms = rotated**2 / variance + pt.log(variance) + LOG_TWO_PI
        density = counts.log_determinant - 0.5 * terms.sum() - log_net.sum()
        return pt.switch(possible, density, -np.inf)

    pm.CustomDist(
        "count",
        counts.baseline(state.u, pt),
        mean,
        variance,
        logp=log_density,
        random=_draws_of(counts),
        signature="(n),(n),(n)->(n)",
        observed=counts.values,
        dims="observation",
    )


def _log_ratios(counts: Counts, pm: Any, pt: Any, drawn: tuple[Any, Any]) -> Any:
    """Return the log ratios as variables; those that are known are constants among them.

    `drawn` are the parts and the scales of the ratios that the draw holds.
    """
    ratios, (shared, scale) = counts.ratios, drawn
    mean = ratios.log_median + shared
    uncertain = np.flatnonzero(ratios.tau > 0)
    factor = np.linalg.cholesky(ratios.covariance()[np.ix_(uncertain, uncertain)])
    if len(ratios.scales.at):
        factor = scale[uncertain][:, None] * factor
    if len(uncertain) == len(ratios.tau):
        return pm.MvNormal("log_ratio", mu=mean, chol=factor, dims="source")
    if not len(uncertain):
        return mean
    names = [counts.names[place] for place in uncertain]
    pm.modelcontext(None).add_coord("uncertain_source", names)
    drawn = pm.MvNormal("log_ratio", mu=mean[uncertain], chol=factor, dims="uncertain_source")
    return pt.set_subtensor(mean[uncertain], drawn)


def _draws_of(counts: Counts) -> Any:
    """Return what draws counts given their baseline, mean and rotated variance."""
    unrotate = np.linalg.inv(counts.rotation)

    def draw(
        baseline: Any, mean: Any, variance: Any, rng: np.random.Generator, size: Any = None
    ) -> np.ndarray:
        shape = mean.shape if size is None else (*size, mean.shape[-1])
        errors = np.sqrt(variance) * rng.standard_normal(shape)
        drawn: np.ndarray = baseline + np.exp(mean + errors @ unrotate.T)
        return drawn

    return draw
