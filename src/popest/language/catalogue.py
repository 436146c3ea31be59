"""The catalogue: the sentences of each language, read from its file when one is first asked for.

English is read by the section, since a command that says one sentence needs one section of many.

A language is one file, ``texts/CODE.toml``, found by its name. English is what the others are
translated from: each has its keys, and in each sentence the same names in braces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

ENGLISH = "en"
FOLDERS = [Path(__file__).with_name("texts")]
"""Where the files of languages are."""
MOST_NAMED = 5
"""Sentences that a message names."""


class LanguageError(ValueError):
    """A language that there is not, or whose file is not whole."""


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that popest speaks."""
    return tuple(sorted(_files()))


def sentences(language: str) -> Mapping[str, str]:
    """Return the sentences of a language by their dotted keys.

    Raises
    ------
    LanguageError
        When there is no such language, or when it lacks a sentence or a name in braces.
    """
    found = _files()
    if language not in found:
        raise LanguageError(f"language {language!r}: write one of {', '.join(sorted(found))}")
    if language == ENGLISH:
        return _by_section(found[language])
    return _read_beside(found[language], found[ENGLISH])


def fields_of(sentence: str) -> set[str]:
    """Return the names of the fields of a sentence."""
    from string import Formatter

    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def _files() -> dict[str, Path]:
    """Return the file of each language by its code."""
    return {file.stem: file for folder in FOLDERS for file in folder.glob("*.toml")}


class Sections(Mapping[str, str]):
    """The sentences of a file by their dotted keys, each section read when it is asked for.

    A section is all tables whose names begin with the same word: ``[checks]``, ``[checks.list]``.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._unread: dict[str, str] = {}
        self._read: dict[str, Mapping[str, str]] = {}
        for table in file.read_text(encoding="utf-8").split("\n[")[1:]:
            name = table[: table.index("]")].partition(".")[0]
            self._unread[name] = f"{self._unread.get(name, '')}\n[{table}"

    def __getitem__(self, key: str) -> str:
        return self._section(key.partition(".")[0])[key]

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(self._section, self._unread))

    def __len__(self) -> int:
        return sum(len(self._section(name)) for name in self._unread)

    def _section(self, name: str) -> Mapping[str, str]:
        if name not in self._read:
            self._read[name] = _parsed(self._unread.get(name, ""), self._file)
        return self._read[name]


_by_section = cache(Sections)


@cache
def _read(file: Path) -> Mapping[str, str]:
    return _parsed(file.read_text(encoding="utf-8"), file)


def _parsed(text: str, file: Path) -> Mapping[str, str]:
    """Return the sentences of a text, which is that of a file or part of it."""
    import tomllib

    try:
        found = dict(_flat(tomllib.loads(text)))
    except ValueError as error:
        raise LanguageError(f"language {file.stem!r}: {file} cannot be read: {error}") from error
    other = [key for key, entry in found.items() if not isinstance(entry, str)]
    if other:
        raise LanguageError(f"language {file.stem!r}: {file} has no text as {_some(other)}")
    return found


@cache
def _read_beside(file: Path, english: Path) -> Mapping[str, str]:
    """Return the sentences of a language that has all that English has."""
    found, expected = _read(file), _read(english)
    missing = [key for key in expected if key not in found]
    if missing:
        raise LanguageError(f"language {file.stem!r}: {file} lacks {_some(missing)}")
    unlike = [key for key in expected if fields_of(found[key]) != fields_of(expected[key])]
    if unlike:
        rule = "has other names in braces than English in"
        raise LanguageError(f"language {file.stem!r}: {file} {rule} {_some(unlike)}")
    return found


def _some(keys: list[str]) -> str:
    rest = len(keys) - MOST_NAMED
    return ", ".join(keys[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, entry in table.items():
        if isinstance(entry, dict):
            yield from _flat(entry, f"{before}{key}.")
        else:
            yield f"{before}{key}", entry
