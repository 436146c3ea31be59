"""Saved estimates: one netCDF file that can be read by ArviZ and audited alone.

The groups posterior, prior, observed_data, constant_data and sample_stats are ArviZ's. The group
``weighted`` holds the draws as the engine left them, with the study's texts, so that a loaded
estimate gives the very numbers of the saved one.
"""

from __future__ import annotations

import hashlib
import json
import time
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from popest.engines.draws import Certificate, Draws
from popest.estimates.compute import complete
from popest.estimates.folder import write_whole
from popest.estimates.result import Estimate, Settings
from popest.model.model import Model
from popest.study import PopestError, Study
from popest.study.files import file_texts
from popest.study.study import View, read_day, study_of

FORMAT = 1
POSTERIOR_DRAWS = 4_000
ENGINE: Literal["h5netcdf"] = "h5netcdf"


class SavedEstimateError(PopestError, ValueError):
    """A file is not an estimate that popest saved, or was changed since."""


def to_datatree(estimate: Estimate) -> xr.DataTree:
    """Return an estimate as a tree of groups.

    The posterior is resampled to equally weighted draws, in one chain for the bank and in the
    sampler's own chains for nuts.
    """
    chosen, n_chains = _equally_weighted(estimate)
    posterior = _population_group(estimate, estimate.draws.state, chosen, n_chains)
    log_ratio = estimate.posterior.log_ratios + estimate.model.counts.ratios.log_median[:, None]
    posterior["ratio"] = _variable(np.exp(log_ratio[:, chosen]), n_chains, "source")
    prior = _population_group(estimate, estimate.prior, slice(POSTERIOR_DRAWS), 1)
    groups = {
        "posterior": posterior,
        "prior": prior,
        "sample_stats": _sample_stats(estimate, chosen, n_chains),
        "observed_data": _observed(estimate),
        "constant_data": _constants(estimate),
        "weighted": xr.Dataset(
            {
                "u": (("normal", "weighted_draw"), estimate.draws.state.u),
                "weight": ("weighted_draw", estimate.draws.weights),
            },
            coords={"normal": estimate.model.normals.names},
        ),
    }
    tree = xr.DataTree.from_dict(groups)
    tree.attrs.update(_attributes(estimate))
    return tree


def save_estimate(estimate: Estimate, path: Path) -> Path:
    """Write an estimate to a netCDF file, all of it or nothing; return the path.

    Raises
    ------
    PopestError
        When the folder does not exist or cannot be written to.
    """
    return write_whole(path, lambda temporary: write_tree(estimate, temporary))


def write_tree(estimate: Estimate, path: Path) -> None:
    """Write an estimate's groups to a netCDF file."""
    to_datatree(estimate).to_netcdf(path, engine=ENGINE)


def load_estimate(path: str | Path) -> Estimate:
    """Return a saved estimate; it gives the numbers it was saved with.

    Raises
    ------
    SavedEstimateError
        When the file is missing, is no saved estimate, or its study was changed.
    """
    path = Path(path)
    if not path.is_file():
        what = "is a folder, not a saved estimate" if path.is_dir() else "there is no such file"
        raise SavedEstimateError(f"{path}: {what}")
    try:
        attributes, weighted = _read(path)
    except (OSError, ValueError) as error:
        raise SavedEstimateError(
            f"{path}: is not a saved estimate, or was cut short; estimate again"
        ) from error
    if weighted is None:
        raise SavedEstimateError(f"{path}: was not saved by popest")
    number = attributes["popest_format"]
    if number != FORMAT:
        raise SavedEstimateError(
            f"{path}: is of format {number}, and this popest reads format {FORMAT}; estimate again"
        )
    return _restored(path, attributes, weighted)


def _read(path: Path) -> tuple[dict[str, Any], xr.Dataset | None]:
    """Return the attributes and the group of weighted draws, None when popest wrote neither."""
    with xr.open_dataset(path, engine=ENGINE) as root:
        attributes = {str(key): value for key, value in root.attrs.items()}
    if "popest_format" not in attributes:
        return attributes, None
    # Opening the whole tree would take four times as long.
    with xr.open_dataset(path, engine=ENGINE, group="weighted") as group:
        return attributes, group.load()


def _restored(path: Path, attributes: dict[str, Any], weighted: xr.Dataset) -> Estimate:
    start = time.perf_counter()
    try:
        texts = attributes["specification_text"], attributes["observations_text"]
        ratios = attributes.get("ratios_text", "")
        digest = hashlib.sha256("".join((*texts, ratios)).encode()).hexdigest()
        if digest != attributes["data_sha256"]:
            raise SavedEstimateError(f"{path}: the study inside does not match its hash")
        asked = json.loads(attributes["settings"])
        files = file_texts(attributes["study"], *texts, ratios or None)
        study = study_of(attributes["study"], None, *files, _seen(asked.pop("view")))
        asked["dates"] = tuple(date.fromisoformat(day) for day in asked["dates"])
        settings = Settings(**asked)
        model = Model(study.specification, study.used)
        found = _restored_draws(model, attributes, weighted)
        made_by = json.loads(attributes["versions"])
    except PopestError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise SavedEstimateError(f"{path}: is damaged ({error}); estimate again") from error
    _, seed = np.random.SeedSequence(settings.seed).spawn(2)
    return complete(study, settings, model, found, seed, start, made_by)


def _restored_draws(model: Model, attributes: dict[str, Any], weighted: xr.Dataset) -> Draws:
    u = weighted["u"].to_numpy()
    weights = weighted["weight"].to_numpy()
    if weighted["normal"].to_numpy().tolist() != model.normals.names:
        raise ValueError("its draws are of another model")
    certificate = Certificate(**json.loads(attributes["certificate"]))
    evidence = json.loads(attributes["log_evidence"])
    return Draws(attributes["engine"], model.state(u), weights, certificate, evidence)


def _attributes(estimate: Estimate) -> dict[str, Any]:
    study, settings = estimate.study, estimate.settings
    return {
        "popest_format": FORMAT,
        "study": study.name,
        "specification_text": study.specification_text,
        "observations_text": study.observations_text,
        "ratios_text": study.ratios_text,
        "data_sha256": study.data_sha256,
        "settings": json.dumps(
            {
                **settings.__dict__,
                "dates": [str(day) for day in settings.dates],
                "view": _view(study),
            }
        ),
        "engine": estimate.draws.engine,
        "certificate": json.dumps(estimate.certificate._asdict()),
        "log_evidence": json.dumps(estimate.draws.log_evidence),
        "versions": json.dumps(estimate.versions),
        "warnings": "\n".join(estimate.warnings),
    }


def _seen(saved: dict[str, Any]) -> View:
    """Return the view that `_view` wrote."""
    days = read_day(saved["as_of"]), read_day(saved["recorded_as_of"])
    return View(*days, saved["variant"], tuple(saved["left_out"]))


def _view(study: Study) -> dict[str, Any]:
    view = study.view
    as_of, recorded = view.as_of_day, view.recorded_as_of_day
    return {
        "as_of": None if as_of is None else str(as_of),
        "recorded_as_of": None if recorded is None else str(recorded),
        "variant": view.variant,
        "left_out": list(view.left_out),
    }


def _equally_weighted(estimate: Estimate) -> tuple[np.ndarray, int]:
    """Return which draws to keep so that all count alike, and in how many chains they stand."""
    weights = estimate.draws.weights
    if estimate.draws.engine == "nuts":
        from popest.engines.nuts import CHAINS

        return np.arange(len(weights)), CHAINS
    points = (np.arange(POSTERIOR_DRAWS) + 0.5) / POSTERIOR_DRAWS
    chosen = np.searchsorted(np.cumsum(weights), points)
    rng = np.random.default_rng(estimate.settings.seed)
    return rng.permutation(np.minimum(chosen, len(weights) - 1)), 1


def _variable(values: np.ndarray, n_chains: int, dim: str | None) -> xr.Variable:
    """Return draws, `(dim, draws)`, as chain, draw, dim."""
    names = ("chain", "draw") + (() if dim is None else (dim,))
    shape = (n_chains, values.shape[-1] // n_chains) + (() if dim is None else (len(values),))
    return xr.Variable(names, np.ascontiguousarray(values.T).reshape(shape))


def _population_group(
    estimate: Estimate, state: Any, chosen: np.ndarray | slice, n_chains: int
) -> xr.Dataset:
    population, model = state.population, estimate.model
    variables = {
        "u": _variable(state.u[:, chosen], n_chains, "normal"),
        "arrivals": _variable(population.arrivals[:, chosen], n_chains, "month"),
        "stock": _variable(population.stock[:, chosen], n_chains, "month"),
        "departures": _variable(population.departures()[:, chosen], n_chains, "month"),
        "departure_hazard": _variable(population.hazard[chosen], n_chains, None),
        "noise": _variable(np.exp(state.log_sd[:, chosen]), n_chains, "noisy_source"),
    }
    coords = {
        "normal": model.normals.names,
        "month": list(model.calendar.months),
        "source": model.counts.names,
        "noisy_source": model.noise.names,
    }
    return xr.Dataset(variables, coords=coords)


def _sample_stats(estimate: Estimate, chosen: np.ndarray, n_chains: int) -> xr.Dataset:
    weight = estimate.draws.weights[chosen]
    return xr.Dataset({"weight": _variable(weight, n_chains, None)})


def _observed(estimate: Estimate) -> xr.Dataset:
    rows = estimate.study.used
    return xr.Dataset(
        {"count": ("observation", np.array([float(row.value) for row in rows]))},
        coords={"observation": [row.id for row in rows]},
    )


def _constants(estimate: Estimate) -> xr.Dataset:
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
