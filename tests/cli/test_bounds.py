"""Bounds, zeros, own errors and corrections by command, as people met them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from popest.study import load_study
from small_study import HEADER, STATIC

TODAY_OR_LATER = "recorded "
RANGE = (
    *("--source", "residents", "--precision", "between", "--end", "2023-12-31"),
    *("--published", "2024-02", "--publisher", "Office", "--no-predict", "--yes"),
)
CORRECTED = """\
id,source,value,precision,start,end,published,publisher,use,note
CUM1,contracts,1300,exact,2023-01-01,2024-01-31,2024-02-10,Office,no,cumulative
CUM2,contracts,1290,exact,2023-01-01,2024-02-29,2024-03-10,Office,no,cumulative; duplicates removed
"""
SURVEY = "L{},clinic,{},exact,,2024-01-{},2024-03,2024-04-20,Office,,yes,,,LFS,{}\n"


@pytest.fixture
def sheet(study: Path) -> Callable[[str], str]:
    """A spreadsheet in the current folder, by what it holds."""

    def written(text: str) -> str:
        (study.parent / "figures.csv").write_text(text)
        return "figures.csv"

    return written


def static(study: Path, *rows: str, header: str = HEADER) -> None:
    """Make a study of constant size of the template's."""
    (study / "study.toml").write_text(STATIC)
    (study / "observations.csv").write_text(header + "".join(rows))


def test_each_sign_of_an_office_is_named(run: Any, study: Path, sheet: Any) -> None:
    signs = ["2810 p", ":", "..", "-", "2810\u00b9", "2810*", "2810e", "b2810", "2 810 (b)", "N/A"]
    rows = "".join(f"residents;{s};exact;2023-12-31;2024-02;Office;yes;\n" for s in signs)
    path = sheet("source;value;precision;end;published;publisher;use;note\n" + rows)
    done = run("sources", "add", "my-study", "--from-csv", path)
    assert done.code == 3 and "10 problems." in done.err
    named = ["provisional", "not available", "not available", "nothing, a real zero"]
    named += ["a footnote, \u00b9", "a footnote, *", "estimated", "break in the series"]
    named += ["break in the series", "not available"]
    for number, (line, name) in enumerate(zip(done.err.splitlines(), named, strict=False)):
        assert line.startswith(f"figures.csv:{number + 2}: value ") and name in line
    assert done.err.count("write 0") == 1 and done.err.count("write 2810;") == 6


def test_a_negative_correction_is_recorded_and_enters_through_a_sum(
    run: Any, study: Path, table: Path, sheet: Any
) -> None:
    before = table.read_bytes()
    done = run("sources", "add", "my-study", "--from-csv", sheet(CORRECTED))
    assert done.code == 0, done.err
    correction = ("--value", "-10", "--start", "2024-02-01", "--end", "2024-02-29", "--use", "no")
    contracts = ("--source", "contracts", "--precision", "exact")
    printed = ("--published", "2024-03", "--publisher", "Office", "--note", "Duplicates removed.")
    done = run("sources", "add", "my-study", *contracts, *correction, *printed)
    assert done.code == 0 and "CUM3  -10  2024-02-01 to 2024-02-29  not used" in done.out
    window = ("--start", "2024-01-01", "--end", "2024-02-29", "--no-predict", "--yes")
    done = run("sources", "add", "my-study", *contracts, "--derived-from=+CUM1 +CUM3", *window)
    assert done.code == 0, done.err
    assert "CUM4  1,290  2024-01-01 to 2024-02-29  used" in done.out
    assert table.read_bytes().startswith(before)  # no column was needed
    used = (*contracts, *printed, "--value", "-10", *window)
    done = run("sources", "add", "my-study", *used)
    assert done.code == 3
    assert "is negative, which only a source of measure net_change may be" in done.err
    assert "a published correction enters through a sum" in done.err


def test_a_zero_is_a_count(run: Any, study: Path) -> None:
    static(study, "R1,register,0,exact,,2024-01-31,2024-03,2024-04-20,Office,,yes,,,\n")
    done = run("sources", "check", "my-study")
    assert done.code == 0 and "1 used" in done.out
    assert "R1  0  2024-01-31  used" in run("sources", "show", "register", "my-study").out


def test_a_bound_is_never_told_its_opposite(run: Any, study: Path, table: Path) -> None:
    row = "R1,register,5,less_than,,2024-01-31,2024-03,2024-04-20,Office,,yes,,,printed as <5\n"
    static(study, row)
    done = run("sources", "check", "my-study")
    assert done.code == 3
    assert "for fewer than 5 write at_most, and 4 as the value" in done.err
    assert "more_than" not in done.err and "at_least" not in done.err
    table.write_text(table.read_text().replace("5,less_than", "4,at_most"))
    assert run("sources", "check", "my-study").code == 0
    assert "R1  at most 4  2024-01-31  used" in run("sources", "show", "register", "my-study").out


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("3000,exact", "should precision be at_most, with 2,999 as the value?"),
        ("3000,at_most", ""),
        ("3000,almost", ""),
    ],
)
def test_a_note_that_says_fewer_than(
    run: Any, study: Path, table: Path, cells: str, words: str
) -> None:
    row = f"RES03,residents,{cells},,2023-12-31,2024-02,2024-07-02,Office,,yes,,,fewer than 3000\n"
    table.write_text(table.read_text() + row)
    done = run("sources", "check", "my-study")
    assert done.code == 0 and words in done.err and bool(words) == bool(done.err)


def test_a_range_is_added_without_a_value(run: Any, study: Path, table: Path) -> None:
    before = table.read_text().splitlines()
    done = run("sources", "add", "my-study", *RANGE, "--lower", "5", "--upper", "9")
    assert done.code == 0, done.err
    assert "RES03  5 to 9  2023-12-31  used" in done.out
    said = "The table gains the columns lower, upper: its other rows get 2 empty cells at their end"
    assert said in done.err
    after = table.read_text().splitlines()
    assert after[:-1] == [f"{before[0]},lower,upper", *(f"{line},," for line in before[1:])]
    assert after[-1].endswith(",Office,,yes,,,,5,9")
    done = run("sources", "add", "my-study", *RANGE, "--lower", "5")
    assert (done.code, "missing: --upper" in done.err) == (2, True)
    done = run(
        "sources", "revise", "RES03", "my-study", "--upper", "8", "--published", "2024-03", "-y"
    )
    assert done.code == 0 and "gains" not in done.err and "RES04  5 to 8" in done.out
    history = run("sources", "history", "residents", "my-study").out
    assert "RES03  5 to 9  2023-12-31  replaced by RES04" in history
    news = run("sources", "diff", "my-study", "--from", "2024-01-31", "--to", "2024-12-31").out
    assert "used, replaces RES03 (5 to 9)" in news and "5 to 8" in news
    done = run("sources", "withdraw", "RES04", "my-study", "--reason", "No.", "--published", "2024")
    assert done.code == 0 and "RES05  5 to 8  2023-12-31  not used" in done.out
    done = run("sources", "copy", "my-study", "again")
    assert done.code == 0 and Path("again/observations.csv").read_text() == table.read_text()


def test_a_dry_run_says_which_column_is_gained(run: Any, study: Path, table: Path) -> None:
    before = table.read_bytes()
    options = ("--value", "2901", "--se", "120.5", "--precision", "exact", "--dry-run")
    done = run("sources", "add", "my-study", *RANGE, *options)
    assert done.code == 0 and "RES03  2,901 \u00b1 120.5  2023-12-31  used" in done.out
    assert "The table gains the column se: its other rows get an empty cell" in done.err
    assert table.read_bytes() == before


def test_the_form_asks_for_bounds_and_not_for_a_value(
    run: Any, study: Path, terminal: Callable[..., list[str]]
) -> None:
    answers = ["residents", "", "between", "5", "4", "2023-12-31", "2024-02", "Office", "", ""]
    questions = terminal([*answers, "y", "9"])
    done = run("sources", "add", "my-study", "--no-predict")
    assert done.code == 0, done.err
    assert [question.split(" ")[0] for question in questions] == [
        *("source", "use", "precision", "lower", "upper", "end", "published", "publisher"),
        *("url", "note", "upper", "upper"),
    ]
    assert "is not above lower 5" in done.err and "must be a number in digits" in done.err
    assert load_study(study).observations[-1].range == (5, 9)


def test_an_interval_that_is_wrong_is_not_forgotten(
    run: Any, study: Path, table: Path, terminal: Callable[..., list[str]]
) -> None:
    before = table.read_bytes()
    exact = (*RANGE, "--precision", "exact")
    terminal(["", "2901", "", ""])
    done = run("sources", "add", "my-study", *exact, "--lower", "2,800", "--upper", "3100")
    assert (done.code, table.read_bytes()) == (3, before)
    questions = terminal(["", "2901", "", "", "3000"])
    done = run("sources", "add", "my-study", *exact, "--lower", "2950", "--upper", "3100")
    assert done.code == 0, done.err
    assert [question.split(" ")[0] for question in questions] == [
        *("use", "value", "url", "note", "value"),
    ]
    row = load_study(study).observations[-1]
    assert (row.value, row.lower, row.upper) == (3000, 2950, 3100)


def test_a_survey_with_its_own_errors(run: Any, study: Path) -> None:
    errors = [(4200, 1285), (2600, 796), (6100, 1867), (3300, 1010)]
    rows = [SURVEY.format(n, value, 10 + n, se) for n, (value, se) in enumerate(errors)]
    static(study, *rows, header=HEADER.replace("\n", ",se\n"))
    done = run("sources", "check", "my-study")
    assert done.code == 0 and "4 used" in done.out
    shown = run("sources", "show", "clinic", "my-study").out
    assert "L0  4,200 \u00b1 1,285  2024-01-10  used" in shown


def test_a_day_of_recording_is_not_dropped_without_a_word(
    run: Any, study: Path, sheet: Any
) -> None:
    head = "source,value,precision,end,published,recorded,publisher,use,note\n"
    row = "residents,2900,exact,2023-12-31,2024-02,2024-03-05,Office,yes,\n"
    done = run("sources", "add", "my-study", "--from-csv", sheet(head + row), "--yes")
    assert done.code == 0
    assert 'figures.csv:2: recorded "2024-03-05" is not taken over' in done.err


@pytest.mark.parametrize(
    ("cell", "se"), [("12,5", 12.5), ("12.5", 12.5), ("0,125", 0.125), ("1285", 1285), ("", None)]
)
def test_a_decimal_of_a_spreadsheet_is_read_right(
    run: Any, study: Path, sheet: Any, cell: str, se: float | None
) -> None:
    head = "source;value;precision;end;published;publisher;use;se\n"
    row = f"residents;2900;exact;2023-12-31;2024-02;Office;yes;{cell}\n"
    done = run("sources", "add", "my-study", "--from-csv", sheet(head + row), "--no-predict")
    assert done.code == 0, done.err
    assert load_study(study).observations[-1].se == se


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("se", "1.285", "may mean 1285 or 1 and a fraction"),
        ("se", "1,285", "may mean 1285 or 1 and a fraction"),
        ("se", "1 285", "write 1285"),
        ("se", "1.285,5", "must be a number in digits"),
        ("se", "30 %", "is a percentage, and must be in the unit of value"),
        ("upper", "3.100", "may mean 3100 or 3 and a fraction"),
        ("value", "<5", "write 4, and at_most as its precision"),
        ("value", "\u2264 5", "write 5, and at_most as its precision"),
        ("value", "5-9", "leave value empty, and write lower 5, upper 9, precision between"),
        ("value", ">100", "write 101, and at_least as its precision"),
        ("value", "100+", "write 100, and at_least as its precision"),
        ("value", "<1.000", "write one less than the number in digits only, and at_most"),
        ("value", "under 500", "write 499, and at_most as its precision; where it is only a little "
         "below, what is printed, and almost"),
        ("precision", "fewer than", "for fewer than 5 write at_most"),
        ("lowr", "5", "did you mean lower?"),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_says_of_errors_and_bounds(
    run: Any, study: Path, table: Path, sheet: Any, column: str, cell: str, words: str
) -> None:
    before = table.read_bytes()
    cells = {"source": "residents", "value": "2900", "precision": "exact", "end": "2023-12-31"}
    cells |= {"published": "2024-02", "publisher": "Office", "use": "yes", column: cell}
    path = sheet(f"{';'.join(cells)}\n{';'.join(cells.values())}\n")
    done = run("sources", "add", "my-study", "--from-csv", path, "--no-predict")
    assert done.code == 3 and words in done.err, done.err
    assert table.read_bytes() == before
