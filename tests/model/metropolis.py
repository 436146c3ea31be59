"""A sampler that shares nothing with popest's engines: random-walk Metropolis by many walkers.

Walkers are moved in two halves. A step is the difference of two walkers of the other half, scaled,
so that it adapts to the target while every move keeps the target's density (differential
evolution, ter Braak 2006, Statistics and Computing 16, 239-249). They start from the prior.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Density = Callable[[np.ndarray], np.ndarray]


def walk(
    log_density: Density,
    n_normals: int,
    rng: np.random.Generator,
    *,
    walkers: int,
    burn_in: int,
    steps: int,
    thin: int = 20,
) -> np.ndarray:
    """Return draws, `(normals, step, walker)`, of the target with this log density.

    Parameters
    ----------
    log_density
        From draws of standard normals, `(normals, draws)`, to the log posterior up to a constant.
    n_normals
        Number of standard normals.
    rng
        Source of randomness.
    walkers
        Number of walkers, even.
    burn_in, steps
        Sweeps that are forgotten, and sweeps after them.
    thin
        Every so many sweeps are kept.
    """
    u = rng.standard_normal((n_normals, walkers))
    density = log_density(u)
    half = walkers // 2
    kept = []
    for sweep in range(burn_in + steps):
        for moved in (slice(0, half), slice(half, None)):
            other: Any = u[:, half:] if moved.start == 0 else u[:, :half]
            a = rng.integers(half, size=half)
            b = (a + rng.integers(1, half, size=half)) % half
            # Now and then the full difference, which leads from mode to mode.
            scale = 1.0 if sweep % 10 == 0 else 2.38 / np.sqrt(2 * n_normals)
            scale = scale * rng.uniform(0.5, 1.1)
            step = scale * (other[:, a] - other[:, b])
            proposal = u[:, moved] + step + 1e-5 * rng.standard_normal(step.shape)
            proposed = log_density(proposal)
            accepted = np.log(rng.uniform(size=half)) < proposed - density[moved]
            u[:, moved] = np.where(accepted, proposal, u[:, moved])
            density[moved] = np.where(accepted, proposed, density[moved])
        if sweep >= burn_in and sweep % thin == 0:
            kept.append(u.copy())
    return np.stack(kept, axis=1)
