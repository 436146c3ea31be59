"""Ratio priors learned from places where the truth is known: the table that ships, and its use.

They are learned in ``popest.ratios``. A study's ``ratio = { learned = ..., times = ... }`` becomes
a median and an interval by the finished table: nothing is fitted when an estimate is made.
"""

from __future__ import annotations

import copy
import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from popest.study.domains import AGE
from popest.study.files.reading import RATIOS_FILE
from popest.study.problems import listed, suggestion
from popest.study.specification.learned_table import table_fault
from popest.study.specification.priors import NORMAL_QUANTILE_95
from popest.study.specification.ratio_prior import MOST_FACTORS, Factor
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.specification.toml_lines import Path as Entry
from popest.study.specification.wording import Fault, toml_text

REFERENCE_MONTHS = 12
"""Months after a wave began for which the medians of numbers issued are stated."""

_HERE = Path(__file__).resolve()
_FOLDERS = (_HERE.parents[2] / "calibration", _HERE.parents[4] / "data" / "calibration")
_USES_LEARNED = re.compile(r"\blearned\b")
_OWN_KEYS = ("median", "interval90")
_STAND_IN = {"median": 1.0, "interval90": [0.5, 2.0]}
"""What a faulty ratio has, so that its other rules can be checked in the same go."""


@dataclass(frozen=True)
class LearnedRatio:
    """What a new place's log ratio of one type and regime is predicted to be.

    `median`, `lower` and `upper` (90 % interval) are counts per person; `tau` is the standard
    deviation of the normal with an interval of that width. A Student t of `tails` degrees of
    freedom and this `scale` has that interval too, and reaches as far at 98 % as the prediction.
    `drift` is by how much the log ratio rises with the log of the age, with standard deviation
    `drift_sd`; 0 for all but numbers issued, of which no pair is older than `oldest_months`.
    `without` names the country whose pairs were left out, if any.

    `definition` is what an indicator of the type counts, where several occur; the usual one stands
    first. `standing` is ``learned``, ``wide`` where no pair speaks, or ``refused``: then there are
    no numbers. A table of the first edition has none of the last four columns; its tails are
    those of a normal, and its drift is linear in the age.
    """

    type: str
    regime: str
    without: str
    median: float
    lower: float
    upper: float
    tau: float
    tails: float
    drift: float
    drift_sd: float
    n_pairs: int
    n_blocks: int
    n_countries: int
    pairs_sha256: str
    scale: float = math.nan
    definition: str = ""
    standing: str = "learned"
    oldest_months: int = 0

    @property
    def name(self) -> str:
        """The type with its regime, as ``learned`` names it."""
        return f"{self.type}.{self.regime}" if self.regime else self.type

    def after(self, months: float) -> tuple[float, float]:
        """Return median and tau so many months after the wave began."""
        age = math.log(max(months, 1) / REFERENCE_MONTHS)
        if math.isnan(self.scale):  # a table of the first edition
            age = (months - REFERENCE_MONTHS) / 12
        return self.median * math.exp(age * self.drift), math.hypot(self.tau, age * self.drift_sd)


COLUMNS = tuple(entry.name for entry in fields(LearnedRatio))
_READERS = {"str": str, "int": int, "float": float}


def calibration_folder() -> Path:
    """Return the folder of the pairs and of the table learned from them."""
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])


def shipped_ratios() -> str:
    """Return the text of the table that ships with popest."""
    return (calibration_folder() / RATIOS_FILE).read_text(encoding="utf-8")


def uses_learned(specification_text: str) -> bool:
    """Return whether a specification may take anything from the table."""
    return _USES_LEARNED.search(specification_text) is not None


@lru_cache(maxsize=4)
def learned_ratios(text: str) -> tuple[LearnedRatio, ...]:
    """Return the rows of a table of learned ratios."""
    return tuple(_row(row) for row in csv.DictReader(text.splitlines()))


def _row(cells: Mapping[str, str]) -> LearnedRatio:
    read: dict[str, Any] = {
        entry.name: _READERS[str(entry.type)](cells[entry.name])
        for entry in fields(LearnedRatio)
        if entry.name in cells
    }
    return LearnedRatio(**read)


def with_learned(document: Mapping[str, Any], table: str) -> tuple[dict[str, Any], list[Fault]]:
    """Return a specification with the median and interval of each learned ratio filled in.

    Parameters
    ----------
    document
        The specification as TOML.
    table
        The text of the table of learned ratios.

    Notes
    -----
    Log ratio and log factors are independent, so medians multiply and tau adds in quadrature.
    The predictive distribution of a new place has heavier tails than a normal and may be skewed;
    the normal that stands for it has its median and the width of its 90 % interval.
    """
    filled, faults = dict(document), []
    sources = document.get("source")
    if not isinstance(sources, dict):
        return filled, []
    filled["source"] = copy.copy(sources)
    for name, source in sources.items():
        ratio = source.get("ratio") if isinstance(source, dict) else None
        if isinstance(ratio, dict) and "learned" in ratio:
            place = ("source", name, "ratio")
            found = list(_faults(place, ratio, table))
            numbers = _STAND_IN if found else _composed(ratio, table)
            rest = {key: value for key, value in ratio.items() if key not in _OWN_KEYS}
            if "times" in ratio:
                rest["times"] = factors_of(ratio)
            filled["source"][name] = {**source, "ratio": {**rest, **numbers}}
            faults += found
    return filled, faults


def learned_row(name: str, without: str, table: str) -> LearnedRatio:
    """Return the row of a type of ratio, learned without a country or ("") from all pairs.

    Parameters
    ----------
    name
        The type with its regime, as ``learned`` names it.
    without
        The country whose pairs were left out.
    table
        The text of the table of learned ratios.

    Notes
    -----
    The rules of a study see to it that there is such a row.
    """
    wanted = name, without
    return next(row for row in learned_ratios(table) if (row.name, row.without) == wanted)


def factors_of(ratio: Mapping[str, Any]) -> Sequence[Any]:
    """Return the factors of a learned ratio: those of a list, or the only one."""
    times = ratio.get("times", [])
    return times if isinstance(times, list) else [times]


def _composed(ratio: Mapping[str, Any], table: str) -> dict[str, Any]:
    learned = learned_row(ratio["learned"], ratio.get("without", ""), table)
    months = ratio.get("months", REFERENCE_MONTHS)
    # Whether it is a number of months, and a factor a factor, is left to the rules of the record.
    is_age = isinstance(months, int | float) and months in AGE
    median, tau = learned.after(months if is_age else REFERENCE_MONTHS)
    for factor in factors_of(ratio)[:MOST_FACTORS]:
        try:
            one = read(Factor, factor)
        except InvalidEntryError:
            continue
        median, tau = median * one.median, math.hypot(tau, one.tau)
    reach = math.exp(NORMAL_QUANTILE_95 * tau)
    return {"median": median, "interval90": [median / reach, median * reach]}


def _faults(place: Entry, ratio: Mapping[str, Any], table: str) -> Iterator[Fault]:
    for key in _OWN_KEYS:
        if key in ratio:
            rule = "stands beside learned, which gives it"
            remedy = "remove it, or remove learned; a factor of your own goes into times"
            yield Fault((*place, key), toml_text(ratio[key]), rule, remedy)
    fault = table_fault(table)
    if fault is not None:
        rule = f"is read from the study's own {RATIOS_FILE}, which cannot be read: {fault}"
        remedy = "make it anew with: popest ratios fit --pairs FILE --out FOLDER"
        yield Fault((*place, "learned"), toml_text(ratio["learned"]), rule, remedy)
        return
    rows = learned_ratios(table)
    name, without = ratio["learned"], ratio.get("without", "")
    names = sorted({row.name for row in rows})
    if name not in names:
        remedy = f"{suggestion(str(name), names)}write one of {listed(names)}"
        rule = "is not a learned type of ratio"
        yield Fault((*place, "learned"), toml_text(name), rule, remedy)
        return
    countries = [row.without for row in rows if row.name == name and row.without]
    if without != "" and without not in countries:
        remedy = f"write one of {listed(countries)}" if countries else "remove it"
        rule = "is no country without which this ratio was learned"
        yield Fault((*place, "without"), toml_text(without), rule, remedy)
    drifts = any(row.drift for row in rows if row.name == name)
    if "months" in ratio and not drifts:
        rule = "applies to numbers issued only, whose ratio rises with the months"
        yield Fault((*place, "months"), toml_text(ratio["months"]), rule, "remove it")
