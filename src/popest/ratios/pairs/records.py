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
    "bank_accounts": (),
}
"""The types of indicators, each with its regimes; data/calibration/README.md defines them."""

REGIMES = tuple(dict.fromkeys(regime for regimes in TYPES.values() for regime in regimes))
GRADES = ("A", "B", "C")

DEFINITIONS: dict[str, dict[str, str]] = {
    "census_of_recent": {"any_stay": "learned", "twelve_months": "wide"},
    "permits_in_force.required": {"only_paper": "learned", "beside_protection": "wide"},
    "permits_in_force.optional": {"only_paper": "learned", "beside_protection": "wide"},
    "permits_in_force.early": {"only_paper": "learned", "beside_protection": "wide"},
    "permits_in_force.wave_unverified": {"only_paper": "learned", "beside_protection": "wide"},
    "cumulative_issued.wave": {"stay": "learned", "transit": "refused"},
    "border_balance.wave": {"stay": "learned", "transit": "refused"},
}
"""What an indicator of a type and regime may count by definition, that of the usual pairs first.

Each is learned where pairs have it. Without pairs it is wide: next to nothing is known of its
ratio, or refused: its ratio depends on the place alone. data/calibration/README.md defines them.
"""

RULES = {
    "truth_is_indicator": "its truth is an indicator: permits, numbers, a balance, a register of "
    "people whom nobody verified",
    "truth_from_indicator": "its truth is made from the indicator",
    "other_people": "its two figures count different people",
    "far_in_time": "its two figures lie more than 24 months apart",
    "disproved": "a later count showed a figure to be wrong",
    "better_pair": "another pair has the same indicator beside a better truth",
    "no_stock": "a figure is no number of people present or of papers in force or ever issued",
    "no_type": "no type counts such an indicator",
    "no_truth": "no truth, or no indicator, was read",
}
"""What keeps a pair from being used; each row names the first that it breaks, or none."""
MOST_MONTHS_APART = 24
"""Months between the figures of a used pair: a population of migrants changes in longer."""

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
    `definition` is one of ``DEFINITIONS`` and `broken_rule` one of ``RULES``: a pair is used if it
    breaks none. `line` is the line of the file on which the row begins.
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
    definition: str
    broken_rule: str
    line: int

    @property
    def months_apart(self) -> int:
        """Whole months between the two figures; 0 where a date is missing."""
        if self.indicator_date is None or self.truth_date is None:
            return 0
        first, last = sorted((self.indicator_date, self.truth_date))
        return 12 * (last.year - first.year) + last.month - first.month - (last.day < first.day)

    @property
    def counts_months(self) -> bool:
        """Whether the age of the wave, or of the numbers issued, bears on the ratio."""
        return self.type == DRIFTING_TYPE or self.regime in WAVE_REGIMES


PAIR_COLUMNS = tuple(entry.name for entry in fields(Pair) if entry.name != "line")
