"""Learned ratios by closed forms: what pairs are, what a fit predicts, and what is made of it.

Fits are made up here, so that nothing is sampled by chains.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import held_out
import numpy as np
import pytest
from scipy import special, stats

import ratios as calibration
from popest.engines.draws import Certificate
from popest.ratios import fit as fitting
from popest.ratios import table
from popest.ratios.evidence import Evidence
from popest.ratios.fit import RatioFit, RatioSampler, RatiosNotCertifiedError, fit_ratios
from popest.ratios.pairs.load import load_pairs
from popest.ratios.pairs.records import TYPES, Pair
from popest.ratios.table import (
    LEAST_TAILS,
    MOST_TAILS,
    learn,
    learned_ratio,
    rows_of,
    tails_of,
)
from ratios import draw_log_ratios, draw_truth, replicate

TAIL = 4.0
FAR = 4.5  # standard errors
LEVEL = 1e-4
GOOD = Certificate(True, r_hat=1.0, ess_bulk=4000.0, ess_tail=4000.0, divergences=0)
ON_FILE = load_pairs()[0]


def pair(name: str, country: str, kind: str, block: str, **changes: Any) -> Pair:
    """An invented pair; `kind` is a type with its regime."""
    kind, _, regime = kind.partition(".")
    given: dict[str, Any] = {"ratio": 0.5, "truth_grade": "A", "rounding": 0.0, "definition": ""}
    given |= changes
    return replace(
        ON_FILE, id=name, country=country, type=kind, regime=regime, block=block, **given
    )


def invented() -> Evidence:
    """Two regimes of one type and another type; two countries have pairs of both."""
    wave, settled = "cumulative_issued.wave", "cumulative_issued.settled"
    return Evidence.of(
        [
            pair("A1", "Avaria", wave, "a", months_since_wave=30, ratio=1.4),
            pair("A2", "Avaria", wave, "a", months_since_wave=12, ratio=1.1, truth_grade="B"),
            pair("A3", "Avaria", settled, "a", months_since_wave=60, ratio=1.3),
            pair("B1", "Borduria", wave, "b", months_since_wave=6, ratio=0.9, truth_grade="C"),
            pair("B2", "Borduria", "firms", "b", months_since_wave=24, ratio=0.2, rounding=0.06),
            pair("C1", "Cascara", "firms", "c", ratio=0.3, truth_grade="C", rounding=0.2),
            pair("C2", "Cascara", "firms", "c", ratio=0.7),
            pair("C3", "Cascara", "firms", "d", ratio=0.4, use=False),
        ]
    )


# ---- pairs


def test_pairs_share_countries_within_a_type_and_blocks_within_a_cell() -> None:
    pairs = invented()
    assert [each.id for each in pairs.pairs] == ["A1", "A2", "A3", "B1", "B2", "C1", "C2"]
    assert pairs.cells == ("cumulative_issued.settled", "cumulative_issued.wave", "firms")
    assert pairs.cell.tolist() == [1, 1, 0, 1, 2, 2, 2]
    assert pairs.type_of_cell.tolist() == [0, 0, 1]
    assert pairs.has_regimes.tolist() == [True, True, False]
    same_host, same_block = (np.equal.outer(at, at) for at in (pairs.host, pairs.block))
    groups = {"host": [(0, 1, 2), (3,), (4,), (5, 6)], "block": [(0, 1), (2,), (3,), (4,), (5, 6)]}
    for found, expected in ((same_host, groups["host"]), (same_block, groups["block"])):
        truth = np.zeros((7, 7), dtype=bool)
        for members in expected:
            truth[np.ix_(members, members)] = True
        assert np.array_equal(found, truth)


def test_errors_are_those_of_grade_and_rounding() -> None:
    """2, 5 and 10 %; a rounded figure is off by a uniform error of the half-width."""
    pairs = invented()
    uniform = [stats.uniform(-half, 2 * half).std() if half else 0.0 for half in (0.06, 0.2)]
    expected = [0.02, 0.05, 0.02, 0.10, math.hypot(0.02, uniform[0]), math.hypot(0.1, uniform[1])]
    assert pairs.error_sd == pytest.approx(np.array([*expected, 0.02]), rel=1e-9)


def test_the_age_of_numbers_issued_counts_on_the_log_scale_from_the_twelfth_month() -> None:
    expected = [math.log(2.5), 0, math.log(5), -math.log(2), 0, 0, 0]
    assert invented().log_age == pytest.approx(expected)
    fresh = Evidence.of([pair("A1", "Avaria", "cumulative_issued.wave", "a", months_since_wave=0)])
    assert fresh.log_age == pytest.approx([-math.log(12)])


def test_a_country_can_be_left_out() -> None:
    found = invented().without_country("Avaria")
    assert [each.country for each in found.pairs] == ["Borduria"] * 2 + ["Cascara"] * 2


# ---- what a fit predicts


def made_up(pairs: Evidence, draws: int, **changes: float) -> RatioFit:
    """A fit whose draws are all the same, but for countries, blocks and what is changed."""
    n_cells, rng = len(pairs.cells), np.random.default_rng(7)
    values = {
        "mean": -0.4 + 0.1 * np.arange(n_cells),
        "between": changes.get("between", 0.6) * (1 + 0.2 * np.arange(n_cells)),
        "within": changes.get("within", 0.3) * (1 + 0.1 * np.arange(n_cells)),
        "country_share": np.array(changes.get("share", 0.3)),
        "drift": np.array(0.2),
        "blocks_differ": np.array(changes.get("differ", 0.0)),
        "between_typical": np.array(-1.0),
        "between_differ": np.array(0.5),
        "within_typical": np.array(-2.0),
        "within_differ": np.array(0.5),
        "block_spread": np.linspace(-1, 1, len(pairs.blocks)),
        "block_weight": np.linspace(0.5, 1.5, len(pairs.blocks)),
        "country": rng.standard_normal(len(pairs.hosts)),
        "block": rng.standard_normal(len(pairs.blocks)),
    }
    return RatioFit(
        pairs,
        {name: np.repeat(value[None], draws, axis=0) for name, value in values.items()},
        GOOD,
    )


def new_place_below(x: np.ndarray, fit: RatioFit, cell: int) -> np.ndarray:
    """The distribution function of a new place: a normal and a scaled Student t, convolved."""
    mean, between, within = (fit.draws[name][0, cell] for name in ("mean", "between", "within"))
    share = fit.draws["country_share"][0]
    sd = math.sqrt(share * between**2 + within**2)
    scale = between * math.sqrt(1 - share)
    nodes, weights = special.roots_hermitenorm(60)
    z = (x[:, None] - mean - sd * nodes) / scale
    return stats.t(TAIL).cdf(z) @ (weights / weights.sum())


@pytest.mark.parametrize("cell", ["cumulative_issued.wave", "firms"])
@pytest.mark.parametrize(("share", "within"), [(0.3, 0.3), (0.9, 0.05), (0.05, 0.05), (0.5, 1.5)])
def test_a_new_place_differs_by_country_block_and_itself(
    cell: str, share: float, within: float
) -> None:
    """By Kolmogorov and Smirnov's test at a level of 1e-4."""
    fit = made_up(invented(), 40_000, share=share, within=within)
    drawn, number = fit.new_place(cell, np.random.default_rng(1)), fit.evidence.cells.index(cell)
    found = stats.kstest(drawn, lambda x: new_place_below(x, fit, number))
    assert found.pvalue > LEVEL


def test_numbers_issued_earlier_have_drifted_further() -> None:
    fit = made_up(invented(), 100)
    now, later = (
        fit.new_place("firms", np.random.default_rng(1), log_age=age) for age in (0.0, 2.5)
    )
    assert later - now == pytest.approx(np.full(100, 2.5 * 0.2))


def test_expected_pairs_have_their_country_block_and_error() -> None:
    pairs = invented()
    fit = made_up(pairs, 3, differ=0.4)
    found_mean, found_sd = held_out.expected(fit, np.arange(7))
    one = {name: values[0] for name, values in fit.draws.items()}
    for i in range(7):
        k, share = pairs.cell[i], one["country_share"]
        place = math.sqrt(share) * one["country"][pairs.host[i]]
        place += math.sqrt(1 - share) * one["block"][pairs.block[i]]
        mean = one["mean"][k] + one["between"][k] * place + 0.2 * pairs.log_age[i]
        assert found_mean[:, i] == pytest.approx(np.full(3, mean))
        own = one["within"][k] * math.exp(0.4 * one["block_spread"][pairs.block[i]])
        sd = math.sqrt(own**2 + pairs.error_sd[i] ** 2)
        assert found_sd[:, i] == pytest.approx(np.full(3, sd))


def test_blocks_are_drawn_given_their_pairs() -> None:
    """Each from its conditional normal; that of pairs which are held out from its prior."""
    pairs, n = invented(), 40_000
    fit = made_up(pairs, n, within=0.05, differ=0.4)
    one = {name: values[0] for name, values in fit.draws.items()}
    counted = np.ones(7)
    counted[[3, 5]] = 0
    data = {"log_ratio": pairs.log_ratio, "counted": counted}
    maker: Any = SimpleNamespace(evidence=pairs)
    drawn = RatioSampler._draw_blocks(maker, fit.draws, data, np.random.default_rng(2))
    cell, share = pairs.cell, one["country_share"]
    left = pairs.log_ratio - one["mean"][cell] - 0.2 * pairs.log_age
    left = left - one["between"][cell] * math.sqrt(share) * one["country"][pairs.host]
    for number in range(len(pairs.blocks)):
        own = np.flatnonzero((pairs.block == number) & (counted > 0))
        load = one["between"][cell[own]] * math.sqrt(1 - share)
        prior = 1 / one["block_weight"][number]
        spread = one["within"][cell[own]] * math.exp(0.4 * one["block_spread"][number])
        noise = np.diag(spread**2 + pairs.error_sd[own] ** 2)
        covariance = prior * np.outer(load, load) + noise
        gain = np.linalg.solve(covariance, prior * load) if len(own) else np.zeros(0)
        mean, variance = float(gain @ left[own]), float(prior - gain @ (prior * load))
        assert abs(drawn[:, number].mean() - mean) < FAR * math.sqrt(variance / n)
        assert drawn[:, number].var() == pytest.approx(variance, rel=FAR * math.sqrt(2 / n))


def test_chains_are_kept_one_after_the_other() -> None:
    values = np.arange(4 * 5 * 2).reshape(4, 5, 2)
    found = fitting._draws_first(values)
    assert found.tolist() == [values[c, d].tolist() for c in range(4) for d in range(5)]
    assert fitting._draws_first(values[..., 0]).tolist() == values[..., 0].ravel().tolist()


class Sampler:
    """Stands for the compiled model: it remembers what it was asked, and makes a fit up."""

    certificate = GOOD
    asked: list[dict[str, Any]]

    def __init__(self, evidence: Evidence) -> None:
        self.evidence, self.asked = evidence, []
        Sampler.last = self

    last: Sampler

    def fit(self, seed: int, **options: Any) -> RatioFit:
        self.asked.append({"seed": seed, **options})
        return replace(made_up(self.evidence, 2_000), certificate=self.certificate)


def test_ratios_that_are_not_certified_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "RatioSampler", Sampler)
    assert fit_ratios(invented()).certificate.certified
    monkeypatch.setattr(Sampler, "certificate", GOOD._replace(certified=False))
    with pytest.raises(RatiosNotCertifiedError, match="not certified"):
        fit_ratios(invented())


# ---- pairs that are held out


def test_log_densities_are_scipy_s() -> None:
    values, mean, sd = np.array([0.3, -2.0]), np.array([[0.0, 1.0]]), np.array([[0.5, 3.0]])
    expected = stats.norm(mean, sd).logpdf(values)
    assert held_out.log_normal_density(values, mean, sd) == pytest.approx(expected, rel=1e-12)
    table_of = np.random.default_rng(1).normal(0, 30, (5, 3))
    truth = special.logsumexp(table_of, axis=0) - math.log(5)
    assert held_out.log_mean_exp_columns(table_of) == pytest.approx(truth, rel=1e-12)


def test_each_block_is_predicted_without_its_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranks and scores of a fit that is made up, beside the pooled and the argued normal."""
    monkeypatch.setattr(held_out, "RatioSampler", Sampler)
    pairs, argued = invented(), {"firms": (0.25, 0.4)}
    found = held_out.validate(pairs, "block", argued=argued)
    groups = [each.block for each in pairs.pairs]
    fit = made_up(pairs, 1)
    mean, sd = (values[0] for values in held_out.expected(fit, np.arange(7)))
    places = {each.id: place for place, each in enumerate(pairs.pairs)}
    for name, asked in zip(("a", "b", "c"), Sampler.last.asked, strict=True):
        assert asked["counted"].tolist() == [group != name for group in groups]
    assert sorted(each.pair for each in found) == sorted(places)
    for each in found:
        i = places[each.pair]
        others = pairs.log_ratio[[group != groups[i] for group in groups]]
        normal = stats.norm(mean[i], sd[i])
        value = pairs.log_ratio[i]
        rank = normal.cdf(value)
        assert each.rank == pytest.approx(rank, abs=FAR * math.sqrt(0.25 / 2_000))
        assert each.log_score == pytest.approx(normal.logpdf(value))
        pooled = stats.norm(np.mean(others), math.sqrt(np.var(others, ddof=1)))
        assert each.pooled == pytest.approx(pooled.logpdf(value))
        if each.cell == "firms":
            hand = stats.norm(math.log(0.25), math.hypot(0.4, pairs.error_sd[i]))
            assert each.argued == pytest.approx(hand.logpdf(value))
        else:
            assert each.argued is None
    assert {each.rank < 0.3 for each in found} == {True, False}


# ---- simulation-based calibration


def half_normal_mixture_below(x: np.ndarray) -> np.ndarray:
    """P(log spread - log median <= x): typical N(0, 0.7) and own N(0, d), d half-normal(0.7)."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    d = 3.5 * (nodes + 1)
    density = weights * stats.halfnorm(scale=0.7).pdf(d)
    below = stats.norm.cdf(x[:, None] / np.hypot(0.7, d))
    return below @ (density / density.sum())


def test_truths_are_drawn_from_the_priors() -> None:
    """Each by itself, by Kolmogorov and Smirnov's test at a level of 1e-4."""
    pairs, rng = invented(), np.random.default_rng(3)
    drawn = [draw_truth(pairs, rng) for _ in range(4_000)]
    draws = {name: np.array([each[name] for each in drawn]) for name in drawn[0]}
    regimes, alone = stats.norm(-0.5, math.hypot(1.5, 0.5)), stats.norm(-0.5, 1.5)
    expected: list[tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]] = [
        (draws["mean"][:, 0], regimes.cdf),
        (draws["mean"][:, 2], alone.cdf),
        (draws["mean"][:, 1] - draws["mean"][:, 0], stats.norm(0, 0.5 * math.sqrt(2)).cdf),
        (np.log(draws["between"][:, 0] / 0.25), half_normal_mixture_below),
        (np.log(draws["within"][:, 2] / 0.15), half_normal_mixture_below),
        (draws["country_share"], stats.beta(2, 2).cdf),
        (draws["country"][:, 1], stats.norm.cdf),
        (draws["block"][:, 1], stats.t(TAIL).cdf),
        (draws["drift"], stats.norm(0.15, 0.15).cdf),
        (draws["blocks_differ"], stats.halfnorm(scale=0.5).cdf),
        (draws["block_spread"][:, 1], stats.norm.cdf),
    ]
    for values, below in expected:
        assert stats.kstest(values, below).pvalue > LEVEL


def test_types_without_regimes_differ_by_their_own_prior_alone() -> None:
    """The standard deviation of 24,000 means of types is 1.5, within 4.5 standard errors."""
    kinds = ("census_of_recent", "firms", "pupils", "stay_registrations", "voters")
    kinds = (*kinds, "employed_or_work_permits")
    pairs = Evidence.of([pair(kind, "Avaria", kind, kind) for kind in kinds])
    rng = np.random.default_rng(6)
    means = np.array([draw_truth(pairs, rng)["mean"] for _ in range(4_000)])
    assert means.std() == pytest.approx(1.5, rel=FAR / math.sqrt(2 * means.size))


def test_simulated_ratios_are_normal_around_their_place() -> None:
    pairs = invented()
    fit = made_up(pairs, 1)
    truth = {name: values[0] for name, values in fit.draws.items()}
    mean, sd = (values[0] for values in held_out.expected(fit, np.arange(7)))
    rng, n = np.random.default_rng(4), 10_000
    drawn = np.array([draw_log_ratios(pairs, truth, rng) for _ in range(n)])
    assert (np.abs(drawn.mean(axis=0) - mean) < FAR * sd / math.sqrt(n)).all()
    assert drawn.std(axis=0) == pytest.approx(sd, rel=FAR / math.sqrt(2 * n))
    correlation = np.corrcoef(drawn.T) - np.eye(7)
    assert np.abs(correlation).max() < FAR / math.sqrt(n)


def test_ranks_are_shares_below_what_was_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """A truth that is as high as can be, quantity by quantity, has ranks of 1 and no others."""
    pairs = invented()
    names = calibration.quantities(pairs)
    assert names[3:6] == tuple(f"new place of {cell}" for cell in pairs.cells)
    low = {name: values[0] for name, values in made_up(pairs, 1).draws.items()}
    low = {name: value - 5.0 for name, value in low.items()} | {
        "between": 0.01 * low["between"],
        "within": 0.01 * low["within"],
        "country_share": np.array(0.01),
        "blocks_differ": np.array(0.0),
    }

    def truths(high: str) -> dict[str, np.ndarray]:
        kind, _, cell = high.partition(" of ")
        truth = {name: np.array(value) for name, value in low.items()}
        if high == "drift":
            truth["drift"] = np.array(9.0)
        elif high == "country share":
            truth["country_share"] = np.array(0.99)
        elif high == "blocks differ":
            truth["blocks_differ"] = np.array(9.0)
        elif kind in ("mean", "between", "within"):
            truth[kind][pairs.cells.index(cell)] = 9.0
        return truth

    single = {"drift", "country share", "blocks differ"}
    for high in (*sorted(single), *names[6:]):
        monkeypatch.setattr(calibration, "draw_truth", lambda *_, of=high: truths(of))
        sampler: Any = Sampler(pairs)
        ranks = dict(zip(names, replicate(sampler, 1).ranks, strict=True))
        assert ranks[high] == 1.0
        others = {*names[6:], *single} - {high}
        assert {ranks[name] for name in others} == {0.0}
        cell = high.partition(" of ")[2]
        if high.startswith("mean"):
            assert ranks[f"new place of {cell}"] > 0.9
            elsewhere = [ranks[f"new place of {name}"] for name in pairs.cells if name != cell]
            assert max(elsewhere) < 0.1


# ---- the table


def test_a_row_of_the_table_is_the_predicted_distribution() -> None:
    """Without spread between places all is normal: median, interval and tau have closed forms."""
    pairs = Evidence(
        tuple(replace(each, block="e") if each.id == "C2" else each for each in invented().pairs)
    )
    fit = made_up(pairs, 100_000, between=0.0, within=0.5)
    row = learned_ratio(fit, "firms", "", "x")
    mean, sd = -0.2, 0.5 * 1.2
    assert math.log(row.median) == pytest.approx(mean, abs=0.01)
    assert math.log(row.lower) == pytest.approx(mean - 1.6449 * sd, abs=0.02)
    assert math.log(row.upper) == pytest.approx(mean + 1.6449 * sd, abs=0.02)
    assert row.tau == pytest.approx(sd, rel=0.02)
    assert row.tails > 30 and row.scale == pytest.approx(row.tau, rel=0.03)
    assert (row.standing, row.oldest_months, row.definition) == ("learned", 0, "")
    assert (row.type, row.regime, row.drift, row.drift_sd) == ("firms", "", 0.0, 0.0)
    assert (row.n_pairs, row.n_blocks, row.n_countries) == (3, 3, 2)


def test_tails_are_those_of_the_98_percent_interval() -> None:
    fit = made_up(invented(), 200_000, between=0.5, within=1e-9, share=1e-9)
    row = learned_ratio(fit, "cumulative_issued.settled", "", "x")
    assert row.tails == pytest.approx(TAIL, rel=0.1)
    assert row.scale * stats.t(row.tails).ppf(0.95) == pytest.approx(1.6449 * row.tau, rel=1e-3)
    assert row.oldest_months == 60
    for degrees in (2.5, 4.0, 30.0):
        wide, narrow = stats.t(degrees).ppf([0.99, 0.95])
        assert tails_of(wide / narrow) == pytest.approx(degrees, rel=1e-6)
    assert (tails_of(9.0), tails_of(1.3)) == (LEAST_TAILS, MOST_TAILS)


def test_a_definition_of_no_pair_is_wide_or_refused() -> None:
    rows = {(row.name, row.definition): row for row in rows_of(made_up(invented(), 9_000), "", "x")}
    assert (
        rows["firms", ""].standing == rows["cumulative_issued.wave", "stay"].standing == "learned"
    )
    refused = rows["cumulative_issued.wave", "transit"]
    assert refused.standing == "refused" and math.isnan(refused.median)
    unknown = rows["census_of_recent", "twelve_months"]
    assert (unknown.standing, unknown.n_pairs) == ("wide", 0)
    assert unknown.lower < 0.08 and unknown.upper > 5
    assert {name.partition(".")[0] for name, _ in rows} == set(TYPES)


def test_numbers_issued_have_the_drift_of_the_fit() -> None:
    pairs = invented()
    fit = made_up(pairs, 10_000)
    fit.draws["drift"] = np.random.default_rng(5).normal(0.2, 0.1, 10_000)
    row = learned_ratio(fit, "cumulative_issued.wave", "Avaria", "x")
    assert row.drift == pytest.approx(0.2, abs=0.005)
    assert row.drift_sd == pytest.approx(0.1, rel=0.05)
    assert (row.n_pairs, row.n_blocks, row.n_countries) == (3, 2, 2)


def test_ratios_are_learned_without_each_country(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[set[str]] = []

    def fitted(evidence: Evidence, seed: int) -> RatioFit:
        used.append({each.country for each in evidence.pairs})
        return made_up(evidence, 50)

    monkeypatch.setattr(table, "fit_ratios", fitted)
    rows = learn(3, ("", "Czechia", "Serbia"))
    assert [row.without for row in rows] == sorted(row.without for row in rows)
    everywhere = {each.country for each in load_pairs() if each.use}
    assert {"Czechia", "Serbia"} <= everywhere
    assert used == [everywhere, everywhere - {"Czechia"}, everywhere - {"Serbia"}]
