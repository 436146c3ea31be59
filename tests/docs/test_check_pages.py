"""Each check has a page that asks its question and quotes what it finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_pages import prose

from popest.checks import all_checks
from popest.checks.result import Context
from popest.study import load_study

ELSEWHERE = {"calibration", "backtest"}
"""Checks whose pages have tests of their own."""
NAMES = [name for name in all_checks() if name not in ELSEWHERE]
# What the check of engines says is held to its page where chains are sampled anyway:
# tests/engines/test_two_engines.py.
QUOTED = [name for name in NAMES if name != "engines-agree"]


@pytest.fixture(scope="module")
def report() -> Context:
    return Context(load_study("serbia-report-2024"))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_the_question(name: str, root: Path) -> None:
    found, text = all_checks()[name], prose(root, name)
    assert f"**{found.question[0].upper()}{found.question[1:]}**" in text
    assert ("Required" in text) == found.required
    assert ("not part of the quick run" in text.lower()) == (not found.quick)
    assert "## Papers - " in text


@pytest.mark.parametrize("name", QUOTED)
def test_a_page_quotes_the_sentence(name: str, root: Path, report: Context) -> None:
    assert all_checks()[name].run(report).sentence in prose(root, name)
