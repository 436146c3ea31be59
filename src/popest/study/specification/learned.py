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
from popest.study.files.reading import RATIOS_FILE, FileText
from popest.study.measures import MEASURES
from popest.study.problems import listed, suggestion
from popest.study.specification.heavy_tails import quantile
from popest.study.specification.learned_definitions import definition_faults
from popest.study.specification.learned_table import table_fault
from popest.study.specification.priors import NORMAL_QUANTILE_95
from popest.study.specification.ratio_prior import MOST_FACTORS, Factor, RatioPrior
from popest.study.specification.reading import InvalidEntryError, read
from popest.study.specification.toml_lines import Path as Entry
from popest.study.specification.wording import Fault, toml_text

REFERENCE_MONTHS = 12
"""Months after a wave began for which the medians of numbers issued are stated."""

_HERE = Path(__file__).resolve()
_FOLDERS = (_HERE.parents[2] / "calibration", _HERE.parents[4] / "data" / "calibration")
_USES_LEARNED = re.compile(r"\blearned\b")
_TABLE_KEYS = ("type", "regime", "definition")
_OWN_KEYS = ("median", "interval90", "tails", "tailed")
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

    @property
    def has_tails(self) -> bool:
        """Whether a study takes the Student t: a table of the first edition has none."""
        return not math.isnan(self.scale)

    def after(self, months: float) -> tuple[float, float]:
        """Return the median so many months after the wave began, and the spread of its drift."""
        age = math.log(max(months, 1) / REFERENCE_MONTHS)
        if math.isnan(self.scale):  # a table of the first edition
            age = (months - REFERENCE_MONTHS) / 12
        return self.median * math.exp(age * self.drift), abs(age) * self.drift_sd


COLUMNS = tuple(entry.name for entry in fields(LearnedRatio))
_READERS = {"str": str, "int": int, "float": float}


def calibration_folder() -> Path:
    """Return the folder of the pairs and of the table learned from them."""
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])


def shipped_ratios() -> str:
    """Return the text of the table that ships with popest."""
    return (calibration_folder() / RATIOS_FILE).read_text(encoding="utf-8")


def files_by_name(files: Sequence[FileText]) -> dict[str, bytes]:
    """Return the files of a study or a panel by their names in its folder.

    A table of learned ratios that is not the one that ships is among them.
    """
    found = {Path(file.file).name: file.text.encode() for file in files}
    own = next((file.ratios for file in files if file.ratios), "")
    if own and own != shipped_ratios():
        found[RATIOS_FILE] = own.encode()
    return found


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


def with_learned(
    document: Mapping[str, Any], table: str, *, has_tails: bool = True
) -> tuple[dict[str, Any], list[Fault]]:
    """Return a specification with the median and interval of each learned ratio filled in.

    Parameters
    ----------
    document
        The specification as TOML.
    table
        The text of the table of learned ratios.
    has_tails
        Whether ratios have the tails of the table.

    Notes
    -----
    Log ratio and log factors are independent, so medians multiply and tau adds in quadrature: the
    learned part has the tails of the table, drift and factors are normal. The predictive
    distribution of a new place may be skewed; the t that stands for it has its median, the width of
    its 90 % interval and its tails. A limit, which nothing is counted by, has the normal of that
    width.
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
            ratio = by_name(ratio)
            found = list(_faults(place, ratio, table))
            declared = MEASURES.get(str(source.get("measure")))
            is_heavy = has_tails and declared is not None and declared.is_count
            numbers = _STAND_IN if found else _composed(ratio, table, has_tails=is_heavy)
            rest = {key: value for key, value in ratio.items() if key not in _OWN_KEYS}
            if "times" in ratio:
                rest["times"] = factors_of(ratio)
            filled["source"][name] = {**source, "ratio": {**rest, **numbers}}
            faults += found
    return filled, faults


def learned_row(ratio: RatioPrior, table: str) -> LearnedRatio:
    """Return the row of the table that a learned ratio is taken from.

    The rules of a study see to it that there is one.
    """
    return _row_of(ratio.learned, ratio.without, ratio.definition, table)


def _row_of(name: Any, without: Any, definition: Any, table: str) -> LearnedRatio:
    rows = [row for row in learned_ratios(table) if row.name == name]
    rows = [row for row in rows if row.without == (without or "")]
    return next(row for row in rows if definition in (None, row.definition))


def by_name(ratio: Mapping[str, Any]) -> dict[str, Any]:
    """Return a learned ratio with its type by name, also where it is a table.

    ``learned = { type = "firms", regime = ..., definition = ... }`` is the same as
    ``learned = "firms"`` with ``definition`` beside it. What is no such table is left as it is.
    """
    table = ratio["learned"]
    if not isinstance(table, dict) or not {"type"} <= {*table} <= {*_TABLE_KEYS}:
        return dict(ratio)
    if not all(isinstance(value, str) for value in table.values()):
        return dict(ratio)
    name = ".".join(filter(None, (table["type"], table.get("regime"))))
    definition = {"definition": table["definition"]} if "definition" in table else {}
    return {**ratio, "learned": name, **definition}


def factors_of(ratio: Mapping[str, Any]) -> Sequence[Any]:
    """Return the factors of a learned ratio: those of a list, or the only one."""
    times = ratio.get("times", [])
    return times if isinstance(times, list) else [times]


def _composed(ratio: Mapping[str, Any], table: str, *, has_tails: bool) -> dict[str, Any]:
    name, without, definition = (ratio.get(key) for key in ("learned", "without", "definition"))
    learned = _row_of(name, without, definition, table)
    months = ratio.get("months", REFERENCE_MONTHS)
    # Whether it is a number of months, and a factor a factor, is left to the rules of the record.
    is_age = isinstance(months, int | float) and months in AGE
    median, normal = learned.after(months if is_age else REFERENCE_MONTHS)
    for factor in factors_of(ratio)[:MOST_FACTORS]:
        try:
            one = read(Factor, factor)
        except InvalidEntryError:
            continue
        median, normal = median * one.median, math.hypot(normal, one.tau)
    own: dict[str, Any] = {}
    reach = NORMAL_QUANTILE_95 * math.hypot(learned.tau, normal)
    if has_tails and learned.has_tails:
        tau = math.hypot(learned.scale, normal)
        own = {"tails": learned.tails, "tailed": (learned.scale / tau) ** 2}
        reach = tau * quantile(0.95, own["tails"], own["tailed"])
    interval = [median * math.exp(-reach), median * math.exp(reach)]
    return {"median": median, "interval90": interval, **own}


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
        if isinstance(name, dict):
            rule = 'must name a type: { type = "...", regime = "...", definition = "..." }'
        yield Fault((*place, "learned"), toml_text(name), rule, remedy)
        return
    countries = [row.without for row in rows if row.name == name and row.without]
    if without != "" and without not in countries:
        remedy = f"write one of {listed(countries)}" if countries else "remove it"
        rule = "is no country without which this ratio was learned"
        yield Fault((*place, "without"), toml_text(without), rule, remedy)
        return
    of_type = [row for row in rows if (row.name, row.without) == (name, without)]
    yield from definition_faults(place, name, ratio.get("definition"), of_type)
    drifts = any(row.drift for row in rows if row.name == name)
    if "months" in ratio and not drifts:
        rule = "applies to numbers issued only, whose ratio rises with the months"
        yield Fault((*place, "months"), toml_text(ratio["months"]), rule, "remove it")
