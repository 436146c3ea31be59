"""From draws of a model to the statistics that the page carries for them.

What is done with these statistics is in ``carried``.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from popest.model.counts import Counts
from popest.model.evidence import Floor, NetChange
from popest.model.model import Model, State
from popest.model.noise import printed_sd
from popest.model.normals import LogNormal
from popest.model.population import ArrivalsMap, StaticMap
from popest.report.carried import (
    LOG_TWO_PI,
    Balance,
    Carried,
    Counted,
    Draws,
    Level,
    Reached,
    Shares,
)
from popest.study.records import ArrivalsPopulation

BARE_KEY = re.compile("[A-Za-z_][A-Za-z0-9_-]*")
"""A name of a wave that can stand in a path as it is; others are named by their position."""


def carry(study_model: Model, model: Model, state: State) -> Carried:
    """Return the statistics of draws.

    Parameters
    ----------
    study_model
        The model whose priors are the default settings.
    model
        The model that made the draws, which may differ in the widths of its priors.
    state
        The draws.
    """
    own = state.log_sd[len(model.counts.names) :]
    floors = zip(study_model.floors, own, strict=True)
    levels = tuple(_levels(study_model, model, state))
    moved = {index for _, index in level_places(model)}
    others = [row for row in range(len(model.normals)) if row not in moved]
    fixed = -0.5 * (state.u[others] ** 2).sum(axis=0) - 0.5 * len(others) * LOG_TWO_PI
    return Carried(
        tuple(_counted(study_model.counts, state, study_model)),
        tuple(_balance(balance, state) for balance in study_model.net_changes),
        tuple(
            Shares(survey.name, survey.log_likelihood(survey.counts, state.population))
            for survey in study_model.surveys
        ),
        tuple(_reached(floor, state, log_sd) for floor, log_sd in floors),
        levels,
        fixed,
    )


def _counted(counts: Counts, state: State, model: Model) -> list[Counted]:
    log_sd = state.log_sd[: len(counts.names)]
    residuals = counts.residuals(counts.values, state.u, state.population, log_sd)
    posterior = counts.integrate(residuals)
    log_variance = np.log(residuals.variance)
    squares = residuals.rotated**2 / residuals.variance
    result = []
    for number, name in enumerate(counts.names):
        at = np.flatnonzero(counts.source_of == number)
        if not len(at):
            continue
        source = model.specification.source[name]
        assert source.ratio is not None
        precision = posterior.precision[number]
        mean = posterior.weighted[number] / precision
        left = squares[at].sum(axis=0) - mean**2 * precision
        rest = -0.5 * (left + log_variance[at].sum(axis=0) + len(at) * LOG_TWO_PI)
        rest += np.linalg.slogdet(counts.rotation[np.ix_(at, at)])[1]
        jacobian = residuals.log_net[at].sum(axis=0)
        possible = np.isfinite(jacobian)
        rest = np.where(possible, rest - np.where(possible, jacobian, 0.0), -np.inf)
        implied = mean + counts.ratios.log_median[number]
        result.append(
            Counted(
                name,
                source.group,
                source.group_correlation or 0.0,
                source.ratio.median,
                source.ratio.tau,
                implied,
                -np.log(precision),
                rest,
            )
        )
    return result


def _balance(balance: NetChange, state: State) -> Balance:
    residual = balance.values[:, None] - balance.exposure(state.population)
    centre = residual.mean(axis=0)
    scatter = ((residual - centre) ** 2).sum(axis=0) / balance.error_sd**2
    return Balance(
        balance.name,
        len(balance.rows),
        balance.mean,
        balance.bias_sd,
        balance.error_sd,
        centre,
        scatter,
    )


def _reached(floor: Floor, state: State, log_sd: Draws) -> Reached:
    return Reached(
        floor.name,
        math.exp(floor.log_median),
        floor.tau,
        np.log(floor.values),
        printed_sd(floor.rows) ** 2,
        np.log(floor.exposure(state.population)),
        log_sd,
    )


def level_places(model: Model) -> list[tuple[LogNormal, int]]:
    """Return the uncertain levels of a model's population with the places of their normals."""
    population: Any = model.population
    if isinstance(population, StaticMap):
        levels = [population.size]
    else:
        assert isinstance(population, ArrivalsMap)
        levels = [population.hazard, *population.waves, population.background]
    return [(level, level.index) for level in levels if level.index is not None]


def _levels(study_model: Model, model: Model, state: State) -> list[Level]:
    record = study_model.specification.population
    named = {
        kind: (f"population.{kind}.median", kind, "")
        for kind in ("departure_hazard", "background", "size")
    }
    if isinstance(record, ArrivalsPopulation):
        for number, wave in enumerate(record.wave):
            step = wave.name if BARE_KEY.fullmatch(wave.name) else str(number)
            path = f"population.wave.{step}.size.median"
            named[f"wave[{wave.name}]"] = (path, "wave", wave.name)
    pairs = zip(level_places(study_model), level_places(model), strict=True)
    return [
        Level(
            *named[study_model.normals.names[index]],
            math.exp(level.log_median),
            level.sigma,
            drawn.log(state.u),
        )
        for (level, index), (drawn, _) in pairs
    ]
