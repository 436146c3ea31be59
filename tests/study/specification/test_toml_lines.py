"""The lines of TOML entries, in nasty texts and in random ones."""

import tomllib
from collections.abc import Iterator
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popest.study.specification.toml_lines import _TOKEN, TomlLines, split_key
from steps import steps

NASTY = '''\
title = "a # is no comment, nor ] nor } nor = nor \\" a quote"
path = 'C:\\'  # a literal string ends at its quote
[ table . "quoted.key" ]   # blanks in a header
  a.b . 'c d' = 1
text = """
[not.a.table]
key = "value"
a quote "", an escape \\""" and four at the end""""
other = \'\'\'
x = 1 \'\' \'\'\'\'
last = 2
[[wave]]
size = { median = 1.5, weights = { "2022-01" = 1 } }
[[wave]]
name = "second"
[wave.size]
median = 2
[[wave.part]]
x = 1
[[wave.part]]
x = 2
[arrays]
one = [
  1, # one
  { a = [2,
    3], b = "]" },
  [ "x",
    """
    """, 2022-01-01T00:00:00Z ],
]
dates = [ 2022-01-01, 07:30:00.5, 1e-3,
  -inf ]
"\\u0041" = "an escaped key"
'''

EXPECTED = {
    ("title",): 1,
    ("path",): 2,
    ("table",): 3,
    ("table", "quoted.key"): 3,
    ("table", "quoted.key", "a"): 4,
    ("table", "quoted.key", "a", "b", "c d"): 4,
    ("table", "quoted.key", "text"): 5,
    ("table", "quoted.key", "other"): 9,
    ("table", "quoted.key", "last"): 11,
    ("wave", 0): 12,
    ("wave", 0, "size", "median"): 13,
    ("wave", 0, "size", "weights", "2022-01"): 13,
    ("wave", 1): 14,
    ("wave", 1, "name"): 15,
    ("wave", 1, "size"): 16,
    ("wave", 1, "size", "median"): 17,
    ("wave", 1, "part", 0, "x"): 19,
    ("wave", 1, "part", 1, "x"): 21,
    ("arrays", "one"): 23,
    ("arrays", "one", 0): 24,
    ("arrays", "one", 1, "a"): 25,
    ("arrays", "one", 1, "a", 1): 26,
    ("arrays", "one", 1, "b"): 26,
    ("arrays", "one", 2, 0): 27,
    ("arrays", "one", 2, 1): 28,
    ("arrays", "one", 2, 2): 29,
    ("arrays", "dates", 1): 31,
    ("arrays", "dates", 2): 31,
    ("arrays", "dates", 3): 32,
    ("arrays", "A"): 33,
}


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        return [path, *(leaf for key, entry in entries for leaf in leaves(entry, (*path, key)))]
    return [path]


def test_the_nasty_text_is_toml_and_every_entry_of_it_is_expected() -> None:
    document = tomllib.loads(NASTY)
    assert all(path in leaves(document) for path in EXPECTED)


@pytest.mark.parametrize("path", EXPECTED, ids=str)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_line_of_an_entry(path: tuple[str | int, ...], ending: str) -> None:
    assert TomlLines(NASTY.replace("\n", ending)).line(path) == EXPECTED[path]


def test_a_missing_entry_is_looked_for_where_it_would_stand() -> None:
    lines = TomlLines(NASTY)
    assert lines.line(("table", "quoted.key", "a", "nothing", "more")) == 4
    assert lines.line(("wave", 7)) == 12
    assert lines.line(("wave", 1, "size", "sigma")) == 16
    assert lines.line(("nothing",)) == 1
    assert lines.line(()) == 1


KEYS = st.text("ab-_.\"'\\ #=[]{}\t\u00e9", min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text("a\"'\\\n#[]{}=,. ", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return (
            '"'
            + "".join(f"\\u{ord(char):04x}" if char in '"\\\n\t' else char for char in value)
            + '"'
        )
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(written, value)) + "\n]"
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{written(key)} = {written(one)}" for key, one in value.items()) + "}"
        )
    return str(value)


def first_line(value: Any, line: int, path: tuple[Any, ...], found: dict[Any, int]) -> int:
    """Note the line of every entry of a value as `written` writes it; return its last line."""
    found[path] = line
    if isinstance(value, list):
        for index, entry in enumerate(value):
            line = first_line(entry, line + 1, (*path, index), found)
        return line + 1 if value else line + 2
    if isinstance(value, dict):
        for key, entry in value.items():
            line = first_line(entry, line, (*path, key), found)
    return line


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), st.integers(0, 3))
def test_lines_of_written_documents(document: dict[str, Any], blanks: int) -> None:
    found: dict[Any, int] = {}
    text, line = "", 1
    for key, value in document.items():
        text += "\n" * blanks + f"{written(key)} = {written(value)}\n"
        line = first_line(value, line + blanks, (key,), found) + 1
    assert tomllib.loads(text) == document
    lines = TomlLines(text)
    assert {path: lines.line(path) for path in found} == found


PIECES = st.lists(
    st.sampled_from(["[", "]", "{", "}", '"', '"""', "'", "\'\'\'", "\\", "\n", "=", ".", ",", "#",
                     " ", "a", "b.c", "1", "\r", "\0", "\u2028", "\ufeff"]),
    max_size=60,
).map("".join)  # fmt: skip


@given(st.text() | PIECES, st.lists(st.sampled_from(["a", "b", "c", 0, 1]), max_size=4))
def test_any_text_gives_a_line_in_it(text: str, path: list[str | int]) -> None:
    assert 1 <= TomlLines(text).line(path) <= text.count("\n") + 1


@pytest.mark.parametrize(
    "unit", ['"', "'", "[", "{a=", "]", "a.", "a=1\n", "\\", '"""\\', "#\n", "[[a]]\n", ",", "=["]
)
def test_work_grows_with_the_text_only(unit: str) -> None:
    def work(times: int) -> int:
        return steps(lambda: TomlLines(f"a={unit * times}").line(("a",)))

    assert work(4_000) < 4.5 * work(1_000) + 100


def test_no_token_is_looked_for_twice() -> None:
    """Repetitions without end never give back what they took, so that a match takes one pass."""
    unbounded = [kind for kind, most in repetitions(_parser.parse(_TOKEN)) if most]
    assert len(unbounded) > 5 and set(unbounded) == {"POSSESSIVE_REPEAT"}
    assert ("MAX_REPEAT", True) in list(repetitions(_parser.parse("(?:a*b)++")))


def repetitions(tree: Any) -> Iterator[tuple[str, bool]]:
    """Each repetition of a pattern, and whether it has no end."""
    for part in tree:
        if isinstance(part, tuple) and str(part[0]).endswith("_REPEAT"):
            yield str(part[0]), part[1][1] == _parser.MAXREPEAT
        if isinstance(part, (tuple, list, _parser.SubPattern)):
            yield from repetitions(part)


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("a", ("a",)),
        ("a.b-c.2022-01", ("a", "b-c", "2022-01")),
        (" a . \"b.c\" . 'd e' ", ("a", "b.c", "d e")),
        ('"\\u0041"', ("A",)),
        ("", None),
        (".", None),
        ("a..b", None),
        ("a.", None),
        (".a", None),
        ("a b", None),
        ("a[0]", None),
        ("a=b", None),
        ("a\nb", None),
    ],
)
def test_a_dotted_key_is_split_as_toml_does(key: str, parts: tuple[str, ...] | None) -> None:
    assert split_key(key) == parts
