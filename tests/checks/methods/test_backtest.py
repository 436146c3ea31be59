"""Tests of the backtest: its scores, its naive forecasts, and forecasts of figures known."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from static_town import HEADER, Town

from popest.checks.check_backtest import latest_forecasts, predict_the_past
from popest.checks.methods.backtest import backtest, crps, naive_forecasts
from popest.estimates import Distribution
from popest.study import Study, study_from_texts

PERSONS, RATIO, NOISE = 9_000, 0.5, 0.1


def town(values: list[int]) -> Study:
    """A town with one register, whose count comes out at the end of each month."""
    only = replace(Town(), ratios={"permits": (RATIO, 0.3)}, counts={}, noise=NOISE)
    rows = [
        f"P{month},permits,{value},exact,,2023-{month:02}-28,2023-{month:02}-28,2024-02-01,"
        "office,,yes,,,"
        for month, value in enumerate(values, start=1)
    ]
    text = only.study.specification_text
    return study_from_texts("town", text, "\n".join([HEADER, *rows]) + "\n")


def drawn(n_months: int = 8) -> list[int]:
    rng = np.random.default_rng(3)
    logs = math.log(PERSONS * RATIO) + NOISE * rng.standard_normal(n_months)
    return np.exp(logs).round().astype(int).tolist()


def silent(_: str) -> None:
    """Say nothing."""


def test_the_score_of_a_normal_prediction_has_its_closed_form() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal(100_000)
    # Drawn from N(0, 1), weighted to N(0.5, 1).
    weights = np.exp(0.5 * values)
    predicted = Distribution(values, weights / weights.sum())
    z = 1.2 - 0.5
    density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    expected = z * math.erf(z / math.sqrt(2)) + 2 * density - 1 / math.sqrt(math.pi)
    assert crps(predicted, 1.2) == pytest.approx(expected, abs=0.01)


def test_the_score_of_a_single_number_is_its_error() -> None:
    assert crps(Distribution.equal(np.array([3.0])), 5.0) == pytest.approx(2.0)


@pytest.mark.parametrize("bias", [-1.0, 1.0])
def test_a_biased_prediction_scores_worse(bias: float) -> None:
    rng = np.random.default_rng(2)
    values, truths = rng.standard_normal(2_000), rng.standard_normal(500)
    fair, biased = Distribution.equal(values), Distribution.equal(values + bias)
    scores = [np.mean([crps(each, truth) for truth in truths]) for each in (fair, biased)]
    assert scores[0] + 0.1 < scores[1]


def test_figures_of_the_study_s_own_model_are_foreseen() -> None:
    found = backtest(town(drawn()), 1, silent)
    assert len(found.forecasts) == 7 + 6 + 5 + 4 + 3 + 2 + 1 and not found.not_certified
    latest = latest_forecasts(found)
    assert len(latest) == 7 and all(forecast.is_next for forecast in latest)
    assert sum(forecast.holds(0.9) for forecast in latest) >= 5


def test_a_figure_twice_what_was_expected_is_not_foreseen() -> None:
    values = drawn()
    found = backtest(town([*values[:-1], 2 * values[-1]]), 1, silent)
    last = latest_forecasts(found)[-1]
    assert not last.holds(0.9) and last.fit.percentile > 0.99


def test_a_forecast_rests_on_nothing_that_came_out_later() -> None:
    values = drawn(4)
    one, other = (backtest(town([*values[:3], last]), 1, silent) for last in (values[3], 99_999))
    medians = [
        [each.fit.predicted.median for each in found.forecasts if each.as_of < date(2023, 3, 1)]
        for found in (one, other)
    ]
    assert medians[0] == medians[1]


def test_naive_forecasts_carry_on_the_last_figure_and_the_last_line() -> None:
    study = town([4_000, 4_310, 4_500])
    then = study.as_of("2023-02-28")
    carried, trend = naive_forecasts(study.used[2], then)
    assert carried == 4_310
    assert trend == pytest.approx(4_310 + 310 / 31 * 28)
    assert naive_forecasts(study.used[1], study.as_of("2023-01-28")) == (4_000, None)


def test_a_line_that_falls_below_nothing_is_no_forecast() -> None:
    study = town([9_000, 100, 100])
    assert naive_forecasts(study.used[2], study.as_of("2023-02-28")) == (100, None)


def test_the_check_says_how_many_were_held_and_draws_them() -> None:
    result = predict_the_past(replace(Town().context(), study=town(drawn())))
    assert result.passed is None
    assert "Of 7 figures" in result.sentence and "last figure carried on" in result.sentence
    assert len(result.table) == 28
    assert "as predicted before" in result.plot().get_title(loc="left")


def test_a_study_whose_figures_came_out_together_has_nothing_to_predict() -> None:
    result = predict_the_past(Town().context())
    assert result.table == () and "nothing to predict" in result.sentence
