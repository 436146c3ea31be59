"""From a study to its estimate: choose an engine, insist on its certificate, complete the draws."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from numbers import Integral
from typing import Any

import numpy as np

from popest.engines import Engine
from popest.engines.auto import MOST_SECONDS, Randomness, run_auto
from popest.engines.bank import DEFAULT_DRAWS, Progress, most_draws, run_bank
from popest.engines.draws import Draws
from popest.engines.slice import run_slice
from popest.engines.threads import one_thread
from popest.estimates.certified_estimate import Estimate
from popest.estimates.days import values_of
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution
from popest.estimates.fit import Posterior
from popest.estimates.result import NotCertifiedError, Seeds, versions
from popest.estimates.settings import (
    ENGINES,
    LARGEST_DRAWS,
    SMALLEST_DRAWS,
    Settings,
    checked_dates,
    checked_probability,
    streams,
)
from popest.estimates.too_many import refuse_too_many
from popest.model.model import Model
from popest.study import Study, UsageError, load_study
from popest.study.estimand import Estimand


def estimate(
    study: Study | str | os.PathLike[str] = "serbia",
    *,
    dates: str | date | Sequence[str | date] = (),
    prob: float = HEADLINE_PROBABILITY,
    engine: Engine = "auto",
    draws: int = DEFAULT_DRAWS,
    seed: int = 1,
    progress: Progress | None = None,
) -> Estimate:
    """Return the certified estimate of a study's population.

    Parameters, and what is raised, are those of ``popest.estimate``, but that `study` is no panel.
    """
    start, until = time.perf_counter(), time.thread_time() + MOST_SECONDS
    if not isinstance(study, Study):
        study = load_study(study)
    chosen = checked_dates(dates, study)
    _check(engine, draws, seed)
    settings = Settings(engine, int(draws), int(seed), checked_probability(prob), chosen)
    model = Model(study.specification, study.used)
    n_months = study.calendar.reaching(max(chosen, default=study.calendar.last_day)).n_months
    most = most_draws(len(model.normals), n_months)
    if draws > most:
        raise UsageError(
            f"draws {draws:,}: the {n_months} months and {len(model.normals)} uncertain quantities "
            f"of study {study.name} leave room for {most:,}; write --draws {most // 1000 * 1000}"
        )
    refuse_too_many(study, model)
    found = _run(model, settings, until, progress or (lambda _: None))
    return certified(study, settings, model, found, start)


def estimate_or_refusal(study: Study, **settings: Any) -> Estimate | NotCertifiedError:
    """Return the estimate of one study among several, or why none is given."""
    try:
        return estimate(study, **settings)
    except NotCertifiedError as refusal:
        return refusal


def certified(
    study: Study, settings: Settings, model: Model, found: Draws, start: float
) -> Estimate:
    """Return the estimate that follows from an engine's draws; `start` is when they were begun.

    Raises
    ------
    NotCertifiedError
        When the draws are not certified, or certified and yet no numbers to be printed.
    """
    if not found.certificate.certified:
        raise NotCertifiedError(study, settings, found, time.perf_counter() - start)
    other, made_by = streams(settings.seed).other, versions(found.engine)
    everything = settings.asked_of(study)
    counted = [asked for asked in everything if study.calendar.contains(asked.last)]
    nonsense = nonsense_in(found, model, counted)
    if not nonsense:
        estimate = complete(study, settings, model, found, other, start, made_by)
        later = [asked for asked in everything if asked not in counted]
        if later:
            reached = estimate.reach(estimate.last_day)
            nonsense = nonsense_in(replace(found, state=reached.state), reached.model, later)
    if nonsense:
        raise NotCertifiedError(study, settings, found, time.perf_counter() - start, nonsense)
    return estimate


def nonsense_in(found: Draws, model: Model, everything: Sequence[Estimand]) -> str:
    """Return what makes the numbers of certified draws meaningless; nothing when they are sound.

    Parameters
    ----------
    found
        Draws of an engine that certified them.
    model
        The model that they are of.
    everything
        What is asked.

    Notes
    -----
    An interval has no width where the population is known (every sigma is 0): then all draws
    have the same value. Where draws differ, it means that too few of them carry any weight.
    """
    population = found.state.population
    numbers = (population.stock, population.arrivals, found.state.log_sd, found.weights)
    if not all(np.isfinite(part).all() for part in numbers):
        return "drew numbers that are not finite"
    for asked in everything:
        values = values_of(model, population, asked)
        lower, upper = Distribution(values, found.weights).interval(HEADLINE_PROBABILITY)[:2]
        if lower == upper and np.ptp(values) > 0:
            return f"gave an interval without width for {asked}, although draws differ"
    return ""


def complete(
    study: Study,
    settings: Settings,
    model: Model,
    found: Draws,
    seed: np.random.SeedSequence,
    start: float,
    made_by: dict[str, str],
) -> Estimate:
    """Return the estimate that follows from an engine's draws, made by these versions."""
    prior_seed, ratio_seed, *others = seed.spawn(6)
    with one_thread():
        posterior = Posterior.complete(model, found, np.random.default_rng(ratio_seed))
    seconds = time.perf_counter() - start
    seeds = Seeds(prior_seed, *others)
    return Estimate(study, settings, model, found, posterior, seeds, seconds, made_by)


def _check(engine: str, draws: int, seed: int) -> None:
    if engine not in ENGINES:
        raise UsageError(f"engine {engine!r}: write one of {', '.join(ENGINES)}")
    if not isinstance(draws, Integral) or not SMALLEST_DRAWS <= draws <= LARGEST_DRAWS:
        raise UsageError(
            f"draws {draws}: write a whole number from {SMALLEST_DRAWS:,} to {LARGEST_DRAWS:,}"
        )
    streams(seed)


def _run(model: Model, settings: Settings, until: float, progress: Progress) -> Draws:
    """Return the draws of the engine that is asked for; of auto, the first that is certified."""
    seeds = streams(settings.seed)
    if settings.engine == "nuts":
        return _by_nuts(model, settings, seeds.nuts, progress)
    rng = Randomness(np.random.default_rng(seeds.bank), np.random.default_rng(seeds.slice))
    n_draws = settings.n_draws
    if settings.engine == "bank":
        return run_bank(model, rng.bank, n_draws=n_draws, progress=progress).draws(model)
    if settings.engine == "slice":
        return run_slice(model, rng.slice, n_draws=n_draws, until=until, progress=progress)
    return run_auto(model, rng, n_draws=n_draws, until=until, progress=progress)[1]


def _by_nuts(
    model: Model, settings: Settings, seed: np.random.SeedSequence, progress: Progress
) -> Draws:
    progress("compiling the PyMC model, which takes from half a minute to several minutes")
    from popest.engines.nuts import CHAINS, run_nuts

    number = int(seed.generate_state(1)[0])
    return run_nuts(model, number, draws_per_chain=max(500, settings.n_draws // CHAINS))
