"""The table of mutants belongs to the code: each stands where it says, and so do its tests.

Whether the tests find them is judged by ``benchmarks/mutants.py``.
"""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FEWEST, FEWEST_IN_PYMC, FEWEST_OF_CHAINS = 90, 15, 6


@pytest.fixture(scope="module")
def script(root: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "benchmarks"))
        place = importlib.util.spec_from_file_location("mutants", root / "benchmarks/mutants.py")
        assert place is not None and place.loader is not None
        module = importlib.util.module_from_spec(place)
        place.loader.exec_module(module)
        yield module


@pytest.fixture(scope="module")
def mutants(script: Any) -> list[Any]:
    return list(script.mutants())


def test_there_are_enough_and_each_has_a_name_of_its_own(mutants: list[Any]) -> None:
    names = [mutant.name for mutant in mutants]
    assert len(names) >= FEWEST and len(set(names)) == len(names)
    in_pymc = [each for each in mutants if each.name.startswith("PyMC: ")]
    assert len(in_pymc) >= FEWEST_IN_PYMC
    assert sum(each.file == "engines/nuts.py" for each in mutants) >= FEWEST_OF_CHAINS


def test_each_changes_one_line_and_leaves_python(root: Path, mutants: list[Any]) -> None:
    faults, parsed = [], set()
    for mutant in mutants:
        source = mutant.path(root).read_text(encoding="utf-8")
        fault = mutant.fault(source)
        if fault or "\n" in mutant.text + mutant.instead:
            faults.append(f"{mutant.name}: {fault or 'more than one line'}")
        else:
            ast.parse(mutant.made_of(source))
            parsed.add((mutant.file, mutant.text, mutant.instead))
    assert faults == []
    assert len(parsed) == len(mutants)


def test_every_test_that_is_named_exists(root: Path, mutants: list[Any]) -> None:
    named = {test for mutant in mutants for test in mutant.tests}
    assert all(mutant.tests for mutant in mutants)
    for name in named:
        file, _, function = name.partition("::")
        tree = ast.parse((root / file).read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert not function or function in functions, name
        assert any(found.startswith("test_") for found in functions), name


def test_what_pytest_says_is_understood(script: Any) -> None:
    failed = "FAILED tests/model/test_x.py::test_y[a b] - assert 1 == 2\n1 failed"
    assert script.verdict_of(1, failed) == ("killed", "test_x.py::test_y[a")
    assert script.verdict_of(0, "1 passed") == ("survived", "")
    for code, printed in ((2, "1 error during collection"), (5, "no tests ran"), (1, "")):
        verdict, killed_by = script.verdict_of(code, printed)
        assert verdict.startswith("broken") and not killed_by
