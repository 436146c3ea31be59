"""The bank engine: importance sampling of whole populations from a fitted mixture.

First the proposal is adapted: draws from the prior are weighted by a power of the likelihood, a
normal is fitted to them, new draws are made from it, and so on until the power is 1. Then, with
the proposal fixed, the bank itself is drawn. Draws that shaped a proposal are never weighted by
it, since such weights are biased.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from popest.engines.draws import (
    LARGEST_PARETO_K,
    SMALLEST_CHAIN_EFFECTIVE_SIZE,
    SMALLEST_EFFECTIVE_SIZE,
    Certificate,
    Draws,
    effective_size,
    log_mean_exp,
)
from popest.engines.mixture import Mixture, Normal, fit_normal
from popest.engines.pareto import pareto_k
from popest.engines.threads import one_thread
from popest.model.model import Data, Model
from popest.model.state import State

Progress = Callable[[str], None]

DEFAULT_DRAWS = 20_000
STAGE_DRAWS_PER_NORMAL = 250
SMALLEST_STAGE = 4_000
EFFECTIVE_DRAWS_PER_NORMAL = 8
FITS_AT_FULL_POWER = 2
MAXIMUM_STAGES = 25
STALLED_STAGES, STALLED_POWER = 3, 0.25
"""Stages in a row that get no further, at no more than this power, after which the bank gives up.
Of the posteriors that it ever certified, none stalled below 0.9."""
MANY_NORMALS, FAR_POWER = 100, 0.1
"""Normals above which the bank gives up at once when the prior reaches less than this power: a
covariance fitted to 8 effective draws a normal is too rough to be stepped on so often."""
PRIOR_SHARE, WIDE_SHARE, NARROW_SHARE = 0.1, 0.3, 0.6
WIDE_POWER = 0.3
FAILED_WIDENING = 4.0
MAXIMUM_ROUNDS = 4
BISECTIONS = 20
LARGEST_KEPT = 4_000_000
"""Numbers of the largest array whose memory is used again: 32 MB, the most that glibc allows."""
LARGEST_BANK = 40_000_000
"""Numbers that a bank may hold, 320 MB of them: its draws' normals, arrivals and stocks."""


@dataclass(frozen=True)
class Bank:
    """Draws from a mixture that holds the prior, with what is needed to weigh them anew.

    `u` are the normals, `(normals, draws)`; `log_prior`, `log_likelihood` and `log_mixture` are
    log densities of each draw, `(draws,)`. Another likelihood or prior for the same paths needs
    no new draws. `state` is what follows from the normals, where it was kept, and `mixture` what
    they were drawn from, where that is one mixture of this model's own normals. `efficiency` is how
    many independent draws each is worth: fewer than one of chains.
    """

    u: np.ndarray
    log_prior: np.ndarray
    log_likelihood: np.ndarray
    log_mixture: np.ndarray
    state: State | None = None
    mixture: Mixture | None = None
    efficiency: float = 1.0

    @classmethod
    def of_chains(cls, model: Model, draws: Draws) -> Bank:
        """Return certified draws of the slice engine: the mixture is the posterior itself."""
        u = draws.state.u
        with one_thread():
            log_likelihood = model.log_density_of_data(u)
        log_prior = model.normals.log_density(u)
        assert draws.log_evidence is not None
        log_mixture = log_prior + log_likelihood - draws.log_evidence
        return cls(
            u,
            log_prior,
            log_likelihood,
            log_mixture,
            draws.state,
            efficiency=draws.efficiency,
        )

    def log_weights(self, power: float = 1.0) -> np.ndarray:
        """Return the log weights for the likelihood raised to `power`, `(draws,)`.

        What is impossible stays so at every power, 0 included.
        """
        possible = np.isfinite(self.log_likelihood)
        tempered = np.where(possible, power * np.where(possible, self.log_likelihood, 0), -np.inf)
        return self.log_prior + tempered - self.log_mixture

    @property
    def is_possible(self) -> bool:
        """Whether the data are possible under any of the draws."""
        return bool(np.isfinite(self.log_likelihood).any())

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate of the raw weights."""
        if not self.is_possible:
            return Certificate(False, pareto_k=math.inf, ess=0.0)
        return certify_weights(self.log_weights(), self.efficiency)

    def draws(self, model: Model) -> Draws:
        """Return the weighted draws with their certificate and the log evidence."""
        log_weights = self.log_weights() if self.is_possible else np.zeros(self.u.shape[1])
        weights = np.exp(log_weights - log_weights.max())
        evidence = log_mean_exp(self.log_weights())
        weights /= weights.sum()
        state = self.state or model.state(self.u)
        return Draws("bank", state, weights, self.certificate, evidence, self.mixture)


def certify_weights(log_weights: np.ndarray, efficiency: float = 1.0) -> Certificate:
    """Return the certificate of importance weights, given by their logs, `(draws,)`.

    `efficiency` is how many independent draws each is worth. Draws of chains must then be worth
    what is asked of chains.
    """
    shape, size = pareto_k(log_weights), efficiency * effective_size(log_weights)
    least = SMALLEST_EFFECTIVE_SIZE if efficiency == 1 else SMALLEST_CHAIN_EFFECTIVE_SIZE
    certified = shape < LARGEST_PARETO_K and size >= least
    return Certificate(certified, pareto_k=shape, ess=size)


def weigh(
    model: Model,
    u: np.ndarray,
    mixture: Mixture,
    *,
    data: Data | None = None,
    keep_state: bool = False,
    say: Callable[[], None] = lambda: None,
) -> Bank:
    """Return draws of a mixture, `(normals, draws)`, as a bank of a model.

    Parameters
    ----------
    model
        The model of a study.
    u
        The draws, each a vector of the model's normals.
    mixture
        What they were drawn from.
    data
        Data to use in place of the study's own.
    keep_state
        Whether the bank keeps what follows from the normals.
    say
        Called again and again, so that long work is not silent.
    """
    state = None
    if keep_state:
        state, log_likelihood = model.evaluate(u, data, say)
    else:
        log_likelihood = model.log_density_of_data(u, data, say)
    log_likelihood[np.isnan(log_likelihood)] = -np.inf
    log_prior, log_mixture = model.normals.log_density(u), mixture.log_density(u)
    return Bank(u, log_prior, log_likelihood, log_mixture, state, mixture)


def run_bank(
    model: Model,
    rng: np.random.Generator,
    *,
    data: Data | None = None,
    n_draws: int = DEFAULT_DRAWS,
    stage_draws: int | None = None,
    progress: Progress | None = None,
) -> Bank:
    """Return a bank of draws, enlarged until it is certified or the rounds are spent.

    Parameters
    ----------
    model
        The model of a study.
    rng
        Source of randomness; the same one gives the same bank.
    data
        Data to use in place of the study's own.
    n_draws
        Draws of the first round; each further round doubles them.
    stage_draws
        Draws of each stage that adapts the proposal; enough for any study when None.
    progress
        Called with a sentence before each stage.
    """
    say = progress or (lambda _: None)
    # glibc keeps freed memory up to the size of what was freed before (mallopt(3)). Otherwise it
    # goes back to the system with each chunk of draws, and half the page faults are for that.
    np.empty(LARGEST_KEPT)
    with one_thread(), quiet():
        bank, is_hopeless = _adapt(model, data, rng, stage_draws, say)
        for doubling in range(1 if is_hopeless else MAXIMUM_ROUNDS):
            n_round = n_draws * 2**doubling
            most = most_draws(len(model.normals), model.calendar.n_months)
            if not bank.is_possible or (doubling and n_round > most):
                break
            saying = partial(say, f"drawing {n_round:,} populations")
            widening = 1.0 if doubling == 0 else FAILED_WIDENING ** (1 / max(1, len(bank.u)))
            mixture = fit_mixture(bank, 1.0, widening)
            u = mixture.draw(n_round, rng)
            bank = weigh(model, u, mixture, data=data, keep_state=True, say=saying)
            if bank.certificate.certified:
                break
    return bank


def most_draws(n_normals: int, n_months: int) -> int:
    """Return how many draws of so many normals and months a bank may hold."""
    return LARGEST_BANK // (n_normals + 2 * n_months)


def quiet() -> AbstractContextManager[None]:
    """Return a context in which draws may overflow: they are impossible, and weigh nothing."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def fit_mixture(bank: Bank, power: float, widening: float = 1.0) -> Mixture:
    """Return the prior, the draws at this power of the likelihood, and a wider cover of them.

    The wide component, fitted at a lower power, reaches where the posterior's tails are heavier
    than normal; the prior bounds the weights. `widening` multiplies its standard deviations: the
    tails of a posterior of few normals need it, and one of many would lose draws to it.
    """
    prior = Normal.standard(len(bank.u))
    wide = fit_normal(bank.u, bank.log_weights(WIDE_POWER * power))
    wide = Normal(wide.mean, widening * wide.factor)
    narrow = fit_normal(bank.u, bank.log_weights(power))
    return Mixture((prior, wide, narrow), (PRIOR_SHARE, WIDE_SHARE, NARROW_SHARE))


def _adapt(
    model: Model,
    data: Data | None,
    rng: np.random.Generator,
    stage_draws: int | None,
    say: Progress,
) -> tuple[Bank, bool]:
    """Return draws with weight enough at full power to fit the final proposal, if there is hope.

    The bank is hopeless when stage after stage the likelihood's power does not grow.
    """
    n_normals = len(model.normals)
    n_stage = stage_draws or max(SMALLEST_STAGE, STAGE_DRAWS_PER_NORMAL * n_normals)
    n_stage = min(n_stage, LARGEST_BANK // max(1, n_normals))
    prior = Mixture((Normal.standard(n_normals),), (1.0,))
    saying = partial(say, "weighing the prior")
    bank = weigh(model, prior.draw(n_stage, rng), prior, data=data, say=saying)
    fits_at_full_power = n_stalled = 0
    furthest = 0.0
    for stage in range(MAXIMUM_STAGES):
        if not bank.is_possible:
            break
        power = _reachable_power(bank, EFFECTIVE_DRAWS_PER_NORMAL * n_normals)
        fits_at_full_power += power == 1
        if fits_at_full_power == FITS_AT_FULL_POWER:
            break
        n_stalled = 0 if power > furthest else n_stalled + 1
        furthest = max(furthest, power)
        is_far = stage == 0 and n_normals > MANY_NORMALS and power < FAR_POWER
        if is_far or (n_stalled == STALLED_STAGES and furthest <= STALLED_POWER):
            return bank, True
        sentence = f"adapting, stage {stage + 1}: likelihood to the power {power:.2g}"
        mixture = fit_mixture(bank, power)
        u = mixture.draw(n_stage, rng)
        bank = weigh(model, u, mixture, data=data, say=partial(say, sentence))
    return bank, False


def _reachable_power(bank: Bank, enough: float) -> float:
    """Return the largest power of the likelihood that leaves enough effective draws."""
    if effective_size(bank.log_weights()) >= enough:
        return 1.0
    lower, upper = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (lower + upper)
        if effective_size(bank.log_weights(middle)) >= enough:
            lower = middle
        else:
            upper = middle
    return lower
