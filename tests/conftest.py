"""What all tests share: where the repository is, and how the packages below popest behave."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import small_study

# Machines that run tests are shared and slow, and have no screen.
settings.register_profile("popest", deadline=None)
settings.load_profile("popest")
os.environ.setdefault("MPLBACKEND", "Agg")
# As a command has it, and set before NumPy is loaded. More threads than one for small matrices wait
# for each other, which takes longer than the arithmetic; that they change nothing is tested in
# tests/engines/test_reproducibility.py, with as many as there are.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# As a command has it too: what loading makes is kept, so that little of it is garbage.
gc.set_threshold(100_000)


TOGETHER = {
    "reports": ("report",),
    "pages of the documentation": ("docs", "published"),
    "the model of the pairs": ("ratios/test_ratio_model.py", "ratios/test_shipped_ratios.py"),
}
"""Files and folders whose tests share what is slow to compute, and so run in one process."""

LONGEST_FIRST = (
    *TOGETHER,
    *("engines/test_two_engines.py", "cli/test_planted.py", "checks/test_contract.py"),
    *("engines/test_bank_hard.py", "model/test_measures.py", "engines/test_recovery.py"),
    "engines/test_bank_exact.py",
)
"""Groups that take ten seconds or more."""


def group_of(path: Path) -> str:
    """The tests that one process runs: those of a file, unless it is named above."""
    place = path.relative_to(Path(__file__).parent)
    for group, paths in TOGETHER.items():
        if any(place.is_relative_to(each) for each in paths):
            return group
    return place.as_posix()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand out the longest groups first, so that no process ends long after the other."""
    rank = {group: number for number, group in enumerate(LONGEST_FIRST)}
    for item in items:
        group = group_of(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
        if item.get_closest_marker("nuts"):
            rank.setdefault(group, len(LONGEST_FIRST))
    items.sort(key=lambda item: rank.get(group_of(item.path), len(rank)))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's top folder."""
    return Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the small study."""
    folder = tmp_path / "example"
    folder.mkdir()
    (folder / "study.toml").write_bytes(small_study.LEDGER.encode())
    (folder / "observations.csv").write_bytes(small_study.LEDGER_ROWS.encode())
    return folder


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end the tests, also after a command that hears none until its process ends."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)
