"""Estimates of the shipped studies, made once, and small studies to change and to break."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import popest
import small_study as small
from popest.engines import bank, nuts
from popest.engines.draws import Certificate, Draws
from popest.estimates import Estimate
from popest.model.model import Model
from popest.study import Study, study_from_texts
from small_study import changed

RANGES = "ranges = [[900, 1100], [500, 900.5]]"
STATIC = (
    changed(small.STATIC, {'headline = "2024-01-31"': f'headline = "2024-01-31"\n{RANGES}'})
    + """\
[variant.larger]
because = "another guess"
set = { "population.size.median" = 1500 }
"""
)
SOURCES = small.REGISTER + small.PERMITS + small.BORDER + small.SURVEY + small.VOTERS
ARRIVALS = changed(small.ARRIVALS + small.WAVE + small.NOISE + SOURCES, {"mean = -10": "mean = 10"})

STATIC_ROWS = (("REG1", "register", 820, "", "2024-01-31"),)

ARRIVALS_ROWS = (
    ("REG1", "register", 800, "", "2022-06-30"),
    ("REG2", "register", 1000, "", "2022-12-31"),
    ("PER1", "permits", 500, "2022-02-01", "2022-10-31"),
    ("BRD1", "border", 1200, "2021-12-01", "2022-12-31"),
    ("VOT1", "voters", 90, "", "2023-03-17"),
)

Row = tuple[str, str, float, str, str]


@dataclass(frozen=True)
class Sketch:
    """A small study as text: its specification, and rows of id, source, value, start, end."""

    specification: str
    rows: tuple[Row, ...]
    precision: str = "exact"

    def but(self, old: str, new: str) -> "Sketch":
        """Return the study with a text of its specification replaced, which stands there once."""
        return replace(self, specification=changed(self.specification, {old: new}))

    def counting(self, name: str, value: float) -> "Sketch":
        """Return the study with another value of one row."""
        assert name in {row[0] for row in self.rows}
        rows = ((i, s, value if i == name else v, a, b) for i, s, v, a, b in self.rows)
        return replace(self, rows=tuple(rows))

    def without_sources(self, *names: str) -> "Sketch":
        """Return the study without some sources and their rows."""
        parts = self.specification.split("[source.")
        kept = [part for part in parts if part.partition("]")[0] not in names]
        assert len(kept) == len(parts) - len(names)
        rows = tuple(row for row in self.rows if row[1] not in names)
        return replace(self, specification="[source.".join(kept), rows=rows)

    def study(self, **view: str) -> Study:
        lines = (
            f"{name},{source},{value},{self.precision},{start},{end},{end},2024-06-01,Office,,yes,,,\n"
            for name, source, value, start, end in self.rows
        )
        return study_from_texts("sketch", self.specification, small.HEADER + "".join(lines), **view)

    def estimate(self, **settings: Any) -> Estimate:
        return popest.estimate(self.study(), **{"draws": 4_000, **settings})


@pytest.fixture
def static() -> Sketch:
    """A population of constant size, one count and one source without any."""
    return Sketch(STATIC, STATIC_ROWS)


@pytest.fixture
def moving() -> Sketch:
    """A population of arrivals with every measure but presence."""
    return Sketch(ARRIVALS, ARRIVALS_ROWS)


@pytest.fixture(scope="session")
def report() -> Estimate:
    """The study of one report's figures, at two dates."""
    return popest.estimate("serbia-report-2024", dates=["2023-12-31", "2022-12-31"])


@pytest.fixture(scope="session")
def serbia() -> Estimate:
    return popest.estimate("serbia")


@pytest.fixture(scope="session")
def sketched() -> Estimate:
    """The estimate of the small study of arrivals."""
    return Sketch(ARRIVALS, ARRIVALS_ROWS).estimate()


@pytest.fixture
def poor_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank that never reaches its certificate, and soon gives up."""
    monkeypatch.setattr(bank, "SMALLEST_EFFECTIVE_SIZE", 1e12)
    monkeypatch.setattr(bank, "MAXIMUM_ROUNDS", 1)


@pytest.fixture
def chains(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A stand-in for the sampler: draws of the prior, certified; what it was asked is kept."""
    asked: dict[str, Any] = {"certificate": Certificate(True, None, None, 1.001, 900.0, 800.0, 0)}

    def run(model: Model, seed: int, *, draws_per_chain: int) -> Draws:
        asked.update(seed=seed, draws_per_chain=draws_per_chain)
        size = (len(model.normals), nuts.CHAINS * draws_per_chain)
        state = model.state(np.random.default_rng(seed).standard_normal(size))
        weights = np.full(size[1], 1 / size[1])
        return Draws("nuts", state, weights, asked["certificate"], None)

    monkeypatch.setattr(nuts, "run_nuts", run)
    return asked
