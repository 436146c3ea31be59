"""The whole density of the model of the pairs, priors included, against SciPy's densities.

The numbers of the priors are written here once more: a prior that is changed in one place alone
is a slip.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from popest.ratios.evidence import Evidence
from popest.ratios.model import build_ratio_model
from popest.ratios.pairs.load import load_pairs

FAST = "FAST_COMPILE"  # PyTensor's mode that spares the C compiler


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence.of(load_pairs())


@pytest.fixture(scope="module")
def model(evidence: Evidence) -> Any:
    return build_ratio_model(evidence)


def point_of(model: Any, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    start = model.initial_point()
    return {name: rng.normal(0, 0.4, value.shape) for name, value in start.items()}


def parts_of(evidence: Evidence, point: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the unbounded values of a point stand for, cell by cell."""
    parts = {"mean": point["mean"]}
    for name in ("between", "within"):
        differ = np.exp(point[f"{name}_differ_log__"])
        parts[f"{name}_differ"] = differ
        parts[name] = np.exp(point[f"{name}_typical"] + differ * point[f"{name}_own"])
    parts["blocks_differ"] = np.exp(point["blocks_differ_log__"])
    parts["share"] = 1 / (1 + np.exp(-point["country_share_logodds__"]))
    parts["weight"] = np.exp(point["block_weight_log__"])
    return parts


def log_prior(
    evidence: Evidence, point: dict[str, np.ndarray], parts: dict[str, np.ndarray]
) -> float:
    """Without what comes from bounding the values."""
    total = 0.0
    for kind in range(len(evidence.types)):
        own = np.flatnonzero(evidence.type_of_cell == kind)
        covariance = np.full((len(own), len(own)), 1.5**2)
        if len(own) > 1:
            covariance += 0.5**2 * np.eye(len(own))
        normal = stats.multivariate_normal(np.full(len(own), -0.5), covariance)
        total += normal.logpdf(point["mean"][own])
    total += stats.halfnorm(scale=0.5).logpdf(parts["blocks_differ"])
    total += stats.norm(0, 1).logpdf(point["block_spread"]).sum()
    for name, median in (("between", 0.25), ("within", 0.15)):
        total += stats.norm(np.log(median), 0.7).logpdf(point[f"{name}_typical"])
        total += stats.halfnorm(scale=0.7).logpdf(parts[f"{name}_differ"])
        total += stats.norm(0, 1).logpdf(point[f"{name}_own"]).sum()
    total += stats.beta(2, 2).logpdf(parts["share"])
    total += stats.norm(0, 1).logpdf(point["country"]).sum()
    total += stats.gamma(2, scale=1 / 2).logpdf(parts["weight"]).sum()
    total += stats.norm(0.15, 0.15).logpdf(point["drift"])
    return float(total)


def log_likelihood(
    evidence: Evidence,
    point: dict[str, np.ndarray],
    parts: dict[str, np.ndarray],
    counted: np.ndarray,
) -> float:
    """The normal density of the pairs that count, blocks integrated, given all else."""
    cell, share = evidence.cell, parts["share"]
    mean = parts["mean"][cell] + point["drift"] * evidence.log_age
    mean = mean + parts["between"][cell] * np.sqrt(share) * point["country"][evidence.host]
    loading = parts["between"][cell] * np.sqrt((1 - share) / parts["weight"][evidence.block])
    covariance = np.multiply.outer(loading, loading)
    covariance *= np.equal.outer(evidence.block, evidence.block)
    own = np.exp(parts["blocks_differ"] * point["block_spread"][evidence.block])
    covariance += np.diag((parts["within"][cell] * own) ** 2 + evidence.error_sd**2)
    at = np.flatnonzero(counted)
    normal = stats.multivariate_normal(mean[at], covariance[np.ix_(at, at)])
    return float(normal.logpdf(evidence.log_ratio[at]))


def test_the_joint_density_is_priors_times_pairs(evidence: Evidence, model: Any) -> None:
    joint = model.compile_fn(
        model.logp(jacobian=False), inputs=model.value_vars, point_fn=True, mode=FAST
    )
    everything = np.ones(len(evidence.pairs), dtype=bool)
    for seed in range(3):
        point = point_of(model, seed)
        parts = parts_of(evidence, point)
        truth = log_prior(evidence, point, parts) + log_likelihood(
            evidence, point, parts, everything
        )
        # PyTensor takes the logarithms of constants such as 1.5 in single precision.
        assert float(joint(point)) == pytest.approx(truth, abs=1e-5)


def test_held_out_pairs_have_no_part_in_the_density(evidence: Evidence, model: Any) -> None:
    """Some of a block, and a whole block, held out: what is left is the others' marginal."""
    import pymc as pm

    counted = np.random.default_rng(1).uniform(size=len(evidence.pairs)) < 0.6
    counted[evidence.block == evidence.block[0]] = False
    pairs = model.compile_fn(
        model.replace_rvs_by_values([model["pairs"]]),
        inputs=model.value_vars,
        point_fn=True,
        on_unused_input="ignore",
        mode=FAST,
    )
    point = point_of(model, 4)
    truth = log_likelihood(evidence, point, parts_of(evidence, point), counted)
    try:
        with model:
            pm.set_data({"counted": counted * 1.0})
        assert float(pairs(point)[0]) == pytest.approx(truth, rel=1e-9)
    finally:
        with model:
            pm.set_data({"counted": np.ones(len(counted))})
