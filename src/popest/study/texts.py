"""What a text must have and must not hold, wherever it stands: in a table or in ``study.toml``."""

from __future__ import annotations

import re
import unicodedata

# By Unicode these are letters and symbols, and yet nothing of them is seen.
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_LINE_ENDS = re.compile(r"[\t\n\r]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

CONTROL_REMEDY = "remove it: a terminal would obey it instead of showing it"


def is_blank(text: str) -> bool:
    """Return whether nothing of a text is seen: spaces of any width, and marks alone."""
    return not any(unicodedata.category(char)[0] in "LNPS" and char not in _UNSEEN for char in text)


def control_rule(text: str, *, is_line: bool = False) -> str | None:
    """Return the rule that a text with a control character breaks, or None.

    Tabs and line ends are text, unless it is to be one line. Escapes, bells and the like are
    commands to a terminal.
    """
    found = _CONTROL.search(text) or (_LINE_ENDS.search(text) if is_line else None)
    return None if found is None else f"holds the control character U+{ord(found[0]):04X}"
