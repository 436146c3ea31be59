"""Whether the draws of a saved estimate bear out the weights and the certificate saved with them.

A bank's weights follow from its draws, its study and what it drew from, and its certificate from
the weights; so all of it is computed again. Of chains only the convergence can be, for which the
draws alone are needed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from popest.engines.bank import certify_weights, weigh
from popest.engines.draws import Draws
from popest.engines.mixture import Mixture, Normal
from popest.engines.threads import one_thread
from popest.estimates.saved.file import SavedEstimateError, refuse
from popest.estimates.saved.record import PROPOSAL_ARRAYS, Record
from popest.model.model import Model
from popest.model.state import State

TOLERANCE = 1e-6
"""How far what is computed again may differ, relatively: processors round differently."""
EVIDENCE_TOLERANCE = 0.1
"""The same of the log evidence of chains, which is known to about .03."""
LARGEST_MISFIT = 8.0
"""Standard errors by which draws may miss what they were drawn from; chance does not reach 8."""
LARGEST_NORMAL = 1e6

Arrays = Mapping[str, np.ndarray]


def verified_draws(
    path: Path, model: Model, record: Record, arrays: Arrays, *, needs_proposal: bool
) -> Draws:
    """Return the draws as they were saved, once they bear out what was saved with them.

    Parameters
    ----------
    path
        The file, for messages.
    model
        The model of the study inside.
    record
        What the file says of the draws.
    arrays
        The arrays of the file by name.
    needs_proposal
        Whether a bank must say what it drew from, as all but the first release do.

    Raises
    ------
    SavedEstimateError
        When they do not.
    """
    weights = arrays["weight"]
    for name, values in arrays.items():
        if not (np.abs(values) <= LARGEST_NORMAL).all():
            refuse(path, f"{name} holds what is no number or is far too large")
    if weights.min() < 0 or not math.isclose(weights.sum(), 1, rel_tol=TOLERANCE):
        refuse(path, "its weights are negative or do not sum to 1")
    with one_thread(), np.errstate(all="ignore"):
        if record.engine != "bank":
            found = _chains(path, model, record, arrays)
        elif any(name in arrays for name in PROPOSAL_ARRAYS):
            found = _bank(path, model, arrays)
        elif needs_proposal:
            refuse(path, "what its draws were drawn from is missing")
        else:
            found = _unproposed(path, model, record, arrays)
    if not np.allclose(found.weights, weights, rtol=TOLERANCE, atol=TOLERANCE / len(weights)):
        refuse(path, "its weights do not follow from its draws")
    saved = record.certificate
    if not all(
        map(_agree, (*found.certificate, found.log_evidence), (*saved, record.log_evidence))
    ):
        refuse(path, "its certificate or its evidence does not follow from its draws")
    if not found.certificate.certified:
        raise SavedEstimateError(f"{path}: its draws are {found.certificate}; estimate again")
    return replace(found, weights=weights, certificate=saved, log_evidence=record.log_evidence)


def _bank(path: Path, model: Model, arrays: Arrays) -> Draws:
    """Return the draws of a bank, weighed again."""
    shares, means, factors = (arrays[name] for name in PROPOSAL_ARRAYS)
    diagonals = np.diagonal(factors, axis1=1, axis2=2)
    is_mixture = math.isclose(shares.sum(), 1, rel_tol=TOLERANCE) and (shares > 0).all()
    if not is_mixture or np.triu(factors, 1).any() or (diagonals <= 0).any():
        refuse(path, "what its draws were drawn from is no mixture of normals")
    parts = tuple(Normal(mean, factor) for mean, factor in zip(means, factors, strict=True))
    mixture = Mixture(parts, tuple(shares.tolist()))
    try:
        is_drawn = mixture.misfit(arrays["u"]) <= LARGEST_MISFIT
        bank = weigh(model, arrays["u"], mixture, keep_state=True)
    except np.linalg.LinAlgError:
        is_drawn = False
    if not is_drawn:
        refuse(path, "its draws are not drawn from what it says they were")
    return bank.draws(model)


def _chains(path: Path, model: Model, record: Record, arrays: Arrays) -> Draws:
    """Return the draws of chains, judged again.

    Those of nuts are no better than the saved certificate, which judged what is not kept as well.
    """
    from popest.engines import nuts, superchains
    from popest.engines.evidence import evidence_of_chains
    from popest.engines.target import Target

    n_chains = nuts.CHAINS if record.engine == "nuts" else superchains.CHAINS
    u = arrays["u"]
    if u.shape[1] % n_chains or (u.size and np.ptp(u, axis=1).min() == 0):
        refuse(path, f"its draws are not {n_chains} chains that move")
    weights = np.full(u.shape[1], 1 / u.shape[1])
    state = _possible(path, model, u, weights)
    if record.engine == "nuts":
        certificate = nuts.certify_again(u, record.certificate)
    else:
        certificate = superchains.certify_superchains(model, u)
    evidence = None
    if record.engine == "slice" and record.log_evidence is not None and certificate.certified:
        evidence = evidence_of_chains(model, Target(model, lambda _: None), u, certificate)
        # Another processor may round so that a way to the peak is a step shorter.
        if abs(evidence - record.log_evidence) < EVIDENCE_TOLERANCE:
            evidence = record.log_evidence
    return Draws(record.engine, state, weights, certificate, evidence, n_chains=n_chains)


def _unproposed(path: Path, model: Model, record: Record, arrays: Arrays) -> Draws:
    """Return the draws of a bank that does not say what they were drawn from."""
    weights = arrays["weight"]
    certificate = certify_weights(np.log(weights))
    state = _possible(path, model, arrays["u"], weights)
    return Draws("bank", state, weights, certificate, record.log_evidence)


def _possible(path: Path, model: Model, u: np.ndarray, weights: np.ndarray) -> State:
    """Return the population of draws, each of which must be possible where it has weight."""
    state, log_likelihood = model.evaluate(u)
    if not np.isfinite(log_likelihood[weights > 0]).all():
        refuse(path, "its draws are impossible under its study")
    return state


def _agree(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
