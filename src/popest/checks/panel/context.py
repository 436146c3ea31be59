"""What every check of a panel works on; expensive parts are computed once and shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from popest.checks.methods.adjusted import LEVEL, holm
from popest.checks.methods.others import Expected, ExpectedFigure, expected, log_likelihoods
from popest.engines.bank import Progress
from popest.language.catalogue import ENGLISH
from popest.language.words import Words
from popest.language.writers import plain_writer
from popest.panels.compute import estimate_panel
from popest.panels.panel_estimate import PanelEstimate
from popest.panels.panel_result import PanelNotCertifiedError
from popest.study.panel.panel import Panel


class Contradictions:
    """Populations beside what all others lead to expect of them, the furthest first.

    Attributes
    ----------
    found
        The populations that have figures.
    adjusted
        The chance of each population's figures after Holm's adjustment, by name.
    flagged
        Those that contradict the others: certified, and below 5 % after the adjustment.
    """

    def __init__(self, found: Sequence[Expected]) -> None:
        self.found = sorted(found, key=lambda each: each.chance)
        self.adjusted = holm({each.population: each.chance for each in self.found})
        self.flagged = [
            each
            for each in self.found
            if each.is_certified and self.adjusted[each.population] < LEVEL
        ]

    @cached_property
    def furthest_figures(self) -> list[tuple[Expected, ExpectedFigure]]:
        """Every figure with its population, those furthest from the middle percentile first."""
        pairs = [(owner, figure) for owner in self.found for figure in owner.figures]
        return sorted(pairs, key=lambda pair: -abs(pair[1].percentile - 0.5))


@dataclass(frozen=True)
class PanelContext:
    """What every check of a panel works on.

    Attributes
    ----------
    panel
        The panel.
    seed
        Seed of everything random.
    progress
        Called with a sentence as the work goes on.
    language
        The code of the language in which it is said what was found.
    """

    panel: Panel
    seed: int = 1
    progress: Progress = field(default=lambda _: None, compare=False)
    language: str = ENGLISH

    @property
    def words(self) -> Words:
        """The sentences and numbers of the language."""
        return plain_writer(self.language).texts

    @cached_property
    def estimate(self) -> PanelEstimate:
        """The estimate of the panel, certified: that of `popest.estimate`."""
        return estimate_panel(self.panel, seed=self.seed, progress=self.progress)

    @property
    def warnings(self) -> list[str]:
        """What speaks against the estimate, in the language."""
        return self.estimate.warnings_in(self.words)

    @cached_property
    def log_likelihoods(self) -> np.ndarray:
        """Log L_p of every population at each draw of theta, `(population, theta)`."""
        return log_likelihoods(self.estimate, self.progress)

    @cached_property
    def contradictions(self) -> Contradictions:
        """Populations beside what all others lead to expect of them."""
        return Contradictions([*expected(self.estimate, self.log_likelihoods, self.progress)])

    @cached_property
    def without(self) -> dict[str, PanelEstimate | None]:
        """The panel without each of its sources that has figures; None where not certified."""
        rows = [row for rows in self.panel.used.values() for row in rows]
        used = {row.source for row in rows}
        found: dict[str, PanelEstimate | None] = {}
        for name in (name for name in self.panel.specification.source if name in used):
            self.progress(f"estimating without {name}")
            try:
                found[name] = estimate_panel(self.panel.without(name), seed=self.seed)
            except PanelNotCertifiedError:
                found[name] = None
        return found
