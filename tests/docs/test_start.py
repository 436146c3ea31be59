"""Tests of the first page: each number on it as a fresh estimate gives it."""

from collections.abc import Callable

import popest
from popest.estimates import VariantRow
from popest.estimates.words import persons


def test_the_numbers_of_ten_minutes(
    page: Callable[[str], str],
    estimates: dict[str, popest.Estimate],
    variants: dict[str, list[VariantRow]],
) -> None:
    estimate, text = estimates["serbia"], " ".join(page("docs/start.md").split())
    (lower, upper, *_), median = estimate.interval(0.9), estimate.stock().median
    low, high, *_ = estimate.prior_stock().interval(0.9)
    bounds = [row.headline.interval(0.9) for row in variants["serbia"] if row.headline is not None]
    assert (
        f"between {persons(lower)} and {persons(upper)} persons with 90 % probability, median "
        f"{persons(median)}."
    ) in text
    assert f"before it saw a single figure, {persons(low)} to {persons(high)}." in text
    assert f"31 December 2024: {persons(lower)} to {persons(upper)} persons" in text
    assert f"popest {popest.__version__}, study" in text
    least, most = min(found.lower for found in bounds), max(found.upper for found in bounds)
    assert f"the bounds reach from {persons(least)} to {persons(most)}." in text
