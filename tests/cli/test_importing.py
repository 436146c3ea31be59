"""Imports: everything that is wrong is said at once, and nothing is dropped without a word."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

TWO_STAGES = """\
source;value;precision;end;published;publisher;use;note
residents;2.950;exact;2023-12-31;2024-02;Office;yes;
resident;2960;exactly;2024-03-31;2024-05;Office;Yes;
"""


def said(run: Any, study: Path, tmp_path: Path, text: str, *more: str) -> Any:
    (tmp_path / "f.csv").write_bytes(text.encode())
    return run("sources", "add", "my-study", "--from-csv", "f.csv", "--no-predict", *more)


def test_cells_rows_and_rules_are_refused_in_one_go(run: Any, study: Path, tmp_path: Path) -> None:
    before = (study / "observations.csv").read_bytes()
    done = said(run, study, tmp_path, TWO_STAGES)
    assert done.code == 3 and "4 problems." in done.err
    for words in ('2: value "2.950" - may mean', "did you mean residents?", "did you mean exact?"):
        assert words in done.err
    assert 'f.csv:3: use "Yes" - must be yes or no' in done.err
    assert (study / "observations.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # an unknown column, a day that may be two, a row before its publication ends
            "source,value,end,published,publisher,precision,remark\n"
            "residents,2960,04/05/2024,2024-09,Office,exact,x\n"
            "residents,2960,2024-03-31,2024-02,Office,exact,x\n",
            ['unknown column "remark"', "may mean 2024-05-04", "precedes the end"],
        ),
        (  # a column that is misspelt is still checked
            "source,Value,end,published,publisher,precision\n"
            "residents,2960 p,2024-03-31,2024-05,Office,exact\n",
            ["did you mean value?", '"provisional"'],
        ),
        (  # a row of another length, and a sum that names it, which is not said to be unknown
            "id,source,value,precision,start,end,published,publisher,use,note,derived_from\n"
            "CON8,contracts,1,3,exact,2024-01-01,2024-03-31,2024-05,Office,no,cumulative,\n"
            "CON9,contracts,-,exact,2024-01-01,2024-06-30,2024-08,Office,yes,,+CON8\n",
            ["has 12 cells, the header 11", "a real zero"],
        ),
        (  # a broken name keeps nothing else from being said
            "id,source,value,end,published,publisher,precision\n"
            "a b,residents,2960,2024-03-31,2024-02,Office,guess\n",
            ["must be 1 to 64 letters", "is not a known precision", "precedes the end"],
        ),
        (  # a spreadsheet's fault in a text, and a fault of the study's own rules
            "source,value,end,published,publisher,precision,note\n"
            "nobody,2960,2024-03-31,2024-05,Office,exact,#NAME?\n",
            ["is an error of the spreadsheet", "is not declared in study.toml"],
        ),
    ],
)
def test_stages_do_not_hide_one_another(
    run: Any, study: Path, tmp_path: Path, text: str, expected: list[str]
) -> None:
    done = said(run, study, tmp_path, text)
    assert done.code == 3
    assert [words for words in expected if words not in done.err] == []
    assert f"\n{len(expected)} problem" in f"\n{done.err.splitlines()[-1]}"


def test_what_is_given_wrong_is_said_with_what_is_missing(run: Any, study: Path) -> None:
    done = run("sources", "add", "my-study", "--value", "2810 p", "--precision", "exactly")
    assert done.code == 2 and "missing: --source" in done.err
    assert '"provisional"' in done.err and "did you mean exact?" in done.err


def test_a_day_of_recording_is_not_dropped_without_a_word(
    run: Any, study: Path, tmp_path: Path
) -> None:
    row = "residents,2900,exact,2023-12-31,2024-02,{},Office,yes,\n"
    header = "source,value,precision,end,published,recorded,publisher,use,note\n"
    done = said(run, study, tmp_path, header + row.format("2024-03-05"), "--dry-run")
    assert done.code == 0
    assert 'f.csv:2: recorded "2024-03-05" is not taken over' in done.err
    assert "If the other day matters, write it into note" in done.err
    done = said(run, study, tmp_path, header + row.format("2024-03-05"))
    assert done.code == 2 and "nothing was added, because of the warnings" in done.err
    for day in ("", str(date.today())):
        done = said(run, study, tmp_path, header + row.format(day), "--dry-run")
        assert done.code == 0 and "recorded" not in done.err


def test_a_negative_correction_is_on_record_and_enters_a_sum(
    run: Any, study: Path, tmp_path: Path
) -> None:
    text = (
        "id,source,value,precision,start,end,published,publisher,use,note,derived_from\n"
        "COR1,contracts,-10,exact,2024-01-01,2024-02-29,2024-03,Office,no,duplicates,\n"
        "CUM1,contracts,300,exact,2024-01-01,2024-03-31,2024-04,Office,no,cumulative,\n"
        "NET1,contracts,,exact,2024-01-01,2024-03-31,,,yes,,+CUM1 +COR1\n"
    )
    done = said(run, study, tmp_path, text)
    assert done.code == 0, done.err
    rows = (study / "observations.csv").read_text().splitlines()[-3:]
    assert [row.split(",")[2] for row in rows] == ["-10", "300", "290"]
    assert run("sources", "check", "my-study").code == 0


@pytest.mark.parametrize("use", ["yes", ""])
def test_a_used_count_is_not_negative(run: Any, study: Path, tmp_path: Path, use: str) -> None:
    header = "source,value,precision,start,end,published,publisher,use\n"
    row = f"contracts,-10,exact,2024-01-01,2024-02-29,2024-03,Office,{use}\n"
    done = said(run, study, tmp_path, header + row)
    assert done.code == 3 and "enters through a sum" in done.err


def test_a_file_without_an_end_is_refused_at_once(run: Any, study: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in ("/dev/zero", "pipe"):
        done = run("sources", "add", "my-study", "--from-csv", place)
        assert done.code == 3 and "is not a regular file" in done.err


def test_a_day_of_recording_that_has_not_come_is_questioned(run: Any, study: Path) -> None:
    table = study / "observations.csv"
    row = "EXP9,expert_totals,1,,,,2023,2150-01-01,A paper,,no,,,No method.\n"
    table.write_text(table.read_text() + row)
    done = run("sources", "check", "my-study")
    assert done.code == 0
    assert "EXP9 was recorded on 2150-01-01, which has not come" in done.err
    columns = ("--source", "expert_totals", "--value", "8", "--publisher", "P", "--use", "no")
    done = run("sources", "add", "my-study", *columns, "--note", "n")
    assert done.code == 2 and "every row that is added gets that day too" in done.err


def test_nothing_of_a_name_reaches_the_terminal_raw(run: Any, study: Path) -> None:
    """A folder can be named like a command to the terminal, and is shown in many messages."""
    name = "a\x1b[2J\x07b"
    study.rename(name)
    for command in (
        ("sources", "check", name),
        ("sources", "list", name),
        ("sources", "show", "nothing", name),
        ("sources", "add", name, "--from-csv", "\x1b[2J.csv"),
        ("estimate", name),
        ("estimate", name, "--date", "1999-01-01"),
        ("estimate", f"{name}{name}"),
    ):
        done = run(*command)
        shown = done.out + done.err
        assert shown and "\x1b" not in shown and "\x07" not in shown, command
