"""What the tests of the pages share: the pages' blocks and tables, and fresh estimates."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fresh
import pytest

import popest
from popest.estimates import VariantRow

Table = list[list[str]]
STUDIES = ("serbia-report-2024", "serbia", "serbia-learned")

BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"(?:^\|.*\|\n)+", re.MULTILINE)


@pytest.fixture(scope="session")
def page(root: Path) -> Callable[[str], str]:
    """The text of a page, by its path in the repository."""
    return lambda name: (root / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def blocks(page: Callable[[str], str]) -> Callable[[str, str], list[str]]:
    """The code blocks of a page in one language."""
    return lambda name, language: [
        text for found, text in BLOCK.findall(page(name)) if found == language
    ]


@pytest.fixture(scope="session")
def tables(page: Callable[[str], str]) -> Callable[[str], list[Table]]:
    """The tables of a page: rows of cells, the header first and no line below it."""

    def cells(line: str) -> list[str]:
        return [cell.strip() for cell in line.strip("|").split("|")]

    def read(name: str) -> list[Table]:
        found = [match[0].splitlines() for match in TABLE.finditer(page(name))]
        return [[cells(line) for line in (lines[0], *lines[2:])] for lines in found]

    return read


@pytest.fixture(scope="session")
def estimates() -> dict[str, popest.Estimate]:
    """The Serbian studies, estimated as ``./run estimate`` does."""
    return {name: fresh.estimate(name) for name in STUDIES}


@pytest.fixture(scope="session")
def variants() -> dict[str, list[VariantRow]]:
    """The Serbian studies with all their variants."""
    return {name: [*fresh.variants(name).values()] for name in STUDIES}


@pytest.fixture(scope="session")
def shell(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], str]:
    """Runs commands of a page by a shell in a folder, and gives what they print."""
    program = tmp_path_factory.mktemp("bin") / "popest"
    code = "from popest.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(root / "src")}

    def run(commands: str, folder: Path) -> str:
        done = subprocess.run(
            ["sh", "-eu"],
            input=commands,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    return run
