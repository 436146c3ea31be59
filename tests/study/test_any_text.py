"""Whatever stands in the two files, they load or every problem is said; nothing else happens."""

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from popest.study import StudyError, study_from_texts
from popest.study.check import checked
from steps import steps

LINE = re.compile(r"x/(study\.toml|observations\.csv):[1-9][0-9]*: .+ - .+ - .+")
NASTY = [
    "", "0", "-1", "1e400", "nan", "inf", "9" * 4500, "0x" + "f" * 5000, "true", '""', "'", '"',
    "[]", "{}", "[[]]", "[{}]", '{ "" = 1 }', "2022-01-01", "2022-02-30", "12:00:00", "\0",
    "2022-01-01T00:00:00Z", "\u2028", "\ud7ff", "\x1b[0m", "yes", "no", "+A -B", "+REG1", "REG1",
    "\n", "\r", "[", "]]", "{", "}", "=", ",", ".", "#", "register", '"survey"', '"2022-06"',
    "[" * 2000, "." * 300, "a." * 200 + "a", '"""', "'''", '"static"', '"shares"', "[variant.x]",
    "[source.register]", "[[population.wave]]", "[population]\nkind = 1",
]  # fmt: skip


def outcome(specification: str, observations: str) -> None:
    checked.cache_clear()
    with suppress(StudyError):
        assert study_from_texts("x", specification, observations).specification.title
        return
    with pytest.raises(StudyError) as caught:
        study_from_texts("x", specification, observations)
    assert caught.value.problems
    for line in str(caught.value).splitlines():
        assert LINE.fullmatch(line), line
    counts = specification.count("\n") + 1, len(observations.splitlines()) + 1
    for problem in caught.value.problems:
        assert problem.line <= counts[problem.file.endswith("csv")]


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_study_with_anything_in_it(example: Any, data: st.DataObject) -> None:
    """A token, line or span of a valid study is replaced with something nasty, a few times."""
    texts = list(example.files.values())
    for _ in range(data.draw(st.integers(1, 3))):
        which = data.draw(st.integers(0, 1))
        tokens = re.split(r"(\s+|[,={}\[\]])", texts[which])
        index = data.draw(st.integers(0, len(tokens) - 1))
        span = data.draw(st.integers(0, 4))
        tokens[index : index + span] = [data.draw(st.sampled_from(NASTY) | st.text(max_size=5))]
        texts[which] = "".join(tokens)
    outcome(*texts)


@given(st.text(), st.text())
@example("[variant]\nx = 3", "id")
@example("source = 3\npopulation = []\nvariant = 1\ncalendar = 'x'\nnoise = 0", "\n\n")
@example("[[source]]\n[[source.x]]\n[[calendar]]", '"')
@example("[source]\nx = 1\n[population]\nwave = 3", "\r\r\n,")
def test_any_two_texts(specification: str, observations: str) -> None:
    outcome(specification, observations)


def test_the_work_of_checking_grows_with_the_table_only(example: Any) -> None:
    """100,000 rows take 2 seconds on a machine of 2024."""
    few, many = (long_table(example, n_rows) for n_rows in (500, 2_000))
    assert steps(many.read) < 4.5 * steps(few.read)
    assert len(long_table(example, 20_000).read().used) == 1_000 // 2 + 6


def long_table(example: Any, n_rows: int) -> Any:
    row = "X{},contracts,{},exact,2022-01-{},2022-12-31,2023-03,2024-01-02,Office,,{},{},,note"
    rows = [
        row.format(
            i, 700 + i, 10 + i % 20, "yes" if i < 1_000 else "no", f"X{i - 1}" if i % 2 else ""
        )
        for i in range(n_rows)
    ]
    return example.extended(*rows)
