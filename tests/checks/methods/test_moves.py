"""Which source moves the median most: exact in a town, and honest about what chance could do."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from static_town import NORMAL, Town

import popest
from popest.checks.check_leave_one_out import leave_one_out
from popest.checks.methods.fitted import Fitted
from popest.checks.methods.moves import ERRORS_APART, median_error, moves_of
from popest.checks.result import Context
from popest.estimates import Distribution

SHARP = {name: (median, 0.05) for name, (median, _) in Town().ratios.items()}
SEEDS = range(1, 25)


def exact_median(town: Town) -> float:
    return math.exp(town.posterior()[0])


def fitted(middle: float, *, certified: bool = True, sd: float = 100.0) -> Fitted:
    """What stands for an estimate: 4,001 equal draws of a normal."""
    at = [NORMAL.inv_cdf((number + 0.5) / 4_001) for number in range(4_001)]
    stock = Distribution.equal(middle + sd * np.array(at))
    draws = SimpleNamespace(efficiency=1.0)
    found: object = SimpleNamespace(
        headline=stock, width=3.29 * sd, certified=certified, draws=draws
    )
    return found  # type: ignore[return-value]


def test_the_moves_of_a_town_are_exact_within_their_errors() -> None:
    town = Town()
    moves = town.context().moves
    whole = exact_median(town)
    assert list(moves.by_source) == list(town.counts)
    for name, move in moves.by_source.items():
        exact = exact_median(town.without(name))
        assert abs(move.by - (exact - whole)) < 4 * move.error
        assert move.by == move.median - moves.median
        assert move.error < 0.02 * whole


def test_the_error_of_a_median_is_how_far_seeds_scatter() -> None:
    """The squared deviations from the exact median, in errors, have a mean of 1 over 24 seeds."""
    town = Town()
    whole = exact_median(town)
    scores = []
    for seed in SEEDS:
        stock = town.context(seed=seed).itself.headline
        scores.append((stock.median - whole) / median_error(stock))
    assert 0.5 < np.mean(np.square(scores)) < 2


def test_the_error_of_the_median_of_equal_normal_draws_is_the_textbook_s() -> None:
    stock = fitted(1_000.0).headline
    assert median_error(stock) == pytest.approx(
        math.sqrt(math.pi / 2) * 100 / math.sqrt(4_001), rel=0.05
    )


def test_heavy_draws_make_the_error_larger() -> None:
    values = np.random.default_rng(1).normal(size=4_000)
    weights = np.where(np.arange(4_000) % 10 == 0, 9.0, 1 / 9)
    heavy = Distribution(values, weights / weights.sum())
    assert median_error(heavy) > 2 * median_error(Distribution.equal(values))


def test_a_source_that_stands_out_is_named_alone() -> None:
    context = Town(ratios=SHARP).times("tax", 3).context()
    assert [move.source for move in context.moves.most] == ["tax"]
    assert leave_one_out(context).sentence.startswith("tax moves the median most: without it ")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_sources_that_say_the_same_tie(seed: int) -> None:
    """Each moves the median as far as the other, so neither can be named alone."""
    ratios = {"census": (0.8, 0.4), "twin": (0.5, 0.1), "permits": (0.5, 0.1), "tax": (0.3, 0.4)}
    counts = {"census": 7_200, "twin": 6_000, "permits": 6_000, "tax": 2_700}
    town = Town(counts=counts, ratios=ratios)
    assert exact_median(town.without("twin")) == exact_median(town.without("permits"))
    result = leave_one_out(town.context(seed=seed))
    assert result.sentence.startswith(
        "twin and permits move the median most, alike within Monte Carlo error: it goes from "
    )
    assert [row["source"] for row in result.table if row["moves_most"]] == ["twin", "permits"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_sources_that_pull_apart_as_far_tie(seed: int) -> None:
    def town(tau: float) -> Town:
        ratios = {"low": (0.5, 0.2), "high": (0.5, tau), "tax": (0.3, 0.4)}
        return Town(counts={"low": 3_500, "high": 5_800, "tax": 2_700}, ratios=ratios)

    def imbalance(tau: float) -> float:
        left = [exact_median(town(tau).without(name)) for name in ("low", "high")]
        return abs(sum(left) - 2 * exact_median(town(tau)))

    best = min(np.linspace(0.1, 0.2, 2_001).tolist(), key=imbalance)
    assert imbalance(best) < 1
    assert [move.source for move in town(best).context(seed=seed).moves.most] == ["low", "high"]


def test_no_source_is_named_where_none_moves_the_median() -> None:
    counts = {name: round(9_000 * median) for name, (median, _) in Town().ratios.items()}
    context = Town(counts=counts).context()
    assert context.moves.most == ()
    assert leave_one_out(context).sentence.startswith("No source moves the median, 9,0")


def test_moves_are_told_apart_by_two_errors_of_their_difference() -> None:
    error = median_error(fitted(0.0).headline)
    same_side = ERRORS_APART * math.sqrt(2) * error
    for factor, expected in ((0.98, ["a", "b"]), (1.02, ["a"])):
        without = {"a": fitted(2_000), "b": fitted(2_000 - factor * same_side)}
        found = moves_of(fitted(1_000), without)
        assert [move.source for move in found.most] == expected


def test_to_opposite_sides_the_error_of_the_whole_counts_twice() -> None:
    error = median_error(fitted(0.0).headline)
    apart = ERRORS_APART * math.sqrt(6) * error
    for factor, expected in ((0.98, ["a", "b"]), (1.02, ["a"])):
        without = {"a": fitted(2_000), "b": fitted(factor * apart)}
        found = moves_of(fitted(1_000), without)
        assert [move.source for move in found.most] == expected


def test_what_is_not_certified_is_not_compared() -> None:
    without = {"a": fitted(1_200), "b": fitted(5_000, certified=False)}
    found = moves_of(fitted(1_000), without)
    assert list(found.by_source) == ["a"]
    assert [move.source for move in found.most] == ["a"]
    assert moves_of(fitted(1_000), {"b": without["b"]}).most == ()


def test_a_move_in_an_interval_without_width_has_no_share() -> None:
    found = moves_of(fitted(1_000, sd=0.0), {"a": fitted(1_500)})
    assert found.by_source["a"].widths is None


def test_the_table_tells_a_program_what_the_sentence_tells_people() -> None:
    context = Town().times("tax", 2).context()
    rows = {row["case"]: row for row in leave_one_out(context).table}
    whole = rows["all sources"]
    assert whole["move"] == 0.0 and whole["moves_most"] is None
    for name, move in context.moves.by_source.items():
        row = rows[f"without {name}"]
        assert (row["median"], row["move"], row["move_se"]) == (move.median, move.by, move.error)
        assert row["move_in_widths"] == move.widths
        assert row["moves_most"] is (move in context.moves.most)


def test_the_estimate_of_a_context_is_popest_s() -> None:
    study = Town().study
    context, found = Context(study, seed=3), popest.estimate(study, engine="bank", seed=3)
    np.testing.assert_array_equal(context.itself.headline.values, found.stock().values)
    np.testing.assert_array_equal(context.itself.headline.weights, found.stock().weights)
    without = popest.estimate(study.without("tax"), engine="bank", seed=3).stock()
    np.testing.assert_array_equal(context.without["tax"].headline.values, without.values)
