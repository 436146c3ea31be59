"""Tests of ``popest ratios``: what is printed, drawn and refused."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from popest.cli.app import app
from popest.study.specification.learned import learned_ratios, shipped_ratios

RUNNER = CliRunner()
FULL = [row for row in learned_ratios(shipped_ratios()) if not row.without]


def test_list_names_every_type_with_its_interval_and_pairs() -> None:
    result = RUNNER.invoke(app, ["ratios", "list"])
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines() if line]
    for row in FULL:
        name = [row.name, row.definition] if row.definition else [row.name]
        (line,) = (words for words in lines if words[: len(name)] == name)
        assert line[len(name)] == ("refused" if row.standing == "refused" else f"{row.median:.3g}")
        assert line[-3:] == [str(row.n_pairs), str(row.n_blocks), str(row.n_countries)]


def test_show_says_what_other_definitions_are_worth() -> None:
    def said(name: str) -> str:
        return " ".join(RUNNER.invoke(app, ["ratios", "show", name]).stdout.split())

    assert "By transit a ratio depends on the place alone: it is refused." in said(
        "cumulative_issued.wave"
    )
    assert "Of twelve_months no pair speaks: between" in said("census_of_recent")
    assert "No pair is of this type" in said("voters")
    assert "The pairs count by" not in said("firms")


def test_list_as_json_has_every_row_and_column() -> None:
    rows = json.loads(RUNNER.invoke(app, ["ratios", "list", "--json"]).stdout)
    assert len(rows) == len(learned_ratios(shipped_ratios()))
    first = next(row for row in rows if row["type"] == "firms" and not row["without"])
    assert first["median"] == next(row for row in FULL if row.name == "firms").median


def test_show_says_what_it_rests_on_pair_by_pair(tmp_path: Path) -> None:
    picture = tmp_path / "optional.png"
    command = ["ratios", "show", "permits_in_force.optional", "--plot", str(picture)]
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 0
    assert "with 90 % probability: learned from" in result.stdout.replace("\n", " ")
    assert "GEX01 Georgia" in result.stdout and "https://" in result.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_show_says_how_numbers_issued_rise() -> None:
    text = RUNNER.invoke(app, ["ratios", "show", "cumulative_issued.wave"]).stdout
    assert "12 months after the wave began" in text.replace("\n", " ")
    assert "12 months" not in RUNNER.invoke(app, ["ratios", "show", "firms"]).stdout


def test_show_as_json_holds_its_pairs() -> None:
    found = json.loads(RUNNER.invoke(app, ["ratios", "show", "pupils", "--json"]).stdout)
    assert len(found["pairs"]) == found["n_pairs"]
    assert {"id", "ratio", "note", "url"} <= set(found["pairs"][0])


@pytest.mark.parametrize("name", ["firm", "permits_in_force", ""])
def test_an_unknown_type_is_refused_with_the_known_ones(name: str) -> None:
    from popest.study import UsageError

    result = RUNNER.invoke(app, ["ratios", "show", name])
    assert result.exit_code != 0
    assert isinstance(result.exception, UsageError)
    assert "write one of bank_accounts" in str(result.exception)
