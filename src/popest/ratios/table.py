"""The table of learned ratios that ships; ``popest.study.specification.learned`` reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path

import numpy as np

from popest.ratios.evidence import Evidence
from popest.ratios.fit import RatioFit, fit_ratios
from popest.ratios.pairs.load import PAIRS_FILE, load_pairs
from popest.ratios.pairs.records import DRIFTING_TYPE
from popest.study.files.whole import write_whole
from popest.study.specification.learned import (
    COLUMNS,
    RATIOS_FILE,
    LearnedRatio,
    calibration_folder,
)
from popest.study.specification.priors import NORMAL_QUANTILE_95

NORMAL_QUANTILE_99 = 2.3263
DIGITS = 4
WITHOUT = ("", "Czechia", "Georgia", "Ireland", "Serbia")
"""Countries without which the ratios are learned too: those of the studies and panels that ship."""


def learn(
    seed: int = 1, countries: Sequence[str] = WITHOUT, progress: Callable[[str], None] | None = None
) -> list[LearnedRatio]:
    """Fit the pairs on file, once without each country, and return the rows of the table.

    Parameters
    ----------
    seed
        Seed of the sampler and of the predictive draws.
    countries
        Countries whose pairs are left out; an empty name leaves none out.
    progress
        Called with a sentence before each fit.

    Raises
    ------
    RatiosNotCertifiedError
        When the chains of a fit did not converge.
    """
    evidence, digest = Evidence.of(load_pairs()), pairs_sha256()
    rows: list[LearnedRatio] = []
    for country in countries:
        if progress:
            progress(f"fitting the pairs{f' without {country}' if country else ''}")
        fit = fit_ratios(evidence.without_country(country), seed)
        rows += [learned_ratio(fit, cell, country, digest, seed) for cell in fit.evidence.cells]
    return rows


def learned_ratio(
    fit: RatioFit, cell: str, without: str, digest: str, seed: int = 1
) -> LearnedRatio:
    """Return the prediction for a new place of one type and regime.

    Parameters
    ----------
    fit
        The fit of the pairs.
    cell
        The type, with its regime.
    without
        The country whose pairs were left out, if any.
    digest
        SHA-256 of the file of the pairs.
    seed
        Seed of the predictive draws.
    """
    rng = np.random.default_rng([seed, *cell.encode()])
    draws = fit.new_place(cell, rng)
    furthest, lower, middle, upper, largest = np.quantile(draws, [0.01, 0.05, 0.5, 0.95, 0.99])
    tau = (upper - lower) / (2 * NORMAL_QUANTILE_95)
    pairs = fit.evidence.of_cell(cell)
    kind, _, regime = cell.partition(".")
    drifts = kind == DRIFTING_TYPE
    drift = fit.draws["drift"]
    return LearnedRatio(
        type=kind,
        regime=regime,
        without=without,
        median=_rounded(np.exp(middle)),
        lower=_rounded(np.exp(lower)),
        upper=_rounded(np.exp(upper)),
        tau=_rounded(tau),
        tails=_rounded((largest - furthest) / (2 * NORMAL_QUANTILE_99 * tau)),
        drift=_rounded(drift.mean() if drifts else 0.0),
        drift_sd=_rounded(drift.std() if drifts else 0.0),
        n_pairs=len(pairs),
        n_blocks=len({pair.block for pair in pairs}),
        n_countries=len({pair.country for pair in pairs}),
        pairs_sha256=digest,
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def pairs_sha256(folder: Path | None = None) -> str:
    """Return the SHA-256 of the file of the pairs."""
    return sha256(((folder or calibration_folder()) / PAIRS_FILE).read_bytes()).hexdigest()


def table_text(rows: Sequence[LearnedRatio]) -> str:
    """Return the table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        [f"{cell:g}" if isinstance(cell, float) else cell for cell in astuple(row)] for row in rows
    )
    return text.getvalue()


def write_table(rows: Sequence[LearnedRatio], folder: Path | None = None) -> Path:
    """Write the table beside the pairs, all of it or nothing, and return its path.

    Raises
    ------
    PopestError
        When the file cannot be written.
    """
    path = (folder or calibration_folder()) / RATIOS_FILE
    text = table_text(rows)
    return write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
