"""What each draw of the page carries so that it can be weighed under any settings of the what-if.

For each source these are the statistics of its evidence (``popest.model.statistics``), and for the
population the levels that can be moved. The scripts of the page (``what_if_model.js`` and
``what_if_weighings.js``) repeat the arithmetic, in the same order. How they follow from a model is
in ``carrying``, which draws are carried in ``page_bank``, and how they are written in ``packing``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from popest.model.statistics import LOG_TWO_PI, Control, Settings, Statistic, per_draw

Draws = np.ndarray


@dataclass(frozen=True)
class Level:
    """An uncertain quantity of the population itself: its log in each draw, and its prior.

    `path` is where ``study.toml`` has its median, which is also the control's id; `kind` is
    departure_hazard, background, size or wave, and `name` that of a wave.
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
