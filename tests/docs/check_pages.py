"""The pages of the checks as prose, and what two runs of an engine of chains say alike."""

from __future__ import annotations

import re
from pathlib import Path


def prose(root: Path, name: str) -> str:
    """The page of a check as one line, its quotes without their marks."""
    text = (root / "docs/checks" / f"{name}.md").read_text(encoding="utf-8")
    return " ".join(text.replace("\n> ", "\n").split())


def words_alone(text: str) -> str:
    """A text with a sign in place of each number.

    The last bits of compiled code, and with them every later draw, depend on the processor.
    """
    return re.sub(r"\d[\d.,]*\d|\d", "#", text)
