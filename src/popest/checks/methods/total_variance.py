"""Where the variance of a panel's total comes from: what is shared, and each population."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.checks.methods.regression import Explained, explained_share
from popest.panels.panel_result import PanelResult


class TotalVariance(NamedTuple):
    """Shares of the variance of the sum of all populations.

    Attributes
    ----------
    shared
        Var E(total | theta) / Var total: what would go if all that is shared were known.
    by_quantity
        The same for what is shared of each pooled quantity, by its name; of the log total.
    by_population
        Cov(population, total) / Var total, by name. These shares add to one.
    """

    shared: float
    by_quantity: dict[str, Explained]
    by_population: dict[str, float]


def total_variance(estimate: PanelResult) -> TotalVariance | None:
    """Return where the variance of the total comes from; None where there is none.

    Notes
    -----
    The variance between thetas is that of their mean totals less what the few draws at each theta
    leave of the variance within.
    """
    total = estimate.total
    if total is None or np.ptp(total.values) == 0:
        return None
    weights, u = estimate.learned.weights, estimate.learned.u
    by_theta = total.values.reshape(len(weights), -1)
    per_theta = by_theta.shape[1]
    within = float(weights @ by_theta.var(axis=1, ddof=1))
    means = by_theta.mean(axis=1)
    between = float(weights @ (means - weights @ means) ** 2) - within / per_theta
    shared = min(1.0, max(0.0, between / (between + within)))
    off = total.weights * (total.values - total.mean)
    variance = float(off @ total.values)
    by_population = {
        row.population: float(off @ row.size.values) / variance for row in estimate.rows()
    }
    rng = np.random.default_rng([estimate.settings.seed, 4])
    known, log_total = np.repeat(u, per_theta, axis=1), np.log(total.values)
    places = estimate.populations.prior.places
    by_quantity = {
        quantity.name: explained_share(
            known[place], log_total, total.weights, rng, n_chains=len(weights)
        )
        for quantity, place in zip(estimate.panel.pooled, places, strict=True)
    }
    return TotalVariance(shared, by_quantity, by_population)
