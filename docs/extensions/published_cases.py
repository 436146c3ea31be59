"""Published cases: what papers and exact computation say of them, beside what popest says.

A case is a folder of `tests/published`: a study, and `expected.json` with the answers of others,
each with how far popest's may lie from it and why. Tests and the page of the cases read them here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from markup import table

import popest

FOLDER = Path(__file__).parents[2] / "tests/published"
QUANTILES = {"q025": 0.025, "q05": 0.05, "q50": 0.5, "q95": 0.95, "q975": 0.975}


class Answer(NamedTuple):
    """What somebody else says of a case.

    Attributes
    ----------
    who
        Whose answer it is; `exact` where it was computed from the same assumptions.
    numbers
        Quantiles (`q50` is the median), `mean`, `sd`, `mean_log`, `sd_log` or `log_evidence`.
    within
        How far popest's may be from them: a share of the number, absolute for the evidence.
    because
        Why it may be so far.
    variant
        Of which variant it is; None for the study itself.
    day
        Of which day; None for the study's headline.
    flow, year
        Of the arrivals or departures of a year, where it is not of a stock.
    agreement
        `inside` where it must lie within popest's 90 % interval, `overlap` where each median must
        lie within the other's 95 % interval, otherwise as `within` says.
    """

    who: str
    numbers: Mapping[str, float]
    within: Mapping[str, float]
    because: str
    variant: str | None = None
    day: str | None = None
    flow: Literal["arrivals", "departures"] | None = None
    year: int | None = None
    agreement: Literal["within", "inside", "overlap"] = "within"


class Case(NamedTuple):
    """A published case: its folder's name, where it is from, and the answers of others."""

    name: str
    title: str
    source: str
    url: str
    method: str
    answers: tuple[Answer, ...]


@cache
def cases() -> tuple[Case, ...]:
    """Return all published cases, by name."""
    return tuple(_read(path.parent) for path in sorted(FOLDER.glob("*/expected.json")))


def _read(folder: Path) -> Case:
    entry = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return Case(folder.name, **entry | {"answers": tuple(Answer(**a) for a in entry["answers"])})


def estimate_of(name: str, variant: str | None = None) -> popest.Estimate:
    """Return the estimate of a case, computed once."""
    return _estimate_of(name, variant)


@cache
def _estimate_of(name: str, variant: str | None) -> popest.Estimate:
    study = popest.load_study(FOLDER / name)
    return popest.estimate(study if variant is None else study.with_variant(variant))


def found(case: Case, answer: Answer, number: str) -> float:
    """Return popest's number in place of one of an answer."""
    estimate = estimate_of(case.name, answer.variant)
    if number == "log_evidence":
        # Of the logarithms of the counts, where popest's is of the counts themselves.
        jacobian = sum(math.log(row.count) for row in estimate.study.used)
        return (estimate.draws.log_evidence or math.nan) + jacobian
    ends = (f"{answer.year}-01-01", f"{answer.year}-12-31")
    flows = {"arrivals": estimate.arrivals, "departures": estimate.departures}
    drawn = flows[answer.flow](*ends) if answer.flow else estimate.stock(answer.day)
    if number in QUANTILES:
        return drawn.quantile(QUANTILES[number])
    if number in ("mean", "sd"):
        return float(getattr(drawn, number))
    logs, weights = np.log(drawn.values), drawn.weights / np.sum(drawn.weights)
    mean = float(weights @ logs)
    return mean if number == "mean_log" else math.sqrt(weights @ (logs - mean) ** 2)


def published_cases() -> str:
    """Return the table of all cases, each answer of others beside popest's."""
    header = ("case", "of", "whose answer", "theirs", "popest's", "median apart")
    return table(header, [row for case in cases() for row in _rows(case)])


def _rows(case: Case) -> Iterator[tuple[str, ...]]:
    for answer in case.answers:
        if "q50" not in answer.numbers and "mean" not in answer.numbers:
            continue
        middle = "q50" if "q50" in answer.numbers else "mean"
        theirs, ours = answer.numbers[middle], found(case, answer, middle)
        yield (
            f"`{case.name}`",
            _of(answer) + (", mean" if middle == "mean" else ""),
            answer.who,
            _said(theirs, [answer.numbers.get(bound) for bound in ("q025", "q975")]),
            _said(ours, [found(case, answer, bound) for bound in ("q025", "q975")]),
            _apart(ours / theirs - 1),
        )


def _of(answer: Answer) -> str:
    if answer.flow:
        return f"{answer.flow}, {answer.year}"
    return (answer.variant or "").replace("_", " ") or answer.day or "size"


def _apart(share: float) -> str:
    percent = round(100 * share, 1) + 0.0  # so that what is rounded to nothing has no sign
    return f"{percent:+.1f} %".replace("-", "\N{MINUS SIGN}") if percent else "0.0 %"


def _said(median: float, bounds: list[float | None]) -> str:
    if None in bounds:
        return f"{median:,.0f}"
    return f"{median:,.0f} [{bounds[0]:,.0f}, {bounds[1]:,.0f}]"
