"""Tests of the model of the pairs against densities written out in full, and of its fit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pair_fits import evidence, fit, sampler
from scipy import stats

from popest.ratios.evidence import cell_of
from popest.ratios.fit import RatioFit
from popest.ratios.model import (
    REGIME_SD,
    TAIL,
    TYPE_MEAN,
    TYPE_SD,
    build_ratio_model,
    mean_covariance,
)
from popest.ratios.pairs.load import Pair
from ratios import draw_truth, replicate


def values_at(model: Any, outputs: list[Any], point: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return variables of a model where its unbounded values are those of a point."""
    function = model.compile_fn(
        model.replace_rvs_by_values(outputs),
        inputs=model.value_vars,
        point_fn=True,
        on_unused_input="ignore",
        mode="FAST_COMPILE",
    )
    found: list[np.ndarray] = function(point)
    return found


def test_the_density_is_that_of_the_normal_with_the_covariance_written_out() -> None:
    pairs = evidence()
    model = build_ratio_model(pairs)
    rng = np.random.default_rng(3)
    point = {name: rng.normal(0, 0.4, value.shape) for name, value in model.initial_point().items()}
    outputs = [model["mean"], model["between"], model["within"], model["pairs"]]
    mean, between, within, found = values_at(model, outputs, point)
    share = 1 / (1 + np.exp(-point["country_share_logodds__"]))
    weight = np.exp(point["block_weight_log__"])
    cell = pairs.cell
    centre = mean[cell] + point["drift"] * pairs.log_age
    centre = centre + between[cell] * np.sqrt(share) * point["country"][pairs.host]
    loading = between[cell] * np.sqrt((1 - share) / weight[pairs.block])
    same = np.equal.outer(pairs.block, pairs.block)
    covariance = np.where(same, np.multiply.outer(loading, loading), 0.0)
    own = np.exp(np.exp(point["blocks_differ_log__"]) * point["block_spread"][pairs.block])
    covariance += np.diag((within[cell] * own) ** 2 + pairs.error_sd**2)
    expected = stats.multivariate_normal(centre, covariance).logpdf(pairs.log_ratio)
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_regime_differs_from_its_type_only_where_there_are_several() -> None:
    pairs = evidence()
    covariance = mean_covariance(pairs)
    for number, name in enumerate(pairs.cells):
        own = REGIME_SD**2 if "." in name else 0.0
        assert covariance[number, number] == pytest.approx(TYPE_SD**2 + own)
        for other, against in enumerate(pairs.cells[:number]):
            shared = TYPE_SD**2 * (name.partition(".")[0] == against.partition(".")[0])
            assert covariance[number, other] == pytest.approx(shared)


def test_a_regime_without_pairs_has_the_mean_of_its_type_and_a_type_without_is_open() -> None:
    """The mean of the type, given those of its regimes, is that of the normal written out."""
    found, rng = fit(), np.random.default_rng(3)
    own = [n for n, name in enumerate(evidence().cells) if name.startswith("border_balance.")]
    joint = TYPE_SD**2 + REGIME_SD**2 * np.eye(len(own))
    weights = TYPE_SD**2 * np.linalg.solve(joint, np.ones(len(own)))
    means = TYPE_MEAN + (found.draws["mean"][:, own] - TYPE_MEAN) @ weights
    expected = means.var() + TYPE_SD**2 * (1 - weights.sum()) + REGIME_SD**2
    drawn = found.mean_and_spreads("border_balance.other", rng)[0]
    assert drawn.mean() == pytest.approx(means.mean(), abs=0.05)
    assert drawn.std() == pytest.approx(np.sqrt(expected), rel=0.05)
    unknown = found.mean_and_spreads("voters", rng)[0]
    assert unknown.mean() == pytest.approx(TYPE_MEAN, abs=0.1)
    assert unknown.std() == pytest.approx(TYPE_SD, rel=0.05)
    assert found.mean_and_spreads("census_of_recent@twelve_months", rng)[0].std() > 1.3


def test_the_fit_is_certified_and_predicts_each_type_inside_its_pairs() -> None:
    assert fit().certificate.certified
    for cell in evidence().cells:
        draws = fit().new_place(cell, np.random.default_rng(1))
        ratios = np.log([pair.ratio for pair in evidence().of_cell(cell)])
        lower, upper = np.quantile(draws, [0.05, 0.95])
        assert lower < np.median(ratios) < upper
        assert (upper - lower) / (2 * 1.6449) > 0.9 * ratios.std()


def test_an_older_number_issued_has_a_higher_ratio() -> None:
    rng = np.random.default_rng
    now = fit().new_place("cumulative_issued.wave", rng(1))
    later = fit().new_place("cumulative_issued.wave", rng(1), log_age=1.0)
    assert np.allclose(later - now, fit().draws["drift"])
    assert fit().draws["drift"].mean() > 0.05


def test_held_out_pairs_do_not_count() -> None:
    pairs = evidence()
    out = np.array([pair.country == "Japan" for pair in pairs.pairs])
    moved = pairs.log_ratio + np.where(out, 0.3, 0.0)
    plain = sampler().fit(2, counted=~out, draws_per_chain=500)
    other = sampler().fit(2, counted=~out, log_ratio=moved, draws_per_chain=500)
    assert np.array_equal(plain.draws["mean"], other.draws["mean"])
    counted = sampler().fit(2, log_ratio=moved, draws_per_chain=500)
    japan = pairs.block[np.flatnonzero(out)[0]]
    assert counted.draws["block"][:, japan].mean() > plain.draws["block"][:, japan].mean() + 1


def test_effects_of_blocks_have_their_conditional_mean() -> None:
    """The residual of a pair is shared between its block and itself as their variances are."""
    pairs, draws = evidence(), fit().draws
    counts = np.bincount(pairs.block)
    pair = next(i for i in range(len(pairs.pairs)) if counts[pairs.block[i]] == 1)
    cell, block = pairs.cell[pair], pairs.block[pair]
    between, share = draws["between"][:, cell], draws["country_share"]
    loading = between * np.sqrt((1 - share) / draws["block_weight"][:, block])
    inside = fit().within_blocks(np.array([pair]))[:, 0]
    variance = inside**2 + pairs.error_sd[pair] ** 2
    left = pairs.log_ratio[pair] - draws["mean"][:, cell] - draws["drift"] * pairs.log_age[pair]
    left = left - between * np.sqrt(share) * draws["country"][:, pairs.host[pair]]
    scale = 1 / np.sqrt(draws["block_weight"][:, block])
    expected = scale * loading * left / (loading**2 + variance)
    sd = scale * np.sqrt(variance / (loading**2 + variance))
    standardised = (draws["block"][:, block] - expected) / sd
    assert abs(standardised.mean()) < 4 / np.sqrt(len(sd))
    assert standardised.std() == pytest.approx(1, abs=4 / np.sqrt(2 * len(sd)))


def test_a_place_far_out_moves_its_type_less_than_it_would_with_normal_tails() -> None:
    assert 2 < TAIL < 10
    pairs = evidence()
    block = next(pair.block for pair in pairs.pairs if pair.country == "Cyprus")
    own = [i for i, pair in enumerate(pairs.pairs) if pair.block == block]
    moved = pairs.log_ratio.copy()
    moved[own] += 1.5
    number = pairs.cells.index("permits_in_force.required")
    before = fit().draws["mean"][:, number].mean()
    after = sampler().fit(7, log_ratio=moved).draws["mean"][:, number].mean()
    blocks = len({pair.block for pair in pairs.of_cell("permits_in_force.required")})
    assert 0 < after - before < 1.5 / blocks


def test_ratios_simulated_from_the_model_are_recovered() -> None:
    """Eight sets of pairs drawn from the prior: ranks of what was true are not at the ends."""
    ranks = np.array(simulated_ranks(8))
    inside = np.abs(ranks - 0.5) <= 0.45
    # 8 sets of 3 quantities: fewer than 17 of 24 inside 90 % intervals has probability 0.001.
    assert inside.sum() >= 17


def simulated_ranks(n_sets: int) -> list[list[float]]:
    return [list(replicate(sampler(), seed).ranks[:3]) for seed in range(n_sets)]


def test_cells_are_types_with_their_regimes() -> None:
    pair: Pair = evidence().pairs[0]
    assert cell_of(replace(pair, type="firms", regime="", definition="")) == "firms"
    assert cell_of(replace(pair, type="permits_in_force", regime="early", definition="")).endswith(
        "force.early"
    )


def test_the_prior_leaves_a_new_place_open() -> None:
    pairs, rng = evidence(), np.random.default_rng(1)
    drawn = [draw_truth(pairs, rng) for _ in range(4_000)]
    draws = {name: np.array([each[name] for each in drawn]) for name in drawn[0]}
    prior = RatioFit(pairs, draws, fit().certificate)
    for cell in ("firms", "permits_in_force.optional"):
        lower, upper = np.exp(np.quantile(prior.new_place(cell, rng), [0.05, 0.95]))
        assert 0.03 < lower < 0.05 and 8 < upper < 12
