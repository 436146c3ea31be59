"""Tests of slips as warnings: the rows that a view uses are judged as rows that are added are."""

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

import popest
from popest.study import study_from_texts
from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added
from popest.study.drafts.new_rows import Draft
from popest.study.observations.observation import Observation
from popest.study.slips.counted_twice import nested_window, second_figure, second_of_window
from popest.study.slips.detectors import LASTING, MOST_OF_A_KIND, find_slips
from popest.study.slips.scope import Scope
from popest.study.slips.wrong_figure import falling_series

SECOND_REGISTER = """
[source.files]
title = "Files"
producer = "Court"
counts = "persons on file"
measure = "stock"
ratio = { median = 0.7, interval90 = [0.5, 0.98], because = "a survey" }
"""


def stock(name: str, value: int, end: str, source: str = "register", **columns: str) -> str:
    """A row of a stock; `columns` are note, use, recorded, precision."""
    got = {"note": "", "use": "yes", "recorded": "2024-01-02", "precision": "exact"} | columns
    return (
        f"{name},{source},{value},{got['precision']},,{end},,{got['recorded']},Office,,"
        f"{got['use']},,,{got['note']}\n"
    )


def flow(name: str, value: int, start: str, end: str, source: str = "permits") -> str:
    return f"{name},{source},{value},exact,{start},{end},,2024-01-02,Office,,yes,,,\n"


def study_with(folder: Path, *rows: str, **view: str) -> popest.Study:
    """The small study with more rows on file, and a second register."""
    table, specification = folder / "observations.csv", folder / "study.toml"
    table.write_text(table.read_text() + "".join(rows))
    if SECOND_REGISTER not in specification.read_text():
        specification.write_text(specification.read_text() + SECOND_REGISTER)
    return popest.load_study(folder, **view)


CASES = {
    "second_figure": ([stock("X1", 850, "2022-12-31")], ["X1", "REG02"]),
    "near_figure": ([stock("X1", 850, "2023-01-01")], ["X1", "REG02"]),
    "second_of_window": ([flow("X1", 44, "2022-07-01", "2022-12-31")], ["X1", "PER03"]),
    "nested_window": (
        [
            flow("X1", 90, "2023-01-01", "2023-03-31", "border"),
            flow("X2", 40, "2023-02-01", "2023-02-28", "border"),
        ],
        ["X2", "X1"],
    ),
    "falling_series": (
        [flow("X1", 90, "2023-01-01", "2023-02-28"), flow("X2", 80, "2023-01-01", "2023-03-31")],
        ["X2", "X1"],
    ),
    "relayed_value": ([stock("X1", 843, "2023-06-30", "files")], ["X1", "REG02"]),
    "relayed_unused": ([stock("X1", 5000, "2023-06-30", "files")], ["X1", "EXP01"]),
    "same_series": (
        [
            stock("X1", 11, "2023-07-31"),
            stock("X2", 12, "2023-08-31"),
            stock("X3", 14, "2023-09-30"),
            stock("Y1", 11, "2023-07-31", "files"),
            stock("Y2", 12, "2023-08-31", "files"),
            stock("Y3", 14, "2023-09-30", "files"),
        ],
        ["Y3", "X3"],
    ),
    "thousandfold": ([stock("X1", 870_000, "2023-06-30")], ["X1", "REG02"]),
    "glued_digit": ([stock("X1", 8801, "2023-06-30")], ["X1", "REG01", "REG02"]),
    "day_to_come": ([stock("X1", 860, "2023-06-30", recorded="2023-06-29")], ["X1"]),
    "wording": ([stock("X1", 861, "2023-06-30", note="They said about 861.")], ["X1"]),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_slip_on_file_is_a_warning_of_the_view(folder: Path, kind: str) -> None:
    rows, names = CASES[kind]
    study = study_with(folder, *rows)
    found = [slip for slip in study.slips if slip.kind == kind]
    assert [[slip.row.id, *(row.id for row in slip.others)] for slip in found] == [names]
    assert str(found[0]) in study.warnings


def test_every_lasting_slip_is_tried_here() -> None:
    assert len(LASTING) == len(CASES)


def test_the_study_itself_and_the_shipped_ones_have_few(folder: Path) -> None:
    assert study_with(folder).slips == ()
    named = {
        name: [(slip.kind, slip.row.id) for slip in popest.load_study(name).slips]
        for name in popest.list_studies()
    }
    relayed = [("relayed_unused", "RES10")]
    expected = {name: [] for name in named} | {"serbia": relayed, "serbia-learned": relayed}
    assert named == expected


@pytest.mark.parametrize(
    "rows",
    [
        [stock("X1", 850, "2022-12-31", use="no", note="Women only.")],
        [stock("X1", 843, "2022-12-31", "files", use="no", note="REG02 again.")],
        [stock("X1", 5000, "2023-06-30", "files", note="Not EXP01.")],
        [stock("X1", 71, "2023-06-30", "files"), stock("X2", 71, "2023-07-31")],
        [stock("X1", 8430, "2023-06-30"), stock("X2", 8500, "2023-07-31")],  # it grew tenfold
        [stock(f"X{day}", 850 + day, f"2023-01-0{day}") for day in range(1, 9)],  # a daily series
        [flow("X1", 9, "2023-01-01", "2023-02-28"), flow("X2", 8, "2023-03-01", "2023-03-31")],
        [stock("X1", 2000, "2023-06-30")],  # round, which changes the number little
    ],
)
def test_what_only_looks_like_a_slip(folder: Path, rows: list[str]) -> None:
    assert study_with(folder, *rows).slips == ()


def test_each_view_is_judged_by_the_rows_that_it_uses(folder: Path) -> None:
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text()
        + '\n[variant.twice]\nbecause = "it may be right"\nuse = ["X2"]\n'
    )
    late = stock("X2", 855, "2022-12-31", use="no", note="A second edition.")
    study = study_with(folder, late)
    assert study.slips == ()
    (slip,) = study.with_variant("twice").slips
    assert (slip.kind, slip.row.id) == ("second_figure", "X2")
    twice = study_with(folder, stock("X3", 843, "2022-12-31", "files")).with_variant("twice")
    assert {slip.kind for slip in twice.slips} == {"second_figure", "relayed_value"}
    assert {slip.kind for slip in twice.without("files").slips} == {"second_figure"}
    assert twice.without("register", "files").slips == ()


def test_a_balance_may_fall(folder: Path) -> None:
    rows = flow("X1", 90, "2023-01-01", "2023-02-28", "border")
    rows += flow("X2", 8, "2023-01-01", "2023-03-31", "border")
    assert [slip.kind for slip in study_with(folder, rows).slips] == ["nested_window"]


def test_a_corrected_figure_counts_once(folder: Path) -> None:
    corrected = "X1,register,850,exact,,2022-12-31,2024,2024-01-02,Office,,yes,REG02,,\n"
    study = study_with(folder, corrected)
    assert study.slips == ()
    assert "X1" not in {row.id for row in study.as_of("2023-12-31").used}


def test_only_a_few_of_a_kind_are_named_and_the_rest_counted(folder: Path) -> None:
    rows = [stock(f"X{n}", 300 + n, f"2022-0{1 + n % 9}-11") for n in range(40)]
    found = study_with(folder, *rows).slips
    assert [slip.kind for slip in found] == ["second_figure"] * MOST_OF_A_KIND + ["more"]
    assert found[-1].number == 9 - MOST_OF_A_KIND
    assert str(found[0]).count("(") == MOST_OF_A_KIND - 1 + 1  # the others, and the command


def quadratic(rows: list[Observation]) -> set[tuple[str, str]]:
    """Say which kinds of slips rows have, by comparing all pairs."""
    found = set()
    for row in rows:
        for other in rows:
            if other is row or other.source != row.source or row.start is None:
                continue
            assert row.end and other.end and other.start
            same = (row.start, row.end) == (other.start, other.end)
            inside = other.start <= row.start and row.end <= other.end
            if same:
                found.add(("second_figure", row.source))
                found.add(("second_of_window", row.source))
            elif inside:
                found.add(("nested_window", row.id))
            if other.start == row.start and other.end < row.end and other.value > row.value:
                found.add(("falling_series", row.id))
    return found


@pytest.mark.parametrize("seed", range(30))
def test_sweeps_find_what_comparing_all_pairs_finds(folder: Path, seed: int) -> None:
    (template,) = [row for row in study_with(folder).used if row.id == "PER03"]
    rng, first = random.Random(seed), date(2022, 1, 1)
    rows = []
    for number in range(8):
        start = first + timedelta(days=rng.randrange(4))
        window = {"start": start, "end": start + timedelta(days=rng.randrange(4))}
        value = {"value": rng.randrange(1, 9), "derived_from": (), "line": 2 + number}
        rows.append(replace(template, id=f"X{number}", **window, **value))
    found: set[tuple[str, str]] = set()
    counts, balances = Scope(rows, rows), Scope(rows, rows, frozenset({template.source}))
    for detector, scope in (
        (second_figure, balances),
        (second_of_window, counts),
        (nested_window, balances),
        (falling_series, counts),
    ):
        found |= {
            (slip.kind, slip.row.source if "second" in slip.kind else slip.row.id)
            for slip in detector(scope)
        }
    assert found == quadratic(rows)


def test_counts_whose_windows_share_days_count_once(folder: Path) -> None:
    """Their errors are shared (``test_twelve_nested_windows_say_no_more_than_the_last``)."""
    assert study_with(folder, flow("X1", 40, "2022-08-01", "2022-08-31")).slips == ()


def test_an_addition_is_asked_about_what_a_view_would_warn_of(folder: Path) -> None:
    """The sentences are the same, so that what was agreed to is recognised."""
    ledger = Ledger.read(folder)
    cells = {"source": "register", "value": "850", "precision": "exact", "end": "2022-12-31"}
    cells |= {"publisher": "Office"}
    today = date(2024, 6, 1)
    addition = ledger.with_rows(added(ledger, [Draft(cells)], today))
    asked = find_slips(addition, today)
    assert len(asked) == 1
    text = addition.observations.text
    added_to = study_from_texts("example", ledger.specification.text, text)
    assert [str(slip) for slip in added_to.slips] == asked
