"""Tests of writing to disk: all files of an estimate or none, and never half a file."""

import json
import os
import stat
from pathlib import Path

import pandas as pd
import pytest

import popest
from popest.estimates import Estimate
from popest.estimates.comparisons.variants import estimate_variants
from popest.estimates.folder import write_folder
from popest.estimates.pictures.files import write_picture
from popest.estimates.saved import storage
from popest.study import PopestError, UsageError
from popest.study.files import whole
from popest.study.files.whole import refuse_unusable, write_all, write_whole

NAMES = ["estimate.json", "estimate.nc", "fit.csv", "ratios.csv", "table.csv", "trajectory.csv"]
NAMES.append("trajectory.png")


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.iterdir()}


def test_a_folder_holds_json_tables_picture_and_draws(sketched: Estimate, tmp_path: Path) -> None:
    place = tmp_path / "new" / "results"
    write_folder(sketched, place)
    assert sorted(contents(place)) == NAMES
    found = json.loads((place / "estimate.json").read_text(encoding="utf-8"))
    assert found == json.loads(json.dumps(sketched.to_dict()))
    table = pd.read_csv(place / "trajectory.csv", parse_dates=["date"]).set_index("date")
    pd.testing.assert_frame_equal(table, sketched.trajectory(), check_index_type=False)
    assert (place / "trajectory.png").read_bytes().startswith(b"\x89PNG")
    assert popest.load_estimate(place / "estimate.nc").stock().median == sketched.stock().median


def test_variants_stand_in_the_json_of_the_folder(static, tmp_path: Path) -> None:
    estimate = static.estimate(draws=1_000)
    rows = estimate_variants(static.study(), itself=estimate, draws=1_000)
    write_folder(estimate, tmp_path, rows)
    found = json.loads((tmp_path / "estimate.json").read_text(encoding="utf-8"))
    assert [row["variant"] for row in found["variants"]] == [None, "larger"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_folder_keeps_every_old_file(
    sketched: Estimate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    for name in (*NAMES, "mine.txt"):
        (tmp_path / name).write_text("old", encoding="utf-8")

    def fail(estimate: Estimate, path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(storage, "write_tree", fail)
    with pytest.raises((PopestError, KeyboardInterrupt)):
        write_folder(sketched, tmp_path)
    assert contents(tmp_path) == dict.fromkeys((*NAMES, "mine.txt"), b"old")


@pytest.mark.parametrize("error", [OSError(28, "No space left"), RuntimeError(), SystemExit()])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    sketched: Estimate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = sketched.save(tmp_path / "estimate.nc")
    before = path.read_bytes()

    def fail(estimate: Estimate, temporary: Path) -> None:
        assert temporary.parent.parent == tmp_path
        temporary.write_bytes(b"half")
        raise error

    monkeypatch.setattr(storage, "write_tree", fail)
    with pytest.raises((PopestError, RuntimeError, SystemExit)):
        sketched.save(path)
    assert contents(tmp_path) == {"estimate.nc": before}


def test_saving_over_an_estimate_replaces_it_whole(sketched, static, tmp_path: Path) -> None:
    path = sketched.save(tmp_path / "estimate.nc")
    static.estimate(draws=1_000).save(path)
    assert popest.load_estimate(path).study.specification.title == "Residents of A"
    assert list(contents(tmp_path)) == ["estimate.nc"]


def test_a_file_is_on_the_disk_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    rename, sync = Path.replace, os.fsync
    monkeypatch.setattr(whole.os, "fsync", lambda file: (steps.append("sync"), sync(file)))
    monkeypatch.setattr(
        Path, "replace", lambda path, place: (steps.append(place.name), rename(path, place))
    )
    write_all(tmp_path, {name: lambda path: path.write_bytes(b"x") for name in ("a", "b")})
    assert steps == ["sync", "sync", "a", "b"]


def test_a_written_file_has_the_rights_that_new_files_get(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    path = write_whole(tmp_path / "ours", lambda temporary: temporary.write_bytes(b"x"))
    rights = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "plain", path)}
    assert len(rights) == 1


def test_a_place_that_cannot_be_written_is_said_in_words(sketched, tmp_path: Path) -> None:
    (tmp_path / "taken.nc").mkdir()
    for path in (tmp_path / "none" / "estimate.nc", tmp_path / "taken.nc"):
        with pytest.raises(PopestError, match=r"cannot be written \(.+\)") as caught:
            sketched.save(path)
        assert str(tmp_path) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.nc"]


def test_a_folder_that_is_a_file_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for path in (tmp_path / "file", tmp_path / "file" / "below" / "it"):
        with pytest.raises(UsageError, match="file is a file; name a folder"):
            refuse_unusable(path)
    refuse_unusable(tmp_path / "not" / "yet" / "there")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_without_the_right_to_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole.os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(UsageError, match="nothing can be written to"):
        refuse_unusable(tmp_path / "new")


def test_a_picture_needs_a_known_format(sketched: Estimate, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.png, \.svg or \.pdf"):
        write_picture(sketched, tmp_path / "picture.doc")
    assert write_picture(sketched, tmp_path / "picture.svg").stat().st_size > 10_000
