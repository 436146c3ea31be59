"""Tests of what ships: the table belongs to the pairs, and holds at places held out."""

import csv
from pathlib import Path
from typing import Literal

import numpy as np
import pair_fits
import pytest
from held_out import PROBABILITIES, coverage, expected, mean_score

from popest.checks.methods.ecdf_bands import binomial_bounds
from popest.ratios.evidence import Evidence, cell_name
from popest.ratios.fit import RatioFit
from popest.ratios.pairs.load import load_pairs
from popest.ratios.pairs.records import DEFINITIONS, DRIFTING_TYPE
from popest.ratios.table import WITHOUT, learned_ratio, pairs_sha256, table_text, write_table
from popest.ratios.validation import HELD_OUT_FILE, HeldOut, read_held_out
from popest.study.specification.learned import calibration_folder, learned_ratios, shipped_ratios

TABLE = learned_ratios(shipped_ratios())
FULL = [row for row in TABLE if not row.without]
LEVEL = 0.99


@pytest.fixture(scope="module")
def fit() -> RatioFit:
    return pair_fits.fit()


def test_the_table_was_learned_from_the_pairs_on_file() -> None:
    assert {row.pairs_sha256 for row in TABLE} == {pairs_sha256()}
    evidence = Evidence.of(load_pairs())
    learned = {cell_name(row.type, row.regime, row.definition) for row in FULL if row.n_pairs}
    assert learned == set(evidence.cells)
    assert {row.without for row in TABLE} == set(WITHOUT)
    for row in TABLE:
        cell = cell_name(row.type, row.regime, row.definition)
        pairs = evidence.without_country(row.without).of_cell(cell)
        assert row.n_pairs == len(pairs)
        assert row.n_blocks == len({pair.block for pair in pairs})
        assert row.n_countries == len({pair.country for pair in pairs})
        assert (row.standing == "learned") == bool(pairs)
        assert row.standing == "refused" or row.lower < row.median < row.upper
        months = [pair.months_since_wave or 0 for pair in pairs if pair.type == DRIFTING_TYPE]
        assert row.oldest_months == max(months, default=0)


def test_the_usual_definition_stands_first_and_every_other_is_named() -> None:
    for name, definitions in DEFINITIONS.items():
        rows = [row for row in FULL if row.name == name]
        assert {row.definition: row.standing for row in rows} == definitions
        assert rows[0].definition == next(iter(definitions))


def test_where_no_pair_speaks_next_to_nothing_is_known() -> None:
    """As wide as the prior of any type: a ratio between 0.04 and 10."""
    wide = [row for row in FULL if row.standing == "wide"]
    assert len(wide) == 6
    for row in wide:
        assert row.lower == pytest.approx(0.042, rel=0.15)
        assert row.upper == pytest.approx(9, rel=0.15)


def test_another_seed_gives_the_shipped_table_within_monte_carlo_error(fit: RatioFit) -> None:
    """Quantiles of some 700 effective draws have errors of a tenth of tau in the tails."""
    for row in FULL:
        if not row.n_pairs:
            continue
        again = learned_ratio(fit, row.name, "", row.pairs_sha256, seed=7)
        assert np.log(again.median / row.median) == pytest.approx(0, abs=0.2 * row.tau)
        assert again.tau == pytest.approx(row.tau, rel=0.25)


def test_the_table_is_written_and_read_alike(tmp_path: Path) -> None:
    path = write_table(TABLE, tmp_path)
    assert path.read_text(encoding="utf-8") == table_text(TABLE) == shipped_ratios()


def held_out(by: Literal["block", "country"]) -> list[HeldOut]:
    with (calibration_folder() / HELD_OUT_FILE).open(encoding="utf-8") as file:
        assert {row["pairs_sha256"] for row in csv.DictReader(file)} == {pairs_sha256()}
    return read_held_out(by)


@pytest.mark.parametrize("by", ["block", "country"])
def test_intervals_hold_what_was_held_out(by: Literal["block", "country"]) -> None:
    found = held_out(by)
    evidence = Evidence.of(load_pairs())
    assert {each.pair for each in found} == {pair.id for pair in evidence.pairs}
    n_groups = len({each.group for each in found})
    for prob in PROBABILITIES:
        lower, upper = binomial_bounds(n_groups, prob, LEVEL)
        assert lower <= n_groups * coverage(found, prob) <= upper, (by, prob)


@pytest.mark.parametrize("by", ["block", "country"])
def test_types_predict_better_than_one_log_normal_for_all(by: Literal["block", "country"]) -> None:
    found = held_out(by)
    assert mean_score(found, "log_score") > mean_score(found, "pooled") + 0.5


def test_coverage_and_scores_count_each_group_once() -> None:
    def pair(group: str, rank: float, score: float) -> HeldOut:
        return HeldOut("x", "firms", group, rank, score, 0.0, 0.0, 0.0, None, True)

    found = [pair("a", 0.5, 1.0), pair("a", 0.99, 3.0), pair("b", 0.74, 4.0)]
    assert coverage(found, 0.5) == pytest.approx(0.75)
    assert coverage(found, 0.4) == pytest.approx(0.25)
    assert mean_score(found, "log_score") == pytest.approx(3.0)


def test_a_held_out_pair_is_ranked_among_its_predictions(fit: RatioFit) -> None:
    mean, sd = expected(fit, np.arange(3))
    assert mean.shape == sd.shape == (len(fit.draws["drift"]), 3)
    assert (sd >= fit.evidence.error_sd[:3]).all()


def test_the_page_states_what_was_held_out() -> None:
    page = (Path(__file__).parents[2] / "docs/learned-ratios.md").read_text(encoding="utf-8")
    for by in ("block", "country"):
        found = held_out(by)
        shares = " | ".join(f"{100 * coverage(found, prob):.0f} %" for prob in PROBABILITIES)
        names = ("log_score", "tailed", "normal", "pooled")
        scores = " | ".join(f"{mean_score(found, name):.2f}" for name in names)
        groups = len({each.group for each in found})
        assert f"| {by} | {groups} | {shares} | {scores} |" in page
        failed = len({each.group for each in found if not each.certified})
        assert f"{failed} of {groups}" in page
    argued = [each for each in held_out("block") if each.argued is not None]
    for cell in {each.cell for each in argued}:
        own = [each for each in argued if each.cell == cell]
        scores = [f"{mean_score(own, name):.2f}" for name in ("log_score", "argued")]
        assert f"| `{cell}` | {scores[0]} | {scores[1]} |" in page


def test_held_out_pairs_are_drawn() -> None:
    from popest.ratios.picture import draw_held_out

    found = held_out("block")
    ax = draw_held_out(found)
    drawn = sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() == "o")
    assert drawn == len(found)
