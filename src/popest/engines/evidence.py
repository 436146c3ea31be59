"""The log evidence of chains: they are bridged to a normal that is near them."""

from __future__ import annotations

import math

import numpy as np

from popest.engines.coordinates import Coordinates
from popest.engines.draws import Certificate, log_mean_exp
from popest.engines.mixture import fit_normal
from popest.engines.superchains import CHAINS
from popest.engines.target import Target
from popest.model.model import Model

SEED = 0
"""Of the normal's draws: the evidence follows from the model and the draws alone."""
NORMAL_DRAWS = 10_000
MOST_ITERATIONS, SMALLEST_CHANGE = 1_000, 1e-9


def evidence_of_chains(
    model: Model, target: Target, u: np.ndarray, certificate: Certificate
) -> float:
    """Return the log density of the data that draws of the slice engine imply.

    Parameters
    ----------
    model
        The model of a study.
    target
        The density of its posterior, up to a constant.
    u
        The draws, `(normals, draws)`, chain after chain.
    certificate
        What they are worth.

    Notes
    -----
    Half of the chains shape a normal in coordinates of steady width, the other half are held
    against it, as draws that shaped a proposal are not weighed by it.
    """
    target.doing = "bridging from the draws to the evidence"
    constant = -0.5 * len(u) * math.log(2 * math.pi)
    if not len(u):
        return float(target(u[:, :1])[0])
    found = target.given.points(u)
    coordinates = Coordinates.around(model, target, found)
    density = coordinates.density(target)
    chains = coordinates.points(found).reshape(len(u), CHAINS, -1)
    shaping, held = (chains[:, half::2].reshape(len(u), -1) for half in (0, 1))
    normal = fit_normal(shaping, np.zeros(shaping.shape[1]), certificate.size / 2)
    drawn = normal.draw(NORMAL_DRAWS, np.random.default_rng(SEED))
    points = np.concatenate([held, drawn], axis=1)
    densities = np.stack([density(points) + constant, normal.log_density(points)])
    densities[np.isnan(densities)] = -np.inf
    own, others = log_normalisers(densities, np.array([held.shape[1], NORMAL_DRAWS]))
    return float(own - others)


def log_normalisers(log_densities: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the logs of the integrals of densities that overlap, but for a common constant.

    Parameters
    ----------
    log_densities
        The log of each density at draws of all of them, `(density, draws)`.
    sizes
        How many of the draws each gave, `(density,)`.

    Notes
    -----
    With r the draw's density in the mixture of all, each integral is the mean of its density over
    r; r needs the integrals, and so on to the fixed point. Draws are taken as independent.

    References
    ----------
    Meng and Wong (1996), Simulating ratios of normalizing constants via a simple identity: a
    theoretical exploration, Statistica Sinica 6, 831-860, of two densities; Shirts and Chodera
    (2008), Statistically optimal analysis of samples from multiple equilibrium states, Journal of
    Chemical Physics 129, 124105: equation 11, of many.
    """
    log_shares = np.log(sizes / sizes.sum())
    found = np.zeros(len(sizes))
    for _ in range(MOST_ITERATIONS):
        scaled = log_densities + (log_shares - found)[:, None]
        relative = log_densities - np.logaddexp.reduce(scaled, axis=0)
        new = np.array([log_mean_exp(each) for each in relative])
        new -= new[-1]
        change, found = float(np.abs(new - found).max()), new
        if change < SMALLEST_CHANGE:
            break
    return found
