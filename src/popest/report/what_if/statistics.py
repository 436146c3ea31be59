"""What each draw of the page carries so that it can be weighed under any settings of the what-if.

For each source these are the statistics of its evidence (``popest.model.statistics``), and for the
population the levels that can be moved. The scripts of the page (``what_if_model.js`` and
``what_if_weighings.js``) repeat the arithmetic, in the same order.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from popest.model.model import Model
from popest.model.normals import LogNormal
from popest.model.population import ArrivalsMap, StaticMap
from popest.model.state import State
from popest.model.statistics import LOG_TWO_PI, Control, Settings, Statistic, per_draw
from popest.study.specification.records import ArrivalsPopulation, Specification

Draws = np.ndarray

BARE_KEY = re.compile("[A-Za-z_][A-Za-z0-9_-]*")
"""A name of a wave that can stand in a path as it is; others are named by their position."""


@dataclass(frozen=True)
class Level:
    """An uncertain quantity of the population itself: its log in each draw, and its prior.

    `path` is where ``study.toml`` has its median, which is also the control's id; `kind` is
    departure_hazard, background, initial, size or wave, and `name` that of a wave.
    """

    path: str
    kind: str
    name: str
    median: float
    sigma: float
    log_value: Draws = field(metadata=per_draw("logarithm"))

    @property
    def control(self) -> Control:
        """The control of its median."""
        return Control.median(self.path, self.kind, self.median, self.sigma, self.name)

    def log_prior(self, settings: Settings) -> Draws:
        """Return the log density of the logarithm, `(draws,)`."""
        z = (self.log_value - math.log(settings.of(self.path, self.median))) / self.sigma
        return -0.5 * z**2 - math.log(self.sigma) - 0.5 * LOG_TWO_PI


@dataclass(frozen=True)
class Carried:
    """All statistics of a set of draws, those of the sources in the order of the model.

    `fixed` is the log prior of what no control moves; the page does not need it.
    """

    evidence: tuple[Statistic, ...]
    levels: tuple[Level, ...]
    fixed: Draws = field(metadata=per_draw("unread"))

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that say something, in the order of the model."""
        return tuple(source.name for source in self.evidence)

    def log_target(self, settings: Settings) -> Draws:
        """Return the log density of the data and of the draws under settings, `(draws,)`."""
        return self.fixed + self.log_density(settings)

    def log_density(self, settings: Settings) -> Draws:
        """Return the log density of the data and of the levels, `(draws,)`."""
        return self.log_likelihood(settings) + self.log_prior(settings)

    def log_prior(self, settings: Settings) -> Draws:
        """Return the log prior of the levels, `(draws,)`."""
        return sum((level.log_prior(settings) for level in self.levels), np.zeros(len(self.fixed)))

    def log_likelihood(self, settings: Settings) -> Draws:
        """Return the log density of the figures of the sources that are on, `(draws,)`."""
        total = np.zeros(len(self.fixed))
        heard = [source for source in self.evidence if source.name not in settings.off]
        for kind in dict.fromkeys(type(source) for source in heard):
            kind.add(total, [source for source in heard if type(source) is kind], settings)
        return total


@dataclass(frozen=True)
class Group:
    """The controls of a source, which can be switched off, or of the population, which cannot.

    `source` is the name in ``study.toml``, None for the population; `title` is the study's.
    """

    source: str | None
    title: str
    controls: tuple[Control, ...]


def groups_of(specification: Specification, carried: Carried) -> tuple[Group, ...]:
    """Return all controls, the sources in the order of the study, the population last."""
    by_source = {source.name: source.controls for source in carried.evidence}
    sources = [
        Group(name, source.title, by_source[name])
        for name, source in specification.source.items()
        if name in by_source
    ]
    population = tuple(level.control for level in carried.levels)
    return (*sources, *([Group(None, "", population)] if population else []))


def carry(model: Model, state: State) -> Carried:
    """Return the statistics of draws.

    Parameters
    ----------
    model
        The model whose priors are the default settings.
    state
        The draws.
    """
    levels = tuple(_levels(model, state))
    moved = {index for _, index in level_places(model)}
    others = [row for row in range(len(model.normals)) if row not in moved]
    fixed = -0.5 * (state.u[others] ** 2).sum(axis=0) - 0.5 * len(others) * LOG_TWO_PI
    evidence = [each for piece in model.evidence for each in piece.statistics(state)]
    return Carried(tuple(evidence), levels, fixed)


def level_places(model: Model) -> list[tuple[LogNormal, int]]:
    """Return the uncertain levels of a model's population with the places of their normals."""
    population: Any = model.population
    if isinstance(population, StaticMap):
        levels = [population.size]
    else:
        assert isinstance(population, ArrivalsMap)
        levels = [population.hazard, *population.waves, population.background]
        levels += [population.initial] if population.initial is not None else []
    return [(level, level.index) for level in levels if level.index is not None]


def _levels(model: Model, state: State) -> list[Level]:
    record = model.specification.population
    named = {
        kind: (f"population.{kind}.median", kind, "")
        for kind in ("departure_hazard", "background", "initial", "size")
    }
    if isinstance(record, ArrivalsPopulation):
        for number, wave in enumerate(record.wave):
            step = wave.name if BARE_KEY.fullmatch(wave.name) else str(number)
            path = f"population.wave.{step}.size.median"
            named[f"wave[{wave.name}]"] = (path, "wave", wave.name)
    return [
        Level(
            *named[model.normals.names[index]],
            math.exp(level.log_median),
            level.sigma,
            level.log(state.u),
        )
        for level, index in level_places(model)
    ]
