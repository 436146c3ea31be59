"""What an engine returns: weighted draws of the population, and their certificate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from popest.engines.mixture import Mixture, Normal, fit_normal
from popest.language.writers import Writer, plain_writer
from popest.model.state import State

LARGEST_PARETO_K = 0.7
SMALLEST_EFFECTIVE_SIZE = 1000
LARGEST_R_HAT = 1.01
SMALLEST_CHAIN_EFFECTIVE_SIZE = 400


class Certificate(NamedTuple):
    """Whether a computation can be trusted; it says nothing about the fit.

    `pareto_k` and `ess` (effective sample size, draws) judge importance weights. `r_hat`,
    `ess_bulk`, `ess_tail` and `divergences` judge chains, each the worst over all variables;
    R-hat is nested where `divergences` is None. What does not apply is None.
    """

    certified: bool
    pareto_k: float | None = None
    ess: float | None = None
    r_hat: float | None = None
    ess_bulk: float | None = None
    ess_tail: float | None = None
    divergences: int | None = None

    @property
    def size(self) -> float:
        """How many independent draws all are worth, at the worst of what is judged."""
        if self.ess is not None:
            return self.ess
        return min(self.ess_bulk or 0.0, self.ess_tail or 0.0)

    def said(self, writer: Writer) -> str:
        """Return it in the words of a language."""
        words = writer.texts
        verdict = words(f"computation.{'certified' if self.certified else 'not_certified'}")
        if self.ess is not None and self.pareto_k is not None:
            return words(
                "computation.weights",
                verdict=verdict,
                ess=words.number(self.ess),
                least=words.number(SMALLEST_EFFECTIVE_SIZE),
                k=words.ungrouped(self.pareto_k, 2),
                largest=words.exact(LARGEST_PARETO_K),
            )
        if self.divergences is None and self.ess_bulk is None:
            return words(
                "computation.superchains_apart",
                verdict=verdict,
                r_hat=words.ungrouped(self.r_hat or math.nan, 3),
                largest=words.exact(LARGEST_R_HAT),
            )
        if self.divergences is None:
            return words(
                "computation.superchains",
                verdict=verdict,
                r_hat=words.ungrouped(self.r_hat or math.nan, 3),
                bulk=words.number(self.ess_bulk or 0),
                tail=words.number(self.ess_tail or 0),
                least=words.ungrouped(SMALLEST_CHAIN_EFFECTIVE_SIZE),
                largest=words.exact(LARGEST_R_HAT),
            )
        return words(
            "computation.chains",
            verdict=verdict,
            r_hat=words.ungrouped(self.r_hat or math.nan, 3),
            bulk=words.number(self.ess_bulk or 0),
            tail=words.number(self.ess_tail or 0),
            least=words.ungrouped(SMALLEST_CHAIN_EFFECTIVE_SIZE),
            divergences=words.ungrouped(self.divergences or 0),
            largest=words.exact(LARGEST_R_HAT),
        )

    def __str__(self) -> str:
        return self.said(plain_writer())


@dataclass(frozen=True)
class Draws:
    """Draws of the population with normalised weights, `(draws,)`.

    `log_evidence` is the log density of the data under the study's priors, all constants but
    the multinomial's included; None where the engine does not know it, as nuts does not.
    `proposal` is what the bank drew from, by which the weights can be found again from the draws;
    None for chains. Those stand one after the other, `n_chains` of them; None where draws are
    independent.
    """

    engine: str
    state: State
    weights: np.ndarray
    certificate: Certificate
    log_evidence: float | None
    proposal: Mixture | None = None
    n_chains: int | None = None

    @property
    def efficiency(self) -> float:
        """How many independent draws each is worth, at the worst: those of chains are alike."""
        if self.n_chains is None:
            return 1.0
        return min(1.0, self.certificate.size / len(self.weights))

    @cached_property
    def normal(self) -> Normal:
        """The normal density fitted to the draws."""
        with np.errstate(divide="ignore"):
            return fit_normal(self.state.u, np.log(self.weights))


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
