"""Hostile folders: nothing in them may run, and each must get an answer in words, soon.

Each folder of ``hostile_folders.py`` is made anew, and commands are run in it as processes. A mark
that a planted program left, a traceback, an answer after 5 seconds, or more than 500 MB of memory
are faults. As a script::

    python benchmarks/hostile.py
    python benchmarks/hostile.py --only modules --json
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hostile_folders import FOLDERS, Spoil, make
from processes import MAXRSS_UNIT, popest

STUDY = Path(__file__).parents[1] / "data/sources/serbia-report-2024"
COMMANDS = (("sources", "check", "."), ("estimate", ".", "--json", "--draws", "2000"))
PLANTED = (*COMMANDS, ("report", ".", "--out", "page.html"))
UNHURRIED = ("report",)
"""Commands that compute for longer than an answer may take."""
LONGEST_SECONDS, LARGEST_MEGABYTES = 5.0, 500
HANGING_SECONDS = 300


@dataclass
class Outcome:
    """What a command did in a folder, and what of it is a fault."""

    folder: str
    command: str
    code: int
    seconds: float
    megabytes: float
    words: str
    faults: list[str]


def judged(name: str, spoil: Spoil) -> list[Outcome]:
    """Return what becomes of each command in a folder."""
    with tempfile.TemporaryDirectory() as place:
        mark, program = Path(place) / "mark", Path(place) / "program/pre-commit"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho x >>'{mark}'\nexit 1\n", encoding="utf-8")
        program.chmod(0o755)
        folder = Path(place) / "study"
        make(STUDY, folder)
        spoil(folder, program)
        commands = PLANTED if name == "modules" else COMMANDS
        return [_outcome(name, folder, command, mark) for command in commands]


def _outcome(name: str, folder: Path, command: Sequence[str], mark: Path) -> Outcome:
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            popest(*command), cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        watchdog = threading.Timer(HANGING_SECONDS, child.kill)
        watchdog.start()
        _, status, usage = os.wait4(child.pid, 0)
        watchdog.cancel()
        seconds = time.perf_counter() - start
        code = child.returncode = os.waitstatus_to_exitcode(status)
        megabytes = usage.ru_maxrss * MAXRSS_UNIT / 1e6
        output.seek(0)
        words = output.read(1_000_000).decode(errors="replace")
    is_slow = seconds > LONGEST_SECONDS and command[0] not in UNHURRIED
    found = {
        "a planted program ran": mark.exists(),
        "a traceback": "Traceback" in words,
        "no exit code of popest's": code not in (0, 1, 2, 3, 4, 5),
        f"more than {LONGEST_SECONDS:g} s": is_slow,
        f"more than {LARGEST_MEGABYTES} MB": megabytes > LARGEST_MEGABYTES,
    }
    mark.unlink(missing_ok=True)
    faults = [fault for fault, is_so in found.items() if is_so]
    last = words.strip().splitlines()[-1:] or [""]
    shown = "" if code == 0 else last[0][:120]
    return Outcome(name, " ".join(command), code, seconds, megabytes, shown, faults)


def main() -> int:
    """Judge every folder; return 1 when there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=FOLDERS, help="this folder; repeatable")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    outcomes = []
    for name in options.only or FOLDERS:
        for outcome in judged(name, FOLDERS[name]):
            outcomes.append(outcome)
            if not options.json:
                line = (
                    f"{name:24} {outcome.command:40} {outcome.code:3} {outcome.seconds:6.2f} s "
                    f"{outcome.megabytes:5.0f} MB  {'; '.join(outcome.faults) or outcome.words}"
                )
                print(line.encode("ascii", "backslashreplace").decode(), flush=True)
    faulty = [outcome for outcome in outcomes if outcome.faults]
    if options.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    else:
        folders = len({outcome.folder for outcome in outcomes})
        print(f"{folders} folders, {len(outcomes)} commands, {len(faulty)} with a fault")
    return bool(faulty)


if __name__ == "__main__":
    sys.exit(main())
