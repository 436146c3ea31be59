"""Cells that a spreadsheet would take for formulas: written so that it does not, and read back.

A cell that begins with = + - or @ is worked out by a spreadsheet that opens the table, whoever
wrote it. popest writes an apostrophe before it, and takes it off on import. Numbers stay numbers.
"""

from __future__ import annotations

import re

# Full-width signs count as the plain ones, and so does what stands behind blanks.
_FORMULA = re.compile("'*\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")
_NUMBER = re.compile(r"-[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def escaped(text: str) -> str:
    """Return a cell as it is written for spreadsheets.

    What would be a formula gets an apostrophe before it, and so does a text that looks as if it
    had one: `unescaped` gives back every text.
    """
    is_formula = _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None
    return f"'{text}" if is_formula else text


def unescaped(text: str) -> str:
    """Return the text of a cell that was `escaped`; apostrophes before other text stay."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
