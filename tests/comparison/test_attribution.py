"""The move between two estimates, shared out: against the closed form of a static study."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import combinations, permutations
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import popest
from popest.estimates import attribution
from popest.estimates.changes import changes_between, content_of, with_changes
from popest.estimates.comparison import Comparison, compare, printed_moves
from popest.study import Study, StudyError, study_from_texts

HEADER = (
    "id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,"
    "derived_from,note"
)
PRINTED, NOISE = 0.01, 0.1
SOURCES = {"permits": (0.5, 0.3), "census": (0.8, 0.4), "pupils": (0.1, 0.2), "tax": (0.3, 0.25)}
COUNTS = {"permits": 4_000, "census": 9_000, "pupils": 1_100, "tax": 2_000}
PRIOR_MEDIAN, PRIOR_SIGMA = 9_000.0, 0.5


def static_study(
    counts: dict[str, int],
    prior_median: float = PRIOR_MEDIAN,
    ratios: dict[str, tuple[float, float]] = SOURCES,
) -> Study:
    """A study of constant size with one count a source, which has a closed form."""
    text = f"""
title = "A town"
target = "residents"
unit = "persons"
headline = "2023-12-31"
[calendar]
start = "2023-01"
end = "2023-12"
[population]
kind = "static"
size = {{ median = {prior_median}, sigma = {PRIOR_SIGMA}, because = "a guess" }}
[noise]
error = {{ median = {NOISE}, sigma = 0, because = "known" }}
"""
    for name, (median, tau) in ratios.items():
        lower, upper = median * math.exp(-1.6449 * tau), median * math.exp(1.6449 * tau)
        text += f"""
[source.{name}]
title = "{name}"
producer = "office"
counts = "persons"
measure = "stock"
ratio = {{ median = {median}, interval90 = [{lower!r}, {upper!r}], because = "a guess" }}
"""
    rows = [
        f"{name}1,{name},{value},exact,,2023-12-31,2024-01-31,2024-02-01,office,,yes,,,"
        for name, value in counts.items()
    ]
    return study_from_texts("town", text, "\n".join([HEADER, *rows]) + "\n")


def closed_form(
    counts: dict[str, int], prior_median: float, ratios: dict[str, tuple[float, float]]
) -> np.ndarray:
    """Median and log width of the 90 % interval: normal prior, normal log counts."""
    precision = 1 / PRIOR_SIGMA**2
    total = precision * math.log(prior_median)
    for name, value in counts.items():
        median, tau = ratios[name]
        weight = 1 / (tau**2 + NOISE**2 + PRINTED**2)
        precision += weight
        total += weight * math.log(value / median)
    reach = NormalDist().inv_cdf(0.95) / math.sqrt(precision)
    middle = total / precision
    return np.array(
        [math.exp(middle), math.log(math.exp(middle + reach) - math.exp(middle - reach))]
    )


def shapley(value: dict[frozenset[int], np.ndarray], n: int) -> np.ndarray:
    """The average over all orders, written out."""
    moves = np.zeros((n, 2))
    orders = list(permutations(range(n)))
    for order in orders:
        before: frozenset[int] = frozenset()
        for change in order:
            moves[change] += value[before | {change}] - value[before]
            before |= {change}
    return moves / len(orders)


def subsets(n: int) -> Iterable[frozenset[int]]:
    return (frozenset(c) for size in range(n + 1) for c in combinations(range(n), size))


def three_changes() -> tuple[Study, Study, dict[frozenset[int], np.ndarray]]:
    """A count added, a count revised, a ratio prior moved; with the closed form of all between."""
    old_counts = {"permits": 4_000, "census": 9_000}
    new_counts = {"permits": 6_000, "census": 9_000, "pupils": 1_100}
    new_ratios = SOURCES | {"census": (1.2, 0.4)}
    old = static_study(old_counts)
    new = static_study(new_counts, ratios=new_ratios)
    values = {}
    for applied in subsets(3):
        counts = dict(old_counts)
        if 0 in applied:
            counts["permits"] = 6_000
        if 1 in applied:
            counts["pupils"] = 1_100
        ratios = new_ratios if 2 in applied else SOURCES
        values[applied] = closed_form(counts, PRIOR_MEDIAN, ratios)
    return old, new, values


def test_shares_equal_the_closed_form_of_a_static_study() -> None:
    old, new, values = three_changes()
    found = compare(old, new, seed=3)
    expected = shapley(values, 3)
    assert [share.kind for share in found.shares] == ["figure", "figure", "assumption"]
    for share, (median, log_width) in zip(found.shares, expected, strict=True):
        assert abs(share.median - median) < 4 * share.median_se
        assert abs(share.log_width - log_width) < 4 * share.log_width_se
        # The errors must be small beside the moves, or the comparison says nothing.
        assert share.median_se < 0.02 * abs(expected[:, 0]).max()


def test_shares_sum_to_the_whole_move() -> None:
    old, new, values = three_changes()
    found = compare(old, new, seed=3)
    whole = values[frozenset({0, 1, 2})] - values[frozenset()]
    se = math.hypot(*(share.median_se for share in found.shares))
    assert abs(sum(share.median for share in found.shares) - whole[0]) < 4 * se
    se = math.hypot(*(share.log_width_se for share in found.shares))
    assert abs(sum(share.log_width for share in found.shares) - whole[1]) < 4 * se


def test_sampled_orders_agree_with_all_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, values = three_changes()
    monkeypatch.setattr(attribution, "MOST_CHANGES_EXACT", 2)
    found = compare(old, new, seed=5)
    for share, (median, log_width) in zip(found.shares, shapley(values, 3), strict=True):
        assert abs(share.median - median) < 4 * share.median_se
        assert abs(share.log_width - log_width) < 4 * share.log_width_se


def test_studies_far_apart_are_refitted(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, values = three_changes()
    # A bank that never certifies by reweighting leaves only refits.
    monkeypatch.setattr(attribution.InBetween, "_reweighted", lambda *_: None, raising=True)
    found = compare(old, new, seed=3)
    assert found.refits == len(values)
    for share, (median, _) in zip(found.shares, shapley(values, 3), strict=True):
        assert abs(share.median - median) < 4 * share.median_se


def test_equal_studies_have_nothing_to_attribute() -> None:
    study = static_study(COUNTS)
    found = compare(study, study)
    assert found.shares == ()
    assert "Nothing that matters differs" in found.sentence


def test_a_new_reason_is_not_a_change() -> None:
    old = static_study(COUNTS)
    text = old.specification_text.replace('because = "a guess"', 'because = "argued better"')
    new = study_from_texts("town", text, old.observations_text)
    assert changes_between(old, new) == []


def test_all_changes_together_make_the_new_study() -> None:
    serbia = popest.load_study("serbia")
    cases = [
        (serbia.as_of("2023-06-30"), serbia),
        (popest.load_study("serbia-report-2024"), serbia),
        *((serbia, serbia.with_variant(name)) for name in serbia.specification.variant),
    ]
    for old, new in cases:
        specification, rows = with_changes(content_of(old), changes_between(old, new))
        remaining = changes_between(_seen(new, specification, rows), new)
        assert remaining == [], [change.label for change in remaining]
        assert changes_between(old, new) != []


def _seen(study: Study, specification: object, rows: object) -> Study:
    """The study with other content, as changes_between reads it."""
    from dataclasses import replace

    return replace(study, specification=specification, used=rows)  # type: ignore[arg-type]


def test_changes_may_come_in_any_order() -> None:
    old = popest.load_study("serbia-report-2024")
    new = popest.load_study("serbia")
    changes = changes_between(old, new)
    forth = with_changes(content_of(old), changes)
    back = with_changes(content_of(old), changes[::-1])
    assert forth[0] == back[0]
    assert sorted(row.id for row in forth[1]) == sorted(row.id for row in back[1])


def test_words_name_the_largest_changes() -> None:
    old, new, _ = three_changes()
    found: Comparison = compare(old, new, seed=3)
    assert "permits1 (permits 4,000, 2023-12-31) revised to permits1 (permits 6,000" in str(found)
    assert found.to_dict()["changes"][0]["label"].startswith("permits1")
    assert found.to_frame().index.name == "label"
    assert len(found.plot().patches) == len(found.shares) + bool(found.printed.remainder)


@given(
    st.floats(1, 1e9),
    st.floats(1, 1e9),
    st.lists(st.floats(-1e8, 1e8), min_size=0, max_size=12),
)
def test_printed_moves_add_up(before: float, after: float, shares: list[float]) -> None:
    found = printed_moves(before, after, shares)
    assert found.before + sum(found.shares) + found.remainder == found.after
    moves = [*shares, after - before - sum(shares)]
    largest = max(abs(after - before), *map(abs, moves))
    # Whole persons, or at least three digits of a median and two of the largest move.
    for end, shown in ((before, found.before), (after, found.after)):
        assert abs(end - shown) <= max(0.5001, 0.005 * end)
    for move, shown in zip(moves, [*found.shares, found.remainder], strict=True):
        assert abs(move - shown) <= max(2.0, 0.2 * largest)


def test_one_change_is_said_in_the_singular() -> None:
    old = static_study({"permits": 4_000, "census": 9_000})
    new = static_study({"permits": 4_400, "census": 9_000})
    found = compare(old, new)
    assert "What moved it: permits1" in found.sentence
    (table,) = (part for part in str(found).split("\n\n") if part.startswith("change "))
    rows = table.splitlines()
    printed = {row[:40].strip(): row for row in rows}
    moves = [
        int(match[0].replace(",", ""))
        for row in rows[1:]
        if (match := re.search(r"(?<=\s)[+-][\d,]+(?=\s|$)", row))
    ]
    assert len(moves) == len(printed) - 1
    assert sum(moves[:-1]) == moves[-1]
    ends = re.search(r"moved from ([\d,]+) to ([\d,]+) persons \(([+-][\d,]+)\)", found.sentence)
    assert ends is not None
    was, now, move = (int(text.replace(",", "")) for text in ends.groups())
    assert now - was == move == moves[-1]


def test_the_warnings_of_both_studies_are_said_and_which_has_them() -> None:
    old, new, _ = three_changes()
    twice = new.with_observation("permits", 6_000, end="2023-12-31", recorded="2024-06-01")
    (slip,) = set(twice.warnings) - set(new.warnings)
    found = compare(old, twice, seed=3)
    words = " ".join(str(found).split())
    assert f"Warning, of the new one: {slip}" in words
    printed = found.to_dict()
    assert printed["old"]["warnings"] == list(old.warnings)
    assert printed["new"]["warnings"] == list(twice.warnings)
    assert f"Warning, of both: {slip}" in " ".join(str(compare(twice, twice)).split())
    assert f"Warning, of the old one: {slip}" in " ".join(str(compare(twice, new)).split())


def test_different_units_are_refused() -> None:
    old = static_study(COUNTS)
    text = old.specification_text.replace('unit = "persons"', 'unit = "households"')
    new = study_from_texts("town", text, old.observations_text)
    with pytest.raises(popest.UsageError, match="units differ"):
        compare(old, new)


def test_the_helper_study_is_valid() -> None:
    try:
        static_study(COUNTS)
    except StudyError as error:  # pragma: no cover
        pytest.fail(str(error))
