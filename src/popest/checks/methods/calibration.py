"""Simulation-based calibration: draw a truth, simulate data, fit them, see where the truth lies."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from popest.checks.methods.ecdf_bands import Band, counts_up_to, is_inside
from popest.checks.methods.simulators import SIMULATORS, Simulator, surest_source
from popest.checks.result import Cell
from popest.engines.background import BackgroundTask
from popest.engines.bank import Progress, run_bank
from popest.engines.threads import one_thread
from popest.estimates import Distribution
from popest.estimates.comparisons.changes import Content
from popest.estimates.days import values_of
from popest.estimates.distribution import PROBABILITIES
from popest.model.model import Model
from popest.model.population import ArrivalsMap
from popest.model.simulate import data_of, simulate
from popest.model.state import State

DRAWS_PER_NORMAL = 500
SMALLEST_STAGE, STAGE_DRAWS_PER_SQUARE = 2_000, 15
"""Draws of a stage, and how many for each entry of the covariance of the normals that it fits.

With many normals this is more than the bank's own: counts simulated from wide priors are harder
to fit than real ones.
"""
REPORTED_EVERY = 50


class Replicate(NamedTuple):
    """What one simulated truth and its fit gave.

    `ranks` are the posterior probabilities below the truth, one for each quantity.
    """

    ranks: tuple[float, ...]
    certified: bool


class Task(NamedTuple):
    """A number of replicates of one simulator, each with a seed of its own."""

    content: Content
    simulator: str
    seeds: tuple[np.random.SeedSequence, ...]


def quantities(model: Model) -> tuple[str, ...]:
    """Return the names of the quantities whose ranks are taken."""
    names = [model.specification.headline.kind]
    if isinstance(model.population, ArrivalsMap) and model.population.hazard.index is not None:
        names.append("departure hazard")
    surest = surest_source(model)
    return (*names, f"ratio of {surest}") if surest else tuple(names)


def replicates(
    task: Task, n_processes: int | None = None, progress: Progress | None = None
) -> list[Replicate]:
    """Return the replicates of a task, in the order of its seeds.

    Parameters
    ----------
    task
        What is to be done.
    n_processes
        Processes that share the work, as many as there are processors when None; the result does
        not depend on it.
    progress
        Called with a sentence as the work goes on.

    Notes
    -----
    A script that calls this needs no ``if __name__ == "__main__"``, and nothing of the caller's
    state is copied.
    """
    n_parts = max(1, min(n_processes or os.cpu_count() or 1, len(task.seeds)))
    parts = [task._replace(seeds=task.seeds[part::n_parts]) for part in range(n_parts)]
    with ExitStack() as started:
        others = [started.enter_context(BackgroundTask(_run, part, None)) for part in parts[1:]]
        done = [_run(parts[0], progress), *(other.result() for other in others)]
    return [done[number % n_parts][number // n_parts] for number in range(len(task.seeds))]


def _run(task: Task, progress: Progress | None) -> list[Replicate]:
    simulator = SIMULATORS[task.simulator](task.content)
    assert simulator is not None
    say = progress or (lambda _: None)
    done: list[Replicate] = []
    with one_thread():
        for number, seed in enumerate(task.seeds):
            if number % REPORTED_EVERY == 0:
                say(f"calibration, {task.simulator}: {number} of {len(task.seeds)} here")
            done.append(replicate(simulator, np.random.default_rng(seed)))
    return done


def replicate(simulator: Simulator, rng: np.random.Generator) -> Replicate:
    """Return the ranks of one truth, drawn from the prior, in the fit of its data."""
    truth_model, fitted = simulator.truth, simulator.fitted
    truth = truth_model.state(rng.standard_normal((len(truth_model.normals), 1)))
    log_ratios = truth_model.counts.prior_log_ratios(truth.u, rng)
    data = simulator.published(data_of(simulate(truth_model, truth, rng, log_ratios), 0))
    stage_draws = max(SMALLEST_STAGE, STAGE_DRAWS_PER_SQUARE * len(fitted.normals) ** 2)
    n_draws = DRAWS_PER_NORMAL * len(fitted.normals)
    bank = run_bank(fitted, rng, data=data, n_draws=n_draws, stage_draws=stage_draws)
    draws, counts = bank.draws(fitted), fitted.counts
    drawn = counts.draw_log_ratios(counts.residuals_in(draws.state, data[0]), rng)
    truths = _values(truth_model, truth, log_ratios)
    found = zip(_values(fitted, draws.state, drawn), truths, strict=True)
    ranks = tuple(Distribution(each, draws.weights).percentile_of(true[0]) for each, true in found)
    return Replicate(ranks, draws.certificate.certified)


def _values(model: Model, state: State, log_ratios: np.ndarray) -> list[np.ndarray]:
    """Return the quantities of each draw, in the order of `quantities`, each `(draws,)`."""
    population = state.population
    values = [values_of(model, population, model.specification.headline)]
    if isinstance(model.population, ArrivalsMap) and model.population.hazard.index is not None:
        values.append(population.hazard)
    if surest := surest_source(model):
        values.append(log_ratios[model.counts.names.index(surest)])
    return values


def seeds_of(seed: int, name: str, n_replicates: int) -> tuple[np.random.SeedSequence, ...]:
    """Return the seeds of a simulator's replicates, which depend on its name alone."""
    root = np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))
    return tuple(root.spawn(n_replicates))


def inside(ranks: Sequence[float] | np.ndarray, prob: float) -> int:
    """Return how many truths lie in the equal-tailed interval that holds `prob`."""
    return int((np.abs(np.asarray(ranks) - 0.5) <= prob / 2).sum())


@dataclass(frozen=True)
class Calibration:
    """The ranks of one quantity under one simulator, `(replicate,)`, and the bounds they face."""

    simulator: str
    quantity: str
    ranks: np.ndarray
    not_certified: int
    band: Band
    bounds: tuple[tuple[int, int], ...]

    @property
    def covered(self) -> tuple[int, ...]:
        """How many truths lie in the interval of each probability."""
        return tuple(inside(self.ranks, prob) for prob in PROBABILITIES)

    @property
    def is_uniform(self) -> bool:
        """Whether the ECDF of the ranks stays inside the band."""
        return is_inside(self.ranks, self.band)

    @property
    def covers(self) -> bool:
        """Whether every interval holds the truth as often as it says, within the bounds."""
        pairs = zip(self.covered, self.bounds, strict=True)
        return all(lower <= held <= upper for held, (lower, upper) in pairs)

    def row(self) -> dict[str, Cell]:
        """Return the row of the check's table; coverage and its bounds are shares."""
        n_values = len(self.ranks)
        difference = counts_up_to(self.ranks, self.band) / n_values - self.band.points
        cells: dict[str, Cell] = {
            "simulator": self.simulator,
            "quantity": self.quantity,
            "replicates": n_values,
            "not_certified": self.not_certified,
            "inside_band": self.is_uniform,
            "largest_difference": float(np.abs(difference).max()),
        }
        for prob, held, (lower, upper) in zip(
            PROBABILITIES, self.covered, self.bounds, strict=True
        ):
            name = f"{100 * prob:g}"
            cells[f"coverage_{name}"] = held / n_values
            cells[f"lower_{name}"], cells[f"upper_{name}"] = lower / n_values, upper / n_values
        return cells
