"""A table that gains columns: only what is added changes, byte for byte and cell for cell."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from popest.study.tables.widening import is_widened, widened

CELLS = st.text(st.sampled_from("a b,;\"'\n\r\t\u2028\u00e9"), max_size=6)


def rows_of(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row]


def written(rows: list[list[str]], newline: str) -> str:
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "".join(line + newline for line in quoted)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a,b\n1,2\n", "a,b,se,upper\n1,2,,\n"),
        ("a,b\r\n1,2\r\n", "a,b,se,upper\r\n1,2,,\r\n"),
        ("a,b\n1,2", "a,b,se,upper\n1,2,,"),
        ("\ufeffa,b\n\n1,2\n\n", "\ufeffa,b,se,upper\n\n1,2,,\n\n"),
        ('a,b\n1,"x\ny, ""z"""\n3,4\n', 'a,b,se,upper\n1,"x\ny, ""z""",,\n3,4,,\n'),
        ('a,b\n1,5" pipe\n3,4\n', 'a,b,se,upper\n1,5" pipe,,\n3,4,,\n'),
        ("a,b\n1,x\u2028y\n", "a,b,se,upper\n1,x\u2028y,,\n"),
        ("\n\na,b\n1,\n", "\n\na,b,se,upper\n1,,,\n"),
    ],
)
def test_each_row_gains_empty_cells(before: str, after: str) -> None:
    assert widened(before, ["se", "upper"]) == after
    assert is_widened(before, after, ["se", "upper"])


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=5),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    columns=st.lists(st.sampled_from(["se", "lower", "upper"]), min_size=1, unique=True),
)
@example(rows=[["", ""]], newline="\n", columns=["se"])
def test_any_table(rows: list[list[str]], newline: str, columns: list[str]) -> None:
    before = written(rows, newline)
    after = widened(before, columns)
    header, *others = rows
    assert rows_of(after) == [
        [*header, *columns],
        *([*row, *[""] * len(columns)] for row in others),
    ]
    assert is_widened(before, after, columns)


@pytest.mark.parametrize(
    "after",
    [
        "a,b\n1,2\n3,4\n",
        "a,b,se\n1,2\n3,4,\n",
        "a,b,se\n1,2,\n3,4,5\n",
        "a,b,se\n1,9,\n3,4,\n",
        "a,b,se\n3,4,\n1,2,\n",
        "a,b,se\n1,2,\n",
        "a,b,se\n1,2,\n3,4,\n5,6,\n",
        "a,b,se\r\n1,2,\r\n3,4,\r\n",
        'a,b,se\n1,"2",\n3,4,\n',
        "se,a,b\n,1,2\n,3,4\n",
        "a,b,lower\n1,2,\n3,4,\n",
        "a,b,se,\n1,2,\n3,4,\n",
    ],
)
def test_anything_else_is_no_table_that_gained_a_column(after: str) -> None:
    assert not is_widened("a,b\n1,2\n3,4\n", after, ["se"])
