"""The ids of new rows: the next number after those of a source's rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from popest.study.drafts.addition import Ledger

_NUMBERED = re.compile(r"(.*?)([0-9]{1,9})")


class NewIds:
    """Gives out ids that are free.

    A number that the study's texts mention is taken, too: percentages are quoted in reasons by
    the ids that they have where they were published.
    """

    def __init__(self, ledger: Ledger, taken: Iterable[str] = ()) -> None:
        self._rows = ledger.table.rows
        self._taken = {*ledger.table.lines, *taken}
        self._texts = (ledger.specification.text, ledger.observations.text)
        self._last: dict[str, int] = {}

    def next(self, source: str) -> str:
        """Return a free id for a row of a source, and take it."""
        prefix, width = self._family(source)
        if prefix not in self._last:
            self._last[prefix] = max(self._mentioned(prefix), default=0)
        while True:
            self._last[prefix] += 1
            name = f"{prefix}{self._last[prefix]:0{width}}"
            if name not in self._taken:
                self._taken.add(name)
                return name

    def _mentioned(self, prefix: str) -> Iterator[int]:
        """Give the numbers of a family that the texts mention.

        An id alone in quotes is none of them: that is how a variant names a row yet to come.
        """
        name = rf"{re.escape(prefix)}(?P<number>[0-9]{{1,9}})(?![0-9])"
        pattern = re.compile(rf"(?<![A-Za-z0-9_.-])(?P<open>\"?){name}(?P<close>\"?)")
        for text in self._texts:
            for match in pattern.finditer(text):
                if not (match["open"] and match["close"]):
                    yield int(match["number"])

    def _family(self, source: str) -> tuple[str, int]:
        """Return the letters before the number of a source's last id, and how long it is."""
        for row in reversed(self._rows):
            match = _NUMBERED.fullmatch(row.id)
            if row.source == source and match is not None:
                return match[1], len(match[2])
        letters = re.sub("[^A-Za-z0-9]", "", source)[:3].upper() or "ROW"
        return (letters if letters[-1].isalpha() else f"{letters}-"), 2
