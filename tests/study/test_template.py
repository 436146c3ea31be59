"""The study that `popest new` writes: it teaches the format, is valid, and is written whole."""

import os
from pathlib import Path

import pytest
import simulated_panel

from popest.study import (
    UsageError,
    list_studies,
    load_study,
    write_panel_template,
    write_template,
)
from popest.study.measures import MEASURES
from popest.study.observations.columns import COLUMNS
from popest.study.panel.panel import load_panel
from popest.study.specification.wording import EXAMPLES


def test_the_template_is_a_valid_study(tmp_path: Path) -> None:
    folder = write_template(tmp_path / "mine")
    assert folder == tmp_path / "mine"
    study = load_study(folder)
    assert study.name == "mine"
    assert study.warnings == ()
    assert {"stock", "presence", "arrivals"} == {
        source.measure for source in study.specification.source.values()
    }
    assert len(study.used) == 5
    for name in study.specification.variant:
        assert study.with_variant(name).specification != study.specification or name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
    assert sorted(path.name for path in folder.iterdir()) == ["observations.csv", "study.toml"]


def test_the_template_shows_every_key_measure_and_column(tmp_path: Path) -> None:
    text = (write_template(tmp_path / "mine") / "study.toml").read_text()
    for key in EXAMPLES:
        assert key in text, key
    for measure in MEASURES:
        assert f'measure = "{measure}"' in text
    for column in COLUMNS:
        assert f"\n# {column}" in text or f", {column} " in text, column
    assert max(map(len, text.splitlines())) <= 100


def test_what_the_template_comments_out_is_valid_too(tmp_path: Path) -> None:
    path = write_template(tmp_path / "mine") / "study.toml"
    lines = path.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("# [source.permits]"))
    end = next(i for i, line in enumerate(lines) if line.startswith("# Variants"))
    shown = [line.removeprefix("# ") for line in lines[start:end]]
    path.write_text("\n".join([*lines[:start], *shown, *lines[end:]]) + "\n")
    study = load_study(path.parent)
    assert {source.measure for source in study.specification.source.values()} == set(MEASURES)


def test_an_empty_folder_is_filled_and_parents_are_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert load_study(write_template(tmp_path / "empty")).name == "empty"
    assert load_study(write_template(tmp_path / "a" / "b" / "new-1_x")).name == "new-1_x"


def test_a_name_is_a_folder_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_template("mine") == Path("mine")
    assert load_study("mine").folder == Path("mine")
    with pytest.raises(UsageError, match='"mine" is there already'):
        write_template("mine")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a b", "a/b c", "x.y", "\u00e9", "-x", "x\n", "x\0/a", "a" * 65, "a/.."]
)
def test_other_names_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is not a name for a study"):
        write_template(name)
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_shipped_study_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = list_studies()[0]
    with pytest.raises(UsageError, match="shipped with popest"):
        write_template(name)
    assert write_template(f"./{name}").is_dir()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        with pytest.raises(UsageError, match="is there already"):
            write_template(tmp_path / name)
    assert (tmp_path / "full" / "x").read_text() == (tmp_path / "file").read_text() == "mine"
    with pytest.raises(UsageError, match="cannot be written"):
        write_template(tmp_path / "file" / "below")


def test_nothing_is_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fail(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UsageError, match="No space left on device"):
        write_template(tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []


def test_the_panel_is_valid_and_simulated(tmp_path: Path) -> None:
    folder = write_panel_template(tmp_path / "districts")
    assert sorted(path.name for path in folder.iterdir()) == [
        *("README.md", "observations.csv", "populations.csv", "study.toml", "truth.csv"),
    ]
    for name, text in simulated_panel.tables().items():
        assert (folder / name).read_text(encoding="utf-8") == text
    panel = load_panel(folder)
    assert panel.warnings == () and panel.is_total
    assert len(panel.populations) == 12 and len(panel.in_use) == 39
    assert [quantity.name for quantity in panel.pooled] == ["permits", "clinics", "pupils"]
    assert panel.with_variant("alone").pooled == ()
    assert len(panel.with_variant("without_census").in_use) == len(panel.as_of("2024-03-01").in_use)
    assert max(map(len, (folder / "study.toml").read_text().splitlines())) <= 100
