"""The helpers of this folder and the studies of the model's tests are imported by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from report_pages import Pages

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "model")]


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Reports, made when they are first asked for."""
    from report_pages import Pages

    return Pages(tmp_path_factory.mktemp("studies"))
