"""The PyMC model against the NumPy one, and its named dimensions and predictive draws.

PyMC keeps the ratios as variables. Its joint density is therefore the NumPy density, which has
them integrated out, times the standard normals' times that of the ratios given all else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import brute_density
import brute_few
import brute_force
import numpy as np
import pytest
import small_studies as small
import strategies
from invented_studies import (
    Study,
    everything_study,
    evidence_study,
    few_alone,
    few_study,
    grouped_study,
    known_alone,
    papers_study,
    static_study,
    summed_study,
    two_groups,
)
from scipy import stats

import popest
from popest.model.drawn.few_counts import FewCounts
from popest.model.model import Model
from popest.model.pymc_model import build_pymc_model
from popest.model.state import State
from popest.study import study_from_texts

FAST = "FAST_COMPILE"  # PyTensor's mode that spares the C compiler


def shipped(name: str) -> Callable[[], Model]:
    def load() -> Model:
        study = popest.load_study(name)
        return Model(study.specification, study.used)

    return load


def made(study: Callable[[], Study]) -> Callable[[], Model]:
    return lambda: small.model_of(*study())


MODELS = {
    "serbia-report-2024": shipped("serbia-report-2024"),
    "serbia": shipped("serbia"),
    "everything": made(everything_study),
    "two groups": made(two_groups),
    "papers": made(papers_study),
    "sums": made(summed_study),
    "static": made(static_study),
    "no ratio": made(evidence_study),
    "few": made(few_study),
    "few alone": made(few_alone),
    "known alone": made(known_alone),
}


@pytest.mark.parametrize("load", MODELS.values(), ids=MODELS)
def test_joint_density_is_marginal_times_ratios(load: Callable[[], Model]) -> None:
    """To a relative 1e-8, at random points of the prior.

    Ratios that are drawn are normals of both models, and known ones are variables of neither.
    """
    model = load()
    rng = np.random.default_rng(1)
    pymc_model = build_pymc_model(model)
    joint = pymc_model.compile_logp(mode=FAST)
    prior_sd = model.counts.ratios.tau
    names = [name for name, sd in zip(model.counts.names, prior_sd, strict=True) if sd > 0]
    drawn = [piece.name for piece in small.pieces(model, FewCounts)]
    for _ in range(3):
        u = rng.standard_normal(len(model.normals))
        truth = stats.norm.logpdf(u).sum() + model.log_density_of_data(u[:, None])[0]
        point: dict[str, Any] = {"u": u}
        if names:
            normals = dict(zip(model.normals.names, u.tolist(), strict=True))
            given = brute_few.given_factors(model.specification, drawn, normals)
            mean, covariance = brute_density.ratios_given_counts(
                given, model.counts.rows, normals, [(name, 0.0) for name in names]
            )
            offset = mean + prior_sd[prior_sd > 0] * rng.standard_normal(len(names))
            truth += stats.multivariate_normal(mean, covariance).logpdf(offset)
            ratios = [given.source[name].ratio for name in names]
            point["log_ratio"] = np.log([ratio.median for ratio in ratios if ratio]) + offset
        assert float(joint(point)) == pytest.approx(truth, rel=1e-8)


def test_every_exposure_is_the_same_in_pytensor() -> None:
    """Each series and each row, to 1e-8 of NumPy's and of the computation day by day."""
    import pytensor
    import pytensor.tensor as pt

    model = small.model_of(*papers_study())
    u = pt.vector("u")
    state = State(u, model.population(u, pt), model.noise.log_sd(u, pt))
    exposure = model.counts.exposure
    outputs = [exposure(state, pt), *(series(state, pt) for series in exposure.matrices)]
    compute = pytensor.function([u], outputs, mode=FAST)
    for seed in range(3):
        normals = strategies.normals_for(model.normals.names, seed)
        values = np.array(list(normals.values()))
        own = model.state(values[:, None])
        truth = [exposure(own), *(series(own) for series in exposure.matrices)]
        found = compute(values)
        for one, other in zip(found, truth, strict=True):
            assert one == pytest.approx(other[:, 0], rel=1e-8)
        path = brute_force.population(model.specification, normals)
        days = [
            brute_force.exposure(model.specification, model.counts.by_name[row.source], row, path)
            for row in model.counts.rows
        ]
        assert found[0] == pytest.approx(days, rel=1e-8)


def test_a_count_below_its_baseline_is_impossible() -> None:
    entries, rows = static_study()
    model = small.model_of(entries, rows)
    joint = build_pymc_model(model).compile_logp(mode=FAST)
    at = model.normals.names.index("baseline[a]")
    u = np.zeros(len(model.normals))
    log_ratio = model.counts.ratios.log_median
    for height, possible in ((7.6, True), (7.8, False)):
        u[at] = height
        assert (90 * np.exp(0.3 * height) < 900) == possible
        assert np.isfinite(joint({"u": u, "log_ratio": log_ratio})) == possible


def test_one_count_of_several_below_its_baseline_is_impossible() -> None:
    """300 exp(.15 u) is between the counts of the permits, 3,000 and 4,000, at u = 16."""
    entries, rows = grouped_study()
    model = small.model_of(entries, rows)
    joint = build_pymc_model(model).compile_logp(mode=FAST)
    u = np.zeros(len(model.normals))
    point = {"u": u, "log_ratio": model.counts.ratios.log_median}
    assert np.isfinite(joint(point))
    u[model.normals.names.index("baseline[permits]")] = 16.0
    assert 3000 < 300 * np.exp(0.15 * 16) < 4000
    assert np.isneginf(joint(point))


def test_what_is_named_has_the_value_of_the_design() -> None:
    """Population, ratios and noise at a point, from the formulas written out."""
    model = small.model_of(*everything_study())
    normals = strategies.normals_for(model.normals.names, 5)
    path = brute_force.population(model.specification, normals)
    log_ratio = model.counts.ratios.log_median + np.array([0.1, -0.2, 0.3])
    before = np.array([0.0, *path.stock[:-1]])
    truth = {
        "arrivals": path.arrivals,
        "stock": path.stock,
        "departures": np.array(path.arrivals) - (np.array(path.stock) - before),
        "departure_hazard": path.hazard,
        "ratio": np.exp(log_ratio),
        "noise": [
            brute_density.noise_sd(model.specification, normals, name) for name in model.noise.names
        ],
    }
    pymc_model = build_pymc_model(model)
    outputs = pymc_model.replace_rvs_by_values([pymc_model[name] for name in truth])
    compute = pymc_model.compile_fn(outputs, inputs=pymc_model.value_vars, mode=FAST)
    found = compute({"u": np.array(list(normals.values())), "log_ratio": log_ratio})
    for name, values in zip(truth, found, strict=True):
        assert values == pytest.approx(np.array(truth[name]), rel=1e-8), name


def test_dimensions_have_names() -> None:
    study = popest.load_study("serbia")
    pymc_model = popest.build_model(study)
    dims = pymc_model.named_vars_to_dims
    assert dims["stock"] == dims["arrivals"] == dims["departures"] == ("month",)
    assert dims["ratio"] == dims["log_ratio"] == ("source",)
    assert dims["count"] == ("observation",)
    coords = pymc_model.coords
    assert coords["month"] == study.calendar.months
    assert set(coords["source"]) == {
        name for name, source in study.specification.source.items() if source.measure in RATIO
    }
    in_use = {row.id for row in study.used if row.source in coords["source"]}
    assert set(coords["observation"]) == in_use
    of_rows = {row.id: row.value for row in study.used}
    observed = pymc_model.rvs_to_values[pymc_model["count"]].data
    assert observed.tolist() == [of_rows[name] for name in coords["observation"]]


RATIO = ("stock", "presence", "arrivals", "departures")


def prior_predictive(model: Model, draws: int) -> Any:
    import pymc as pm

    with build_pymc_model(model), warnings.catch_warnings():
        # PyMC warns that surveys and floors, which it knows as potentials, do not bind the prior.
        warnings.filterwarnings("ignore", message="The effect of Potentials")
        return pm.sample_prior_predictive(draws=draws, random_seed=1, compile_kwargs={"mode": FAST})


def simulated_log_net(model: Model, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Log counts less their baselines, from the prior and the covariance written out."""
    rows, specification = model.counts.rows, model.specification
    result = np.empty((len(rows), draws))
    for draw in range(draws):
        values = rng.standard_normal(len(model.normals)).tolist()
        normals = dict(zip(model.normals.names, values, strict=True))
        path = brute_force.population(specification, normals)
        mean = [brute_density.count_mean(specification, row, path) for row in rows]
        covariance = brute_density.count_covariance(
            specification,
            rows,
            lambda name, of=normals: brute_density.noise_sd(specification, of, name),
        )
        log_net = mean + np.linalg.cholesky(covariance) @ rng.standard_normal(len(rows))
        added = [brute_density.baseline(specification, row, normals) for row in rows]
        result[:, draw] = np.log(np.exp(log_net) + added)
    return result


@pytest.mark.parametrize("study", [everything_study, two_groups, static_study])
def test_prior_predictive_counts_are_those_of_the_design(study: Callable[[], Study]) -> None:
    """Mean and covariance of the log counts within 4.5 standard errors.

    1,000 draws of PyMC and 1,000 of the design; a standard error of a difference is taken from
    20 batches of each.
    """
    entries, rows = study()
    rows = [row for row in rows if entries["source"][row.source]["measure"] in RATIO]
    model = small.model_of(entries, rows)
    drawn = prior_predictive(model, 1000)["prior_predictive"].dataset["count"]
    assert drawn.dims == ("chain", "draw", "observation")
    assert drawn.coords["observation"].values.tolist() == [row.id for row in model.counts.rows]
    found = np.log(drawn.to_numpy()[0].T)
    truth = simulated_log_net(model, 1000, np.random.default_rng(2))
    for statistic in (lambda part: part.mean(axis=1), np.cov):
        batches = [
            np.array([statistic(part) for part in np.split(whole, 20, axis=1)])
            for whole in (found, truth)
        ]
        difference = batches[0].mean(axis=0) - batches[1].mean(axis=0)
        error = np.sqrt(sum(batch.var(axis=0, ddof=1) / 20 for batch in batches))
        assert np.abs(difference / error).max() < 4.5


def test_prior_predictive_of_a_shipped_study_has_every_part() -> None:
    """Counts and balances are predicted; the population is there month by month."""
    model = shipped("serbia")()
    drawn = prior_predictive(model, 10)
    predictive, prior = drawn["prior_predictive"].dataset, drawn["prior"].dataset
    assert set(predictive.data_vars) == {"count", "border_balance"}
    assert predictive["count"].shape == (1, 10, len(model.counts.rows))
    assert (predictive["count"] > 0).all()
    assert {"stock", "arrivals", "departures", "departure_hazard", "ratio", "noise"} <= set(
        prior.data_vars
    )
    assert prior["stock"].sizes["month"] == model.calendar.n_months


def test_posterior_predictive_counts_follow_the_draws() -> None:
    """Given one population and its ratios, log counts are normal around them.

    With means and covariances within 4.5 standard errors of 2,000 draws.
    """
    import pymc as pm
    import xarray as xr

    entries, rows = grouped_study()
    model = small.model_of(entries, rows)
    normals = strategies.normals_for(model.normals.names, 8)
    names, draws = model.counts.names, 2000
    log_ratio = model.counts.ratios.log_median + np.array([0.1, -0.2, 0.3])
    posterior = xr.Dataset(
        {
            "u": (("chain", "draw", "normal"), np.tile(list(normals.values()), (1, draws, 1))),
            "log_ratio": (("chain", "draw", "source"), np.tile(log_ratio, (1, draws, 1))),
        },
        coords={"normal": model.normals.names, "source": names},
    )
    with build_pymc_model(model):
        drawn = pm.sample_posterior_predictive(
            xr.DataTree.from_dict({"posterior": posterior}),
            random_seed=1,
            progressbar=False,
            compile_kwargs={"mode": FAST},
        )
    counts = drawn["posterior_predictive"].dataset["count"].to_numpy()[0].T
    specification, rows = model.specification, model.counts.rows
    path = brute_force.population(specification, normals)
    given = dict(zip(names, [0.1, -0.2, 0.3], strict=True))
    mean = [brute_density.count_mean(specification, row, path) + given[row.source] for row in rows]
    added = np.array([brute_density.baseline(specification, row, normals) for row in rows])
    places = [brute_density.placed(specification, row) for row in rows]
    first_day = np.array(
        [
            [brute_density.ratio_covariance(specification, (a, 0.0), (b, 0.0)) for b, _ in places]
            for a, _ in places
        ]
    )
    covariance = brute_density.count_covariance(
        specification, rows, lambda name: brute_density.noise_sd(specification, normals, name)
    )
    check(np.log(counts - added[:, None]), np.array(mean), covariance - first_day)


def check(draws: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> None:
    n = draws.shape[1]
    variance = np.diag(covariance)
    assert (np.abs(draws.mean(axis=1) - mean) < 4.5 * np.sqrt(variance / n)).all()
    spread = np.sqrt((np.outer(variance, variance) + covariance**2) / n)
    assert (np.abs(np.cov(draws) - covariance) < 4.5 * spread).all()


@pytest.mark.parametrize("name", ["count", "stock", "noise", "ratio", "u"])
def test_a_source_may_have_the_name_of_a_variable(name: str) -> None:
    serbia = popest.load_study("serbia")
    text = serbia.specification_text.replace("border_balance", name)
    rows = serbia.observations_text.replace(",border_balance,", f",{name},")
    study = study_from_texts("renamed", text, rows)
    variables = popest.build_model(study).named_vars
    assert f"{name}_evidence" in variables and name in variables
