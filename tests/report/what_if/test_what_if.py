"""Tests of the what-if's numbers: exact before they are written, and how far off after."""

import base64
import json
import math
import tomllib

import invented_studies as invented
import numpy as np
import pytest
import small_studies as small

from popest.checks.methods.fitted import Fitted, reweigh, with_ratio, with_sources
from popest.checks.result import Context
from popest.engines.draws import effective_size
from popest.engines.pareto import pareto_k, tail_length
from popest.estimates.distribution import PROBABILITIES, Distribution
from popest.model.model import Model
from popest.model.statistics import Settings, median_of, width_of
from popest.report.language import Texts
from popest.report.what_if import section as what_if
from popest.report.what_if.packing import Packing, json_in_html
from popest.report.what_if.page_bank import covered_settings, draw_for_page, mapped
from popest.report.what_if.post_strata import MismatchError, fitted_to, verify
from popest.report.what_if.section import toml, variant_of
from popest.report.what_if.statistics import carry
from popest.study import load_study
from popest.study.specification.reading import read
from popest.study.specification.records import Specification

STUDIES = ("serbia", "serbia-report-2024")
INVENTED = {
    "everything": invented.everything_study,
    "two groups": invented.two_groups,
    "other evidence": invented.evidence_study,
    "papers": invented.papers_study,
}


@pytest.fixture(scope="module", params=STUDIES)
def context(request):
    return Context(load_study(request.param))


@pytest.fixture(scope="module")
def draws(context):
    return draw_for_page(context)


def state_of(model, n_draws=500):
    u = 0.5 * np.random.default_rng(0).standard_normal((len(model.normals), n_draws))
    return model.evaluate(u)


def has_ratio(source):
    return any(control.id == median_of(source.name) for control in source.controls)


def densities(carried, settings):
    return carried.log_likelihood(settings)


@pytest.mark.parametrize("name", INVENTED)
def test_what_is_carried_gives_the_likelihood_and_the_prior(name):
    model = small.model_of(*INVENTED[name]())
    state, log_likelihood = state_of(model)
    carried = carry(model, state)
    np.testing.assert_allclose(densities(carried, Settings()), log_likelihood, rtol=0, atol=1e-9)
    constant = sum(math.log(level.sigma) for level in carried.levels)
    log_prior = carried.fixed + carried.log_prior(Settings()) + constant
    expected = model.normals.log_density(state.u)
    np.testing.assert_allclose(log_prior, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", INVENTED)
def test_moved_settings_are_what_a_moved_study_says(name):
    """Ratios moved and widened, biases moved, sources left out: one after the other."""
    entries, rows = INVENTED[name]()
    model = small.model_of(entries, rows)
    state, _ = state_of(model)
    carried = carry(model, state)
    content = read(Specification, entries), tuple(rows)
    ratios = [source for source in carried.evidence if has_ratio(source)]
    biases = [source for source in carried.evidence if source.weighing == "bias"]
    assert {source.name for source in (*ratios, *biases)} == {row.source for row in rows}
    for source in ratios:
        moved = Model(*with_ratio(content, source.name, shift=0.3, widen=1.7))
        values = {median_of(source.name): source.median * math.exp(0.3), width_of(source.name): 1.7}
        expected = moved.log_likelihood(state)
        found = densities(carried, Settings(values))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    for balance in biases:
        path = f"source.{balance.name}.bias"
        bias = entries["source"][balance.name]["bias"]
        entries["source"][balance.name]["bias"] = bias | {"mean": -250.0, "sd": 90.0}
        expected = small.model_of(entries, rows).log_likelihood(state)
        found = densities(carried, Settings({f"{path}.mean": -250.0, f"{path}.sd": 90.0}))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    for source in carried.sources:
        left = carry(model, state).log_likelihood(Settings(off=frozenset({source})))
        other = Model(*with_sources(content, lambda each, gone=source: each != gone))
        places = [model.normals.names.index(each) for each in other.normals.names]
        expected = other.evaluate(state.u[places])[1]
        np.testing.assert_allclose(left, expected, rtol=0, atol=1e-9)


def test_a_static_population_is_carried():
    entries = small.document(
        small.static_population(small.log_normal(1000, 0.5)),
        {"list": small.source("stock", ratio=small.ratio(0.5, 0.3))},
    )
    model = small.model_of(entries, [small.count("L1", "list", 400, "2022-06-30")])
    state, log_likelihood = state_of(model)
    carried = carry(model, state)
    assert [level.path for level in carried.levels] == ["population.size.median"]
    np.testing.assert_allclose(densities(carried, Settings()), log_likelihood, rtol=0, atol=1e-9)


def test_an_impossible_draw_is_possible_without_its_source():
    sources = {
        "list": small.source(
            "stock",
            ratio=small.ratio(0.5, 0.3),
            baseline=small.log_normal(300, 0.5),
            sampling="none",
        )
    }
    entries = small.document(small.arrivals_population(small.log_normal(500, 0.5)), sources)
    model = small.model_of(entries, [small.count("L1", "list", 320, "2022-06-30")])
    state, log_likelihood = state_of(model)
    carried = carry(model, state)
    impossible = np.isneginf(log_likelihood)
    assert impossible.any() and not impossible.all()
    np.testing.assert_array_equal(np.isneginf(densities(carried, Settings())), impossible)
    assert np.isfinite(densities(carried, Settings(off=frozenset({"list"})))).all()


def test_what_is_written_is_off_by_little(draws):
    """By how much log weights differ, exactly and as the page reads them."""
    packing, own = Packing(), Settings()
    read = mapped(draws.carried, packing.statistic)
    given_back = what_if.rounding(draws.carried.log_density(own), read.log_density(own))
    for settings in covered_settings(draws.carried):
        exact = draws.log_base + draws.carried.log_density(settings)
        written = draws.log_base + given_back + read.log_density(settings)
        counts = exact > np.nanmax(exact) + math.log(1e-6)
        np.testing.assert_array_equal(counts, written > np.nanmax(exact) + math.log(1e-6))
        off = np.abs(exact - written)[counts]
        assert np.sqrt(np.mean(off**2)) < 0.005
        assert off.max() < 0.02


def test_a_row_is_read_back_within_half_a_step():
    packing = Packing()
    values = np.random.default_rng(1).normal(size=1000) * 5
    values[[3, 7]] = -np.inf
    read = packing.add(values)
    step = packing.layout[0]["step"]
    np.testing.assert_array_equal(np.isneginf(read), np.isneginf(values))
    finite = np.isfinite(values)
    assert np.abs(read[finite] - values[finite]).max() <= 0.5001 * step
    raw = np.frombuffer(base64.b64decode(packing.text()), dtype="<u2")
    assert raw[3] == 0 and raw.max() == 65_535 and raw[finite].min() == 1
    assert Packing().add(np.full(3, 2.5)).tolist() == [2.5, 2.5, 2.5]


def test_every_covered_setting_can_be_shown(draws):
    worst = []
    for settings in covered_settings(draws.carried):
        weights = draws.log_base + draws.carried.log_density(settings)
        weights[np.isnan(weights)] = -np.inf
        tail = np.sort(np.exp(weights - weights.max()))[-tail_length(len(weights)) - 1 :]
        # Weights that end at a bound, as those of a covered setting may, have no tail.
        shape = -math.inf if tail[0] > 0.999 else pareto_k(weights)
        worst.append((effective_size(weights), shape))
        assert worst[-1][0] > what_if.SMALLEST_EFFECTIVE_SIZE, settings
        assert worst[-1][1] < 0.7, settings
    assert worst[0][0] > 3_000
    print("effective size", round(worst[0][0]), "least", round(min(size for size, _ in worst)))


def standard_error(found: Fitted, tail: float) -> float:
    step = 0.02
    stock, size = found.headline, found.draws.certificate.ess
    density = 2 * step / (stock.quantile(tail + step) - stock.quantile(tail - step))
    return math.sqrt(tail * (1 - tail) / size) / density


@pytest.mark.parametrize("shift", [-0.5, 0.5])
def test_a_moved_ratio_gives_what_the_study_s_own_bank_gives(context, draws, shift):
    tau = context.study.specification.source["residence_permits"].ratio.tau
    content = with_ratio(context.content, "residence_permits", shift=shift * tau)
    other = reweigh(context.bank, context.model.normals.names, content, context.asked)
    assert other is not None
    median = content[0].source["residence_permits"].ratio.median
    settings = Settings({median_of("residence_permits"): median})
    log_weights = draws.log_base + draws.carried.log_density(settings)
    weights = np.exp(log_weights - log_weights.max())
    stock = what_if.values_of(context.model, draws.population, context.asked)
    page = Distribution(stock, weights / weights.sum())
    for tail in (0.05, 0.5, 0.95):
        error = standard_error(other, tail) * 1.5
        assert abs(page.quantile(tail) - other.headline.quantile(tail)) < 4 * error


def test_the_page_gives_the_estimate_at_the_study_s_own_settings(context, draws):
    packed = what_if.pack(context, draws)
    raw = base64.b64decode(packed["data"])
    n = packed["draws"]
    base, stock = np.frombuffer(raw, "<f4", 2 * n).reshape(2, n).astype(float)
    packing = Packing()
    read = mapped(draws.carried, packing.statistic)
    log_weights = base + read.log_likelihood(Settings()) + read.log_prior(Settings())
    weights = np.exp(log_weights - log_weights.max())
    page, estimate = Distribution(stock, weights / weights.sum()), context.estimate.stock()
    for prob in PROBABILITIES:
        np.testing.assert_allclose(page.interval(prob)[:2], estimate.interval(prob)[:2], rtol=1e-6)
    assert page.median == pytest.approx(estimate.median, rel=1e-6)
    for lower, upper in context.study.specification.ranges:
        found, expected = page.probability(lower, upper), estimate.probability(lower, upper)
        assert found == pytest.approx(expected, abs=1e-3)


def test_strata_that_do_not_fit_are_refused():
    rng = np.random.default_rng(2)
    estimate = Distribution.equal(rng.normal(1000, 100, 4000))
    far, near = rng.normal(1500, 100, 4000), rng.normal(1010, 100, 4000)
    with pytest.raises(MismatchError):
        fitted_to(estimate, far, np.ones(4000), [])
    strata = fitted_to(estimate, near, np.ones(4000), [[900.0, 1050.0]])
    verify(estimate, Distribution(strata.headline, strata.factors / 4000), [[900.0, 1050.0]])
    with pytest.raises(MismatchError):
        verify(estimate, Distribution.equal(near), [[900.0, 1050.0]])


def test_a_page_that_cannot_give_the_estimate_says_so(context, monkeypatch):
    def refuse(*_):
        raise MismatchError

    monkeypatch.setattr(what_if, "fitted_to", refuse)
    section = what_if.what_if_section(context, Texts("en"))
    assert section.document == "" and section.script == ""


def test_a_document_stands_in_a_script_element_and_is_json():
    text = json_in_html({"a": "</script><!--&\u2028\u2029"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"a": "</script><!--&\u2028\u2029"}


def test_the_variant_starts_from_the_one_that_is_seen():
    entries, rows = invented.grouped_study()
    entries["variant"] = {
        "what_if": {"because": "-", "set": {"source.work.lag": 1}, "ignore": ["P2"]},
        "rough": {
            "because": "-",
            "set": {"noise.error.median": 0.2, "population.wave": []},
            "without": ["firms"],
        },
    }
    entries["variant"]["what_if"]["set"] = {"noise.by_source": 0.1}
    study = small.study_of(entries, rows)
    assert variant_of(study) == {
        "name": "what_if_2",
        "set": [],
        "without": [],
        "use": [],
        "ignore": [],
    }
    seen = variant_of(study.with_variant("rough"))
    assert seen["set"] == [["noise.error.median", "0.2"], ["population.wave", "[]"]]
    assert seen["without"] == ["firms"]
    assert variant_of(study.without("work"))["without"] == ["work"]


@pytest.mark.parametrize(
    "value", [True, 3, 0.25, -1.5e-9, 'a "b" \\ \n \x7f \u2028', [1, [2.5]], {"a b": [False]}]
)
def test_a_value_is_written_as_toml(value):
    assert tomllib.loads(f"x = {toml(value)}")["x"] == value


@pytest.mark.parametrize("study", [invented.few_study, invented.few_alone, invented.known_alone])
def test_few_counts_are_carried_with_their_ratios(study):
    """The draws hold ratios and factors of groups; what is known has no controls."""
    model = small.model_of(*study())
    state, log_likelihood = state_of(model)
    carried = carry(model, state)
    np.testing.assert_allclose(densities(carried, Settings()), log_likelihood, rtol=0, atol=1e-9)
    kinds = {source.name: source.weighing for source in carried.evidence}
    if study is invented.few_study:
        assert kinds["clinic"] == "drawn_ratio" and kinds["work"] == "ratio_given_factor"
        assert kinds["exact"] == "fixed"
    assert not any(has_ratio(source) for source in carried.evidence if source.name == "exact")


def test_a_moved_drawn_ratio_is_weighed_by_its_prior():
    """Draws weighed from one prior of the ratio to another have that prior's mean and spread."""
    entries, rows = invented.few_study()
    model = small.model_of(entries, rows)
    rng = np.random.default_rng(2)
    state = model.state(rng.standard_normal((len(model.normals), 200_000)))
    clinic = next(s for s in carry(model, state).evidence if s.name == "clinic")
    moved = Settings({median_of("clinic"): 0.024, width_of("clinic"): 0.8})
    weights = np.exp(clinic.log_likelihood(moved) - clinic.log_likelihood(Settings()))
    weights /= weights.sum()
    mean = weights @ clinic.level
    sd = math.sqrt(weights @ (clinic.level - mean) ** 2)
    assert mean == pytest.approx(math.log(0.024), abs=0.01)
    assert sd == pytest.approx(0.8 * 0.4, rel=0.02)
