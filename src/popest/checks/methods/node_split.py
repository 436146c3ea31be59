"""Node splitting: what the others predict for one source, against what it says.

The population is learned from the other sources alone. From it and from the source's own priors
follows what the source should have said; the p-value is the place of what it did say.
"""

from __future__ import annotations

import numpy as np

from popest.checks.methods.fitted import Fitted
from popest.engines.shared import completed
from popest.model.evidence import Others
from popest.model.model import Model


def node_split(model: Model, others: Fitted, source: str, rng: np.random.Generator) -> float:
    """Return the p-value of one source given all the others, two-sided where it can be.

    Parameters
    ----------
    model
        The model of all sources.
    others
        The estimate without the source.
    source
        Its name.
    rng
        Source of randomness.

    Notes
    -----
    The statistic is chosen by the evidence. It is the mean log count, each weighted by its
    precision, of a source with a ratio, and the mean of balances, both two-sided. Of a survey it
    is the deviance from the expected shares, one-sided; of floors whether all are reached, whose
    probability is itself the p-value. What only the source has (noise, baseline, ratio) is drawn
    from its prior.
    """
    draws = others.draws
    state = completed(model, others.model, draws.state.u, rng)
    piece = model.piece_of(source)
    if piece is None:
        raise ValueError(f"source {source} has no figure in the model")
    rest = Others(others.model.evidence, draws.state, draws.weights, state)
    return piece.p_value(source, rest, rng)
