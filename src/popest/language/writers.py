"""Writers: how a fact about a study is put into the sentences of a language.

A fact, such as a warning, gives its fields to a writer once. The plain writer names sources and
days as they are on file, for a terminal and for programs; that of a page, in
``popest.report.voice``, by their titles and as HTML.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import NamedTuple, Protocol

from popest.language.catalogue import ENGLISH
from popest.language.words import Words


class Writer(Protocol):
    """What a fact is written with."""

    @property
    def texts(self) -> Words:
        """The sentences and numbers of the language."""
        ...

    def source(self, name: str) -> str:
        """Return a source as a name within a sentence."""
        ...

    def rows(self, names: Iterable[str]) -> str:
        """Return the ids of rows, the rest of a long list counted."""
        ...

    def window(self, start: date | str | None, end: date | str | None) -> str:
        """Return a day, or the two ends of a window."""
        ...

    def quoted(self, text: str) -> str:
        """Return what a study says, marked as such."""
        ...


class Fact(Protocol):
    """What can be said in every language, and is said in English by itself."""

    def said(self, writer: Writer) -> str:
        """Return it in the sentences of a language."""
        ...

    def __str__(self) -> str:
        return self.said(plain_writer())


class PlainWriter(NamedTuple):
    """The writer of plain text: names, days and texts as they are on file."""

    texts: Words

    def source(self, name: str) -> str:
        """Return the name of a source."""
        return name

    def rows(self, names: Iterable[str]) -> str:
        """Return the ids of rows, the rest of a long list counted."""
        return self.texts.listed(names, most=20)

    def window(self, start: date | str | None, end: date | str | None) -> str:
        """Return a day, or the two ends of a window."""
        if start is None or end is None:
            return str(end or start or "")
        return self.texts("date.window", start=str(start), end=str(end))

    def quoted(self, text: str) -> str:
        """Return a word that a study says, in double quotes."""
        return f'"{text}"'


@cache
def plain_writer(language: str = ENGLISH) -> PlainWriter:
    """Return the plain writer of a language.

    Raises
    ------
    LanguageError
        When there is no such language, or its file is not whole.
    """
    return PlainWriter(Words(language))
