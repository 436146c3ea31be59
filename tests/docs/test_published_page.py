"""Tests of the page of published cases: its table, and the numbers that its sentences state."""

from collections.abc import Callable

import published_cases
import pytest
from published_cases import Case, cases, estimate_of, found

PAGE = "docs/published-cases.md"
CASES = {case.name: case for case in cases()}


@pytest.fixture(scope="module")
def prose(page: Callable[[str], str]) -> str:
    return " ".join(page(PAGE).split())


def apart(name: str, number: str = "q50", place: int = 0) -> float:
    """How far popest lies from a number of others, in percent."""
    case: Case = CASES[name]
    answer = case.answers[place]
    return 100 * (found(case, answer, number) / answer.numbers[number] - 1)


def most(name: str, numbers: tuple[str, ...]) -> float:
    return max(
        abs(apart(name, number, place))
        for place, answer in enumerate(CASES[name].answers)
        for number in numbers
        if number in answer.numbers
    )


def test_the_table_has_every_case(page: Callable[[str], str]) -> None:
    assert "```{generated} published-cases\n```" in page(PAGE)
    lines = published_cases.published_cases().splitlines()
    assert {line.split("`")[1] for line in lines[2:]} == {*CASES}
    assert all(line.count("|") == 7 and line.endswith(" % |") for line in lines[2:])


def test_every_case_is_told(prose: str) -> None:
    names = [name for name in CASES if not name.startswith("bangladesh-")]
    told = (
        "`closed-form-a`",
        "`b1` to `b3`",
        "`closed-form-c`",
        "`survey`",
        "`czechia`",
        "`ireland`",
    )
    assert all(name in prose.replace("`closed-form-b1`", "`b1`") for name in told)
    assert "## Kampala" in prose and "## Greenland" in prose
    assert len(names) == 10
    for district in (
        "Dhaka",
        "Chapai Nawabganj",
        "Rajshahi",
        "Chandpur",
        "Chittagong",
        "Mymensingh",
    ):
        assert f"**{district}" in prose


def test_what_is_said_of_exact_answers(prose: str) -> None:
    evidence = estimate_of("closed-form-a").draws.log_evidence
    assert f"that of the counts, \N{MINUS SIGN}{-(evidence or 0):.1f};" in prose
    assert CASES["closed-form-a"].answers[0].numbers["log_evidence"] == pytest.approx(
        -0.896, abs=1e-3
    )
    assert max(most(f"closed-form-b{n}", ("q025", "q50", "q975")) for n in (1, 3)) < 0.6
    assert most("closed-form-b2", ("mean",)) < 1 and "the slice engine for all" in prose
    assert most("closed-form-c", ("q50",)) < 0.7
    assert most("closed-form-c", ("q025", "q975")) < 1.5
    assert apart("survey") > 0 and "from 149 to 159; popest is 2 % from that" in prose
    assert 100 * (estimate_of("survey").stock().median / 159 - 1) == pytest.approx(2, abs=0.5)


def test_what_is_said_of_bangladesh(prose: str) -> None:
    dhaka = CASES["bangladesh-dhaka"]
    ours = [found(dhaka, dhaka.answers[0], bound) for bound in ("q025", "q975")]
    theirs = [dhaka.answers[0].numbers[bound] for bound in ("q025", "q975")]
    wider = (ours[1] - ours[0]) / (theirs[1] - theirs[0])
    assert f"interval is {wider:.1f} times as wide" in prose
    assert (
        f"= {191 * 201 / 121:.0f}, yet" in prose
        and f"400 \N{MULTIPLICATION SIGN} 201 / 121 = {400 * 201 / 121:.0f}" in prose
    )
    above, below = apart("bangladesh-rajshahi"), apart("bangladesh-chandpur")
    assert f"its medians are {above:.0f} % above and {-below:.0f} % below" in prose
    assert f"is {1 + apart('bangladesh-rajshahi', 'q975') / 100:.1f} times the paper's" in prose
    warnings = estimate_of("bangladesh-chapai").warnings
    assert any(text.startswith("bad fit: NEP1 (nep) is 191, below") for text in warnings)


def test_what_is_said_of_kampala_and_greenland(prose: str) -> None:
    paper, flat, by_size = (apart("kampala", place=place) for place in range(3))
    assert flat < paper < by_size and flat < 0 < by_size
    stocks = [abs(apart("greenland", place=place)) for place in range(4)]
    assert f"agree within {max(stocks):.1f} %".replace("0.", ".") in prose
    last = CASES["greenland"].answers[-1]
    assert (last.flow, last.year) == ("departures", 2022)
    left = found(CASES["greenland"], last, "q50")
    below = 100 * (1 - left / 2914)
    assert (
        f"{-apart('greenland', place=-1):.0f} % below the package's and {below:.0f} % below"
        in prose
    )


def test_what_is_said_of_ukrainians(prose: str) -> None:
    early = [apart("ireland", place=place) for place in range(5)]
    assert f"up to {max(early):.0f} % higher" in prose and min(early) > 1
    assert abs(apart("ireland", place=5)) < 1
    truth, prototype, _ = CASES["czechia"].answers
    assert abs(prototype.numbers["q50"] - truth.numbers["q50"]) < abs(
        found(CASES["czechia"], truth, "q50") - truth.numbers["q50"]
    )
