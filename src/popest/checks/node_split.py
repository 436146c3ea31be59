"""Node splitting: what the others predict for one source, against what it says.

The population is learned from the other sources alone. From it and from the source's own priors
follows what the source should have said; the p-value is the place of what it did say.
"""

from __future__ import annotations

import math

import numpy as np

from popest.checks.fitted import Fitted
from popest.engines.draws import Draws
from popest.model.counts import Counts
from popest.model.evidence import Survey, log_normal_cdf
from popest.model.model import Model, State

REPETITIONS = 4


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
    The statistic is the mean log count, each weighted by its precision, of a source with a
    ratio, and the mean of balances, both two-sided. Of a survey it is the deviance from the
    expected shares, one-sided; of floors whether all are reached, whose probability is itself
    the p-value. What only the source has (noise, baseline, ratio) is drawn from its prior.
    """
    state, weights = completed(model, others.model, others.draws, rng), others.draws.weights
    population = state.population
    if source in model.counts.names:
        return _two_sided(_counts_below(model.counts, source, state, others), weights)
    for balance in model.net_changes:
        if balance.name == source:
            expected = balance.exposure(population).mean(axis=0) + balance.mean
            sd = math.hypot(balance.bias_sd, balance.error_sd / math.sqrt(len(balance.rows)))
            return _two_sided((balance.values.mean() - expected) / sd, weights)
    for number, floor in enumerate(model.floors):
        if floor.name == source:
            log_sd = state.log_sd[len(model.counts.names) + number]
            reached = np.ones(len(floor.rows), dtype=bool)
            probability = np.exp(floor.log_likelihood(reached, population, log_sd))
            return min(1.0, float(weights @ probability))
    survey = next(survey for survey in model.surveys if survey.name == source)
    return _survey_p(survey, state, weights, rng)


def completed(full: Model, part: Model, draws: Draws, rng: np.random.Generator) -> State:
    """Return draws of a part of a model as draws of all of it, what is new from its prior."""
    u = rng.standard_normal((len(full.normals), draws.state.u.shape[1]))
    u[[full.normals.names.index(name) for name in part.normals.names]] = draws.state.u
    return full.state(u)


def _two_sided(scores: np.ndarray, weights: np.ndarray) -> float:
    """Return the two-sided p-value from the normal score of each draw."""
    lower = float(weights @ np.exp(log_normal_cdf(scores)))
    upper = float(weights @ np.exp(log_normal_cdf(-scores)))
    return min(1.0, 2 * min(lower, upper))


def _counts_below(counts: Counts, source: str, state: State, others: Fitted) -> np.ndarray:
    """Return how far the mean log count lies from that predicted, in standard deviations.

    Given the population, baseline and noise, the mean log count is normal. The weights are those
    of generalised least squares at the noise's median, the same for all draws.
    """
    number = counts.names.index(source)
    at = np.flatnonzero(counts.source_of == number)
    variance = np.exp(2 * state.log_sd[number])
    rotation = counts.rotation[np.ix_(at, at)]
    typical = counts.overlap[at] * np.median(variance) + 1
    mean_of = rotation.T @ (counts.rotated_ones[at] / typical)
    mean_of /= mean_of.sum()
    ratio_mean, ratio_variance = _ratio_given(counts, source, others)
    # The mean of the counts is this combination of their independent rotated errors.
    combined = np.linalg.solve(rotation.T, mean_of)
    spread = combined**2 @ (counts.overlap[at, None] * variance + 1) + ratio_variance
    exposure = np.log(counts.exposure(state.population)[at]) + counts.expected[at, None]
    net = counts.values[at, None] - counts.baseline(state.u)[at]
    log_net = np.log(np.maximum(net, 1e-300))
    scores: np.ndarray = (mean_of @ (log_net - exposure) - ratio_mean) / np.sqrt(spread)
    # A baseline that alone exceeds a count predicts more than was counted.
    return np.where((net > 0).all(axis=0), scores, -np.inf)


def _ratio_given(
    counts: Counts, source: str, others: Fitted
) -> tuple[np.ndarray | float, np.ndarray | float]:
    """Return mean and variance of a log ratio, less its median, given the other sources.

    Its own part keeps its prior; the factor that its group shares is as the others' counts leave
    it, given each draw of the population.
    """
    number = counts.names.index(source)
    own = float(counts.ratios.own_variance[number])
    loading = counts.ratios.loading[:, number]
    groups = np.flatnonzero(loading)
    if not len(groups):
        return 0.0, own
    rest, state = others.model.counts, others.draws.state
    members = np.flatnonzero(counts.ratios.loading[groups[0]])
    remaining = {counts.names[member] for member in members if member != number}
    held = [rest.names.index(name) for name in rest.names if name in remaining]
    if not held:
        return 0.0, own + float(loading[groups[0]] ** 2)
    group = int(np.flatnonzero(rest.ratios.loading[:, held[0]])[0])
    log_sd = state.log_sd[: len(rest.names)]
    learned = rest.integrate(rest.residuals(rest.values, state.u, state.population, log_sd))
    precision = learned.factor_precision[group]
    load = float(loading[groups[0]])
    return load * learned.factor_weighted[group] / precision, own + load**2 / precision


def _survey_p(survey: Survey, state: State, weights: np.ndarray, rng: np.random.Generator) -> float:
    """Return how often a repetition deviates from the expected shares as far as the survey."""
    shares = np.exp(survey.log_shares(state.population))
    respondents = round(survey.size)
    expected = np.maximum(shares @ weights, 1e-300)[:, None]
    seen = _deviance(survey.counts[:, None] / survey.size, expected)
    larger = 0.0
    for _ in range(REPETITIONS):
        repeated = rng.multinomial(respondents, shares.T).T / respondents
        larger += float(weights @ (_deviance(repeated, expected) >= seen)) / REPETITIONS
    return min(1.0, larger)


def _deviance(shares: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return sum s log(s / expected) of shares, `(window, ...)`; no window no respondents."""
    logs = np.log(np.where(shares > 0, shares / expected, 1.0))
    return (shares * logs).sum(axis=0)
