"""Tests of docs/ledger.md: its commands run in their order, and say what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from popest.study import load_study

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def done(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder in which all commands of the page were run by a shell, and what they printed."""
    folder = tmp_path_factory.mktemp("page")
    program = folder / "bin/popest"
    program.parent.mkdir()
    code = "from popest.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    commands = "\n".join(BLOCK.findall((root / "docs/ledger.md").read_text(encoding="utf-8")))
    environment = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    ran = subprocess.run(
        ["sh", "-eu"],
        input=commands,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return folder, ran


def test_every_command_of_the_page_runs(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    assert done[1].returncode == 0, done[1].stderr
    assert "Traceback" not in done[1].stderr


def test_the_page_is_right_about_what_they_do(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, ran = done
    study = load_study(folder / "my-serbia")
    superseded = {row.supersedes for row in study.observations}
    assert {"ENT07", "ENT11", "RES08"} <= superseded
    assert "Added RES27 to my-serbia/observations.csv" in ran.stdout
    assert {"observations.csv", "datapackage.json"} == {
        path.name for path in (folder / "package").iterdir()
    }
    assert [row.value for row in study.used if row.id == "BIZ40"] == [12150 - 11081]
    assert "my-serbia: no problems" in ran.stdout


def test_the_page_names_every_slip(root: Path) -> None:
    from popest.study.slips.detectors import SLIPS

    page = (root / "docs/ledger.md").read_text(encoding="utf-8")
    section = page.partition("(exit code 2):\n")[2].partition("\n\nA figure that")[0]
    # One line for each slip but that of withdrawn sums, which is said with withdrawals, and one
    # for the prediction.
    assert section.count("\n- ") == len(SLIPS) - 1 + 1
