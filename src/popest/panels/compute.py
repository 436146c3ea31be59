"""From a panel on disk to its estimate, or to the populations that cannot be certified."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from popest.engines.bank import Progress
from popest.engines.threads import one_thread
from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.estimates.settings import checked_probability, streams
from popest.panels.fitting import Fitter, Settled, settle
from popest.panels.machines import chunk_size, workers_of
from popest.panels.one_population import Populations
from popest.panels.panel_estimate import PanelEstimate
from popest.panels.panel_result import DrawnSizes, PanelNotCertifiedError, PanelSettings
from popest.panels.prepared import prepared
from popest.panels.sizes import per_theta
from popest.version import __version__

if TYPE_CHECKING:
    from popest.study.panel.panel import Panel

IN_MEMORY = 8_000_000
"""Drawn sizes that are kept in memory, 64 megabytes; more of them are kept in a file."""


def estimate_panel(
    panel: Panel,
    *,
    prob: float = HEADLINE_PROBABILITY,
    seed: int = 1,
    progress: Progress | None = None,
    executor: Any = None,
    out: Path | None = None,
    size: int | None = None,
) -> PanelEstimate:
    """Return the certified estimate of a panel.

    Parameters
    ----------
    panel
        The panel.
    prob
        Probability of the intervals, between 0 and 1.
    seed
        Seed, a whole number not below 0; the same panel, seed and versions give the same numbers,
        whoever computes them and in whatever chunks.
    progress
        Called with a sentence as the work goes on.
    executor
        Who computes: see `workers_of`.
    out
        A folder in which finished chunks are kept, so that a run that was ended goes on from there.
    size
        Populations of a chunk; as fits the panel when None.

    Raises
    ------
    UsageError
        When an argument is outside its domain.
    PopestError
        When the workers end before their work is done, or a file cannot be written.
    PanelNotCertifiedError
        When what is shared, or a population, is not computed exactly enough.
    """
    streams(seed)  # refuses what is no seed
    start, say = time.perf_counter(), progress or (lambda _: None)
    settings = PanelSettings(checked_probability(prob), int(seed))
    found = prepared(panel)
    is_drawn = panel.is_drawn_whole
    with one_thread(), workers_of(executor, out, len(found.pieces), is_drawn=is_drawn) as workers:
        chunk = size or chunk_size(is_drawn=is_drawn)
        fitter = Fitter(found, workers, _key(panel), settings.seed, chunk, say)
        settled = settle(fitter, np.random.default_rng(streams(seed).bank))
        if not settled.learned.certificate.certified:
            poor = np.flatnonzero(settled.learned.is_poor)
            names = tuple(found.pieces[place].name for place in poor)
            raise PanelNotCertifiedError(panel, settings, settled.learned.certificate, names)
        say("drawing every population with what is shared")
        drawn = _drawn(settled, settings.seed)
    seconds = time.perf_counter() - start
    populations = Populations(found, settled.plans, settings.seed)
    return PanelEstimate(panel, settings, populations, settled.learned, drawn, seconds)


def _drawn(settled: Settled, seed: int) -> DrawnSizes:
    """Draw the sizes of all populations, with their sum at each draw."""
    whole, learned = settled.whole, settled.learned
    log_median = whole.head.log_median
    shape = (len(log_median), learned.u.shape[1], per_theta(learned))
    if np.prod(shape) <= IN_MEMORY:
        log_sizes = np.empty(shape)
    else:
        # The file has no name and goes with the estimate.
        with TemporaryFile(prefix="popest-") as file:
            log_sizes = np.memmap(file, float, "w+", shape=shape)
    totals, first = np.zeros(shape[1:]), 0
    for sizes in whole.sizes(learned.u, shape[2], seed):
        log_sizes[first : first + len(sizes)] = sizes
        first += len(sizes)
        for population in sizes:  # one by one, so that chunks do not tell in the last digit
            totals += np.exp(population)
    return DrawnSizes(log_sizes, totals, log_median)


def _key(panel: Panel) -> str:
    """Return what says of which panel banks are, as of which day, and by which versions."""
    used = [row.id for rows in panel.used.values() for row in rows]
    seen = (panel.specification, panel.variant, panel.left_out, used)
    view = hashlib.sha256(repr(seen).encode()).hexdigest()
    return f"{panel.data_sha256} {view} {__version__} {np.__version__}"
