"""The nuts engine: the same model, sampled by nutpie's no-U-turn sampler.

nutpie prints no warnings of its own, so the chains are judged here. Everything that is computed
from the draws is computed by the NumPy model, as with the bank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from popest.engines.draws import LARGEST_R_HAT, SMALLEST_CHAIN_EFFECTIVE_SIZE, Certificate, Draws
from popest.model.model import Model

CHAINS = 4
TUNING_DRAWS = 1_000
TARGET_ACCEPTANCE = 0.99
LOOKING_EVERY = 0.5
"""Seconds between two looks at whether the chains are complete."""
JUDGED = ("u", "log_ratio")


def run_nuts(model: Model, seed: int, *, draws_per_chain: int = 2_000) -> Draws:
    """Return draws of four chains with equal weights, chain after chain.

    Parameters
    ----------
    model
        The model of a study.
    seed
        Seed of the sampler; with the number of chains it fixes the draws.
    draws_per_chain
        Draws kept of each chain, after tuning.
    """
    if not (model.normals.names or model.counts.names):
        return _known(model, CHAINS * draws_per_chain)
    import nutpie
    import pytensor

    from popest.model.pymc_model import build_pymc_model

    # Fast floating-point mathematics makes results depend on the state of the compiler's cache.
    with pytensor.config.change_flags(numba__fastmath=False):
        compiled = nutpie.compile_pymc_model(build_pymc_model(model))
        sampler = nutpie.sample(
            compiled,
            draws=draws_per_chain,
            tune=TUNING_DRAWS,
            chains=CHAINS,
            target_accept=TARGET_ACCEPTANCE,
            seed=seed,
            progress_bar=False,
            blocking=False,
        )
        chains = _finished(sampler)
    u = chains["posterior"].dataset["u"].transpose("normal", "chain", "draw").to_numpy()
    u = u.reshape(len(model.normals), CHAINS * draws_per_chain)
    weights = np.full(u.shape[1], 1 / u.shape[1])
    certificate = certify_chains(chains)
    return Draws("nuts", model.state(u), weights, certificate, None, n_chains=CHAINS)


def _known(model: Model, n_draws: int) -> Draws:
    """Return the draws of a model without anything to sample: each is what is known."""
    certificate = Certificate(
        True, r_hat=1.0, ess_bulk=float(n_draws), ess_tail=float(n_draws), divergences=0
    )
    weights = np.full(n_draws, 1 / n_draws)
    return Draws("nuts", model.state(np.empty((0, n_draws))), weights, certificate, None)


def _finished(sampler: Any) -> Any:
    """Return the chains of a sampler when they are complete; stop it when interrupted.

    Its own way of waiting would return a part of the chains as if they were all.
    """
    while True:
        try:
            return sampler.wait(timeout=LOOKING_EVERY)
        except TimeoutError:
            continue
        except BaseException:
            sampler.cancel()
            raise


def certify_chains(chains: Any, judged: Sequence[str] = JUDGED) -> Certificate:
    """Return the certificate of a tree of chains, over all variables that are judged."""
    posterior = chains["posterior"].dataset
    # Where everything is known there are no normals, so that there is nothing to judge of them.
    sampled = posterior[[name for name in judged if name in posterior and posterior[name].size]]
    return _certified(
        *_convergence(sampled), int(chains["sample_stats"].dataset["diverging"].sum())
    )


def certify_again(u: np.ndarray, claimed: Certificate) -> Certificate:
    """Return a certificate that is no better than what kept chains bear out.

    Parameters
    ----------
    u
        The normals of all chains, `(normals, draws)`, chain after chain.
    claimed
        The certificate of the chains when they were sampled. It judged the sampled ratios and the
        divergences too, which are not kept, so it may well be worse than the normals' own.
    """
    import xarray as xr

    values = u.T.reshape(CHAINS, -1, len(u))
    sampled = xr.Dataset({"u": (("chain", "draw", "normal"), values)})
    r_hat, bulk, tail = _convergence(sampled)
    return _certified(
        max(r_hat, claimed.r_hat or math.inf),
        min(bulk, claimed.ess_bulk or 0.0),
        min(tail, claimed.ess_tail or 0.0),
        claimed.divergences or 0,
    )


def _convergence(sampled: Any) -> tuple[float, float, float]:
    """Return the worst R-hat and the worst effective sample sizes, bulk and tails."""
    import arviz_stats

    return (
        _worst(arviz_stats.rhat(sampled), np.nanmax),
        _worst(arviz_stats.ess(sampled, method="bulk"), np.nanmin),
        _worst(arviz_stats.ess(sampled, method="tail"), np.nanmin),
    )


def _certified(r_hat: float, bulk: float, tail: float, divergences: int) -> Certificate:
    certified = (
        r_hat < LARGEST_R_HAT
        and min(bulk, tail) >= SMALLEST_CHAIN_EFFECTIVE_SIZE
        and divergences == 0
    )
    return Certificate(
        certified, r_hat=r_hat, ess_bulk=bulk, ess_tail=tail, divergences=divergences
    )


def _worst(values: Any, worst: Any) -> float:
    return float(worst([worst(values[name].to_numpy()) for name in values.data_vars]))
