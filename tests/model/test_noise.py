"""The noise of counting and of registers, and whose it is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import small_studies as small
from scipy import special

from popest.model.noise import CountingNoise, figure_sd
from popest.model.rotation import repeats
from popest.study.specification.reading import read
from popest.study.specification.records import Source


def source(**entries: Any) -> Source:
    return read(Source, small.source("stock", ratio=small.ratio(0.5, 0.2), **entries))


def test_counting_has_the_moments_of_a_log_gamma_variable() -> None:
    """Of the effective number: 80 of which 20 are others' are worth 45."""
    noisy = source(baseline=small.log_normal(20, 0.3))
    found = CountingNoise.of([small.count("A", "s", 80, "2022-06-30")], noisy)
    number = 60**2 / 80
    assert found.shift == pytest.approx([special.digamma(number) - math.log(number)], rel=1e-12)
    assert found.variance == pytest.approx([float(special.polygamma(1, number))], rel=1e-12)


def test_what_is_no_count_of_events_has_no_such_noise() -> None:
    row = small.count("A", "s", 80, "2022-06-30")
    measured = small.count("A", "s", 80, "2022-06-30", se=5)
    for rows, of in (([row], source(sampling="none")), ([measured], source())):
        found = CountingNoise.of(rows, of)
        assert found.shift.tolist() == found.variance.tolist() == [0.0]


def test_a_published_error_adds_to_that_of_the_wording() -> None:
    rows = [
        small.count("A", "s", 100, "2022-06-30", precision="about"),
        small.count("B", "s", 100, "2022-07-31", precision="about", se=20),
    ]
    own = math.sqrt(math.log(1.04))
    assert figure_sd(rows, source()) == pytest.approx([0.05, math.hypot(0.05, own)], rel=1e-12)


def test_an_error_that_is_published_is_taken_as_stated() -> None:
    """Of .2 %, which is less than the 1 % that `exact` leaves open in other figures."""
    stated = small.count("A", "s", 10_000, "2022-06-30", se=20)
    roughly = small.count("B", "s", 10_000, "2022-06-30", precision="rounded", se=20)
    assert figure_sd([stated, roughly], source()) == pytest.approx(
        [0.002, math.hypot(0.03, 0.002)], rel=1e-4
    )
    wide = small.count("C", "s", 100, "2022-06-30", se=20)
    assert figure_sd([wide], source()) == pytest.approx([math.sqrt(math.log(1.04))], rel=1e-4)


def test_two_figures_of_one_window_with_errors_of_their_own_are_no_more_than_one() -> None:
    rows = [
        small.count(name, "s", 10_000, "2022-06-30", "2022-01-01", se=20) for name in ("A", "B")
    ]
    sources = {"s": small.source("arrivals", ratio=small.ratio(0.1, 0.5))}
    population = small.arrivals_population(small.known(300), hazard=small.known(0.02))
    entries = small.document(population, sources, error=small.known(1e-6))
    sizes = []
    for used in (rows, rows[:1]):
        model = small.model_of(entries, used)
        found = model.counts.integrate(model.counts.residuals_in(model.state(np.empty((0, 1)))))
        sizes.append(found.precision[0, 0])
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-3)


def test_persons_are_counted_again_as_long_as_they_stay() -> None:
    rows = [
        small.count(f"A{n}", "s", 80, day) for n, day in enumerate(("2022-01-31", "2023-01-31"))
    ]
    months = 365 / 365.25 * 12
    assert repeats(rows, 0.05)[0, 1] == pytest.approx(math.exp(-0.05 * months), rel=1e-12)
    assert (repeats(rows, 0.0) == 1).all()


def test_twelve_nested_windows_say_no_more_than_the_last() -> None:
    """Of 30 a month: an error of .053, 1 / sqrt(360); as independent counts it would be .021."""
    ends = ["31", "28", "31", "30", "31", "30", "31", "31", "30", "31", "30", "31"]
    rows = [
        small.count(f"A{n}", "s", 30 * n, f"2022-{n:02}-{ends[n - 1]}", "2022-01-01")
        for n in range(1, 13)
    ]
    sources = {"s": small.source("arrivals", ratio=small.ratio(0.1, 0.5))}
    population = small.arrivals_population(small.known(300), hazard=small.known(0.02))
    model = small.model_of(small.document(population, sources, error=small.known(1e-6)), rows)
    state = model.state(np.empty((0, 1)))
    posterior = model.counts.integrate(model.counts.residuals_in(state))
    assert posterior.precision[0, 0] ** -0.5 == pytest.approx(0.053, abs=0.001)
    apart = sum(1 / special.polygamma(1, row.count) for row in rows) ** -0.5
    assert apart == pytest.approx(0.021, abs=0.0005)


@pytest.mark.parametrize("by_source", [0.0, 0.6])
def test_a_source_may_have_an_error_of_its_own(by_source: float) -> None:
    """Beside sources that have the error of all, each with its own factor or without."""
    sources = {
        "a": small.source("stock", ratio=small.ratio(0.5, 0.2)),
        "b": small.source("stock", ratio=small.ratio(0.5, 0.2), error=small.log_normal(0.3, 0.4)),
        "c": small.source("stock", ratio=small.ratio(0.5, 0.2)),
        "d": small.source("stock", ratio=small.ratio(0.5, 0.2), error=small.known(0.02)),
    }
    population = small.static_population(small.known(1000))
    entries = small.document(
        population, sources, error=small.log_normal(0.08, 0.5), by_source=by_source
    )
    model = small.model_of(entries)
    names = model.normals.names
    draws = dict(zip(names, np.arange(1.0, len(names) + 1), strict=True))
    found = model.noise.log_sd(np.array(list(draws.values()))[:, None])[:, 0]
    common = math.log(0.08) + 0.5 * draws["noise"]
    own = {name: by_source * draws[f"noise[{name}]"] if by_source else 0.0 for name in "ac"}
    truth = [
        common + own["a"],
        math.log(0.3) + 0.4 * draws["noise[b]"],
        common + own["c"],
        math.log(0.02),
    ]
    assert found == pytest.approx(truth, rel=1e-12)
    assert len(names) == 2 + 2 * (by_source > 0)
