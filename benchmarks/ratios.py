"""Simulation-based calibration of the model of the pairs: whether its intervals hold the truth.

As a script, with the number of replicates::

    python benchmarks/ratios.py 200

Each replicate draws a truth from the prior, simulates all pairs and fits them: some 5 seconds.
"""

import sys
from time import perf_counter

import numpy as np

from popest.checks.methods.ecdf_bands import binomial_bounds
from popest.ratios.calibration import quantities, replicate
from popest.ratios.evidence import Evidence
from popest.ratios.fit import RatioSampler
from popest.ratios.pairs.load import load_pairs

PROBABILITIES = (0.5, 0.8, 0.9, 0.95)
REPORTED_EVERY = 10


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
