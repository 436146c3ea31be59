"""The table of learned ratios that ships; ``popest.study.specification.learned`` reads it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import t

from popest.ratios.evidence import Evidence, cell_name
from popest.ratios.fit import RatioFit, fit_ratios
from popest.ratios.pairs.load import PAIRS_FILE, pairs_beside
from popest.ratios.pairs.records import DEFINITIONS, DRIFTING_TYPE, TYPES
from popest.study import UsageError
from popest.study.files.reading import RATIOS_FILE, FileText
from popest.study.files.whole import write_whole
from popest.study.problems import listed, suggestion
from popest.study.specification.learned import (
    COLUMNS,
    LearnedRatio,
    calibration_folder,
)
from popest.study.specification.priors import NORMAL_QUANTILE_95

LEAST_TAILS, MOST_TAILS = 2.0, 200.0
DIGITS = 4
WITHOUT = ("", "Czechia", "Georgia", "Ireland", "Serbia")
"""Countries without which the ratios are learned too: those of the studies and panels that ship."""


def learn(
    seed: int = 1,
    countries: Sequence[str] = WITHOUT,
    progress: Callable[[str], None] | None = None,
    own: FileText | None = None,
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
    own
        Pairs of somebody's own, which count beside those on file.

    Raises
    ------
    StudyError
        When pairs of one's own break a rule.
    UsageError
        When no pair is of a country.
    RatiosNotCertifiedError
        When the chains of a fit did not converge.
    """
    evidence, digest = Evidence.of(pairs_beside(own)), pairs_sha256(own=own)
    known = sorted({pair.country for pair in evidence.pairs})
    for country in filter(None, countries):
        if country not in known:
            near = suggestion(country, known)
            raise UsageError(f"no used pair is of {country!r}: {near}write one of {listed(known)}")
    rows: list[LearnedRatio] = []
    for country in countries:
        if progress:
            progress(f"fitting the pairs{f' without {country}' if country else ''}")
        fit = fit_ratios(evidence.without_country(country), seed)
        rows += rows_of(fit, country, digest, seed)
    return rows


def rows_of(fit: RatioFit, without: str, digest: str, seed: int = 1) -> list[LearnedRatio]:
    """Return the rows of all types with regimes and definitions, also those of no pair.

    Parameters
    ----------
    fit, without, digest, seed
        As for `learned_ratio`.
    """
    rows = []
    for kind, regimes in sorted(TYPES.items()):
        for regime in regimes or ("",):
            cells = DEFINITIONS.get(cell_name(kind, regime, ""), {"": "learned"})
            for definition, standing in cells.items():
                cell = cell_name(kind, regime, definition)
                if standing == "refused" and not fit.evidence.of_cell(cell):
                    rows.append(_refused(cell, without, digest))
                else:
                    rows.append(learned_ratio(fit, cell, without, digest, seed))
    return rows


def tails_of(reach: float) -> float:
    """Return the degrees of freedom of a Student t, by how far its 98 % interval reaches.

    Parameters
    ----------
    reach
        Width of the predictive 98 % interval over that of the 90 % interval. A normal's has
        1.41 and a t of ``LEAST_TAILS`` 2.39; what lies outside is taken as the nearer of these.
    """

    def beyond(degrees: float) -> float:
        return float(t.ppf(0.99, degrees) / t.ppf(0.95, degrees)) - reach

    if beyond(LEAST_TAILS) <= 0:
        return LEAST_TAILS
    return MOST_TAILS if beyond(MOST_TAILS) >= 0 else float(brentq(beyond, LEAST_TAILS, MOST_TAILS))


def _names(cell: str) -> dict[str, Any]:
    name, _, definition = cell.partition("@")
    kind, _, regime = name.partition(".")
    return {
        "type": kind,
        "regime": regime,
        "definition": definition or next(iter(DEFINITIONS.get(name, ())), ""),
    }


def _refused(cell: str, without: str, digest: str) -> LearnedRatio:
    numbers = ("median", "lower", "upper", "tau", "tails", "scale")
    counts = ("drift", "drift_sd", "n_pairs", "n_blocks", "n_countries")
    none: dict[str, Any] = {**dict.fromkeys(numbers, math.nan), **dict.fromkeys(counts, 0)}
    none |= {"without": without, "standing": "refused", "pairs_sha256": digest}
    return LearnedRatio(**_names(cell), **none)


def learned_ratio(
    fit: RatioFit, cell: str, without: str, digest: str, seed: int = 1
) -> LearnedRatio:
    """Return the prediction for a new place of one type and regime.

    Parameters
    ----------
    fit
        The fit of the pairs.
    cell
        The type, with its regime and definition.
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
    tails = tails_of((largest - furthest) / (upper - lower))
    pairs = fit.evidence.of_cell(cell)
    drifts = cell.startswith(DRIFTING_TYPE)
    drift = fit.draws["drift"]
    return LearnedRatio(
        **_names(cell),
        without=without,
        median=_rounded(np.exp(middle)),
        lower=_rounded(np.exp(lower)),
        upper=_rounded(np.exp(upper)),
        tau=_rounded(tau),
        tails=_rounded(tails),
        scale=_rounded((upper - lower) / (2 * t.ppf(0.95, tails))),
        standing="learned" if pairs else "wide",
        oldest_months=max((pair.months_since_wave or 0 for pair in pairs), default=0) * drifts,
        drift=_rounded(drift.mean() if drifts else 0.0),
        drift_sd=_rounded(drift.std() if drifts else 0.0),
        n_pairs=len(pairs),
        n_blocks=len({pair.block for pair in pairs}),
        n_countries=len({pair.country for pair in pairs}),
        pairs_sha256=digest,
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def pairs_sha256(folder: Path | None = None, own: FileText | None = None) -> str:
    """Return the SHA-256 of the file of the pairs, followed by one's own where there are any."""
    text = ((folder or calibration_folder()) / PAIRS_FILE).read_bytes()
    return sha256(text + (own.text.encode() if own else b"")).hexdigest()


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
