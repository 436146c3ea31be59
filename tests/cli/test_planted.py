"""Tests that no command runs or reads what somebody planted in the folder where it is started.

Each planted module, and each planted file of settings, leaves a mark when it is imported or read.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import popest
import small_study
from popest.engines.background import BackgroundTask

STUDY = "serbia-report-2024"
OTHERS = (
    *("numpy", "pandas", "scipy", "matplotlib", "click", "threadpoolctl"),
    *("jinja2", "xarray", "arviz", "pymc", "pytensor", "nutpie", "numba", "popest", "yaml"),
    *("sitecustomize", "usercustomize"),
)
FAST = [
    ["--help"],
    ["new", "mine"],
    ["ratios", "list"],
    ["compare", STUDY, STUDY, "--seed", "1"],
    ["sources", "list", "."],
    ["sources", "show", "census", "."],
    ["sources", "check", "."],
    ["sources", "history", "census", "."],
    ["sources", "diff", ".", "--from", "2022-06-30", "--to", "2024-06-30"],
    ["sources", "export", ".", "--format", "json"],
    ["sources", "add", ".", "--help"],
]
SLOW = [
    ["estimate", ".", "--draws", "2000", "--out", "results"],
    ["history", "."],
    ["check", ".", "--quick"],
    ["check", ".", "--only", "calibration", "--quick"],
    ["report", ".", "--out", "page.html"],
]

ENGINES = [["estimate", ".", "--engine", "nuts"], ["check", ".", "--only", "engines-agree"]]

PROGRAM = """
import json, os, sys
from sys import path as searched
from popest.cli import main
commands = json.loads(sys.argv[1])
if any("calibration" in command for command in commands):
    # Ten of what it repeats are enough to start its helpers.
    from popest.checks import check_calibration
    check_calibration.QUICK_REPLICATES = 10
for command in commands:
    sys.argv[1:] = command
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    assert os.getcwd() not in map(os.path.realpath, searched), command
"""


@pytest.fixture
def planted(tmp_path: Path, root: Path) -> Path:
    """A study in a folder full of modules that leave a mark when they are imported."""
    folder = tmp_path / "planted"
    shutil.copytree(root / "data/sources" / STUDY, folder)
    folder.chmod(0o755)
    mark = f"open({str(tmp_path / 'mark')!r}, 'a').write(__name__ + chr(10))\n"
    for name in (*sys.stdlib_module_names, *OTHERS):
        (folder / f"{name}.py").write_text(mark, encoding="utf-8")
    return folder


def run(folder: Path, *commands: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run commands as their installed program does: no folder of the caller's is searched."""
    program = folder.parent / "program" / "popest"
    program.parent.mkdir(exist_ok=True)
    program.write_text(PROGRAM, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(popest.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, str(program), json.dumps(commands)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", FAST + SLOW, ids=" ".join)
def test_no_command_runs_what_lies_in_its_folder(planted: Path, arguments: list[str]) -> None:
    done = run(planted, arguments)
    assert not (planted.parent / "mark").exists()
    assert done.returncode in (0, 5), done.stderr


@pytest.mark.nuts
def test_no_engine_runs_what_lies_in_its_folder(planted: Path) -> None:
    """The mark is read before the exit code: a command may fail for reasons of its own.

    What is imported does not depend on the study, so a small one is sampled, and one process runs
    both commands: it imports once, and what each of them imports.
    """
    (planted / "study.toml").write_text(small_study.STATIC, encoding="utf-8")
    (planted / "observations.csv").write_text(
        f"{small_study.HEADER}R1,register,790,exact,,2024-01-31,2024-03,2024-04-01,Office,,yes,,,\n",
        encoding="utf-8",
    )
    (planted / ".numba_config.yaml").write_text("disable_jit: 1\nopt: nonsense\n")
    done = run(planted, *ENGINES)
    assert not (planted.parent / "mark").exists()
    assert done.returncode == 0, done.stderr


def test_a_planted_module_would_leave_its_mark(planted: Path) -> None:
    subprocess.run([sys.executable, "-c", "import pickle"], cwd=planted, check=False)
    assert (planted.parent / "mark").exists()


def test_a_helper_finds_the_modules_of_its_caller_but_not_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, here = tmp_path / "ours", tmp_path / "here"
    for folder, answer in ((ours, 1), (here, 2)):
        folder.mkdir()
        (folder / "found_by_helpers.py").write_text(
            f"import os\ndef answer(): return {answer}, os.getpid()\n", encoding="utf-8"
        )
    monkeypatch.syspath_prepend(str(ours))
    import found_by_helpers  # type: ignore[import-not-found]

    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "path", ["", ".", *sys.path])
    with BackgroundTask(found_by_helpers.answer) as helper:
        answer, pid = helper.result()
    assert answer == 1 and pid != os.getpid()


SETTINGS = {
    "matplotlibrc": "axes.facecolor: red\nfigure.dpi: 20\nsavefig.dpi: 20\ntext.usetex: True\n",
    "arvizrc": "data.http_protocol: nonsense\n",
    ".numba_config.yaml": "opt: nonsense\n",
}


def test_pictures_are_the_same_beside_planted_settings(planted: Path) -> None:
    estimate = ["estimate", ".", "--draws", "2000", "--out"]
    assert run(planted, [*estimate, "before"]).returncode == 0
    for name, text in SETTINGS.items():
        (planted / name).write_text(text, encoding="utf-8")
    done = run(planted, [*estimate, "after"])
    assert done.returncode == 0
    pictures = [folder / "trajectory.png" for folder in (planted / "before", planted / "after")]
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert "Note: matplotlibrc, arvizrc, .numba_config.yaml of the current folder" in done.stderr


def test_settings_that_never_end_are_no_reason_to_hang(planted: Path) -> None:
    """Each would keep a command that reads it waiting."""
    for name in SETTINGS:
        os.mkfifo(planted / name)
    assert run(planted, ["estimate", ".", "--draws", "2000", "--out", "results"]).returncode == 0
