"""How learned ratios held at places that were not used to learn them.

Each block, and each country, was held out in turn and its pairs were predicted from the others, by
``benchmarks/held_out.py``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Literal

from popest.study.specification.learned import calibration_folder

HELD_OUT_FILE = "held_out.csv"


@dataclass(frozen=True)
class HeldOut:
    """One pair that was predicted without its block or country.

    `rank` is the predictive probability below its log ratio, `log_score` the log predictive
    density there. `normal` and `tailed` are those of the normal and of the Student t that stand
    in a study for the prediction of a new place; `pooled` is that of one log-normal for all types,
    fitted to the same other pairs, and `argued` that of the prior argued by hand, where there is
    one.
    """

    pair: str
    cell: str
    group: str
    rank: float
    log_score: float
    normal: float
    tailed: float
    pooled: float
    argued: float | None
    certified: bool


def read_held_out(by: Literal["block", "country"]) -> list[HeldOut]:
    """Return the pairs that ship with popest as they were held out, by block or by country."""
    path = calibration_folder() / HELD_OUT_FILE
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["by"] == by]
    return [
        HeldOut(
            pair=row["pair"],
            cell=row["cell"],
            group=row["group"],
            rank=float(row["rank"]),
            log_score=float(row["log_score"]),
            normal=float(row["normal"]),
            tailed=float(row["tailed"]),
            pooled=float(row["pooled"]),
            argued=float(row["argued"]) if row["argued"] else None,
            certified=row["certified"] == "True",
        )
        for row in rows
    ]
