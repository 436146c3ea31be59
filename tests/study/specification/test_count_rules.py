"""How figures of a source vary: what is refused in study.toml, where, and with which remedy."""

from __future__ import annotations

from typing import Any

import pytest
import small_studies as small

from popest.study import StudyError
from popest.study.observations.observation import Observation

KNOWN = {"known": 0.8, "because": small.WHY}
SHARE = {"median": 0.842, "interval90": [0.6, 0.95], "at_most_one": True, "because": small.WHY}
BINOMIAL = {"ratio": SHARE, "sampling": "binomial"}
PERSONS = {"sd": 50.0, "because": small.WHY}
BALANCES = {"bias": {"mean": 0.0, "sd": 90.0, "because": small.WHY}}
LOOSE = small.ratio(0.8, 0.1)


def problems(measure: str, rows: list[Observation] | None = None, **entries: Any) -> list[Any]:
    """The problems of a study of one source, an empty list where there are none."""
    sources = {"s": small.source(measure, **entries)}
    population = small.arrivals_population(small.log_normal(100, 0.5))
    try:
        small.study_of(small.document(population, sources), rows or [])
    except StudyError as error:
        return list(error.problems)
    return []


REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "persons of a count": (
        "stock", {"ratio": LOOSE, "error": PERSONS}, "error.sd", "error = { median = 0.08"
    ),
    "a factor of a balance": (
        "net_change", BALANCES | {"error": small.log_normal(0.1, 0.5)}, "error.median",
        "error = { sd = 600",
    ),
    "a known ratio in a group": (
        "stock", {"ratio": KNOWN, "group": "g", "group_correlation": 0.3}, "group", "is known"
    ),
    "persons in a window": ("arrivals", BINOMIAL, "sampling", "may count one several times"),
    "papers of persons": ("stock", BINOMIAL | {"every_months": 12}, "sampling", "papers"),
    "persons beside others": (
        "stock", BINOMIAL | {"baseline": small.known(5)}, "baseline", "counted besides"
    ),
    "more persons than there are": (
        "stock", BINOMIAL | {"ratio": LOOSE}, "ratio", "at_most_one = true"
    ),
    "a known ratio above one": (
        "stock", BINOMIAL | {"ratio": {"known": 1.2, "because": "x"}}, "ratio", "may exceed one"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("measure", "entries", "field", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(
    measure: str, entries: dict[str, Any], field: str, words: str
) -> None:
    (problem,) = problems(measure, **entries)
    assert problem.field == f"source.s.{field}"
    assert words in f"{problem.rule} - {problem.remedy}"


@pytest.mark.parametrize(
    ("measure", "entries"),
    [
        ("stock", BINOMIAL),
        ("stock", BINOMIAL | {"ratio": KNOWN}),
        ("stock", BINOMIAL | {"ratio": {"seen": 3, "of": 20, "because": "x"}}),
        ("arrivals", {"ratio": LOOSE, "error": small.log_normal(0.1, 0.5), "interval": 0.9}),
        ("net_change", BALANCES | {"error": PERSONS}),
        ("stock", {"ratio": KNOWN, "drift": 0.1}),
    ],
)
def test_what_can_be_is_not(measure: str, entries: dict[str, Any]) -> None:
    assert problems(measure, **entries) == []


# ---- rows of few counts


def days(number: int, value: int = 5) -> list[Observation]:
    return [
        small.count(f"A{n}", "s", value, f"2022-{n // 28 + 1:02}-{n % 28 + 1:02}")
        for n in range(number)
    ]


def test_drift_is_drawn_on_at_most_forty_days() -> None:
    assert problems("stock", days(40), ratio=LOOSE, drift=0.1) == []
    (problem,) = problems("stock", days(43), ratio=LOOSE, drift=0.1)
    assert (problem.file, problem.line, problem.field) == ("small/observations.csv", 42, "end")
    assert "41st of 43 last days" in problem.rule and "remove drift, 0.1" in problem.remedy
    # Of many events, or without drift, there may be more.
    assert problems("stock", days(43, 500), ratio=LOOSE, drift=0.1) == []
    assert problems("stock", days(43), ratio=LOOSE) == []


def test_at_least_nothing_is_no_bound() -> None:
    row = small.count("A", "s", 0, "2022-06-30", precision="at_least")
    (problem,) = problems("stock", [row], ratio=LOOSE)
    assert (problem.line, problem.field) == (2, "value")
    assert "says nothing" in problem.rule
