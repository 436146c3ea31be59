"""Tests that no module imports itself by way of others: lazy and type-only imports count, too."""

import graphlib
from pathlib import Path

import grimp
import pytest

import popest

MOST_MODULES = 22
"""Modules of one folder, its `__init__` included."""


def imports() -> dict[str, set[str]]:
    """Each module with those that it imports, wherever in it the import stands."""
    graph = grimp.build_graph(popest.__name__, cache_dir=None)
    return {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}


def test_there_is_no_import_circle() -> None:
    found = imports()
    assert len(found) > 200
    graphlib.TopologicalSorter(found).prepare()


def test_a_type_only_import_would_be_seen() -> None:
    found = imports()
    assert "popest.model.exposure" in found["popest.model.measure"]
    found["popest.study.calendar"].add("popest.study.study")
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(found).prepare()


def test_no_folder_is_a_heap(root: Path) -> None:
    """A folder that cannot be taken in at a glance wants a folder inside."""
    folders = [path for path in (root / "src").rglob("*") if path.is_dir()]
    heaps = {
        str(folder.relative_to(root)): n_files
        for folder in folders
        if (n_files := len(list(folder.glob("*.py")))) > MOST_MODULES
    }
    assert heaps == {}
