"""Time the bank engine against the months, the draws and the observations of a study.

As a script it prints its timings as JSON for ``speed.py``::

    python benchmarks/scaling.py 3
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

import popest
from popest.engines.bank import DEFAULT_DRAWS, run_bank
from popest.model.model import Model
from popest.study import Observation, Specification, Study
from popest.study.calendar import parse_month
from popest.study.measures import MEASURES
from popest.study.specification.records import CalendarRecord, Source

STUDY = "serbia"
MONTHS = (24, 47, 80, 120)
DRAWS = (10_000, 20_000, 40_000, 80_000)
OBSERVATIONS = (4, 10, 20, 30, 40)
SEEDS = (1, 2, 3)
INVENTED_SCATTER = 0.08
FIRST_INVENTED_END = 3
"""The month, counted from 0, at whose end the first invented count stands."""

Variation = tuple[int, Model, int]
"""The size of what is varied, the model, the draws."""


def scaling(repeats: int) -> dict[str, list[dict[str, float]]]:
    """Return what a bank costs as months, draws and observations grow, each by itself.

    Parameters
    ----------
    repeats
        Banks of each size and seed, of which the fastest counts.
    """
    study = popest.load_study(STUDY)
    whole = Model(study.specification, study.used)
    variations: dict[str, list[Variation]] = {
        "months": [(n, of_months(study, n), DEFAULT_DRAWS) for n in MONTHS],
        "draws": [(n, whole, n) for n in DRAWS],
        "observations": [(n, of_counts(study, n), DEFAULT_DRAWS) for n in OBSERVATIONS],
    }
    return {name: _costs(varied, repeats) for name, varied in variations.items()}


def of_months(study: Study, n_months: int) -> Model:
    """Return a study over so many months, with only the evidence that the fewest months hold."""
    shortest = _calendar(study, min(MONTHS))
    sources = {
        name: source
        for name, source in study.specification.source.items()
        if source.date is None or source.date <= shortest.end
    }
    last = shortest.calendar.last_day
    used = tuple(row for row in study.used if row.end is not None and row.end <= last)
    return Model(_changed(study, _calendar(study, n_months), sources), used)


def of_counts(study: Study, n_counts: int) -> Model:
    """Return a study with so many counts of its sources with a ratio, and nothing else.

    The counts are invented: spread over the calendar and the sources, they scatter around what
    the medians of all priors lead to.
    """
    sources = {
        name: source
        for name, source in study.specification.source.items()
        if MEASURES[source.measure].is_count
    }
    specification = _changed(study, study.specification.calendar, sources)
    rows = _rows(study, sources, n_counts)
    model = Model(specification, rows)
    counts, medians = model.counts, np.zeros((len(model.normals), 1))
    exposure = counts.exposure(model.state(medians))[:, 0]
    errors = INVENTED_SCATTER * np.random.default_rng(1).standard_normal(n_counts)
    values = counts.baseline(medians)[:, 0] + exposure * np.exp(counts.expected + errors)
    pairs = zip(counts.rows, values, strict=True)
    return Model(specification, tuple(replace(row, value=round(value)) for row, value in pairs))


def _costs(varied: Sequence[Variation], repeats: int) -> list[dict[str, float]]:
    """Return seconds by size, averaged over seeds: luck decides how many stages a bank takes.

    All sizes are run in turn before one is run again, so that they share what disturbs them.
    """
    fastest = {(size, seed): float("inf") for size, _, _ in varied for seed in SEEDS}
    said: dict[int, list[str]] = {size: [] for size, _, _ in varied}
    certificates = {}
    for _ in range(repeats):
        for size, model, n_draws in varied:
            for seed in SEEDS:
                rng = np.random.default_rng(seed)
                start = time.perf_counter()
                bank = run_bank(model, rng, n_draws=n_draws, progress=said[size].append)
                seconds = time.perf_counter() - start
                fastest[size, seed] = min(fastest[size, seed], seconds)
                certificates[size, seed] = bank.certificate
    runs = repeats * len(SEEDS)
    return [
        {
            "size": size,
            "normals": len(model.normals),
            "s": statistics.mean(fastest[size, seed] for seed in SEEDS),
            "effective": statistics.mean(certificates[size, seed].ess or 0 for seed in SEEDS),
            "certified": statistics.mean(certificates[size, seed].certified for seed in SEEDS),
            "stages": sum(sentence.startswith("adapting") for sentence in said[size]) / runs,
            "rounds": sum(sentence.startswith("drawing") for sentence in said[size]) / runs,
        }
        for size, model, _ in varied
    ]


def _calendar(study: Study, n_months: int) -> CalendarRecord:
    """Return a study's calendar, ended after so many months."""
    first = parse_month(study.calendar.start)
    year, month = divmod(first.year * 12 + first.month - 1 + n_months - 1, 12)
    record = study.specification.calendar
    return CalendarRecord(
        start=record.start, end=f"{year}-{month + 1:02d}", first_day=record.first_day
    )


def _changed(study: Study, calendar: CalendarRecord, sources: dict[str, Source]) -> Specification:
    return study.specification.replaced(calendar=calendar, source=sources)


def _rows(study: Study, sources: dict[str, Source], n_rows: int) -> tuple[Observation, ...]:
    """Return rows without a value, for each source in turn, their ends spread over the months.

    Stocks stand at a month's end; windows are three months long.
    """
    ends = study.calendar.month_ends
    at = np.linspace(FIRST_INVENTED_END, len(ends) - 1, n_rows).round().astype(int)
    names = list(sources)
    rows = []
    for number, month in enumerate(at):
        name = names[number % len(names)]
        has_start = MEASURES[sources[name].measure].rules.has_start
        start = ends[month - 2].replace(day=1) if has_start else None
        rows.append(
            replace(
                study.used[0], id=f"N{number}", source=name, start=start, end=ends[month], value=1
            )
        )
    return tuple(rows)


if __name__ == "__main__":
    print(json.dumps(scaling(int(sys.argv[1]))))
