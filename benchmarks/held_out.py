"""Whether learned ratios hold at places that were not used to learn them.

Each block, and then each country, is held out in turn and its pairs are predicted from the others.
As a script it writes ``held_out.csv``, which ships beside the pairs, in the current folder::

    python benchmarks/held_out.py

Some ten minutes.
"""

import csv
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.stats import t

from popest.engines.draws import log_mean_exp
from popest.ratios.evidence import Evidence, cell_of
from popest.ratios.fit import RatioFit, RatioSampler
from popest.ratios.pairs.load import load_pairs
from popest.ratios.table import pairs_sha256, tails_of
from popest.ratios.validation import HELD_OUT_FILE, HeldOut
from popest.study import load_study
from popest.study.specification.priors import NORMAL_QUANTILE_95

PROBABILITIES = (0.5, 0.8, 0.9)
DRAWS_PER_CHAIN = 1_500
ARGUED = {
    "census_of_recent": "census",
    "employed_or_work_permits": "work_permits",
    "firms": "companies",
    "permits_in_force.optional": "residence_permits",
}
"""The sources of the study ``serbia`` whose ratio priors were argued by hand, by their type."""


def validate(
    evidence: Evidence,
    by: Literal["block", "country"],
    *,
    argued: dict[str, tuple[float, float]] | None = None,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> list[HeldOut]:
    """Predict each pair without its block or its country.

    Parameters
    ----------
    evidence
        The pairs.
    by
        ``block`` or ``country``: what is held out together.
    argued
        Median and tau of priors argued by hand, by type and regime.
    seed
        Seed of the samplers.
    progress
        Called with a sentence before each fit.
    """
    groups = [pair.block if by == "block" else pair.country for pair in evidence.pairs]
    names = sorted(set(groups))
    sampler, found = RatioSampler(evidence), []
    for number, name in enumerate(names):
        if progress:
            progress(f"holding out {name} ({number + 1} of {len(names)})")
        out = np.array([group == name for group in groups])
        fit = sampler.fit(seed + number, counted=~out, draws_per_chain=DRAWS_PER_CHAIN)
        found += _held_out(fit, np.flatnonzero(out), np.flatnonzero(~out), name, argued or {}, seed)
    return found


def _held_out(
    fit: RatioFit,
    out: np.ndarray,
    kept: np.ndarray,
    name: str,
    argued: dict[str, tuple[float, float]],
    seed: int,
) -> list[HeldOut]:
    evidence = fit.evidence
    mean, sd = expected(fit, out)
    rng = np.random.default_rng([seed, *name.encode()])
    drawn = mean + sd * rng.standard_normal(mean.shape)
    values, others = evidence.log_ratio[out], evidence.log_ratio[kept]
    scores = log_mean_exp_columns(log_normal_density(values, mean, sd))
    result = []
    for place, pair_place in enumerate(out):
        pair = evidence.pairs[pair_place]
        new = fit.new_place(cell_of(pair), rng, float(evidence.log_age[pair_place]))
        prior, value = argued.get(cell_of(pair)), values[place]
        error = evidence.error_sd[pair_place]
        result.append(
            HeldOut(
                pair.id,
                cell_of(pair),
                name,
                float((drawn[:, place] < value).mean()),
                float(scores[place]),
                *stand_ins(new, value, error),
                float(log_normal_density(value, others.mean(), others.std(ddof=1))),
                None
                if prior is None
                else float(log_normal_density(value, np.log(prior[0]), np.hypot(prior[1], error))),
                fit.certificate.certified,
            )
        )
    return result


def stand_ins(new: np.ndarray, value: float, error: float) -> tuple[float, float]:
    """Return the log densities of the normal and of the t that stand for a prediction.

    Parameters
    ----------
    new
        Draws of the log ratio of a new place.
    value, error
        A log ratio, and the standard deviation of its error, which widens both.
    """
    least, lower, middle, upper, largest = np.quantile(new, [0.01, 0.05, 0.5, 0.95, 0.99])
    tau = (upper - lower) / (2 * NORMAL_QUANTILE_95)
    tails = tails_of((largest - least) / (upper - lower))
    scale = np.hypot((upper - lower) / (2 * t.ppf(0.95, tails)), error)
    tailed = t.logpdf(value, tails, middle, scale)
    return float(log_normal_density(value, middle, np.hypot(tau, error))), float(tailed)


def expected(fit: RatioFit, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of some pairs' log ratios, each `(draw, pair)`.

    Countries and blocks of which no pair was counted have their prior draws, so that this
    predicts pairs that were held out.
    """
    evidence, draws = fit.evidence, fit.draws
    cell = evidence.cell[pairs]
    share = draws["country_share"][:, None]
    place = np.sqrt(share) * draws["country"][:, evidence.host[pairs]]
    place += np.sqrt(1 - share) * draws["block"][:, evidence.block[pairs]]
    drift = draws["drift"][:, None] * evidence.log_age[pairs]
    mean = draws["mean"][:, cell] + draws["between"][:, cell] * place + drift
    return mean, np.hypot(fit.within_blocks(pairs), evidence.error_sd[pairs])


def log_normal_density(value: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Return the log density of a normal."""
    density: np.ndarray = -0.5 * ((value - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)
    return density


def log_mean_exp_columns(values: np.ndarray) -> np.ndarray:
    """Return the log of the mean of the exponentials of each column."""
    return np.array([log_mean_exp(column) for column in values.T])


def coverage(found: Sequence[HeldOut], prob: float) -> float:
    """Return the share of pairs inside their interval; each group counts once.

    Pairs that share a truth or a register are not independent, so each group's share is taken
    first and then the mean over groups.
    """
    groups: dict[str, list[bool]] = {}
    for each in found:
        groups.setdefault(each.group, []).append(abs(each.rank - 0.5) <= prob / 2)
    return float(np.mean([np.mean(inside) for inside in groups.values()]))


def mean_score(found: Sequence[HeldOut], name: str) -> float:
    """Return the mean over groups of a log score, by the name of its entry."""
    groups: dict[str, list[float]] = {}
    for each in found:
        groups.setdefault(each.group, []).append(getattr(each, name))
    return float(np.mean([np.mean(scores) for scores in groups.values()]))


def held_out_text(found: Sequence[tuple[str, HeldOut]], digest: str) -> str:
    """Return pairs that were held out as CSV, each with what it was held out by.

    Parameters
    ----------
    found
        ``block`` or ``country``, and the pair.
    digest
        SHA-256 of the file of the pairs.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["by", *(entry.name for entry in fields(HeldOut)), "pairs_sha256"])
    for by, each in found:
        cells = [f"{cell:.5g}" if isinstance(cell, float) else cell for cell in astuple(each)]
        writer.writerow([by, *cells, digest])
    return text.getvalue()


def main() -> None:
    """Write the file of the pairs that were held out."""
    evidence, sources = Evidence.of(load_pairs()), load_study("serbia").specification.source
    ratios = {cell: sources[name].ratio for cell, name in ARGUED.items()}
    argued = {cell: (ratio.median, ratio.tau) for cell, ratio in ratios.items() if ratio}
    found: list[tuple[str, HeldOut]] = []
    ways: tuple[Literal["block", "country"], ...] = ("block", "country")
    for by in ways:
        pairs = validate(
            evidence, by, argued=argued, progress=lambda said: print(said, file=sys.stderr)
        )
        found += [(by, pair) for pair in pairs]
    Path(HELD_OUT_FILE).write_text(held_out_text(found, pairs_sha256()), encoding="utf-8")


if __name__ == "__main__":
    main()
