"""Tests of published cases: popest's answers beside those of papers and of exact computation.

Every estimate is of seed 1. `expected.json` of each case says how far the answers may be apart and
why, with the Monte Carlo error of popest's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest
from published_cases import FOLDER, Answer, Case, cases, estimate_of, found
from scipy.special import betaln, gammaln, log_ndtr, logsumexp

from popest.study.specification.records import StaticPopulation
from popest.study.specification.samples import beta_of

REACH = 12.0
"""Of the grid, on the log scale: above e^12 times a count no case has anything left."""

NUMBERS = [
    pytest.param(case, answer, number, id=f"{case.name}-{place}-{number}")
    for case in cases()
    for place, answer in enumerate(case.answers)
    for number in answer.within
]
INTERVALS = [
    pytest.param(case, answer, id=f"{case.name}-{place}")
    for case in cases()
    for place, answer in enumerate(case.answers)
    if answer.agreement != "within"
]


@pytest.mark.parametrize(("case", "answer", "number"), NUMBERS)
def test_a_number_is_that_of_others(case: Case, answer: Answer, number: str) -> None:
    theirs, within = answer.numbers[number], answer.within[number]
    margin = within if number == "log_evidence" else within * abs(theirs)
    assert found(case, answer, number) == pytest.approx(theirs, abs=margin)


@pytest.mark.parametrize(("case", "answer"), INTERVALS)
def test_an_interval_holds_the_number_of_others(case: Case, answer: Answer) -> None:
    theirs = answer.numbers["q50"]
    if answer.agreement == "inside":
        assert found(case, answer, "q05") < theirs < found(case, answer, "q95")
    else:
        assert found(case, answer, "q025") < theirs < found(case, answer, "q975")
        ours = found(case, answer, "q50")
        assert answer.numbers["q025"] < ours < answer.numbers["q975"]


def test_every_answer_says_how_far_and_why() -> None:
    assert len(cases()) >= 16
    for case in cases():
        assert case.title and case.source and case.method
        for answer in case.answers:
            assert len(answer.because) > 30
            assert answer.within or answer.agreement != "within"
            assert {*answer.within} <= {*answer.numbers}


def test_every_folder_is_a_case() -> None:
    folders = {path.parent.name for path in FOLDER.glob("*/study.toml")}
    assert folders == {case.name for case in cases()}


def quadrature(name: str, probs: Iterable[float]) -> list[float]:
    """Quantiles of the size of a case whose population is static, on a grid of its logarithm.

    Binomial counts with beta ratios, integrated in closed form; those of one group share a ratio.
    Figures with an error are log-normal, a bound is as wide as its count's chance.
    """
    study = estimate_of(name).study
    population = study.specification.population
    assert isinstance(population, StaticPopulation)
    size = population.size
    sources = study.specification.source
    counts = (row.count for row in study.used if sources[row.source].sampling == "binomial")
    lowest = math.log(max(*counts, 1) + 1e-9)
    x = np.linspace(lowest, lowest + REACH, 400_001)
    n = np.exp(x)
    log_density = -0.5 * ((x - math.log(size.median)) / size.sigma) ** 2
    counted: dict[str, list[tuple[float, float, float]]] = {}
    for row in study.used:
        source = sources[row.source]
        ratio = source.ratio
        assert ratio is not None
        if row.precision == "at_most":
            log_density += log_ndtr((math.log(row.count + 0.5) - x) * math.sqrt(row.count))
        elif ratio.seen is not None and ratio.of is not None:
            a, b = beta_of(ratio.seen / ratio.deff, ratio.of / ratio.deff)
            counted.setdefault(source.group or row.source, []).append((row.count, a, b))
        else:
            assert source.log_error is not None
            sd = math.hypot(ratio.tau, math.hypot(source.log_error.median, 0.01))
            off = (math.log(row.count) - math.log(ratio.median) - x) / sd
            log_density += -0.5 * off**2
    for together in counted.values():
        _, a, b = together[0]
        total, missed = sum(count for count, *_ in together), 0.0
        for count, *_ in together:
            log_density += gammaln(n + 1) - gammaln(count + 1) - gammaln(n - count + 1)
            missed = missed + n - count
        log_density += betaln(a + total, b + missed) - betaln(a, b)
    below = np.cumsum(np.exp(log_density - logsumexp(log_density)))
    return [float(n[np.searchsorted(below, prob)]) for prob in probs]


@pytest.mark.parametrize(
    ("name", "margins"),
    [
        ("bangladesh-chapai", (0.01, 0.01, 0.01)),
        ("bangladesh-chandpur", (0.04, 0.04, 0.12)),
        ("bangladesh-chittagong", (0.09, 0.04, 0.14)),
        ("bangladesh-dhaka", (0.01, 0.01, 0.01)),
        ("bangladesh-mymensingh", (0.03, 0.02, 0.03)),
        ("bangladesh-rajshahi", (0.03, 0.03, 0.15)),
        ("closed-form-b1", (0.01, 0.01, 0.01)),
        ("closed-form-b2", (0.03, 0.01, 0.06)),
        ("closed-form-b3", (0.01, 0.01, 0.01)),
        ("closed-form-c", (0.02, 0.01, 0.03)),
        ("kampala", (0.01, 0.01, 0.01)),
        ("survey", (0.05, 0.03, 0.03)),
    ],
)
def test_a_static_case_is_what_quadrature_says(name: str, margins: tuple[float, ...]) -> None:
    """At 2.5, 50 and 97.5 %, within three times what quantiles scatter by between seeds."""
    probs = (0.025, 0.5, 0.975)
    exact, stock = quadrature(name, probs), estimate_of(name).stock()
    for prob, true, margin in zip(probs, exact, margins, strict=True):
        assert stock.quantile(prob) == pytest.approx(true, rel=margin)


def test_nobody_who_was_counted_is_missing() -> None:
    """In Chapai Nawabganj 400 were mapped, although its overlap by itself says 317."""
    for name, least in (("bangladesh-chapai", 400), ("bangladesh-dhaka", 3436), ("kampala", 467)):
        stock = estimate_of(name).stock()
        assert stock.values[stock.weights > 0].min() >= least


def test_a_cumulative_series_is_used_as_it_is_published() -> None:
    estimate = estimate_of("ireland")
    windows = [row for row in estimate.study.used if row.source == "numbers"]
    assert len(windows) == 6 and len({row.start for row in windows}) == 1
    assert estimate.certificate.certified
