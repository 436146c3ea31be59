"""Tests of the page on learned ratios: its tables are fresh, what it says of them holds."""

import re
from collections.abc import Callable
from pathlib import Path

import fresh
import learned_tables
import pytest

from popest.estimates import Distribution
from popest.study import Study, load_study, study_from_texts
from popest.study.specification.learned import learned_ratios, shipped_ratios

PAGE = "docs/learned-ratios.md"

Page = Callable[[str], str]


@pytest.fixture(scope="module")
def learned() -> Study:
    return load_study("serbia-learned")


def width(stock: Distribution) -> float:
    lower, upper, *_ = stock.interval(0.9)
    return upper / lower


def test_the_tables_are_those_of_fresh_estimates(page: Page) -> None:
    """To mend them, run ``python tests/docs/learned_tables.py``."""
    text = page(PAGE)
    assert re.findall(r"<!-- table (\w+) -->", text) == list(learned_tables.TABLES)
    assert text == learned_tables.with_tables(text)


def test_the_example_is_a_ratio_of_a_study(
    blocks: Callable[[str, str], list[str]], root: Path
) -> None:
    (example,) = blocks(PAGE, "toml")
    text = (root / "data/sources/serbia/study.toml").read_text(encoding="utf-8")
    start = text.index("[source.work_permits.ratio]")
    end = text.index("[source.work_permits.baseline]")
    # The study's variants change numbers that a learned ratio does not have.
    without_variants = text[end : text.index("[variant.")]
    rows = (root / "data/sources/serbia/observations.csv").read_text(encoding="utf-8")
    study = study_from_texts("mine", f"{text[:start]}{example}\n{without_variants}", rows)
    prior = study.specification.source["work_permits"].ratio
    assert prior is not None and prior.learned == "employed_or_work_permits"


def test_all_answers_lie_inside_and_the_irish_above_the_median() -> None:
    cases = [learned_tables.czech_case(), *learned_tables.irish_cases()]
    places = [learned_tables.place(estimate, truth) for estimate, _, truth in cases]
    assert len(places) == 7
    assert all(0.05 < place < 0.95 for place in places)
    assert all(place > 0.5 for place in places[1:])
    naive = [learned_tables.place(estimate, truth) for _, estimate, truth in cases]
    assert [place < 0.05 for place in naive] == [True, False, False, True, True, True, True]


def test_the_czech_registrations_of_stay_enter_too_high() -> None:
    study = load_study("czechia-2023")
    ratio = study.specification.source["police_registrations"].ratio
    (row,) = (row for row in study.used if row.source == "police_registrations")
    (truth,) = learned_tables.answers(study)
    assert ratio is not None
    assert ratio.median > 2 * row.value / truth.value
    table = {(each.name, each.without): each for each in learned_ratios(shipped_ratios())}
    assert table["stay_registrations", "Czechia"].n_blocks == 1


def test_permits_in_force_make_the_difference(learned: Study) -> None:
    serbia, estimate = fresh.estimate("serbia"), fresh.estimate("serbia-learned")
    widths = {
        name: width(learned_tables.changed(name))
        for name in {*learned_tables.BY_HAND.values(), "departures_by_hand"}
    }
    assert width(estimate.stock()) > width(serbia.stock())
    assert min(widths, key=lambda name: widths[name]) == "residence_by_hand"
    by_hand = learned_tables.changed("residence_by_hand")
    for ours, theirs in zip(by_hand.interval(0.9)[:2], serbia.interval(0.9)[:2], strict=True):
        assert ours == pytest.approx(theirs, rel=0.03)
    hand, mine = (
        study.specification.source["residence_permits"].ratio for study in (serbia.study, learned)
    )
    assert hand is not None and mine is not None
    assert mine.tau > 2 * hand.tau
    (found,) = (each for each in estimate.ratios_learned if each.source == "residence_permits")
    assert mine.median < found.posterior[0] < hand.median


def test_without_the_balance_far_more_is_open() -> None:
    without = learned_tables.changed("no_border_balance")
    assert width(without) > 1.25 * width(fresh.estimate("serbia-learned").stock())
    of_balances = [row for row in learned_ratios(shipped_ratios()) if row.type == "border_balance"]
    shown = [row for row in of_balances if not row.without]
    assert sum(row.n_pairs for row in shown) == 7
    assert max(row.n_countries for row in shown) == 2
