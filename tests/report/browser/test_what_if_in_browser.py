"""Tests of the what-if in Chromium: what it shows is what popest computes, with little work."""

import math

import numpy as np
import odd_studies
import pytest

import popest
from popest.estimates.distribution import Distribution
from popest.estimates.words import persons
from popest.study import load_study, study_from_texts

STUDIES = ("serbia", "serbia-report-2024")
TAILS = (0.05, 0.5, 0.95)
CONTROLS = {
    "census": "source.census.ratio.median",
    "permits": "source.residence_permits.ratio.median",
    "permits_width": "source.residence_permits.ratio.width",
    "work": "source.work_permits.ratio.median",
    "companies": "source.companies.ratio.median",
    "departures": "population.departure_hazard.median",
    "invasion": "population.wave.invasion.size.median",
    "mobilisation": "population.wave.mobilisation.size.median",
    "background": "population.background.median",
    "bias": "source.border_balance.bias.mean",
    "bias_sd": "source.border_balance.bias.sd",
    "voters": "source.voters.ratio.median",
}
TEN = [
    ({"permits": 40}, []),
    ({"census": -50, "permits_width": 100}, []),
    ({"departures": 50}, []),
    ({"invasion": -40, "mobilisation": 40}, []),
    ({"bias": 50, "bias_sd": 80}, []),
    ({"work": 60, "companies": -60, "background": -30}, []),
    ({"permits": -30, "census": -30, "work": -30, "companies": -30}, []),
    ({"voters": -60}, ["census"]),
    ({}, ["companies"]),
    ({"departures": -40}, ["arrival_survey"]),
]
LARGEST_Z = 4.0
LEFT_OUT = (
    "return JSON.parse(document.getElementById('what-if-data').textContent)"
    ".inFull.map(({ source }) => source)"
)
N_DRAWS = "return JSON.parse(document.getElementById('what-if-data').textContent).draws"
COUNT_UPDATES = (
    "window.updates = 0;"
    "new MutationObserver((records) => { window.updates += records.length; })"
    ".observe(document.getElementById('what-if'), {attributeFilter: ['data-milliseconds']});"
)
MEDIAN_OF_MONTH = (
    "return [...document.getElementById('what-if-months').rows]"
    ".find((row) => row.cells[0].textContent === arguments[0]).cells[2].textContent"
)


def standard_error(stock: Distribution, tail: float, size: float) -> float:
    """The Monte Carlo standard error of a quantile from so many effective draws, persons.

    Where draws beyond the quantile weigh more than others, the share below it is less sure than of
    so many equal draws, by what the estimate's own weights say.
    """
    step = 0.02
    density = 2 * step / (stock.quantile(tail + step) - stock.quantile(tail - step))
    squares = (stock.weights / stock.weights.sum()) ** 2
    off = (stock.values < stock.quantile(tail)) - tail
    variance = squares @ off**2 / squares.sum()
    return math.sqrt(variance / size) / density


@pytest.mark.parametrize("study", STUDIES)
def test_at_the_study_s_own_settings_it_shows_what_the_estimate_prints(page, pages, report, study):
    page.open(report(study))
    found = pages.estimate(study).to_dict()
    interval = next(each for each in found["intervals"] if each["prob"] == 0.9)
    expected = [interval["lower"], found["median"], interval["upper"]]
    assert [f"{value:.3g}" for value in page.numbers()] == [f"{value:.3g}" for value in expected]
    for value in expected:
        assert f"{float(f'{value:.3g}'):,.0f}" in page.text("answer")
    share = found["probabilities"][0]["prob"]
    assert f"{100 * share:.0f}\u00a0%" in page.text("ranges")
    assert "own settings" in page.text("default")


def assert_a_refit_agrees(page, pages, name):
    """What the page shows for its settings, within the error of it, the refit and the estimate."""
    numbers, shown = page.numbers(), page.shown()
    assert shown["sure"] == "true"
    study = pages.study(name)
    text = study.specification_text + "\n" + page.settled("lines")
    variant = study_from_texts(study.name, text, study.observations_text).with_variant("what_if")
    refit, own = popest.estimate(variant, engine="bank"), pages.estimate(name)
    sizes = (float(shown["effectiveSize"]), refit.certificate.ess, own.certificate.ess)
    z = [
        (value - refit.stock().quantile(tail))
        / math.hypot(*(standard_error(refit.stock(), tail, size) for size in sizes))
        for tail, value in zip(TAILS, numbers, strict=True)
    ]
    print(name, "z", np.round(z, 2), "effective size", round(sizes[0]), shown["milliseconds"])
    assert max(map(abs, z)) < LARGEST_Z
    evidence = refit.draws.log_evidence - own.draws.log_evidence
    error = math.sqrt(sum(1 / size for size in sizes)) * 2
    assert float(shown["logEvidence"]) == pytest.approx(evidence, abs=LARGEST_Z * error)


@pytest.mark.parametrize("number", range(len(TEN)))
def test_ten_settings_equal_a_refit_from_the_lines_offered(page, pages, report, number):
    moves, off = TEN[number]
    page.open(report("serbia"))
    for control, place in moves.items():
        page.move(CONTROLS[control], place)
    for name in off:
        page.driver.execute_script(f"document.getElementById('what-if-use-{name}').click()")
    assert_a_refit_agrees(page, pages, "serbia")


@pytest.mark.parametrize("study", STUDIES)
def test_a_source_left_out_shows_what_was_computed_in_full(page, pages, report, study):
    """In the answer, the probabilities, the evidence and the headline's month, whoever asks."""
    page.open(report(study))
    itself = pages.estimate(study)
    names = page.driver.execute_script(LEFT_OUT)
    assert len(names) >= 5
    for name in names:
        switch = f"document.getElementById('what-if-use-{name}').click()"
        page.driver.execute_script(switch)
        found = popest.estimate(load_study(study).without(name), engine="bank")
        expected = [found.stock().quantile(tail) for tail in TAILS]
        assert page.numbers() == pytest.approx(expected, rel=1e-6)
        for value in expected:
            assert persons(value) in page.text("answer")
        lower, upper = found.study.specification.ranges[0]
        share = f"{100 * found.probability(lower, upper):.0f}\u00a0%"
        assert share in page.text("ranges")
        evidence = found.draws.log_evidence - itself.draws.log_evidence
        assert float(page.shown()["logEvidence"]) == pytest.approx(evidence, rel=1e-6, abs=1e-6)
        assert page.text("computation").startswith("The answer was computed in full")
        assert f"effective sample size {found.certificate.ess:,.0f}, " in page.text("computation")
        page.settled("months")
        assert page.driver.execute_script(MEDIAN_OF_MONTH, str(found.dates[0])) == persons(
            expected[1]
        )
        page.driver.execute_script(switch)
        page.shown()
        assert page.text("computation").startswith("Effective sample size")


def test_what_is_changed_beside_a_source_left_out_is_weighed_by_the_page(page, report):
    page.open(report("serbia"))
    page.move(CONTROLS["permits"], 40)
    page.driver.execute_script("document.getElementById('what-if-use-residence_permits').click()")
    assert page.shown()["sure"] == "true"
    # What the source itself assumes has no effect once it is left out.
    assert page.text("computation").startswith("The answer was computed in full")
    page.move(CONTROLS["census"], 40)
    page.shown()
    assert page.text("computation").startswith("Effective sample size")
    page.move(CONTROLS["census"], 0)
    page.driver.execute_script("document.getElementById('what-if-use-voters').click()")
    page.shown()
    assert page.text("computation").startswith("Effective sample size")


def test_the_lines_of_a_learned_ratio_replace_it(page, pages, report):
    page.open(report(pages.study("learned")))
    page.move("source.issued.ratio.median", 30)
    page.move("source.issued.ratio.width", -30)
    page.move("source.firms.ratio.median", 20)
    assert_a_refit_agrees(page, pages, "learned")
    for source in ("issued", "firms"):
        assert f'"source.{source}.ratio" = {{ median = ' in page.text("lines")


@pytest.mark.parametrize("study", STUDIES)
def test_a_move_is_one_update_that_goes_through_few_draws(page, report, study):
    """So that it takes less than a tenth of a second where 9,000 draws do."""
    page.open(report(study))
    page.driver.execute_script(COUNT_UPDATES)
    places = range(-20, 21, 2)
    for place in places:
        page.move(CONTROLS["permits"], place)
        assert float(page.shown()["milliseconds"]) >= 0
    assert page.driver.execute_script("return window.updates") == len(places)
    assert 1_000 < page.driver.execute_script(N_DRAWS) < 9_000


def test_a_slider_moves_the_interval_and_reset_brings_it_back(page, report):
    page.open(report("serbia-report-2024"))
    before = page.numbers()
    page.move(CONTROLS["permits"], 50)
    lower, median, upper = page.numbers()
    assert upper < before[2] and median < before[1] and lower < before[0]
    page.driver.execute_script("document.getElementById('what-if-reset').click()")
    assert page.numbers() == before
    assert "Nothing is changed" in page.settled("lines")


def test_a_slider_can_be_moved_with_the_keyboard_and_says_its_value(page, report):
    page.open(report("serbia-report-2024"))
    slider = page.driver.find_element("css selector", f"[data-control='{CONTROLS['permits']}']")
    before = page.numbers()
    slider.send_keys("\ue014" * 5)  # arrow right
    assert page.numbers()[1] < before[1]
    assert slider.get_attribute("aria-valuetext") == "0.923"
    assert page.settled("spoken") == page.text("answer")


def test_no_interval_is_shown_where_the_draws_cannot_carry_it(page, report):
    page.open(report("serbia"))
    for name in ("census", "residence_permits", "work_permits", "companies", "border_balance"):
        page.driver.execute_script(f"document.getElementById('what-if-use-{name}').click()")
    shown = page.shown()
    assert shown["sure"] == "false"
    assert float(shown["paretoK"]) >= 0.7 or float(shown["effectiveSize"]) < 400
    assert "No interval is shown" in page.text("answer")
    assert not any(digit in page.text("answer") + page.text("ranges") for digit in "0123456789")
    hidden = "return document.querySelector('#what-if .band-90').getAttribute('visibility')"
    assert page.driver.execute_script(hidden) == "hidden"


def test_the_link_brings_the_settings_back(page, report):
    page.open(report("serbia"))
    page.move(CONTROLS["permits"], -17)
    page.move(CONTROLS["permits_width"], 33)
    page.move(CONTROLS["bias"], -100)
    page.driver.execute_script("document.getElementById('what-if-use-voters').click()")
    numbers = page.numbers()
    page.driver.execute_script("document.getElementById('what-if-copy').click()")
    page.shown()
    address = page.driver.current_url
    assert address.count("&") == 4
    page.open(report("serbia"), address[address.index("#") :])
    assert page.numbers() == numbers
    assert page.text("message") == "The settings of the link are shown."
    page.driver.execute_script("location.hash = '#what-if&off=census'")
    page.driver.execute_async_script("setTimeout(arguments[0], 1000)")
    assert page.numbers() != numbers


@pytest.mark.parametrize(
    ("broken", "n_ignored"),
    [
        ("nonsense", 1),
        ("source.census.ratio.median=NaN", 1),
        ("source.census.ratio.median=", 1),
        ("source.census.ratio.median=1e9", 1),
        ("source.census.ratio.median=-1&off=nobody", 2),
        ("%E0%A4%A=1&__proto__=1&constructor=2", 3),
        ("off=census,nobody", 1),
    ],
)
def test_what_is_broken_in_a_link_is_ignored_and_said(page, report, broken, n_ignored):
    page.open(report("serbia"), f"#what-if&{broken}")
    assert page.shown()["sure"] == "true"
    assert f"were ignored: {n_ignored}." in page.text("message")
    assert page.console() == []


@pytest.mark.parametrize("study", STUDIES)
def test_every_month_at_the_study_s_own_settings_is_that_of_the_estimate(
    page, pages, report, study
):
    page.open(report(study))
    size = float(page.shown()["effectiveSize"])
    months = page.driver.execute_script(
        "const data = JSON.parse(document.getElementById('what-if-data').textContent);"
        "const found = makeModel(data).weigh({ values: {}, off: new Set() });"
        "return data.months.map((day, month) => [day, ...[0, 3, 6].map("
        "(tail) => found.months[month][tail])]);"
    )
    found = pages.estimate(study)
    assert [day for day, *_ in months] == [str(day) for day in found.model.calendar.month_ends]
    for day, *shown in months:
        stock = found.stock(day)
        for tail, value in zip(TAILS, shown, strict=True):
            allowed = LARGEST_Z * standard_error(stock, tail, size)
            assert value == pytest.approx(stock.quantile(tail), abs=allowed), (day, tail)


def test_the_picture_of_a_population_that_never_changes_is_flat_from_the_first_day(page, report):
    page.open(report(odd_studies.STUDIES["static"]()))
    assert page.shown()["sure"] == "true"
    shapes, answer, ticks = page.driver.execute_script(
        "const svg = document.querySelector('#what-if-picture svg');"
        "const path = (name) => svg.querySelector(`path.${name}`).getAttribute('d');"
        "return [[path('trajectory-median'), path('what-if-own'), path('band-90')],"
        "  svg.querySelector('line.answer').getAttribute('x1'),"
        "  [...svg.querySelectorAll('text.tick')].map((each) => each.textContent)];"
    )
    for shape, n_heights in zip(shapes, (1, 1, 2), strict=True):
        points = [point.split(",") for point in shape.strip("Mz").split("L")]
        places = sorted({float(x) for x, _ in points})
        # The days before January, and the ends of three months of 2024.
        assert places == pytest.approx([0, 1000 * 31 / 91, 1000 * 60 / 91, 1000], abs=0.06)
        assert len({y for _, y in points}) == n_heights
    assert float(answer.strip("%")) == pytest.approx(100 * 31 / 91, abs=0.01)
    assert {"Jan", "Feb", "Mar"} <= set(ticks)


def test_the_picture_of_arrivals_begins_with_nobody(page, report):
    page.open(report("serbia-report-2024"))
    assert page.shown()["sure"] == "true"
    shape = page.driver.execute_script(
        "return document.querySelector('#what-if-picture .trajectory-median').getAttribute('d')"
    )
    assert shape.startswith("M0.0,1000.0L")


def test_another_fragment_is_left_alone(page, report):
    page.open(report("serbia-report-2024"), "#methods")
    assert page.shown()["sure"] == "true"
    assert page.text("message") == ""


def test_the_normal_distribution_function_is_accurate(page, report):
    from popest.model.tails import log_normal_cdf

    page.open(report("serbia-report-2024"))
    x = np.concatenate([np.linspace(-29, 5, 400), [-0.0, 1e-12, 2.8284271, 2.8284272]])
    found = page.driver.execute_script("return arguments[0].map(logNormalCdf)", x.tolist())
    np.testing.assert_allclose(found, log_normal_cdf(x), rtol=1e-12, atol=1e-15)
