"""The model of a study as a PyMC model, for sampling and for any PyMC or ArviZ tool.

The population, the exposures and the other evidence are those of the NumPy model, built from
PyTensor's operations. Only the counts are written differently: their ratios stay in the model
as variables of their own, which its users want to see and which compiles faster.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from popest.model.counts import Counts
from popest.model.model import Model

LOG_TWO_PI = math.log(2 * math.pi)


def build_pymc_model(model: Model) -> pm.Model:
    """Return the joint model of population, ratios and data.

    Parameters
    ----------
    model
        The model of a study.

    Returns
    -------
    pm.Model
        With the dimensions ``month``, ``source`` (those with a ratio) and ``observation`` (their
        counts), and ``normal`` for the standard normals that the population is made of. Stock,
        arrivals and departures are in persons, the hazard is per month, ratios are per unit of
        exposure on the calendar's first day.

    Notes
    -----
    The density is that of the NumPy model times the density of the ratios given everything
    else.
    """
    coords: dict[str, list[str]] = {
        "month": list(model.calendar.months),
        "source": model.counts.names,
        "observation": [row.id for row in model.counts.rows],
        "normal": model.normals.names,
        "noisy_source": model.noise.names,
    }
    with pm.Model(coords=coords) as pymc_model:
        u = pm.Normal("u", 0.0, 1.0, dims="normal")
        population = model.population(u, pt)
        pm.Deterministic("arrivals", population.arrivals, dims="month")
        pm.Deterministic("stock", population.stock, dims="month")
        pm.Deterministic("departures", population.departures(pt), dims="month")
        pm.Deterministic("departure_hazard", population.hazard)
        log_sd = model.noise.log_sd(u, pt)
        pm.Deterministic("noise", pt.exp(log_sd), dims="noisy_source")
        n_counted = len(model.counts.names)
        if n_counted:
            _add_counts(model.counts, u, population, log_sd[:n_counted])
        _add_other_evidence(model, population, log_sd[n_counted:])
    return pymc_model


def _add_counts(counts: Counts, u: Any, population: Any, log_sd: Any) -> None:
    log_ratio = pm.MvNormal(
        "log_ratio",
        mu=counts.ratios.log_median,
        chol=np.linalg.cholesky(counts.ratios.covariance()),
        dims="source",
    )
    pm.Deterministic("ratio", pt.exp(log_ratio), dims="source")
    if not counts.rows:
        return
    shift = counts.expected - counts.ratios.log_median[counts.source_of]
    mean = log_ratio[counts.source_of] + shift + pt.log(counts.exposure(population))
    variance = counts.overlap * pt.exp(2 * log_sd)[counts.source_of] + 1
    unrotate = np.linalg.inv(counts.rotation)

    def log_density(value: Any, baseline: Any, mean: Any, variance: Any) -> Any:
        net = value - baseline
        possible = pt.all(net > 0)
        log_net = pt.log(pt.maximum(net, 1e-300))
        rotated = counts.rotation @ (log_net - mean)
        terms = rotated**2 / variance + pt.log(variance) + LOG_TWO_PI
        density = counts.log_determinant - 0.5 * terms.sum() - log_net.sum()
        return pt.switch(possible, density, -np.inf)

    def draw(
        baseline: Any, mean: Any, variance: Any, rng: np.random.Generator, size: Any = None
    ) -> np.ndarray:
        shape = mean.shape if size is None else (*size, mean.shape[-1])
        errors = np.sqrt(variance) * rng.standard_normal(shape)
        drawn: np.ndarray = baseline + np.exp(mean + errors @ unrotate.T)
        return drawn

    pm.CustomDist(
        "count",
        counts.baseline(u, pt),
        mean,
        variance,
        logp=log_density,
        random=draw,
        signature="(n),(n),(n)->(n)",
        observed=counts.values,
        dims="observation",
    )


def _add_other_evidence(model: Model, population: Any, floor_log_sd: Any) -> None:
    for balance in model.net_changes:
        dim = f"{balance.name}_observation"
        pm.modelcontext(None).add_coord(dim, [row.id for row in balance.rows])
        pm.MvNormal(
            _free_name(balance.name),
            mu=balance.exposure(population) + balance.mean,
            cov=balance.covariance,
            observed=balance.values,
            dims=dim,
        )
    for survey in model.surveys:
        log_density = pt.dot(survey.counts, survey.log_shares(population, pt))
        pm.Potential(_free_name(survey.name), log_density)
    for number, floor in enumerate(model.floors):
        scores = floor.scores(population, floor_log_sd[number], pt)
        pm.Potential(_free_name(floor.name), pm.logcdf(pm.Normal.dist(), scores).sum())


def _free_name(source: str) -> str:
    """Return the name of a source, or one beside it where the model has a variable of that name."""
    taken = pm.modelcontext(None).named_vars
    return f"{source}_evidence" if source in taken else source
