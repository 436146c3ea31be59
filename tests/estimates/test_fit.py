"""Tests of what an estimate says of ratios and observations: closed forms, planted faults."""

import math
from dataclasses import replace
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest
from static_town import Town

import popest
from popest.engines import Engine
from popest.estimates import Estimate, fit
from popest.estimates.distribution import Distribution
from popest.estimates.fit import ObservationFit
from popest.estimates.fit_warnings import Scatter, fit_findings

STANDARD_ERRORS = 4
Z = NormalDist().inv_cdf(0.95)

KNOWN_NOISE = '[noise]\nerror = { median = 0.04, sigma = 0, because = "known" }\n[source.register]'
NOISE = math.hypot(0.04, 0.05)
"""Of the known noise and of a figure printed as "about"."""
DRIFT = 2.0


def standard_error(prob: float, sd: float, n_draws: float) -> float:
    """The standard error of a normal's quantile, estimated by independent draws."""
    density = NormalDist().pdf(NormalDist().inv_cdf(prob))
    return sd * math.sqrt(prob * (1 - prob) / n_draws) / density


def assert_log_normal(found, mean: float, sd: float, n_draws: float) -> None:
    """Median and 90 % bounds are those of exp(Normal(mean, sd)), within Monte Carlo error."""
    for value, prob in zip(found, (0.5, 0.05, 0.95), strict=True):
        expected = mean + sd * NormalDist().inv_cdf(prob)
        margin = STANDARD_ERRORS * standard_error(prob, sd, n_draws)
        assert math.log(value) == pytest.approx(expected, abs=margin)


def years(study, day: str) -> float:
    return (date.fromisoformat(day) - study.calendar.first_day).days / 365.25


@pytest.mark.parametrize("source", ["census", "residence_permits", "work_permits", "companies"])
def test_the_prior_of_a_ratio_is_its_closed_form_with_drift(serbia: Estimate, source: str) -> None:
    record = serbia.study.specification.source[source]
    learned = next(ratio for ratio in serbia.ratios_learned if ratio.source == source)
    lower, upper = record.ratio.interval90
    tau = math.log(upper / lower) / (2 * 1.6449)
    sd = math.sqrt(tau**2 + record.drift**2 * years(serbia.study, "2024-12-31"))
    expected = [record.ratio.median * math.exp(z * sd) for z in (0, -Z, Z)]
    assert learned.prior == pytest.approx(expected, rel=1e-9)
    assert learned.prob == 0.9


def test_the_drift_of_the_shipped_study_shows_in_the_prior(serbia: Estimate) -> None:
    drifts = {name: source.drift for name, source in serbia.study.specification.source.items()}
    assert drifts["residence_permits"] > 0 and drifts["census"] == 0


def test_a_ratio_without_a_count_keeps_its_prior(static) -> None:
    found = static.estimate(draws=20_000)
    learned = found.ratios_learned[1]
    assert learned.source == "clinic"
    sd = math.log(learned.prior[2] / learned.prior[0]) / Z
    assert_log_normal(learned.posterior, math.log(0.3), sd, found.certificate.ess)


def known(static, drift: float = 0.0) -> Estimate:
    """A population and a noise that are known: the ratio alone is learned, from one count."""
    sketch = replace(static, precision="about")
    sketch = sketch.but("median = 1000, sigma = 0.5", "median = 1000, sigma = 0")
    sketch = sketch.but("[source.register]", KNOWN_NOISE)
    sketch = sketch.but("[source.clinic]", f'drift = {drift}\nsampling = "none"\n[source.clinic]')
    sketch = sketch.but('headline = "2024-01-31"', 'headline = "2024-03-31"')
    return sketch.estimate(draws=20_000)


@pytest.mark.parametrize("drift", [0.0, DRIFT])
def test_a_ratio_learns_from_a_count_as_the_closed_form_says(static, drift: float) -> None:
    found = known(static, drift)
    tau = found.study.specification.source["register"].ratio.tau
    at_count, at_headline = (
        drift**2 * years(found.study, day) for day in ("2024-01-31", "2024-03-31")
    )
    gain = (tau**2 + at_count) / (tau**2 + at_count + NOISE**2)
    mean = math.log(0.8) + gain * math.log(820 / 800)
    sd = math.sqrt(tau**2 + at_headline - gain * (tau**2 + at_count))
    learned = found.ratios_learned[0]
    assert_log_normal(learned.posterior, mean, sd, found.settings.n_draws)


@pytest.mark.parametrize("value", [600, 820, 1400])
def test_a_prediction_and_a_percentile_are_the_closed_form(static, value: float) -> None:
    """The only count is predicted by its prior: that of its ratio, as the rest is known."""
    found = known(static.counting("REG1", value))
    tau = found.study.specification.source["register"].ratio.tau
    mean, sd = math.log(800), math.hypot(tau, NOISE)
    (fit,) = found.observations_fit
    interval = fit.predicted.interval(0.9)
    predicted = (fit.predicted.median, interval.lower, interval.upper)
    assert_log_normal(predicted, mean, sd, found.settings.n_draws)
    expected = NormalDist(mean, sd).cdf(math.log(value))
    margin = STANDARD_ERRORS * math.sqrt(expected * (1 - expected) / found.settings.n_draws)
    assert fit.percentile == pytest.approx(expected, abs=margin)


def test_every_observation_has_its_fit(sketched: Estimate) -> None:
    fits = {fit.observation: fit for fit in sketched.observations_fit}
    counted = ["REG1", "REG2", "PER1", "BRD1", "VOT1"]
    assert list(fits) == [*counted, "survey:2022-01..2022-05", "survey:2022-06..2023-05"]
    assert [fits[name].value for name in counted] == [800, 1000, 500, 1200, 90]
    assert [fit.is_floor for fit in fits.values()].count(True) == 1
    assert {fit.source for fit in fits.values()} == set(sketched.study.specification.source)
    assert all(0 < fit.percentile < 1 for fit in fits.values() if not fit.is_floor)
    assert sketched.warnings == ()


@pytest.mark.parametrize("row", ["REG1", "REG2", "PER1", "BRD1"])
def test_a_planted_count_ten_times_too_large_is_warned_of_first(moving, row: str) -> None:
    value = next(value for name, _, value, *_ in moving.rows if name == row)
    found = moving.counting(row, 10 * value).but("sd = 50", "sd = 5").estimate(dates="2023-06-30")
    rest = [text for text in found.warnings if not text.startswith("prior against figures: ")]
    assert rest[0].startswith("bad fit: ")
    assert any(text.startswith("scenario: ") for text in rest[1:])


def test_a_figure_that_is_not_explained_is_named_with_its_side(moving) -> None:
    found = moving.counting("REG1", 8_000).estimate()
    fit = next(fit for fit in found.observations_fit if fit.observation == "REG1")
    assert fit.percentile > 0.99 and fit.predicted.median < 4_000
    assert found.warnings[0].startswith("bad fit: REG1 (register) is 8,000, above 99 %")


def test_counts_that_contradict_each_other_show_as_noise(moving) -> None:
    found = moving.counting("REG1", 8_000).estimate()
    (noise,) = found.posterior.noise().values()
    assert noise.median > 3 * 0.08
    assert any(
        text.startswith(f"bad fit: the counts of all sources scatter by {noise.median:.2f} ")
        for text in found.warnings
    )


def test_noise_is_told_by_source_where_sources_differ(moving) -> None:
    sketch = moving.but("[source.register]", "by_source = 0.5\n[source.register]")
    names = list(sketch.estimate().posterior.noise())
    assert names == ["register", "permits", "voters"]


def test_the_error_of_a_source_is_judged_by_its_own_prior(moving) -> None:
    """A rough guess whose error is stated is no bad fit, and none of the other sources'."""
    own = 'error = { median = 0.5, sigma = 0.0, because = "a guess" }\n'
    sketch = moving.but("[source.permits]", "[source.permits]\n" + own)
    found = sketch.estimate()
    noise = found.posterior.noise()
    assert [*noise] == ["all sources", "permits"]
    assert noise["permits"].median == pytest.approx(0.5) and noise["all sources"].median < 0.2
    assert not any("scatter" in text for text in found.warnings)


def fit_at(percentile: float, *, is_floor: bool = False) -> ObservationFit:
    predicted = Distribution.equal(np.array([90.0, 100.0, 110.0]))
    return ObservationFit("ROW1", "register", 55.0, predicted, percentile, is_floor)


def said(*facts) -> list[str]:
    return [str(finding) for finding in fit_findings(*facts)]


@pytest.mark.parametrize(
    ("percentile", "side"),
    [(0.009, "below"), (0.011, None), (0.5, None), (0.989, None), (0.991, "above")],
)
def test_a_percentile_outside_1_to_99_is_warned_of(sketched, percentile, side) -> None:
    found = said(sketched.study, [fit_at(percentile)], {})
    assert len(found) == (side is not None)
    if side:
        assert f"ROW1 (register) is 55, {side} 99 %" in found[0] and "median 100" in found[0]


def test_a_floor_is_contradicted_only_from_above(sketched: Estimate, moving) -> None:
    assert not fit_at(0.0, is_floor=True).is_extreme
    assert fit_at(1.0, is_floor=True).is_extreme
    low = next(
        fit for fit in moving.counting("VOT1", 1).estimate().observations_fit if fit.is_floor
    )
    assert low.percentile < 0.001 and not low.is_extreme
    high = moving.counting("VOT1", 90_000).estimate()
    assert high.warnings[0].startswith("bad fit: VOT1 (voters) is 90,000, above 99 %")


@pytest.mark.parametrize(("factor", "warned"), [(2.9, 0), (3.1, 1)])
def test_noise_over_three_times_its_prior_is_warned_of(sketched, factor, warned) -> None:
    noise = {"register": Distribution.equal(np.array([factor * 0.08]))}
    found = said(sketched.study, [fit_at(0.5)], noise)
    assert len(found) == warned
    assert all(text.startswith("bad fit: the counts of register scatter") for text in found)


@pytest.mark.parametrize(
    ("source", "whose"), [("register", "its own counts"), ("all sources", "counts of one source")]
)
def test_scatter_is_within_a_source_and_denies_no_check(source: str, whose: str) -> None:
    """BackgroundTask "None of the sources contradicts the others in its level", both are true."""
    assert f"{whose} contradict each other or the model." in str(Scatter(source, 0.3, 0.08))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2023-03-17", None),
        ("2023-03-18", "scenario: 2023-03-18 lies 1 day after the last used count (VOT1"),
        ("2023-04-17", "scenario: 2023-04-17 lies 31 days after the last used count (VOT1"),
    ],
)
def test_a_date_after_the_last_count_is_a_scenario(moving, day, words) -> None:
    found = [text for text in moving.estimate(dates=day).warnings if text.startswith("scenario")]
    assert [text[: len(words or "")] for text in found] == ([words] if words else [])


def test_the_latest_date_asked_for_is_warned_of(moving) -> None:
    dates = ["2022-12-31", "2023-12-31", "2023-01-31"]
    assert "2023-12-31 lies" in moving.estimate(dates=dates).warnings[0]


def test_a_study_without_counts_says_that_it_is_only_assumed(moving) -> None:
    study = popest.load_study("serbia-report-2024", as_of="2022-03-01")
    found = popest.estimate(study, draws=1_000)
    assert study.used == () and found.observations_fit == []
    assert found.warnings[0].startswith("no count is used: the estimate is what the study assumes")
    assert all(source in " ".join(found.warnings) for source in ("census", "companies"))
    prior, posterior = found.prior_stock(), found.stock()
    assert posterior.median == pytest.approx(prior.median, rel=0.2)


def test_a_survey_alone_is_not_called_nothing(moving) -> None:
    sketch = moving.without_sources("register", "permits", "border", "voters")
    assert sketch.estimate().warnings == (
        "no count is used: a survey says when people came, only the prior how many.",
    )


def test_the_warnings_of_the_study_come_last(static) -> None:
    found = static.estimate(dates="2024-03-31").warnings
    assert found[0].startswith("scenario: ")
    assert found[1:] == static.study().warnings and len(found) == 2


@pytest.mark.parametrize("engine", ["bank", "slice"])
def test_figures_that_chains_leave_out_are_predicted_as_in_closed_form(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four errors of 400 draws, in place of weights of which none is ever enough."""
    monkeypatch.setattr(fit, "SMALLEST_LEFT_OUT", 1e12)
    monkeypatch.setattr(fit, "MOST_MOVES", 1)
    town = Town()
    for found in popest.estimate(town.study, engine=engine).observations_fit:
        mean, sd = town.without(found.source).posterior()
        mean += math.log(town.ratios[found.source][0])
        sd = math.hypot(sd, math.sqrt(town.variance(found.source)))
        lower, upper, *_ = found.predicted.interval(0.9)
        error = 4 * sd * 1.25 / math.sqrt(400)
        assert math.log(found.predicted.median) == pytest.approx(mean, abs=error)
        assert math.log(upper / lower) == pytest.approx(2 * 1.6449 * sd, rel=0.25)
