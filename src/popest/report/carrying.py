"""From draws of a model to the statistics that the page carries for them.

What is done with these statistics is in ``carried``.
"""

from __future__ import annotations

import math
import re
from typing import Any

from popest.model.model import Model
from popest.model.normals import LogNormal
from popest.model.population import ArrivalsMap, StaticMap
from popest.model.state import State
from popest.model.statistics import LOG_TWO_PI
from popest.report.carried import Carried, Level
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
    levels = tuple(_levels(study_model, model, state))
    moved = {index for _, index in level_places(model)}
    others = [row for row in range(len(model.normals)) if row not in moved]
    fixed = -0.5 * (state.u[others] ** 2).sum(axis=0) - 0.5 * len(others) * LOG_TWO_PI
    evidence = [each for piece in study_model.evidence for each in piece.statistics(state)]
    return Carried(tuple(evidence), levels, fixed)


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
