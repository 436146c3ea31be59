"""Whether learned ratios hold at places that were not used to learn them.

Each block, or each country, is held out in turn and its pairs are predicted from the others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Literal

import numpy as np

from popest.engines.draws import log_mean_exp
from popest.ratios.evidence import Evidence, cell_of
from popest.ratios.fit import RatioFit, RatioSampler
from popest.study.specification.learned import calibration_folder

PROBABILITIES = (0.5, 0.8, 0.9)
DRAWS_PER_CHAIN = 1_500
HELD_OUT_FILE = "held_out.csv"


@dataclass(frozen=True)
class HeldOut:
    """One pair that was predicted without its block or country.

    `rank` is the predictive probability below its log ratio, `log_score` the log predictive
    density there; `pooled` is that of one log-normal for all types, fitted to the same other
    pairs, and `argued` that of the prior argued by hand, where there is one.
    """

    pair: str
    cell: str
    group: str
    rank: float
    log_score: float
    pooled: float
    argued: float | None
    certified: bool


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
    mean, sd = fit.expected(out)
    rng = np.random.default_rng([seed, *name.encode()])
    drawn = mean + sd * rng.standard_normal(mean.shape)
    values, others = evidence.log_ratio[out], evidence.log_ratio[kept]
    scores = log_mean_exp_columns(log_normal_density(values, mean, sd))
    result = []
    for place, pair_place in enumerate(out):
        pair = evidence.pairs[pair_place]
        prior, value = argued.get(cell_of(pair)), values[place]
        error = evidence.error_sd[pair_place]
        result.append(
            HeldOut(
                pair.id,
                cell_of(pair),
                name,
                float((drawn[:, place] < value).mean()),
                float(scores[place]),
                float(log_normal_density(value, others.mean(), others.std(ddof=1))),
                None
                if prior is None
                else float(log_normal_density(value, np.log(prior[0]), np.hypot(prior[1], error))),
                fit.certificate.certified,
            )
        )
    return result


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


def read_held_out(by: Literal["block", "country"]) -> list[HeldOut]:
    """Return the pairs that ship with popest as they were held out, by block or by country."""
    path = calibration_folder() / HELD_OUT_FILE
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["by"] == by]
    return [
        HeldOut(
            pair=row["pair"],
            cell=row["cell"],
            group=row["group"],
            rank=float(row["rank"]),
            log_score=float(row["log_score"]),
            pooled=float(row["pooled"]),
            argued=float(row["argued"]) if row["argued"] else None,
            certified=row["certified"] == "True",
        )
        for row in rows
    ]
