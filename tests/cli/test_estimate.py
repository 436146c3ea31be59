"""Tests of ``popest estimate``: results on the standard output, and what each option does."""

import json
from pathlib import Path

import pytest

import popest

REPORT = "serbia-report-2024"
FAST = ("estimate", REPORT, "--draws", "1000")


def found(result) -> dict:
    """The one JSON object of a command that went well."""
    code, out, err = result
    assert (code, err) == (0, "")
    assert out.endswith("}\n") and out.count("\n}\n") == 1
    return json.loads(out)


def test_words_go_to_the_standard_output_and_nothing_else_anywhere(command) -> None:
    code, out, err = command(*FAST)
    assert (code, err) == (0, "")
    first, _, rest = out.partition("\n\n")
    assert first.startswith("Recent Russian population of Serbia, ")
    assert "with 90 % probability" in " ".join(first.split())
    assert "Warning: scenario: 2023-12-31" in rest and "bank engine, seed 1" in rest


def test_json_is_what_the_library_gives(command) -> None:
    result = found(command(*FAST, "--json"))
    expected = popest.estimate(REPORT, draws=1_000).to_dict()
    assert {**result, "seconds": 0} == {**json.loads(json.dumps(expected)), "seconds": 0}
    assert result["warnings"]


def test_the_same_seed_gives_the_same_bytes(command) -> None:
    texts = []
    for seed in ("5", "5", "6"):
        lines = command(*FAST, "--json", "--seed", seed).out.splitlines()
        assert sum('"seconds":' in line for line in lines) == 1
        texts.append([line for line in lines if '"seconds":' not in line])
    assert texts[0] == texts[1] != texts[2]


def test_options_reach_the_estimate(command) -> None:
    options = [
        "--date",
        "2022-12-31",
        "--date",
        "2023-06-30",
        "--prob",
        "0.8",
        "--seed",
        "4",
        "--engine",
        "BANK",
    ]
    result = found(command(*FAST, "--json", *options, "--as-of", "2024-02-29"))
    assert [block["date"] for block in result["dates"]] == ["2022-12-31", "2023-06-30"]
    assert result["trajectory"][0]["prob"] == 0.8
    assert (result["seed"], result["engine"], result["as_of"]) == (4, "bank", "2024-02-29")


def test_a_variant_can_be_chosen(command) -> None:
    result = found(command(*FAST, "--json", "--variant", "departures_high"))
    assert result["variant"] == "departures_high"
    assert result["median"] < popest.estimate(REPORT, draws=1_000).stock().median


def test_variants_come_side_by_side(command) -> None:
    names = list(popest.load_study(REPORT).specification.variant)
    code, out, err = command(*FAST, "--variants")
    assert (code, err) == (0, "")
    table = out.partition("Variants: ")[2].splitlines()[2:]
    assert [line.split("  ")[0] for line in table[: len(names) + 2]] == [
        "variant",
        "(the study itself)",
        *names,
    ]
    result = found(command(*FAST, "--variants", "--json"))
    assert [row["variant"] for row in result["variants"]] == [None, *names]


def test_json_stays_one_object_without_a_certificate(command, poor_bank) -> None:
    code, out, err = command(*FAST, "--engine", "bank", "--json")
    result = json.loads(out)
    assert code == 4 and err.startswith("Not certified: ")
    assert result["median"] is None and result["certificate"]["certified"] is False


def test_out_writes_the_files_and_still_prints(command, tmp_path: Path) -> None:
    result = command(*FAST, "--json", "--out", "deep/results")
    names = sorted(path.name for path in (tmp_path / "deep" / "results").iterdir())
    assert names == [
        "estimate.json",
        "estimate.nc",
        "fit.csv",
        "ratios.csv",
        "table.csv",
        "trajectory.csv",
        "trajectory.png",
    ]
    text = (tmp_path / "deep" / "results" / "estimate.json").read_text(encoding="utf-8")
    assert json.loads(text) == found(result)


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_out_that_cannot_be_a_folder_is_refused_before_the_work(
    command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr("popest.estimates.estimate", None)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    code, out, err = command(*FAST, "--out", place)
    assert (code, out) == (2, "")
    assert "file is a file; name a folder, new or old" in err and len(err.splitlines()) == 1
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_an_interruption_while_writing_leaves_the_old_files(
    command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "estimate.json").write_text("old", encoding="utf-8")

    def interrupt(estimate: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("popest.estimates.saved.storage.write_tree", interrupt)
    assert command(*FAST, "--out", "results") == (130, "", "Interrupted.\n")
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["estimate.json"]
    assert (tmp_path / "results" / "estimate.json").read_text(encoding="utf-8") == "old"


def test_dates_may_be_the_last_counted_day_and_today(command) -> None:
    result = found(command(*FAST, "--json", "--date", "latest", "--date", "today"))
    latest, today = result["dates"]
    assert (latest["date"], latest["scenario"]) == ("2023-12-20", False)
    assert today["scenario"] and today["assumed"] > 0.1
    assert result["last_count"] == {"day": "2023-12-20", "observation": "WRK06"}
    assert result["trajectory"][-1]["date"][:7] == today["date"][:7]
