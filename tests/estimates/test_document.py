"""Tests of an estimate as plain data: keys, nesting, digits, and what is not certified."""

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

import popest
from popest.engines.draws import Certificate
from popest.estimates import Estimate, NotCertifiedError
from popest.estimates.comparisons.variants import estimate_variants
from popest.estimates.document import as_json, document, not_certified_document, rounded

KEYS = [
    "study",
    "title",
    "unit",
    "as_of",
    "variant",
    "last_count",
    "date",
    "median",
    "mean",
    "sd",
    "intervals",
    "probabilities",
    "prior",
    "scenario",
    "assumed",
    "dates",
    "trajectory",
    "ratios",
    "fit",
    "warnings",
    "engine",
    "certificate",
    "log_evidence",
    "seed",
    "data_sha256",
    "versions",
    "seconds",
]
BLOCK = ["date", "median", "mean", "sd", "intervals", "probabilities", "prior"]
BLOCK += ["scenario", "assumed"]
ESTIMATES = (*BLOCK[1:], "dates", "trajectory", "ratios", "fit")
CERTIFICATE = ["certified", "pareto_k", "ess", "r_hat", "ess_bulk", "ess_tail", "divergences"]


def leaves(value: Any) -> Iterator[Any]:
    """Every number, text, truth and None, at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from leaves(entry)
    else:
        yield value


def refused() -> NotCertifiedError:
    with pytest.raises(NotCertifiedError) as caught:
        popest.estimate("serbia-report-2024", engine="bank", draws=1_000)
    return caught.value


def test_the_keys_and_their_order_are_those_of_the_design(report: Estimate) -> None:
    found = document(report)
    assert list(found) == KEYS
    assert list(found["certificate"]) == CERTIFICATE
    assert [list(block) for block in found["dates"]] == [BLOCK, BLOCK]
    blocks = [found, *found["dates"]]
    assert {tuple(block["prior"]) for block in blocks} == {("median", "intervals", "probabilities")}
    spreads = [*blocks, *(block["prior"] for block in blocks)]
    assert {tuple(i) for s in spreads for i in s["intervals"]} == {
        ("prob", "lower", "upper", "kind")
    }
    assert {tuple(p) for s in spreads for p in s["probabilities"]} == {("lower", "upper", "prob")}
    assert {tuple(row) for row in found["trajectory"]} == {
        ("date", "median", "lower", "upper", "prob")
    }
    assert {tuple(row) for row in found["ratios"]} == {("source", "prior", "posterior", "prob")}
    assert {tuple(row) for row in found["fit"]} == {
        ("observation", "source", "value", "predicted", "percentile")
    }
    triples = [row[side] for row in found["ratios"] for side in ("prior", "posterior")]
    triples += [row["predicted"] for row in found["fit"]]
    assert {tuple(triple) for triple in triples} == {("median", "lower", "upper")}
    assert {"popest", "numpy"} <= found["versions"].keys()


def test_the_top_level_is_the_first_date_and_dates_repeats_it(report: Estimate) -> None:
    found = document(report)
    assert [block["date"] for block in found["dates"]] == ["2023-12-31", "2022-12-31"]
    assert {key: found[key] for key in BLOCK} == found["dates"][0]
    assert found["dates"][1]["median"] == rounded(report.stock("2022-12-31").median)
    prior = found["dates"][1]["prior"]
    assert prior["median"] == rounded(report.prior_stock("2022-12-31").median)


def test_intervals_are_equal_tailed_nested_and_named(report: Estimate) -> None:
    for block in (*document(report)["dates"], document(report)["prior"]):
        intervals = block["intervals"]
        assert [i["prob"] for i in intervals] == [0.5, 0.8, 0.9, 0.95]
        assert {i["kind"] for i in intervals} == {"eti"}
        bounds = [(i["lower"], i["upper"]) for i in intervals]
        assert all(b < a < c < d for (a, c), (b, d) in pairwise(bounds))
        assert bounds[0][0] < block["median"] < bounds[0][1]


def test_another_probability_stands_among_the_intervals(static) -> None:
    found = document(static.estimate(prob=0.99))
    assert [i["prob"] for i in found["intervals"]] == [0.5, 0.8, 0.9, 0.95, 0.99]
    assert {row["prob"] for row in found["ratios"] + found["trajectory"]} == {0.99}


def test_each_declared_range_has_its_probability(static) -> None:
    estimate = static.estimate()
    found = document(estimate)["probabilities"]
    assert [(p["lower"], p["upper"]) for p in found] == [(900, 1100), (500, 900.5)]
    expected = [estimate.probability(900, 1100), estimate.probability(500, 900.5)]
    assert [p["prob"] for p in found] == [rounded(prob) for prob in expected]
    assert min(expected) > 0


def test_the_trajectory_holds_every_month_end(report: Estimate) -> None:
    rows = document(report)["trajectory"]
    assert [row["date"] for row in rows[:2]] == ["2022-02-28", "2022-03-31"]
    assert rows[-1]["date"] == "2024-12-31" and len(rows) == 35
    at_headline = next(row for row in rows if row["date"] == "2023-12-31")
    interval = report.interval(0.9)
    assert at_headline["lower"] == rounded(interval.lower)
    assert at_headline["upper"] == rounded(interval.upper)


def test_every_number_has_seven_significant_digits_and_is_finite(report: Estimate) -> None:
    numbers = [leaf for leaf in leaves(document(report)) if isinstance(leaf, float)]
    assert len(numbers) > 100
    assert all(math.isfinite(number) for number in numbers)
    assert [number for number in numbers if number != float(f"{number:.7g}")] == []
    assert document(report)["median"] == pytest.approx(report.stock().median, rel=5e-7)
    assert rounded([1234567.89, {"a": 0.123456789}]) == [1234568.0, {"a": 0.1234568}]


def test_it_is_one_json_object_in_ascii(static) -> None:
    estimate = static.but("Residents of A", "Жители Z, \\u202e[31m").estimate()
    text = as_json(document(estimate))
    assert text.isascii()
    assert json.loads(text)["title"] == "Жители Z, \u202e[31m"


def test_a_number_that_is_not_finite_becomes_null() -> None:
    certificate = Certificate(False, math.inf, 0.0)._asdict()
    assert as_json(rounded(certificate)).count("null") == 5
    assert rounded([math.nan, -math.inf, 1.0]) == [None, None, 1.0]


def test_the_same_seed_gives_the_same_document_and_another_another(static) -> None:
    first, again, other = (document(static.estimate(seed=seed)) for seed in (1, 1, 2))
    for found in (first, again, other):
        del found["seconds"]
    assert first == again
    assert first["median"] != other["median"]


def test_the_engine_and_what_it_reached_are_told(report: Estimate) -> None:
    found = document(report)
    certificate = found["certificate"]
    assert found["engine"] == "bank" and certificate["certified"] is True
    assert certificate["pareto_k"] < 0.7 and certificate["ess"] >= 1_000
    assert [certificate[key] for key in CERTIFICATE[3:]] == [None] * 4
    assert found["log_evidence"] == rounded(report.draws.log_evidence)
    assert found["data_sha256"] == popest.load_study("serbia-report-2024").data_sha256
    assert found["seed"] == 1 and found["seconds"] > 0


def test_the_view_of_the_study_is_told() -> None:
    study = popest.load_study("serbia-report-2024", as_of="2023-06-30", variant="no_survey")
    found = document(popest.estimate(study, draws=1_000))
    assert (found["as_of"], found["variant"]) == ("2023-06-30", "no_survey")


def test_nuts_knows_no_pareto_shape_and_no_evidence(static, chains) -> None:
    found = document(static.estimate(engine="nuts"))
    assert found["engine"] == "nuts"
    assert found["log_evidence"] is None
    certificate = {"certified": True, "pareto_k": None, "ess": None, "r_hat": 1.001}
    certificate |= {"ess_bulk": 900.0, "ess_tail": 800.0, "divergences": 0}
    assert found["certificate"] == certificate


def test_without_a_certificate_estimates_are_null_and_the_certificate_is_filled(poor_bank) -> None:
    error = refused()
    found = not_certified_document(error)
    assert list(found) == KEYS
    assert {key: found[key] for key in ESTIMATES} == dict.fromkeys(ESTIMATES)
    assert found["log_evidence"] is None
    assert found["date"] == "2023-12-31" and found["engine"] == "bank"
    assert found["certificate"]["certified"] is False
    assert found["certificate"]["ess"] == rounded(error.certificate.ess)
    assert found["certificate"]["ess"] > 100 and found["certificate"]["pareto_k"] < 0.7
    assert found["warnings"][0] == str(error)
    assert json.loads(as_json(found)) == found


def test_a_bank_without_any_likely_draw_is_told_in_valid_json(poor_bank) -> None:
    error = refused()
    error.certificate = Certificate(False, pareto_k=math.inf, ess=0.0)
    found = json.loads(as_json(not_certified_document(error)))
    assert found["certificate"]["pareto_k"] is None and found["certificate"]["ess"] == 0


def test_variants_stand_side_by_side_under_a_key_of_their_own(static) -> None:
    estimate = static.estimate()
    rows = estimate_variants(static.study(), itself=estimate, draws=4_000)
    found = document(estimate, rows)
    assert list(found) == [*KEYS, "variants"]
    assert [block["variant"] for block in found["variants"]] == [None, "larger"]
    assert found["variants"][0]["median"] == found["median"]
    assert found["variants"][0]["intervals"] == found["intervals"]
    assert found["variants"][0]["log_evidence"] == found["log_evidence"]
    assert found["variants"][1]["median"] > found["median"]
