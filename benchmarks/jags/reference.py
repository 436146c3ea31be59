"""Write tests/reference/serbia-report-2024.json: what popest's estimate is compared with.

The posterior is a long JAGS run of ``serbia-report-2024.jags``; the prior is plain Monte Carlo
of the same population, written here in NumPy. Neither imports popest. About ten minutes::

    python benchmarks/jags/reference.py
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from chains import Draws, summarise
from run import HERE, STOCK_NODES, STUDY, JagsError, Length, report, run_jags

TARGET = HERE.parents[1] / "tests" / "reference" / f"{STUDY}.json"
LENGTH = Length(adapt=5_000, burn_in=5_000, draws=400_000, thin=4, seed=2024)
MONTHS = 35
PRIOR_BATCHES, PRIOR_BATCH, PRIOR_SEED = 40, 100_000, 2025

HOW = (
    "Posterior: the model written in JAGS with the four ratios as named unknowns "
    "(benchmarks/jags/serbia-report-2024.jags), chains thinned as stated; quantiles are those "
    "of all kept draws. Prior: independent draws of the population in NumPy. Every se is a "
    "Monte Carlo standard error in the value's own unit, from 25 batches of each chain (of each "
    "of 40 blocks for the prior); ess is the effective sample size and r_hat the split R-hat of "
    "the logarithm. Written by benchmarks/jags/reference.py, which does not import popest."
)


def prior_stock(rng: np.random.Generator, size: int) -> Draws:
    """Return draws of the stock at all month ends before any count is seen.

    Parameters
    ----------
    rng
        Source of randomness.
    size
        Number of draws.

    Returns
    -------
    Draws
        Persons, `(month, draw)`, from the end of February 2022 on.
    """

    def lognormal(median: float, sigma: float) -> Draws:
        return median * np.exp(sigma * rng.standard_normal(size))

    invasion_weights = {0: 0.3, 1: 1.0, 2: 1.0, 3: 0.6, 4: 0.3}
    mobilisation_weights = {7: 0.5, 8: 1.0, 9: 0.6, 10: 0.3}
    background, hazard = lognormal(600, 0.8), lognormal(0.014, 0.5)
    invasion, mobilisation = lognormal(8000, 0.8), lognormal(8000, 0.8)
    present, stock, quarter = np.zeros(size), [], 0
    for month in range(MONTHS):
        if (month + 1) // 3 > quarter:
            quarter += 1
            background = background * np.exp(0.3 * rng.standard_normal(size))
        arrivals = background + invasion * invasion_weights.get(month, 0.0) / 3.2
        arrivals += mobilisation * mobilisation_weights.get(month, 0.0) / 2.4
        present = present * np.exp(-hazard) + arrivals * np.exp(-hazard / 2)
        stock.append(present)
    return np.stack(stock)


def prior_report() -> dict[str, Any]:
    """Return the prior of the stock by date, in persons."""
    rng = np.random.default_rng(PRIOR_SEED)
    reported = [int(node[6:-1]) - 2 for node in STOCK_NODES.values()]
    batches = [prior_stock(rng, PRIOR_BATCH)[reported] for _ in range(PRIOR_BATCHES)]
    by_date = np.stack(batches, axis=1)
    rows = []
    for date, draws in zip(STOCK_NODES, by_date, strict=True):
        summary = summarise(draws)
        rows.append({"date": date, **{key: summary[key] for key in ("quantiles", "mean", "sd")}})
    return {"draws": PRIOR_BATCHES * PRIOR_BATCH, "seed": PRIOR_SEED, "stock": rows}


def main() -> int:
    """Run both and write the reference; 1 when JAGS cannot be run."""
    try:
        result = report(run_jags(LENGTH))
    except JagsError as error:
        print(error, file=sys.stderr)
        return 1
    reference = {"study": STUDY, "how": HOW, **result, "prior": prior_report()}
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    partial = TARGET.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(json.dumps(reference, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(TARGET)
    print(TARGET.relative_to(Path.cwd()) if TARGET.is_relative_to(Path.cwd()) else TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
