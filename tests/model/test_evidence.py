"""Balances, surveys and floors, each against SciPy or a sum over months."""

from __future__ import annotations

import math
from typing import Any

import brute_density
import numpy as np
import pytest
import small_studies as small
import strategies
from invented_studies import evidence_study
from scipy import special, stats

from popest.model.measures import Floor, NetChange, Shares
from popest.model.tails import log_normal_cdf, two_sided

AGREES = 1e-9  # relative


def draws_of_study() -> tuple[Any, list[dict[str, float]], Any]:
    model = small.model_of(*evidence_study())
    normals = [strategies.normals_for(model.normals.names, seed) for seed in range(6)]
    return model, normals, model.state(strategies.as_draws(normals))


def test_balances_are_multivariate_normal() -> None:
    """A bias that all share and an error of each; windows that begin before the calendar."""
    model, normals, state = draws_of_study()
    (border,) = small.pieces(model, NetChange)
    truth = [
        brute_density.balance_log_density(model.specification, border.rows, draw)
        for draw in normals
    ]
    assert [row.id for row in border.rows] == ["E1", "E2", "E3"]
    found = border.log_likelihood(border.values, state)
    assert found == pytest.approx(truth, rel=AGREES)


def test_shared_bias_is_drawn_from_its_conditional_normal() -> None:
    """Mean and variance within 4.5 standard errors of 40,000 draws."""
    model, _, state = draws_of_study()
    (border,) = small.pieces(model, NetChange)
    one = model.state(state.u[:, [0]])
    seen = border.exposure(one)[:, 0]
    precision = 1 / 700**2 + 3 / 400**2
    mean = (500 / 700**2 + (border.values - seen).sum() / 400**2) / precision
    many = model.state(np.repeat(one.u, 40_000, axis=1))
    drawn = border.draw_bias(border.values, many, np.random.default_rng(1))
    assert abs(drawn.mean() - mean) < 4.5 / math.sqrt(precision * 40_000)
    assert drawn.var() * precision == pytest.approx(1, abs=4.5 * math.sqrt(2 / 40_000))


def test_a_bias_that_is_known_is_not_drawn() -> None:
    entries, rows = evidence_study()
    entries["source"]["border"]["bias"]["sd"] = 0.0
    model = small.model_of(entries, rows)
    state = model.state(np.zeros((len(model.normals), 3)))
    (border,) = small.pieces(model, NetChange)
    drawn = border.draw_bias(border.values, state, np.random.default_rng(1))
    assert drawn.tolist() == [500.0] * 3


def test_surveys_are_a_sum_over_months() -> None:
    """Survivors exp(-h (t* - t + 1/2)); April is in no window, and November too late for any."""
    model, normals, state = draws_of_study()
    (survey,) = small.pieces(model, Shares)
    assert survey.values == pytest.approx(np.array([0.4, 0.35, 0.2]) * 74)
    truth = [
        brute_density.survey_log_density(model.specification, "survey", draw) for draw in normals
    ]
    found = survey.log_likelihood(survey.values, state)
    assert found == pytest.approx(truth, rel=AGREES)
    shares = survey.expected(state.population)
    assert shares.sum(axis=0) == pytest.approx(np.ones(6), rel=1e-12)


def test_those_who_came_first_left_first() -> None:
    """By hand: 100 arrivals in each of three months, h = log 2, asked in the third."""
    entries = small.document(
        small.arrivals_population(small.known(100), hazard=small.log_normal(math.log(2), 0.0)),
        {
            "s": small.survey(
                "2022-03", 30, 1.0, [("2022-01", "2022-01", 0.5), ("2022-02", "2022-03", 0.5)]
            )
        },
        end="2022-06",
    )
    model = small.model_of(entries)
    (survey,) = small.pieces(model, Shares)
    shares = survey.expected(model.population(np.empty((0, 1))))[:, 0]
    assert shares == pytest.approx([1 / 7, 6 / 7], rel=1e-12)


def test_floors_are_normal_probabilities() -> None:
    """Well within reach (V3), in question (V1) and 30 standard deviations out of reach (V2)."""
    model, normals, state = draws_of_study()
    (voters,) = small.pieces(model, Floor)
    for row, observation in enumerate(voters.rows):
        reached = np.ones(3, dtype=bool)
        only = np.arange(3) == row
        scores = voters.scores(state, np)[row]
        truth = [
            brute_density.floor_log_density(model.specification, observation, draw)
            for draw in normals
        ]
        assert stats.norm.logcdf(scores) == pytest.approx(truth, rel=AGREES, abs=1e-13)
        assert log_normal_cdf(scores) == pytest.approx(truth, rel=AGREES, abs=1e-13)
        missed = voters.log_likelihood(reached & ~only, state)
        met = voters.log_likelihood(reached, state)
        difference = stats.norm.logcdf(scores) - stats.norm.logcdf(-scores)
        assert met - missed == pytest.approx(difference, rel=AGREES, abs=1e-6)


def test_log_normal_cdf_is_scipy_s() -> None:
    for x in (np.linspace(-40, 40, 20_001), -np.geomspace(30, 1e100, 20_001)):
        assert log_normal_cdf(x) == pytest.approx(special.log_ndtr(x), rel=1e-14, abs=1e-15)
    ends = np.array([[-np.inf, 0.0, np.inf]])
    assert log_normal_cdf(ends) == pytest.approx(np.array([[-np.inf, math.log(0.5), 0.0]]))


def test_two_sided_p_values_are_twice_the_smaller_tail() -> None:
    """Tails are averaged by weight, and only then is the smaller one taken."""
    scores, weights = np.array([-3.0, -0.5, 2.5]), np.array([0.5, 0.2, 0.3])
    for sign in (1, -1):
        lower = weights @ stats.norm.cdf(sign * scores)
        upper = weights @ stats.norm.sf(sign * scores)
        expected = 2 * min(lower, upper)
        assert two_sided(sign * scores, weights) == pytest.approx(expected, rel=1e-12)
    assert two_sided(np.zeros(2), np.array([0.5, 0.5])) == pytest.approx(1.0)
    assert two_sided(np.array([-2.0]), np.ones(1)) == pytest.approx(2 * stats.norm.cdf(-2.0))
