"""From a panel on disk to its estimate, or to the populations that cannot be certified."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from popest.engines.bank import Progress
from popest.engines.threads import one_thread
from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.estimates.settings import checked_probability, streams
from popest.panels.fitting import settle
from popest.panels.one_population import Populations
from popest.panels.panel_estimate import PanelEstimate
from popest.panels.panel_result import PanelNotCertifiedError, PanelSettings
from popest.panels.prepared import prepared
from popest.panels.sizes import draw_sizes

if TYPE_CHECKING:
    from popest.study.panel.panel import Panel


def estimate_panel(
    panel: Panel,
    *,
    prob: float = HEADLINE_PROBABILITY,
    seed: int = 1,
    progress: Progress | None = None,
) -> PanelEstimate:
    """Return the certified estimate of a panel.

    Parameters
    ----------
    panel
        The panel.
    prob
        Probability of the intervals, between 0 and 1.
    seed
        Seed, a whole number not below 0; the same panel, seed and versions give the same numbers.
    progress
        Called with a sentence as the work goes on.

    Raises
    ------
    UsageError
        When an argument is outside its domain.
    PanelNotCertifiedError
        When what is shared, or a population, is not computed exactly enough.
    """
    streams(seed)  # refuses what is no seed
    start, say = time.perf_counter(), progress or (lambda _: None)
    settings = PanelSettings(checked_probability(prob), int(seed))
    pieces, groups, prior = prepared(panel)
    names = [piece.name for piece in pieces]
    with one_thread():
        rng = np.random.default_rng(streams(seed).bank)
        banks, plans, learned = settle(pieces, groups, prior, settings.seed, rng, say)
        if not learned.certificate.certified:
            poor = tuple(names[place] for place in np.flatnonzero(learned.is_poor))
            raise PanelNotCertifiedError(panel, settings, learned.certificate, poor)
        say("drawing every population with what is shared")
        log_sizes = draw_sizes(banks, learned, names, settings.seed)
    seconds = time.perf_counter() - start
    populations = Populations(pieces, plans)
    return PanelEstimate(panel, settings, populations, banks, learned, log_sizes, seconds)
