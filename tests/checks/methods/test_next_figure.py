"""Tests of what one more figure is worth: closed forms, and refits with the figure on file."""

import math
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest
from static_town import PRINTED, Town

import popest
import small_study as small
from popest.checks.check_next_figure import LABEL_OF_MATCH, next_figure
from popest.checks.methods.next_figure import (
    MATCH_ERROR,
    Candidate,
    Prospects,
    candidates,
    width_of,
    worth,
)
from popest.checks.result import Context
from popest.study import study_from_texts
from popest.study.estimand import Estimand
from small_study import HEADER, changed

Z = NormalDist().inv_cdf(0.95)


def expected_width(mean: float, sd: float, sd_after: float) -> float:
    """Of a log-normal stock: its sd does not depend on the figure, and its mean is normal."""
    mean_width = math.exp(mean + (sd**2 - sd_after**2) / 2)
    return mean_width * 2 * math.sinh(Z * sd_after)


def after_one_more(town: Town, name: str) -> float:
    """The posterior sd of L once a second count of a source is known, of the same ratio."""
    names = list(town.counts)
    places = [0, *range(1, len(names) + 1)]
    precision = np.diag([1 / town.sigma**2, *(1 / town.ratios[n][1] ** 2 for n in names)])
    for place, each in enumerate(names, start=1):
        seen = np.zeros(len(places))
        seen[[0, place]] = 1.0
        repeats = 2 if each == name else 1
        precision += repeats * np.outer(seen, seen) / (town.noise**2 + PRINTED**2)
    return math.sqrt(np.linalg.inv(precision)[0, 0])


def rows_of(context: Context) -> dict[str, dict]:
    return {str(row["figure"]): dict(row) for row in next_figure(context).table}


def test_the_width_of_a_log_normal_stock_is_its_closed_form() -> None:
    town = Town()
    mean, sd = town.posterior()
    rows = rows_of(town.context())
    assert set(rows) == {LABEL_OF_MATCH, *town.counts}
    cases = {name: after_one_more(town, name) for name in town.counts}
    cases[LABEL_OF_MATCH] = 1 / math.hypot(1 / sd, 1 / MATCH_ERROR)
    for name, sd_after in cases.items():
        row = rows[name]
        assert row["width_now"] == pytest.approx(expected_width(mean, sd, sd), rel=0.02)
        assert sd_after < sd
        expected = expected_width(mean, sd, sd_after)
        # The error of the draws is common to the width now and after.
        margin = 4 * row["width_se"] + 0.02 * expected
        assert abs(row["width_after"] - expected) < margin
        assert row["width_left"] == row["width_after"] / row["width_now"]
        assert row["reliable"] and row["least_effective_size"] > 50
    widths = [row["width_after"] for row in rows.values()]
    assert widths == sorted(widths)


def test_the_monte_carlo_error_is_what_repetitions_differ_by() -> None:
    """The same draws, other figures; a standard deviation of 40 is good to a ninth."""
    context, day = Town().context(), date(2023, 12, 31)
    estimate = context.estimate
    prospects = Prospects.of(estimate.reach(day), estimate.draws.weights, day, Estimand(day), 1_000)
    widths, errors = [], []
    for seed in range(40):
        match = next(iter(candidates(prospects, np.random.default_rng(seed))))
        found = worth(match, prospects, 25)
        widths.append(found.width)
        errors.append(found.error)
    assert np.std(widths, ddof=1) == pytest.approx(np.mean(errors), rel=0.4)


def test_the_width_is_the_mean_over_figures_of_weighted_draws() -> None:
    """Three in ten figures leave the upper half of the draws, and the others all of them."""
    stock, weights = np.arange(1.0, 101.0), np.linspace(1, 3, 100)
    weights /= weights.sum()
    day, upper = date(2023, 12, 31), stock > 50
    prospects = Prospects(day, None, None, stock, stock, weights)  # type: ignore[arg-type]
    values = np.where(np.cumsum(weights) > 0.7, 1.0, 0.0)

    def log_density(value: float) -> np.ndarray:
        return np.where(upper | (value == 0), 0.0, -np.inf)

    found = worth(Candidate("a", "stock", None, day, values, log_density), prospects, 10)
    half = np.where(upper, weights, 0)
    expected = 0.7 * width_of(stock, weights) + 0.3 * width_of(stock, half / half.sum())
    assert found.width == pytest.approx(expected)
    least = half.sum() ** 2 / (half @ half)
    assert found.least_size == pytest.approx(least) and found.share_below == 1


SOURCES = small.REGISTER + small.CONTRACTS + small.PERMITS + small.BORDER
MOVING = changed(small.ARRIVALS + small.WAVE + small.NOISE + SOURCES, {"mean = -10": "mean = 10"})
ROWS = (
    "REG1,register,800,exact,,2022-06-30,2022-07-31,2024-06-01,Office,,yes,,,\n"
    "REG2,register,1000,exact,,2022-12-31,2023-01-31,2024-06-01,Office,,yes,,,\n"
    "CON1,contracts,700,exact,2022-02-01,2022-12-31,2023-01-31,2024-06-01,Office,,yes,,,\n"
    "PER1,permits,500,exact,2022-02-01,2022-10-31,2023-01-31,2024-06-01,Office,,yes,,,\n"
)


@pytest.fixture(scope="module")
def moving() -> popest.Study:
    """A population of arrivals with a source of each kind, one of them without a figure."""
    return study_from_texts("moving", MOVING, HEADER + ROWS)


@pytest.mark.parametrize("source", ["register", "contracts", "permits", "border"])
@pytest.mark.parametrize("day", ["2023-12-31", "2022-12-31"])
def test_draws_weighed_by_a_figure_are_those_of_a_refit(moving, source: str, day: str) -> None:
    """Also where the figure's window is one that was counted already, and for a first figure."""
    estimate, end = popest.estimate(moving, draws=60_000), date.fromisoformat(day)
    prospects = Prospects.of(
        estimate.reach(end), estimate.draws.weights, end, Estimand(end), 40_000
    )
    found = {each.source: each for each in candidates(prospects, np.random.default_rng(1)) if each}
    candidate = found[source]
    assert candidate.end == end and (candidate.start is None) == (source == "register")
    for place in (len(prospects.stock) // 4, 3 * len(prospects.stock) // 4):
        value = round(candidate.values[place])
        weights = prospects.weights * np.exp(candidate.log_density(value))
        weights /= weights.sum()
        seen = moving.with_observation(
            source, value, start=candidate.start, end=end, publisher="Office"
        )
        refit = popest.estimate(seen, dates=end, draws=60_000).stock()
        assert refit.median == pytest.approx(float(_median(prospects, weights)), rel=0.02)
        width = width_of(refit.values, refit.weights)
        assert width_of(prospects.stock, weights) == pytest.approx(width, rel=0.05)


def _median(prospects: Prospects, weights: np.ndarray) -> float:
    return prospects.stock[np.searchsorted(np.cumsum(weights), 0.5)]


def test_what_a_figure_may_be_is_what_is_expected_of_it(moving) -> None:
    """The values that are tried are distributed as the estimate predicts the figure."""
    estimate, end = popest.estimate(moving), date(2023, 12, 31)
    prospects = Prospects.of(estimate.reach(end), estimate.draws.weights, end, Estimand(end), 8_000)
    found = {each.source: each for each in candidates(prospects, np.random.default_rng(1))}
    seen = moving.with_observation("register", 900, end=end, publisher="Office")
    fit = next(
        fit
        for fit in popest.estimate(seen).observations_fit
        if fit.observation == seen.used[-1].id or fit.value == 900
    )
    values = found["register"].values
    order = np.argsort(values)
    cumulative = np.cumsum(prospects.weights[order])
    for prob in (0.05, 0.5, 0.95):
        mine = values[order][np.searchsorted(cumulative, prob)]
        assert mine == pytest.approx(fit.predicted.quantile(prob), rel=0.05)


def test_a_window_is_a_year_or_what_the_calendar_has_of_it(moving) -> None:
    for day, start in (("2023-12-31", date(2023, 1, 1)), ("2022-12-31", date(2022, 1, 10))):
        rows = rows_of(Context(moving, quick=True, date_asked=day))
        assert rows["permits"]["start"] == str(start) and rows["permits"]["end"] == day
        assert rows["register"]["start"] is None


def test_figures_are_of_the_first_year_end_after_the_last_count(moving) -> None:
    def day(study: popest.Study) -> object:
        return rows_of(Context(study, quick=True))[LABEL_OF_MATCH]["end"]

    assert moving.last_count.day == date(2022, 12, 31)
    assert day(moving) == "2023-12-31"
    later = study_from_texts("later", MOVING, HEADER + ROWS.replace("2022-12-31", "2022-11-30"))
    assert day(later) == "2022-12-31"
    none = study_from_texts("none", MOVING, HEADER)
    assert day(none) == "2022-12-31"


def test_few_draws_are_told() -> None:
    """A match of registers says more of a population of any size than so few draws can tell."""
    result = next_figure(Town(sigma=3, counts={}).context(quick=True))
    (match,) = (row for row in result.table if row["figure"] == LABEL_OF_MATCH)
    assert not match["reliable"] and match["least_effective_size"] < 100
    assert "Too few draws carry the weight for the match of registers" in result.sentence


def test_a_source_whose_ratio_is_drawn_is_asked_for_a_later_figure() -> None:
    """Its drift goes on after its last figure; between two of them it is not followed."""
    bounded = "interval90 = [0.6, 0.914], at_most_one = true"
    drawn = changed(MOVING, {"interval90 = [0.6, 1.07]": bounded})
    study = study_from_texts("drawn", drawn, HEADER + ROWS)
    rows = rows_of(Context(study, quick=True))
    assert 0 < rows["register"]["width_left"] < 1
    result = next_figure(Context(study, quick=True, date_asked="2022-09-30"))
    assert "register" not in {row["figure"] for row in result.table}
    assert "Of register no further figure is imagined." in result.sentence


def test_surveys_and_floors_are_named_as_not_asked() -> None:
    text = small.ARRIVALS + small.WAVE + small.REGISTER + small.SURVEY + small.VOTERS
    study = study_from_texts("all", text, HEADER + ROWS.splitlines(keepends=True)[0])
    result = next_figure(Context(study, quick=True))
    assert [row["source"] for row in result.table if row["source"]] == ["register"]
    assert "no further figure is imagined" in result.sentence and "voters" in result.sentence


def test_worth_is_zero_wide_where_everything_is_known(moving) -> None:
    estimate, end = popest.estimate(moving), date(2023, 12, 31)
    prospects = Prospects.of(estimate.reach(end), estimate.draws.weights, end, Estimand(end), 1_000)
    match = next(iter(candidates(prospects, np.random.default_rng(1))))
    known = prospects._replace(values=np.full(len(prospects.values), 5.0))
    assert worth(match, known, 5).width == 0
