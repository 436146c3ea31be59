"""A study made from a dictionary and a frame is the study that a folder would hold."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import popest
from popest.study import Study, StudyError, UsageError, load_study

SPECIFICATION: dict[str, Any] = {
    "title": "Foreigners",
    "target": "foreign residents",
    "unit": "persons",
    "headline": date(2024, 12, 31),
    "calendar": {"start": "2024-01", "end": "2024-12"},
    "population": {
        "kind": "static",
        "size": {"median": np.int64(30_000), "sigma": np.float64(1.0), "because": "a guess"},
    },
    "noise": {"error": {"median": 0.05, "sigma": 0.5, "because": "two counts differ so"}},
    "source": {
        "register": {
            "title": "Register",
            "producer": "Ministry",
            "counts": "persons on file",
            "measure": "stock",
            "ratio": {"median": 0.9, "interval90": (0.7, 1.157), "because": "an audit"},
        }
    },
}


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": ["register", "register"],
            "value": [35000.0, 31000.0],
            "end": pd.to_datetime(["2024-06-30", "2024-12-31"]),
        }
        | columns
    )


def test_three_columns_are_enough_in_memory() -> None:
    """35000.0, as pandas has whole numbers beside missing ones, is the count 35,000."""
    study = Study.from_frames(SPECIFICATION, frame(), name="mine")
    assert [row.value for row in study.used] == [35_000, 31_000]
    assert [row.id for row in study.used] == ["R1", "R2"]
    assert [row.precision for row in study.used] == ["exact", "exact"]
    assert study.used[0].end == date(2024, 6, 30)
    estimate = popest.estimate(study)
    assert 25_000 < estimate.stock().median < 50_000
    assert "foreign residents" in study.specification_text


def test_a_study_is_the_same_from_its_own_frame(study_of_texts: Study) -> None:
    again = Study.from_frames(
        tomllib.loads(study_of_texts.specification_text), study_of_texts.to_frame(), name="again"
    )
    ours, theirs = popest.estimate(again), popest.estimate(study_of_texts)
    assert ours.interval(0.9) == theirs.interval(0.9)


@pytest.fixture
def study_of_texts() -> Study:
    return Study.from_frames(
        SPECIFICATION,
        frame(
            id=["REG01", "REG02"],
            precision=["rounded", "exact"],
            publisher=["Ministry", "Ministry"],
            published=["2024-08", None],
            se=[np.nan, 500.0],
            note=["", None],
        ),
        name="mine",
    )


def test_it_is_written_to_a_folder_and_read_again(study_of_texts: Study, tmp_path: Path) -> None:
    folder = study_of_texts.to_folder(tmp_path / "mine")
    loaded = load_study(folder)
    assert loaded.used == study_of_texts.used
    assert loaded.specification == study_of_texts.specification
    with pytest.raises(UsageError, match="is there already"):
        study_of_texts.to_folder(tmp_path / "mine")


def test_a_folder_asks_for_what_memory_did_not(tmp_path: Path) -> None:
    study = Study.from_frames(SPECIFICATION, frame())
    with pytest.raises(UsageError, match=r"no publisher: R1, R2; .*publisher, published and url"):
        study.to_folder(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"value": [35000.5, 31000.0]}, r"row 0 of the frame: value .35000\.5"),
        ({"source": ["regsiter", "register"]}, "row 0 .*register"),
        ({"end": ["2024-06-30", "31.12.2024"]}, r"row 1 of the frame: end .31\.12\.2024"),
        (
            {"end": pd.to_datetime(["2024-06-30 10:00", "2024-12-31 00:00"])},
            "row 0 .*a day without a time",
        ),
        ({"value": [[1], 2]}, "row 0 .*is not a number"),
    ],
)
def test_what_is_wrong_goes_by_the_label_of_its_row(columns: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError, match=said):
        Study.from_frames(SPECIFICATION, frame(**columns), name="mine")


@pytest.mark.parametrize(
    ("observations", "said"),
    [
        (frame().drop(columns="end"), "has no column end"),
        (frame(valeu=[1, 2]), "no column has the name .valeu.: .*value"),
        ([1, 2], "must be a pandas DataFrame, not list"),
    ],
)
def test_a_frame_of_another_form_is_refused(observations: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Study.from_frames(SPECIFICATION, observations)


def test_what_no_file_can_say_is_refused_by_its_path() -> None:
    said = r"noise\.error of the specification is .None., which study.toml cannot say"
    with pytest.raises(UsageError, match=said):
        Study.from_frames(SPECIFICATION | {"noise": {"error": None}}, frame())


def test_counts_between_two_and_booleans_are_read() -> None:
    observations = frame(use=[True, False], note=["", "seen twice"])
    study = Study.from_frames(SPECIFICATION, observations.astype({"use": object}))
    assert [row.id for row in study.used] == ["R1"]


def test_the_room_needs_no_pandas_until_it_is_asked() -> None:
    code = "import sys, popest.study.study; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_table_of_learned_ratios_of_its_own_goes_with_it(tmp_path: Path) -> None:
    """A study is read with the table beside it, wherever it is copied."""
    from popest.study.specification.learned import shipped_ratios
    from popest.study.template import copy_study

    folder = copy_study(load_study("serbia-learned"), tmp_path / "one")
    assert not (folder / "ratios.csv").exists()
    own = shipped_ratios().replace("firms,,,0.15", "firms,,,0.16")
    assert own != shipped_ratios()
    (folder / "ratios.csv").write_text(own)
    loaded = load_study(folder)
    for copied in (copy_study(loaded, tmp_path / "two"), loaded.to_folder(tmp_path / "three")):
        assert (copied / "ratios.csv").read_text() == own
        assert load_study(copied).data_sha256 == loaded.data_sha256
