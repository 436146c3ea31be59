"""Random calendars, windows and small studies for hypothesis."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import brute_density
import numpy as np
import small_studies as small
from hypothesis import strategies as st

from popest.study.observations.observation import Observation, Summand

PRECISIONS = ("exact", "rounded", "about", "almost", "more_than")


@st.composite
def calendars(draw: st.DrawFn, most_months: int = 30) -> dict[str, Any]:
    """The entries of a calendar, with or without a first day."""
    first = draw(st.integers(2019 * 12, 2024 * 12))
    length = draw(st.integers(1, most_months))
    (year, month), (last_year, last_month) = divmod(first, 12), divmod(first + length - 1, 12)
    first_day = draw(st.none() | st.integers(1, monthrange(year, month + 1)[1]))
    return {
        "start": f"{year}-{month + 1:02}",
        "end": f"{last_year}-{last_month + 1:02}",
        "first_day": f"{year}-{month + 1:02}-{first_day:02}" if first_day else None,
    }


def counted_days(calendar: dict[str, Any]) -> tuple[date, date]:
    """The first and the last counted day of a calendar's entries."""
    first = date.fromisoformat(calendar["first_day"] or f"{calendar['start']}-01")
    year, month = map(int, calendar["end"].split("-"))
    return first, date(year, month, monthrange(year, month)[1])


@st.composite
def days(draw: st.DrawFn, first: date, last: date) -> date:
    """A day between two days, both in, and often one of them."""
    number = draw(st.integers(0, (last - first).days) | st.sampled_from([0, (last - first).days]))
    return first + timedelta(days=number)


@st.composite
def windows(draw: st.DrawFn, first: date, last: date) -> tuple[date, date]:
    """The first and the last day of a window between two days."""
    pair = draw(days(first, last)), draw(days(first, last))
    return min(pair), max(pair)


@st.composite
def ratio_sources(draw: st.DrawFn) -> dict[str, Any]:
    """A source of counts that have a ratio."""
    entries: dict[str, Any] = {
        "ratio": small.ratio(draw(st.floats(0.1, 1.5)), draw(st.floats(0.02, 1.5)))
    }
    if draw(st.booleans()):
        sigma = draw(st.sampled_from([0.0, 0.15]))
        entries["baseline"] = small.log_normal(draw(st.floats(1, 300)), sigma)
    if group := draw(st.sampled_from(["", "a", "b"])):
        entries |= {"group": group, "group_correlation": draw(st.floats(0, 0.95))}
    if draw(st.booleans()):
        entries["drift"] = draw(st.floats(0.01, 0.3))
    measure = draw(st.sampled_from(["stock", "presence", "arrivals", "departures"]))
    if measure in ("arrivals", "stock") and draw(st.booleans()):
        entries["lag_months"] = draw(st.floats(0.2, 6))
    if measure in ("arrivals", "stock") and draw(st.integers(0, 3)) == 0:
        entries["every_months"] = draw(st.sampled_from([1, 4, 12]))
        entries["renewed"] = draw(st.sampled_from([0.0, 0.7, 1.0]))
    if measure == "arrivals" and draw(st.booleans()):
        entries["later"] = draw(st.sampled_from([0.3, small.log_normal(0.4, 0.5)]))
    entries["sampling"] = draw(st.sampled_from(["poisson", "none"]))
    return small.source(measure, **entries)


@st.composite
def populations(draw: st.DrawFn, months: list[str]) -> dict[str, Any]:
    """A population of arrivals whose quantities are uncertain or known."""
    sigma = st.sampled_from([0.0, 0.5])
    waves = []
    for number in range(draw(st.integers(0, 2))):
        weights = draw(st.dictionaries(st.sampled_from(months), st.floats(0.1, 3), min_size=1))
        size = small.log_normal(draw(st.floats(500, 9000)), draw(sigma))
        waves.append(small.wave(f"wave {number}", size, weights))
    record = small.arrivals_population(
        small.log_normal(draw(st.floats(300, 2000)), draw(sigma)),
        draw(st.sampled_from([0.0, 0.3])),
        small.log_normal(draw(st.sampled_from([1e-6, 0.014, 0.3, 2])), draw(sigma)),
        waves,
    )
    record["background"]["step"] = draw(st.sampled_from(["quarter", "year", "month"]))
    if record["background"]["volatility"] and draw(st.booleans()):
        record["background"]["volatility"] = small.log_normal(0.3, draw(sigma))
    if draw(st.booleans()):
        record["initial"] = small.log_normal(draw(st.floats(50, 5000)), draw(sigma))
    return record


def months_of(calendar: dict[str, Any]) -> list[str]:
    """The months of a calendar's entries."""
    first, last = counted_days(calendar)
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12}-{number % 12 + 1:02}" for number in numbers]


@st.composite
def rows(
    draw: st.DrawFn,
    name: str,
    measure: str,
    calendar: dict[str, Any],
    most: int = 4,
    early: bool = False,
) -> list[Observation]:
    """Used rows of a source within a calendar, or of which some start before it."""
    first, last = counted_days(calendar)
    result = []
    for number in range(draw(st.integers(0, most))):
        start, end = draw(windows(first, last))
        if (early or measure == "net_change") and draw(st.booleans()):
            start -= timedelta(days=draw(st.integers(0, 60)))
        result.append(
            small.count(
                f"{name}{number}",
                name,
                draw(st.integers(100, 30_000)),
                end,
                None if measure in ("stock", "floor") else start,
                draw(st.sampled_from(PRECISIONS)),
            )
        )
    return result


@st.composite
def count_studies(draw: st.DrawFn) -> tuple[dict[str, Any], list[Observation]]:
    """A study of one to four sources with a ratio, and its rows."""
    calendar = draw(calendars())
    sources = {f"s{number}": draw(ratio_sources()) for number in range(draw(st.integers(1, 4)))}
    used = [
        row
        for name, entries in sources.items()
        for row in draw(rows(name, entries["measure"], calendar))
    ]
    for row in used:
        # Fewer events than 30 would make the ratio one that is drawn: see test_few_counts.py.
        prior = sources[row.source].get("baseline")
        net = row.value - (prior["median"] * brute_density.duration(row) if prior else 0.0)
        if net <= 0 or net**2 / row.value < 31:
            sources[row.source]["sampling"] = "none"
    entries = small.document(
        draw(populations(months_of(calendar))),
        sources,
        **calendar,
        error=small.log_normal(draw(st.floats(0.02, 0.3)), draw(st.sampled_from([0.0, 0.5]))),
        by_source=draw(st.sampled_from([0.0, 0.7])),
    )
    return entries, draw(st.permutations(used))


@st.composite
def sum_studies(draw: st.DrawFn) -> tuple[dict[str, Any], list[Observation]]:
    """A study of counts of which some are signed sums of a few figures, or of rows among them."""
    entries, used = draw(count_studies())
    figures = {
        f"P{number}": (draw(st.integers(1, 40_000)), draw(st.sampled_from(PRECISIONS)))
        for number in range(3)
    }
    plain = {row.id: (int(row.count), str(row.precision)) for row in used[:2]}
    figures |= plain
    times = st.dictionaries(st.sampled_from([*figures]), st.sampled_from([1, -1, 2]), min_size=1)
    rows = []
    for row in used:
        terms: tuple[Summand, ...] = ()
        if row.id not in plain and draw(st.booleans()):
            terms = tuple(Summand(name, k, *figures[name]) for name, k in draw(times).items())
        rows.append(replace(row, terms=terms))
    return entries, rows


@st.composite
def studies(draw: st.DrawFn) -> tuple[dict[str, Any], list[Observation]]:
    """A study with counts and every other kind of evidence."""
    entries, used = draw(count_studies())
    calendar = entries["calendar"] | {"first_day": entries["calendar"].get("first_day")}
    months = months_of(calendar)
    for number in range(draw(st.integers(0, 2))):
        bias = {"mean": draw(st.floats(-3000, 3000)), "sd": draw(st.just(0.0) | st.floats(1, 4000))}
        entries["source"][f"b{number}"] = small.source(
            "net_change", bias=bias | {"because": "-"}, error={"sd": 900.0, "because": "-"}
        )
        used += draw(rows(f"b{number}", "net_change", calendar))
    if draw(st.booleans()):
        entries["source"]["f"] = small.source(
            "floor", ratio=small.ratio(draw(st.floats(0.1, 1)), draw(st.floats(0.05, 0.5)))
        )
        used += draw(rows("f", "floor", calendar))
    if draw(st.booleans()):
        entries["source"]["survey"] = draw(surveys(months))
        # Nobody would survive to be asked otherwise: exp(-40 x 12) is no double.
        hazard = entries["population"]["departure_hazard"]
        hazard["median"] = min(hazard["median"], 2.0)
    return entries, used


@st.composite
def surveys(draw: st.DrawFn, months: list[str]) -> dict[str, Any]:
    """A survey of arrivals with disjoint windows, some months perhaps in none of them."""
    asked = draw(st.integers(0, len(months) - 1))
    ends = sorted(draw(st.sets(st.integers(0, asked), min_size=1, max_size=4)))
    first, found = 0, []
    for end in ends:
        found.append((months[draw(st.integers(first, end))], months[end], 1.0))
        first = end + 1
    shares = np.array(draw(st.lists(st.floats(0.05, 1), min_size=len(ends), max_size=len(ends))))
    shares /= shares.sum() * draw(st.sampled_from([1.0, 1.25]))
    filled = [(a, b, float(share)) for (a, b, _), share in zip(found, shares, strict=True)]
    return small.survey(months[asked], 222, draw(st.sampled_from([1.0, 3.0])), filled)


def normals_for(names: list[str], seed: int) -> dict[str, float]:
    """Standard normals by name."""
    values = np.random.default_rng(seed).standard_normal(len(names))
    return dict(zip(names, values.tolist(), strict=True))


def as_draws(normals: list[dict[str, float]]) -> np.ndarray:
    """Draws of named normals as popest holds them, `(normals, draws)`."""
    return np.array([list(draw.values()) for draw in normals]).reshape(len(normals), -1).T
