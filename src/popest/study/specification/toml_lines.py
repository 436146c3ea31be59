"""On which line of a TOML text an entry stands.

The standard parser keeps no positions, so this scanner finds them, in one pass and for any text:
a malformed one gives rough lines, never an error. It does not judge TOML, nor read any value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

type Path = tuple[str | int, ...]

# Every character belongs to exactly one token, and no alternative looks back: the scan is linear.
# It is compiled when a line is looked for: a valid study needs none.
_TOKEN = r'''(?xs)
      (?P<newline> \n )
    | (?P<blank>   [^\S\n]++ | \#[^\n]*+ )
    | (?P<text>    """ (?: [^"\\]++ | \\.? | "(?!"") )*+ (?: "{3,5} | \Z )
                 | \'\'\' (?: [^']++ | '(?!'') )*+ (?: '{3,5} | \Z )
                 | " (?: [^"\\\n]++ | \\[^\n] )*+ "?
                 | ' [^'\n]*+ '? )
    | (?P<mark>    [\[\]{}.,=] )
    | (?P<bare>    [^\s\[\]{}.,="'\#]++ )
    '''


class TomlLines:
    """The lines of the entries of one TOML text.

    Parameters
    ----------
    text
        Any text, well formed or not.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line, from 1, of an entry, or of the nearest table that would hold it.

        Parameters
        ----------
        path
            The keys from the top; an element of an array is named by its index.
        """
        if not path:
            return 1
        node = self._root
        for step in path:
            child = node.children.get(step)
            if child is None:
                break
            node = child
        return node.line

    @cached_property
    def _root(self) -> _Node:
        return _Scanner().scan(self._text)


def split_key(text: str) -> tuple[str, ...] | None:
    """Return the parts of a dotted TOML key (``a.b."c d"``), or None when it is not one."""
    parts: list[str] = []
    part_expected = True
    for match in re.finditer(_TOKEN, text):
        if match.lastgroup == "blank":
            continue
        is_part = match.lastgroup in ("bare", "text")
        if is_part != part_expected or not (is_part or match[0] == "."):
            return None
        if is_part:
            parts.append(_key(match[0]))
        part_expected = not is_part
    return None if part_expected else tuple(parts)


@dataclass(slots=True)
class _Node:
    """An entry: its line, its entries, and the last element where it is an array of tables."""

    line: int
    children: dict[str | int, _Node] = field(default_factory=dict)
    last: int | None = None

    def child(self, key: str | int, line: int) -> _Node:
        return self.children.setdefault(key, _Node(line))

    def descendant(self, keys: Sequence[str], line: int, *, is_new_element: bool = False) -> _Node:
        """Follow keys from a table; tables on the way are those of their last element."""
        node = self
        for position, key in enumerate(keys, start=1):
            node = node.child(key, line)
            if is_new_element and position == len(keys):
                node.last = 0 if node.last is None else node.last + 1
            if node.last is not None:
                node = node.child(node.last, line)
        return node


@dataclass(slots=True)
class _Place:
    """What the next entry belongs to: a table, or an array of which it is element `index`."""

    node: _Node
    index: int | None = None


class _Scanner:
    """Follows the tokens of a text and notes on which line each entry begins."""

    def __init__(self) -> None:
        self.root = self.value = _Node(1)
        # The table of the last header, and within it the brackets that are still open.
        self.places = [_Place(self.root)]
        self.line = 1
        self._expect_key()

    def scan(self, text: str) -> _Node:
        for match in re.finditer(_TOKEN, text):
            kind, token = match.lastgroup, match[0]
            if kind == "newline" and len(self.places) == 1:
                self._expect_key()
            elif kind == "mark":
                self._mark(token, self.places[-1])
            elif kind in ("text", "bare"):
                self._word(token, self.places[-1])
            self.line += token.count("\n")
        return self.root

    def _expect_key(self) -> None:
        self.keys: list[str] = []
        self.is_value = False
        self.header_brackets = 0

    def _word(self, token: str, place: _Place) -> None:
        """Take a part of a key, or a value; within an array each element is an entry."""
        if not self.is_value:
            self.keys.append(_key(token))
        elif place.index is not None:
            place.node.child(place.index, self.line)

    def _mark(self, mark: str, place: _Place) -> None:
        is_nested = len(self.places) > 1
        if mark == "=" and not self.is_value:
            self.value = place.node.descendant(self.keys, self.line)
            self.is_value = True
        elif mark in "[{" and self.is_value:
            self._enter(place, is_array=mark == "[")
        elif mark == "[" and not (is_nested or self.keys):
            self.header_brackets += 1
        elif mark == "]" and self.header_brackets:
            self._begin_table()
        elif mark in "]}" and is_nested:
            self.places.pop()
            self.is_value = True
        elif mark == "," and place.index is not None:
            place.index += 1
        elif mark == "," and is_nested:
            self._expect_key()

    def _enter(self, place: _Place, *, is_array: bool) -> None:
        node = self.value if place.index is None else place.node.child(place.index, self.line)
        self.places.append(_Place(node, 0 if is_array else None))
        self.keys, self.is_value = [], is_array

    def _begin_table(self) -> None:
        """Enter the table of ``[a.b]``, or the new element of ``[[a.b]]``."""
        is_new_element = self.header_brackets > 1
        node = self.root.descendant(self.keys, self.line, is_new_element=is_new_element)
        self.places = [_Place(node)]
        self._expect_key()
        self.is_value = True  # nothing may follow on the line


def _key(token: str) -> str:
    """Return the key that a bare or quoted token stands for."""
    if token[0] not in "\"'":
        return token
    try:
        return str(tomllib.loads(f"key = {token}")["key"])
    except ValueError:
        return token.strip("\"'")
