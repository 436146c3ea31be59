"""Tests of the pages' Python: every block and every example runs, and the example is true."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import popest
from popest.estimates.words import likely

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SNIPPETS = [
    pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, code in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
]


def run(folder: Path, *arguments: str | Path) -> str:
    """What a Python of its own prints in an empty folder."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", SNIPPETS)
def test_a_snippet_runs(code: str, tmp_path: Path) -> None:
    assert run(tmp_path, "-c", code)


def test_the_readme_has_one_snippet_of_eight_lines(
    blocks: Callable[[str, str], list[str]],
) -> None:
    (code,) = blocks("README.md", "python")
    assert len([line for line in code.splitlines() if line]) == 8


def test_the_example_prints_both_headlines(
    tmp_path: Path, estimates: dict[str, popest.Estimate]
) -> None:
    printed = run(tmp_path, ROOT / "examples/headline.py")
    for name, estimate in estimates.items():
        lower, upper, *_ = estimate.interval(0.9)
        assert all(f"Warning: {text}\n" in printed for text in estimate.warnings)
        assert (
            f"{name}, 2023-12-31: {estimate.stock().median:,.0f} persons, 90 % credible interval "
            f"{lower:,.0f} to {upper:,.0f}; between 30,000 and 40,000 with "
            f"{likely(estimate.probability(30_000, 40_000))} probability.\n"
        ) in printed
