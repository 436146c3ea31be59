"""Markdown of what the reference pages are made of: tables, and texts shown as they are."""

from __future__ import annotations

import re


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines
    )


def plain(text: str) -> str:
    """Return a study's text so that Markdown shows it as it is, on one line."""
    return re.sub(r"([\\`*_$<>\[\]])", r"\\\1", " ".join(text.split()))
