"""Tests of the source code as text: its sizes, docstrings, annotations and banned calls."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef

# What older versions of these packages offered: gone, warned about, or silently different.
BANNED = {
    r"\bhdi_prob\b": "write prob=",
    r"\bInferenceData\b": "ArviZ 1 keeps a DataTree",
    r"\b(?:idata|tree|trace|datatree)\.extend\(": "write .update(",
    r"\bplot_(?:posterior|ppc|hdi)\b": "ArviZ 1 has plot_dist and plot_ppc_dist",
    r"\bnuts_sampler_kwargs\b": "pass nuts={...}",
    r"\b(?:MutableData|ConstantData)\b": "write pm.Data",
    r"\baz\.summary\(.*\)\[": "its column names are cut; compute the quantity itself",
    r"\baz\.(?:waic|concat|to_netcdf)\b": "gone from ArviZ 1",
    r"\bpm\.(?:summary|plot_\w+|compute_log_prior|compute_log_likelihood|logit|floatX)\b": (
        "leaves PyMC's root namespace in 2027"
    ),
    r"\bnp\.random\.(?:seed|RandomState)\b": "write np.random.default_rng",
    r"\bnp\.(?:in1d|trapz|row_stack|Inf|float_)\b": "gone from NumPy 2",
    r"\binplace=True\b": "pandas 3 copies on write",
}


def python_files(root: Path, *folders: str) -> list[Path]:
    files = [file for folder in folders for file in sorted((root / folder).rglob("*.py"))]
    assert files
    return files


def definitions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Definition]]:
    """Each function and class under `tree` with its dotted name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Definition):
            yield inside + node.name, node
            yield from definitions(node, f"{inside}{node.name}.")
        else:
            yield from definitions(node, inside)


def public(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Definition]]:
    """The functions, classes and methods that a user can reach by a name without underscore."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield inside + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{inside}{node.name}.")


def code_lines(function: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        assert docstring.end_lineno is not None
        lines -= docstring.end_lineno - docstring.lineno + 1
    return lines


def unannotated(function: Function) -> list[str]:
    """Arguments without a type, and `return` where that has none."""
    given = function.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    names = [
        argument.arg
        for argument in arguments
        if argument is not None
        and argument.annotation is None
        and argument.arg not in ("self", "cls")
    ]
    return names if function.returns is not None else [*names, "return"]


def test_no_file_is_longer_than_four_hundred_lines(root: Path) -> None:
    files = [*python_files(root, "src", "examples", "benchmarks"), *(root / "src").rglob("*.js")]
    lengths = {
        str(file.relative_to(root)): len(file.read_text(encoding="utf-8").splitlines())
        for file in files
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_fifty_lines(root: Path) -> None:
    lengths = {
        f"{file.relative_to(root)}:{node.lineno} {name}": code_lines(node)
        for file in python_files(root, "src", "examples", "benchmarks")
        for name, node in definitions(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, Function)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_every_module_says_what_belongs_in_it(root: Path) -> None:
    silent = [
        str(file.relative_to(root))
        for file in python_files(root, "src")
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_every_public_name_has_a_docstring(root: Path) -> None:
    silent = [
        f"{file.relative_to(root)}:{node.lineno} {name}"
        for file in python_files(root, "src")
        for name, node in public(ast.parse(file.read_text(encoding="utf-8")))
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_public_function_is_annotated(root: Path) -> None:
    missing = {
        f"{file.relative_to(root)}:{node.lineno} {name}": unannotated(node)
        for file in python_files(root, "src")
        for name, node in public(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, Function) and unannotated(node)
    }
    assert missing == {}


def test_nothing_calls_what_the_present_packages_no_longer_have(root: Path) -> None:
    here = Path(__file__)
    found = [
        f"{file.relative_to(root)}:{number}: {line.strip()} - {instead}"
        for file in python_files(root, "src", "tests", "examples", "benchmarks")
        if file != here
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        for pattern, instead in BANNED.items()
        if re.search(pattern, line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "az.hdi(x, hdi_prob=0.9)",
        "idata.extend(other)",
        "az.summary(fit)['mean']",
        "pm.compute_log_prior(fit)",
        "np.random.seed(1)",
        "frame.sort_values('a', inplace=True)",
    ],
)
def test_the_ban_list_recognises_old_calls(line: str) -> None:
    assert any(re.search(pattern, line) for pattern in BANNED)


@pytest.mark.parametrize("line", ["problems.extend(more)", "np.float64(1)", "pm.sample(draws=10)"])
def test_the_ban_list_leaves_present_calls_alone(line: str) -> None:
    assert not any(re.search(pattern, line) for pattern in BANNED)
