"""Tests of the README: two commands, and every number as a fresh estimate prints it."""

import math
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import popest
from popest.cli import app
from popest.cli.printing import EXIT_NOT_CERTIFIED
from popest.estimates import Distribution, VariantRow
from popest.estimates.words import as_text, likely, persons

README = "README.md"
LONGEST_README = 120
DAYS = ("2022-12-31", "2023-12-31", "2024-12-31")

Page = Callable[[str], str]
Estimates = dict[str, popest.Estimate]
Variants = dict[str, list[VariantRow]]


def prose(text: str) -> str:
    """The text with every line break and run of spaces as one space."""
    return " ".join(text.split())


def bounds(stock: Distribution, prob: float) -> str:
    interval = stock.interval(prob)
    return f"{persons(interval.lower)} to {persons(interval.upper)}"


def stocks(rows: list[VariantRow]) -> list[Distribution]:
    assert all(row.headline is not None for row in rows)
    return [row.headline for row in rows if row.headline is not None]


def test_the_readme_is_short(page: Page) -> None:
    assert len(page(README).splitlines()) <= LONGEST_README


def test_exactly_two_commands_set_up_and_run(
    root: Path, blocks: Callable[[str, str], list[str]], page: Page
) -> None:
    commands = [line for text in blocks(README, "sh") for line in text.splitlines()]
    assert commands == ["./run estimate", "./run tests"]
    assert set(re.findall(r"\./run \w+", page(README))) == set(commands)
    told = subprocess.run(["sh", root / "run", "help"], capture_output=True, text=True, check=True)
    assert set(re.findall(r"\./run \w+", told.stdout)) == set(commands)


def test_what_the_first_command_prints(
    blocks: Callable[[str, str], list[str]], estimates: Estimates
) -> None:
    (printed,) = blocks(README, "text")
    assert printed.count("\n") > 10
    assert as_text(estimates["serbia"], details=False) + "\n" == printed


def test_the_table_of_the_studies(
    tables: Callable[[str], list[list[list[str]]]], estimates: Estimates, variants: Variants
) -> None:
    (table,) = tables(README)
    (head, *names), *rows = table
    assert head == "persons"
    for column, name in enumerate(names, start=1):
        estimate = estimates[name.strip("`")]
        assert estimate.settings.seed == 1
        study, last = estimate.study, estimate.study.last_count
        assert last is not None
        surveys = [s for s in study.specification.source.values() if s.measure == "shares"]
        medians = [row.median for row in stocks(variants[study.name])]
        own = study.specification.headline.last
        prior = estimate.prior_stock(own)
        days = {
            f"{day}: median, 90 % interval": answer(estimate.stock(day))
            for day in DAYS
            if day <= str(own)
        }
        assert {row[0]: row[column] for row in rows} == {
            "figures used": f"{len(study.used)} counts, {len(surveys)} survey",
            **{f"{day}: median, 90 % interval": "no count" for day in DAYS},
            **days,
            "headline": str(own),
            "probability of 30,000 to 40,000": likely(estimate.probability(30_000, 40_000)),
            "prior: median, 90 % interval": answer(prior),
            "medians of the variants": f"{persons(min(medians))} to {persons(max(medians))}",
        }


def answer(stock: Distribution) -> str:
    return f"{persons(stock.median)}, {bounds(stock, 0.9)}"


def test_what_the_figures_of_the_report_leave_open(page: Page, estimates: Estimates) -> None:
    estimate = estimates["serbia-report-2024"]
    lower, upper, *_ = estimate.interval(0.9)
    text = prose(page(README))
    assert f"they leave {lower / 1e3:.0f} to {upper / 1e3:.0f} thousand open" in text
    assert f"more than 30,000 is about as likely ({likely(1 - below(estimate, 30_000))})" in text
    ratio = estimate.study.specification.source["residence_permits"].ratio
    assert ratio is not None
    low, high = ratio.interval90
    assert f"permits in force may be {low:.1f} or {high:.1f} times the people" in text


def test_what_learned_ratios_do(page: Page, estimates: Estimates) -> None:
    by_hand, learned = (estimates[name].stock() for name in ("serbia", "serbia-learned"))
    width, wider = (
        stock.interval(0.9).upper - stock.interval(0.9).lower for stock in (by_hand, learned)
    )
    text = prose(page(README))
    assert f"the interval is {wider / width - 1:.0%} wider".replace("%", " %") in text
    assert f"the median {persons(round(learned.median - by_hand.median, -2))} higher" in text


def below(estimate: popest.Estimate, value: float) -> float:
    return estimate.probability(-1, value)


def test_what_visitors_at_the_border_do(page: Page, variants: Variants) -> None:
    """What the sources do when they are left out is in tests/report/test_one_answer.py."""
    named = {row.name: row for row in variants["serbia"]}
    none, double = stocks([named["border_bias_zero"], named["border_bias_double"]])
    text = prose(page(README))
    assert f"with none the median is {persons(none.median)}" in text
    assert f"with twice as many {persons(double.median)}." in text


def test_what_stands_for_and_against_the_range(
    page: Page, estimates: Estimates, variants: Variants
) -> None:
    named = {row.name: row for row in variants["serbia"]}
    stay, left = stocks([named["renewal_80"], named["departures_high"]])
    text = prose(page(README))
    share = likely(estimates["serbia"].probability(30_000, 40_000))
    assert f"More likely than not ({share} at the end of 2024)" in text
    assert f"without renewing their permits ({persons(stay.median)})" in text
    assert f"have left ({persons(left.median)})" in text


def test_what_the_warning_means(page: Page, estimates: Estimates) -> None:
    (relayed,) = estimates["serbia"].warnings
    assert relayed.startswith("RES10 ")
    assert "Others tell 30,000 (RES10) as a total" in prose(page(README))


def test_how_far_the_variants_reach(page: Page, variants: Variants) -> None:
    reach = {
        name: (
            persons(min(stock.interval(0.9).lower for stock in stocks(rows))),
            persons(max(stock.interval(0.9).upper for stock in stocks(rows))),
        )
        for name, rows in variants.items()
    }
    serbia, report = reach["serbia"], reach["serbia-report-2024"]
    assert (
        f"from {serbia[0]} to {serbia[1]} in `serbia` and from {report[0]} to {report[1]} in "
        f"`serbia-report-2024`"
    ) in prose(page(README))


def test_how_far_another_seed_moves_the_median(page: Page) -> None:
    (percent,) = re.findall(r"another seed moves the median by some (0\.\d) %", prose(page(README)))
    study = popest.load_study("serbia")
    medians = [popest.estimate(study, seed=seed).stock().median for seed in range(8)]
    mean = sum(medians) / len(medians)
    sd = math.sqrt(sum((median - mean) ** 2 for median in medians) / (len(medians) - 1))
    assert sd / mean == pytest.approx(float(percent) / 100, rel=0.5)


def test_the_exit_codes(page: Page) -> None:
    (sentence,) = re.findall(r"Exit codes: (.*?)\.", prose(page(README)))
    codes = {
        int(number): meaning
        for number, meaning in (part.split(" ", 1) for part in sentence.split("; "))
    }
    assert list(codes) == [0, 1, 2, 3, 4, 5, 130]
    expected = {
        "unexpected": app.EXIT_UNEXPECTED,
        "usage": app.EXIT_USAGE,
        "a study is invalid": app.EXIT_INVALID,
        "interrupted": app.EXIT_INTERRUPTED,
    }
    assert {meaning: number for number, meaning in codes.items()}.items() >= expected.items()
    assert codes[EXIT_NOT_CERTIFIED].startswith("not certified")


def test_the_version_to_cite(page: Page) -> None:
    assert f"popest {popest.__version__}," in page(README)
