"""Tests of tables from spreadsheets: read right or refused in words, never read wrong."""

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popest.ledger.spreadsheet import read_spreadsheet
from popest.study import StudyError
from popest.study.files import reading as files
from popest.study.files.reading import UnfitFileError, read_bounded

HEADER = "source,value,precision,end,published,publisher,note"
ROW = 'register,12345,exact,2023-12-31,2024-02,Ministry,"one, two"'


def read(tmp_path: Path, data: str | bytes) -> list[dict[str, str]]:
    file = tmp_path / "figures.csv"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    drafts = read_spreadsheet(file)
    problems = [problem for draft in drafts for problem in draft.problems]
    if problems:
        raise StudyError(problems)
    return [dict(draft.cells) for draft in drafts]


def refusals(tmp_path: Path, data: str | bytes) -> list[str]:
    with pytest.raises(StudyError) as error:
        read(tmp_path, data)
    for problem in error.value.problems:
        assert problem.file.endswith("figures.csv") and problem.line >= 1
        assert problem.rule and problem.remedy
    return [f"{p.line} {p.field}: {p.rule} - {p.remedy}" for p in error.value.problems]


EXPECTED = {
    "source": "register",
    "value": "12345",
    "precision": "exact",
    "end": "2023-12-31",
    "published": "2024-02",
    "publisher": "Ministry",
    "note": "one, two",
}


def written(separator: str, end: str = "\n") -> str:
    out = io.StringIO(newline="")
    rows = csv.reader([HEADER, ROW])
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_table_is_read_whatever_the_country(
    tmp_path: Path, separator: str, end: str, mark: str
) -> None:
    assert read(tmp_path, mark + written(separator, end)) == [EXPECTED]


def test_a_line_that_names_the_separator_is_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, "sep=;\r\n" + written(";", "\r\n")) == [EXPECTED]
    with pytest.raises(StudyError) as error:
        read(tmp_path, "sep=;\n" + written(";").replace("12345", "1,5"))
    assert error.value.problems[0].line == 3


def test_empty_rows_and_columns_of_a_spreadsheet_are_passed_over(tmp_path: Path) -> None:
    text = written(";").replace("\n", ";;\n") + ";" * 8 + "\n"
    assert read(tmp_path, text) == [EXPECTED]


def test_rows_know_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    file.write_text(f"{HEADER}\n{ROW.replace('one, two', 'one\ntwo')}\n{ROW}\n")
    assert [draft.line for draft in read_spreadsheet(file)] == [2, 4]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("12/31/2023", "2023-12-31"),
        ("2023-12-31", "2023-12-31"),
        ("31.12.2023", "2023-12-31"),
        ("31.12.2023.", "2023-12-31"),
        ("31/12/2023", "2023-12-31"),
        ("31-12-2023", "2023-12-31"),
        ("5.5.2023", "2023-05-05"),
        ("13.1.2023", "2023-01-13"),
    ],
)
def test_a_day_that_can_only_be_one_is_read(tmp_path: Path, cell: str, day: str) -> None:
    (row,) = read(tmp_path, f"{HEADER}\n{ROW}\n".replace("2023-12-31", cell))
    assert row["end"] == day


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("5.4.2023", "may mean 2023-04-05 or 2023-05-04"),
        ("04/05/2023", "may mean 2023-05-04 or 2023-04-05"),
        ("31.11.2023", "is not a day"),
        ("31.12.23", "a year of two digits"),
        ("45291", "number by which a spreadsheet stores a day"),
        ("45291,5", "number by which a spreadsheet stores a day"),
    ],
)
def test_a_day_that_may_be_another_is_refused(tmp_path: Path, cell: str, words: str) -> None:
    quoted = f'"{cell}"'
    (refusal,) = refusals(tmp_path, f"{HEADER}\n{ROW}\n".replace("2023-12-31", quoted))
    assert refusal.startswith("2 end: ") and words in refusal and "YYYY-MM-DD" in refusal


@pytest.mark.parametrize("cell", ["1.234", "1,234", "12,0", "12.0", "-1.234", "1234,", "0.5"])
def test_a_count_with_a_point_or_comma_is_refused(tmp_path: Path, cell: str) -> None:
    (refusal,) = refusals(tmp_path, f"{HEADER}\n{ROW}\n".replace("12345", f'"{cell}"'))
    assert refusal.startswith("2 value: may mean ") and "digits only" in refusal


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (written(",").replace("12345", "12,345"), "2 row: has 8 cells, the header 7"),
        (written(";").replace(";2024-02", ""), "2 row: has 6 cells, the header 7"),
        (f"{HEADER}\nregister,12,345,exact,2023-12-31,2024-02,Ministry,\n", "2 row: has 8 cells"),
        (written(",").replace("value", "Value"), 'unknown column "Value" - did you mean value?'),
        (written(",").replace("note", "value"), "must name each column once"),
        ("source,,value\na,b,1\n", "must name each column once"),
        ("source,value,\na,1,b\n", "2 row: stands in a column without a name"),
        ("a|b\n", "unknown column"),
        (f"{HEADER}\n", "has no figures"),
        ("", "is empty"),
        (written(",").replace("one, two", "#NAME?"), "2 note: is an error of the spreadsheet"),
        (written(",").replace("12345", "########"), "2 value: is an error of the spreadsheet"),
        ("id,source,value\n1-Dec,a,1\n", "2 id: looks like a day"),
        (written(",") + 'a,"b\n', "opens a quote that is never closed"),
        (f"{HEADER}\n{ROW}\n{HEADER}\n{ROW}\n", "3 row: repeats the header"),
        (
            f"{HEADER}\n<<<<<<< HEAD\n{ROW}\n=======\n{ROW}\n>>>>>>> them\n",
            "2 file: holds a conflict of a merge that nobody resolved, lines 2 to 6",
        ),
        (written(",").replace("note", "remark"), 'unknown column "remark"'),
        (written(",").encode("utf-16"), "CSV UTF-8"),
        (written(",").replace("Ministry", "Мин").encode("cp1251"), "CSV UTF-8"),
        (b"PK\x03\x04" + bytes(100), "is a workbook"),
    ],
)
def test_what_is_no_plain_table_is_refused(tmp_path: Path, data: str | bytes, words: str) -> None:
    assert words in "\n".join(refusals(tmp_path, data))


def test_all_refusals_come_at_once(tmp_path: Path) -> None:
    rows = f"{HEADER}\n{ROW}\n{ROW}\n".replace("12345", '"1,5"').replace("2023-12-31", "1.2.2023")
    assert [r.split(":")[0] for r in refusals(tmp_path, rows)] == [
        "2 value",
        "2 end",
        "3 value",
        "3 end",
    ]


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be read: No such file"):
        read_spreadsheet(tmp_path / "none.csv")


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    """Devices and pipes are refused before they are opened, so that nothing is waited for."""
    os.mkfifo(tmp_path / "pipe.csv")
    for place in ("/dev/zero", "/dev/random", tmp_path / "pipe.csv", tmp_path):
        with pytest.raises(StudyError, match="is not a regular file"):
            read_spreadsheet(Path(place))


def test_a_file_that_is_too_large_or_grows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "figures.csv"
    file.touch()
    os.truncate(file, 60_000_000)
    with pytest.raises(StudyError, match=r"is 60\.0 MB, larger than 50\.0 MB"):
        read_spreadsheet(file)
    file.write_text("x" * 100)
    monkeypatch.setattr(files, "_refuse_unfit", lambda status, largest: None)
    with pytest.raises(UnfitFileError, match="is larger than"):
        read_bounded(file, 99)
    assert read_bounded(file, 100) == b"x" * 100


@pytest.mark.parametrize("text", ["+WRK04 -WRK03", "=1+1", "@x", "'+x", "-5 of them"])
def test_an_escaped_cell_is_read_as_it_was(tmp_path: Path, text: str) -> None:
    (row,) = read(tmp_path, f"{HEADER}\n{ROW}\n".replace("one, two", f"'{text}"))
    assert row["note"] == text


@pytest.mark.parametrize("text", ["'s-Hertogenbosch", "'quoted' words", "-10", "a=b"])
def test_other_text_keeps_its_apostrophe(tmp_path: Path, text: str) -> None:
    (row,) = read(tmp_path, f"{HEADER}\n{ROW}\n".replace("one, two", text))
    assert row["note"] == text


CELLS = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.dates().map(str),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(["1,5", "1.234", "01.02.2023", "45000", "a;b", "a,b", 'say "x"', "=1+1"]),
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELLS, min_size=7, max_size=7), separator=st.sampled_from([",", ";", "\t"]))
def test_no_cell_changes_on_the_way_but_days_and_blanks(
    tmp_path: Path, cells: list[str], separator: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([HEADER.split(","), cells])
    try:
        rows = read(tmp_path, out.getvalue())
    except StudyError:
        return
    for (column, cell), text in zip(rows[0].items(), cells, strict=True):
        is_day = column in ("end", "published")
        assert cell == text.strip() or (is_day and len(cell) == 10)
