"""Tests that what is said of an estimate stands in the catalogue, and not in the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from popest.language.catalogue import sentences

WARNINGS = (
    "estimates/fit_warnings.py",
    "estimates/standouts.py",
    "study/slips/*.py",
    "study/view_warnings.py",
)
CHECKS = ("checks/check_*.py", "checks/percentiles.py", "checks/run.py", "checks/wording.py")
SENTENCE = re.compile(r"[A-Za-z']+(?:,? [A-Za-z']+){3}")
"""Four words one after the other, which no key, name or unit has."""
FIELD = re.compile(r"\{[^{}]*\}")
FEWEST_WORDS = 5


def said(tree: ast.AST, *, with_pictures: bool = True) -> Iterator[str]:
    """Give the texts of a module that are neither docstrings nor messages of errors.

    Without pictures, what is drawn or said while the work goes on is left out, too.
    """
    for node in ast.iter_child_nodes(tree):
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or isinstance(node, ast.Raise):
            continue
        if not with_pictures and is_of_a_picture(node):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        yield from said(node, with_pictures=with_pictures)


def is_of_a_picture(node: ast.AST) -> bool:
    """Whether a statement draws, names what is drawn and tabled, or says how the work goes on."""
    if isinstance(node, ast.FunctionDef):
        return node.name.lstrip("_").startswith("draw")
    if isinstance(node, ast.Assign):
        names = {name.id for name in node.targets if isinstance(name, ast.Name)}
        return bool(names & {"CASES", "LABEL", "label", "title"})
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr == "progress"


def in_code(root: Path, *patterns: str, with_pictures: bool = True) -> list[str]:
    package = root / "src/popest"
    files = [file for pattern in patterns for file in sorted(package.glob(pattern))]
    assert len(files) >= len(patterns)
    return [
        f"{file.relative_to(package)}: {text}"
        for file in files
        for text in said(ast.parse(file.read_text(encoding="utf-8")), with_pictures=with_pictures)
    ]


def test_no_warning_is_written_in_code(root: Path) -> None:
    assert [text for text in in_code(root, *WARNINGS) if SENTENCE.search(text)] == []


def test_no_check_is_said_in_code(root: Path) -> None:
    texts = in_code(root, *CHECKS, with_pictures=False)
    assert [text for text in texts if SENTENCE.search(text)] == []


def test_no_warning_of_the_catalogue_is_written_again(root: Path) -> None:
    code = "\n".join(in_code(root, "**/*.py"))
    warnings = ("warning.", "slip.", "computation.")
    again = [
        f"{key}: {part}"
        for key, sentence in sentences("en").items()
        if key.startswith(warnings)
        for part in FIELD.split(sentence)
        if len(part.split()) >= FEWEST_WORDS and part.strip() in code
    ]
    assert again == []


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ('text = f"{row} is computed from what {other} withdraws"', True),
        ('text = "the ratio of " "each source here"', True),
        ('"""A docstring may say what it likes."""', False),
        ('key = "warning.rows_without_date"', False),
        ('raise ValueError("is not a known kind of slip")', False),
    ],
)
def test_a_sentence_in_code_would_be_seen(code: str, is_one: bool) -> None:
    assert any(SENTENCE.search(text) for text in said(ast.parse(code))) == is_one
