"""Tests of the warnings: each slip is seen, and a plain figure gives none."""

from datetime import date
from pathlib import Path

import pytest

from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added, revised, withdrawn
from popest.study.drafts.new_rows import Draft
from popest.study.slips.detectors import SLIPS, find_slips

TODAY = date(2024, 6, 1)
PLAIN = {
    "source": "register",
    "value": "905",
    "precision": "exact",
    "end": "2023-09-30",
    "published": "2023-11",
    "publisher": "Ministry",
}
FLOW = {
    "source": "permits",
    "value": "121",
    "precision": "exact",
    "start": "2023-01-01",
    "end": "2023-06-30",
    "published": "2023-08",
    "publisher": "Office",
}
BALANCE = FLOW | {"source": "border", "value": "-31", "publisher": "Police"}


def slips(folder: Path, *given: dict[str, str]) -> list[str]:
    ledger = Ledger.read(folder)
    drafts = added(ledger, [Draft(cells) for cells in given], TODAY)
    return find_slips(ledger.with_rows(drafts), TODAY)


@pytest.mark.parametrize("given", [PLAIN, FLOW])
def test_a_plain_figure_gives_no_warning(folder: Path, given: dict[str, str]) -> None:
    assert slips(folder, given) == []


CASES = {
    "second figure": (PLAIN | {"end": "2022-12-31"}, "REG04 is a second figure of register"),
    "same figure again": (
        PLAIN
        | {"end": "2022-06-30", "value": "700", "precision": "about", "use": "no", "note": "x"},
        "REG04 says what REG01 says already: 700, 2022-06-30",
    ),
    "falling series": (
        FLOW | {"start": "2022-01-01", "value": "440", "use": "no", "note": "Cumulative."},
        "The count from 2022-01-01 falls: 452 to 2022-12-31 (PER02), but 440 to 2023-06-30",
    ),
    "later figure on file is lower": (
        FLOW
        | {"start": "2022-01-01", "end": "2022-09-30", "value": "470"}
        | {"use": "no", "note": "Cumulative.", "published": "2022-10"},
        "falls: 470 to 2022-09-30 (PER10), but 452 to 2022-12-31 (PER02)",
    ),
    "second of a window": (
        FLOW | {"start": "2022-07-01", "end": "2022-12-31"},
        "PER10 is a second figure of permits for 2022-07-01 to 2022-12-31, beside PER03 (252): as",
    ),
    "balance within another": (
        BALANCE | {"start": "2022-08-01", "end": "2022-10-31"},
        "window of balance BRD02, 2022-08-01 to 2022-10-31, lies within that of BRD01",
    ),
    "balance around another": (
        BALANCE | {"start": "2022-02-01", "end": "2023-06-30"},
        "window of balance BRD01, 2022-02-01 to 2022-12-31, lies within that of BRD02",
    ),
    "published too early": (
        PLAIN | {"published": "2023-08", "use": "no", "note": "x"},
        "published by 2023-08-31, before the end of what it counts, 2023-09-30",
    ),
    "a day to come": (
        PLAIN | {"end": "2024-06-02", "published": "", "use": "no", "note": "x"},
        "counts to 2024-06-02, which is still to come",
    ),
    "relayed": (PLAIN | {"value": "5000", "precision": "about"}, "value of EXP01 (experts), 5,000"),
    "a thousandth": (PLAIN | {"value": "1"}, "some thousand times below the nearest figure"),
    "a thousandfold": (PLAIN | {"value": "843000", "precision": "about"}, "thousand times above"),
    "more than": (PLAIN | {"note": "They said more than 905."}, "should precision be more_than?"),
    "at least": (PLAIN | {"note": "At least 905."}, "should precision be at_least"),
    "at least as more than": (
        PLAIN | {"note": "At least 905.", "precision": "more_than"},
        "recorded as more_than, but its note says",
    ),
    "no fewer than": (PLAIN | {"note": "No fewer than 905."}, "should precision be at_least"),
    "no more than": (PLAIN | {"note": "no more than 905"}, "at_most, with 905 as the value?"),
    "fewer than": (PLAIN | {"note": "Fewer than 905"}, "at_most, with 904 as the value?"),
    "less by its sign": (PLAIN | {"note": "printed as <905"}, "at_most, with 904 as the value?"),
    "a little below": (PLAIN | {"note": "just under 905"}, "should precision be almost?"),
    "almost": (PLAIN | {"note": "'almost 905 people'"}, "should precision be almost?"),
    "around": (PLAIN | {"note": "Around '905' live here"}, "should precision be about?"),
    "words of the country": (
        PLAIN | {"note": "vi\u0161e od 905 osoba"},
        "should precision be more_than?",
    ),
    "thousands in words": (
        PLAIN | {"value": "2000", "note": "over 2 thousand"},
        "should precision be more_than?",
    ),
    "near": (PLAIN | {"end": "2023-01-01"}, "REG04 (905, 2023-01-01) and REG02 (843, 2022-12-31)"),
    "glued": (PLAIN | {"value": "9051"}, "without its last digit it would be like them"),
    "round": (PLAIN | {"value": "2000"}, "2,000 is a round number"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_slip_is_seen(folder: Path, case: str) -> None:
    given, words = CASES[case]
    found = slips(folder, given)
    assert len(found) == 1, found
    assert words in found[0]


@pytest.mark.parametrize(
    "given",
    [
        PLAIN | {"end": "2022-12-31", "use": "no", "note": "Women only."},
        PLAIN | {"note": "Of more than 2,300 others, 905 answered."},
        PLAIN | {"value": "5000", "precision": "about", "use": "no", "note": "x"},
        FLOW | {"start": "2022-10-01"},
        FLOW | {"start": "2022-08-01", "end": "2022-10-31"},
        FLOW | {"start": "2022-07-01", "value": "300"},
        FLOW | {"start": "2022-01-01", "value": "520", "use": "no", "note": "Cumulative."},
        FLOW | {"start": "2022-01-01", "end": "2022-06-30", "use": "no", "note": "Women only."},
        {"source": "border", "value": "-30", "precision": "exact", "start": "2022-02-01"}
        | {"end": "2023-03-31", "published": "2023-05", "publisher": "Police", "use": "no"}
        | {"note": "Too late."},
    ],
)
def test_what_only_looks_like_a_slip(folder: Path, given: dict[str, str]) -> None:
    assert slips(folder, given) == []


def test_two_new_rows_are_judged_against_each_other(folder: Path) -> None:
    found = slips(folder, PLAIN, PLAIN | {"value": "910"})
    assert any("second figure" in slip for slip in found)


def test_a_correction_with_the_day_of_what_it_corrects(folder: Path) -> None:
    ledger = Ledger.read(folder)

    def of(**columns: str) -> list[str]:
        return find_slips(ledger.with_rows(revised(ledger, "REG02", columns, TODAY)), TODAY)

    (slip,) = of(value="853")
    assert "REG04 has the day of publication of REG02" in slip
    assert of(value="853", published="2023-06") == []
    assert of(note="Printed on page 3.") == []


def test_sums_that_are_withdrawn_are_named(folder: Path) -> None:
    ledger = Ledger.read(folder)
    found = find_slips(ledger.with_rows(withdrawn(ledger, "PER02", "x", TODAY)), TODAY)
    assert [slip.split(",")[0] for slip in found] == [
        "PER03 is computed from what is withdrawn: PER11 withdraws it",
        "PER04 is computed from what is withdrawn: PER12 withdraws it",
    ]
    assert find_slips(ledger.with_rows(withdrawn(ledger, "PER04", "x", TODAY)), TODAY) == []


def test_every_slip_is_tried_here() -> None:
    assert len(SLIPS) == 17  # a repeated series is in test_view_warnings.py


@pytest.mark.parametrize("name", ["serbia", "serbia-report-2024"])
def test_nothing_that_is_added_is_nothing_to_warn_of(root: Path, name: str) -> None:
    ledger = Ledger.read(root / "data/sources" / name)
    assert find_slips(ledger.with_rows([]), TODAY) == []
