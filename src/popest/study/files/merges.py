"""What a merge leaves in a text: conflicts that nobody resolved, and their marks.

Two people change one file, and git puts both sides into it for a person to choose. Such a file says
two things at once, so that nothing of it is read. What a merge does to the rows of a table is found
by ``popest.study.tables.csv_records``.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"(?:<{7}|\|{7}|>{7})(?: .*)?|={7}")
_OPENS, _PARTS, _CLOSES = "<<<<<<<", "=======", ">>>>>>>"

MARK_REMEDY = "keep the lines around it that belong here, and remove this one"


def is_conflict_mark(line: str) -> bool:
    """Return whether a line is one that git writes around the sides of a conflict."""
    return _MARK.fullmatch(line.rstrip("\r\n")) is not None


def conflicts(text: str) -> list[tuple[int, int]]:
    """Return the first and last line of each conflict in a text, counted from 1.

    A line of equals signs alone is none: texts underline with them.
    """
    if _OPENS not in text or _CLOSES not in text:
        return []
    found: list[tuple[int, int]] = []
    first, has_sides = 0, False
    for number, line in enumerate(text.split("\n"), start=1):
        if line[:7] not in (_OPENS, _PARTS, _CLOSES) or not is_conflict_mark(line):
            continue
        if line.startswith(_OPENS):
            first, has_sides = number, False
        elif line.startswith(_PARTS):
            has_sides = first > 0
        elif has_sides:
            found.append((first, number))
            first, has_sides = 0, False
    return found


def conflict_rule(found: list[tuple[int, int]]) -> str:
    """Return what is to be said of a text with conflicts."""
    places = ", ".join(f"{first} to {last}" for first, last in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    noun = "conflicts" if len(found) > 1 else "a conflict"
    return f"holds {noun} of a merge that nobody resolved, lines {places}{more}"


CONFLICT_REMEDY = (
    "keep what is right of both sides (all rows of a table of figures), and remove the lines that "
    "begin with <<<<<<<, ======= and >>>>>>>"
)
