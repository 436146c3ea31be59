"""Simulation-based calibration of the model of the pairs: whether its intervals hold the truth.

As a script, with the number of replicates::

    python benchmarks/ratios.py 200

Each replicate draws a truth from the prior, simulates the ratios of all pairs at their own places,
and takes the rank of the truth in the fit of these ratios (Talts and others 2018): some 5 seconds.
"""

import math
import sys
from time import perf_counter
from typing import NamedTuple

import numpy as np

from popest.checks.methods.ecdf_bands import binomial_bounds
from popest.ratios.evidence import Evidence
from popest.ratios.fit import RatioSampler
from popest.ratios.model import (
    BETWEEN_MEDIAN,
    BLOCKS_DIFFER_SD,
    COUNTRY_SHARE,
    DRIFT_MEAN,
    DRIFT_SD,
    REGIME_SD,
    SPREAD_SD,
    SPREADS_DIFFER_SD,
    TAIL,
    TYPE_MEAN,
    TYPE_SD,
    WITHIN_MEDIAN,
)
from popest.ratios.pairs.load import load_pairs

PROBABILITIES = (0.5, 0.8, 0.9, 0.95)
REPORTED_EVERY = 10
DRAWS_PER_CHAIN = 1_500


class Replicate(NamedTuple):
    """Posterior probabilities below what was true, and whether the fit was certified.

    The ranks are of the drift, the country's share, how blocks differ, a new place of each type
    and regime, and then of each type's mean and both its spreads.
    """

    ranks: tuple[float, ...]
    certified: bool


def quantities(evidence: Evidence) -> tuple[str, ...]:
    """Return the names of the quantities whose ranks are taken."""
    kinds = ("new place", "mean", "between", "within")
    named = (f"{kind} of {cell}" for kind in kinds for cell in evidence.cells)
    return ("drift", "country share", "blocks differ", *named)


def replicate(sampler: RatioSampler, seed: int) -> Replicate:
    """Return the ranks of one truth, drawn from the prior, in the fit of its ratios."""
    evidence, rng = sampler.evidence, np.random.default_rng(seed)
    truth = draw_truth(evidence, rng)
    log_ratio = draw_log_ratios(evidence, truth, rng)
    fit = sampler.fit(seed, log_ratio=log_ratio, draws_per_chain=DRAWS_PER_CHAIN)
    new_places = {name: value[None] for name, value in truth.items()}
    single = ("drift", "country_share", "blocks_differ")
    ranks = [np.mean(fit.draws[name] < truth[name]) for name in single]
    for cell in evidence.cells:
        true = type(fit)(evidence, new_places, fit.certificate).new_place(cell, rng)
        ranks.append(np.mean(fit.new_place(cell, rng) < true))
    for name in ("mean", "between", "within"):
        ranks += list((fit.draws[name] < truth[name]).mean(axis=0))
    return Replicate(tuple(map(float, ranks)), fit.certificate.certified)


def draw_truth(evidence: Evidence, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw every quantity of the model from its prior."""
    n_cells = len(evidence.cells)
    type_mean = rng.normal(TYPE_MEAN, TYPE_SD, len(evidence.types))
    regime = REGIME_SD * rng.standard_normal(n_cells) * evidence.has_regimes
    return {
        "mean": type_mean[evidence.type_of_cell] + regime,
        "between": _draw_spreads(BETWEEN_MEDIAN, n_cells, rng),
        "within": _draw_spreads(WITHIN_MEDIAN, n_cells, rng),
        "country_share": np.asarray(rng.beta(*COUNTRY_SHARE)),
        "country": rng.standard_normal(len(evidence.hosts)),
        "block": rng.standard_t(TAIL, len(evidence.blocks)),
        "block_spread": rng.standard_normal(len(evidence.blocks)),
        "blocks_differ": np.asarray(abs(rng.normal(0, BLOCKS_DIFFER_SD))),
        "drift": np.asarray(rng.normal(DRIFT_MEAN, DRIFT_SD)),
    }


def _draw_spreads(median: float, n_cells: int, rng: np.random.Generator) -> np.ndarray:
    typical = rng.normal(math.log(median), SPREAD_SD)
    differ = abs(rng.normal(0, SPREADS_DIFFER_SD))
    spreads: np.ndarray = np.exp(typical + differ * rng.standard_normal(n_cells))
    return spreads


def draw_log_ratios(
    evidence: Evidence, truth: dict[str, np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Draw the log ratios of all pairs given the quantities of the model, `(pair,)`."""
    cell, share = evidence.cell, truth["country_share"]
    place = np.sqrt(share) * truth["country"][evidence.host]
    place = place + np.sqrt(1 - share) * truth["block"][evidence.block]
    expected = truth["mean"][cell] + truth["between"][cell] * place
    expected = expected + truth["drift"] * evidence.log_age
    own = np.exp(truth["blocks_differ"] * truth["block_spread"][evidence.block])
    sd = np.hypot(truth["within"][cell] * own, evidence.error_sd)
    drawn: np.ndarray = expected + sd * rng.standard_normal(len(sd))
    return drawn


def main() -> None:
    """Print the coverage of each kind of quantity."""
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    evidence, start = Evidence.of(load_pairs()), perf_counter()
    sampler, found = RatioSampler(evidence), []
    for seed in range(n_replicates):
        found.append(replicate(sampler, seed))
        if (seed + 1) % REPORTED_EVERY == 0:
            print(f"{seed + 1} of {n_replicates}, {perf_counter() - start:.0f} s", file=sys.stderr)
    ranks = np.array([each.ranks for each in found])
    failed = sum(not each.certified for each in found)
    print(f"{n_replicates} replicates, {failed} not certified, {perf_counter() - start:.0f} s")
    names = [name.split(" of ")[0] for name in quantities(evidence)]
    for kind in dict.fromkeys(names):
        own = ranks[:, [name == kind for name in names]]
        shares = [float((np.abs(own - 0.5) <= prob / 2).mean()) for prob in PROBABILITIES]
        print(f"{kind:14}", "  ".join(f"{share:6.1%}" for share in shares))
    bounds = [binomial_bounds(n_replicates, prob, 0.99) for prob in PROBABILITIES]
    print("bounds of one quantity, 99 %:", "  ".join(f"{a}-{b}" for a, b in bounds))


if __name__ == "__main__":
    main()
