"""Damaged and forged files of saved estimates: each gives what was saved, or is refused in words.

Copies of one saved estimate are damaged by chance: bits, structure, texts, arrays, links and sizes;
others are forged, with a hash that fits. Each is loaded in a process that is watched. Loaded, it
must give the JSON that was saved, byte for byte, or say that it is not verified; refused, the
message must name the file. No other exception is allowed, nor an end of the process, 5 seconds of
processor time or 500 MB, the processes that it starts included. As a script::

    python benchmarks/saved.py                       # 300 files
    python benchmarks/saved.py --files 45 --json
"""

from __future__ import annotations

import argparse
import json
import select
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from saved_damage import damaged

import popest

STUDY = "serbia-report-2024"
LONGEST_SECONDS = 5.0
PATIENCE = 100.0
LARGEST_MEGABYTES = 500
UNVERIFIED = "not verified: "
WATCHED = """
import json, resource, sys
import popest
import popest.estimates.saved.load

def used():
    every = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(usage.ru_utime + usage.ru_stime for usage in every)
    return seconds, max(usage.ru_maxrss for usage in every) / 1024

for line in sys.stdin:
    path, before = line.rstrip("\\n"), used()[0]
    try:
        estimate = popest.load_estimate(path)
    except (popest.StudyError, popest.UsageError) as error:
        kind, text = "refused", str(error)
    except Exception as error:
        kind, text = type(error).__name__, str(error)
    else:
        kind, text = "loaded", None
    seconds, megabytes = used()
    if kind == "loaded":
        text = json.dumps(estimate.to_dict())
    print(json.dumps([kind, text, seconds - before, megabytes]), flush=True)
"""


@dataclass
class Tally:
    """What became of the files: how many of each outcome, and what must not be."""

    files: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    megabytes: float = 0.0
    faults: list[str] = field(default_factory=list)


class Watched:
    """A process that loads files, one after another, and is started anew when it ends."""

    def __init__(self) -> None:
        self._process = self._started()

    def load(self, path: Path) -> tuple[str, str, float, float]:
        """Return the outcome, the JSON or the message, the seconds and the process's megabytes."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        is_there = select.select([process.stdout], [], [], PATIENCE)[0]
        line = process.stdout.readline() if is_there else ""
        if line:
            kind, text, seconds, megabytes = json.loads(line)
            return kind, text, seconds, megabytes
        self.end()
        self._process = self._started()
        return "ended" if is_there else "hung", "", 0.0 if is_there else PATIENCE, 0.0

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    @staticmethod
    def _started() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WATCHED]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def run(files: int, seed: int) -> Tally:
    """Judge so many damaged files.

    Parameters
    ----------
    files
        How many.
    seed
        Seed of the damage.
    """
    estimate = popest.estimate(STUDY, draws=4_000)
    saved, tally, watched = estimate.to_dict(), Tally(), Watched()
    with tempfile.TemporaryDirectory() as place:
        original = estimate.save(Path(place, "original.nc"))
        folder = Path(place, "damaged")
        folder.mkdir()
        try:
            for way, path in damaged(original, folder, files, seed):
                _judge(tally, f"{path.name} (seed {seed}, {way})", way, path, watched, saved)
                path.unlink()
        finally:
            watched.end()
    return tally


def _judge(
    tally: Tally, label: str, way: str, path: Path, watched: Watched, saved: dict[str, Any]
) -> None:
    kind, text, seconds, megabytes = watched.load(path)
    if kind == "loaded":
        kind = _compared(json.loads(text), saved)
    elif kind == "refused" and not all(str(path) in line for line in text.split("\n")):
        tally.faults.append(f"{label}: the message does not name the file: {text}")
    tally.files += 1
    tally.outcomes[kind] += 1
    tally.ways[f"{way}: {kind}"] += 1
    tally.slowest_seconds = max(tally.slowest_seconds, seconds)
    tally.megabytes = max(tally.megabytes, megabytes)
    if kind not in ("refused", "equal", "not verified"):
        tally.faults.append(f"{label}: {kind} {text[:200]}")
    if seconds > LONGEST_SECONDS:
        tally.faults.append(f"{label}: took {seconds:.1f} s")
    if megabytes > LARGEST_MEGABYTES:
        tally.faults.append(f"{label}: {megabytes:.0f} MB of memory were used")


def _compared(loaded: dict[str, Any], saved: dict[str, Any]) -> str:
    """Return whether the loaded JSON is the saved one, the warning of an unverified file aside."""
    if json.dumps(loaded) == json.dumps(saved):
        return "equal"
    first, *rest = loaded["warnings"] or [""]
    same = json.dumps(loaded | {"warnings": rest}) == json.dumps(saved)
    return "not verified" if same and first.startswith(UNVERIFIED) else "changed silently"


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the files and print the tally; 1 when one of them did what must not be."""
    parser = argparse.ArgumentParser(description="Damaged and forged files of saved estimates.")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    tally = run(options.files, options.seed)
    if options.json:
        print(json.dumps(vars(tally), indent=1))
    else:
        outcomes = ", ".join(f"{number} {kind}" for kind, number in tally.outcomes.most_common())
        print(
            f"{tally.files} files: {outcomes}; slowest {tally.slowest_seconds:.2f} s, "
            f"{tally.megabytes:.0f} MB, {len(tally.faults)} faults"
        )
        for fault in tally.faults:
            print(fault, file=sys.stderr)
    return bool(tally.faults)


if __name__ == "__main__":
    sys.exit(main())
