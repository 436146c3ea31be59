"""Tests that a row is one line, so that git merges row by row: who breaks a text is told."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from popest.cli import main
from popest.ledger.export import exported
from popest.study import load_study, write_template

FIRST = "Table 4.\nSource: ministry.\nDownloaded by us."
SECOND = "Table 9.\r\nSource: ministry.\r\nDownloaded by us."
COUNT = ("--precision", "exact", "--publisher", "Office", "--no-predict")
AS_ONE = {
    "AA1": "Table 4. Source: ministry. Downloaded by us.",
    "BB1": "Table 9. Source: ministry. Downloaded by us.",
}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_template(tmp_path / "study")


@pytest.fixture
def popest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run ``popest sources`` with arguments; what it prints, when it ends well."""

    def run(*arguments: str) -> tuple[str, str]:
        monkeypatch.setattr("sys.argv", ["popest", "sources", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert not end.value.code, err
        return out, err

    return run


def new_lines(study: Path, before: bytes) -> list[str]:
    after = (study / "observations.csv").read_bytes()
    assert after.startswith(before)
    return after.removeprefix(before).decode().splitlines()


def git(folder: Path, *arguments: str) -> None:
    name = ("-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True)


def test_notes_of_several_lines_survive_the_merge_that_is_recommended(
    study: Path, popest: Any
) -> None:
    """Two people add figures whose notes share their last lines."""
    (study / ".gitattributes").write_text("**/observations.csv merge=union text eol=lf\n")
    git(study, "init", "-qb", "main")
    git(study, "add", ".")
    git(study, "commit", "-qm", "start")
    git(study, "checkout", "-qb", "other")
    day = ("--end", "2023-12-31", "--published", "2024-02")
    popest("add", str(study), "--id", "AA1", "--source", "residents", "--value", "2950",
           *day, *COUNT, "--note", FIRST)  # fmt: skip
    git(study, "commit", "-qam", "one")
    git(study, "checkout", "-q", "main")
    days = ("--start", "2024-01-01", "--end", "2024-06-30", "--published", "2024-08")
    popest("add", str(study), "--id", "BB1", "--source", "contracts", "--value", "640",
           *days, *COUNT, "--note", SECOND)  # fmt: skip
    git(study, "commit", "-qam", "two")
    git(study, "merge", "-q", "--no-edit", "other")
    notes = {row.id: row.note for row in load_study(study).observations}
    assert {name: notes[name] for name in AS_ONE} == AS_ONE
    popest("check", str(study))


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("add", "STUDY", "--from-csv", "CSV"), "note of EXP02 and publisher of EXP02"),
        (("revise", "RES02", "STUDY", "--note", FIRST, "--published", "2024"), "note of RES03"),
        (("withdraw", "RES02", "STUDY", "--reason", FIRST), "note of RES03"),
    ],
)
def test_every_way_to_add_writes_one_line_and_says_so(
    study: Path, popest: Any, tmp_path: Path, command: tuple[str, ...], name: str
) -> None:
    before = (study / "observations.csv").read_bytes()
    csv = tmp_path / "figures.csv"
    csv.write_text(
        "source;value;publisher;use;note\n"
        'expert_totals;9000;"An\u2028office";no;"Table 4.\nSource: ministry.\rDownloaded by us."\n'
    )
    places = {"STUDY": str(study), "CSV": str(csv)}
    _, err = popest(*(places.get(text, text) for text in command), "--yes")
    assert "A row is one line: line breaks became spaces in" in err
    assert set(name.split(" and ")) == set(
        err.partition("spaces in ")[2].partition(".\n")[0].split(", ")
    )
    (line,) = new_lines(study, before)
    assert line.endswith("Table 4. Source: ministry. Downloaded by us.")


def test_a_number_of_two_lines_is_two_numbers(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused, and no number made of the two is suggested."""
    before = (study / "observations.csv").read_bytes()
    options = ["--source", "residents", "--value", "12\n345", "--end", "2023-12-31", "--published"]
    monkeypatch.setattr("sys.argv", ["popest", "sources", "add", str(study), *options, "", *COUNT])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 3
    assert "12345" not in capsys.readouterr().err.replace("such as 12345", "")
    assert new_lines(study, before) == []


def test_rows_over_several_lines_are_read_revised_and_exported(study: Path, popest: Any) -> None:
    """As earlier versions wrote them."""
    table = study / "observations.csv"
    row = f'OLD1,residents,2900,exact,,2023-10-31,2023-12,2024-07-01,Office,,yes,,,"{FIRST}"\n'
    table.write_bytes(table.read_bytes() + row.encode())
    before = table.read_bytes()
    loaded = load_study(study)
    assert loaded.observations[-1].note == FIRST
    lines = exported(loaded, "csv")["observations.csv"].splitlines()
    assert len(lines) == 1 + len(loaded.observations)
    assert lines[-1].endswith(",Table 4. Source: ministry. Downloaded by us.")
    popest("revise", "OLD1", str(study), "--value", "2890", "--published", "2024", "--no-predict")
    (line,) = new_lines(study, before)
    assert line.endswith("OLD1,,Table 4. Source: ministry. Downloaded by us.")
    out, err = popest("export", str(study))
    assert len(out.splitlines()) == 2 + len(loaded.observations)
    assert err == "A row is one line: line breaks became spaces in note of OLD1.\n"
    copy = study.with_name("copy")
    popest("copy", str(study), str(copy))
    assert (copy / "observations.csv").read_bytes() == table.read_bytes()


def test_the_tables_that_ship_have_one_line_a_row(study: Path, root: Path) -> None:
    tables = [study / "observations.csv", *root.glob("data/sources/*/observations.csv")]
    assert len(tables) > 4
    for table in tables:
        loaded = load_study(table.parent)
        assert len(table.read_text().splitlines()) == 1 + len(loaded.observations)
