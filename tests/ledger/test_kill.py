"""Tests that no row is lost, doubled or halved, however writers end and however many there are.

The full size, 300 kills and 200 rows, is in ``benchmarks/kill.py``.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def result(root: Path) -> dict[str, object]:
    """Run the trial in a process of its own: it forks, which a process with threads may not."""
    sizes = ["--kills", "60", "--rows", "16", "--writers", "8", "--seed", "7"]
    done = subprocess.run(
        [sys.executable, str(root / "benchmarks/kill.py"), *sizes, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_killed_writers_leave_whole_rows_and_lose_none(result: dict[str, dict[str, int]]) -> None:
    killed = result["killed"]
    assert killed["faults"] == []
    assert killed["acknowledged"] > 0


def test_writers_at_once_lose_no_row(result: dict[str, dict[str, int]]) -> None:
    assert result["written"]["faults"] == []
    assert result["written"]["acknowledged"] == result["rows"] == 16
