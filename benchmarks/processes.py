"""What a command costs as a whole process: wall time, processor time, peak memory.

Only the standard library is used, and nothing is imported that is measured: a child that is
started from a large process would report the size of its parent as its own peak.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Command = Sequence[str]
HERE = Path(__file__).resolve().parent
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class CommandError(RuntimeError):
    """A command that was to be measured did not run."""


@dataclass
class Cost:
    """What the runs of one command cost; peak memory is the largest of all runs.

    `seconds` is wall time, `processor_seconds` that of all its threads, `peak` bytes of resident
    memory, `output` what the last run printed.
    """

    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    peak: int = 0
    output: str = ""

    @property
    def median(self) -> float:
        """The median wall time, seconds."""
        return statistics.median(self.seconds)

    @property
    def minimum(self) -> float:
        """The shortest wall time, seconds."""
        return min(self.seconds)


def interleaved(commands: Mapping[str, Command], repeats: int) -> dict[str, Cost]:
    """Run commands one after the other, and all again, so that they share what disturbs them.

    Parameters
    ----------
    commands
        Commands by name.
    repeats
        Timed runs of each, after one that is not timed: it compiles byte code and reads files
        from the disk.

    Raises
    ------
    CommandError
        When a command fails.
    """
    costs = {name: Cost() for name in commands}
    for command in commands.values():
        run(command, Cost())
    for _ in range(repeats):
        for name, command in commands.items():
            run(command, costs[name])
    return costs


def run(command: Command, cost: Cost) -> None:
    """Run a command once and add what it cost.

    Raises
    ------
    CommandError
        When the command cannot be started or fails.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        try:
            child = subprocess.Popen(command, stdout=output, stderr=errors, env=_environment())
        except OSError as error:
            raise CommandError(f"{command[0]}: {error.strerror}") from error
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if child.returncode:
            lines = errors.read().decode(errors="replace").strip().splitlines()
            raise CommandError(lines[-1] if lines else f"exit code {child.returncode}")
        cost.output = output.read().decode()
    cost.seconds.append(seconds)
    cost.processor_seconds.append(usage.ru_utime + usage.ru_stime)
    cost.peak = max(cost.peak, usage.ru_maxrss * MAXRSS_UNIT)


def python(*arguments: str) -> Command:
    """Return a command of the Python that runs this."""
    return (sys.executable, *arguments)


def benchmark(file: str, *arguments: str) -> Command:
    """Return the command that runs another file of this folder."""
    return python(str(HERE / file), *arguments)


def popest(*arguments: str) -> Command:
    """Return a command of the `popest` beside the Python that runs this."""
    installed = Path(sys.executable).with_name("popest")
    if installed.is_file():
        return (str(installed), *arguments)
    return python("-c", "from popest.cli import main; main()", *arguments)


def _environment() -> dict[str, str]:
    """Return the environment without what slows Python's start down or adds to its path."""
    removed = ("PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME", "PYTHONPATH", "PYTHONHOME")
    return {name: value for name, value in os.environ.items() if name not in removed}
