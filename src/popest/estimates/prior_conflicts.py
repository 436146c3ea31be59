"""Which assumptions the figures speak against: priors far from what was learned of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from popest.estimates.distribution import Distribution
from popest.estimates.fit import Posterior
from popest.model.drawn.scales import Scales, group_of
from popest.model.evidence import REACH
from popest.model.model import Model
from popest.model.normals import LogNormal
from popest.study.specification.heavy_tails import NORMAL, probability_below, quantile
from popest.study.specification.ratio_prior import RatioPrior

SMALLEST_LEARNED = 0.1
"""Of a quantity's prior variance; of less, its median moves by too little to be judged."""

FARTHEST, POINTS = 1e5, 60
"""Of the multiples of tau that are compared with a t, and how many of them are."""
SMALLEST_PROBABILITY = 1e-300

LARGEST_P_VALUE = 0.05
"""Of the most extreme of all quantities, as if their scores were independent."""


class PriorConflict(NamedTuple):
    """A quantity whose prior is far from what the figures say.

    `kind` is a key of the section ``part`` of the texts, and `name` its source or wave, if it has
    one. `prior` is the prior's median with the bounds of 90 %, and `posterior` the median, in the
    quantity's unit; None where it has none that a study names.
    """

    kind: str
    name: str
    score: float
    prior: tuple[float, float, float] | None = None
    posterior: float | None = None


class _Uncertain(NamedTuple):
    """A quantity that is standard normal by its prior, with its draws, `(draws,)`.

    Of a ratio with tails, `heavy`, the draws are the normal scores of its probabilities.
    """

    kind: str
    name: str
    values: np.ndarray
    quantity: LogNormal | None = None
    heavy: RatioPrior | None = None

    def reach(self, score: float) -> float:
        """Return how many sigma the quantity lies from its median at a normal score."""
        if self.heavy is None:
            return score
        return quantile(NORMAL.cdf(score), self.heavy.tails, self.heavy.tailed)


def prior_conflicts(posterior: Posterior) -> list[PriorConflict]:
    """Return the quantities whose priors the figures speak against, the worst first."""
    uncertain = list(_uncertain(posterior))
    spoken = spoken_against([each.values for each in uncertain], posterior.draws.weights)
    found = [_conflict(uncertain[place], score, median) for place, score, median in spoken]
    return sorted(found, key=lambda conflict: -abs(conflict.score))


def spoken_against(
    quantities: Sequence[np.ndarray], weights: np.ndarray
) -> list[tuple[int, float, float]]:
    """Return the place, the score and the posterior median of what the figures speak against.

    Parameters
    ----------
    quantities
        Draws of quantities that are standard normal by their priors, each `(draws,)`.
    weights
        The weights of the draws, which sum to 1, `(draws,)`.

    Notes
    -----
    A quantity that is standard normal by its prior, with the posterior median m and variance v, has
    the score z = m / sqrt(1 - v): if the prior is right, m is normal with the variance 1 - v over
    what might have been published. Only those count of which something was learned, 1 - v > .1;
    with K of them one is named when 2 K Phi(-|z|) < .05. "Outside 99 % of its prior" would ring in
    18 % of sound studies with twenty quantities.
    """
    learned: list[tuple[int, float, float]] = []
    for place, values in enumerate(quantities):
        mean = float(weights @ values)
        left = 1 - float(weights @ (values - mean) ** 2)
        if left > SMALLEST_LEARNED:
            learned.append((place, mean, left))
    if not learned:
        return []
    limit = -NormalDist().inv_cdf(LARGEST_P_VALUE / (2 * len(learned)))
    found = []
    for place, mean, left in learned:
        # A mean is had without sorting; a median is not half as far from it.
        if abs(mean) > limit * math.sqrt(left) / 2:
            median = Distribution(quantities[place], weights).median
            score = median / math.sqrt(left)
            if abs(score) > limit:
                found.append((place, score, median))
    return found


def _conflict(each: _Uncertain, score: float, median: float) -> PriorConflict:
    if each.quantity is None:
        return PriorConflict(each.kind, each.name, score)
    centre, sigma = each.quantity.log_median, each.quantity.sigma
    middle, lower, upper, after = (
        math.exp(centre + sigma * each.reach(z)) for z in (0.0, -REACH, REACH, median)
    )
    return PriorConflict(each.kind, each.name, score, (middle, lower, upper), after)


def _heavy(model: Model, source: str) -> RatioPrior | None:
    """Return the prior of a source's ratio if it has tails."""
    prior = model.specification.source[source].ratio
    return prior if prior is not None and prior.tails is not None else None


def _normal_scores(values: np.ndarray, prior: RatioPrior) -> np.ndarray:
    """Return the standard normal of the same probability for multiples of tau, `(draws,)`."""
    assert prior.tails is not None
    # Below the median, where small probabilities keep their digits; above it the same mirrored.
    logs = np.linspace(0.0, math.asinh(FARTHEST), POINTS)
    below = [probability_below(-math.sinh(log), prior.tails, prior.tailed) for log in logs]
    scores = [-NORMAL.inv_cdf(max(probability, SMALLEST_PROBABILITY)) for probability in below]
    found: np.ndarray = np.sign(values) * np.interp(np.arcsinh(np.abs(values)), logs, scores)
    return found


def _uncertain(posterior: Posterior) -> Iterator[_Uncertain]:
    """Yield all quantities of a model that its figures may say something of.

    Scatter is left out: warnings of its own say where figures scatter, and which one is far off.
    """
    model, u = posterior.model, posterior.draws.state.u
    for place, name in enumerate(model.normals.names):
        kind, _, of = name.rstrip("]").partition("[")
        if kind in ("noise", "tails"):
            continue
        if kind == "ratio" and (heavy := _heavy(model, of)) is not None:
            group = group_of(model.specification.source[of])
            scale = Scales({of: heavy}, model.normals, {of: group})(u)[0]
            yield _Uncertain(kind, of, _normal_scores(scale * u[place], heavy))
            continue
        known = model.normals.quantities.get(name)
        if kind == "volatility" and known is None:
            kind = "step"
        yield _Uncertain(kind, of, u[place], known)
    counts = model.counts
    own = posterior.log_ratios - posterior.residuals.shared
    for number, name in enumerate(counts.names):
        sd = math.sqrt(counts.ratios.tau[number] ** 2 - counts.ratios.drawn_loading[number] ** 2)
        if sd > 0:
            ratio = LogNormal(math.exp(counts.ratios.log_median[number]), sd, None)
            heavy = _heavy(model, name)
            scores = own[number] / sd
            scores = scores if heavy is None else _normal_scores(scores, heavy)
            yield _Uncertain("ratio", name, scores, ratio, heavy)
    rng = np.random.default_rng(0)
    for piece in model.evidence:
        for kind, source, values in piece.quantities(posterior.draws.state, rng):
            bias = model.specification.source[source].bias
            if kind == "bias" and bias is not None and bias.sd > 0:
                yield _Uncertain(kind, source, (values - bias.mean) / bias.sd)
