"""Tests of the page that writes a study: its files, its commands and its numbers."""

import re
from collections.abc import Callable
from pathlib import Path

import pictures
import pytest

import popest
from popest.checks import CheckReport
from popest.estimates.words import persons
from popest.study import Study

PAGE = "docs/how-to/another-population.md"
TRUTH = 326_000
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def prose(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def before(text: str, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study that the page shows in full."""
    folder = tmp_path_factory.mktemp("before") / "ukrainians"
    pictures.write_study(text, folder)
    return popest.load_study(folder)


@pytest.fixture(scope="module")
def ran(
    text: str, shell: Callable[[str, Path], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, str]:
    """The study after all commands of the page, and what they printed."""
    folder = tmp_path_factory.mktemp("page")
    pictures.write_study(text, folder / "ukrainians")
    printed = shell("\n".join(SHELL.findall(text)), folder)
    return popest.load_study(folder / "ukrainians"), printed


def headline(estimate: popest.Estimate) -> str:
    lower, upper, *_ = estimate.interval(0.9)
    return (
        f"Ukrainians under temporary protection in Czechia, 2023-04-01: between {persons(lower)} "
        f"and {persons(upper)} persons with 90 % probability, median "
        f"{persons(estimate.stock().median)}."
    )


def test_the_commands_run_and_print_what_the_page_shows(
    ran: tuple[Study, str], text: str, blocks: Callable[[str, str], list[str]]
) -> None:
    printed = ran[1]
    assert all(block in printed for block in blocks(PAGE, "text"))
    assert "ukrainians: no problems." in printed
    assert "Added REG01 to ukrainians/observations.csv" in printed


def test_no_prior_rests_on_a_figure_that_the_study_uses_or_on_the_truth(before: Study) -> None:
    told = re.findall(r'because = "([^"]*)"', before.specification_text)
    assert len(told) == 7
    values = {f"{row.value:,}" for row in before.observations} | {f"{TRUTH:,}"}
    assert [reason for reason in told if any(value in reason for value in values)] == []


def test_where_the_truth_lay_the_day_before(before: Study, prose: str) -> None:
    estimate = popest.estimate(before)
    stock = estimate.stock()
    assert headline(estimate) in prose
    assert stock.interval(0.9).lower < TRUTH < stock.interval(0.5).lower
    assert f"{100 * stock.percentile_of(TRUTH):.0f} % of the probability lay below it" in prose
    assert f"the median was {100 * (stock.median / TRUTH - 1):.0f} % too high" in prose


def test_what_decisions_say_by_themselves(before: Study, prose: str) -> None:
    alone = before.without("working", "pupils", "status_holders")
    lower, upper, *_ = popest.estimate(alone).interval(0.9)
    assert f"by themselves they would leave {persons(lower)} to {persons(upper)}." in prose


def test_what_the_width_comes_from(before: Study, prose: str) -> None:
    report: CheckReport = popest.run_checks(before, only=["drivers", "conflict"])
    assert report["conflict"].sentence.startswith("None of the 4 sources contradicts")
    first, second, *_ = report["drivers"].table
    assert (first["part"], second["part"]) == (
        "the ratio of working",
        "the ratio of status_holders",
    )
    left = [100 * (1 - float(row["width_left"] or 0)) for row in (first, second)]
    assert f"{left[0]:.0f} % of the width comes from not knowing what share of those" in prose
    assert f"at work, {left[1]:.0f} % from not knowing how many keep" in prose


def test_the_day_after(ran: tuple[Study, str], before: Study, prose: str) -> None:
    after = popest.estimate(ran[0])
    assert headline(after) in prose
    assert headline(popest.estimate(ran[0].as_of("2023-03-31"))) == headline(
        popest.estimate(before)
    )
    old, new = (
        {ratio.source: f"{ratio.posterior[0]:.2f}" for ratio in estimate.ratios_learned}
        for estimate in (popest.estimate(before), after)
    )
    status = "status_holders"
    assert f"{old[status]} of those present by the day before, {new[status]} after" in prose
    assert (
        f"guessed well: {new['working']} and {new['pupils']} of those present after the "
        f"registration, {old['working']} and {old['pupils']} before."
    ) in prose


def test_what_learned_ratios_say(prose: str) -> None:
    estimate = popest.estimate("czechia-2023")
    stock, (lower, upper, *_) = estimate.stock(), estimate.interval(0.9)
    assert lower < TRUTH < upper
    assert (
        f"It says {persons(lower)} to {persons(upper)}, median {persons(stock.median)}, with the "
        f"truth at its {100 * stock.percentile_of(TRUTH):.0f}"
    ) in prose
