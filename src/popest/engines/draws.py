"""What an engine returns: weighted draws of the population, and how far they can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from popest.engines.mixture import Mixture
from popest.model.state import State

LARGEST_PARETO_K = 0.7
SMALLEST_EFFECTIVE_SIZE = 1000
LARGEST_R_HAT = 1.01
SMALLEST_CHAIN_EFFECTIVE_SIZE = 400


class Certificate(NamedTuple):
    """Whether a computation can be trusted; it says nothing about the fit.

    `pareto_k` and `ess` (effective sample size, draws) judge importance weights. `r_hat`,
    `ess_bulk`, `ess_tail` and `divergences` judge chains, each the worst over all variables.
    What does not apply is None.
    """

    certified: bool
    pareto_k: float | None = None
    ess: float | None = None
    r_hat: float | None = None
    ess_bulk: float | None = None
    ess_tail: float | None = None
    divergences: int | None = None

    def __str__(self) -> str:
        verdict = "certified" if self.certified else "not certified"
        if self.r_hat is None:
            return (
                f"{verdict}: effective sample size {self.ess:,.0f} (at least "
                f"{SMALLEST_EFFECTIVE_SIZE:,}), Pareto k {self.pareto_k:.2f} (below "
                f"{LARGEST_PARETO_K})"
            )
        return (
            f"{verdict}: R-hat {self.r_hat:.3f} (below {LARGEST_R_HAT}), effective sample size "
            f"{self.ess_bulk:,.0f} in the bulk and {self.ess_tail:,.0f} in the tails (at least "
            f"{SMALLEST_CHAIN_EFFECTIVE_SIZE}), {self.divergences} divergences (none)"
        )


@dataclass(frozen=True)
class Draws:
    """Draws of the population with normalised weights, `(draws,)`.

    `log_evidence` is the log density of the data under the study's priors, all constants but
    the multinomial's included; None where the engine does not know it. `proposal` is what the
    bank drew from, by which the weights can be found again from the draws; None for chains.
    """

    engine: str
    state: State
    weights: np.ndarray
    certificate: Certificate
    log_evidence: float | None
    proposal: Mixture | None = None


def effective_size(log_weights: np.ndarray) -> float:
    """Return the effective sample size (sum w)^2 / sum w^2 of weights given by their logs."""
    largest = log_weights.max()
    if not np.isfinite(largest):
        return 0.0
    weights = np.exp(log_weights - largest)
    return float(weights.sum() ** 2 / (weights @ weights))


def log_mean_exp(values: np.ndarray) -> float:
    """Return the log of the mean of exponentials, safe for any magnitude."""
    largest = float(values.max())
    if not math.isfinite(largest):
        return largest
    return largest + math.log(np.exp(values - largest).mean())
