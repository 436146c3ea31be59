"""The formulas of the model written out plainly: day by day, month by month, entry by entry.

The truth that popest is compared with. It reads a study's records, but computes nothing with
popest's code; what is fast, stable or elegant is left to that.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from scipy import integrate, stats

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

    def passed(self, day: date) -> float:
        days = self.days[self.find(day)]
        return sum(other <= day for other in days) / len(days)

    @property
    def labels(self) -> list[str]:
        return [f"{days[0]:%Y-%m}" for days in self.days]


@dataclass(frozen=True)
class Path:
    """One population: arrivals and month-end stock, persons, and the departure hazard.

    `initial` persons are there before the first day; `normals` are those it was made of.
    """

    arrivals: list[float]
    stock: list[float]
    hazard: float
    static: bool = False
    initial: float = 0.0
    normals: Mapping[str, float] = field(default_factory=dict)

    def before(self, month: int) -> float:
        if month:
            return self.stock[month - 1]
        return self.stock[0] if self.static else self.initial

    def at(self, time: float) -> float:
        """The stock so many months after the calendar's beginning, which a line joins."""
        if time <= 0:
            return self.before(0)
        month = min(math.ceil(time), len(self.stock)) - 1
        return self.before(month) + (time - month) * (self.stock[month] - self.before(month))


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
    initial = log_normal(record.initial, normals, "initial") if record.initial else 0.0
    walk, before, present = 0.0, None, initial
    volatility: Any = record.background.volatility
    if not isinstance(volatility, float):
        volatility = log_normal(volatility, normals, "volatility")
    sizes = [log_normal(wave.size, normals, f"wave[{wave.name}]") for wave in record.wave]
    for days in months.days:
        now = step_of(days[0], record.background.step)
        if before is not None and now != before and volatility:
            walk += volatility * normals[f"volatility[{now}]"]
        before = now
        arriving = math.exp(log_background + walk)
        for wave, size in zip(record.wave, sizes, strict=True):
            share = wave.weights.get(f"{days[0]:%Y-%m}", 0.0) / sum(wave.weights.values())
            arriving += size * share
        present = present * math.exp(-hazard) + arriving * math.exp(-hazard / 2)
        arrivals.append(arriving)
        stock.append(present)
    return Path(arrivals, stock, hazard, initial=initial, normals=normals)


def step_of(day: date, step: str) -> str:
    """The quarter, year or month of a day, by its name."""
    if step == "month":
        return f"{day:%Y-%m}"
    return f"{day.year}" if step == "year" else f"{day.year}Q{(day.month + 2) // 3}"


def log_normal(prior: Any, normals: Mapping[str, float], name: str) -> float:
    """A positive quantity: median exp(sigma u), or the median where sigma is 0."""
    if prior.sigma == 0:
        return float(prior.median)
    return prior.median * math.exp(prior.sigma * normals[name])


def stock_on(months: Months, path: Path, day: date) -> float:
    """The stock at the end of a day, persons."""
    if day < months.first_day:
        return path.initial
    month, passed = months.find(day), months.passed(day)
    return (1 - passed) * path.before(month) + passed * path.stock[month]


def exposure(specification: Specification, source: Source, row: Observation, path: Path) -> float:
    """What a row's count is proportional to, summed day by day."""
    months = Months.of(specification)
    end = row.end
    assert end is not None
    if source.measure == "stock" and source.every_months:
        return papers_in_force(months, source, path, end)
    if source.measure == "stock" and source.lag_months:
        return heard_of(path, months.find(end) + months.passed(end), source.lag_months)
    if source.measure in ("stock", "floor"):
        return stock_on(months, path, end)
    start = row.start
    assert start is not None
    if source.measure == "net_change":
        return stock_on(months, path, end) - stock_on(months, path, start - DAY)
    by_month = flow_by_month(months, source, row.source, path)
    return sum(
        by_month[month] / len(days)
        for month, days in enumerate(months.days)
        for day in days
        if start <= day <= end
    )


def flow_by_month(months: Months, source: Source, name: str, path: Path) -> list[float]:
    """What a source counts of each month, spread over its days."""
    present = [(path.before(month) + path.stock[month]) / 24 for month in range(len(months))]
    if source.measure == "presence":
        return present
    if source.measure == "departures":
        return [
            -math.expm1(-path.hazard) * path.before(month) - math.expm1(-path.hazard / 2) * came
            for month, came in enumerate(path.arrivals)
        ]
    later: Any = source.later
    if not isinstance(later, float):
        later = log_normal(later, path.normals, f"later[{name}]")
    first = papers_issued(months, source, path) if source.measure == "arrivals" else path.arrivals
    return [came + later * stayed for came, stayed in zip(first, present, strict=True)]


def heard_of(path: Path, time: float, lag: float) -> float:
    """The stock of which a register has heard, integrated over its delay, months."""
    kinks = [time - knot for knot in range(math.ceil(time)) if time - knot > 0]
    ends = [0.0, *sorted(kinks), time]
    delay = stats.gamma(4, scale=lag / 4)
    total = path.before(0) * delay.sf(time)
    for lower, upper in pairwise(ends):
        part, _ = integrate.quad(
            lambda s: delay.pdf(s) * path.at(time - s), lower, upper, epsabs=0, epsrel=1e-11
        )
        total += part
    return float(total)


@dataclass
class Batch:
    """Papers that were issued together, with what is left of the people who hold them.

    They were issued evenly from the share `lower` of a month to the share `upper`, and lapse so in
    another. `holders` are those still there; all of them are looked at in the `middle`, months
    after the calendar's beginning.
    """

    issued: int
    lapses: int
    lower: float
    upper: float
    papers: float
    holders: float

    @property
    def middle(self) -> float:
        return self.lapses + (self.lower + self.upper) / 2

    def in_force(self, month: int, passed: float) -> float:
        """How many have been issued and not lapsed once a share of a month has passed."""

        def done(event: int) -> float:
            return min(1.0, max(0.0, (month - event + passed - self.lower) / self.width))

        return self.papers * (done(self.issued) - done(self.lapses))

    @property
    def width(self) -> float:
        return self.upper - self.lower


def every(source: Source, label: str) -> int:
    """After how many months a paper lapses that is issued in a month."""
    periods: Any = source.every_months
    if isinstance(periods, int):
        return periods
    return int([period.months for period in periods if period.first <= label][-1])


_FOLLOWED: list[tuple[Source, Path, list[Batch]]] = []
"""The people who were followed last: the rows of one source ask for the same."""


def people_with_papers(months: Months, source: Source, path: Path) -> list[Batch]:
    """Follow everybody's papers day by day, in a list, which is returned."""
    if not (_FOLLOWED and _FOLLOWED[0][0] is source and _FOLLOWED[0][1] is path):
        _FOLLOWED[:] = [(source, path, _follow(months, source, path))]
    return _FOLLOWED[0][2]


def _follow(months: Months, source: Source, path: Path) -> list[Batch]:
    first = lagged(path.arrivals, source.lag_months) if source.lag_months else path.arrivals
    period = every(source, months.labels[0])
    live = []
    for month in range(period):
        # Of the people there at the beginning, each month's share has papers that lapse then; the
        # paper was issued `period` months before, to them and to others who have left since.
        holders = path.initial / period
        papers = holders * math.exp(path.hazard * (period - month - 0.5))
        live.append(Batch(month - period, month, 0.0, 1.0, papers, holders))
    made = list(live)
    for month, days in enumerate(months.days):
        runs = every(source, months.labels[month])
        for number in range(len(days)):
            lower, upper = number / len(days), (number + 1) / len(days)
            begin, end = month + lower, month + upper
            new = [Batch(month, month + runs, lower, upper, *[first[month] / len(days)] * 2)]
            for batch in live:
                stays = math.exp(-path.hazard * (min(max(batch.middle, begin), end) - begin))
                batch.holders *= stays
                if begin <= batch.middle < end:
                    again = source.renewed * batch.holders
                    new.append(Batch(month, month + runs, batch.lower, batch.upper, again, again))
            for batch in new:
                until_night = end - month - (batch.lower + batch.upper) / 2
                batch.holders *= math.exp(-path.hazard * until_night)
            live = [batch for batch in live if batch.middle >= end] + new
            made += new
    return made


def papers_issued(months: Months, source: Source, path: Path) -> list[float]:
    """The papers issued in each month, or who comes to be counted where they do not lapse."""
    if not source.every_months:
        return lagged(path.arrivals, source.lag_months) if source.lag_months else path.arrivals
    made = people_with_papers(months, source, path)
    return [
        sum(batch.papers for batch in made if batch.issued == month) for month in range(len(months))
    ]


def papers_in_force(months: Months, source: Source, path: Path, day: date) -> float:
    """The papers that have been issued and not lapsed at the end of a day."""
    month, passed = months.find(day), months.passed(day)
    made = people_with_papers(months, source, path)
    return sum(batch.in_force(month, passed) for batch in made)


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
