"""Tests of what is filled in: ids, days, sums that follow, corrections and withdrawals."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from popest.study import StudyError, UsageError, load_study
from popest.study.drafts.addition import Ledger
from popest.study.drafts.drafting import added, cell_problem, missing_columns, revised, withdrawn
from popest.study.drafts.new_rows import Draft
from popest.study.observations.columns import COLUMNS
from popest.study.observations.observation import Observation

TODAY = date(2024, 6, 1)


def new_rows(ledger: Ledger, drafts: list[Draft]) -> tuple[Observation, ...]:
    return ledger.with_rows(drafts).rows


def figure(**columns: str) -> Draft:
    return Draft({"source": "register", "value": "900", "publisher": "A"} | columns)


@pytest.mark.parametrize(
    ("source", "ids"),
    [
        ("register", ["REG04", "REG05"]),
        ("permits", ["PER10", "PER11"]),  # a reason mentions PER09
        ("nobody_knows", ["NOB01", "NOB02"]),
        ("a", ["A01", "A02"]),
        ("1999", ["199-01", "199-02"]),
    ],
)
def test_an_id_is_the_next_of_its_family(folder: Path, source: str, ids: list[str]) -> None:
    ledger = Ledger.read(folder)
    drafts = added(ledger, [figure(source=source), figure(source=source)], TODAY)
    assert [draft.cells["id"] for draft in drafts] == ids


def test_an_id_given_by_hand_is_kept_and_not_given_twice(folder: Path) -> None:
    drafts = added(Ledger.read(folder), [figure(id="REG04"), figure()], TODAY)
    assert [draft.cells["id"] for draft in drafts] == ["REG04", "REG05"]


def test_an_id_has_the_letters_that_most_rows_of_its_source_have(folder: Path) -> None:
    ledger = Ledger.read(folder)
    addition = ledger.with_rows(added(ledger, [figure(id="OTHER07", use="no", note="Odd.")], TODAY))
    (row,) = added(Ledger(ledger.specification, addition.observations), [figure()], TODAY)
    assert row.cells["id"] == "REG04"


def test_every_shipped_source_gets_an_id_of_its_own_letters(root: Path) -> None:
    ledger = Ledger.read(root / "data/sources/serbia")
    expected = {
        "census": "CEN13",
        "residence_permits": "RES27",
        "residence_applications": "RES27",
        "work_permits": "WRK21",
        "companies": "BIZ39",
        "border_balance": "ENT12",
        "voters": "VOT04",
    }
    found = {name: added(ledger, [figure(source=name)], TODAY)[0].cells["id"] for name in expected}
    assert found == expected


def test_the_day_of_recording_is_today_but_never_goes_back(folder: Path) -> None:
    ledger = Ledger.read(folder)
    given = [figure(recorded="2020-01-01")]
    assert added(ledger, given, TODAY)[0].cells["recorded"] == "2024-06-01"
    assert added(ledger, given, date(2023, 1, 1))[0].cells["recorded"] == "2024-01-02"


def test_a_sum_is_computed_and_published_with_its_latest_parent(folder: Path) -> None:
    ledger = Ledger.read(folder)
    given = {"source": "permits", "derived_from": "+PER02 -PER01", "use": "no", "note": "Again."}
    (row,) = new_rows(ledger, added(ledger, [Draft(given)], TODAY))
    assert (row.value, row.published, row.publisher) == (
        252,
        date(2023, 2, 28),
        "computed from Office",
    )
    assert missing_columns(given, load_study(folder).specification.source) == []


def test_a_sum_of_rows_that_are_added_with_it(folder: Path) -> None:
    ledger = Ledger.read(folder)
    count = {"source": "permits", "publisher": "B", "use": "no", "note": "A part."}
    rows = [
        Draft(count | {"id": "NEW1", "value": "30"}),
        Draft(count | {"id": "NEW2", "value": "40"}),
        Draft({"source": "permits", "derived_from": "+NEW1 +NEW2", "use": "no", "note": "All."}),
    ]
    assert [row.value for row in new_rows(ledger, added(ledger, rows, TODAY))] == [30, 40, 70]


def test_a_correction_copies_what_does_not_change(folder: Path) -> None:
    ledger = Ledger.read(folder)
    (row,) = new_rows(ledger, revised(ledger, "REG02", {"value": "853"}, TODAY))
    before = next(row for row in ledger.table.rows if row.id == "REG02")
    changed = {column for column in COLUMNS if getattr(row, column) != getattr(before, column)}
    assert changed == {"id", "value", "recorded", "supersedes"}
    assert row.supersedes == "REG02"


def test_sums_of_sums_are_computed_anew_with_their_parent(folder: Path) -> None:
    ledger = Ledger.read(folder)
    columns = {"value": "460", "published": "2023-06"}
    rows = new_rows(ledger, revised(ledger, "PER02", columns, TODAY))
    facts = [(row.supersedes, row.value, row.use, row.derived_from) for row in rows]
    assert facts == [
        ("PER02", 460, False, ()),
        ("PER03", 260, True, ((1, "PER10"), (-1, "PER01"))),
        ("PER04", 460, False, ((1, "PER11"), (1, "PER01"))),
    ]
    assert rows[1].published == date(2023, 6, 30)
    assert rows[1].note == "Recomputed: PER10 replaced PER02; see the note of PER03."


def test_a_correction_does_not_change_what_was_known_before(folder: Path) -> None:
    ledger = Ledger.read(folder)
    before = {row.id: row.value for row in load_study(folder, as_of="2023-05-31").used}
    drafts = revised(ledger, "PER02", {"value": "460", "published": "2023-06"}, TODAY)
    (folder / "observations.csv").write_text(ledger.with_rows(drafts).observations.text)
    assert {row.id: row.value for row in load_study(folder, as_of="2023-05-31").used} == before
    after = {row.id: row.value for row in load_study(folder, as_of="2023-06-30").used}
    del before["PER03"]
    assert after == before | {"PER11": 260}


def test_a_sum_that_has_no_value_any_more_is_refused(folder: Path) -> None:
    ledger = Ledger.read(folder)
    with pytest.raises(StudyError) as error:
        ledger.with_rows(revised(ledger, "PER01", {"value": "500"}, TODAY))
    (problem,) = error.value.problems
    assert problem.file == "new row PER11, computed anew"
    assert (problem.value, "negative" in problem.rule) == ("-48", True)


@pytest.mark.parametrize(
    ("name", "columns", "words"),
    [
        ("REG9", {"value": "1"}, "did you mean REG0"),
        ("REG02", {"value": "843"}, "nothing of REG02 would change"),
    ],
)
def test_what_cannot_be_corrected(
    folder: Path, name: str, columns: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        revised(Ledger.read(folder), name, columns, TODAY)


def corrected_once(folder: Path) -> Ledger:
    ledger = Ledger.read(folder)
    text = ledger.with_rows(revised(ledger, "REG02", {"value": "853"}, TODAY)).observations
    return Ledger(ledger.specification, text)


def test_only_the_row_in_force_can_be_corrected(folder: Path) -> None:
    ledger = corrected_once(folder)
    with pytest.raises(UsageError, match="replaced by REG04 already: write REG04"):
        revised(ledger, "REG02", {"value": "900"}, TODAY)
    (row,) = new_rows(ledger, revised(ledger, "REG04", {"value": "900"}, TODAY))
    assert row.supersedes == "REG04"


def test_a_sum_may_become_a_figure_of_its_own(folder: Path) -> None:
    ledger = Ledger.read(folder)
    columns = {"derived_from": "", "value": "260", "note": "The office printed it."}
    rows = new_rows(ledger, revised(ledger, "PER03", columns, TODAY))
    assert (rows[0].value, rows[0].derived_from) == (260, ())
    assert (rows[1].supersedes, rows[1].value) == ("PER04", 460)


def test_a_withdrawal_says_the_same_value_and_the_reason(folder: Path) -> None:
    ledger = Ledger.read(folder)
    (row,) = new_rows(ledger, withdrawn(ledger, "REG01", "A misprint.", TODAY))
    assert (row.supersedes, row.value, row.use, row.note) == ("REG01", 700, False, "A misprint.")
    assert row.published == TODAY


def test_a_withdrawal_takes_effect_when_it_became_known(folder: Path) -> None:
    ledger = Ledger.read(folder)
    drafts = withdrawn(ledger, "REG01", "A misprint.", TODAY, "2023-04")
    (folder / "observations.csv").write_text(ledger.with_rows(drafts).observations.text)
    ids = [
        {row.id for row in load_study(folder, as_of=d).used} for d in ("2023-04-29", "2023-04-30")
    ]
    assert ["REG01" in known for known in ids] == [True, False]


def test_what_rests_on_a_withdrawn_row_is_withdrawn_with_it(folder: Path) -> None:
    ledger = Ledger.read(folder)
    rows = new_rows(ledger, withdrawn(ledger, "PER02", "A misprint.", TODAY))
    assert [(row.supersedes, row.value, row.use) for row in rows] == [
        ("PER02", 452, False),
        ("PER03", 252, False),
        ("PER04", 452, False),
    ]
    assert rows[2].note == "Withdrawn with PER03: A misprint."


def test_a_withdrawal_needs_a_reason(folder: Path) -> None:
    with pytest.raises(UsageError, match="reason"):
        withdrawn(Ledger.read(folder), "REG01", " ", TODAY)


def test_a_row_that_a_variant_names_cannot_be_replaced_behind_its_back(folder: Path) -> None:
    ledger = Ledger.read(folder)
    with pytest.raises(StudyError) as error:
        ledger.with_rows(revised(ledger, "REG03", {"value": "952"}, TODAY))
    (problem,) = error.value.problems
    assert (problem.field, problem.value) == ("variant.more.use.0", "REG03")
    assert "REG04" in problem.remedy


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["source", "precision", "value", "end", "published", "publisher"]),
        (
            {"source": "permits", "value": "1"},
            ["precision", "start", "end", "published", "publisher"],
        ),
        (
            {"source": "register", "precision": "between", "lower": "5"},
            ["upper", "end", "published", "publisher"],
        ),
        (
            {"source": "register", "use": "no", "precision": "between"},
            ["lower", "upper", "publisher", "note"],
        ),
        ({"source": "register", "use": "no"}, ["value", "publisher", "note"]),
        ({"source": "experts", "use": "no", "value": "1", "publisher": "A", "note": "b"}, []),
        (
            {"source": "register", "value": "1", "precision": "exact", "end": "2023-01-01"}
            | {"published": "", "publisher": "A"},
            [],
        ),
        ({"source": "permits", "derived_from": "+PER02"}, ["precision", "start", "end"]),
    ],
)
def test_what_is_missing(folder: Path, given: dict[str, str], missing: list[str]) -> None:
    assert missing_columns(given, load_study(folder).specification.source) == missing


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("value", "12345", "12,345"),
        ("precision", "", "roughly"),
        ("end", "2023-12-31", "31.12.2023"),
        ("published", "2023-12", "December"),
        ("publisher", 'A, "B"\nC', " "),
        ("use", "no", "maybe"),
        ("derived_from", "+A1 -B2", "A1"),
        ("note", 'with "quotes", and\nlines', "x" * 10_001),
    ],
)
def test_one_cell_is_judged_by_itself(column: str, good: str, bad: str) -> None:
    assert cell_problem(column, good) is None
    problem: Any = cell_problem(column, bad)
    assert problem.field == column and problem.remedy
