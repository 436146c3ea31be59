"""What the draws of a panel say: every population, their sum, and what they share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from popest.engines.draws import LARGEST_PARETO_K
from popest.estimates.distribution import Distribution
from popest.estimates.prior_conflicts import spoken_against
from popest.language.writers import plain_writer
from popest.panels.learning import (
    LARGEST_HALF_DIFFERENCE,
    SMALLEST_THETA_SIZE,
    Learned,
    ThetaCertificate,
)
from popest.panels.learning import Panel as Banks
from popest.panels.sizes import draw_one
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


def said(certificate: ThetaCertificate) -> str:
    """Return a certificate in words."""
    texts = plain_writer().texts
    verdict = texts(f"computation.{'certified' if certificate.certified else 'not_certified'}")
    halves = max(certificate.halves, certificate.population_halves)
    differences = texts(
        "panel.halves",
        halves=texts.ungrouped(halves, 3),
        largest=texts.exact(LARGEST_HALF_DIFFERENCE),
    )
    if math.isinf(certificate.ess):
        return f"{verdict}: {differences}"
    shared = texts(
        "panel.shared",
        ess=texts.number(certificate.ess),
        least=texts.number(SMALLEST_THETA_SIZE),
        k=texts.ungrouped(certificate.pareto_k, 2),
        largest=texts.exact(LARGEST_PARETO_K),
    )
    return f"{verdict}: {shared}; {differences}"


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


@dataclass(frozen=True)
class PopulationEstimate:
    """One population of a panel: its `size`, persons, and the `ratios` of its sources."""

    name: str
    title: str
    n_figures: int
    size: Distribution
    ratios: dict[str, Distribution]


@dataclass(frozen=True)
class PanelResult:
    """What the certified draws of a panel say.

    Attributes
    ----------
    panel
        The panel.
    settings
        What was asked for.
    learned
        Draws of what the populations share.
    log_sizes
        Log sizes, `(population, theta, draw)`, in the order of names; draw r of all populations at
        one theta belong together.
    seconds
        How long it took.
    """

    panel: Panel
    settings: PanelSettings
    banks: Banks
    learned: Learned
    log_sizes: np.ndarray
    seconds: float

    @property
    def certificate(self) -> ThetaCertificate:
        """What vouches for the computation."""
        return self.learned.certificate

    @property
    def unit(self) -> str:
        """What is counted, such as persons."""
        return self.panel.specification.unit

    @cached_property
    def _weights(self) -> np.ndarray:
        return np.repeat(self.learned.weights, self.log_sizes.shape[2]) / self.log_sizes.shape[2]

    @cached_property
    def total(self) -> Distribution | None:
        """The sum of all populations; None unless the panel asks for it."""
        if not self.panel.is_total:
            return None
        return Distribution(np.exp(self.log_sizes).sum(axis=0).ravel(), self._weights)

    @cached_property
    def prior_total(self) -> Distribution | None:
        """The sum before any figure, drawn from the prior of what is shared."""
        if not self.panel.is_total:
            return None
        rng = np.random.default_rng([self.settings.seed, 3])
        prior, totals = self.banks.prior, np.empty(PRIOR_DRAWS)
        for draw in range(PRIOR_DRAWS):
            values = prior.values(rng.standard_normal(len(prior)))
            noise = values.tau[0] * rng.standard_normal(prior.n_populations)
            totals[draw] = np.exp(self.banks.log_median + values.offset[0] + noise).sum()
        return Distribution.equal(totals)

    def rows(self) -> Iterator[PopulationRow]:
        """Yield every population, in the order of names."""
        for place, population in enumerate(self.panel.populations):
            size = Distribution(np.exp(self.log_sizes[place].ravel()), self._weights)
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
        names = [row.name for row in self.panel.populations]
        log_size, log_ratios = draw_one(self.banks, self.learned, names, place, self.settings.seed)
        row = self.panel.populations[place]
        sources = self.panel.specification_of(row).source
        ratios = {
            source: Distribution(entry.ratio.median * np.exp(values), self._weights)
            for (source, entry), values in zip(sources.items(), log_ratios, strict=True)
            if entry.ratio is not None
        }
        size = Distribution(np.exp(log_size), self._weights)
        return PopulationEstimate(name, row.title, len(self.panel.used[name]), size, ratios)

    def pooled(self) -> list[PooledLearned]:
        """Return what was learned of each pooled quantity: its typical value, spread, effects."""
        found: list[PooledLearned] = []
        pairs = zip(self.panel.pooled, self.banks.prior.places, strict=True)
        for quantity, place in pairs:
            found += self._of_one(quantity, self.learned.u[place])
        return found

    def _of_one(self, quantity: PooledQuantity, u: np.ndarray) -> Iterator[PooledLearned]:
        median, is_factor = self._median(quantity)
        yield self._learned(
            quantity,
            "typical",
            "",
            is_factor,
            median * np.exp(quantity.level * u[0]),
            median * np.exp(quantity.level * _NORMALS),
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

    def _median(self, quantity: PooledQuantity) -> tuple[float, bool]:
        """Return the prior median that populations share, or 1 and that it is a factor."""
        if self.panel.is_column(quantity.number):
            return 1.0, True
        if quantity.number == 0:
            return float(np.exp(self.banks.log_median[0])), False
        source = self.panel.specification.source[quantity.name]
        assert source.ratio is not None
        return source.ratio.median, False

    @property
    def warnings(self) -> list[str]:
        """What speaks against the estimate, to be read before its numbers."""
        texts = plain_writer().texts
        silent = [row.name for row in self.panel.populations if not self.panel.used[row.name]]
        found = [texts("panel.silent", populations=listed(silent))] if silent else []
        spoken = spoken_against([*self.learned.u], self.learned.weights)
        labels = [self.banks.prior.labels[place] for place, *_ in spoken]
        return found + [texts("panel.prior", part=label) for label in labels]

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.panel.name}: {len(self.panel.populations)} populations>"
        )


_PARTS = 999
_NORMALS = np.array([NormalDist().inv_cdf((place + 0.5) / _PARTS) for place in range(_PARTS)])
"""Standard normals that stand for a prior: its quantiles, evenly."""
