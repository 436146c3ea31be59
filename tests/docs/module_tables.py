"""The tables of modules in ARCHITECTURE.md, made from the modules' own first lines.

Run ``python tests/docs/module_tables.py`` after a module is added, renamed or described anew.
"""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "ARCHITECTURE.md"
SECTION = re.compile(r"(?<=^## Modules\n).*?(?=^## )", re.MULTILINE | re.DOTALL)
INTRODUCTION = (
    "Each module with its own first line; `tests/docs/module_tables.py` writes these tables."
)


def rooms(root: Path) -> list[str]:
    """The rooms of the package from left to right, as the contract has them."""
    with (root / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (layers,) = (
        contract["layers"]
        for contract in contracts
        if contract["type"] == "layers" and contract["containers"] == ["popest"]
    )
    return [layer.strip("()") for layer in layers]


def folders(room: Path) -> list[Path]:
    """A room and the folders of modules in it."""
    return [room, *sorted(module.parent for module in room.glob("*/__init__.py"))]


def module_tables(root: Path) -> str:
    """The text between the heading Modules and the next one."""
    package = root / "src/popest"
    parts = [INTRODUCTION, _table(package, package)]
    for room in rooms(root):
        for folder in folders(package / room):
            name = folder.relative_to(package).as_posix()
            parts += [f"###{'#' * name.count('/')} {name}", _table(package, folder)]
    return "\n" + "\n\n".join(parts) + "\n\n"


def _table(package: Path, folder: Path) -> str:
    lines = ["| module | what it holds |", "|---|---|"]
    for module in sorted(folder.glob("*.py")):
        told = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
        first = told.partition("\n")[0].replace("``", "`").replace("|", r"\|")
        lines.append(f"| `{module.relative_to(package).as_posix()}` | {first} |")
    return "\n".join(lines)


if __name__ == "__main__":
    text = SECTION.sub(lambda _: module_tables(ROOT), PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
