"""What all tests share: where the repository is, and how hypothesis and matplotlib behave."""

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
