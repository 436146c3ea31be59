"""The contract of a measure: each, and one that popest does not ship, goes through everything."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import brute_force
import numpy as np
import pytest
import small_studies as small
from scipy import stats

import popest
from popest.checks.result import Context
from popest.estimates.predictive import predict
from popest.estimates.trajectory import translated
from popest.model.evidence import Evidence
from popest.model.measure import Counted, Measure, OneSource, exposures
from popest.model.model import Model
from popest.model.normals import Normals
from popest.model.pymc_model import build_pymc_model
from popest.model.simulate import data_of, simulate
from popest.model.statistics import Settings
from popest.report.contents import Contents, gather
from popest.report.language import Texts
from popest.report.page import render
from popest.report.what_if.section import what_if_section
from popest.report.what_if.statistics import carry
from popest.study import Study, study_from_texts
from popest.study.measures import (
    DESCRIPTION,
    MEASURES,
    Declaration,
    MeasureRules,
    MeasureWords,
    register,
)
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source

SHIPPED = ("stock", "presence", "arrivals", "departures", "net_change", "shares", "floor")
TOY = "certificates"
ENTRIES: dict[str, Any] = {
    "ratio": small.ratio(0.5, 0.3),
    "baseline": small.log_normal(40, 0.2),
    "group": "office",
    "group_correlation": 0.4,
    "drift": 0.1,
    "lag_months": 2.0,
    "every_months": 12,
    "renewed": 0.8,
    "later": small.log_normal(0.2, 0.4),
    "interval": 0.9,
    "sampling": "poisson",
    "bias": {"mean": 20.0, "sd": 60.0, "because": small.WHY},
    "error": {"sd": 80.0, "because": small.WHY},
    "date": "2022-11",
    "n": 200,
    "deff": 2.0,
    "published": "2022-12",
    "because": small.WHY,
    "windows": [
        {"from": "2022-01", "to": "2022-06", "share": 0.5},
        {"from": "2022-07", "to": "2022-11", "share": 0.5},
    ],
}
"""An entry for every key that a measure may have."""


@pytest.fixture(scope="module", autouse=True)
def toy() -> Iterator[None]:
    """The toy measure, registered as long as this module runs."""
    sys.modules.pop("toy_measure", None)
    import_module("toy_measure")
    yield
    MEASURES.remove(TOY)
    sys.modules.pop("toy_measure")


def study_with(*measures: str) -> Study:
    """A register of a group, and a source of each measure with every key that it may have.

    Each is named after its measure. The figures are near what the medians of all priors give.
    """
    shared = {key: ENTRIES[key] for key in ("group", "group_correlation")}
    sources = {"register": small.source("stock", ratio=small.ratio(0.8, 0.3), **shared)}
    rows = [small.count("R1", "register", 900, "2022-06-30")]
    for measure in measures:
        rules = MEASURES[measure].rules
        keys = rules.required | rules.optional
        own = {key: entry for key, entry in ENTRIES.items() if key in keys}
        if "sampling" in keys:
            own["error"] = small.log_normal(0.1, 0.4)
        sources[measure] = small.source(measure, **own)
        if rules.has_rows:
            rows += rows_of(measure, has_start=rules.has_start)
    population = small.arrivals_population(
        small.log_normal(200, 0.5), hazard=small.log_normal(0.02, 0.4)
    )
    entries = small.document(population, sources, error=small.log_normal(0.1, 0.4), by_source=0.5)
    entries["headline"] = "2022-12-31"
    return small.study_of(entries, rows, "-".join(measures))


def rows_of(measure: str, *, has_start: bool) -> list[Observation]:
    """Two figures for two windows, or for their ends."""
    windows = (("2022-04-01", "2022-06-30", 400), ("2022-07-01", "2022-12-31", 700))
    return [
        small.count(f"{measure}-{number}", measure, value, end, start if has_start else None)
        for number, (start, end, value) in enumerate(windows, start=1)
    ]


ALL = (*SHIPPED, TOY)


@pytest.fixture(scope="module", params=ALL)
def context(request: pytest.FixtureRequest) -> Context:
    return Context(study_with(request.param), quick=True)


@pytest.fixture(scope="module")
def everything() -> Context:
    return Context(study_with(*ALL), quick=True)


def test_the_registry_holds_what_is_shipped_in_its_order() -> None:
    assert tuple(MEASURES) == ALL


@pytest.mark.parametrize("name", ALL)
def test_a_measure_declares_what_a_study_can_have(name: str) -> None:
    measure = MEASURES[name]
    assert issubclass(measure, Counted | OneSource)
    assert measure.__doc__
    rules = measure.rules
    fields = {key.written for key in Source.keys.values()}
    assert rules.required >= DESCRIPTION
    assert not rules.required & rules.optional
    assert rules.required | rules.optional <= fields
    assert rules.required | rules.optional <= DESCRIPTION | ENTRIES.keys()
    assert ("ratio" in rules.required) == bool(measure.words.ratio)
    assert measure.is_count or measure.words.method
    file = Path(sys.modules[measure.__module__].__file__ or "")
    assert file.name == f"{name}.py" or name == TOY


def test_every_figure_is_explained_and_printed(context: Context) -> None:
    estimate = context.estimate
    assert estimate.certificate.certified
    figures = [figure for piece in context.model.evidence for figure in piece.figures]
    fits = estimate.observations_fit
    assert {fit.observation for fit in fits} == {figure.observation for figure in figures}
    assert {fit.source for fit in fits} == {"register", context.study.name}
    assert all(np.isfinite(fit.predicted.values).all() for fit in fits)
    assert all(0 < fit.percentile < 1 for fit in fits)
    document = json.loads(json.dumps(estimate.to_dict(), allow_nan=False))
    assert len(document["fit"]) == len(fits)


def test_every_figure_on_the_population_s_scale_is_a_mark(context: Context) -> None:
    marks = translated(context.estimate)
    assert {mark.observation for mark in marks} <= {row.id for row in context.study.used}
    assert all(mark.lower <= mark.stock <= mark.upper for mark in marks)
    if context.study.name != "shares":
        assert {mark.source for mark in marks} == {"register", context.study.name}


def test_a_figure_that_was_not_seen_is_predicted(context: Context) -> None:
    """A repetition of a figure on file, predicted as if it were new, is near its fitted one."""
    rules = MEASURES[context.study.name].rules
    if not rules.has_rows:
        return
    row, estimate = context.study.used[1], context.estimate
    found, piece = predict(estimate, row), estimate.model.piece_of(row.source)
    assert found is not None and piece is not None
    drawn = piece.repeat(estimate.posterior.learned, np.random.default_rng(1))
    ids = [figure.observation for figure in piece.figures]
    repeated = estimate.posterior.weighted(list(drawn)[ids.index(row.id)])
    spread = repeated.interval(0.9).upper - repeated.interval(0.9).lower
    assert abs(found.predicted.median - repeated.median) < 0.25 * spread


def test_a_first_figure_is_predicted_or_nothing_is_said(context: Context) -> None:
    study = context.study
    if not MEASURES[study.name].rules.has_rows:
        return
    row = study.used[1]
    without = study_from_texts(
        study.name,
        study.specification_text,
        "".join(
            line
            for line in study.observations_text.splitlines(keepends=True)
            if not line.startswith(f"{study.name}-")
        ),
    )
    found = predict(popest.estimate(without, engine="bank"), row)
    if MEASURES[study.name].is_count or study.name == "net_change":
        assert found is not None and found.predicted.median > 0
    else:
        assert found is None


def test_every_quick_check_takes_every_measure(everything: Context) -> None:
    report = popest.run_checks(everything.study, quick=True)
    json.dumps(report.to_dict(), allow_nan=False)
    by_name = {result.name: result for result in report.results}
    conflict = {row["source"]: row["p_value"] for row in by_name["conflict"].table}
    assert set(conflict) == {"register", *ALL}
    assert all(0 < float(p or 0) <= 1 for p in conflict.values())
    figures = [figure for piece in everything.model.evidence for figure in piece.figures]
    predicted = {row["observation"] for row in by_name["prior-predictive"].table}
    assert predicted == {figure.observation for figure in figures if not figure.is_floor}
    explained = {row["observation"] for row in by_name["posterior-predictive"].table}
    assert explained == {figure.observation for figure in figures}


def test_simulated_data_have_a_density(context: Context) -> None:
    model, rng = context.model, np.random.default_rng(1)
    state = model.state(0.3 * rng.standard_normal((len(model.normals), 50)))
    simulated = simulate(model, state, rng)
    for piece, values in zip(model.evidence, simulated, strict=True):
        assert values.shape == (len(piece.values), 50)
        assert piece.in_unit(values).shape == (len(piece.figures), 50)
    densities = [model.log_likelihood(state, data_of(simulated, draw))[draw] for draw in range(50)]
    assert np.isfinite(densities).all()


def test_what_a_page_carries_weighs_as_the_model_does(context: Context) -> None:
    model = context.model
    u = 0.5 * np.random.default_rng(0).standard_normal((len(model.normals), 300))
    state, log_likelihood = model.evaluate(u)
    carried = carry(model, state)
    assert set(carried.sources) == {"register", context.study.name}
    found = carried.log_likelihood(Settings())
    np.testing.assert_allclose(found, log_likelihood, rtol=0, atol=1e-9)


def test_the_page_has_a_what_if_and_can_weigh_it(everything: Context, root: Path) -> None:
    script = (root / "src/popest/report/what_if/what_if_weighings.js").read_text(encoding="utf-8")
    known = re.findall(r"^  (\w+): \{$", script, re.MULTILINE)
    section = what_if_section(everything, Texts("en"))
    document = json.loads(section.document)
    weighings = {source["name"]: source["weighing"] for source in document["evidence"]}
    assert set(weighings) == {"register", *ALL}
    # Of ratios that are drawn: see tests/report/what_if/test_what_if.py.
    assert set(weighings.values()) == {*known} - {"drawn_ratio", "ratio_given_factor"}
    assert {group.source for group in section.groups} == {"register", *ALL, None}


@pytest.fixture(scope="module")
def contents(everything: Context) -> Contents:
    return gather(everything.study, 1, Texts("en"), lambda _: None)


@pytest.mark.parametrize("language", ["en", "sr"])
def test_a_report_says_what_every_measure_counts(language: str, contents: Contents) -> None:
    """A language that has no words for a measure says it in English."""
    texts = Texts(language)
    text = render(contents, texts)
    for name in ALL:
        said = texts.plain(f"measure.{name}.read_as")
        assert said in text
        assert (said == MEASURES[name].words.read_as) == (language == "en" or name == TOY)


@pytest.mark.nuts
@pytest.mark.parametrize("name", ALL)
def test_both_models_have_one_density(name: str) -> None:
    """NumPy's is PyMC's with the ratios integrated out: their conditional normal is put back."""
    study = study_with(name)
    model = Model(study.specification, study.used)
    joint = build_pymc_model(model).compile_logp(mode="FAST_COMPILE")
    rng = np.random.default_rng(3)
    for _ in range(2):
        u = 0.5 * rng.standard_normal(len(model.normals))
        state, density = model.evaluate(u[:, None])
        residuals = model.counts.residuals_in(state)
        posterior = model.counts.integrate(residuals)
        ratios = model.counts.ratios
        precision = np.diag(posterior.precision[:, 0]) + np.linalg.inv(ratios.covariance())
        covariance = np.linalg.inv(precision)
        mean = covariance @ posterior.weighted[:, 0]
        offset = mean + 0.1 * rng.standard_normal(len(mean))
        truth = stats.norm.logpdf(u).sum() + density[0]
        truth += stats.multivariate_normal(mean, covariance).logpdf(offset)
        point = {"u": u, "log_ratio": ratios.log_median + offset}
        assert float(joint(point)) == pytest.approx(truth, rel=1e-8)


def test_the_toy_sees_what_the_design_says() -> None:
    """The exposure of its rows, summed day by day from what others see."""
    study = study_with(TOY)
    model = Model(study.specification, study.used)
    source = study.specification.source[TOY]
    state = model.state(np.full((len(model.normals), 1), 0.3))
    rows = study.used[1:]
    pairs = [(row, source) for row in rows]
    found = exposures(pairs, study.specification, model.normals)(state)
    path = brute_force.population(study.specification, dict.fromkeys(model.normals.names, 0.3))
    for row, exposure in zip(rows, found[:, 0], strict=True):
        parts = [
            brute_force.exposure(study.specification, source.replaced(measure=measure), row, path)
            for measure in ("presence", "arrivals")
        ]
        assert exposure == pytest.approx(sum(parts), rel=1e-9)


RULES = MeasureRules(DESCRIPTION | {"ratio"})
WORDS = MeasureWords("x", "{median} {lower} {upper}", "x", "x", "{names}")


def declared(base: type[Declaration], **attributes: Any) -> type[Declaration]:
    return type(
        "Invented", (base,), {"name": "invented", "rules": RULES, "words": WORDS} | attributes
    )


@pytest.mark.parametrize(
    ("base", "lacking"),
    [
        (Declaration, {"is_count"}),
        (Measure, {"own_evidence"}),
        (Counted, {"weights"}),
        (OneSource, Evidence.__abstractmethods__ - {"figures"}),
    ],
)
def test_a_measure_without_an_implementation_cannot_be_declared(
    base: type[Declaration], lacking: set[str]
) -> None:
    with pytest.raises(TypeError, match="measure Invented lacks ") as caught:
        register(declared(base))
    named = str(caught.value).partition(" lacks ")[2].split(", ")
    assert set(named) == lacking
    assert "invented" not in MEASURES


@pytest.mark.parametrize("attribute", ["name", "rules", "words"])
def test_a_measure_must_declare_everything(attribute: str) -> None:
    attributes = {"name": "invented", "rules": RULES, "words": WORDS}
    del attributes[attribute]
    attributes["weights"] = classmethod(lambda *_: None)
    with pytest.raises(TypeError, match=f"lacks {attribute}"):
        register(type("Invented", (Counted,), attributes))


def test_a_ratio_needs_its_words_and_a_name_is_given_once() -> None:
    implemented = {"weights": classmethod(lambda *_: None)}
    with pytest.raises(TypeError, match=r"lacks words\.ratio, words\.hundred, words\.counted"):
        register(declared(Counted, words=MeasureWords("x"), **implemented))
    with pytest.raises(TypeError, match="lacks ratio among its required keys"):
        register(declared(Counted, rules=MeasureRules(DESCRIPTION), **implemented))
    with pytest.raises(TypeError, match=r"lacks words\.method, own_evidence"):
        register(declared(Measure, words=MeasureWords("x", "x", "x", "x"), **implemented))
    with pytest.raises(TypeError, match="the name 'stock' is taken"):
        register(declared(Counted, name="stock", **implemented))


def test_rows_without_an_exposure_are_refused() -> None:
    study = study_with("shares")
    row = small.count("S1", "shares", 5, "2022-06-30")
    with pytest.raises(TypeError, match="rows of measure shares have no exposure"):
        exposures([(row, study.specification.source["shares"])], study.specification, Normals())


# ---- no other list of measures

ONLY_MEASURES = frozenset(SHIPPED) - {"stock", "arrivals", "departures"}
"""Words that mean nothing but a measure: a population has these three, too."""
LITERAL = re.compile(
    r"""["'](?:presence|net_change|shares|floor)["']|\b(?:counted|balances|reached)\b"""
)


def literals(source: str) -> list[str]:
    """What in a module is a list of measures, or asks for one by its name."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in ONLY_MEASURES:
            found.append(f"{node.lineno}: {node.value}")
        elif isinstance(node, ast.Compare) and "measure" in ast.unparse(node):
            words = [part for part in ast.walk(node) if isinstance(part, ast.Constant)]
            found += [f"{node.lineno}: {word.value}" for word in words if word.value in SHIPPED]
        elif isinstance(node, ast.Name) and node.id in ("RATIO_MEASURES", "STATIC_MEASURES"):
            found.append(f"{node.lineno}: {node.id}")
    return found


def test_nothing_but_a_measure_knows_it_by_name(root: Path) -> None:
    package = root / "src/popest"
    found = {
        str(file.relative_to(root)): lines
        for file in package.rglob("*.py")
        if file.parent != package / "model/measures"
        and (lines := literals(file.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_no_script_or_template_knows_a_measure_by_name(root: Path) -> None:
    files = [*(root / "src/popest").rglob("*.js"), *(root / "src/popest").rglob("*.jinja")]
    assert len(files) > 10
    found = [
        f"{file.name}: {line.strip()}"
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if LITERAL.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'if source.measure == "stock": pass',
        'x = source.measure in ("stock", "arrivals")',
        'MEASURES = {"stock": 1, "floor": 2}',
        "from popest import RATIO_MEASURES\nRATIO_MEASURES",
    ],
)
def test_a_list_of_measures_would_be_seen(line: str) -> None:
    assert literals(line)
