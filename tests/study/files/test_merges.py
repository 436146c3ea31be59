"""What a merge leaves in the files of a study is named as what it is, once."""

from typing import Any

import pytest

from popest.ratios.pairs.load import load_pairs, read_pairs
from popest.study import Problem, StudyError, load_study
from popest.study.files.reading import FileText

HEADER = "id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes"
ROW = "REG8,register,900,exact,,2023-06-30,2023-08,2024-01-02,Ministry,,yes,,,"


def problems(example: Any, file: str, text: str) -> tuple[Problem, ...]:
    folder = example.write()
    (folder / file).write_bytes(text.encode())
    with pytest.raises(StudyError) as caught:
        load_study(folder)
    return caught.value.problems


def with_lines(text: str, after: str, *lines: str) -> str:
    """Return a text with lines put in below the one that begins with a text."""
    whole = text.splitlines(keepends=True)
    place = next(n for n, line in enumerate(whole) if line.startswith(after)) + 1
    return "".join([*whole[:place], *(f"{line}\n" for line in lines), *whole[place:]])


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("base", [(), ("||||||| 1a2b3c4", "x")])
@pytest.mark.parametrize(
    ("file", "after", "sides"),
    [
        ("observations.csv", "REG1", (ROW, ROW.replace("900", "901"))),
        ("study.toml", "unit", ("ranges = [[1, 2]]", "ranges = [[2, 3]]")),
    ],
)
def test_a_conflict_is_one_problem(
    example: Any, file: str, after: str, sides: tuple[str, str], base: tuple[str, ...], ends: str
) -> None:
    ours, theirs = sides
    lines = ("<<<<<<< HEAD", ours, *base, "=======", theirs, ">>>>>>> branch")
    text = with_lines(example.files[file], after, *lines)
    (problem,) = problems(example, file, text.replace("\n", ends))
    first = text[: text.index("<<<<<<<")].count("\n") + 1
    assert problem.line == first
    assert f"nobody resolved, lines {first} to {first + len(lines) - 1}" in problem.rule
    assert "<<<<<<<, ======= and >>>>>>>" in problem.remedy


def test_several_conflicts_are_one_problem_with_their_lines(example: Any) -> None:
    text = example.files["observations.csv"]
    for after in ("CON1", "PER1"):
        text = with_lines(text, after, "<<<<<<< a", ROW, "=======", ROW, ">>>>>>> b")
    (problem,) = problems(example, "observations.csv", text)
    assert "holds conflicts of a merge" in problem.rule and ", " in problem.rule.split("lines")[1]


@pytest.mark.parametrize("mark", ["<<<<<<< HEAD", "=======", ">>>>>>> branch", "||||||| base"])
@pytest.mark.parametrize(
    ("file", "after"), [("observations.csv", "REG1"), ("study.toml", "headline")]
)
def test_a_mark_that_was_left_is_named(example: Any, file: str, after: str, mark: str) -> None:
    (problem,) = problems(example, file, with_lines(example.files[file], after, mark))
    assert problem.rule == "is a line that git writes into a conflict"
    assert problem.line == example.line(file, after) + 1
    assert "remove this one" in problem.remedy


def test_a_line_of_equals_signs_in_a_text_is_text(example: Any) -> None:
    for title in ("Notes", "<<<<<<< Notes"):
        note = f'"{title}\n=======\nof the office"'
        study = example.edited("observations.csv", "No method given.", note).load()
        assert "=======" in study.observations[-1].note


def test_a_repeated_header_is_one_problem(example: Any) -> None:
    text = example.files["observations.csv"]
    header = text.splitlines()[0]
    (problem,) = problems(example, "observations.csv", with_lines(text, "REG1", header))
    assert problem.rule.startswith("repeats the header")
    assert "remove this line" in problem.remedy and problem.line == 3


TORN = [
    # The texts of two rows, interleaved; one of them closes the quotes of both.
    [
        'REG8,register,900,exact,,2023-06-30,2023-08,2024-01-02,Ministry,,yes,,,"Table 9.',
        'REG9,register,950,exact,,2023-09-30,2023-11,2024-01-02,Ministry,,yes,,,"Table 4.',
        "Source: ministry.",
        'Downloaded by us."',
    ],
    # A row without a text stands within the text of another: read as it is, it would be lost.
    [
        'REG8,register,900,exact,,2023-06-30,2023-08,2024-01-02,Ministry,,yes,,,"Table 9.',
        "REG9,register,950,exact,,2023-09-30,2023-11,2024-01-02,Ministry,,yes,,,",
        'Source: ministry."',
    ],
    # The end of the text is missing.
    [
        'REG8,register,900,exact,,2023-06-30,2023-08,2024-01-02,Ministry,,yes,,,"Table 9.',
        "REG9,register,950,exact,,2023-09-30,2023-11,2024-01-02,Ministry,,yes,,,",
    ],
]


@pytest.mark.parametrize("lines", TORN)
def test_torn_rows_are_one_problem(example: Any, lines: list[str]) -> None:
    text = example.files["observations.csv"]
    first = text.count("\n") + 1
    (problem,) = problems(example, "observations.csv", text + "".join(f"{x}\n" for x in lines))
    assert problem.line == first
    assert "is torn: the row of REG9 stands within its text" in problem.rule
    assert f"lines {first} to {first + len(lines) - 1}" in problem.rule
    assert "on one line" in problem.remedy


def test_what_follows_a_torn_row_is_checked(example: Any) -> None:
    text = example.files["observations.csv"] + "".join(f"{line}\n" for line in TORN[0])
    found = problems(example, "observations.csv", f"{text}{ROW}\n{ROW.replace('900', '-')}\n")
    assert [problem.field for problem in found] == ["row", "value", "id"]


def test_a_piece_of_a_text_is_no_row(example: Any) -> None:
    text = with_lines(example.files["observations.csv"], "REG1", "Source: ministry, table 4.")
    (problem,) = problems(example, "observations.csv", text)
    assert problem.rule.startswith("is a piece of a text and no row")


def test_pairs_are_read_in_the_same_way() -> None:
    pairs = load_pairs()
    assert pairs
    text = "id,country\n<<<<<<< a\nA\n=======\nB\n>>>>>>> b\n"
    from popest.study.files.reading import decoded

    with pytest.raises(StudyError, match="holds a conflict of a merge") as caught:
        read_pairs(decoded("pairs.csv", text.encode()))
    assert len(caught.value.problems) == 1
    assert isinstance(decoded("pairs.csv", b"id\n"), FileText)


def test_many_marks_are_looked_through_once(example: Any) -> None:
    """A megabyte of openings without an end takes no longer than reading it."""
    text = example.files["observations.csv"] + "<<<<<<< a\n" * 100_000 + ">>>>>>> b\n"
    assert problems(example, "observations.csv", text)
