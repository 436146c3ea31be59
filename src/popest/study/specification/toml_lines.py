"""On which line of a TOML text an entry stands.

The standard parser keeps no positions, so this scanner finds them, in one pass and for any text:
a malformed one gives rough lines, never an error. It does not judge TOML, nor read any value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

type Path = tuple[str | int, ...]

# Every character belongs to exactly one token, and no alternative looks back: the scan is linear.
_TOKEN = re.compile(
    r'''
      (?P<newline> \n )
    | (?P<blank>   [^\S\n]++ | \#[^\n]*+ )
    | (?P<text>    """ (?: [^"\\]++ | \\.? | "(?!"") )*+ (?: "{3,5} | \Z )
                 | \'\'\' (?: [^']++ | '(?!'') )*+ (?: '{3,5} | \Z )
                 | " (?: [^"\\\n]++ | \\[^\n] )*+ "?
                 | ' [^'\n]*+ '? )
    | (?P<mark>    [\[\]{}.,=] )
    | (?P<bare>    [^\s\[\]{}.,="'\#]++ )
    ''',
    re.VERBOSE | re.DOTALL,
)


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
    for match in _TOKEN.finditer(text):
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


@dataclass(slots=True)
class _Open:
    """A bracket still open within a value: an array (at element `index`) or an inline table."""

    node: _Node
    is_array: bool
    index: int = 0


class _Scanner:
    """Follows the tokens of a text and notes on which line each entry begins."""

    def __init__(self) -> None:
        self.root = _Node(1)
        self.table = self.root
        self.value = self.root
        self.open: list[_Open] = []
        self.keys: list[str] = []
        self.line = 1
        self.is_array_header = False
        self.step = self._key

    def scan(self, text: str) -> _Node:
        for kind, token in _tokens(text):
            if kind == "newline":
                self._newline()
            else:
                self.step(kind, token)
                self.line += token.count("\n")
        return self.root

    def _newline(self) -> None:
        self.line += 1
        if not self.open:
            self.keys = []
            self.step = self._key

    def _key(self, kind: str, token: str) -> None:
        """Read a dotted key up to its equals sign, or the bracket that begins a header."""
        if kind != "mark":
            self.keys.append(_key(token))
        elif token == "=":
            self.value = self._descend(self.open[-1].node if self.open else self.table)
            self.step = self._value
        elif token == "[" and not self.open and not self.keys:
            self.is_array_header = False
            self.step = self._header
        elif token in "]}" and self.open:
            self._close()

    def _header(self, kind: str, token: str) -> None:
        """Read ``[a.b]`` or ``[[a.b]]`` and enter its table."""
        if kind != "mark":
            self.keys.append(_key(token))
        elif token == "[" and not self.keys:
            self.is_array_header = True
        elif token == "]":
            self.table = self._descend(self.root, new_element=self.is_array_header)
            self.step = self._rest

    def _value(self, kind: str, token: str) -> None:
        """Read a value; within an array each element is an entry of its own."""
        inner = self.open[-1] if self.open else None
        if token in ("[", "{"):
            self._enter(token)
        elif token in ("]", "}"):
            self._close()
        elif token == "," and inner is not None:
            if inner.is_array:
                inner.index += 1
            else:
                self.keys = []
                self.step = self._key
        elif kind != "mark" and inner is not None and inner.is_array:
            inner.node.child(inner.index, self.line)

    def _rest(self, kind: str, token: str) -> None:
        """Pass over what follows a header on its line."""

    def _enter(self, bracket: str) -> None:
        node = self.value
        if self.open and self.open[-1].is_array:
            node = self.open[-1].node.child(self.open[-1].index, self.line)
        self.open.append(_Open(node, is_array=bracket == "["))
        self.keys = []
        self.step = self._value if bracket == "[" else self._key

    def _close(self) -> None:
        if self.open:
            self.open.pop()
        self.step = self._value

    def _descend(self, node: _Node, *, new_element: bool = False) -> _Node:
        """Follow the keys read from a table; tables on the way are those of their last element."""
        for position, key in enumerate(self.keys, start=1):
            node = node.child(key, self.line)
            if new_element and position == len(self.keys):
                node.last = 0 if node.last is None else node.last + 1
                node.child(node.last, self.line)
            if node.last is not None:
                node = node.children[node.last]
        self.keys = []
        return node


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is not None and kind != "blank":
            yield kind, match[0]


def _key(token: str) -> str:
    """Return the key that a bare or quoted token stands for."""
    if token[0] not in "\"'":
        return token
    try:
        return str(tomllib.loads(f"key = {token}")["key"])
    except ValueError:
        return token.strip("\"'")
