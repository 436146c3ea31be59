"""The formulas of the model written out plainly: day by day, month by month, entry by entry.

The truth that popest is compared with. It reads a study's records, but computes nothing with
popest's code; what is fast, stable or elegant is left to that.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from scipy import stats

from popest.study.observations.observation import Observation
from popest.study.specification.records import Source, Specification

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Months:
    """The months of a calendar with the days that are counted in each."""

    days: list[list[date]]

    @staticmethod
    def of(specification: Specification) -> Months:
        record = specification.calendar
        return Months.between(record.start, record.end, record.first_day)

    @classmethod
    @cache
    def between(cls, start: str, end: str, first_day: date | None) -> Months:
        year, month = map(int, start.split("-"))
        last = tuple(map(int, end.split("-")))
        days: list[list[date]] = []
        while (year, month) <= last:
            length = calendar.monthrange(year, month)[1]
            days.append([date(year, month, day) for day in range(1, length + 1)])
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        if first_day:
            days[0] = [day for day in days[0] if day >= first_day]
        return cls(days)

    def __len__(self) -> int:
        return len(self.days)

    @property
    def first_day(self) -> date:
        return self.days[0][0]

    def find(self, day: date) -> int:
        (month,) = (t for t, days in enumerate(self.days) if day in days)
        return month

    @property
    def labels(self) -> list[str]:
        return [f"{days[0]:%Y-%m}" for days in self.days]


@dataclass(frozen=True)
class Path:
    """One population: arrivals and month-end stock, persons, and the departure hazard."""

    arrivals: list[float]
    stock: list[float]
    hazard: float
    static: bool = False

    def before(self, month: int) -> float:
        if month:
            return self.stock[month - 1]
        return self.stock[0] if self.static else 0.0


def population(specification: Specification, normals: Mapping[str, float]) -> Path:
    """The population that named standard normals stand for; known quantities have none."""
    record: Any = specification.population
    months = Months.of(specification)
    if record.kind == "static":
        size = log_normal(record.size, normals, "size")
        return Path([0.0] * len(months), [size] * len(months), 0.0, static=True)
    log_background = math.log(log_normal(record.background, normals, "background"))
    hazard = log_normal(record.departure_hazard, normals, "departure_hazard")
    arrivals, stock = [], []
    walk, quarter, present = 0.0, None, 0.0
    sizes = [log_normal(wave.size, normals, f"wave[{wave.name}]") for wave in record.wave]
    for days in months.days:
        this_quarter = f"{days[0].year}Q{(days[0].month + 2) // 3}"
        if quarter is not None and this_quarter != quarter and record.background.volatility:
            walk += record.background.volatility * normals[f"volatility[{this_quarter}]"]
        quarter = this_quarter
        arriving = math.exp(log_background + walk)
        for wave, size in zip(record.wave, sizes, strict=True):
            share = wave.weights.get(f"{days[0]:%Y-%m}", 0.0) / sum(wave.weights.values())
            arriving += size * share
        present = present * math.exp(-hazard) + arriving * math.exp(-hazard / 2)
        arrivals.append(arriving)
        stock.append(present)
    return Path(arrivals, stock, hazard)


def log_normal(prior: Any, normals: Mapping[str, float], name: str) -> float:
    """A positive quantity: median exp(sigma u), or the median where sigma is 0."""
    if prior.sigma == 0:
        return float(prior.median)
    return prior.median * math.exp(prior.sigma * normals[name])


def stock_on(months: Months, path: Path, day: date) -> float:
    """The stock at the end of a day, persons."""
    if day < months.first_day:
        return 0.0
    month = months.find(day)
    passed = sum(other <= day for other in months.days[month]) / len(months.days[month])
    return (1 - passed) * path.before(month) + passed * path.stock[month]


def exposure(specification: Specification, source: Source, row: Observation, path: Path) -> float:
    """What a row's count is proportional to, summed day by day."""
    months = Months.of(specification)
    end = row.end
    assert end is not None
    if source.measure in ("stock", "floor"):
        return stock_on(months, path, end)
    start = row.start
    assert start is not None
    if source.measure == "net_change":
        return stock_on(months, path, end) - stock_on(months, path, start - DAY)
    arrivals = path.arrivals
    if source.measure == "arrivals" and source.lag_months:
        arrivals = lagged(arrivals, source.lag_months)
    total = 0.0
    for month, days in enumerate(months.days):
        for day in days:
            if start <= day <= end:
                if source.measure == "presence":
                    persons = (path.before(month) + path.stock[month]) / 2
                    total += persons / (12 * len(days))
                else:
                    total += arrivals[month] / len(days)
    return total


def lagged(arrivals: list[float], lag: float) -> list[float]:
    """Arrivals spread over later months; what moves past the last month is lost."""
    moved = [0.0] * len(arrivals)
    for month, persons in enumerate(arrivals):
        for later in range(month, len(arrivals)):
            moved[later] += persons * lag_weight(later - month, lag)
    return moved


@cache
def lag_weight(k: int, lag: float) -> float:
    """g_k = G(k + 1) - 2 G(k) + G(k - 1)."""

    def integrated(x: float) -> float:
        if x <= 0:
            return 0.0
        shape_4, shape_5 = (stats.gamma.cdf(x, shape, scale=lag / 4) for shape in (4, 5))
        return float(x * shape_4 - lag * shape_5)

    return integrated(k + 1) - 2 * integrated(k) + integrated(k - 1)
