"""What one pair says, and the types and regimes that an indicator can have."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

TYPES: dict[str, tuple[str, ...]] = {
    "permits_in_force": ("required", "wave_unverified", "optional", "early"),
    "cumulative_issued": ("wave", "settled"),
    "employed_or_work_permits": (),
    "firms": (),
    "census_of_recent": (),
    "voters": (),
    "pupils": (),
    "border_balance": ("quiet", "wave"),
    "stay_registrations": (),
}
"""The types of indicators, each with its regimes; data/calibration/README.md defines them."""

REGIMES = tuple(dict.fromkeys(regime for regimes in TYPES.values() for regime in regimes))
GRADES = ("A", "B", "C")

DRIFTING_TYPE = "cumulative_issued"
"""The type whose ratio grows with the months, as what was issued is never withdrawn."""
WAVE_REGIMES = frozenset({"wave_unverified", "early", "wave"})
"""The regimes of a population that began to arrive on a date."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of ``pairs.csv``: an indicator, a better total, and how the one relates to the other.

    `indicator_value`, `truth_value`, their `ratio` and its `rounding` (relative half-width, as
    the printed digits leave it) are not a number where a row that is not used has none.
    `indicator_date` and `truth_date` are the last days of the published periods.
    `months_since_wave` counts whole months from the start of a wave, or of the issuing, to the
    indicator's date. `type`, `regime`, `truth_grade` and `block` are empty where there is none.
    `line` is the line of the file on which the row begins.
    """

    id: str
    country: str
    population: str
    type: str
    regime: str
    indicator: str
    indicator_value: float
    indicator_date: date | None
    truth: str
    truth_value: float
    truth_date: date | None
    ratio: float
    months_since_wave: int | None
    truth_grade: str
    block: str
    rounding: float
    use: bool
    recorded: date
    publisher: str
    url: str
    provenance: str
    supersedes: str | None
    note: str
    line: int

    @property
    def counts_months(self) -> bool:
        """Whether the age of the wave, or of the numbers issued, bears on the ratio."""
        return self.type == DRIFTING_TYPE or self.regime in WAVE_REGIMES


PAIR_COLUMNS = tuple(entry.name for entry in fields(Pair) if entry.name != "line")
