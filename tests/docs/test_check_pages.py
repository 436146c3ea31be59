"""Each check has a page that asks its question and quotes what it finds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from popest.checks import all_checks
from popest.checks.result import Context
from popest.study import load_study

SLOW = {"engines-agree": [pytest.mark.nuts]}
ELSEWHERE = {"calibration", "backtest"}
"""Checks whose pages have tests of their own."""
NAMES = [name for name in all_checks() if name not in ELSEWHERE]


def prose(root: Path, name: str) -> str:
    text = (root / "docs/checks" / f"{name}.md").read_text(encoding="utf-8")
    return " ".join(text.replace("\n> ", "\n").split())


def words_alone(text: str) -> str:
    return re.sub(r"\d[\d.,]*\d|\d", "#", text)


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


@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, ())) for name in NAMES])
def test_a_page_quotes_the_sentence(name: str, root: Path, report: Context) -> None:
    sentence, text = all_checks()[name].run(report).sentence, prose(root, name)
    if name in SLOW:
        # The last bits of compiled code, and with them every later draw, depend on the processor.
        sentence, text = words_alone(sentence), words_alone(text)
    assert sentence in text
