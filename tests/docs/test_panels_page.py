"""Tests of the page of panels: its commands run, and its first panel is held against the truth."""

import re
from collections.abc import Callable
from pathlib import Path

import first_panel

import popest

DAY = re.compile(r"2024-\d\d-\d\d ")


def test_the_first_panel_is_what_the_page_says(
    page: Callable[[str], str],
    blocks: Callable[[str, str], list[str]],
    shell: Callable[[str, Path], str],
    tmp_path: Path,
) -> None:
    text = page("docs/panels.md")
    (commands,) = blocks("docs/panels.md", "sh")
    printed = shell(commands, tmp_path)
    table, said = first_panel.held_against_the_truth(tmp_path / "districts")
    assert table in text
    assert said in " ".join(text.split())
    days = [re.split("  +", line) for line in printed.splitlines() if DAY.match(line)]
    before, after = (bounds.replace(" - ", " and ") for _, _, _, bounds, _ in days)
    before = f"the total lies between {before} persons with 90 % probability"
    assert f"{before}, after it between {after}:" in " ".join(text.split())
    assert "Bergen, stock on 2023-12-31: between" in printed and "(the panel itself)" in printed


def test_the_page_names_what_python_has(page: Callable[[str], str]) -> None:
    text = page("docs/panels.md")
    for name in re.findall(r"`popest\.([a-z_]+)`", text):
        assert name in popest.__all__
