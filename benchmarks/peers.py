"""Sample a study with one engine or peer, as a process of its own, and say what that cost.

JAGS has a folder of its own, ``jags``. As a script it prints JSON for ``speed.py``::

    python benchmarks/peers.py bank           # popest's importance sampling
    python benchmarks/peers.py nuts           # the same model by nutpie
    python benchmarks/peers.py pymc           # the same model by plain pm.sample, PyMC's own NUTS
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import popest
from popest.engines.draws import Certificate
from popest.model.exposure import stock_on
from popest.model.model import Model

STUDY = "serbia-report-2024"
SEED = 1


class Sample(NamedTuple):
    """The stock at the headline date, persons, with how many draws it is worth.

    `seconds` run from the study in memory to the draws, compiling included; `ess` is the number
    of independent draws that would estimate the mean of its logarithm as exactly.
    """

    seconds: float
    median: float
    ess: float
    certificate: Certificate


def by_bank(study: popest.Study) -> Sample:
    """Sample by importance; the variance of a weighted mean gives the effective size."""
    from popest.engines.bank import run_bank

    start = time.perf_counter()
    model = Model(study.specification, study.used)
    draws = run_bank(model, np.random.default_rng(SEED)).draws(model)
    seconds = time.perf_counter() - start
    log_stock = np.log(_on_headline(study) @ draws.state.population.stock)
    squares = (log_stock - draws.weights @ log_stock) ** 2
    ess = float(draws.weights @ squares / (draws.weights**2 @ squares))
    order = np.argsort(log_stock)
    at = np.searchsorted(np.cumsum(draws.weights[order]), 0.5)
    return Sample(seconds, float(np.exp(log_stock[order][at])), ess, draws.certificate)


def by_nuts(study: popest.Study) -> Sample:
    """Sample the PyMC model as popest's nuts engine does."""
    from popest.engines.nuts import CHAINS, run_nuts

    start = time.perf_counter()
    model = Model(study.specification, study.used)
    draws = run_nuts(model, SEED)
    seconds = time.perf_counter() - start
    stock = (_on_headline(study) @ draws.state.population.stock).reshape(CHAINS, -1)
    return Sample(seconds, float(np.median(stock)), _chain_ess(stock), draws.certificate)


def by_pymc(study: popest.Study) -> Sample:
    """Sample the PyMC model by ``pm.sample`` with its own sampler and its defaults."""
    import pymc as pm

    from popest.engines.nuts import CHAINS, certify_chains

    start = time.perf_counter()
    with popest.build_model(study):
        chains = pm.sample(nuts_sampler="pymc", chains=CHAINS, random_seed=SEED, progressbar=False)
    seconds = time.perf_counter() - start
    by_month = chains["posterior"].dataset["stock"].transpose("chain", "draw", "month").to_numpy()
    stock = by_month @ _on_headline(study)
    return Sample(seconds, float(np.median(stock)), _chain_ess(stock), certify_chains(chains))


PEERS: dict[str, Callable[[popest.Study], Sample]] = {
    "bank": by_bank,
    "nuts": by_nuts,
    "pymc": by_pymc,
}


def _on_headline(study: popest.Study) -> np.ndarray:
    return stock_on(study.calendar, study.specification.headline.last)[1:]


def _chain_ess(stock: np.ndarray) -> float:
    """Return the effective size of the mean log stock of chains, `(chain, draw)`."""
    import arviz_stats

    return float(arviz_stats.ess(np.log(stock), chain_axis=0, draw_axis=1, method="mean"))


def _in_short(certificate: Certificate) -> str:
    verdict = "certified" if certificate.certified else "not certified"
    if certificate.r_hat is None:
        return f"{verdict}: Pareto k {certificate.pareto_k:.2f}"
    return f"{verdict}: R-hat {certificate.r_hat:.3f}, {certificate.divergences} divergences"


def main(peer: str) -> None:
    """Print what one peer costs, and what popest's certificate says of it."""
    sample = PEERS[peer](popest.load_study(STUDY))
    result = {"s": sample.seconds, "median": sample.median, "effective": sample.ess}
    print(json.dumps({**result, "note": _in_short(sample.certificate)}))


if __name__ == "__main__":
    main(sys.argv[1])
