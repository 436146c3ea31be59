"""Saved estimates: one netCDF file that can be read by ArviZ and audited alone.

The groups posterior, prior, observed_data, constant_data and sample_stats are ArviZ's. The group
``weighted`` holds the draws as the engine left them and the attributes of the file the study's
texts: from these alone ``popest.estimates.saved.load`` makes the very estimate again.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from popest.engines.draws import Draws
from popest.estimates.result import Result
from popest.estimates.saved.file import LARGEST_SAVED, SavedEstimateError
from popest.estimates.saved.record import (
    FORMAT,
    HASH,
    LARGEST_NUMBERS,
    content_sha256,
    numbers_held,
    texts_of,
)
from popest.study.files.whole import write_whole

POSTERIOR_DRAWS = 4_000
ENGINE: Literal["h5netcdf"] = "h5netcdf"


def to_datatree(estimate: Result) -> xr.DataTree:
    """Return an estimate as a tree of groups.

    The posterior is resampled to equally weighted draws, in one chain for the bank and in the
    engine's own chains for slice and nuts.
    """
    chosen, n_chains = _equally_weighted(estimate)
    weight = estimate.draws.weights[chosen]
    posterior = _population_group(estimate, estimate.draws.state, chosen, n_chains)
    log_ratio = estimate.posterior.log_ratios + estimate.model.counts.ratios.log_median[:, None]
    posterior["ratio"] = _variable(np.exp(log_ratio[:, chosen]), n_chains, "source")
    prior = _population_group(estimate, estimate.prior, slice(POSTERIOR_DRAWS), 1)
    groups = {
        "posterior": posterior,
        "prior": prior,
        "sample_stats": xr.Dataset({"weight": _variable(weight, n_chains)}),
        "observed_data": _observed(estimate),
        "constant_data": _constants(estimate),
        "weighted": _weighted(estimate.draws, estimate.model.normals.names),
    }
    tree = xr.DataTree.from_dict(groups)
    tree.attrs.update(_attributes(estimate, groups["weighted"]))
    return tree


def save_estimate(estimate: Result, path: Path) -> Path:
    """Write an estimate to a netCDF file, all of it or nothing; return the path.

    Raises
    ------
    PopestError
        When the folder does not exist or cannot be written to.
    """
    return write_whole(path, lambda temporary: write_tree(estimate, temporary))


def write_tree(estimate: Result, path: Path) -> None:
    """Write an estimate's groups to a netCDF file.

    Raises
    ------
    SavedEstimateError
        When the file would be too large to be read again.
    """
    tree, n_draws = to_datatree(estimate), len(estimate.draws.weights)
    numbers = numbers_held(estimate.model, n_draws, estimate.calendar.n_months)
    if tree.nbytes > LARGEST_SAVED or numbers > LARGEST_NUMBERS:
        raise SavedEstimateError(
            f"{path.name}: {n_draws:,} draws are more than could be loaded again; ask for fewer"
        )
    tree.to_netcdf(path, engine=ENGINE)


def _weighted(draws: Draws, names: list[str]) -> xr.Dataset:
    """Return the draws as the engine left them, and what the bank drew them from."""
    variables: dict[str, Any] = {
        "u": (("normal", "weighted_draw"), draws.state.u),
        "weight": ("weighted_draw", draws.weights),
    }
    if draws.proposal is not None:
        parts = draws.proposal.components
        mean, factor = ("component", "normal"), ("component", "normal", "earlier_normal")
        variables["proposal_share"] = ("component", np.array(draws.proposal.shares))
        variables["proposal_mean"] = (mean, np.stack([part.mean for part in parts]))
        variables["proposal_factor"] = (factor, np.stack([part.factor for part in parts]))
    return xr.Dataset(variables, coords={"normal": names})


def _attributes(estimate: Result, weighted: xr.Dataset) -> dict[str, Any]:
    """Return the attributes of the file; no hash vouches for what was not verified before."""
    texts = texts_of(estimate)
    attributes = {"popest_format": FORMAT, **texts}
    if not estimate.origin_warnings:
        arrays = {str(name): values.to_numpy() for name, values in weighted.data_vars.items()}
        attributes[HASH] = content_sha256(texts, estimate.model.normals.names, arrays)
    return attributes


def _equally_weighted(estimate: Result) -> tuple[np.ndarray, int]:
    """Return which draws to keep so that all count alike, and in how many chains they stand."""
    weights = estimate.draws.weights
    if estimate.draws.engine == "nuts":
        from popest.engines.nuts import CHAINS

        return np.arange(len(weights)), CHAINS
    if estimate.draws.engine == "slice":
        from popest.engines import superchains

        return np.arange(len(weights)), superchains.CHAINS
    points = (np.arange(POSTERIOR_DRAWS) + 0.5) / POSTERIOR_DRAWS
    chosen = np.searchsorted(np.cumsum(weights), points)
    rng = np.random.default_rng(estimate.settings.seed)
    return rng.permutation(np.minimum(chosen, len(weights) - 1)), 1


def _variable(values: np.ndarray, n_chains: int, dim: str | None = None) -> xr.Variable:
    """Return draws, `(dim, draws)`, as chain, draw, dim."""
    names = ("chain", "draw") + (() if dim is None else (dim,))
    shape = (n_chains, values.shape[-1] // n_chains) + (() if dim is None else (len(values),))
    return xr.Variable(names, np.ascontiguousarray(values.T).reshape(shape))


def _population_group(
    estimate: Result, state: Any, chosen: np.ndarray | slice, n_chains: int
) -> xr.Dataset:
    population, model = state.population, estimate.model
    variables = {
        "u": _variable(state.u[:, chosen], n_chains, "normal"),
        "arrivals": _variable(population.arrivals[:, chosen], n_chains, "month"),
        "stock": _variable(population.stock[:, chosen], n_chains, "month"),
        "departures": _variable(population.departures()[:, chosen], n_chains, "month"),
        "departure_hazard": _variable(population.hazard[chosen], n_chains),
        "noise": _variable(np.exp(state.log_sd[:, chosen]), n_chains, "noisy_source"),
    }
    coords = {
        "normal": model.normals.names,
        "month": list(model.calendar.months),
        "source": model.counts.names,
        "noisy_source": model.noise.names,
    }
    return xr.Dataset(variables, coords=coords)


def _observed(estimate: Result) -> xr.Dataset:
    """Return the counts, and the bounds of them; missing for a count that is between two."""
    rows = estimate.study.used
    counts = [math.nan if row.value is None else float(row.value) for row in rows]
    return xr.Dataset(
        {"count": ("observation", np.array(counts, dtype=float))},
        coords={"observation": [row.id for row in rows]},
    )


def _constants(estimate: Result) -> xr.Dataset:
    rows, counts = estimate.study.used, estimate.model.counts
    return xr.Dataset(
        {
            "source_of": ("observation", [row.source for row in rows]),
            "end": ("observation", [str(row.end) for row in rows]),
            "ratio_prior_median": ("source", np.exp(counts.ratios.log_median)),
            "ratio_prior_tau": ("source", counts.ratios.tau),
        },
        coords={"observation": [row.id for row in rows], "source": counts.names},
    )
