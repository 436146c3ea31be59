"""Tests of the wheel: what is in it, and that it works where nothing else of popest is."""

import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PIN = re.compile(r"[a-z0-9-]+==")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=root, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(root: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment of the wheel and the lock's packages, which are linked to those here."""
    folder = tmp_path_factory.mktemp("empty") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name, version in locked(root / "requirements.lock").items():
        package = distribution(name)
        assert package.version == version
        for place in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            if not (packages / place).exists():
                (packages / place).symlink_to(package.locate_file(place))
    install = [*pip(folder), "install", "-qq", "--no-compile", "--no-deps", str(wheel)]
    subprocess.run(install, env=outside(), check=True)
    return folder


def locked(lock: Path) -> dict[str, str]:
    """The versions of the packages that a lock names for this machine."""
    lines = (line.removesuffix(" \\") for line in lock.read_text(encoding="utf-8").splitlines())
    found = [Requirement(line) for line in lines if PIN.match(line)]
    assert len(found) > 20
    return {
        each.name: str(each.specifier).removeprefix("==")
        for each in found
        if each.marker is None or each.marker.evaluate()
    }


def pip(environment: Path) -> list[str]:
    """The command that manages the packages of an environment without pip."""
    return [sys.executable, "-m", "pip", "--python", str(environment / "bin/python")]


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
    done = in_empty_folder(tmp_path, *pip(environment), "check")
    assert done.returncode == 0, done.stdout


def test_a_package_that_the_lock_lacks_is_not_there(environment: Path, tmp_path: Path) -> None:
    for name, code in (("numpy", 0), ("pytest", 1)):
        done = in_empty_folder(tmp_path, environment / "bin/python", "-c", f"import {name}")
        assert done.returncode == code
