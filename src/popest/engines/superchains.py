"""Whether many short chains can be trusted: nested R-hat, and effective sample sizes.

Chains of a superchain start at one point. Were they still on their way from it, superchains would
differ by more than their own chains do; ordinary R-hat asks more of each chain than many short ones
can give.
"""

from __future__ import annotations

import numpy as np

from popest.engines.draws import LARGEST_R_HAT, SMALLEST_CHAIN_EFFECTIVE_SIZE, Certificate
from popest.model.model import Model

SUPERCHAINS, CHAINS_EACH = 8, 16
CHAINS = SUPERCHAINS * CHAINS_EACH


def nested_r_hat(chains: np.ndarray, n_superchains: int = SUPERCHAINS) -> np.ndarray:
    """Return nested R-hat of each quantity, `(quantity,)`; 1 where all draws are the same.

    Parameters
    ----------
    chains
        Draws, `(quantity, chain, draw)`; the chains of a superchain stand together.
    n_superchains
        How many superchains there are.

    References
    ----------
    Margossian, Hoffman, Sountsov, Riou-Durand, Vehtari and Gelman (2024), Nested R-hat: assessing
    the convergence of Markov chain Monte Carlo when running many short chains, Bayesian Analysis:
    equations 4 to 8.
    """
    n_quantities, n_chains = chains.shape[:2]
    each = (n_quantities, n_superchains, n_chains // n_superchains)
    means = chains.mean(axis=2).reshape(each)
    variances = chains.var(axis=2, ddof=1).reshape(each)
    between = means.mean(axis=2).var(axis=1, ddof=1)
    within = (means.var(axis=2, ddof=1) + variances.mean(axis=2)).mean(axis=1)
    ratio = np.divide(between, within, out=np.zeros(n_quantities), where=between != 0)
    found: np.ndarray = np.sqrt(1 + ratio)
    return found


def certify_superchains(model: Model, u: np.ndarray) -> Certificate:
    """Return the certificate of superchains: over all normals and the stock of every month.

    Parameters
    ----------
    model
        The model of a study.
    u
        The normals, `(normals, draws)`, chain after chain.

    Notes
    -----
    Effective sizes take long, and are not computed where R-hat alone refuses.
    """
    if not len(u):
        # Everything is known: there is nothing to judge.
        return Certificate(True, r_hat=1.0, ess_bulk=float(u.shape[1]), ess_tail=float(u.shape[1]))
    chains = u.reshape(len(u), CHAINS, -1)
    r_hat = _worst_r_hat(chains)
    if not r_hat < LARGEST_R_HAT:
        return Certificate(False, r_hat=r_hat)
    stocks = np.log(model.state(u).population.stock)
    judged = np.concatenate([chains, stocks.reshape(len(stocks), CHAINS, -1)])
    r_hat = _worst_r_hat(judged)
    if not r_hat < LARGEST_R_HAT:
        return Certificate(False, r_hat=r_hat)
    bulk, tail = _effective_sizes(judged)
    return Certificate(
        min(bulk, tail) >= SMALLEST_CHAIN_EFFECTIVE_SIZE, r_hat=r_hat, ess_bulk=bulk, ess_tail=tail
    )


def _worst_r_hat(chains: np.ndarray) -> float:
    """Return the largest nested R-hat; what is no number is the worst of all."""
    found = nested_r_hat(chains)
    return float(np.where(np.isnan(found), np.inf, found).max(initial=1.0))


def _effective_sizes(chains: np.ndarray) -> tuple[float, float]:
    """Return the smallest effective sample sizes of the bulk and of the tails."""
    import arviz_stats
    import xarray as xr

    judged = xr.Dataset({"judged": (("quantity", "chain", "draw"), chains)})
    bulk, tail = (arviz_stats.ess(judged, method=method) for method in ("bulk", "tail"))
    return float(bulk["judged"].min()), float(tail["judged"].min())
