"""The pairs: the published ones accounted for, every rule with a file that breaks it."""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from popest.ratios.pairs.load import load_pairs, read_pairs
from popest.ratios.pairs.records import (
    GRADES,
    MOST_MONTHS_APART,
    PAIR_COLUMNS,
    REGIMES,
    TYPES,
    Pair,
)
from popest.study.files.reading import PAIRS_FILE, decoded
from popest.study.problems import Problem, StudyError

DATA = Path(__file__).parents[1] / "data"
FOLDER = Path(__file__).parents[2] / "data" / "calibration"
FIGURE = re.compile(r"\b[A-Z]{3}[0-9]{2}\b(?!-P)")

NO_PAIR = {
    "GEO04": "entries of one year, which enter only as a balance with GEO05",
    "GEO05": "exits of one year; the balance with GEO04 is negative and has no truth beside it",
    "GEO07": "bank accounts, which no type counts",
    "KAZ01": "tax numbers of Kazakhstan, for which no total was found",
    "BEL01": "a total of the world, beside which no indicator stands",
}
"""Figures of the published table that are in no pair, and why."""

WITHOUT_RATIO = {"CZG01", "ITD05", "RUV04", "NGE01"}
"""Published pairs of which one value was not read, or is negative."""


def published(name: str) -> dict[str, str]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return {key: value for key, value in list(csv.reader(file))[1:]}


RATIOS = published("published_pairs.csv") | published("published_pairs_2.csv")
FIGURES = published("published_calibration_figures.csv")


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    return {pair.id: pair for pair in load_pairs(FOLDER)}


# The table that ships.


def test_the_published_tables_are_whole() -> None:
    assert (len(RATIOS), len(FIGURES)) == (185 + 28, 56)


def test_every_published_pair_is_on_file_with_its_ratio(pairs: dict[str, Pair]) -> None:
    assert set(RATIOS) <= set(pairs)
    assert {name for name, ratio in RATIOS.items() if not ratio} == WITHOUT_RATIO
    for name, ratio in RATIOS.items():
        if ratio:  # printed with three decimals, on file with four digits
            assert pairs[name].ratio == pytest.approx(float(ratio), rel=5e-4, abs=5.1e-4), name


def test_what_is_not_published_says_what_it_was_made_from(pairs: dict[str, Pair]) -> None:
    for name in set(pairs) - set(RATIOS):
        parents = FIGURE.findall(pairs[name].note.partition(":")[0].partition(",")[0])
        assert pairs[name].note.startswith("From "), name
        assert parents and set(parents) <= set(RATIOS) | set(FIGURES), name


def test_every_published_figure_is_in_a_pair_or_has_a_reason(pairs: dict[str, Pair]) -> None:
    named = {name for pair in pairs.values() for name in FIGURE.findall(pair.note)}
    assert set(FIGURES) - named == set(NO_PAIR)


def test_the_figures_of_derived_pairs_are_the_published_ones(pairs: dict[str, Pair]) -> None:
    value = {name: float(figure) for name, figure in FIGURES.items()}
    expected = {
        "CZE-P01": value["CZE13"] / value["CZE14"],
        "CZE-P03": value["CZE07"] / value["CZE14"],
        "CZE-P06": value["CZE10"] / value["CZE14"],
        "CZE-P07": value["CZE15"] / value["CZE16"],
        "CZE-P08": value["CZE06"] / value["CZE14"],
        "CZE-P09": value["CZE11"] / value["CZE14"],
        "IRL-P01": 100 / value["IRL10"],
        "IRL-P06": 100 / value["IRL08"],
        "IRL-P08": (value["IRL14"] + value["IRL15"]) / value["IRL11"] / value["IRL12"] * 100,
        "GEO-P01": value["GEO06"] / (value["GEO02"] - value["GEO03"]),
        "ARM-P01": (value["ARM02"] + value["ARM03"]) / value["ARM01"],
        "UKS-P01": value["UKS02"] / value["UKS03"],
    }
    assert {name: pairs[name].ratio for name in expected} == pytest.approx(expected, rel=1e-3)


def test_ireland_gives_six_releases_whose_ratio_rises(pairs: dict[str, Pair]) -> None:
    releases = [pairs[f"IRL-P{number:02d}"] for number in range(1, 7)]
    months = [pair.months_since_wave for pair in releases]
    assert months == sorted(months, key=lambda month: month or 0) and len(set(months)) == 6
    assert [pair.ratio for pair in releases] == sorted(pair.ratio for pair in releases)
    assert {(pair.type, pair.regime, pair.block) for pair in releases} == {
        ("cumulative_issued", "wave", "ireland-ukrainians")
    }


def test_months_are_counted_from_the_invasion(pairs: dict[str, Pair]) -> None:
    for pair in pairs.values():
        day = pair.indicator_date
        if pair.use and pair.regime in ("wave_unverified", "early") and day is not None:
            months = (day.year - 2022) * 12 + day.month - 2 - (day.day < 24)
            assert pair.months_since_wave == months, pair.id


def test_every_type_and_regime_has_a_used_pair(pairs: dict[str, Pair]) -> None:
    found = {(pair.type, pair.regime) for pair in pairs.values() if pair.use}
    every = {(name, regime) for name, own in TYPES.items() for regime in own or ("",)}
    assert every - found == {("voters", "")}, "no truth lies near enough to a vote"


def test_every_row_argues_for_itself(pairs: dict[str, Pair]) -> None:
    notes = [pair.note for pair in pairs.values()]
    assert len(set(notes)) == len(notes) == 269
    assert min(map(len, notes)) >= 60


def test_the_rule_decides_which_pairs_are_used(pairs: dict[str, Pair]) -> None:
    for pair in pairs.values():
        assert pair.use == (pair.broken_rule == ""), pair.id
        if pair.use:
            assert pair.months_apart <= MOST_MONTHS_APART, pair.id
        elif pair.broken_rule == "far_in_time":
            assert pair.months_apart > MOST_MONTHS_APART, pair.id


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("truth_from_indicator", "NLD01 NOR01 LAG05 SRB05"),
        ("truth_is_indicator", "CZD01 CZD06 CZC02 ESD03 ARX03 ARM-P01 OEC02-P01 DEG01 NCZ01 FIN01"),
        ("better_pair", "CAN10 GEX03 GEX02 NIE01 JPN01"),
        ("far_in_time", "ROV01 ROV02 ROV12 RUV01 CHL05 NLV02"),
        ("no_stock", "NGE01 NHU01 IRC01-P01 HFU01"),
    ],
)
def test_like_pairs_are_judged_alike(pairs: dict[str, Pair], rule: str, names: str) -> None:
    assert {pairs[name].broken_rule for name in names.split()} == {rule}


def test_a_shared_register_or_truth_is_one_block(pairs: dict[str, Pair]) -> None:
    for names in (
        "LVA01 LVA02 LVA03",
        "ITA02 ITA03 ITA04 ITA05 ITA06 ITA11 ITA21",
        "ESP11 ESP12 ESP13 ESP14 ESP15 ESP16 ESP21",
        "CZE21 CZE-P01 CZE-P06 CZE-P08",
        "DEU01 DEU21 DEU24",
    ):
        assert len({pairs[name].block for name in names.split()}) == 1, names


def test_the_page_states_the_counts(pairs: dict[str, Pair]) -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    used = [pair for pair in pairs.values() if pair.use]
    for name, own in TYPES.items():
        for regime in own or ("",):
            rows = [pair for pair in used if (pair.type, pair.regime) == (name, regime)]
            blocks = len({pair.block for pair in rows})
            countries = len({pair.country for pair in rows})
            label = f"{name}.{regime}" if regime else name
            if not rows:
                assert f"| `{label}` | 0 |" in page
                continue
            assert f"| `{label}` | {len(rows)} | {blocks} | {countries} |" in page
    blocks, countries = ({getattr(pair, key) for pair in used} for key in ("block", "country"))
    total = f"{len(pairs)} rows, {len(used)} of them used: {len(blocks)} blocks"
    assert f"{total} in {len(countries)} countries" in page
    grades = [sum(pair.truth_grade == grade for pair in used) for grade in GRADES]
    assert "{} have a truth of grade A, {} one of B and {} one of C".format(*grades) in page
    assert all(f"`{column}`" in page for column in PAIR_COLUMNS)
    assert all(name in page for name in (*REGIMES, *NO_PAIR))


# The rules.

GOOD = {
    "id": "AAA01",
    "country": "Ruritania",
    "population": "citizens of A",
    "type": "cumulative_issued",
    "regime": "wave",
    "indicator": "numbers issued",
    "indicator_value": "1200",
    "indicator_date": "2023-02-28",
    "truth": "holders after re-registration",
    "truth_value": "800",
    "truth_date": "2023-03",
    "ratio": "1.5",
    "months_since_wave": "12",
    "truth_grade": "A",
    "block": "ruritania-2023",
    "rounding": "0.01",
    "use": "yes",
    "recorded": "2023-06-01",
    "publisher": "Ministry",
    "url": "https://example.org",
    "provenance": "read in source",
    "supersedes": "",
    "note": "All numbers that were ever issued, against those who came to register.",
    "definition": "stay",
    "broken_rule": "",
}


def row(name: str = "AAA01", **cells: str) -> dict[str, str]:
    population = GOOD["population"] if name == "AAA01" else f"citizens of {name}"
    return GOOD | {"id": name, "population": population} | cells


def text_of(*rows: dict[str, str]) -> bytes:
    lines = [",".join(PAIR_COLUMNS)]
    lines += [",".join(f'"{cells[column]}"' for column in PAIR_COLUMNS) for cells in rows]
    return "\n".join(lines).encode() + b"\n"


def problems_of(*rows: dict[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(StudyError) as caught:
        read_pairs(decoded(PAIRS_FILE, text_of(*rows)))
    return caught.value.problems


@dataclass(frozen=True)
class Case:
    """One edit of a valid row, and the one problem that it must give."""

    cells: dict[str, str]
    field: str
    rule: str
    remedy: str


def case(field: str, value: str, rule: str, remedy: str, **cells: str) -> Case:
    return Case({field: value, **cells}, field, rule, remedy)


CASES = [
    case("id", "A A", "must be 1 to 64 letters", "such as RES07"),
    case("country", "", "is missing", "write the country"),
    case("population", " ", "is missing", "write who is counted"),
    case("type", "firm", "is not a known type", "did you mean firms? write one of"),
    case("regime", "waves", "is not a known regime", "did you mean wave?"),
    case("regime", "optional", "is not a regime of cumulative_issued", "one of wave, settled"),
    case("regime", "", "is missing: cumulative_issued has regimes", "write one of wave, settled"),
    case("regime", "wave", "is not a regime of firms", "remove it", type="firms"),
    case("regime", "wave", "stands beside no type", "remove it", type="", use="no",
         definition="", broken_rule="no_type"),
    case("definition", "", "is missing: a pair of cumulative_issued.wave has one", "stay, transit"),
    case("definition", "any_stay", "is not a definition of cumulative_issued.wave", "write one of"),
    case("definition", "stay", "is not a definition of firms", "remove it", type="firms", regime="",
         months_since_wave=""),
    case("broken_rule", "no_truth", "is used, though no truth", "set use = no"),
    case("broken_rule", "bad", "is not a known rule of use", "write one of"),
    case("broken_rule", "", "is missing from a pair that is not used", "write one of", use="no"),
    case("use", "yes", "its two figures lie 29 months apart", "far_in_time",
         indicator_date="2020-10-31"),
    case("indicator", "", "is missing", "write what the indicator counts"),
    case("indicator_value", "1,200", "must be a number above 0", "such as 488200 or 0.62"),
    case("indicator_value", "01200", "begins with 0, as codes do", "write 1200"),
    case("indicator_value", ":", "not available", "there is no figure"),
    case("indicator_value", "1200 p", "provisional", "write 1200;"),
    case("indicator_value", "0", "must be a number above 0", "write digits"),
    case("truth_value", "-800", "must be a number above 0", "write digits"),
    case("indicator_date", "Feb 2023", "must be a period written", "2024-12"),
    case("truth_date", "2023-13", "must be a period written", "2024-12"),
    case("truth_date", "", "is missing from a used pair", "write the day, month or year"),
    case("truth", "", "is missing from a used pair", "set use = no"),
    case("type", "", "is missing from a used pair", "set use = no", regime="",
         months_since_wave="", definition=""),
    case("ratio", "1.6", "is not 1200 / 800 within 0.5 %", "write 1.5"),
    case("ratio", "1.51", "is not 1200 / 800 within 0.5 %", "write 1.5"),
    case("ratio", "", "is missing from a used pair", "write indicator_value / truth_value"),
    case("ratio", "", "is missing, though both values stand", "write 1.5", use="no",
         broken_rule="no_stock"),
    case("ratio", "1.5", "stands without both", "leave the ratio out", use="no", truth_value="",
         broken_rule="no_truth"),
    case("months_since_wave", "", "a pair of cumulative_issued.wave has an age", "whole months"),
    case("months_since_wave", "1.5", "must be a whole number of months", "write for example 12"),
    case("months_since_wave", "12", "numbers issued and to waves only", "remove it", type="firms",
         regime="", definition=""),
    case("truth_grade", "D", "is not a known grade", "write one of A, B, C"),
    case("truth_grade", "", "is missing from a used pair", "write A, B or C"),
    case("block", "", "is missing from a used pair", "one truth or register"),
    case("block", "two words", "without spaces", "germany-census-2011"),
    case("rounding", "1.0", "from 0 to below 1", "half a unit"),
    case("rounding", "", "is missing from a used pair", "0 when both are exact"),
    case("use", "maybe", "must be yes or no", "write yes"),
    case("recorded", "2023-02-01", "precedes its indicator_date, 2023-02-28", "was added",
         truth_date="2023-01"),
    case("publisher", "", "is missing", "write who published"),
    case("provenance", "", "is missing", "read in source"),
    case("note", "", "is missing", "why the row has its type, block and grade"),
    case("supersedes", "AAA99", "is not the id of a row", "write the id of a row above"),
]  # fmt: skip


@pytest.mark.parametrize("broken", CASES, ids=lambda one: f"{one.field}-{one.rule[:30]}")
def test_breaking_a_rule_is_one_problem_that_says_what_to_write(broken: Case) -> None:
    (problem,) = problems_of(row("AAA00"), row(**broken.cells))
    assert (problem.file, problem.line, problem.field) == (PAIRS_FILE, 3, broken.field)
    assert (problem.value or "") == broken.cells.get(broken.field, GOOD[broken.field])
    assert broken.rule in problem.rule
    assert broken.remedy in problem.remedy


def test_a_message_names_file_line_value_rule_and_remedy() -> None:
    (problem,) = problems_of(row(), row("AAA02", ratio="2"))
    assert str(problem) == ('pairs.csv:3: ratio "2" - is not 1200 / 800 within 0.5 % - write 1.5')


def test_all_problems_come_at_once() -> None:
    found = problems_of(row(ratio="2", note=""), row("AAA02", block="", use="perhaps"))
    assert [(problem.line, problem.field) for problem in found] == [
        (2, "note"),
        (2, "ratio"),
        (3, "use"),
    ]


CORRECTIONS: list[tuple[str, Callable[[], list[dict[str, str]]], str, str]] = [
    (
        "two replacements",
        lambda: [row(), row("AAA02", supersedes="AAA01"), row("AAA03", supersedes="AAA01")],
        "is superseded by AAA02 already",
        "write AAA02, the row in force",
    ),
    (
        "a row below",
        lambda: [row(supersedes="AAA02"), row("AAA02")],
        "names a row that is not above",
        "append this row below",
    ),
    (
        "itself",
        lambda: [row(supersedes="AAA01")],
        "names a row that is not above",
        "append this row below",
    ),
    (
        "recorded before what it corrects",
        lambda: [row(recorded="2023-07-01"), row("AAA02", supersedes="AAA01")],
        "precedes the day on which AAA01 was recorded",
        "the day on which the row was added",
    ),
    (
        "another country",
        lambda: [row(), row("AAA02", country="Graustark", supersedes="AAA01")],
        "is a pair of another country, Ruritania",
        "a pair of the same country",
    ),
    (
        "an id twice",
        lambda: [row(), row(use="no", broken_rule="disproved")],
        "stands on line 2 already",
        "an id of its own",
    ),
    (
        "the same evidence twice",
        lambda: [row(), row("AAA02", population="citizens of A")],
        "repeats AAA01, which is used too",
        "set use = no for one of them",
    ),
]


@pytest.mark.parametrize(
    ("rows", "rule", "remedy"),
    [one[1:] for one in CORRECTIONS],
    ids=[one[0] for one in CORRECTIONS],
)
def test_a_broken_correction_is_one_problem(
    rows: Callable[[], list[dict[str, str]]], rule: str, remedy: str
) -> None:
    (problem,) = problems_of(*rows())
    assert rule in problem.rule
    assert remedy in problem.remedy


def test_only_the_last_of_a_chain_of_corrections_is_in_force(tmp_path: Path) -> None:
    rows = [
        row(),
        row("AAA02", supersedes="AAA01"),
        row("AAA03", supersedes="AAA02", use="no", broken_rule="disproved"),
    ]
    (tmp_path / PAIRS_FILE).write_bytes(text_of(row("AAA00"), *rows))
    assert [(pair.id, pair.use) for pair in load_pairs(tmp_path)] == [
        ("AAA00", True),
        ("AAA03", False),
    ]


def test_a_correction_may_repeat_the_evidence_that_it_corrects() -> None:
    again = row("AAA02", population="citizens of A", supersedes="AAA01", truth_grade="B")
    assert len(read_pairs(decoded(PAIRS_FILE, text_of(row(), again)))) == 2


def test_a_folder_without_pairs_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"pairs.csv:1: file - does not exist - name a folder"):
        load_pairs(tmp_path)


def test_the_header_is_checked() -> None:
    text = text_of(row()).replace(b"truth_grade,", b"grade,", 1)
    with pytest.raises(StudyError, match=r"lacks truth_grade and has the unknown columns"):
        read_pairs(decoded(PAIRS_FILE, text))
