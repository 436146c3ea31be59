"""Data that a study's model would give: what each figure could have been.

Ratios, biases and errors are drawn anew from their priors, the population and the noise are
given; so are the ratios when somebody has to know them.
"""

from __future__ import annotations

import numpy as np

from popest.model.model import Data, Model
from popest.model.state import State

type Simulated = tuple[np.ndarray, ...]
"""Simulated data, one array for each piece of evidence in the order of the model.

Each is `(datum, draws)`, in the unit of that piece's `values`.
"""


def simulate(
    model: Model, state: State, rng: np.random.Generator, log_ratios: np.ndarray | None = None
) -> Simulated:
    """Return data for each draw of the population and the noise.

    `log_ratios`, `(source, draws)`, are those of `JointCounts.prior_log_ratios`; drawn anew when
    None.
    """
    counts, others = model.counts, model.evidence[1:]
    return (
        counts.simulate(state, rng, log_ratios),
        *(piece.simulate(state, rng) for piece in others),
    )


def data_of(simulated: Simulated, draw: int) -> Data:
    """Return the data of one draw."""
    return tuple(values[:, draw] for values in simulated)
