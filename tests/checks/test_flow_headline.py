"""Tests of the checks of a flow: what they compute where it is known, and that none says stock."""

import math
from typing import Any

import pytest

from constant_flow import (
    CONSTANT,
    ERROR,
    FIRST,
    LAST,
    LEVEL,
    LEVEL_SD,
    RATIO_SD,
    ROW,
    SHARES,
    level,
)
from popest.checks import CheckReport, run_checks
from popest.checks.methods.calibration import quantities
from popest.checks.result import Context
from popest.language.catalogue import languages
from popest.study import Study, study_from_texts
from small_study import HEADER

NAMES = ("drivers", "leave-one-out", "next-figure", "ridge", "sensitivity", "tipping", "variants")


@pytest.fixture(scope="module")
def constant() -> Study:
    return study_from_texts("constant", CONSTANT, HEADER + ROW)


@pytest.fixture(scope="module")
def found(constant: Study) -> CheckReport:
    return run_checks(constant, only=NAMES, quick=True)


def test_without_its_only_source_a_flow_is_what_was_assumed(found: CheckReport) -> None:
    rows = {row["case"]: row for row in found["leave-one-out"].table}
    whole, prior = rows["all sources"], rows["without permits"]
    assert prior["median"] == pytest.approx(LEVEL * SHARES, rel=0.03)
    assert whole["median"] == pytest.approx(math.exp(level().mean) * SHARES, rel=0.02)
    reach = 1.6449 * LEVEL_SD
    assert math.log(_number(prior["upper"]) / LEVEL / SHARES) == pytest.approx(reach, rel=0.06)


def _number(cell: Any) -> float:
    return float(cell)


def test_a_ratio_explains_the_share_that_the_normal_says(found: CheckReport) -> None:
    """The level is what is asked, and no part that could be known."""
    (row,) = found["drivers"].table
    known = 1 / (1 / LEVEL_SD**2 + 1 / (ERROR**2 + 0.01**2))
    assert row["part"] == "the ratio of permits"
    assert row["share_of_variance"] == pytest.approx(1 - known / level().variance, abs=0.03)
    assert "the interval of the log arrivals would be left" in found["drivers"].sentence


def test_tipping_asks_for_the_flow(found: CheckReport) -> None:
    row = found["tipping"].table[0]
    exceeds = 1 - level().cdf(math.log(150 / SHARES))
    assert row["probability_now"] == pytest.approx(exceeds, abs=0.02)
    assert found["tipping"].sentence.startswith("P(arrivals > 150 persons) is ")


def test_one_more_figure_narrows_the_flow(constant: Study, found: CheckReport) -> None:
    assert f"interval of the arrivals from {FIRST} to {LAST} from" in found["next-figure"].sentence
    asked = run_checks(constant, only=["next-figure"], quick=True, date="2022-12-31")
    assert "interval of the stock on 2022-12-31 from" in asked["next-figure"].sentence


def test_calibration_ranks_the_flow(constant: Study) -> None:
    assert quantities(Context(constant).model) == ("arrivals", "ratio of permits")


@pytest.mark.parametrize("name", NAMES)
def test_no_picture_says_stock(found: CheckReport, name: str) -> None:
    axes = found[name].plot()
    said = [str(each.get_text()) for each in axes.figure.findobj(lambda a: hasattr(a, "get_text"))]
    assert any(said) and not [text for text in said if "stock" in text]


@pytest.mark.parametrize("language", languages())
def test_every_quick_check_has_a_sentence(constant: Study, language: str) -> None:
    report = run_checks(constant, only=["drivers", "tipping"], quick=True, language=language)
    assert all(result.sentence.endswith(".") for result in report.results)


def test_sensitivity_moves_with_the_ratio(found: CheckReport) -> None:
    """A ratio prior higher by one tau lowers the log level by the gain times tau."""
    rows = {row["case"]: row for row in found["sensitivity"].table}
    moved = math.log(
        _number(rows["permits: ratio +1 tau"]["median"])
        / _number(rows["the study itself"]["median"])
    )
    gain = 1 - level().variance / LEVEL_SD**2
    assert moved == pytest.approx(-gain * RATIO_SD, abs=0.02)
