"""Ways to damage the two files of a study by chance: its bytes, cells, columns, rows or keys.

Each takes both files and a source of chance, and returns them damaged. What becomes of a damaged
study is judged in ``mutations.py``.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable

from popest.study.observations.columns import COLUMNS

BYTES = [b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"=", b"[", b"}", b"#"]
CORRECTION, SUM = ([*COLUMNS].index(name) for name in ("supersedes", "derived_from"))
CELLS = [
    *("1e400", "-inf", "-0", "0x10", "1_000", "  ", "0.0", "1e-400", "5-9", "<5", "1.285"),
    *("between", "at_most", "at_least", "12,5", "5.5"),
    *("", " ", "-", "0", "-1", "1", "12,345", "12.5", "1e4", "NaN", "inf", "9" * 15, "9" * 400),
    *(
        "yes",
        "no",
        "YES",
        "true",
        "exact",
        "rounded",
        "2023",
        "2023-13",
        "2023-02-30",
        "0000-01-01",
    ),
    *("9999-12-31", "2023-06-15", "31.12.2023", "+CEN01", "+CEN01 -CEN01", "CEN01", "CEN99"),
    *(
        "census",
        "companies",
        '"',
        "a\nb",
        "x" * 9_999,
        "x" * 10_001,
        "\u0662\u0663",
        "=1+1",
        "\u2028",
    ),
]
VALUES = [
    *('""', '"x"', "0", "-1", "1", "1e-300", "1e300", "nan", "-inf", "true", "[]", "{}", "[1]"),
    *("[[1, 2]]", "2023-06-15", '"2023-06-15"', '"2023-06"', "{ median = 1, sigma = 1 }", "0.4"),
    *('"stock"', '"arrivals"', '"shares"', '"census"', "9" * 5_000, "[" * 500, '"' + "x" * 10_001),
]

type Texts = tuple[bytes, bytes]
type Chance = random.Random


def _damage_bytes(texts: Texts, chance: Chance) -> Texts:
    """Flip, lose, add or repeat some bytes of one file."""
    which = chance.randrange(2)
    data = bytearray(texts[which])
    place = chance.randrange(len(data) + 1)
    length = chance.choice((1, 1, 2, 20, 500))
    match chance.randrange(6):
        case 0 if place < len(data):
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            del data[place : place + length]
        case 2:
            data[place:place] = chance.choice(BYTES)
        case 3:
            data[place:place] = data[place : place + length]
        case 4:
            del data[place:]
        case _:
            data[place:place] = chance.randbytes(length)
    return _put(texts, which, bytes(data))


def _damage_cell(texts: Texts, chance: Chance) -> Texts:
    """Replace a cell by another text, or by another row's."""
    rows = _cells(texts[1])
    if not rows:
        return texts
    row = chance.choice(rows)
    if row:
        place = chance.randrange(len(row))
        other = chance.choice(rows)
        taken = other[place] if place < len(other) else ""
        row[place] = taken if chance.random() < 0.4 else chance.choice(CELLS)
    return _put(texts, 1, _csv(rows))


def _damage_columns(texts: Texts, chance: Chance) -> Texts:
    """Drop, repeat, swap or rename columns, or change the separator."""
    rows = _cells(texts[1])
    width = min(map(len, rows), default=0)
    if not width:
        return texts
    first, second = chance.randrange(width), chance.randrange(width)
    action = chance.randrange(5)
    for number, row in enumerate(rows):
        if action == 0:
            del row[first]
        elif action == 1:
            row.insert(second, row[first])
        elif action == 2:
            row[first], row[second] = row[second], row[first]
        elif action == 3 and number == 0:
            row[first] = chance.choice(CELLS)
    separator = chance.choice(";\t|") if action == 4 else ","
    return _put(texts, 1, _csv(rows, separator))


def _damage_rows(texts: Texts, chance: Chance) -> Texts:
    """Drop, repeat or move rows, or let one supersede or rest on others."""
    rows = _cells(texts[1])
    if len(rows) < 2:
        return texts
    place, other = chance.randrange(len(rows)), chance.randrange(len(rows))
    row = list(rows[place])
    match chance.randrange(5):
        case 0:
            del rows[place]
        case 1:
            rows.insert(other, row)
        case 2:
            rows.insert(other, rows.pop(place))
        case 3 if len(row) > SUM:
            rows.append(["NEW01", *row[1:CORRECTION], row[0], *row[CORRECTION + 1 :]])
        case _ if len(row) > SUM:
            rows.append(["NEW02", *row[1:SUM], f"+{row[0]}", *row[SUM + 1 :]])
    return _put(texts, 1, _csv(rows))


def _damage_keys(texts: Texts, chance: Chance) -> Texts:
    """Drop, repeat, move or rename a line of the specification, or change its value."""
    lines = texts[0].decode(errors="replace").split("\n")
    place = chance.randrange(len(lines))
    key, equals, value = lines[place].partition("=")
    match chance.randrange(6):
        case 0:
            del lines[place]
        case 1:
            lines.insert(chance.randrange(len(lines)), lines[place])
        case 2:
            lines.insert(chance.randrange(len(lines)), lines.pop(place))
        case 3 if equals:
            lines[place] = f"{chance.choice((key[1:], key + 'x', '', 'median '))}={value}"
        case 4:
            numbers = list(re.finditer(r"[0-9.]+", lines[place]))
            if numbers:
                start, end = chance.choice(numbers).span()
                lines[place] = lines[place][:start] + chance.choice(VALUES) + lines[place][end:]
        case _ if equals:
            lines[place] = f"{key}= {chance.choice(VALUES)}"
    return _put(texts, 0, "\n".join(lines).encode())


def _put(texts: Texts, which: int, data: bytes) -> Texts:
    return (data, texts[1]) if which == 0 else (texts[0], data)


def _cells(data: bytes) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(data.decode(errors="replace"), newline="")))
    except csv.Error:
        return []


def _csv(rows: list[list[str]], separator: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


DAMAGES: dict[str, Callable[[Texts, Chance], Texts]] = {
    "bytes": _damage_bytes,
    "cell": _damage_cell,
    "columns": _damage_columns,
    "rows": _damage_rows,
    "keys": _damage_keys,
}
