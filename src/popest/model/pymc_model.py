"""The model of a study as a PyMC model, for sampling and for any PyMC or ArviZ tool.

The population and the evidence are those of the NumPy model, built from PyTensor's operations.
Only the counts are written differently: their ratios stay in the model as variables of their own.
"""

from __future__ import annotations

import pymc as pm
import pytensor.tensor as pt

from popest.model.model import Model
from popest.model.state import State


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
        for piece in model.evidence:
            piece.add_to_pymc(pm, pt, State(u, population, log_sd))
    return pymc_model
