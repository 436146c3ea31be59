"""Small studies for tests: a dictionary as ``study.toml`` would hold it, and rows of counts."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from datetime import date
from typing import Any

from popest.model.evidence import Evidence
from popest.model.model import Model
from popest.study import Study, study_from_texts
from popest.study.observations.columns import COLUMNS
from popest.study.observations.links import parents_text
from popest.study.observations.observation import Observation
from popest.study.specification.priors import NORMAL_QUANTILE_95
from popest.study.specification.reading import read
from popest.study.specification.records import Specification

Table = dict[str, Any]

COUNTED = ("stock", "presence", "arrivals", "departures")
WHY = "Invented for a test."


def known(median: float) -> Table:
    """A positive quantity without uncertainty."""
    return log_normal(median, 0.0)


def log_normal(median: float, sigma: float) -> Table:
    """A positive quantity, log-normal around its median."""
    return {"median": float(median), "sigma": float(sigma), "because": WHY}


def ratio(median: float, tau: float) -> Table:
    """A ratio whose logarithm has the standard deviation `tau`."""
    reach = math.exp(NORMAL_QUANTILE_95 * tau)
    return {"median": median, "interval90": [median / reach, median * reach], "because": WHY}


def source(measure: str, **entries: Any) -> Table:
    """A source of counts; `entries` as in the format."""
    return {"title": "T", "producer": "P", "counts": "C", "measure": measure, **entries}


def survey(month: str, n: int, deff: float, windows: list[tuple[str, str, float]]) -> Table:
    """A survey of arrivals; each window is its first month, its last one and its share."""
    return source(
        "shares",
        date=month,
        n=n,
        deff=deff,
        published="2099",
        because=WHY,
        windows=[{"from": first, "to": last, "share": share} for first, last, share in windows],
    )


def arrivals_population(
    background: Table | None = None,
    volatility: float = 0.0,
    hazard: Table | None = None,
    waves: Iterable[Table] = (),
) -> Table:
    """A population of arrivals; what is not given is known."""
    return {
        "kind": "arrivals",
        "background": {**(background or known(500)), "volatility": volatility},
        "departure_hazard": hazard or known(0.014),
        "wave": list(waves),
    }


def wave(name: str, size: Table, weights: dict[str, float]) -> Table:
    """A dated wave of arrivals."""
    return {"name": name, "size": size, "weights": weights}


def static_population(size: Table) -> Table:
    """A population of constant size."""
    return {"kind": "static", "size": size}


def document(
    population: Table,
    sources: dict[str, Table],
    *,
    start: str = "2022-01",
    end: str = "2022-12",
    first_day: str | None = None,
    headline: str = "",
    error: Table | None = None,
    by_source: float = 0.0,
) -> Table:
    """A specification; the error of the counts is known to be .08 when it is not given."""
    calendar = {"start": start, "end": end}
    return {
        "title": "A small study",
        "target": "nobody",
        "unit": "persons",
        "headline": headline or f"{end}-28",
        "calendar": calendar | ({"first_day": first_day} if first_day else {}),
        "population": population,
        "noise": {"error": error or known(0.08), "by_source": by_source},
        "source": sources,
    }


def count(
    name: str,
    source: str,
    value: int,
    end: str | date,
    start: str | date | None = None,
    precision: str = "exact",
    *,
    se: float | None = None,
    bounds: tuple[float, float] | None = None,
) -> Observation:
    """A used row of ``observations.csv``; with `bounds` as its lower and upper."""
    lower, upper = bounds or (None, None)
    return Observation(
        id=name,
        source=source,
        value=None if precision == "between" else value,
        precision=precision,  # type: ignore[arg-type]
        start=_day(start) if start else None,
        end=_day(end),
        published=None,
        recorded=date(2026, 1, 1),
        publisher="P",
        url="",
        use=True,
        supersedes=None,
        derived_from=(),
        note="",
        se=se,
        lower=lower,
        upper=upper,
        line=1,
    )


def _day(day: str | date) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day


def without_chance(entries: Table) -> Table:
    """A specification whose figures are no counts of events: their errors are normal alone."""
    sources = {
        name: source | ({"sampling": "none"} if source["measure"] in COUNTED else {})
        for name, source in entries["source"].items()
    }
    return {**entries, "source": sources}


def model_of(entries: Table, rows: Iterable[Observation] = ()) -> Model:
    """The model of a specification and its used rows."""
    return Model(read(Specification, entries), tuple(rows))


def pieces[E: Evidence](model: Model, kind: type[E]) -> list[E]:
    """The pieces of a model's evidence that are of one kind."""
    return [piece for piece in model.evidence if isinstance(piece, kind)]


def study_of(entries: Table, rows: Iterable[Observation] = (), name: str = "small") -> Study:
    """The study that the two files would make, checked by every rule of the format."""
    text = "".join(f"{key} = {_toml(value)}\n" for key, value in entries.items())
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    for row in rows:
        cells = {column: getattr(row, column) for column in COLUMNS}
        use = "yes" if row.use else "no"
        writer.writerow(cells | {"use": use, "derived_from": parents_text(row)})
    return study_from_texts(name, text, table.getvalue())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        entries = (f"{json.dumps(key)} = {_toml(entry)}" for key, entry in value.items())
        return f"{{ {', '.join(entries)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
