"""Tests of figures that stand apart: what the others of a source say, and which one is named."""

import math
from dataclasses import replace

import numpy as np
import pytest

import popest
from popest.estimates.standouts import _left_out, standouts


@pytest.mark.parametrize("size", [2, 3, 7])
def test_what_the_others_lead_to_expect_is_the_conditional_normal(size: int) -> None:
    rng = np.random.default_rng(size)
    root = rng.standard_normal((size, size))
    covariance, mean = root @ root.T + np.eye(size), rng.standard_normal(size)
    off, sd = _left_out(mean, covariance, np.zeros((size, size)))
    for one in range(size):
        others = np.delete(np.arange(size), one)
        gain = covariance[one, others] @ np.linalg.inv(covariance[np.ix_(others, others)])
        variance = covariance[one, one] - gain @ covariance[others, one]
        assert off[one] == pytest.approx(mean[one] - gain @ mean[others])
        assert sd[one] == pytest.approx(math.sqrt(variance))


def register(sketch, **values: int) -> popest.Estimate:
    """The study whose register counts more; values by day, such as d20230930."""
    rows = tuple(
        (f"NEW{n}", "register", value, "", f"{day[1:5]}-{day[5:7]}-{day[7:]}")
        for n, (day, value) in enumerate(values.items())
    )
    return replace(sketch, rows=sketch.rows + rows).estimate()


def named(found: popest.Estimate) -> list[tuple[str, str]]:
    return [(each.observation, each.digits) for each in standouts(found.posterior)]


def test_a_glued_digit_is_named_and_not_only_its_source(moving) -> None:
    found = register(moving, d20220930=9301, d20230630=1050)
    assert named(found) == [("NEW0", "glued")]
    first, *others = found.warnings
    assert "NEW0 (register) is 9,301" in " ".join(found.warnings)
    assert "was a footnote's mark read as one?" in " ".join((first, *others))
    (standout,) = standouts(found.posterior)
    assert standout.expected == pytest.approx(930, rel=0.25)


def test_two_glued_digits_are_asked_about_and_no_digit_is_offered(moving) -> None:
    found = register(moving, d20220930=93012, d20230630=1050)
    assert named(found) == [("NEW0", "glued")]
    assert not any("930 " in text or "930." in text for text in found.warnings)


def test_a_lost_digit_is_asked_about(moving) -> None:
    assert named(register(moving, d20220930=193, d20230331=1010, d20230630=1050)) == [("NEW0", "")]
    tenth = register(moving.but("median = 100, sigma = 0.1", "median = 9, sigma = 0.1"),
                     d20220930=93, d20230331=1010, d20230630=1050)  # fmt: skip
    assert named(tenth) == [("NEW0", "missing")]
    assert any("With one digit more it would: was one lost?" in text for text in tenth.warnings)


def test_of_two_figures_the_one_that_the_ratio_speaks_against_is_named(moving) -> None:
    assert named(moving.counting("REG2", 10001).estimate()) == [("REG2", "glued")]
    assert named(moving.counting("REG1", 8001).estimate()) == [("REG1", "glued")]


@pytest.mark.parametrize(
    "values",
    [
        {"d20220930": 930, "d20230630": 1050},
        {"d20220930": 1400, "d20230331": 700, "d20230630": 1500},  # it scatters as a whole
        {"d20220930": 9301, "d20230630": 10400},  # two against two
    ],
)
def test_no_figure_is_named_where_none_stands_apart(moving, values: dict[str, int]) -> None:
    assert named(register(moving, **values)) == []


def test_one_figure_alone_has_no_others(static) -> None:
    assert named(static.counting("REG1", 90_000).estimate()) == []


@pytest.mark.parametrize("study", ["serbia", "serbia-report-2024"])
def test_the_shipped_studies_have_none(study: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue("serbia" if study == "serbia" else "report")
    assert standouts(found.posterior) == []


def test_the_template_with_a_footnote_glued_to_a_figure(tmp_path) -> None:
    folder = popest.write_template(str(tmp_path / "graustark"))
    study = popest.load_study(folder).with_observation(
        "residents", 29_501, end="2023-12-31", published="2024-02-15", recorded="2026-11-20"
    )
    assert [row.value for row in study.used if row.source == "residents"][:2] == [2500, 2810]
    warnings = popest.estimate(study).warnings
    assert any(text.startswith("bad fit: RES03 (residents) is 29,501") for text in warnings)
    assert any(text.startswith("RES03 is 29,501, many times the nearest") for text in warnings)
    assert not any("2,950" in text for text in warnings)
