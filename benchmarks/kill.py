"""Additions that are killed, and many writers at once: no row may be lost, doubled or halved.

Two trials on a copy of a shipped study. In the first, a process that adds row after row is ended
by SIGKILL at a random moment, again and again. In the second, several writers run the command
line at the same time. Afterwards every row that was acknowledged must stand in the file once,
what was not acknowledged at most once, and the file must begin with the bytes it had. As a script::

    python benchmarks/kill.py                                  # 300 kills; 200 rows by 8 writers
    python benchmarks/kill.py --kills 40 --rows 24 --json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from popest.cli.appending import AppendOptions, append
from popest.study import StudyError, load_study
from popest.study.drafts.addition import Ledger
from popest.study.drafts.new_rows import Draft
from popest.study.files.reading import OBSERVATIONS_FILE
from popest.study.template import copy_study

STUDY = "serbia-report-2024"
NOTE = 'A comma, "quotes", and long: ' + 200 * "x"
LONGEST_LIFE = 0.25
"""Seconds after which a writer is killed at the latest; adding a row takes some 0.03."""
COMMAND = [sys.executable, "-c", "from popest.cli import main; main()", "sources", "add"]
TODAY = date.today().isoformat()


@dataclass
class Trial:
    """What happened in one trial.

    `acknowledged` are the ids of which a writer said that they were added, `refused` counts
    writers that did not get the lock in time, `faults` says what must not be.
    """

    acknowledged: list[str] = field(default_factory=list)
    unacknowledged: int = 0
    refused: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def kill_trial(folder: Path, kills: int, seed: int) -> Trial:
    """Kill a process that adds rows, at random moments, and look at the file each time.

    Parameters
    ----------
    folder
        The folder of a study.
    kills
        How many processes are killed.
    seed
        Seed of the moments.
    """
    chance, trial, start = random.Random(seed), Trial(), time.perf_counter()
    before = (folder / OBSERVATIONS_FILE).read_bytes()
    for number in range(kills):
        told = _killed_writer(folder, f"K{number}x", chance)
        present = (folder / OBSERVATIONS_FILE).read_bytes()
        if not present.startswith(before):
            trial.faults.append(f"kill {number}: the file does not begin with its former bytes")
        try:
            extra = _new_rows(folder, f"K{number}x") - Counter(told)
        except StudyError as error:
            trial.faults.append(f"kill {number}: the file is broken: {error}")
            break
        trial.unacknowledged += extra.total()
        if extra.total() > 1:
            trial.faults.append(f"kill {number}: more than one row without an answer: {extra}")
        trial.acknowledged += told
        before = present
    if not trial.acknowledged:
        trial.faults.append("no writer lived to add a row, which shows nothing: let others rest")
    _inspect(folder, trial)
    trial.seconds = time.perf_counter() - start
    return trial


def writers_trial(folder: Path, rows: int, writers: int) -> Trial:
    """Let several processes at once run ``popest sources add`` until every row is added.

    Parameters
    ----------
    folder
        The folder of a study.
    rows
        How many rows are added in all.
    writers
        How many processes run at a time.
    """
    trial, start = Trial(), time.perf_counter()
    before = (folder / OBSERVATIONS_FILE).read_bytes()
    waiting = [f"W{number}" for number in range(rows)]
    running: dict[str, subprocess.Popen[str]] = {}
    while waiting or running:
        while waiting and len(running) < writers:
            name = waiting.pop()
            running[name] = _command(folder, name)
        for name, process in list(running.items()):
            if process.poll() is None:
                continue
            message = process.communicate()[1]
            del running[name]
            if process.returncode == 0:
                trial.acknowledged.append(name)
            elif process.returncode == 1 and "is being changed by process" in message:
                trial.refused += 1
                waiting.append(name)
            else:
                trial.faults.append(f"{name}: exit {process.returncode}, {message.strip()}")
        time.sleep(0.005)
    if not (folder / OBSERVATIONS_FILE).read_bytes().startswith(before):
        trial.faults.append("the file does not begin with its former bytes")
    _inspect(folder, trial)
    trial.seconds = time.perf_counter() - start
    return trial


def _killed_writer(folder: Path, prefix: str, chance: random.Random) -> list[str]:
    """Fork a writer, kill it, and return the ids that it said were added."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _write_until_killed(folder, prefix, writing)
    os.close(writing)
    time.sleep(chance.uniform(0, LONGEST_LIFE))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        return [line.strip() for line in told if line.endswith("\n")]


def _write_until_killed(folder: Path, prefix: str, told: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        for number in range(10_000):
            name = f"{prefix}{number}"
            append(
                str(folder),
                lambda _, name=name: [Draft(_cells(name))],
                AppendOptions(False, True, True),
            )
            os.write(told, f"{name}\n".encode())
    finally:
        os._exit(1)


def _cells(name: str) -> dict[str, str]:
    return {
        "id": name,
        "source": "killed",
        "value": "12345",
        "recorded": max(TODAY, "2026-11-23"),
        "publisher": "A trial",
        "use": "no",
        "note": NOTE,
    }


def _command(folder: Path, name: str) -> subprocess.Popen[str]:
    options = ["--source", "written", "--value", "12345", "--publisher", "A trial", "--use", "no"]
    return subprocess.Popen(
        [*COMMAND, str(folder), "--id", name, *options, "--note", NOTE, "--yes"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _new_rows(folder: Path, prefix: str) -> Counter[str]:
    names = [row.id for row in Ledger.read(folder).table.rows]
    return Counter(name for name in names if name.startswith(prefix))


def _inspect(folder: Path, trial: Trial) -> None:
    """Note every acknowledged row that is not there once, and every row that is not whole."""
    try:
        study = load_study(folder)
    except StudyError as error:
        trial.faults.append(f"the study is broken: {error}")
        return
    found = Counter(row.id for row in study.observations)
    for name in trial.acknowledged:
        if found[name] != 1:
            trial.faults.append(f"{name} was acknowledged and stands in the file {found[name]} x")
    for row in study.observations:
        whole = (12345, NOTE, "A trial")
        if row.source in ("killed", "written") and (row.value, row.note, row.publisher) != whole:
            trial.faults.append(f"{row.id} is not whole: {row}")


def run(kills: int, rows: int, writers: int, seed: int) -> dict[str, Any]:
    """Run both trials on fresh copies of a study and return what happened."""
    with tempfile.TemporaryDirectory(prefix="killed-") as name:
        folders = [copy_study(load_study(STUDY), Path(name) / part) for part in ("a", "b")]
        killed = kill_trial(folders[0], kills, seed)
        written = writers_trial(folders[1], rows, writers)
    return {
        "kills": kills,
        "killed": _summary(killed),
        "writers": writers,
        "rows": rows,
        "written": _summary(written),
    }


def _summary(trial: Trial) -> dict[str, Any]:
    return {**vars(trial), "acknowledged": len(trial.acknowledged)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both trials and print what happened; 1 when a row was lost, doubled or halved."""
    parser = argparse.ArgumentParser(description="Additions that are killed or come at once.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    result = run(options.kills, options.rows, options.writers, options.seed)
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        killed, written = result["killed"], result["written"]
        print(
            f"{options.kills} writers killed in {killed['seconds']:.0f} s: "
            f"{killed['acknowledged']} rows acknowledged, all there once; "
            f"{killed['unacknowledged']} more were written before the answer; "
            f"{len(killed['faults'])} faults\n"
            f"{options.rows} rows by {options.writers} writers at once in "
            f"{written['seconds']:.0f} s: {written['acknowledged']} acknowledged, "
            f"{written['refused']} refusals tried again, {len(written['faults'])} faults"
        )
    for fault in (*result["killed"]["faults"], *result["written"]["faults"]):
        print(fault, file=sys.stderr)
    return bool(result["killed"]["faults"] or result["written"]["faults"])


if __name__ == "__main__":
    sys.exit(main())
