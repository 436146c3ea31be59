"""Rules that bind one pair: its type and regime, its ratio, and what a used pair must say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from popest.ratios.pairs.records import DEFINITIONS, MOST_MONTHS_APART, RULES, TYPES, Pair
from popest.study.problems import listed
from popest.study.tables.csv_table import RowFault

RATIO_TOLERANCE = 0.005
"""Relative difference that printing a ratio in three or four digits may leave."""

_CLASSIFICATION = frozenset({"type", "regime", "use"})
_DEFINITION = _CLASSIFICATION | {"definition"}
_JUDGEMENT = frozenset({"use", "broken_rule", "indicator_date", "truth_date"})
_FIGURES = frozenset({"indicator_value", "truth_value", "use"})
_NEEDED = {
    "type": "write one of its types, or set use = no",
    "indicator_value": "write the published figure, or set use = no",
    "indicator_date": "write the day, month or year of the indicator, or set use = no",
    "truth": "write what the better total counts, or set use = no",
    "truth_value": "write the better total, or set use = no",
    "truth_date": "write the day, month or year of the better total, or set use = no",
    "ratio": "write indicator_value / truth_value, or set use = no",
    "truth_grade": "write A, B or C, or set use = no",
    "block": "write a name that it shares with pairs of one truth or register, or one of its own",
    "rounding": "write the half-width that the printed digits leave, 0 when both are exact",
}


def pair_faults(row: Pair, broken: frozenset[str]) -> Iterator[RowFault]:
    """Check the rules that bind a pair, those of a used one if it is used.

    Parameters
    ----------
    row
        The pair.
    broken
        Its columns that could not be read; rules that need one of them are left out.
    """
    if broken.isdisjoint(_CLASSIFICATION):
        yield from _regime_faults(row)
        yield from _months_faults(row)
    if broken.isdisjoint(_DEFINITION):
        yield from _definition_faults(row)
    if broken.isdisjoint(_JUDGEMENT):
        yield from _judgement_faults(row)
    if broken.isdisjoint(_FIGURES):
        yield from _ratio_faults(row)
    if row.use:
        for column, remedy in _NEEDED.items():
            entry = getattr(row, column)
            if entry in ("", None) or (isinstance(entry, float) and math.isnan(entry)):
                yield RowFault(row, column, "", "is missing from a used pair", remedy)


def repetition_faults(rows: Sequence[Pair]) -> Iterator[RowFault]:
    """Check that no two pairs in force count the same evidence.

    Parameters
    ----------
    rows
        The pairs in force.
    """
    first: dict[tuple[object, ...], Pair] = {}
    for row in rows:
        if row.use:
            figures = (row.indicator, row.indicator_date, row.truth, row.truth_date)
            key = (row.type, row.country, row.population, *figures)
            other = first.setdefault(key, row)
            if other is not row:
                rule = f"repeats {other.id}, which is used too"
                remedy = "set use = no for one of them, or say how they differ in population"
                yield RowFault(row, "id", row.id, rule, remedy)


def _regime_faults(row: Pair) -> Iterator[RowFault]:
    regimes = TYPES.get(row.type, ())
    if row.regime and row.regime not in regimes:
        rule = f"is not a regime of {row.type}" if row.type else "stands beside no type"
        remedy = f"write one of {listed(regimes)}" if regimes else "remove it"
        yield RowFault(row, "regime", row.regime, rule, remedy)
    elif regimes and not row.regime:
        rule = f"is missing: {row.type} has regimes"
        yield RowFault(row, "regime", "", rule, f"write one of {listed(regimes)}")


def _definition_faults(row: Pair) -> Iterator[RowFault]:
    cell = ".".join(filter(None, (row.type, row.regime)))
    if row.type and (row.regime or "") not in (TYPES[row.type] or ("",)):
        return  # said of the regime
    names = tuple(DEFINITIONS.get(cell, ()))
    if row.definition and row.definition not in names:
        rule = f"is not a definition of {cell}" if cell else "stands beside no type"
        remedy = f"write one of {listed(names)}" if names else "remove it"
        yield RowFault(row, "definition", row.definition, rule, remedy)
    elif names and not row.definition and row.use:
        rule = f"is missing: a pair of {cell} has one"
        yield RowFault(row, "definition", "", rule, f"write one of {listed(names)}")


def _judgement_faults(row: Pair) -> Iterator[RowFault]:
    if row.use and row.broken_rule:
        rule = f"is used, though {RULES[row.broken_rule]}"
        remedy = "set use = no, or remove broken_rule if that is not so"
        yield RowFault(row, "broken_rule", row.broken_rule, rule, remedy)
    elif row.use and row.months_apart > MOST_MONTHS_APART:
        rule = f"is yes, though its two figures lie {row.months_apart} months apart"
        remedy = "set use = no and broken_rule = far_in_time, or find figures of nearer dates"
        yield RowFault(row, "use", "yes", rule, remedy)
    elif not row.use and not row.broken_rule:
        rule = "is missing from a pair that is not used"
        yield RowFault(row, "broken_rule", "", rule, f"write one of {listed(tuple(RULES))}")


def _ratio_faults(row: Pair) -> Iterator[RowFault]:
    expected = row.indicator_value / row.truth_value
    if math.isnan(row.ratio):
        if not math.isnan(expected) and not row.use:
            rule = "is missing, though both values stand"
            yield RowFault(row, "ratio", "", rule, f"write {expected:.4g}")
    elif math.isnan(expected):
        rule = "stands without both of its values"
        remedy = "write indicator_value and truth_value, or leave the ratio out"
        yield RowFault(row, "ratio", f"{row.ratio:g}", rule, remedy)
    elif abs(row.ratio / expected - 1) > RATIO_TOLERANCE:
        rule = f"is not {row.indicator_value:.15g} / {row.truth_value:.15g} within 0.5 %"
        yield RowFault(row, "ratio", f"{row.ratio:g}", rule, f"write {expected:.4g}")


def _months_faults(row: Pair) -> Iterator[RowFault]:
    if row.counts_months and row.use and row.months_since_wave is None:
        rule = f"is missing: a pair of {'.'.join(filter(None, (row.type, row.regime)))} has an age"
        remedy = "write the whole months from the start of the wave or of the issuing"
        yield RowFault(row, "months_since_wave", "", rule, remedy)
    elif row.months_since_wave is not None and not row.counts_months:
        rule = "applies to numbers issued and to waves only"
        yield RowFault(row, "months_since_wave", str(row.months_since_wave), rule, "remove it")
