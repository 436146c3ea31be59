"""Invented studies whose posterior is known: few of their quantities are uncertain.

One to three standard normals remain, so that a grid can be integrated over; the static study has a
closed form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import small_studies as small

from popest.study.observations.observation import Observation

Study = tuple[dict[str, Any], list[Observation]]


def stock_source(median: float, tau: float, **entries: Any) -> small.Table:
    return small.source("stock", ratio=small.ratio(median, tau), sampling="none", **entries)


def tight() -> Study:
    """Ratios known to 2 %, a wave and the hazard unknown."""
    sources = {name: stock_source(0.9, 0.02) for name in ("early", "late")}
    population = small.arrivals_population(
        hazard=small.log_normal(0.02, 0.8),
        waves=[small.wave("w", small.log_normal(5000, 1), {"2022-03": 1, "2022-04": 1})],
    )
    rows = [
        small.count("A", "early", 9000, "2022-06-30"),
        small.count("B", "late", 10_500, "2022-12-31"),
    ]
    return small.document(population, sources, error=small.known(0.01)), rows


def vague() -> Study:
    """A ratio known to a factor of 12."""
    sources = {"a": stock_source(0.5, 1.5), "b": stock_source(0.5, 1.5)}
    population = small.arrivals_population(
        small.log_normal(600, 0.8), hazard=small.log_normal(0.02, 0.8)
    )
    rows = [
        small.count("A", "a", 9000, "2022-06-30"),
        small.count("B", "b", 300, "2022-12-31"),
    ]
    return small.document(population, sources), rows


def conflict() -> Study:
    """Two tight sources that differ by a factor of five, 15 of their standard deviations."""
    sources = {"a": stock_source(0.9, 0.1), "b": stock_source(0.9, 0.02)}
    rows = [
        small.count("A", "a", 30_000, "2022-12-31"),
        small.count("B", "b", 6_000, "2022-12-31"),
    ]
    population = small.arrivals_population(small.log_normal(600, 0.8))
    return small.document(population, sources, error=small.log_normal(0.08, 0.5)), rows


def two_modes() -> Study:
    """Two counts of which either may be badly wrong: the posterior has a mode at each."""
    sources = {"a": stock_source(1.0, 0.1), "b": stock_source(1.0, 0.1)}
    rows = [
        small.count("A", "a", 8_000, "2022-12-31"),
        small.count("B", "b", 20_000, "2022-12-31"),
    ]
    population = small.static_population(small.log_normal(12_650, 0.4))
    return small.document(population, sources, error=small.known(0.05), by_source=1.5), rows


def one_source() -> Study:
    sources = {
        "firms": small.source("arrivals", ratio=small.ratio(0.2, 0.5), lag_months=2.0),
        "silent": stock_source(0.5, 0.3),
    }
    population = small.arrivals_population(
        small.log_normal(600, 0.8), hazard=small.log_normal(0.02, 0.8)
    )
    return small.document(population, sources), [
        small.count("F", "firms", 2500, "2022-10-31", "2022-02-01")
    ]


def no_observation() -> Study:
    population = small.arrivals_population(
        small.log_normal(600, 0.8), hazard=small.log_normal(0.02, 0.8)
    )
    return small.document(population, {"a": stock_source(0.5, 0.3)}), []


def forty_observations() -> Study:
    """Months that overlap with quarters, of a ratio that drifts; the noise is unknown too."""
    sources = {
        "work": small.source("presence", ratio=small.ratio(0.5, 0.3), drift=0.1, sampling="none"),
        "census": stock_source(0.5, 0.3),
    }
    population = small.arrivals_population(small.log_normal(600, 0.8))
    rng = np.random.default_rng(1)
    rows = [small.count("C", "census", 4000, "2023-06-30")]
    for number in range(39):
        month = number % 24
        year, first = 2022 + month // 12, month % 12 + 1
        last = min(12, first + (2 if number >= 24 else 0))
        persons = 550 * (month + 0.5 + (last - first) / 2) * (last - first + 1) / 12
        value = round(0.45 * persons * math.exp(0.08 * rng.standard_normal()))
        rows.append(
            small.count(
                f"W{number}", "work", value, f"{year}-{last:02}-28", f"{year}-{first:02}-01"
            )
        )
    error = small.log_normal(0.08, 0.5)
    return small.document(population, sources, end="2023-12", error=error), rows


def hundred_and_twenty_months() -> Study:
    sources = {"a": stock_source(0.8, 0.2, drift=0.05)}
    population = small.arrivals_population(
        small.log_normal(600, 0.8), hazard=small.log_normal(0.02, 0.8)
    )
    rows = [
        small.count(f"A{year}", "a", value, f"{year}-12-31")
        for year, value in ((2022, 5000), (2025, 15_000), (2031, 21_000))
    ]
    return small.document(population, sources, end="2031-12"), rows


def baseline_at_the_count() -> Study:
    """Half of the baseline's prior is impossible: the posterior has an edge."""
    sources = {"a": stock_source(0.4, 0.4, baseline=small.log_normal(3000, 0.3))}
    population = small.arrivals_population(small.log_normal(600, 0.8))
    return small.document(population, sources), [small.count("A", "a", 3010, "2022-12-31")]


def other_evidence() -> Study:
    """A balance, a floor and a survey, which know nothing of ratios."""
    sources = {
        "border": small.source(
            "net_change",
            bias={"mean": 1000.0, "sd": 1500.0, "because": "-"},
            error={"sd": 800.0, "because": "-"},
        ),
        "voters": small.source("floor", ratio=small.ratio(0.3, 0.3)),
        "survey": small.survey(
            "2022-12", 222, 3.0, [("2022-01", "2022-06", 0.6), ("2022-07", "2022-12", 0.4)]
        ),
    }
    population = small.arrivals_population(
        hazard=small.log_normal(0.03, 0.8),
        waves=[small.wave("w", small.log_normal(5000, 0.8), {"2022-03": 1, "2022-04": 1})],
    )
    rows = [
        small.count("E", "border", 9500, "2022-12-31", "2021-12-01"),
        small.count("V", "voters", 2600, "2022-11-30", precision="more_than"),
    ]
    return small.document(population, sources), rows


def static_study(scale: int = 1) -> Study:
    """Three counts of a static population; noise known, two of the ratios correlated."""
    sources = {
        "a": stock_source(0.4, 0.5),
        "b": stock_source(0.8, 0.3, group="g", group_correlation=0.3),
        "c": stock_source(0.6, 0.4, group="g", group_correlation=0.6, drift=0.2),
    }
    rows = [
        small.count("A", "a", 500 * scale, "2022-12-31", precision="almost"),
        small.count("B", "b", 700 * scale, "2022-12-31", precision="about"),
        small.count("C", "c", 1100 * scale, "2022-06-30"),
        small.count("D", "c", 900 * scale, "2022-12-31"),
    ]
    population = small.static_population(small.log_normal(1500 * scale, 0.6))
    return small.document(population, sources, error=small.known(0.08)), rows


STUDIES: dict[str, Callable[[], Study]] = {
    study.__name__: study
    for study in (
        tight,
        vague,
        conflict,
        two_modes,
        one_source,
        no_observation,
        forty_observations,
        hundred_and_twenty_months,
        baseline_at_the_count,
        other_evidence,
    )
}
