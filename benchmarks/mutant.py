"""A wrong line of the package: what it stands for, and how a file is made wrong by it.

The mutants themselves are in the files ``mutants_of_*.py``; they are judged in ``mutants.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

type Change = tuple[str, str, str]
"""A name, what stands in one line of a file, once in the file, and what is to stand there."""
type Table = tuple[tuple[str, tuple[str, ...], tuple[Change, ...]], ...]
"""Files of the package, the tests that are aimed at some changes of each, and these changes."""


class Mutant(NamedTuple):
    """One line made wrong: what of it stands in a file of the package, and what in its place."""

    name: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]

    def path(self, root: Path) -> Path:
        """Return the file in a copy of the repository."""
        return root / "src/popest" / self.file

    def fault(self, source: str) -> str:
        """Return why this cannot be made of a file's text; empty when it can."""
        found = source.count(self.text)
        if found != 1:
            return f"its text stands {found} times in {self.file}"
        return "it changes nothing" if self.text == self.instead else ""

    def made_of(self, source: str) -> str:
        """Return a file's text with the line made wrong."""
        return source.replace(self.text, self.instead)
