"""Tests of the repository's files: no addresses of machines or registries, versions that agree."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import popest

# Written in parts, so that this file itself passes.
REGISTRY = re.compile(
    "|".join(("py" + r"pi\.", "python" + "hosted", "npm" + r"js\.", "conda" + r"\."))
)
MACHINE_PATH = re.compile(r"(?<![\w.:/-])(?:/(?:work|tmp|root|home|Users|opt)/|[A-Z]:\\Users)")
HOST = re.compile(r"//|\b[a-z0-9-]+\.(?:com|dev|io|net|org)\b|--(?:extra-)?index-url|--find-links")
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)

NOT_OURS = {"__pycache__", "build", "dist"}


def files(folder: Path) -> Iterator[Path]:
    """Every file of the repository; dot-folders but `.ci` belong to tools."""
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path
        elif path.name == ".ci" or not (path.name.startswith(".") or path.name in NOT_OURS):
            yield from files(path)


def lines_that_match(root: Path, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{file.relative_to(root)}:{number}: {line.strip()[:100]}"
        for file in files(root)
        for number, line in enumerate(
            file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        )
        if pattern.search(line)
    ]


def pins(root: Path, lock: str) -> dict[str, str]:
    found = dict(PIN.findall((root / lock).read_text(encoding="utf-8")))
    assert found
    return found


def project(root: Path) -> dict[str, str]:
    with (root / "pyproject.toml").open("rb") as file:
        record: dict[str, str] = tomllib.load(file)["project"]
    return record


def test_no_file_names_a_package_registry(root: Path) -> None:
    assert lines_that_match(root, REGISTRY) == []


def test_no_file_names_a_place_on_one_machine(root: Path) -> None:
    assert lines_that_match(root, MACHINE_PATH) == []


@pytest.mark.parametrize("before", ["cd ", '"', "(", ""])
@pytest.mark.parametrize("top", ["work", "tmp", "root", "home", "Users", "opt"])
def test_a_machine_path_is_recognised(before: str, top: str) -> None:
    """Put together here, so that this file holds none."""
    assert MACHINE_PATH.search(before + "/".join(["", top, "x"]))


def test_a_web_address_is_not_a_machine_path() -> None:
    assert not MACHINE_PATH.search("https://example.rs/work/permits and example.rs/home/en")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_by_hash_and_names_no_host(root: Path, lock: str) -> None:
    text = (root / lock).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if HOST.search(line)] == []
    entries = re.split(r"\n(?=[a-z0-9])", text.partition("\n\n")[2] or text)
    assert [entry for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []


def test_the_development_lock_adds_to_the_runtime_lock(root: Path) -> None:
    """In versions and hashes, so that what is installed from one is what the other names."""
    runtime, development = (
        {re.sub("\n    #.*", "", entry) for entry in entries(root, lock)}
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime <= development


def entries(root: Path, lock: str) -> list[str]:
    text = (root / lock).read_text(encoding="utf-8")
    found = [entry.rstrip() for entry in re.split(r"\n(?=[a-z0-9])", text) if PIN.match(entry)]
    assert len(found) > 20
    return found


def test_the_locks_hold_every_declared_dependency(root: Path) -> None:
    with (root / "pyproject.toml").open("rb") as file:
        record = tomllib.load(file)
    declared = {
        "requirements.lock": record["project"]["dependencies"],
        "requirements-dev.lock": [
            requirement
            for requirement in record["dependency-groups"]["dev"]
            if isinstance(requirement, str)
        ],
    }
    for lock, requirements in declared.items():
        names = {re.split("[<>=]", requirement)[0] for requirement in requirements}
        assert names - pins(root, lock).keys() == set()


def test_the_citation_names_the_version(root: Path) -> None:
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (\S+)$", citation, re.MULTILINE) == [popest.__version__]


def test_the_python_version_is_one_that_the_package_admits(root: Path) -> None:
    assert (root / ".python-version").read_text(encoding="utf-8").strip() == "3.13"
    assert project(root)["requires-python"] == ">=3.12"
