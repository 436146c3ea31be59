"""Invented studies that together use every part of the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import small_studies as small

from popest.study.observations.observation import Observation, Summand

Study = tuple[dict[str, Any], list[Observation]]


def grouped_study(**changes: Any) -> Study:
    """Three sources of one group with different correlations, drift and overlapping windows."""
    sources = {
        "permits": small.source(
            "stock",
            ratio=small.ratio(0.9, 0.25),
            baseline=small.log_normal(300, 0.15),
            group="status",
            group_correlation=0.2,
            drift=0.3,
        ),
        "work": small.source(
            "presence",
            ratio=small.ratio(0.45, 0.45),
            baseline=small.log_normal(200, 0.1),
            group="status",
            group_correlation=0.8,
        ),
        "firms": small.source(
            "arrivals", ratio=small.ratio(0.2, 0.5), group="status", group_correlation=0.5
        ),
    }
    rows = [
        small.count("P1", "permits", 3000, "2022-06-15", precision="almost"),
        small.count("W1", "work", 900, "2022-12-31", "2022-01-01"),
        small.count("P2", "permits", 4000, "2022-11-15", precision="about"),
        small.count("W2", "work", 500, "2022-09-30", "2022-04-01", "rounded"),
        small.count("F1", "firms", 700, "2022-10-31", "2022-01-01", "more_than"),
    ]
    entries = small.document(
        small.arrivals_population(small.log_normal(500, 0.5), 0.3, small.log_normal(0.02, 0.5)),
        sources,
        error=small.log_normal(0.1, 0.5),
        by_source=0.7,
    )
    return entries | changes, rows


def summed_study() -> Study:
    """Increments of printed totals: they share totals with each other and with a used figure."""
    entries, _ = grouped_study()
    entries["source"]["firms"] |= {"drift": 0.2, "baseline": small.log_normal(200, 0.3)}
    used = [
        small.count("F1", "firms", 400, "2022-02-15", "2022-01-01", "about"),
        small.count("F2", "firms", 2100, "2022-06-30", "2022-02-16"),
        small.count("F3", "firms", 1500, "2022-10-31", "2022-07-01", "about"),
        small.count("F4", "firms", 900, "2022-12-31", "2022-11-01", "more_than"),
        small.count("W1", "work", 900, "2022-12-31", "2022-01-01"),
    ]
    june, october = (2500, "almost"), (4000, "exact")
    terms = {
        "F2": {"june": (1, *june), "F1": (-1, 400, "about")},
        "F3": {"october": (1, *october), "june": (-1, *june)},
        "F4": {"december": (1, 4900, "exact"), "october": (-1, *october)},
    }
    rows = [
        replace(
            row, terms=tuple(Summand(name, *is_) for name, is_ in terms.get(row.id, {}).items())
        )
        for row in used
    ]
    return entries, rows


def two_groups() -> Study:
    """Two groups, a source outside both, one without a row, drift in several."""
    kinds = {
        "a1": ("stock", "a", 0.4, 0.2),
        "a2": ("presence", "a", 0.7, 0.0),
        "b1": ("stock", "b", 0.9, 0.1),
        "b2": ("arrivals", "b", 0.3, 0.0),
        "b3": ("stock", "b", 0.5, 0.3),
        "alone": ("stock", None, None, 0.15),
    }
    sources = {}
    for number, (name, (measure, group, correlation, drift)) in enumerate(kinds.items()):
        shared = {"group": group, "group_correlation": correlation} if group else {}
        sources[name] = small.source(
            measure, ratio=small.ratio(0.5, 0.2 + 0.1 * number), drift=drift, **shared
        )
    entries = small.document(
        small.arrivals_population(small.log_normal(500, 0.5)),
        sources,
        end="2024-12",
        error=small.log_normal(0.1, 0.5),
        by_source=0.7,
    )
    rows = [
        small.count("A1", "a1", 1500, "2022-08-31"),
        small.count("A2", "a1", 3500, "2023-08-31", precision="about"),
        small.count("A3", "a2", 2000, "2023-12-31", "2023-01-01"),
        small.count("A4", "a2", 1300, "2023-12-31", "2023-07-01"),
        small.count("B1", "b1", 3000, "2022-12-31"),
        small.count("B2", "b2", 6000, "2023-06-30", "2022-01-01"),
        small.count("C1", "alone", 2000, "2022-06-30"),
        small.count("C2", "alone", 5000, "2023-06-30"),
        small.count("C3", "alone", 8000, "2024-06-30"),
    ]
    return entries, rows


def evidence_study() -> Study:
    """Three balances of one border, a survey with a gap, floors within reach and far out of it."""
    sources = {
        "border": small.source(
            "net_change",
            bias={"mean": 500.0, "sd": 700.0, "because": "-"},
            error={"sd": 400.0, "because": "-"},
        ),
        "survey": small.survey(
            "2022-10",
            222,
            3.0,
            [
                ("2022-01", "2022-03", 0.4),
                ("2022-05", "2022-08", 0.35),
                ("2022-09", "2022-10", 0.2),
            ],
        ),
        "voters": small.source("floor", ratio=small.ratio(0.3, 0.3)),
    }
    rows = [
        small.count("E1", "border", 3100, "2022-12-31", "2021-10-01"),
        small.count("E2", "border", 1500, "2022-06-30", "2022-02-24"),
        small.count("E3", "border", -900, "2022-09-30", "2022-07-15"),
        small.count("V1", "voters", 900, "2022-12-15", precision="more_than"),
        small.count("V2", "voters", 300_000, "2022-03-17"),
        small.count("V3", "voters", 3, "2022-11-17", precision="about"),
    ]
    entries = small.document(
        small.arrivals_population(small.log_normal(400, 0.8), 0.3, small.log_normal(0.02, 0.5)),
        sources,
        first_day="2022-01-10",
        error=small.log_normal(0.08, 0.5),
        by_source=0.7,
    )
    return entries, rows


def everything_study() -> Study:
    """Overlapping windows, groups, drift, lag, a balance, floors and a survey."""
    entries, rows = grouped_study()
    other, other_rows = evidence_study()
    entries["source"] |= other["source"]
    entries["source"]["firms"]["lag_months"] = 2.0
    return entries, rows + other_rows


def papers_study() -> Study:
    """People there before, papers that lapse, late registers, later counts, departures."""
    dated = [{"from": "2021-12", "months": 6}, {"from": "2022-09", "months": 4}]
    shapes: dict[str, tuple[str, dict[str, Any]]] = {
        "register": ("stock", {"lag_months": 2.5, "baseline": small.log_normal(300, 0.2)}),
        "valid": ("stock", {"every_months": dated, "renewed": 0.7, "lag_months": 1.0}),
        "issued": ("arrivals", {"every_months": 5, "later": small.log_normal(0.3, 0.5)}),
        "firms": ("arrivals", {"lag_months": 3.0, "later": 0.4, "drift": 0.2}),
        "leavers": ("departures", {"baseline": small.known(40)}),
        "contracts": ("presence", {"baseline": small.known(100)}),
    }
    sources = {
        name: small.source(measure, ratio=small.ratio(0.6, 0.3), **entries)
        for name, (measure, entries) in shapes.items()
    }
    rows = [
        small.count("R1", "register", 3000, "2022-07-15"),
        small.count("R2", "register", 4200, "2023-03-31"),
        small.count("V1", "valid", 4500, "2022-10-20"),
        small.count("V2", "valid", 5000, "2023-05-31"),
        small.count("I1", "issued", 6000, "2022-12-31", "2022-02-01"),
        small.count("F1", "firms", 2500, "2022-12-31", "2022-03-15"),
        small.count("L1", "leavers", 900, "2023-04-30", "2021-10-01"),
        small.count("C1", "contracts", 3000, "2022-12-31", "2022-01-01"),
    ]
    population = small.arrivals_population(
        small.log_normal(500, 0.5), hazard=small.log_normal(0.03, 0.4)
    )
    population["background"] |= {"volatility": small.log_normal(0.3, 0.5), "step": "year"}
    population["initial"] = small.log_normal(4000, 0.3)
    calendar = {"start": "2021-12", "end": "2023-06", "first_day": "2021-12-10"}
    entries = small.document(population, sources, **calendar, error=small.log_normal(0.1, 0.5))
    return entries, rows


def static_study() -> Study:
    """A static population with two counts and a floor."""
    sources = {
        "a": small.source("stock", ratio=small.ratio(0.8, 0.3), baseline=small.log_normal(90, 0.3)),
        "b": small.source("stock", ratio=small.ratio(0.3, 0.5), drift=0.1),
        "c": small.source("floor", ratio=small.ratio(0.3, 0.2)),
    }
    rows = [
        small.count("A1", "a", 900, "2022-03-10"),
        small.count("B1", "b", 300, "2022-08-10", precision="more_than"),
        small.count("C1", "c", 250, "2022-08-10"),
    ]
    population = small.static_population(small.log_normal(1000, 0.5))
    return small.document(population, sources, error=small.log_normal(0.1, 0.3)), rows


def few_study() -> Study:
    """Few counts, zeros and bounds beside many: groups, drift, baselines, shares, a known ratio."""
    shared = {"group": "office", "group_correlation": 0.4}
    sample = {"seen": 54, "of": 450, "deff": 2.0, "because": small.WHY}
    share = {"median": 0.842, "interval90": [0.6, 0.95], "at_most_one": True, "because": small.WHY}
    shapes: dict[str, tuple[str, dict[str, Any]]] = {
        "register": ("stock", {"ratio": small.ratio(0.8, 0.3), **shared}),
        "work": ("presence", {"ratio": small.ratio(0.5, 0.3), **shared, "drift": 0.1}),
        "clinic": ("arrivals", {"ratio": small.ratio(0.02, 0.4), **shared, "drift": 0.2}),
        "births": (
            "presence",
            {"ratio": small.ratio(0.02, 0.3), "baseline": small.log_normal(4, 0.3)},
        ),
        "panel": ("stock", {"ratio": sample, "sampling": "binomial"}),
        "census": (
            "stock",
            {"ratio": share, "drift": 0.05, "group": "b", "group_correlation": 0.5},
        ),
        "exact": ("stock", {"ratio": {"known": 1, "because": small.WHY}}),
    }
    sources = {
        name: small.source(measure, **entries) for name, (measure, entries) in shapes.items()
    }
    rows = [
        small.count("R1", "register", 900, "2022-06-30"),
        small.count("R2", "register", 1200, "2022-12-31", precision="about"),
        small.count("W1", "work", 450, "2022-12-31", "2022-01-01"),
        small.count("C1", "clinic", 12, "2022-06-30", "2022-02-01"),
        small.count("C2", "clinic", 0, "2022-07-31", "2022-07-01"),
        small.count("C3", "clinic", 4, "2022-09-30", "2022-08-01", "at_most"),
        small.count("C4", "clinic", 9, "2022-12-31", "2022-10-01", "about"),
        small.count("B1", "births", 20, "2022-12-31", "2022-01-01"),
        small.count("B2", "births", 3, "2023-06-30", "2023-01-01", "at_least"),
        small.count("P1", "panel", 130, "2022-12-31"),
        small.count("S1", "census", 1000, "2022-12-31"),
        small.count("S2", "census", 1300, "2023-06-30"),
        small.count("S3", "census", 0, "2023-03-31", precision="between", bounds=(900, 1500)),
        small.count("E1", "exact", 1300, "2022-12-31", precision="rounded"),
    ]
    population = small.arrivals_population(
        small.log_normal(90, 0.5), 0.3, small.log_normal(0.02, 0.5)
    )
    population["initial"] = small.log_normal(300, 0.3)
    entries = small.document(
        population, sources, end="2023-06", error=small.log_normal(0.1, 0.5), by_source=0.5
    )
    return entries, rows


def few_alone() -> Study:
    """Sources whose ratios are all drawn: nothing is left to be integrated."""
    entries, rows = few_study()
    kept = ("clinic", "births", "panel", "census")
    sources = {name: entries["source"][name] for name in kept}
    return {**entries, "source": sources}, [row for row in rows if row.source in kept]


def known_alone() -> Study:
    """Two registers whose ratios are known, many persons and many events."""
    ratio = {"known": 0.6, "because": small.WHY}
    sources = {
        "register": small.source("stock", ratio=ratio, drift=0.1),
        "work": small.source("presence", ratio=ratio, baseline=small.log_normal(50, 0.2)),
    }
    rows = [
        small.count("R1", "register", 900, "2022-06-30"),
        small.count("R2", "register", 1200, "2022-12-31", precision="about"),
        small.count("W1", "work", 450, "2022-12-31", "2022-01-01"),
    ]
    population = small.arrivals_population(small.log_normal(200, 0.5), 0.3)
    return small.document(population, sources, error=small.log_normal(0.1, 0.5)), rows
