"""Tests of the examples: scripts that are short and true, a notebook that prints what it did."""

import copy
import json
import re
import subprocess
import sys
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

import popest
from popest.estimates.words import likely

LONGEST_SCRIPT = 30
LARGEST_NOTEBOOK = 100_000
SCRIPTS = ("headline.py", "all_dates.py", "two_days.py")


def run(root: Path, folder: Path, script: str, *arguments: str) -> str:
    """What an example prints, run in an empty folder."""
    done = subprocess.run(
        [sys.executable, "-W", "error", root / "examples" / script, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(root / "src"), "PATH": "", "HOME": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_these_scripts_and_each_is_short(root: Path) -> None:
    found = {path.name: path for path in (root / "examples").glob("*.py")}
    assert set(found) == set(SCRIPTS)
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in found.values()]
    assert max(lengths) < LONGEST_SCRIPT


def test_the_headline_script_prints_every_headline(
    root: Path, tmp_path: Path, estimates: dict[str, popest.Estimate]
) -> None:
    printed = run(root, tmp_path, "headline.py")
    assert list(tmp_path.iterdir()) == []
    for name, estimate in estimates.items():
        lower, upper, *_ = estimate.interval(0.9)
        assert all(f"Warning: {text}\n" in printed for text in estimate.warnings)
        day = estimate.study.specification.headline.last
        assert (
            f"{name}, {day}: {estimate.stock().median:,.0f} persons, 90 % credible interval "
            f"{lower:,.0f} to {upper:,.0f}; between 30,000 and 40,000 with "
            f"{likely(estimate.probability(30_000, 40_000))} probability.\n"
        ) in printed


def test_all_dates_and_sources_are_written_to_the_folder_named_and_nowhere_else(
    root: Path, tmp_path: Path, estimates: dict[str, popest.Estimate]
) -> None:
    run(root, tmp_path, "all_dates.py", "tables/new")
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert written == {"tables/new/dates.csv", "tables/new/sources.csv"}
    estimate = estimates["serbia"]
    dates = pd.read_csv(tmp_path / "tables/new/dates.csv", index_col="date")
    assert len(dates) == len(estimate.model.calendar.month_ends)
    assert dates.loc["2023-12-31", "median"] == pytest.approx(estimate.stock("2023-12-31").median)
    sources = pd.read_csv(tmp_path / "tables/new/sources.csv", index_col="source")
    learned = {ratio.source: ratio for ratio in estimate.ratios_learned}
    assert set(sources.index) == set(learned)
    for name, row in sources.iterrows():
        assert row["posterior_median"] == pytest.approx(learned[str(name)].posterior[0])
        assert row["figures"] == sum(each.source == name for each in estimate.study.used)


def test_two_days_of_evidence_are_compared(root: Path, tmp_path: Path) -> None:
    days = ("2023-03-31", "2023-06-30")
    printed = run(root, tmp_path, "two_days.py", *days, "serbia-report-2024")
    assert list(tmp_path.iterdir()) == []
    study = popest.load_study("serbia-report-2024")
    old, new = (popest.estimate(study.as_of(day), seed=1).stock() for day in days)
    for day, stock in zip(days, (old, new), strict=True):
        lower, upper, *_ = stock.interval(0.9)
        assert (
            f"as of {day}: {stock.median:,.0f}, 90 % credible interval {lower:,.0f} to" in printed
        )
        assert f" to {upper:,.0f}\n" in printed
    moves = re.findall(r"^ *([+-][\d,]+)  ?\(standard error", printed, re.MULTILINE)
    total = sum(int(move.replace(",", "")) for move in moves)
    assert moves
    assert total == pytest.approx(new.median - old.median, abs=0.02 * old.median)


@pytest.fixture(scope="module")
def stored(root: Path) -> nbformat.NotebookNode:
    """The notebook as it is on file."""
    path = root / "examples/first-estimate.ipynb"
    assert path.stat().st_size < LARGEST_NOTEBOOK
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def outputs(notebook: nbformat.NotebookNode) -> list[list[tuple[str, str]]]:
    """What each cell of code printed, and what else it showed, in words.

    Where one piece of what is printed ends and the next begins depends on the machine alone.
    """
    return [
        [
            (kind, "".join(output.get("text") or output["data"]["text/plain"] for output in pieces))
            for kind, pieces in groupby(cell["outputs"], key=itemgetter("output_type"))
        ]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_the_notebook_is_stored_as_it_ran_once_from_top_to_bottom(
    stored: nbformat.NotebookNode,
) -> None:
    assert stored.metadata.kernelspec.name == "python3"
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell["outputs"] for cell in code)
    told = json.dumps(outputs(stored))
    assert "Traceback" not in told and "Warning" not in told and '"stderr"' not in told
    assert any("image/png" in str(cell["outputs"]) for cell in code)


def test_the_notebook_prints_what_is_stored(
    root: Path,
    stored: nbformat.NotebookNode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(root / "src"))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    again = copy.deepcopy(stored)
    for cell in again.cells:
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(again, timeout=120, kernel_name="python3", resources=place).execute()
    assert outputs(again) == outputs(stored)
    assert list(tmp_path.iterdir()) == []
