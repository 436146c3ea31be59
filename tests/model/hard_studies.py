"""The shipped studies made hard to compute: tight and vague ratios, many counts, contradictions."""

from __future__ import annotations

import math
import tomllib
from calendar import monthrange
from dataclasses import replace
from typing import Any

import numpy as np
import small_studies as small

import popest
from popest.model.model import Model
from popest.study.observations.observation import Observation

REPORT, SERBIA = "serbia-report-2024", "serbia"


def varied(
    study: str,
    *,
    tau: float | None = None,
    error: float | None = None,
    end: str | None = None,
    times: dict[str, float] | None = None,
    only: str | None = None,
    more_permits: int = 0,
) -> Model:
    """A shipped study, changed.

    Parameters
    ----------
    study
        Its name.
    tau
        Standard deviation of every log ratio.
    error
        Median of the noise.
    end
        Last month of the calendar.
    times
        Factors for the counts of sources.
    only
        The one source that is kept; the empty text keeps none.
    more_permits
        Number of invented residence permits counts, one a month.
    """
    shipped = popest.load_study(study)
    entries: dict[str, Any] = tomllib.loads(shipped.specification_text)
    rows = [
        replace(row, value=round(row.value * (times or {}).get(row.source, 1)))
        for row in shipped.used
    ]
    for name, source in shipped.specification.source.items():
        if tau and source.ratio is not None:
            entries["source"][name]["ratio"] = small.ratio(source.ratio.median, tau)
    if error:
        entries["noise"] = {"error": small.log_normal(error, 0.5)}
    if end:
        entries["calendar"]["end"] = end
    if only is not None:
        entries["source"] = {name: s for name, s in entries["source"].items() if name == only}
        rows = [row for row in rows if row.source == only]
    return small.model_of(entries, rows + invented_permits(more_permits))


def invented_permits(number: int) -> list[Observation]:
    """Counts of residence permits at the ends of the months from July 2022."""
    rng = np.random.default_rng(0)
    rows = []
    for k in range(number):
        year, month = 2022 + (6 + k) // 12, (6 + k) % 12 + 1
        value = round(18_000 * (1 + 0.02 * k) * math.exp(0.05 * rng.standard_normal()))
        day = f"{year}-{month:02}-{monthrange(year, month)[1]}"
        rows.append(small.count(f"X{k}", "residence_permits", value, day))
    return rows


STUDIES: dict[str, dict[str, Any]] = {
    "report, tight": {"study": REPORT, "tau": 0.02},
    "report, vague": {"study": REPORT, "tau": 1.5},
    "report, 120 months": {"study": REPORT, "end": "2032-01"},
    "report, 34 counts": {"study": REPORT, "more_permits": 30},
    "report, 34 tight counts": {"study": REPORT, "more_permits": 30, "tau": 0.02, "error": 0.02},
    "report, census six times": {"study": REPORT, "times": {"census": 6}},
    "report, tight conflict": {"study": REPORT, "tau": 0.02, "times": {"residence_permits": 2.5}},
    "report, one source": {"study": REPORT, "only": "companies"},
    "report, survey alone": {"study": REPORT, "only": "arrival_survey"},
    "report, nothing": {"study": REPORT, "only": ""},
    "serbia, tight": {"study": SERBIA, "tau": 0.02},
    "serbia, vague": {"study": SERBIA, "tau": 1.5},
    "serbia, 120 months": {"study": SERBIA, "end": "2032-01"},
    "serbia, 40 counts": {"study": SERBIA, "more_permits": 24},
    "serbia, permits three times": {"study": SERBIA, "times": {"residence_permits": 3}},
    "serbia, tight conflict": {
        "study": SERBIA,
        "tau": 0.02,
        "error": 0.02,
        "times": {"residence_permits": 3},
    },
}


def hard_model(name: str) -> Model:
    """One of the hard studies."""
    return varied(**STUDIES[name])
