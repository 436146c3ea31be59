"""Tests of the wheel: what is in it, and that it works where nothing else of popest is."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=root, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(root: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that holds the lock's packages and the wheel."""
    folder = tmp_path_factory.mktemp("empty") / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [str(folder / "bin/python"), "-m", "pip", "install", "-qq", "--no-compile"]
    lock = str(root / "requirements.lock")
    subprocess.run([*install, "--require-hashes", "-r", lock], env=outside(), check=True)
    subprocess.run([*install, "--no-deps", str(wheel)], env=outside(), check=True)
    return folder


def outside() -> dict[str, str]:
    """Return the variables of a shell that knows nothing of this repository."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def in_empty_folder(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=outside(), capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_the_package_and_the_data_only(root: Path, wheel: Path) -> None:
    package = root / "src/popest"
    expected = {
        f"popest/{file.relative_to(package)}"
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    } | {
        f"popest/{file.relative_to(root / 'data')}"
        for folder in ("sources", "calibration")
        for file in (root / "data" / folder).rglob("*.*")
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected
    assert "popest/py.typed" in held
    assert "popest/sources/serbia-report-2024/study.toml" in held
    assert "popest/calibration/pairs.csv" in held


def test_the_wheel_estimates_from_an_empty_folder(environment: Path, tmp_path: Path) -> None:
    popest = environment / "bin/popest"
    done = in_empty_folder(tmp_path, popest, "estimate", "serbia-report-2024", "--json")
    assert done.returncode == 0, done.stderr
    estimate = json.loads(done.stdout)
    assert estimate["study"] == "serbia-report-2024"
    assert estimate["certificate"]["certified"] is True
    assert list(tmp_path.iterdir()) == []


def test_the_wheel_is_what_that_environment_imports(environment: Path, tmp_path: Path) -> None:
    code = "import popest; print(popest.__file__)"
    done = in_empty_folder(tmp_path, environment / "bin/python", "-c", code)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(environment)


def test_the_lock_meets_what_the_wheel_asks_for(environment: Path, tmp_path: Path) -> None:
    done = in_empty_folder(tmp_path, environment / "bin/python", "-m", "pip", "check")
    assert done.returncode == 0, done.stdout
