"""What the page of a panel is about: its estimate and what is computed beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from popest.checks.methods.total_variance import TotalVariance, total_variance
from popest.checks.panel.context import Contradictions, PanelContext
from popest.engines.bank import Progress
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.panels.one_population import prior_log_sizes, prior_values
from popest.panels.panel_result import PanelResult
from popest.report.language import Texts
from popest.report.pictures.forest import Bar
from popest.report.voice import Speaker
from popest.study.panel.panel import Panel
from popest.study.specification.records import Specification

DRAWN = 30
"""Populations that are drawn one by one, the largest; all are in the table."""
PRIOR_DRAWS = 4096
HALF = 0.5


class SizeRow(NamedTuple):
    """A population after the figures, and before them where it is drawn."""

    name: str
    title: str
    n_figures: int
    after: Bar
    before: Bar | None


@dataclass(frozen=True)
class PanelContents:
    """A panel's estimate, where the variance of its total comes from, and what stands apart."""

    estimate: PanelResult
    variance: TotalVariance | None
    contradictions: Contradictions

    @property
    def panel(self) -> Panel:
        """The panel."""
        return self.estimate.panel

    @cached_property
    def sizes(self) -> list[SizeRow]:
        """Every population, the largest first."""
        rows = [
            SizeRow(row.population, row.title, row.n_figures, bar_of(row.size), None)
            for row in self.estimate.rows()
        ]
        rows.sort(key=lambda row: -row.after.median)
        priors = self._priors([row.name for row in rows[:DRAWN]])
        drawn = [row._replace(before=prior) for row, prior in zip(rows, priors, strict=False)]
        return drawn + rows[DRAWN:]

    @cached_property
    def titles(self) -> dict[str, str]:
        """The titles of the populations by their names."""
        return {row.name: row.title for row in self.panel.populations}

    def _priors(self, names: list[str]) -> list[Bar]:
        """Return the sizes of populations before any figure, by draws of what is shared."""
        estimate, places = self.estimate, [self.panel.place_of(name) for name in names]
        populations = estimate.populations
        rng = np.random.default_rng([estimate.settings.seed, 6])
        values = prior_values(populations.prior, PRIOR_DRAWS, rng)
        if self.panel.is_drawn_whole:
            drawn = dict(enumerate(prior_log_sizes(populations, values)))
            return [bar_of(Distribution.equal(np.exp(drawn[place]))) for place in places]
        offsets = np.array([one.offset[0, places] for one in values]).T
        taus = np.array([one.tau[0] for one in values])
        noise = taus * rng.standard_normal(offsets.shape)
        sizes = np.exp(estimate.drawn.log_median[places, None] + offsets + noise)
        return [bar_of(Distribution.equal(row)) for row in sizes]


@dataclass(frozen=True)
class PanelVoice(Speaker):
    """The contents of a panel's page, and the language that speaks of them."""

    contents: PanelContents
    texts: Texts

    @property
    def specification(self) -> Specification:
        """What is assumed of every population."""
        return self.contents.panel.specification

    @property
    def ratios_text(self) -> str:
        """The table of learned ratios that the panel rests on."""
        return self.contents.panel.content.ratios


def bar_of(found: Distribution) -> Bar:
    """Return median, 90 % and 50 % interval of a distribution."""
    lower, upper, *_ = found.interval(HALF)
    return Bar(*found.median_and_bounds(HEADLINE_PROBABILITY), (lower, upper))


def gather_panel(panel: Panel, seed: int, progress: Progress) -> PanelContents:
    """Return what the page of a panel is about.

    Raises
    ------
    PanelNotCertifiedError
        When the panel is not computed exactly enough.
    """
    context = PanelContext(panel, seed, progress=progress)
    estimate = context.estimate
    return PanelContents(estimate, total_variance(estimate), context.contradictions)
