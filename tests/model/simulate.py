"""Populations and data drawn from a study's own assumptions.

Written from the design alone: of popest it reads the records of the study, nothing else. Also the
fit of one simulated data set, as the work of one process, which does use popest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import brute_density
import brute_force
import numpy as np

import popest
from popest.engines.bank import run_bank
from popest.estimates.days import values_of
from popest.model.measures import Shares
from popest.model.model import Model
from popest.study import Study
from popest.study.estimand import Estimand
from popest.study.specification.records import Specification


@dataclass(frozen=True)
class Simulated:
    """A population and what would have been published of it.

    `stock` are persons on the date asked for; `counts` are by id of the observation, `surveys`
    hold effective counts by window.
    """

    stock: float
    counts: dict[str, float]
    surveys: dict[str, list[float]]


def named_normals(specification: Specification, rng: np.random.Generator) -> dict[str, float]:
    """Standard normals for every uncertain quantity that the design names."""
    population: Any = specification.population
    names = ["background", "departure_hazard", "noise"]
    names += [f"wave[{wave.name}]" for wave in population.wave]
    names += [f"baseline[{name}]" for name in specification.source]
    names += [f"noise[{name}]" for name in specification.source]
    months = brute_force.Months.of(specification).days
    quarters = {f"{days[0].year}Q{(days[0].month + 2) // 3}" for days in months}
    names += [f"volatility[{quarter}]" for quarter in sorted(quarters)]
    return dict(zip(names, rng.standard_normal(len(names)).tolist(), strict=True))


def simulate(study: Study, day: date, rng: np.random.Generator) -> Simulated:
    """Draw a population from the prior, the sources' ratios, and one count for each row."""
    specification = study.specification
    normals = named_normals(specification, rng)
    path = brute_force.population(specification, normals)
    rows = [row for row in study.used if specification.source[row.source].ratio is not None]
    mean = np.array([brute_density.count_mean(specification, row, path) for row in rows])
    covariance = brute_density.count_covariance(
        specification, rows, lambda name: brute_density.noise_sd(specification, normals, name)
    )
    log_net = rng.multivariate_normal(mean, covariance)
    counts = {
        row.id: brute_density.baseline(specification, row, normals) + math.exp(value)
        for row, value in zip(rows, log_net.tolist(), strict=True)
    }
    surveys = {}
    for name, source in specification.source.items():
        if source.measure == "shares":
            assert source.n is not None and source.deff is not None
            shares = brute_density.survey_shares(specification, source, path)
            drawn = rng.multinomial(round(source.n / source.deff), shares)
            surveys[name] = drawn.astype(float).tolist()
    months = brute_force.Months.of(specification)
    return Simulated(brute_force.stock_on(months, path, day), counts, surveys)


def position(task: tuple[str, str, int]) -> float:
    """Simulate with a seed, fit, and return the posterior probability below the true stock.

    A task is a study without balances and floors, a day and a seed. NaN stands for a fit that was
    not certified.
    """
    name, day_text, seed = task
    study, day = popest.load_study(name), date.fromisoformat(day_text)
    drawn_seed, fit_seed = np.random.SeedSequence([2024, seed]).spawn(2)
    truth = simulate(study, day, np.random.default_rng(drawn_seed))
    model = Model(study.specification, study.used)
    counts = np.array([truth.counts[row.id] for row in model.counts.rows])
    surveys = [piece for piece in model.evidence[1:] if isinstance(piece, Shares)]
    assert len(surveys) == len(model.evidence) - 1
    data = (counts, *(np.array(truth.surveys[survey.source_name]) for survey in surveys))
    bank = run_bank(model, np.random.default_rng(fit_seed), data=data, n_draws=4000)
    draws = bank.draws(model)
    if not draws.certificate.certified:
        return math.nan
    stock = values_of(model, draws.state.population, Estimand(day))
    return float(draws.weights[stock < truth.stock].sum())
