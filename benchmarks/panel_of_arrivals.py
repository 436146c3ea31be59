"""A panel of arrivals as one PyMC model, written out by hand: the reference of popest's tests.

It knows nothing of popest but the figures. As a script it samples the model with nutpie and writes
means, standard deviations and quantiles to ``tests/panels/arrivals_reference.json``; it takes a few
minutes::

    python benchmarks/panel_of_arrivals.py
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
REFERENCE = TESTS / "panels" / "arrivals_reference.json"
Z = 1.6449
MONTHS = 24
COUNTED = {"register": (11, 17, 23), "firms": ((0, 12), (12, 24))}
POOLED = {
    "departure_hazard": (0.02, 0.6, 0.25, 0.4),
    "wave[first]": (800, 0.9, 0.4, 0.4),
    "register": (0.7, math.log(1.4 / 0.35) / 2 / Z, 0.15, 0.5),
}
"""Median, standard deviation of a new population, and between with its own."""


def model_of(monthly: dict[str, int], figures: dict[str, dict[str, tuple[int, ...]]]) -> Any:
    """Return the PyMC model of all populations."""
    import pymc as pm
    import pytensor.tensor as pt

    n = len(monthly)
    age = np.arange(MONTHS)[:, None] - np.arange(MONTHS)[None, :]
    weights = np.zeros(MONTHS)
    weights[2:4] = 2 / 3, 1 / 3
    with pm.Model() as model:
        logs = {}
        for name, (median, total, between, sigma) in POOLED.items():
            level = math.sqrt(total**2 - between**2 * math.exp(2 * sigma**2))
            mu = pm.Deterministic(f"mu {name}", level * pm.Normal(f"level {name}"))
            log_tau = pm.Deterministic(
                f"log_tau {name}", math.log(between) + sigma * pm.Normal(f"spread {name}")
            )
            own = pm.Normal(f"own {name}", shape=n)
            logs[name] = math.log(median) + mu + pt.exp(log_tau) * own
        start = np.log(list(monthly.values())) + 0.8 * pm.Normal("background", shape=n)
        second = start + 0.3 * pm.Normal("step", shape=n)
        firms = math.log(0.1) + math.log(0.2 / 0.05) / 2 / Z * pm.Normal("firms", shape=n)
        noise = pt.exp(math.log(0.08) + 0.5 * pm.Normal("noise", shape=n))
        sizes = []
        for place, name in enumerate(monthly):
            background = pt.concatenate(
                [pt.exp(start[place]) * np.ones(12), pt.exp(second[place]) * np.ones(12)]
            )
            arrivals = background + pt.exp(logs["wave[first]"][place]) * weights
            hazard = pt.exp(logs["departure_hazard"][place])
            staying = pt.exp(-hazard * (np.maximum(age, 0) + 0.5)) * (age >= 0)
            stock = staying @ arrivals
            sizes.append(pt.log(stock[-1]))
            expected = [
                pt.log(stock[month]) + logs["register"][place] for month in COUNTED["register"]
            ]
            expected += [
                pt.log(arrivals[first:last].sum()) + firms[place]
                for first, last in COUNTED["firms"]
            ]
            counted = np.log([*figures[name]["register"], *figures[name]["firms"]])
            sd = pt.sqrt(noise[place] ** 2 + 0.01**2)
            pm.Normal(f"counts {name}", pt.stack(expected), sd, observed=counted)
        log_size = pm.Deterministic("log_size", pt.stack(sizes))
        pm.Deterministic("log_total", pt.log(pt.exp(log_size).sum()))
    return model


def main() -> None:
    """Sample the model and write the reference."""
    import arviz as az
    import nutpie

    sys.path[:0] = [str(TESTS), str(TESTS / "panels")]
    from arrivals_files import FIGURES, MONTHLY

    compiled = nutpie.compile_pymc_model(model_of(MONTHLY, FIGURES))
    chains = nutpie.sample(
        compiled,
        draws=10_000,
        tune=2000,
        chains=4,
        seed=1,
        target_accept=0.95,
        progress_bar=False,
    )
    posterior = chains.posterior
    found = {}
    wanted = [name for name in posterior.data_vars if name.startswith(("mu ", "log_t"))]
    for name in wanted:
        found[name] = posterior[name]
    for place, town in enumerate(MONTHLY):
        found[f"log_size {town}"] = posterior["log_size"][..., place]
    reference = {}
    for name, draws in found.items():
        values = draws.to_numpy()
        reference[name] = {
            "mean": float(values.mean()),
            "sd": float(values.std()),
            "5": float(np.quantile(values, 0.05)),
            "95": float(np.quantile(values, 0.95)),
            "ess": float(az.ess(values)),
            "r_hat": float(az.rhat(values)),
        }
    text = {"divergences": int(chains.sample_stats.diverging.sum()), "quantities": reference}
    REFERENCE.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    print(REFERENCE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
