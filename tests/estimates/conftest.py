"""Estimates of the shipped studies, made once, and small studies to change and to break."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import popest
from popest.engines import bank, nuts
from popest.engines.draws import Certificate, Draws
from popest.estimates import Estimate
from popest.model.model import Model
from popest.study import Study, study_from_texts

STATIC = """\
title = "Residents of A"
target = "everybody who lives in A"
unit = "persons"
headline = "2024-01-31"
ranges = [[900, 1100], [500, 900.5]]
[calendar]
start = "2024-01"
end = "2024-03"
[population]
kind = "static"
size = { median = 1000, sigma = 0.5, because = "a guess" }
[source.register]
title = "Register"
producer = "Ministry"
counts = "persons on file"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.6, 1.067], because = "a survey" }
[source.clinic]
title = "Clinic"
producer = "Health service"
counts = "patients"
measure = "stock"
ratio = { median = 0.3, interval90 = [0.15, 0.6], because = "a survey" }
drift = 0.2
[variant.larger]
because = "another guess"
set = { "population.size.median" = 1500 }
"""

ARRIVALS = """\
title = "People of A in B"
target = "citizens of A who arrived since 2022 and live in B"
unit = "persons"
headline = "2022-12-31"
ranges = [[1000, 2000]]
[calendar]
start = "2022-01"
end = "2023-12"
first_day = "2022-01-10"
[population]
kind = "arrivals"
background = { median = 50, sigma = 0.5, volatility = 0.2, because = "yearbook" }
departure_hazard = { median = 0.01, sigma = 0.5, because = "a study" }
[[population.wave]]
name = "first"
size = { median = 800, sigma = 0.5, because = "buses" }
weights = { "2022-01" = 1, "2022-02" = 0.5 }
[noise]
error = { median = 0.08, sigma = 0.5, because = "revisions" }
[source.register]
title = "Register"
producer = "Ministry"
counts = "persons on file"
measure = "stock"
ratio = { median = 0.8, interval90 = [0.6, 1.07], because = "a survey" }
baseline = { median = 100, sigma = 0.1, because = "on file before" }
drift = 0.05
[source.permits]
title = "Permits"
producer = "Ministry"
counts = "first permits"
measure = "arrivals"
ratio = { median = 0.6, interval90 = [0.4, 0.9], because = "a survey" }
lag_months = 2
[source.border]
title = "Border"
producer = "Police"
counts = "entries minus exits"
measure = "net_change"
bias = { mean = 10, sd = 100, because = "visitors" }
error = { sd = 50, because = "days at sea" }
[source.survey]
title = "Survey"
producer = "University"
counts = "adults"
measure = "shares"
because = "a random sample"
date = "2023-05"
n = 222
deff = 2
published = "2023-07"
windows = [
  { from = "2022-01", to = "2022-05", share = 0.7 },
  { from = "2022-06", to = "2023-05", share = 0.3 },
]
[source.voters]
title = "Voters"
producer = "Embassy"
counts = "voters"
measure = "floor"
ratio = { median = 0.3, interval90 = [0.18, 0.5], because = "turnouts" }
"""

HEADER = (
    "id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,"
    "derived_from,note\n"
)

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
        assert self.specification.count(old) == 1, f"{old!r}: {self.specification.count(old)} times"
        return replace(self, specification=self.specification.replace(old, new))

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
        return study_from_texts("sketch", self.specification, HEADER + "".join(lines), **view)

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
