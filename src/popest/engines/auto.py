"""The bank, and slice where the bank is not certified: what draws unless an engine is named."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.engines.bank import Bank, Progress, run_bank
from popest.engines.draws import Draws
from popest.engines.slice import run_slice
from popest.model.model import Model

MOST_SECONDS = 60.0
"""Processor time after which the slice engine gives up: a person waits a minute, not longer. It
only ever leads to a refusal, so that numbers do not depend on it."""


class Randomness(NamedTuple):
    """What the engines draw with, in the order in which they are asked."""

    bank: np.random.Generator
    slice: np.random.Generator


def run_auto(
    model: Model,
    randomness: Randomness,
    *,
    n_draws: int,
    until: float,
    progress: Progress | None = None,
) -> tuple[Bank, Draws]:
    """Return the bank, and the draws: its own where it is certified, and slice's otherwise.

    Parameters
    ----------
    model
        The model of a study.
    randomness
        Sources of randomness; the same ones give the same draws.
    n_draws
        Draws to return, about.
    until
        Processor time of this thread, seconds, after which slice gives up.
    progress
        Called with a sentence as the work goes on.
    """
    bank = run_bank(model, randomness.bank, n_draws=n_draws, progress=progress)
    if bank.certificate.certified:
        return bank, bank.draws(model)
    if progress is not None:
        progress(f"the bank engine was {bank.certificate}; going on to slice")
    rng = randomness.slice
    return bank, run_slice(model, rng, n_draws=n_draws, until=until, progress=progress)
