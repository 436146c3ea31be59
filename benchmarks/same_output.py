"""Whether two revisions say the same: every difference in what they print of the shipped studies.

    python benchmarks/same_output.py main .
    python benchmarks/same_output.py v0.1.0 main --studies serbia --seeds 1 --only estimate

Of each study and seed it compares ``popest estimate --json``, and of each study ``popest check
--quick --json`` and ``popest report``, byte for byte but for what is bound to differ: seconds,
versions, and in a report the dates and the program of the what-if, whose data are compared instead.
A revision is anything git knows, or a folder with a copy of the repository. The exit code is 1 when
anything differs. It needs the standard library, git, and an environment that popest runs in.
"""

from __future__ import annotations

import argparse
import difflib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
STUDIES = ("serbia", "serbia-report-2024", "serbia-learned", "czechia-2023", "ireland-2024")
SEEDS = (1, 2, 3)
DIFFERING_KEYS = frozenset({"seconds", "versions"})
SHOWN = 20
"""Lines of a difference that are printed."""

_DOCUMENT = re.compile(r'(<script[^>]*id="what-if-data"[^>]*>)(.*?)(</script>)', re.DOTALL)
_PROGRAM = re.compile(r"(<script>).*?(</script>)", re.DOTALL)
_HASH = re.compile(r"sha256-[A-Za-z0-9+/]+=*")
_VERSION = re.compile(r"\b\d+\.\d+(?:\.\d+)+\b|\b\d{4}-\d{2}-\d{2}T[\d:.Z+-]+")


class Output(NamedTuple):
    """A command whose output is compared, and how; its last argument may be a file it writes."""

    name: str
    arguments: tuple[str, ...]
    lines: Callable[[str], list[str]]
    is_file: bool = False


def outputs(studies: list[str], seeds: list[int], only: list[str]) -> Iterator[Output]:
    """Yield all outputs that are asked for."""
    for study in studies:
        if "estimate" in only:
            for seed in seeds:
                arguments = ("estimate", study, "--json", "--seed", str(seed))
                yield Output(f"{study}, estimate, seed {seed}", arguments, json_lines)
        if "check" in only:
            yield Output(f"{study}, check", ("check", study, "--quick", "--json"), json_lines)
        if "report" in only:
            yield Output(f"{study}, report", ("report", study, "--out"), page_lines, is_file=True)


def json_lines(text: str) -> list[str]:
    """Return JSON as lines, without what is bound to differ."""
    return json.dumps(_without(json.loads(text)), indent=1, ensure_ascii=False).splitlines()


def page_lines(text: str) -> list[str]:
    """Return a report as lines, its program left out and the data of its what-if key by key."""
    found = _DOCUMENT.search(text)
    page = _PROGRAM.sub(r"\1\2", _DOCUMENT.sub(r"\1\3", text))
    lines = _VERSION.sub("VERSION", _HASH.sub("HASH", page)).splitlines()
    if found and found[2].strip():
        document = json.loads(found[2])
        lines += [f"what-if data, {key}: {json.dumps(document[key])}" for key in sorted(document)]
    return lines


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(entry) for key, entry in value.items() if key not in DIFFERING_KEYS}
    return [_without(entry) for entry in value] if isinstance(value, list) else value


def folder_of(revision: str, room: Path) -> Path:
    """Return a folder with a revision: the one that was given, or a copy made in `room`."""
    if Path(revision).is_dir():
        return Path(revision).resolve()
    done = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=tar", revision],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{revision}: {done.stderr.decode().strip()}")
    room.mkdir()
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(room, filter="data")
    return room


def printed(folder: Path, output: Output, room: Path) -> str:
    """Return what a revision prints or writes; what it says of an error where it fails."""
    file = room / "written"
    command = [sys.executable, "-c", "from popest.cli import main; main()", *output.arguments]
    done = subprocess.run(
        [*command, str(file)] if output.is_file else command,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        cwd=room,
        capture_output=True,
        text=True,
        check=False,
    )
    # A check that fails exits with a code of its own, and prints its findings all the same.
    if output.is_file and file.exists():
        return file.read_text(encoding="utf-8")
    if output.is_file or not done.stdout:
        raise SystemExit(f"{folder}: {' '.join(output.arguments)} failed:\n{done.stderr}")
    return done.stdout


def differences(old: str, new: str, lines: Callable[[str], list[str]]) -> list[str]:
    """Return the lines in which two outputs differ, each abridged."""
    compared = difflib.unified_diff(lines(old), lines(new), "old", "new", lineterm="", n=0)
    return [line[:160] for line in list(compared)[2:] if not line.startswith("@@")]


def main() -> None:
    """Compare two revisions and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("old", help="a git revision, or a folder")
    parser.add_argument("new", help="a git revision, or a folder")
    parser.add_argument("--studies", nargs="+", default=list(STUDIES))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    kinds = ("estimate", "check", "report")
    parser.add_argument("--only", nargs="+", choices=kinds, default=list(kinds))
    asked = parser.parse_args()
    n_different = 0
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        folders = [folder_of(asked.old, room / "old"), folder_of(asked.new, room / "new")]
        for output in outputs(asked.studies, asked.seeds, asked.only):
            old, new = (printed(folder, output, room) for folder in folders)
            found = differences(old, new, output.lines)
            n_different += bool(found)
            print(f"{output.name}: {f'{len(found)} lines differ' if found else 'the same'}")
            print("".join(f"    {line}\n" for line in found[:SHOWN]), end="", flush=True)
    sys.exit(1 if n_different else 0)


if __name__ == "__main__":
    main()
