"""Ratios with tails: against Student's t of SciPy, and against a normal whose scale is known.

Given the scale s of a draw, a ratio with tails is a ratio whose tau is s times as large. So every
part of the model of a study with tails must agree, draw by draw, with that of a study without.
"""

from __future__ import annotations

import math
from typing import Any

import brute_density
import numpy as np
import pytest
import quadrature
import small_studies as small
from invented_studies import grouped_study
from scipy import integrate, stats

from popest.engines.bank import run_bank
from popest.model.drawn.few_counts import FewCounts
from popest.model.drawn.scales import Scales
from popest.model.model import Model
from popest.model.pymc_model import build_pymc_model
from popest.model.ratio_statistic import ratio_statistics
from popest.model.state import Learned
from popest.model.statistics import Settings, median_of, width_of
from popest.study.specification.heavy_tails import quantile
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.reading import read

TAU = {"permits": 0.25, "work": 0.45, "firms": 0.5}
HEAVY = {"permits": (2.5, 1.0), "firms": (6.0, 0.6)}
"""Degrees of freedom and the share of the variance that has them, by source."""


def heavy(median: float, tau: float, tails: float, tailed: float = 1.0) -> dict[str, Any]:
    """A ratio with tails whose scale is tau."""
    reach = math.exp(quantile(0.95, tails, tailed) * tau)
    bounds = [median / reach, median * reach]
    more = {"tails": tails, "tailed": tailed}
    return {"median": median, "interval90": bounds, "because": small.WHY, **more}


def with_ratios(ratios: dict[str, dict[str, Any]]) -> Model:
    """Return the model of the grouped study with other ratios of some sources."""
    entries, rows = grouped_study()
    for name, ratio in ratios.items():
        entries["source"][name] |= {"ratio": ratio}
    return small.model_of(entries, rows)


def heavy_model() -> Model:
    medians = {"permits": 0.9, "firms": 0.2}
    return with_ratios({name: heavy(medians[name], TAU[name], *HEAVY[name]) for name in HEAVY})


def normal_model(scale: dict[str, float]) -> Model:
    """Return the model without tails whose taus are so many times as large."""
    medians = {"permits": 0.9, "firms": 0.2}
    ratios = {name: small.ratio(medians[name], TAU[name] * scale[name]) for name in scale}
    return with_ratios(ratios)


def scales_of(model: Model, u: np.ndarray) -> dict[str, float]:
    """Return the scales of one draw by source, from chi-squared quantiles of SciPy."""
    found = {}
    for name, (tails, share) in HEAVY.items():
        z = u[model.normals.names.index("tails[group status]")]
        square = tails / stats.chi2.ppf(stats.norm.cdf(-z), tails)
        found[name] = math.sqrt(1 - share + share * square)
    return found


def same_normals(model: Model, other: Model, u: np.ndarray) -> np.ndarray:
    """Return the normals of another model from those of one that has more."""
    return u[[model.normals.names.index(name) for name in other.normals.names]]


@pytest.mark.parametrize("tails", [2.0, 2.6, 5.0, 30.0, 200.0])
def test_quantiles_and_scales_are_those_of_student_s_t(tails: float) -> None:
    for probability in (0.6, 0.95, 0.99, 0.9999):
        truth = stats.t.ppf(probability, tails)
        assert quantile(probability, tails) == pytest.approx(truth, rel=1e-8)
        assert quantile(1 - probability, tails) == pytest.approx(-truth, rel=1e-8)
    prior = read(RatioPrior, heavy(0.5, 0.3, tails))
    model = small.model_of(small.document(small.static_population(small.known(1.0)), {}))
    z = np.linspace(-7.5, 7.5, 301)
    found = Scales({"a": prior}, model.normals)(z[None])[0]
    chi2 = stats.chi2(tails)
    square = np.where(z > 0, chi2.ppf(stats.norm.cdf(-z)), chi2.isf(stats.norm.cdf(z)))
    assert found == pytest.approx(np.sqrt(tails / square), rel=1e-7)


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_the_quantile_of_a_t_and_a_normal_is_that_of_their_sum(share: float) -> None:
    """By SciPy's integral of the normal distribution function over a t density."""
    tails, bound = 3.5, quantile(0.95, 3.5, share)
    t_part, normal_part = math.sqrt(share), math.sqrt(1 - share)

    def below(x: float) -> float:
        density: float = stats.t.pdf(x, tails) * stats.norm.cdf((bound - t_part * x) / normal_part)
        return density

    assert integrate.quad(below, -np.inf, np.inf)[0] == pytest.approx(0.95, abs=1e-8)


def static_town(tails: float) -> Model:
    """One count of a static population, whose ratio has tails; all errors are known."""
    sources = {"register": small.source("stock", ratio=heavy(0.5, 0.4, tails), sampling="none")}
    size = small.static_population(small.log_normal(10_000, 0.6))
    rows = [small.count("R1", "register", 2_000, "2022-06-30")]
    return small.model_of(small.document(size, sources), rows)


@pytest.mark.parametrize("tails", [2.5, 5.0])
def test_a_static_town_is_what_quadrature_over_t_and_size_gives(tails: float) -> None:
    grid = quadrature.on_grid(model := static_town(tails))
    sizes = np.exp(math.log(10_000) + 0.6 * grid.u[model.normals.names.index("size")])
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    errors, shares = math.hypot(0.08, 0.01) * nodes, weights / weights.sum()
    logs = math.log(10_000) + np.linspace(-6, 6, 6_001)
    off = math.log(2_000) - math.log(0.5) - logs[:, None] - errors
    joint = stats.t.pdf(off / 0.4, tails) / 0.4 @ shares
    joint *= stats.norm.pdf(logs, math.log(10_000), 0.6) * (logs[1] - logs[0])
    mass, mean, square = joint.sum(), joint @ logs, joint @ logs**2
    assert grid.log_evidence == pytest.approx(math.log(mass / 2_000), abs=1e-5)
    found = np.log(sizes)
    assert grid.weights @ found == pytest.approx(mean / mass, abs=1e-5)
    assert grid.weights @ found**2 == pytest.approx(square / mass, rel=1e-6)


def test_given_the_scale_it_is_the_density_of_a_normal_so_wide() -> None:
    model = heavy_model()
    for u in np.random.default_rng(3).standard_normal((4, len(model.normals))):
        plain = normal_model(scales_of(model, u))
        own = same_normals(model, plain, u)[:, None]
        truth = plain.log_density_of_data(own)
        assert model.log_density_of_data(u[:, None]) == pytest.approx(truth, rel=1e-9)
        state, of_plain = model.state(u[:, None]), plain.state(own)
        found = model.counts.integrate(model.counts.residuals_in(state))
        wanted = plain.counts.integrate(plain.counts.residuals_in(of_plain))
        for name in ("factor_precision", "factor_weighted"):
            assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-8)


def test_given_the_scale_ratios_and_left_out_figures_are_drawn_as_from_that_normal() -> None:
    model = heavy_model()
    u = np.tile(np.random.default_rng(5).standard_normal((len(model.normals), 1)), (1, 4))
    plain = normal_model(scales_of(model, u[:, 0]))
    drawn = []
    for one, normals in ((model, u), (plain, same_normals(model, plain, u))):
        state = one.state(normals)
        residuals = one.counts.residuals_in(state)
        prior = one.counts.prior_log_ratios(normals, np.random.default_rng(1))
        ratios = one.counts.draw_log_ratios(residuals, np.random.default_rng(1))
        learned = Learned(state, residuals, ratios)
        left = list(one.counts.left_out(learned, np.random.default_rng(2)))
        drawn.append((prior, ratios, np.array([each.log_density for each in left])))
    for found, truth in zip(*drawn, strict=True):
        np.testing.assert_allclose(found, truth, rtol=1e-7)


def test_both_models_have_one_density_with_tails() -> None:
    """PyMC's joint density is the bank's times that of the ratios at the draw's scales, to 1e-8."""
    model = heavy_model()
    joint = build_pymc_model(model).compile_logp(mode="FAST_COMPILE")
    rng = np.random.default_rng(4)
    u = rng.standard_normal(len(model.normals))
    plain = normal_model(scales_of(model, u))
    normals = dict(zip(model.normals.names, u.tolist(), strict=True))
    wanted = [(name, 0.0) for name in plain.counts.names]
    mean, covariance = brute_density.ratios_given_counts(
        plain.specification, plain.counts.rows, normals, wanted
    )
    offset = mean + 0.3 * rng.standard_normal(3)
    truth = stats.norm.logpdf(u).sum() + model.log_density_of_data(u[:, None])[0]
    truth += stats.multivariate_normal(mean, covariance).logpdf(offset)
    point = {"u": u, "log_ratio": plain.counts.ratios.log_median + offset}
    assert float(joint(point)) == pytest.approx(truth, rel=1e-8)


def test_two_hundred_degrees_of_freedom_are_nearly_a_normal() -> None:
    entries, rows = grouped_study()
    entries["source"]["permits"] |= {"ratio": heavy(0.9, TAU["permits"], 200.0)}
    model, plain = small.model_of(entries, rows), small.model_of(*grouped_study())
    u = np.random.default_rng(6).standard_normal((len(model.normals), 20_000))
    found = np.log(np.mean(np.exp(model.log_density_of_data(u))))
    own = same_normals(model, plain, u)
    assert found == pytest.approx(np.log(np.mean(np.exp(plain.log_density_of_data(own)))), abs=0.01)


@pytest.mark.parametrize("settings", [{}, {"width": 1.7}, {"median": 0.6}])
def test_a_page_weighs_ratios_with_tails_as_the_model_does(settings: dict[str, float]) -> None:
    model = heavy_model()
    u = 0.7 * np.random.default_rng(0).standard_normal((len(model.normals), 50))
    values = {}
    if "width" in settings:
        values[width_of("permits")] = settings["width"]
    if "median" in settings:
        values[median_of("permits")] = settings["median"]
    tau, median = TAU["permits"] * settings.get("width", 1), settings.get("median", 0.9)
    moved = with_ratios(
        {
            "permits": heavy(median, tau, *HEAVY["permits"]),
            "firms": heavy(0.2, TAU["firms"], *HEAVY["firms"]),
        }
    )
    found = np.zeros(50)
    residuals = model.counts.residuals_in(model.state(u))
    carried = ratio_statistics(model.counts, residuals, u)
    type(carried[0]).add(found, carried, Settings(values))
    np.testing.assert_allclose(found, moved.log_density_of_data(u), atol=1e-8)
    assert [each.constants()["has_tails"] for each in carried] == [True, False, True]


def test_a_few_counts_ratio_has_the_quantiles_and_the_draws_of_its_t() -> None:
    sources = {"clinic": small.source("stock", ratio=heavy(0.01, 0.5, 3.0))}
    size = small.static_population(small.log_normal(1_000, 0.3))
    rows = [small.count("C1", "clinic", 7, "2022-06-30")]
    model = small.model_of(small.document(size, sources), rows)
    (piece,) = small.pieces(model, FewCounts)
    for z in (-1.6449, 0.0, 1.2):
        truth = 0.01 * math.exp(0.5 * stats.t.ppf(stats.norm.cdf(z), 3.0))
        assert piece.ratio.prior_quantile(z, 0.0) == pytest.approx(truth, rel=1e-7)
    u = np.random.default_rng(2).standard_normal((len(model.normals), 20_000))
    levels = piece.ratio.level(u) / 0.5
    # 20,000 draws: the largest distance of a distribution function is below .0136 at 1 in 1,000.
    assert stats.kstest(levels, stats.t(3.0).cdf).statistic < 0.0136


def test_a_truth_drawn_from_the_prior_is_anywhere_in_its_posterior() -> None:
    """Simulation-based calibration: 120 towns, each weighed by 8,000 draws of the prior.

    The mean of 120 uniform numbers has the standard deviation .0264; the bounds are 4 of these, and
    4.3 standard deviations of the number inside the 80 % interval.
    """
    model, rng = static_town(2.5), np.random.default_rng(8)
    places = []
    truths = rng.standard_normal((2, 120))
    counts = model.counts.simulate(model.state(truths), rng)[0]
    u = np.random.default_rng(9).standard_normal((2, 8_000))
    state = model.state(u)
    size = model.normals.names.index("size")
    for truth, count in zip(truths[size], counts, strict=True):
        logs = model.counts.log_likelihood(np.array([count]), state)
        weights = np.exp(logs - logs.max())
        places.append(float(weights @ (u[size] < truth)) / weights.sum())
    assert abs(np.mean(places) - 0.5) < 4 * 0.0264
    inside = np.mean((np.array(places) > 0.1) & (np.array(places) < 0.9))
    assert abs(inside - 0.8) < 4.3 * math.sqrt(0.8 * 0.2 / 120)


def test_the_bank_finds_the_posterior_of_the_grid() -> None:
    grid = quadrature.on_grid(model := static_town(3.0))
    bank = run_bank(model, np.random.default_rng(1))
    size = model.normals.names.index("size")
    weights = np.exp(bank.log_weights())
    weights /= weights.sum()
    assert weights @ bank.u[size] == pytest.approx(float(grid.weights @ grid.u[size]), abs=0.04)
