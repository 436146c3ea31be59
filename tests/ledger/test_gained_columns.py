"""A table gains the columns that a new row needs, and nothing else of any row changes."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from repositories import edit, git, table

from popest.ledger.appending import write
from popest.ledger.export import exported
from popest.ledger.git.edited_rows import edited_rows
from popest.ledger.lock import LedgerError, locked
from popest.ledger.versions import became_known, figure_versions
from popest.study import StudyError, load_study, study_from_texts
from popest.study.drafts.addition import Addition, Ledger
from popest.study.drafts.drafting import added, revised, withdrawn
from popest.study.drafts.new_rows import Draft

TODAY = date(2024, 6, 1)
STOCK = {"source": "register", "end": "2023-06-30", "published": "2023-08", "publisher": "A"}
RANGE = STOCK | {"precision": "between", "lower": "5", "upper": "9"}
SURVEYED = STOCK | {"precision": "exact", "value": "900", "se": "12.5"}
TAIL = ",2023-06-30,2023-08,2024-06-01,A,,yes,,,"


def drafted(folder: Path, **columns: str) -> Addition:
    ledger = Ledger.read(folder)
    return ledger.with_rows(added(ledger, [Draft(columns)], TODAY))


def append(folder: Path, **columns: str) -> Addition:
    with locked(folder):
        addition = drafted(folder, **columns)
        write(folder, addition)
    return addition


def revise(folder: Path, name: str, **columns: str) -> None:
    ledger = Ledger.read(folder)
    with locked(folder):
        write(folder, ledger.with_rows(revised(ledger, name, columns, TODAY)))


def lines(folder: Path) -> list[bytes]:
    return table(folder).read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("made", [bytes, lambda data: data.replace(b"\n", b"\r\n")])
def test_the_header_and_every_row_gain_a_cell(folder: Path, made: type[bytes]) -> None:
    table(folder).write_bytes(made(table(folder).read_bytes()))
    before = lines(folder)
    addition = append(folder, **SURVEYED)
    assert addition.gained == ("se",)
    end = b"\r\n" if before[0].endswith(b"\r\n") else b"\n"
    torn = next(number for number, line in enumerate(before) if b'"Definition' in line)
    expected = [
        line if number == torn else line.removesuffix(end) + (b"," if number else b",se") + end
        for number, line in enumerate(before)
    ]
    row = f"REG04,register,900,exact,{TAIL},12.5".encode() + end
    assert lines(folder) == [*expected, row]
    assert {path.name for path in folder.iterdir()} == {"study.toml", "observations.csv"}
    loaded = load_study(folder)
    assert [row.se for row in loaded.observations] == [None] * 9 + [12.5]
    assert loaded.observations[2].note.startswith("Definition")


def test_a_table_that_has_the_columns_is_only_appended_to(folder: Path) -> None:
    append(folder, **RANGE)
    before = table(folder).read_bytes()
    addition = append(folder, **RANGE | {"end": "2023-07-31", "lower": "0"})
    assert addition.gained == () and addition.base == before.decode()
    append(folder, **SURVEYED | {"se": "", "end": "2023-08-31", "published": "2024"})
    assert table(folder).read_bytes() == before + (
        b"REG05,register,,between,,2023-07-31,2023-08,2024-06-01,A,,yes,,,,0,9\n"
        b"REG06,register,900,exact,,2023-08-31,2024,2024-06-01,A,,yes,,,,,\n"
    )
    append(folder, **SURVEYED | {"end": "2023-09-30", "published": "2024"})
    assert lines(folder)[0].endswith(b"note,lower,upper,se\n")
    (row,) = [row for row in load_study(folder).observations if row.se is not None]
    assert (row.id, row.lower, row.upper) == ("REG07", None, None)


def test_a_table_that_gains_nothing_else_is_checked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = table(folder).read_bytes()
    addition = drafted(folder, **SURVEYED)
    worse = addition.base.replace("REG01,register,700", "REG01,register,701")
    text = addition.observations.text.replace(addition.base, worse)
    for wrong in (
        replace(addition, base=worse, observations=addition.observations._replace(text=text)),
        replace(addition, base=worse),
        replace(addition, gained=()),
        replace(addition, gained=("lower",)),
    ):
        with locked(folder), pytest.raises(LedgerError, match="not what was meant"):
            write(folder, wrong)
        assert table(folder).read_bytes() == before


def test_a_refused_row_gains_nothing(folder: Path) -> None:
    before = table(folder).read_bytes()
    with pytest.raises(StudyError) as caught:
        append(folder, **RANGE | {"upper": "4"})
    (problem,) = caught.value.problems
    assert (problem.file, problem.field, problem.line) == ("new row", "upper", 1)
    assert table(folder).read_bytes() == before


def test_a_correction_by_another_precision_copies_no_bound(folder: Path) -> None:
    append(folder, **RANGE)
    revise(folder, "REG04", precision="exact", value="7", published="2023-09")
    revise(folder, "REG05", precision="between", lower="6", upper="8", published="2023-10")
    revise(folder, "REG06", upper="9", published="2023-11")
    revise(folder, "REG07", precision="at_most", value="9", published="2023-12")
    rows = {row.id: row for row in load_study(folder).observations}
    said = [(rows[f"REG0{n}"].value, rows[f"REG0{n}"].range) for n in range(4, 9)]
    assert said == [(None, (5, 9)), (7, (7, 7)), (None, (6, 8)), (None, (6, 9)), (9, (0, 9))]
    assert [rows[f"REG0{n}"].lower for n in (5, 8)] == [None, None]
    append(folder, **SURVEYED | {"end": "2023-09-30", "published": "2024"})
    revise(folder, "REG09", value="901", published="2024-02")
    assert load_study(folder).observations[-1].se == 12.5
    revise(folder, "REG10", precision="at_least", published="2024-03")
    assert load_study(folder).observations[-1].se is None


def test_a_withdrawn_range_is_a_withdrawal(folder: Path) -> None:
    append(folder, **RANGE)
    ledger = Ledger.read(folder)
    with locked(folder):
        write(folder, ledger.with_rows(withdrawn(ledger, "REG04", "No.", TODAY, "2024")))
    study = load_study(folder)
    versions = figure_versions(study, "register")[-1]
    assert [version.is_withdrawal for version in versions] == [False, True]
    assert versions[1].row.range == (5, 9)
    edit(folder, ",no,REG04,,No.,5,9", ",no,REG04,,No.,5,8")
    (news,) = [
        each
        for each in became_known(load_study(folder), date(2024, 1, 1), date(2024, 12, 31))
        if each.name == "REG05"
    ]
    assert not news.is_withdrawal


def test_git_takes_gained_columns_for_no_edit(repository: Path) -> None:
    append(repository, **RANGE)
    assert edited_rows(repository) == []
    git(repository, "commit", "-qam", "A range")
    assert edited_rows(repository) == []
    append(repository, **SURVEYED | {"end": "2023-07-31"})
    assert edited_rows(repository) == []
    git(repository, "commit", "-qam", "An error")
    edit(repository, "REG04,register,,between", "REG04,register,6,exact")
    assert [problem.field for problem in edited_rows(repository)] == ["value", "precision"]
    edit(repository, "REG04,register,6,exact", "REG04,register,,between")
    edit(repository, "note,lower,upper,se", "note,lower,se,upper")
    assert {problem.field for problem in edited_rows(repository)} == {"upper", "se"}


def test_a_row_put_between_others_with_a_column_is_seen(repository: Path) -> None:
    append(repository, **SURVEYED)
    row = "NEW,experts,1,,,,,2024-01-02,A,,no,,,x,\n"
    edit(repository, "PER01,permits", f"{row}PER01,permits")
    (problem,) = edited_rows(repository)
    assert "another order" in problem.rule


def test_exports_have_the_columns_of_the_table(folder: Path) -> None:
    plain = exported(load_study(folder), "csv")["observations.csv"]
    assert plain.splitlines()[0].endswith(",derived_from,note")
    append(folder, **SURVEYED)
    append(folder, **RANGE | {"end": "2023-07-31"})
    study = load_study(folder)
    text = exported(study, "csv")["observations.csv"]
    assert text.splitlines()[0].endswith(",note,se,lower,upper")
    again = study_from_texts("again", (folder / "study.toml").read_text(), text.replace("'+", "+"))
    assert [(row.se, row.range) for row in again.observations] == [
        (row.se, row.range) for row in study.observations
    ]
    frame = study.to_frame()
    assert str(frame["value"].dtype) == "Int64" and frame["value"].isna().sum() == 1
    assert list(frame["se"].dropna()) == [12.5] and list(frame["upper"].dropna()) == [9]
    first = study_from_texts("a", (folder / "study.toml").read_text(), plain.replace("'+", "+"))
    dtypes = first.to_frame().dtypes
    assert str(dtypes["value"]) == "int64" and str(dtypes["se"]) == "float64"
