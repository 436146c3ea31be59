"""The published figures and the shipped studies account for each other.

`published_figures.csv` lists 250 figures published about Russians in Serbia: id, unit, value. Every
count among them is a row of study ``serbia``, used or not; every other figure is named in
``data/README.md`` with what it is. The rules of the format are tested with ``popest.study``.
"""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = ROOT / "data" / "sources"
STUDIES = ("serbia", "serbia-report-2024")
FIGURE_ID = re.compile(r"\b[A-Z]{3,4}\d{1,2}[AB]?\b")

NO_COUNT_UNITS = (
    "percent",
    "EUR million",
    "years",
    "definition",
    "qualitative",
    "unknown",
    "not found",
)
TOLD_AGAIN = {"SRB01": "EST08"}
"""A count that two lists have, from one page: the second one's id, and the row on record."""

USED = {
    "serbia": {
        "census": {"CEN01": 10486},
        "residence_permits": {"RES07": 17000, "RES08": 23804, "RES10": 30000},
        "residence_applications": {"RES14": 20270, "RES15": 24704, "RES16": 28223},
        "work_permits": {"WRK06": 19645, "WRK18": 2500, "WRK19": 12593},
        "companies": {"BIZ19": 616, "BIZ29": 725, "BIZ32": 4620, "BIZ36": 3533, "BIZ38": 1587},
        "border_balance": {"ENT10": 31079, "ENT11": 39813},
        "voters": {"VOT01": 4700},
    },
    "serbia-report-2024": {
        "census": {"CEN01": 10486},
        "residence_permits": {"SEED03": 30000},
        "work_permits": {"WRK06": 19645},
        "companies": {"BIZ22": 6976},
    },
}

TAU = {
    "census": 0.45,
    "residence_permits": 0.25,
    "residence_applications": 0.35,
    "work_permits": 0.45,
    "companies": 0.60,
}
FIRST_RELEASE_TAU = {"companies": 0.50}
"""Of the study of one report, which keeps what it assumed."""

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_observations(study: str) -> dict[str, Row]:
    rows = read_rows(SOURCES / study / "observations.csv")
    by_id = {row["id"]: row for row in rows}
    assert len(by_id) == len(rows), "an id stands on two rows"
    return by_id


def in_use(rows: dict[str, Row]) -> dict[str, Row]:
    """The rows that are used and that no later row replaces."""
    replaced = {row.get("supersedes") for row in rows.values()}
    return {name: row for name, row in rows.items() if row["use"] == "yes" and name not in replaced}


def read_specification(study: str) -> dict[str, Any]:
    return tomllib.loads((SOURCES / study / "study.toml").read_text(encoding="utf-8"))


def reasons(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every `because` below a node of a study."""
    if isinstance(node, list):
        node = {str(position): item for position, item in enumerate(node)}
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "because":
                yield path, value
            else:
                yield from reasons(value, f"{path}.{key}".lstrip("."))


def parents(row: Row) -> list[tuple[int, str]]:
    return [(-1 if term[0] == "-" else 1, term[1:]) for term in row["derived_from"].split()]


def not_counts() -> list[tuple[str, str]]:
    """The figures that the page on the data names as no rows, each with what it is."""
    page = (ROOT / "data/README.md").read_text(encoding="utf-8")
    section = page.partition("\n## Published, but no row\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    assert lines[0] == ["figures", "what is published"]
    return [(name, text) for names, text in lines[2:] for name in names.split(", ")]


NOT_COUNTS = dict(not_counts())
FIGURES = {row["id"]: row for row in read_rows(HERE / "published_figures.csv")}
SERBIA = read_observations("serbia")


def test_the_list_holds_250_figures() -> None:
    assert len(FIGURES) == 250
    assert len(read_rows(HERE / "published_figures.csv")) == 250


def test_what_is_no_row_has_no_count_as_its_unit_or_is_on_record_under_another_id() -> None:
    no_count = {name for name, row in FIGURES.items() if row["unit"].startswith(NO_COUNT_UNITS)}
    assert set(NOT_COUNTS) == no_count | set(TOLD_AGAIN)


def test_what_is_no_row_is_named_once_with_what_it_is() -> None:
    assert len(not_counts()) == len(NOT_COUNTS)
    assert min(map(len, NOT_COUNTS.values())) >= 15
    for name, figure in FIGURES.items():
        if figure["unit"].startswith("percent"):
            assert NOT_COUNTS[name].startswith("percent")
        if not re.search(r"\d", figure["value"]):  # a rule, a word, a cell that is empty
            assert NOT_COUNTS[name].startswith(("rules", "words without a number", "no value"))


def test_a_figure_told_again_is_on_record_with_its_value() -> None:
    for again, name in TOLD_AGAIN.items():
        assert SERBIA[name]["value"] == FIGURES[again]["value"]
        assert f"{name} is on record" in NOT_COUNTS[again]


def test_every_count_is_a_row_and_nothing_else_is() -> None:
    counts = set(FIGURES) - set(NOT_COUNTS)
    ours = {row["id"] for row in SERBIA.values() if row["derived_from"] or row["supersedes"]}
    assert set(SERBIA) - ours == counts
    assert not ours & set(FIGURES)


def test_the_pages_say_how_many_figures_are_on_record() -> None:
    counts = len(FIGURES) - len(NOT_COUNTS)
    replacing = sum(bool(row["supersedes"]) for row in SERBIA.values())
    derived, used = len(SERBIA) - counts - replacing, len(in_use(SERBIA))
    readme, data = (
        " ".join((ROOT / name).read_text(encoding="utf-8").split())
        for name in ("README.md", "data/README.md")
    )
    assert f"every count among {len(FIGURES)} published figures, {counts}, and uses" in readme
    assert f"every count among {len(FIGURES)} figures published from 2011 to 2026" in data
    assert (
        f"{counts} rows as published, {derived} computed from them and {replacing} that read one "
        f"of these otherwise; {used} of the {len(SERBIA)} are used"
    ) in data
    assert (
        f"{len(FIGURES)} figures about Russians in Serbia were found. {counts} are counts" in data
    )


def test_every_row_has_the_published_value() -> None:
    wrong = {
        name: (row["value"], FIGURES[name]["value"])
        for name, row in SERBIA.items()
        if name in FIGURES and row["value"] != FIGURES[name]["value"]
    }
    assert wrong == {}


def test_the_report_study_has_the_published_values() -> None:
    rows = read_observations("serbia-report-2024")
    assert {name: row["value"] for name, row in rows.items()} == {
        name: FIGURES[name]["value"] for name in rows
    }


def test_every_row_that_is_not_used_says_why_in_words_of_its_own() -> None:
    notes = [row["note"] for row in SERBIA.values() if row["use"] == "no"]
    assert min(len(note) for note in notes) >= 15
    assert len(set(notes)) == len(notes)


def test_a_derived_row_is_the_signed_sum_of_earlier_rows() -> None:
    order = list(SERBIA)
    for name, row in SERBIA.items():
        if row["derived_from"]:
            terms = parents(row)
            total = sum(sign * int(SERBIA[parent]["value"]) for sign, parent in terms)
            assert int(row["value"]) == total, name
            assert all(order.index(parent) < order.index(name) for _, parent in terms), name


def test_no_figure_is_used_twice_over() -> None:
    used = in_use(SERBIA)
    for name, row in used.items():
        assert not {parent for sign, parent in parents(row) if sign > 0} & set(used), name


@pytest.mark.parametrize("study", STUDIES)
def test_the_used_counts_are_those_argued_for(study: str) -> None:
    used: dict[str, dict[str, int]] = {}
    for name, row in in_use(read_observations(study)).items():
        used.setdefault(row["source"], {})[name] = int(row["value"])
    assert used == USED[study]


@pytest.mark.parametrize("study", STUDIES)
def test_no_reason_rests_on_a_figure_the_study_uses(study: str) -> None:
    rows = read_observations(study)
    used = set(in_use(rows))
    used |= {parent for name in used for _, parent in parents(rows[name])}
    found = {
        (path, name)
        for path, text in reasons(read_specification(study))
        for name in FIGURE_ID.findall(text)
        if name in used
    }
    assert found == set()


@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_named_in_a_reason_or_a_note_exists(study: str) -> None:
    rows = read_observations(study)
    texts = [text for _, text in reasons(read_specification(study))]
    texts += [row["note"] for row in rows.values()]
    named = {name for text in texts for name in FIGURE_ID.findall(text)}
    assert named <= set(FIGURES) | set(SERBIA)


@pytest.mark.parametrize("study", STUDIES)
def test_an_interval_states_its_standard_deviation(study: str) -> None:
    sources = read_specification(study)["source"]
    for name in TAU.keys() & sources.keys():
        lower, upper = sources[name]["ratio"]["interval90"]
        tau = (TAU | (FIRST_RELEASE_TAU if study == "serbia-report-2024" else {}))[name]
        assert math.log(upper / lower) / (2 * 1.6449) == pytest.approx(tau, rel=1e-6)
        assert math.sqrt(lower * upper) == pytest.approx(sources[name]["ratio"]["median"], rel=1e-6)
