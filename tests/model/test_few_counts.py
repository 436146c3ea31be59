"""Counts whose ratio is drawn: their densities written out, and posteriors by quadrature.

Posteriors of a static population are integrated over its size, and over whatever else is uncertain,
on grids that share nothing with popest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import brute_density
import brute_few
import numpy as np
import pytest
import small_studies as small
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_studies import Study, few_study
from scipy import special, stats

import popest
from popest.model.drawn.densities import DENSITIES, Expected
from popest.model.drawn.drawn_ratios import SPECIAL
from popest.model.drawn.few_counts import FewCounts
from popest.model.evidence import Others
from popest.model.model import Model
from popest.model.state import Learned
from popest.study import study_from_texts
from popest.study.observations import counting
from popest.study.observations.observation import Observation
from popest.study.specification.records import Specification

PROBABILITIES = (0.05, 0.5, 0.95)
FAR = 4.5  # standard errors

# ---- densities


def densities(model: Model, normals: list[dict[str, float]]) -> np.ndarray:
    return model.log_density_of_data(strategies.as_draws(normals))


@pytest.mark.parametrize("seed", range(5))
def test_few_counts_have_the_density_written_out(seed: int) -> None:
    """With groups, drift, baselines, bounds, samples and shares, beside integrated ratios."""
    entries, rows = few_study()
    model = small.model_of(entries, rows)
    assert {piece.name for piece in small.pieces(model, FewCounts)} == {
        "clinic", "births", "panel", "census"
    }  # fmt: skip
    normals = strategies.normals_for(model.normals.names, seed)
    truth = brute_few.log_density(model.specification, rows, normals)
    assert densities(model, [normals])[0] == pytest.approx(truth, abs=1e-8)


def test_factors_of_groups_are_claimed_in_the_order_of_the_study() -> None:
    """A set's order would be another in each process, and with it every draw of a seed."""
    groups = ["g3", "g1", "g6", "g2", "g5", "g4"]
    sources = {
        f"of_{group}": small.source(
            "stock", ratio=small.ratio(0.5, 0.3), group=group, group_correlation=0.5
        )
        for group in groups
    }
    rows = [small.count(name, name, 4, "2022-06-30") for name in sources]
    entries = small.document(small.static_population(small.log_normal(10, 0.5)), sources)
    claimed = [name for name in small.model_of(entries, rows).normals.names if "group" in name]
    assert claimed == [f"group[{group}]" for group in groups]


@st.composite
def few_studies(draw: st.DrawFn) -> Study:
    """A source or two with few counts, of a static population or of arrivals."""
    sources, rows = {}, []
    measures = draw(st.lists(st.sampled_from(["stock", "arrivals", "presence"]), max_size=2))
    for number, measure in enumerate(["stock", *measures]):
        name = f"s{number}"
        entries: dict[str, Any] = {"ratio": small.ratio(draw(st.floats(0.005, 0.1)), 0.4)}
        if draw(st.booleans()):
            entries["baseline"] = small.log_normal(draw(st.floats(0.5, 40)), 0.3)
        if draw(st.booleans()):
            entries |= {"group": "g", "group_correlation": draw(st.floats(0, 0.9))}
        if draw(st.booleans()):
            entries["drift"] = draw(st.floats(0.05, 0.4))
        if draw(st.booleans()):
            entries["error"] = small.log_normal(draw(st.floats(0.02, 0.3)), 0.3)
        sources[name] = small.source(measure, **entries)
        rows += draw(few_rows(name, measure))
    population = small.arrivals_population(small.log_normal(40, 0.4))
    error = small.log_normal(draw(st.floats(0.02, 0.3)), 0.3)
    by_source = draw(st.sampled_from([0.0, 0.5]))
    return small.document(population, sources, error=error, by_source=by_source), rows


@st.composite
def few_rows(draw: st.DrawFn, name: str, measure: str) -> list[Observation]:
    rows = []
    for month in draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)):
        value = draw(st.integers(0, 60))
        kind = draw(st.sampled_from(["exact", "about", "at_most", "at_least", "between", "se"]))
        extra: dict[str, Any] = {"precision": "exact" if kind == "se" else kind}
        if kind == "at_least":
            value = max(value, 1)
        if kind == "between":
            extra["bounds"] = (float(value), float(value + draw(st.integers(1, 30))))
        if kind == "se":
            value, extra["se"] = value + 60, draw(st.floats(1, 9))
        start = None if measure == "stock" else f"2022-{month:02}-01"
        rows.append(
            small.count(f"{name}-{month}", name, value, f"2022-{month:02}-28", start, **extra)
        )
    return rows


@settings(derandomize=True, max_examples=60)
@given(few_studies(), st.integers(0, 2**32))
def test_any_few_counts_have_the_density_written_out(study: Study, seed: int) -> None:
    """Own errors, of sources and of figures, wide ranges, repeated stocks, groups in part drawn."""
    model = small.model_of(*study)
    normals = strategies.normals_for(model.normals.names, seed)
    own = {row.id: own_error(model.specification, row) for row in study[1]}
    truth = brute_few.log_density(model.specification, study[1], normals, own)
    assert densities(model, [normals])[0] == pytest.approx(truth, rel=1e-8, abs=1e-7)


def own_error(specification: Specification, row: Observation) -> float:
    """The log-scale error that a standard error stands for."""
    if row.se is None:
        return 0.0
    prior = specification.source[row.source].baseline
    net = row.value - (prior.median * brute_density.duration(row) if prior else 0.0)
    return math.sqrt(math.log(1 + (row.se / net) ** 2))


# ---- posteriors of a static population

LOG_SIZE = np.linspace(-4, 12, 3201)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def static(
    sources: dict[str, small.Table],
    rows: Sequence[Observation],
    median: float,
    sigma: float,
    error: float = 0.001,
) -> popest.Estimate:
    """The estimate of a static population; the noise of its registers is known."""
    population = small.static_population(small.log_normal(median, sigma))
    entries = small.document(population, sources, error=small.known(error))
    return popest.estimate(small.study_of(entries, rows))


def exact(log_likelihood: np.ndarray, median: float, sigma: float) -> list[float]:
    """The quantiles of a size on `LOG_SIZE`, from the log likelihood there and its prior."""
    log_density = log_likelihood - 0.5 * ((LOG_SIZE - math.log(median)) / sigma) ** 2
    density = np.exp(log_density - log_density.max())
    cumulative = np.cumsum(density)
    return [
        math.exp(np.interp(prob, cumulative / cumulative[-1], LOG_SIZE)) for prob in PROBABILITIES
    ]


def check(estimate: popest.Estimate, truth: Sequence[float], within: float = 0.0) -> None:
    """Compare quantiles, by the share of the draws below them: 4.5 standard errors of it.

    Or by their size, to a relative `within`, where the truth is not that of the model itself.
    """
    assert estimate.certificate.certified
    stock = estimate.stock()
    if within:
        found = [stock.quantile(prob) for prob in PROBABILITIES]
        assert found == pytest.approx(list(truth), rel=within)
        return
    effective = 1 / (stock.weights**2).sum()
    assert effective > 1000
    for prob, bound in zip(PROBABILITIES, truth, strict=True):
        error = math.sqrt(prob * (1 - prob) / effective)
        assert abs(stock.percentile_of(bound) - prob) < FAR * error


def known_ratio(ratio: float) -> small.Table:
    return {"known": ratio, "because": small.WHY}


def size() -> np.ndarray:
    return np.exp(LOG_SIZE)


def test_ten_at_a_known_ratio_have_the_width_of_poisson() -> None:
    """A prior that says little: the expected count is gamma, of shape 10."""
    rows = [small.count("A", "s", 10, "2022-06-30")]
    sources = {"s": small.source("stock", ratio=known_ratio(0.5))}
    truth = exact(stats.poisson.logpmf(10, 0.5 * size()), 30, 3)
    check(static(sources, rows, 30, 3), truth)
    assert truth == pytest.approx(stats.gamma(10).ppf(PROBABILITIES) / 0.5, rel=0.02)


def test_a_zero_bounds_from_above() -> None:
    rows = [small.count("A", "s", 0, "2022-06-30")]
    sources = {"s": small.source("stock", ratio=known_ratio(0.5))}
    check(static(sources, rows, 10, 1), exact(-0.5 * size(), 10, 1))


def test_less_than_five_is_the_sum_of_five_counts() -> None:
    rows = [small.count("A", "s", 4, "2022-06-30", precision="at_most")]
    sources = {"s": small.source("stock", ratio=known_ratio(0.5))}
    check(static(sources, rows, 20, 1), exact(stats.poisson.logcdf(4, 0.5 * size()), 20, 1))


def test_at_least_five_is_what_is_left() -> None:
    rows = [small.count("A", "s", 5, "2022-06-30", precision="at_least")]
    sources = {"s": small.source("stock", ratio=known_ratio(0.5))}
    check(static(sources, rows, 5, 1), exact(stats.poisson.logsf(4, 0.5 * size()), 5, 1))


def test_a_wide_range_is_normal_on_the_log_scale() -> None:
    """900 to 1,500 were counted, with an error of .1."""
    rows = [small.count("A", "s", 0, "2022-06-30", precision="between", bounds=(900, 1500))]
    sources = {"s": small.source("stock", ratio=known_ratio(0.5))}
    sd = math.sqrt(0.1**2 + 1 / 1200)
    upper, lower = (
        stats.norm.cdf((math.log(bound) - np.log(0.5 * size())) / sd) for bound in (1500.5, 899.5)
    )
    truth = exact(np.log(np.maximum(upper - lower, 1e-300)), 2500, 1)
    check(static(sources, rows, 2500, 1, error=0.1), truth)


@pytest.mark.parametrize("sigma", [0.0, 0.05])
def test_a_baseline_that_nearly_is_the_count(sigma: float) -> None:
    """500 with 450 of others among them; the target's part may be anything up to 150."""
    baseline = small.log_normal(450, sigma)
    sources = {"s": small.source("stock", ratio=known_ratio(1), baseline=baseline)}
    rows = [small.count("A", "s", 500, "2022-06-30")]
    z, others = NODES[:, None, None], 450 * np.exp(sigma * NODES)[None, :, None]
    sd = math.hypot(0.05, 0.01)
    rate = size() * np.exp(sd * z) + others
    likelihood = np.einsum(
        "i,j,ijk->k", WEIGHTS, WEIGHTS, np.exp(stats.poisson.logpmf(500, rate)), optimize=True
    )
    truth = exact(np.log(np.maximum(likelihood, 1e-300)), 60, 1)
    check(static(sources, rows, 60, 1, error=0.05), truth)


def test_persons_are_never_fewer_than_were_counted() -> None:
    """The binomial density of a real number of persons, at a known ratio."""
    sources = {"s": small.source("stock", ratio=known_ratio(0.6), sampling="binomial")}
    rows = [small.count("A", "s", 12, "2022-06-30")]
    missed = np.maximum(size() - 12, 0)
    density = special.gammaln(size() + 1) - special.gammaln(missed + 1) + missed * math.log(0.4)
    estimate = static(sources, rows, 30, 0.7)
    check(estimate, exact(np.where(size() >= 12, density, -np.inf), 30, 0.7))
    assert estimate.stock().values[estimate.stock().weights > 0].min() >= 12


def shares(ratio: small.Table) -> tuple[small.Table, float, float]:
    """A bounded ratio, with mean and standard deviation of its logit."""
    if "seen" not in ratio:
        lower, upper = (math.log(bound / (1 - bound)) for bound in ratio["interval90"])
        return ratio, (lower + upper) / 2, (upper - lower) / 2 / 1.6449
    a = ratio["seen"] / ratio.get("deff", 1) + 0.5
    b = (ratio["of"] - ratio["seen"]) / ratio.get("deff", 1) + 0.5
    sd = math.sqrt(special.polygamma(1, a) + special.polygamma(1, b))
    return ratio, float(special.digamma(a) - special.digamma(b)), sd


BOUNDED = {
    "at most one": {"median": 0.842, "interval90": [0.6, 0.95], "at_most_one": True},
    "few seen": {"seen": 3, "of": 20},
    "many seen": {"seen": 54, "of": 450, "deff": 2.0},
}


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("sampling", ["poisson", "binomial"])
def test_a_ratio_of_at_most_one(name: str, sampling: str) -> None:
    """200 counted: the size is 200 over the ratio, by quadrature over the ratio.

    Of a sample it is the beta density itself, which the normal logit of many is within 3 % of.
    """
    ratio: small.Table = BOUNDED[name] | {"because": small.WHY}
    _, centre, sd = shares(ratio)
    probs = (np.arange(4000) + 0.5) / 4000
    drawn = special.expit(centre + sd * stats.norm.ppf(probs))
    if "seen" in ratio:
        deff = ratio.get("deff", 1)
        a, b = ratio["seen"] / deff + 0.5, (ratio["of"] - ratio["seen"]) / deff + 0.5
        drawn = stats.beta(a, b).ppf(probs)
    where = LOG_SIZE[(LOG_SIZE > 4) & (LOG_SIZE < 11)]
    there = np.exp(where)[:, None]
    if sampling == "poisson":
        spread = math.hypot(0.02, 0.01)
        eta = np.log(drawn * there)
        logs = stats.norm.logpdf((math.log(200) - eta) / math.hypot(spread, 200**-0.5))
    else:
        missed = np.maximum(there - 200, 0)
        logs = special.gammaln(there + 1) - special.gammaln(missed + 1)
        logs = logs - special.gammaln(201) + 200 * np.log(drawn) + missed * np.log1p(-drawn)
        logs = np.where(there >= 200, logs, -np.inf)
    found = np.full(LOG_SIZE.shape, -1e9)
    found[(LOG_SIZE > 4) & (LOG_SIZE < 11)] = np.log(np.exp(logs).mean(axis=1) + 1e-300)
    sources = {"s": small.source("stock", ratio=ratio, sampling=sampling)}
    rows = [small.count("A", "s", 200, "2022-06-30")]
    within = 0.03 if name == "many seen" else 0.0
    check(static(sources, rows, 800, 1, error=0.02), exact(found, 800, 1), within)


TWELVE_PEOPLE = """\
title = "Static test"
target = "members of a group"
unit = "persons"
headline = "2023-12-31"
[calendar]
start = "2023-01"
end = "2023-12"
[population]
kind = "static"
size = { median = 12, sigma = 0.7, because = "test" }
[source.reg]
title = "Register"
producer = "Office"
counts = "registered"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.64, 1.0], because = "test" }
[source.cen]
title = "Census"
producer = "Office"
counts = "counted"
measure = "stock"
ratio = { median = 0.5, interval90 = [0.4, 0.625], because = "test" }
"""
TWELVE_ROWS = """\
id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,derived_from,note
R1,reg,9,exact,,2023-06-30,2023-08,2026-11-20,Office,,yes,,,
R2,reg,12,exact,,2023-12-31,2024-02,2026-11-20,Office,,yes,,,
R3,cen,4,exact,,2023-03-31,2023-08,2026-11-20,Office,,yes,,,
"""


def test_twelve_people_are_as_uncertain_as_their_counts() -> None:
    """Counts of 9, 12 and 4; the first two are of the same persons."""
    estimate = popest.estimate(study_from_texts("twelve", TWELVE_PEOPLE, TWELVE_ROWS))
    check(estimate, (6.9, 10.9, 16.6), within=0.03)


# ---- few counts and many, by the same study


def likelihood_of_size(model: Model, log_sizes: np.ndarray, sigma: float) -> np.ndarray:
    """The log likelihood of sizes, all other normals integrated out on a grid."""
    others = [place for place, name in enumerate(model.normals.names) if name != "size"]
    line = np.linspace(-8, 8, 81)
    axes = np.meshgrid(*[line] * len(others)) if others else [np.zeros(1)][:0]
    grid = np.array(axes).reshape(len(others), 81 ** len(others))
    weights = stats.norm.pdf(grid).prod(axis=0)
    found = []
    for log_size in log_sizes:
        u = np.empty((len(model.normals), grid.shape[1]))
        u[others], u[model.normals.names.index("size")] = grid, log_size / sigma
        found.append(special.logsumexp(model.log_density_of_data(u), b=weights))
    return np.array(found)


def quantiles(log_likelihood: np.ndarray, log_sizes: np.ndarray, sigma: float) -> np.ndarray:
    density = np.exp(log_likelihood - log_likelihood.max() - 0.5 * (log_sizes / sigma) ** 2)
    cumulative = np.cumsum(density) / density.sum()
    return np.exp(np.interp(PROBABILITIES, cumulative, log_sizes))


def near_the_threshold(counts: Sequence[int], **register: Any) -> Study:
    sources = {
        "few": small.source("stock", ratio=small.ratio(0.05, 0.15), **register),
        "many": small.source("stock", ratio=small.ratio(0.8, 0.2), **register),
    }
    rows = [small.count(f"F{n}", "few", value, "2022-06-30") for n, value in enumerate(counts)]
    rows.append(small.count("M", "many", 700, "2022-06-30"))
    population = small.static_population(small.log_normal(900, 0.5))
    return small.document(population, sources, error=small.known(0.05)), rows


@pytest.mark.parametrize("group", [{}, {"group": "g", "group_correlation": 0.5}])
@pytest.mark.parametrize("counts", [[31], [45], [60], [40, 42]])
def test_nothing_jumps_where_counts_begin_to_be_integrated(
    counts: list[int], group: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same study with its small source integrated and drawn, within 1 % everywhere.

    In a group, what the drawn source says of the shared factor reaches the integrated one.
    """
    study, sigma = near_the_threshold(counts, **group), 0.5
    log_sizes = np.linspace(-1.2, 1.2, 97)
    found = []
    for threshold in (30, 61):
        monkeypatch.setattr(counting, "SMALLEST_INTEGRATED", threshold)
        model = small.model_of(*study)
        assert len(small.pieces(model, FewCounts)) == (threshold == 61)
        likelihood = likelihood_of_size(model, log_sizes, sigma)
        found.append(quantiles(likelihood, log_sizes, sigma))
    assert found[0] == pytest.approx(found[1], rel=0.01)


def test_daily_counts_say_what_their_monthly_sums_do() -> None:
    """Four a day for four months, drawn with a fixed seed; sums are integrated."""
    rng = np.random.default_rng(6)
    daily = [(date(2022, 1, 1) + timedelta(days=n), int(rng.poisson(4))) for n in range(120)]
    sources = {"s": small.source("arrivals", ratio=small.ratio(0.5, 0.2))}
    population = small.arrivals_population(small.log_normal(200, 0.7))
    entries = small.document(population, sources, error=small.known(0.01), end="2022-04")
    found = []
    days = [small.count(f"D{n}", "s", y, day, day) for n, (day, y) in enumerate(daily)]
    months = []
    for month in range(1, 5):
        chosen = [(day, y) for day, y in daily if day.month == month]
        total = sum(y for _, y in chosen)
        months.append(small.count(f"M{month}", "s", total, chosen[-1][0], chosen[0][0]))
    for rows in (days, months):
        estimate = popest.estimate(small.study_of(entries, rows))
        assert estimate.certificate.certified
        found.append([estimate.stock().quantile(prob) for prob in PROBABILITIES])
    assert found[0] == pytest.approx(found[1], rel=0.02)


# ---- what is drawn and said of few counts

N = 40_000


def drawn_once(seed: int = 3) -> tuple[Model, dict[str, float], Any]:
    """A model with one population, ratio and noise, repeated."""
    model = small.model_of(*few_study())
    drawn = strategies.normals_for(model.normals.names, seed)
    normals = {name: 0.5 * value for name, value in drawn.items()}
    return model, normals, model.state(np.tile(strategies.as_draws([normals]), (1, N)))


def moments(
    model: Model, normals: dict[str, float], piece: FewCounts, row: Observation
) -> tuple[float, float]:
    """Mean and variance of a count given population, ratio and noise."""
    specification, source = model.specification, model.specification.source[row.source]
    path = brute_few.population(specification, normals)
    seen = brute_few.exposure(specification, source, row, path)
    ratio = brute_few.ratio_on(specification, row.source, piece.rows, row, normals)
    if source.sampling == "binomial":
        return seen * ratio, seen * ratio * (1 - ratio)
    printed, shift = brute_density.PRECISIONS.get(str(row.precision), (0.0, 0.0))
    sd = math.hypot(brute_density.noise_sd(specification, normals, row.source), printed)
    of_target = ratio * seen * math.exp(shift + sd**2 / 2)
    mean = of_target + brute_density.baseline(specification, row, normals)
    return mean, mean + of_target**2 * math.expm1(sd**2)


def check_moments(values: np.ndarray, mean: float, variance: float) -> None:
    """Within 4.5 standard errors of 40,000 draws."""
    assert (values == np.round(values)).all()
    assert abs(values.mean() - mean) < FAR * math.sqrt(variance / N)
    squares = (values - mean) ** 2
    assert abs(squares.mean() - variance) < FAR * squares.std() / math.sqrt(N) + 0.3 * (
        variance < mean
    )


def test_simulated_and_repeated_counts_have_mean_and_variance_of_the_design() -> None:
    """Of persons, whose number is rounded to one of its neighbours, the variance within .3."""
    model, normals, state = drawn_once()
    nothing: Any = None
    learned = Learned(state, nothing, nothing)
    for piece in small.pieces(model, FewCounts):
        simulated = piece.simulate(state, np.random.default_rng(1))
        repeated = list(piece.repeat(learned, np.random.default_rng(2)))
        for place, row in enumerate(piece.rows):
            truth = moments(model, normals, piece, row)
            check_moments(simulated[place], *truth)
            check_moments(repeated[place], *truth)


def test_a_new_count_is_predicted_with_the_ratio_of_its_day() -> None:
    """Between two days of counts, on one of them, and after the last, where the ratio drifts on."""
    model, normals, state = drawn_once()
    nothing: Any = None
    learned = Learned(state, nothing, nothing)
    (clinic,) = [piece for piece in small.pieces(model, FewCounts) if piece.name == "clinic"]
    on_a_day = small.count("N", "clinic", 1, "2022-12-31", "2022-10-01")
    found = clinic.predict(on_a_day, learned, np.random.default_rng(3))
    check_moments(found, *moments(model, normals, clinic, on_a_day))
    later = small.count("N", "clinic", 1, "2023-06-30", "2023-04-01")
    path = brute_few.population(model.specification, normals)
    source = model.specification.source["clinic"]
    seen = brute_few.exposure(model.specification, source, later, path)
    ratio = brute_few.ratio_on(model.specification, "clinic", clinic.rows, on_a_day, normals)
    years = (date(2023, 6, 30) - date(2022, 12, 31)).days / 365.25
    noise = brute_density.noise_sd(model.specification, normals, "clinic")
    variance = 0.2**2 * years + noise**2 + 0.01**2
    mean = ratio * seen * math.exp(variance / 2)
    found = clinic.predict(later, learned, np.random.default_rng(4))
    check_moments(found, mean, mean + mean**2 * math.expm1(variance))


def test_a_source_is_held_against_the_others_by_the_sum_of_its_counts() -> None:
    """Three counts of known expectation: the sum is Poisson. Ties count half."""
    sources = {"s": small.source("stock", ratio=known_ratio(0.5))}
    rows = [small.count(f"A{n}", "s", y, f"2022-0{n}-15") for n, y in enumerate((3, 9, 5), start=1)]
    population = small.static_population(small.known(20))
    model = small.model_of(small.document(population, sources, error=small.known(1e-6)), rows)
    (piece,) = small.pieces(model, FewCounts)
    state = model.state(np.empty((0, N)))
    others = Others((), state, np.full(N, 1 / N), state)
    found = piece.p_value("s", others, np.random.default_rng(5))
    # Wordings as exact as .01 widen the sum of 30 a little.
    below = stats.poisson.cdf(16, 30) + 0.5 * stats.poisson.pmf(17, 30)
    assert found == pytest.approx(2 * below, rel=0.15)


def test_marks_of_few_counts_reach_as_far_as_chance() -> None:
    model = small.model_of(*few_study())
    (births,) = [piece for piece in small.pieces(model, FewCounts) if piece.name == "births"]
    marks = list(births.marks(lambda rows, _: [(900.0, 450.0)] * len(rows)))
    lower, upper = births.source.ratio.interval90  # type: ignore[union-attr]
    for row, mark in zip(births.rows, marks, strict=True):
        net = row.value - 4 * brute_density.duration(row)
        chance = 1.6449 * math.sqrt(row.value)
        truth = (net / 0.02 * 2, max(net - chance, 0) / upper * 2, (net + chance) / lower * 2)
        assert (mark.stock, mark.lower, mark.upper) == pytest.approx(
            tuple(max(each, 0) for each in truth)
        )
        assert mark.is_floor == (row.precision == "at_least")


DATA: list[tuple[str, Callable[[Observation], float], str]] = [
    ("inside", lambda row: row.range[0], "range"),
    ("outside", lambda row: row.range[1] + 7, "count"),
]


@pytest.mark.parametrize(("where", "value", "kind"), DATA, ids=[each[0] for each in DATA])
def test_a_bound_is_a_count_that_may_lie_elsewhere(
    where: str, value: Callable[[Observation], float], kind: str
) -> None:
    """Simulated data have counts in place of bounds: inside, only the bound would be published."""
    model, normals, state = drawn_once()
    (clinic,) = [piece for piece in small.pieces(model, FewCounts) if piece.name == "clinic"]
    values = clinic.values.copy()
    place = next(n for n, row in enumerate(clinic.rows) if row.id == "C3")
    values[place] = value(clinic.rows[place])
    found = clinic.log_likelihood(values, state)[0]
    rows = list(clinic.rows)
    if kind == "count":
        rows[place] = small.count("C3", "clinic", int(values[place]), "2022-09-30", "2022-08-01")
        # A bound has no error of wording, and its count as published elsewhere none either.
        truth = brute_few.source_log_density(model.specification, "clinic", rows, normals)
        assert found == pytest.approx(truth, abs=3e-3)
    else:
        truth = brute_few.source_log_density(model.specification, "clinic", rows, normals)
        assert found == pytest.approx(truth, abs=1e-8)


def test_a_share_of_which_nothing_is_counted_yet_keeps_its_prior() -> None:
    """As on a day before its first figure: with drift, and with a group, of whom nobody speaks."""
    entries, rows = few_study()
    model = small.model_of(entries, [row for row in rows if row.source not in ("census", "panel")])
    assert {"census", "panel"} <= {piece.name for piece in small.pieces(model, FewCounts)}
    rng = np.random.default_rng(1)
    state, density = model.evaluate(rng.standard_normal((len(model.normals), 5000)))
    assert density.shape == (5000,) and np.isfinite(density).all()
    (census,) = [piece for piece in small.pieces(model, FewCounts) if piece.name == "census"]
    assert census.log_likelihood(census.values, state).tolist() == [0.0] * 5000
    assert census.simulate(state, rng).shape == (0, 5000)
    assert census.statistics(state) == [] and census.figures == []
    nothing: Any = None
    ((name, ratios),) = census.ratio_draws(1.0, Learned(state, nothing, nothing), rng)
    assert name == "census" and 0.5 < np.median(ratios) < 1


def test_a_count_of_many_persons_keeps_its_digits() -> None:
    """770 of up to 10^17 persons, at the ratio that fits them: X! / (X - y)! factor by factor."""
    rows = [small.count("A", "s", 770, "2022-06-30")]
    for persons in (771.0, 2_000.0, 10_769.0, 10_771.0, 1e6, 1e9, 1e13, 1e17):
        log_ratio, nothing = np.array([[math.log(770 / persons)]]), np.zeros((1, 1))
        expected = Expected(log_ratio, np.log([[persons]]), nothing, nothing, None)
        found = DENSITIES["persons"](rows, np.array([770.0]), expected, np, SPECIAL)[0, 0]
        truth = math.fsum(math.log(persons - k) for k in range(770)) - math.lgamma(771)
        truth += 770 * math.log(770 / persons) + (persons - 770) * math.log1p(-770 / persons)
        assert found == pytest.approx(truth, abs=1e-7)
