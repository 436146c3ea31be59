"""One edit of a valid study that breaks one rule, and the one problem that must be said of it."""

from dataclasses import dataclass
from typing import Any

import pytest

from popest.study import StudyError


@dataclass(frozen=True)
class Case:
    """One edit of a valid study, and the one problem that it must give.

    `marker` is a text that first stands on the line of the problem.
    """

    name: str
    old: str
    new: str
    marker: str
    field: str
    words: str


def assert_one_problem(example: Any, file: str, case: Case) -> None:
    """The edit of a file is one problem, said on one line with its place."""
    broken = example.edited(file, case.old, case.new)
    with pytest.raises(StudyError) as caught:
        broken.load()
    (problem,) = caught.value.problems
    assert problem.file.endswith(f"example/{file}")
    assert (problem.line, problem.field) == (broken.line(file, case.marker), case.field)
    assert case.words in f"{problem.rule} - {problem.remedy}"
    assert str(caught.value).startswith(f"{problem.file}:{problem.line}: ")
    assert "\n" not in str(caught.value)
