"""Each check meets a planted fault, which it must find, and a sound study, which it must pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from static_town import Town

import popest
from popest.checks import check_engines_agree
from popest.checks.check_conflict import conflict
from popest.checks.check_drivers import drivers
from popest.checks.check_engines_agree import engines_agree
from popest.checks.check_leave_one_out import leave_one_out
from popest.checks.check_posterior_predictive import posterior_predictive
from popest.checks.check_prior_predictive import prior_predictive
from popest.checks.check_ridge import ridge
from popest.checks.check_sensitivity import sensitivity
from popest.checks.check_tipping import tipping
from popest.checks.check_variants import variants
from popest.checks.methods import fitted
from popest.checks.methods.adjusted import holm
from popest.checks.methods.regression import explained_share
from popest.checks.result import CheckResult, Context
from popest.engines.bank import Bank, run_bank
from popest.engines.draws import Certificate, Draws
from popest.model.model import Model
from popest.study import study_from_texts

SHARP = {name: (median, 0.05) for name, (median, _) in Town().ratios.items()}


def flagged(result: CheckResult, key: str = "source") -> set[str]:
    return {str(row[key]) for row in result.table if row["flagged"]}


def test_prior_predictive() -> None:
    assert prior_predictive(Town().context()).passed is True
    found = prior_predictive(Town(median=900.0, sigma=0.2).context())
    assert found.passed is False
    assert flagged(found) == {"permits", "census", "pupils", "tax"}
    assert "permits1" in found.sentence


def test_posterior_predictive() -> None:
    assert posterior_predictive(Town().context()).passed is True
    town = Town(ratios=SHARP, noise=0.05).times("tax", 3)
    found = posterior_predictive(town.context())
    assert found.passed is False
    assert "tax" in flagged(found)
    assert "tax1" in found.sentence


def test_posterior_predictive_tells_what_noise_paid_for_the_fit() -> None:
    assert "error" not in posterior_predictive(Town().context()).sentence
    text = Town(ratios=SHARP).times("tax", 3).study
    loose = text.specification_text.replace("sigma = 0,", "sigma = 2,")
    found = posterior_predictive(Context(study_from_texts("town", loose, text.observations_text)))
    assert "took an error over 3 times the one expected of all sources" in found.sentence


def test_leave_one_out_names_the_source_that_moves_most() -> None:
    town = Town(ratios=SHARP).times("tax", 3)
    found = leave_one_out(town.context())
    assert found.sentence.startswith("tax moves the median most")
    moves = {row["case"]: abs(float(row["move_in_widths"] or 0)) for row in found.table}
    assert moves["without tax"] > 1
    calm = leave_one_out(Town().context())
    assert max(abs(float(row["move_in_widths"] or 0)) for row in calm.table[:5]) < 0.25


def test_leave_one_out_keeps_and_names_what_is_not_certified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = Town().context()
    fit = context.without["tax"]
    context.without["tax"] = replace(
        fit, draws=replace(fit.draws, certificate=Certificate(False, 0.9, 12.0))
    )
    found = leave_one_out(context)
    assert "Not certified: without tax." in found.sentence
    (row,) = [row for row in found.table if row["case"] == "without tax"]
    assert row["certified"] is False
    assert conflict(context).passed is None


def test_a_study_that_is_not_certified_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bank, "certificate", Certificate(False, 0.9, 12.0))
    monkeypatch.setattr(fitted, "MOST_SECONDS", 0.0)
    with pytest.raises(popest.NotCertifiedError, match="not certified"):
        ridge(Town().context())


def test_a_count_three_times_too_high_is_a_conflict() -> None:
    sharp = Town(ratios={name: (median, 0.2) for name, (median, _) in SHARP.items()})
    assert conflict(sharp.context()).passed is True
    found = conflict(sharp.times("tax", 3).context())
    assert found.passed is False
    assert flagged(found) == {"tax"}
    assert found.sentence.startswith("tax contradicts what the other sources predict")
    (row,) = [row for row in found.table if row["source"] == "tax"]
    assert float(row["log_evidence_gain"] or 0) < -2


def test_holm() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.5})
    assert adjusted == pytest.approx({"a": 0.04, "b": 0.09, "c": 0.09, "d": 0.5})
    assert holm({"a": 0.9, "b": 0.8}) == pytest.approx({"a": 1.0, "b": 1.0})


def test_drivers_names_what_the_width_comes_from() -> None:
    town = Town(ratios={**SHARP, "tax": (0.3, 1.0)}, sigma=3).only("tax")
    found = drivers(town.context())
    assert "comes from not knowing the ratio of tax" in found.sentence
    assert float(found.table[0]["share_of_variance"] or 0) > 0.95
    loose = Town(ratios=SHARP, noise=0.5)
    assert float(drivers(loose.context()).table[0]["share_of_variance"] or 0) < 0.05


def test_what_says_nothing_explains_nothing() -> None:
    rng = np.random.default_rng(5)
    noise, target = rng.standard_normal((60, 2_000)), rng.standard_normal(2_000)
    weights = np.full(2_000, 1 / 2_000)
    # Sixty cubics would explain 9 % of these draws if they were judged where they were fitted.
    assert explained_share(noise, target, weights, rng).share < 0.01


def test_what_explains_all_is_found_however_it_bends() -> None:
    rng = np.random.default_rng(6)
    u = rng.standard_normal((2, 20_000))
    weights = rng.uniform(size=20_000)
    weights /= weights.sum()
    found = explained_share(u, u[0] ** 3 - u[0] * u[1], weights, rng)
    assert found.share == pytest.approx(1, abs=1e-6)
    half = explained_share(
        u, u[0] + u[1] ** 2 / np.sqrt(2) + rng.standard_normal(20_000), weights, rng
    )
    assert abs(half.share - 2 / 3) < 4 * half.se < 0.05


def test_ridge_tells_what_data_rule_out() -> None:
    vague = ridge(Town(sigma=5).context())
    assert all(row["possible"] for row in vague.table)
    assert "rule nothing out" in vague.sentence
    known = ridge(Town(sigma=0.05).context())
    assert not known.table[0]["possible"] and not known.table[-1]["possible"]
    assert "times as high or lower, or" in known.sentence
    assert len(ridge(Town().context(quick=True)).table) == 5


def test_sensitivity_flags_an_estimate_that_hangs_on_one_prior() -> None:
    assert flagged(sensitivity(Town().context()), "case") == set()
    found = sensitivity(Town(sigma=3).only("tax").context())
    assert (
        "tax: ratio -1 tau" in flagged(found, "case") <= {"tax: ratio -1 tau", "tax: ratio +1 tau"}
    )
    assert "tax: ratio -1 tau" in found.sentence


def test_variants_measures_the_reach_of_the_specification() -> None:
    extra = '\n[variant.larger]\nbecause = "a doubt"\nset = {{ "{}" = {} }}\n'
    near = Town(extra=extra.format("population.size.median", 9_100))
    far = Town(extra=extra.format("source.permits.ratio.interval90", "[0.499, 0.501]")).times(
        "permits", 3
    )
    moves = [
        abs(float(variants(town.context()).table[1]["move_in_widths"] or 0)) for town in (near, far)
    ]
    assert moves[0] < 0.05
    assert moves[1] > 0.5
    assert "(larger)" in variants(far.context()).sentence
    assert "declares no variants" in variants(Town().context()).sentence


def test_tipping_finds_none_where_none_is() -> None:
    found = tipping(Town().context(threshold=30_000.0))
    assert all(row["change"] is None for row in found.table)
    assert "No change of one median by 2 tau or less tips it." in found.sentence
    near = tipping(Town().context(threshold=9_200.0))
    assert "The smallest change that tips it: the ratio of pupils" in near.sentence


def test_tipping_takes_the_first_range_when_no_size_is_asked() -> None:
    assert tipping(Town().context()).table[0]["threshold"] == 9_000


@pytest.mark.parametrize("threshold", [-1.0, float("nan"), float("inf")])
def test_tipping_refuses_what_is_no_size(threshold: float) -> None:
    with pytest.raises(popest.UsageError, match="write a number of 0 or more"):
        tipping(Town().context(threshold=threshold))


def other_engine(factor: float, certified: bool) -> object:
    """An engine that is off by a factor."""

    def run(model: Model, seed: int) -> Draws:
        found = run_bank(model, np.random.default_rng(seed)).draws(model)
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(found.weights), 8_000, p=found.weights)
        state = model.state(found.state.u[:, chosen])
        population = state.population._replace(stock=state.population.stock * factor)
        certificate = Certificate(certified, r_hat=1.0, ess_bulk=9e3, ess_tail=9e3, divergences=0)
        weights = np.full(8_000, 1 / 8_000)
        moved = replace(state, population=population)
        return Draws("nuts", moved, weights, certificate, None, n_chains=4)

    return run


@pytest.mark.parametrize(
    ("factor", "certified", "passed"), [(1.0, True, True), (1.05, True, False), (1.0, False, None)]
)
def test_engines_agree(
    factor: float, certified: bool, passed: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_engines_agree, "run_nuts", other_engine(factor, certified))
    found = engines_agree(Town().context())
    assert found.passed is passed
    assert ("tells nothing" in found.sentence) == (not certified)
