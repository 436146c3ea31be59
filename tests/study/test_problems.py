"""However many problems a file has, the first are said, the rest counted, and little is held."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from popest.ledger.spreadsheet import read_spreadsheet
from popest.ratios.pairs.load import read_pairs
from popest.study import StudyError
from popest.study.files.reading import FileText
from popest.study.observations.table import read_table
from popest.study.problems import (
    MOST_COUNTED,
    MOST_SHOWN,
    FirstProblems,
    Problem,
    near_miss,
    raise_problems,
)
from popest.study.specification.from_toml import MOST_ENTRIES, MOST_POINTS, read_specification
from popest.study.tables import csv_table
from popest.study.tables.csv_records import LONGEST_ROW
from small_study import HEADER

LITTLE = 30e6
"""Bytes beyond the text itself that reading it may take."""


def problem(line: int) -> Problem:
    return Problem("f", line, "row", None, "is wrong", "mend it")


def test_the_first_problems_are_said_and_the_rest_counted() -> None:
    with pytest.raises(StudyError) as caught:
        raise_problems(FirstProblems(problem(n) for n in range(120, 0, -1)))
    assert [one.line for one in caught.value.problems] == list(range(1, MOST_SHOWN + 1))
    assert caught.value.count == 120 and caught.value.is_all
    assert str(caught.value).splitlines()[-1] == "and 70 more"


def test_nothing_is_said_of_more_where_there_is_none() -> None:
    error = StudyError([problem(1)])
    assert (error.count, str(error)) == (1, "f:1: row - is wrong - mend it")
    raise_problems(FirstProblems(), FirstProblems())


def test_a_stream_without_end_is_left() -> None:
    given = 0

    def endless() -> Iterator[Problem]:
        nonlocal given
        while True:
            given += 1
            yield problem(given)

    with pytest.raises(StudyError) as caught:
        raise_problems(FirstProblems(endless()))
    assert given == caught.value.count == MOST_COUNTED
    assert str(caught.value).endswith(f"and at least {MOST_COUNTED - MOST_SHOWN:,} more")


def test_candidates_without_end_are_not_compared() -> None:
    assert near_miss("name", (f"name{n}" for n in iter(int, 1))) is None


NASTY = {
    "short rows": HEADER + "x\n" * 1_000_000,
    "a header of many columns": "a," * 1_500_000 + "\n",
    "a row of many columns": HEADER + "a," * 1_500_000 + "\n",
    "a row of many columns on many lines": HEADER + '"\n",' * 500_000 + "\n",
    "a quote that is never closed": HEADER + '"' + "x\n" * 1_000_000,
    "rows in which everything is wrong": HEADER + "?,?,?,?,?,?,?,?,,?,?,?,?,?\n" * 50_000,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_a_nasty_table_takes_little_memory(text: str) -> None:
    tracemalloc.start()
    table = read_table(FileText("observations.csv", text))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0 < len(list(table.problems)) <= MOST_SHOWN <= MOST_COUNTED
    assert table.problems.count <= MOST_COUNTED
    assert peak < LITTLE
    assert not table.has_every_id


def test_rows_are_numbered_right_after_one_that_is_too_long() -> None:
    text = f"{HEADER}{'a,' * LONGEST_ROW}\nx\n\ny\n"
    found = list(read_table(FileText("observations.csv", text)).problems)
    assert [one.line for one in found] == [2, 3, 5]
    assert "larger than limit" in found[0].rule


def test_a_table_of_more_rows_than_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "MOST_ROWS", 20)
    row = "R{},a,1,,,,,2024-01-01,Office,,no,,,why\n"
    text = HEADER + "".join(row.format(n) for n in range(25))
    table = read_table(FileText("observations.csv", text))
    (found,) = table.problems
    assert found.line == 22 and "may have 20" in found.rule
    assert len(table.rows) == 20 and not table.has_every_id


def test_other_tables_are_read_no_further_either(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        read_pairs(FileText("pairs.csv", "x," * 200_000 + "\n"))
    assert caught.value.count == 1
    path = tmp_path / "sheet.csv"
    path.write_text("id,value\n" + "1,2,3\n" * (MOST_COUNTED + 10))
    drafts = read_spreadsheet(path)
    assert sum(len(draft.problems) for draft in drafts) == MOST_COUNTED == len(drafts)
    error = StudyError(problem for draft in drafts for problem in draft.problems)
    assert (error.count, len(error.problems)) == (MOST_COUNTED, MOST_SHOWN)


ENDLESS_TOML = {
    "keys": ("".join(f"k{n} = 1\n" for n in range(MOST_ENTRIES + 1)), f"{MOST_ENTRIES:,} keys"),
    "elements": (f"ranges = [{'1,' * 49_000}\n{'2,' * 100}]", f"{MOST_ENTRIES:,} keys"),
    "sources": ("".join(f"[source.s{n}]\n" for n in range(20_000)), f"{MOST_ENTRIES:,} keys"),
    "waves": ("[[population.wave]]\nname = 'w'\n" * 20_000, f"{MOST_ENTRIES:,} keys"),
    "a dotted key": (".".join("a" * 5_000) + " = 1", f"more than {MOST_POINTS} points"),
    "brackets": ("a = " + "[\n" * 50_000, "nested too deeply"),
}


@pytest.mark.parametrize(("text", "rule"), ENDLESS_TOML.values(), ids=ENDLESS_TOML)
def test_a_specification_without_end_is_one_problem(text: str, rule: str) -> None:
    reading = read_specification(FileText("study.toml", text))
    said = [reading.problem.rule] if reading.problem else [one.rule for one in reading.faults]
    assert len(said) == 1 and rule in said[0]


def test_too_many_variants_are_refused_before_any_is_applied(example: Any) -> None:
    broken = example.extended(
        toml="".join(f'[variant.v{n}]\nbecause = "x"\nwithout = ["border"]\n' for n in range(101))
    )
    with pytest.raises(StudyError, match="must have 100 or fewer entries"):
        broken.load()


def test_the_command_line_says_how_many(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from popest.cli import app

    def fail(**_: object) -> None:
        raise StudyError(problem(n) for n in range(70))

    monkeypatch.setattr(app, "app", fail)
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == app.EXIT_INVALID
    assert capsys.readouterr().err.splitlines()[-2:] == ["and 20 more", "70 problems."]
