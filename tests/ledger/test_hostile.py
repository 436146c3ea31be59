"""Tests that a hostile folder runs nothing and is answered in words.

All folders, with time and memory, are in ``benchmarks/hostile.py``.
"""

from pathlib import Path

import hostile
import pytest

NAMES = ["git promisor", "table a pipe", "table endless", "specification of 1 TB", "deep nesting"]
# A process begins with the memory of the one that starts it, here of all tests before this one.
TIMED = {"more than 5 s", "more than 500 MB"}


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_folder_gets_an_answer(name: str) -> None:
    for outcome in hostile.judged(name, hostile.FOLDERS[name]):
        assert not set(outcome.faults) - TIMED


def test_a_program_that_ran_would_be_seen() -> None:
    def start(folder: Path, program: Path) -> None:
        hostile.subprocess.run([program], check=False)

    outcome, *_ = hostile.judged("a test", start)
    assert set(outcome.faults) - TIMED == {"a planted program ran"}
