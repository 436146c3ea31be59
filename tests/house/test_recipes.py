"""Tests that the recipes of CONTRIBUTING.md name what there is to write, and all of it."""

import re
from pathlib import Path

import pytest

EXAMPLES = {
    "A measure": "presence",
    "A check": "ridge",
    "A language": "sr",
    "A study": "ireland-2024",
    "A published case": "bangladesh-dhaka",
    "An output format": "datapackage",
}
"""For each recipe the name of one that is there: what was written for it is what to write."""

PLACEHOLDER = re.compile("NAME|CODE")
SUFFIXES = (".py", ".toml", ".csv", ".jinja", ".js", ".css")


def recipe(root: Path, title: str, name: str) -> list[str]:
    """The paths that a recipe names, with the example's name in place of the placeholder.

    A check's page has hyphens where its module has underscores.
    """
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (body,) = re.findall(rf"^### {title}\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
    paths = re.findall(r"`((?:src|docs|data|tests)/[^`\s]*)`", body)
    return [PLACEHOLDER.sub(name, path) for path in paths]


def files_that_name(root: Path, name: str) -> set[str]:
    """The files of the package in which a word stands, or whose name has it."""
    word = re.compile(rf"(?<![A-Za-z0-9_.-]){name}(?![A-Za-z0-9_-])")
    files = [path for path in (root / "src").rglob("*") if path.suffix in SUFFIXES]
    assert len(files) > 200
    return {
        path.relative_to(root).as_posix()
        for path in files
        if name in re.split("[_.]", path.name) or word.search(path.read_text(encoding="utf-8"))
    }


def test_every_recipe_is_tested(root: Path) -> None:
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (recipes,) = re.findall(r"^## Recipes\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    assert re.findall("^### (.*)$", recipes, re.MULTILINE) == list(EXAMPLES)


@pytest.mark.parametrize(("title", "name"), EXAMPLES.items())
def test_what_a_recipe_names_is_there(root: Path, title: str, name: str) -> None:
    paths = recipe(root, title, name)
    assert paths
    assert [path for path in paths if not (root / path).exists()] == []


@pytest.mark.parametrize(("title", "name"), EXAMPLES.items())
def test_a_recipe_leaves_out_no_file_of_the_package(root: Path, title: str, name: str) -> None:
    """Wherever else the example is named, a reader of the recipe would have forgotten it."""
    named = set(recipe(root, title, name))
    others = {
        path
        for path in files_that_name(root, name)
        if path not in named and not any(path.startswith(f"{place}/") for place in named)
    }
    assert others == set()


def test_a_forgotten_file_would_be_seen(root: Path) -> None:
    assert "src/popest/checks/check_ridge.py" in files_that_name(root, "ridge")
