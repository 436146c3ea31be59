"""Balances, floors and surveys that are drawn, marked or held against others, by closed forms.

The population and the noise are given. Tolerances of draws are 4.5 standard errors; with the
fixed seeds the comparison does not vary.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import brute_density
import brute_force
import numpy as np
import pytest
import small_studies as small
import strategies
from invented_studies import evidence_study
from scipy import stats

from popest.model.evidence import Evidence, Others
from popest.model.measures import Floor, NetChange, Shares
from popest.model.model import Model
from popest.model.state import Learned
from popest.study.observations.observation import Observation

N = 40_000
FAR = 4.5  # standard errors


class Given:
    """The piece of evidence of one kind, for one population and noise, repeated."""

    def __init__(self, kind: type[Any], seed: int = 2, draws: int = N) -> None:
        self.model: Model = small.model_of(*evidence_study())
        self.specification = self.model.specification
        (self.piece,) = small.pieces(self.model, kind)
        drawn = strategies.normals_for(self.model.normals.names, seed)
        self.normals = {name: 0.3 * value for name, value in drawn.items()}
        self.state = self.model.state(np.tile(strategies.as_draws([self.normals]), (1, draws)))
        self.path = brute_force.population(self.specification, self.normals)
        nothing: Any = None
        self.learned = Learned(self.state, nothing, nothing)

    def exposure(self, row: Observation) -> float:
        source = self.specification.source[row.source]
        return brute_force.exposure(self.specification, source, row, self.path)


def check_moments(draws: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> None:
    """Compare draws, `(row, draws)`, with a normal distribution."""
    variance, n = np.diag(covariance), draws.shape[1]
    assert (np.abs(draws.mean(axis=1) - mean) < FAR * np.sqrt(variance / n)).all()
    spread = np.sqrt((np.outer(variance, variance) + covariance**2) / n)
    assert (np.abs(np.cov(draws).reshape(covariance.shape) - covariance) < FAR * spread).all()


def held_against(model: Model, seeds: tuple[int, ...], weights: list[float]) -> Any:
    """Draws of all normals as what all others say, and these draws."""
    draws = [strategies.normals_for(model.normals.names, seed) for seed in seeds]
    state = model.state(strategies.as_draws(draws))
    evidence: tuple[Evidence, ...] = ()
    return Others(evidence, state, np.array(weights), state), draws


# ---- balances: a bias of mean 500 and deviation 700, and an error of 400 of each

MEAN, BIAS, ERROR = 500.0, 700.0, 400.0


def learned_bias(given: Given) -> tuple[float, float]:
    """Mean and variance of the bias given the population and the three balances."""
    residual = sum(row.value - given.exposure(row) for row in given.piece.rows)
    precision = 1 / BIAS**2 + 3 / ERROR**2
    return (MEAN / BIAS**2 + residual / ERROR**2) / precision, 1 / precision


def test_simulated_balances_share_a_bias() -> None:
    given = Given(NetChange)
    drawn = given.piece.simulate(given.state, np.random.default_rng(1))
    mean = np.array([given.exposure(row) + MEAN for row in given.piece.rows])
    check_moments(drawn, mean, BIAS**2 + ERROR**2 * np.eye(3))


def test_repeated_balances_share_the_bias_that_was_learned() -> None:
    given = Given(NetChange)
    drawn = given.piece.repeat(given.learned, np.random.default_rng(2))
    bias, variance = learned_bias(given)
    mean = np.array([given.exposure(row) + bias for row in given.piece.rows])
    check_moments(drawn, mean, variance + ERROR**2 * np.eye(3))


def test_a_balance_that_was_not_seen_has_the_bias_that_was_learned() -> None:
    given = Given(NetChange)
    row = small.count("N", "border", 1, "2022-11-30", "2022-03-10")
    drawn = given.piece.predict(row, given.learned, np.random.default_rng(3))
    bias, variance = learned_bias(given)
    mean = np.array([given.exposure(row) + bias])
    check_moments(drawn[None], mean, np.array([[variance + ERROR**2]]))


def test_a_first_balance_has_a_bias_from_its_prior() -> None:
    given = Given(NetChange)
    row = small.count("N", "border", 1, "2022-11-30", "2022-03-10")
    rng = np.random.default_rng(4)
    drawn = NetChange.first_figure(row, given.specification, given.state, rng)
    mean = np.array([given.exposure(row) + MEAN])
    check_moments(drawn[None], mean, np.array([[BIAS**2 + ERROR**2]]))


def test_marks_of_balances_are_added_to_the_stock_before() -> None:
    border = Given(NetChange, draws=1).piece
    ends, seen = (9e3, 8e3, 7e3), (2e3, 1e3, -5e2)
    marks = list(border.marks(lambda *_: zip(ends, seen, strict=True)))
    reach = 1.6449 * math.hypot(BIAS, ERROR)
    for row, mark, end, grown in zip(border.rows, marks, ends, seen, strict=True):
        stock = end - grown + row.value - MEAN
        found = (mark.stock, mark.lower, mark.upper)
        assert found == pytest.approx((stock, stock - reach, stock + reach))
        assert (mark.start, mark.end, mark.observation) == (row.start, row.end, row.id)


def test_balances_are_held_against_the_others_by_their_mean() -> None:
    model = small.model_of(*evidence_study())
    (border,) = small.pieces(model, NetChange)
    weights = [0.2, 0.5, 0.3]
    others, draws = held_against(model, (1, 2, 3), weights)
    source, z = model.specification.source["border"], []
    for draw in draws:
        path = brute_force.population(model.specification, draw)
        seen = [brute_force.exposure(model.specification, source, row, path) for row in border.rows]
        mean = np.mean([row.value for row in border.rows]) - np.mean(seen) - MEAN
        z.append(mean / math.sqrt(BIAS**2 + ERROR**2 / 3))
    tails = np.array(weights) @ stats.norm.cdf(z), np.array(weights) @ stats.norm.sf(z)
    found = border.p_value("border", others, np.random.default_rng(1))
    assert found == pytest.approx(2 * min(tails), rel=1e-9)


# ---- floors


def test_floors_are_reached_as_often_as_their_probability() -> None:
    given = Given(Floor)
    reached = given.piece.simulate(given.state, np.random.default_rng(5))
    truth = np.exp(
        [
            brute_density.floor_log_density(given.specification, row, given.normals)
            for row in given.piece.rows
        ]
    )
    assert 0.01 < truth[0] < 0.99 and truth[1] < 1e-9 and truth[2] > 1 - 1e-9
    error = np.sqrt(truth * (1 - truth) / N) + 1e-9
    assert (np.abs(reached.mean(axis=1) - truth) < FAR * error).all()


def largest(given: Given, row: Observation) -> tuple[float, float]:
    """Mean and variance of the log of the largest count that a floor could have."""
    sd = brute_density.noise_sd(given.specification, given.normals, "voters")
    printed = brute_density.PRECISIONS[str(row.precision)][0]
    return math.log(0.3 * given.exposure(row)), 0.3**2 + sd**2 + printed**2


def test_repeated_floors_are_the_largest_counts() -> None:
    given = Given(Floor)
    drawn = np.log(given.piece.repeat(given.learned, np.random.default_rng(6)))
    for row, values in zip(given.piece.rows, drawn, strict=True):
        mean, variance = largest(given, row)
        check_moments(values[None], np.array([mean]), np.array([[variance]]))


def test_a_floor_that_was_not_seen_is_the_largest_count() -> None:
    given = Given(Floor)
    row = small.count("N", "voters", 1, "2022-07-10", precision="about")
    drawn = np.log(given.piece.predict(row, given.learned, np.random.default_rng(7)))
    mean, variance = largest(given, row)
    check_moments(drawn[None], np.array([mean]), np.array([[variance]]))


def test_marks_of_floors_are_counts_over_the_largest_share() -> None:
    voters = Given(Floor, draws=1).piece
    marks = list(voters.marks(lambda *_: ()))
    factor = math.exp(1.6449 * 0.3)
    for row, mark in zip(voters.rows, marks, strict=True):
        stock = row.value / 0.3
        found = (mark.stock, mark.lower, mark.upper)
        assert found == pytest.approx((stock, stock / factor, stock * factor), rel=1e-6)
        assert mark.is_floor


def test_floors_are_held_against_the_others_by_their_probability() -> None:
    entries, rows = evidence_study()
    model = small.model_of(entries, [row for row in rows if row.id != "V2"])
    (voters,) = small.pieces(model, Floor)
    weights = [0.2, 0.5, 0.3]
    others, draws = held_against(model, (1, 2, 3), weights)
    truth = sum(
        weight
        * math.exp(
            sum(
                brute_density.floor_log_density(model.specification, row, draw)
                for row in voters.rows
            )
        )
        for weight, draw in zip(weights, draws, strict=True)
    )
    found = voters.p_value("voters", others, np.random.default_rng(1))
    assert found == pytest.approx(truth, rel=1e-9)
    assert 0.01 < truth < 0.99


# ---- surveys


def test_simulated_respondents_are_as_many_as_count() -> None:
    """40 / 3 of them: 13 are drawn, and each counts for a little more."""
    entries, _ = evidence_study()
    entries["source"]["survey"] |= {"n": 40, "deff": 3.0}
    model = small.model_of(entries)
    (survey,) = small.pieces(model, Shares)
    normals = strategies.normals_for(model.normals.names, 2)
    state = model.state(np.tile(strategies.as_draws([normals]), (1, N)))
    drawn = survey.simulate(state, np.random.default_rng(8))
    assert drawn.sum(axis=0) == pytest.approx(np.full(N, 40 / 3))
    path = brute_force.population(model.specification, normals)
    shares = np.array(
        brute_density.survey_shares(model.specification, model.specification.source["survey"], path)
    )
    error = np.sqrt(shares * (1 - shares) / 13 / N)
    assert (np.abs(survey.in_unit(drawn).mean(axis=1) - shares) < FAR * error).all()


def test_a_repeated_survey_has_the_shares_of_the_population() -> None:
    given = Given(Shares)
    drawn = given.piece.repeat(given.learned, np.random.default_rng(9))
    assert drawn.sum(axis=0) == pytest.approx(np.ones(N))
    source = given.specification.source["survey"]
    shares = np.array(brute_density.survey_shares(given.specification, source, given.path))
    error = np.sqrt(shares * (1 - shares) / 74 / N)
    assert (np.abs(drawn.mean(axis=1) - shares) < FAR * error).all()


@pytest.mark.parametrize("came_first", [2, 4, 7])
def test_a_survey_is_held_against_the_others_by_its_deviance(came_first: int) -> None:
    """Two windows and 8 respondents: every outcome can be visited. 100 arrive in each month."""
    windows = [("2022-01", "2022-03", came_first / 8), ("2022-04", "2022-06", 1 - came_first / 8)]
    entries = small.document(
        small.arrivals_population(small.known(100), hazard=small.known(0.2)),
        {"s": small.survey("2022-06", 8, 1.0, windows)},
    )
    model = small.model_of(entries)
    (survey,) = small.pieces(model, Shares)
    ages = [month + 0.5 for month in range(6)]
    late, early = (
        sum(math.exp(-0.2 * age) for age in ages[start:end]) for start, end in pairwise((0, 3, 6))
    )
    share = early / (early + late)

    def deviance(first: int) -> float:
        pairs = ((first / 8, share), (1 - first / 8, 1 - share))
        return sum(seen * math.log(seen / expected) for seen, expected in pairs if seen)

    truth = sum(
        stats.binom.pmf(first, 8, share)
        for first in range(9)
        if deviance(first) >= deviance(came_first) - 1e-12
    )
    state = model.state(np.empty((0, N)))
    others = Others((), state, np.full(N, 1 / N), state)
    found = survey.p_value("s", others, np.random.default_rng(10))
    # Each draw is repeated several times, all of the same shares.
    assert found == pytest.approx(truth, abs=FAR * math.sqrt(truth * (1 - truth) / N) + 1e-12)
