"""What the draws of a panel say: every population, their sum, and what they share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from popest.engines.draws import LARGEST_PARETO_K
from popest.estimates.distribution import Distribution
from popest.estimates.prior_conflicts import spoken_against
from popest.language.words import Words
from popest.language.writers import plain_writer
from popest.panels.learning import (
    LARGEST_HALF_DIFFERENCE,
    SMALLEST_POPULATION_SIZE,
    SMALLEST_THETA_SIZE,
    Learned,
    ThetaCertificate,
)
from popest.panels.one_population import (
    PopulationEstimate,
    Populations,
    population_in_full,
    prior_log_sizes,
    prior_values,
)
from popest.study.estimand import Estimand
from popest.study.panel.panel import Panel, PooledQuantity
from popest.study.problems import PopestError, listed

PRIOR_DRAWS = 4096


class PanelSettings(NamedTuple):
    """What the estimate of a panel was asked for."""

    prob: float
    seed: int


class PanelNotCertifiedError(PopestError, RuntimeError):
    """A panel was not computed exactly enough, so that no estimate is given.

    `populations` are those whose half banks are too far apart.
    """

    def __init__(
        self,
        panel: Panel,
        settings: PanelSettings,
        certificate: ThetaCertificate,
        populations: tuple[str, ...],
    ) -> None:
        texts = plain_writer().texts
        named = ""
        if populations:
            named = f" These populations are not certified: {listed(populations)}."
        super().__init__(
            f"panel {panel.name}: {said(certificate)}.{named} No estimate is given. Look for "
            f"{texts('panel.advice')}"
        )
        self.panel, self.settings, self.certificate = panel, settings, certificate
        self.populations = populations


def said(certificate: ThetaCertificate, texts: Words | None = None) -> str:
    """Return a certificate in the words of a language, English when None."""
    texts = texts or plain_writer().texts
    verdict = texts(f"computation.{'certified' if certificate.certified else 'not_certified'}")
    halves = max(certificate.halves, certificate.population_halves)
    differences = texts(
        "panel.halves",
        halves=texts.ungrouped(halves, 3),
        largest=texts.exact(LARGEST_HALF_DIFFERENCE),
    )
    parts = [differences]
    judged = (
        ("panel.of_populations", certificate.population_ess, certificate.population_pareto_k),
        ("panel.shared", certificate.ess, certificate.pareto_k),
    )
    for (key, size, shape), least in zip(
        judged, (SMALLEST_POPULATION_SIZE, SMALLEST_THETA_SIZE), strict=True
    ):
        if math.isinf(size):
            continue
        largest = texts.exact(LARGEST_PARETO_K)
        of = {"ess": texts.number(size), "least": texts.number(least)}
        parts.insert(0, texts(key, **of, k=texts.ungrouped(shape, 2), largest=largest))
    return f"{verdict}: {'; '.join(parts)}"


class PopulationRow(NamedTuple):
    """One population of a panel: its size, persons, beside its prior's."""

    population: str
    title: str
    n_figures: int
    size: Distribution


class PooledLearned(NamedTuple):
    """What was learned of one part of what populations share, before and after the figures.

    `part` is ``typical`` (what a population in the middle has: the size, or the ratio; a factor of
    its column where the median is one), ``between`` (the sd of logarithms between populations), or
    ``effect``, of the covariate `of`.
    """

    quantity: str
    part: str
    of: str
    is_factor: bool
    prior: Distribution
    posterior: Distribution


class DrawnSizes(NamedTuple):
    """Draws of the sizes of all populations, in the order of names.

    `log_sizes` are `(population, theta, draw)`; draw r of all populations at one theta belong
    together, and their sums are `totals`, persons, `(theta, draw)`. `log_median` is what the
    computation measures log sizes from, `(population,)`.
    """

    log_sizes: np.ndarray
    totals: np.ndarray
    log_median: np.ndarray


@dataclass(frozen=True)
class PanelResult:
    """What the certified draws of a panel say.

    Attributes
    ----------
    panel
        The panel.
    settings
        What was asked for.
    populations
        The populations as they were computed with.
    learned
        Draws of what the populations share.
    drawn
        Draws of all sizes.
    seconds
        How long it took.
    """

    panel: Panel
    settings: PanelSettings
    populations: Populations = field(repr=False)
    learned: Learned
    drawn: DrawnSizes = field(repr=False)
    seconds: float

    @property
    def certificate(self) -> ThetaCertificate:
        """What vouches for the computation."""
        return self.learned.certificate

    @property
    def unit(self) -> str:
        """What is counted, such as persons."""
        return self.panel.specification.unit

    @property
    def asked(self) -> Estimand:
        """What sizes and totals are of: the stock on a day, or a flow in a window."""
        return self.panel.specification.headline

    @cached_property
    def _weights(self) -> np.ndarray:
        per_theta = self.drawn.totals.shape[1]
        return np.repeat(self.learned.weights, per_theta) / per_theta

    @cached_property
    def total(self) -> Distribution | None:
        """The sum of all populations; None unless the panel asks for it."""
        if not self.panel.is_total:
            return None
        return Distribution(self.drawn.totals.ravel(), self._weights)

    @cached_property
    def prior_total(self) -> Distribution | None:
        """The sum before any figure, drawn from the prior of what is shared."""
        if not self.panel.is_total:
            return None
        rng = np.random.default_rng([self.settings.seed, 3])
        prior, totals = self.populations.prior, np.zeros(PRIOR_DRAWS)
        if self.panel.is_drawn_whole:
            values = prior_values(prior, PRIOR_DRAWS, rng)
            for log_sizes in prior_log_sizes(self.populations, values):
                totals += np.exp(log_sizes)
            return Distribution.equal(totals)
        for draw in range(PRIOR_DRAWS):
            here = prior.values(rng.standard_normal(len(prior)))
            noise = here.tau[0] * rng.standard_normal(prior.n_populations)
            totals[draw] = np.exp(self.drawn.log_median + here.offset[0] + noise).sum()
        return Distribution.equal(totals)

    def rows(self) -> Iterator[PopulationRow]:
        """Yield every population, in the order of names."""
        for place, population in enumerate(self.panel.populations):
            size = Distribution(np.exp(self.drawn.log_sizes[place].ravel()), self._weights)
            n_figures = len(self.panel.used[population.name])
            yield PopulationRow(population.name, population.title, n_figures, size)

    def population(self, name: str) -> PopulationEstimate:
        """Return one population in full, with the ratios of its sources.

        Raises
        ------
        UsageError
            When there is none of that name.
        """
        place = self.panel.place_of(name)
        row = self.panel.populations[place]
        found = population_in_full(self.populations, self.learned, place)
        ratios = {
            source: ratio
            for source, ratio in found.ratios.items()
            if self.panel.has_source(source, name)
        }
        return replace(found, title=row.title, ratios=ratios)

    def pooled(self) -> list[PooledLearned]:
        """Return what was learned of each pooled quantity: its typical value, spread, effects."""
        found: list[PooledLearned] = []
        pairs = zip(self.panel.pooled, self.populations.prior.places, strict=True)
        for quantity, place in pairs:
            found += self._of_one(quantity, self.learned.u[place])
        return found

    def _of_one(self, quantity: PooledQuantity, u: np.ndarray) -> Iterator[PooledLearned]:
        level = quantity.level
        yield self._learned(
            quantity,
            "typical",
            "",
            quantity.median is None,
            _moved(quantity, level * u[0]),
            _moved(quantity, level * _NORMALS),
        )
        if quantity.between > 0 and quantity.between_sigma > 0:
            spread = quantity.between_sigma
            yield self._learned(
                quantity,
                "between",
                "",
                False,
                quantity.between * np.exp(spread * u[-1]),
                quantity.between * np.exp(spread * _NORMALS),
            )
        for number, (name, (mean, sd)) in enumerate(quantity.effects.items()):
            posterior = mean + sd * u[1 + number]
            yield self._learned(quantity, "effect", name, False, posterior, mean + sd * _NORMALS)

    def _learned(
        self,
        quantity: PooledQuantity,
        part: str,
        of: str,
        is_factor: bool,
        posterior: np.ndarray,
        prior: np.ndarray,
    ) -> PooledLearned:
        after = Distribution(posterior, self.learned.weights)
        return PooledLearned(quantity.name, part, of, is_factor, Distribution.equal(prior), after)

    @property
    def warnings(self) -> list[str]:
        """What speaks against the estimate, to be read before its numbers."""
        return self.warnings_in(plain_writer().texts)

    def warnings_in(self, texts: Words) -> list[str]:
        """Return what speaks against the estimate in the words of a language."""
        silent = [row.name for row in self.panel.populations if not self.panel.used[row.name]]
        found = [*self.panel.warnings]
        if silent:
            found.append(texts("panel.silent", populations=listed(silent)))
        spoken = spoken_against([*self.learned.u], self.learned.weights)
        labels = [self.populations.prior.labels[place] for place, *_ in spoken]
        return found + [texts("panel.prior", part=label) for label in labels]

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.panel.name}: {len(self.panel.populations)} populations>"
        )


_PARTS = 999
_NORMALS = np.array([NormalDist().inv_cdf((place + 0.5) / _PARTS) for place in range(_PARTS)])
"""Standard normals that stand for a prior: its quantiles, evenly."""


def _moved(quantity: PooledQuantity, shift: np.ndarray) -> np.ndarray:
    """Return a quantity moved on its scale from its median; a factor where that is a column."""
    if quantity.median is None or not quantity.is_bounded:
        return (1.0 if quantity.median is None else quantity.median) * np.exp(shift)
    share: np.ndarray = 1 / (1 + np.exp(-shift) * (1 / quantity.median - 1))
    return share
