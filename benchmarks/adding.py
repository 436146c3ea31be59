"""What it costs to add a figure, and to check a long table: whole processes.

Run as a script, with popest installed::

    python benchmarks/adding.py

The time of ``import pymc`` in the same environment, measured between the others, is the yardstick
of the other benchmarks, too: it tells a slow machine from a slow program.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from processes import CommandError, interleaved, popest, python

ROWS = 100_000
REPEATS = 7
LIMITS = {"sources add": 0.5, f"sources check, {ROWS:,} rows": 3.0}
"""Seconds, on a machine that does nothing else."""


def main() -> int:
    """Print the seconds of each command; 1 when one of them cannot be run."""
    with tempfile.TemporaryDirectory(prefix="adding-") as name:
        folder = Path(name)
        try:
            _write_studies(folder)
            costs = interleaved(
                {
                    "import pymc": python("-c", "import pymc"),
                    "sources add": popest("sources", "add", str(folder / "added"), *_figure()),
                    f"sources check, {ROWS:,} rows": popest(
                        "sources", "check", str(folder / "long")
                    ),
                },
                REPEATS,
            )
        except CommandError as error:
            print(error, file=sys.stderr)
            return 1
    print(f"{'':<30}{'median s':>9}{'least s':>9}{'cpu s':>9}{'limit s':>9}{'peak MB':>9}")
    for command, cost in costs.items():
        limit = f"{LIMITS[command]:.1f}" if command in LIMITS else "-"
        print(
            f"{command:<30}{cost.median:>9.2f}{cost.minimum:>9.2f}"
            f"{min(cost.processor_seconds):>9.2f}{limit:>9}{cost.peak / 1e6:>9.0f}"
        )
    return 0


def _write_studies(folder: Path) -> None:
    """Write two copies of a shipped study, one of them with a very long table."""
    code = "import sys; from popest.study import *; from popest.study.template import copy_study; "
    code += "[copy_study(load_study(), folder) for folder in sys.argv[1:]]"
    names = ("added", "long")
    interleaved({"copy": python("-c", code, *(str(folder / name) for name in names))}, 0)
    row = "X{},other,{},exact,,2022-09-30,2023-04-28,2026-11-23,An office,,no,,,Part {} of CEN01.\n"
    with (folder / "long/observations.csv").open("a", encoding="utf-8") as table:
        held = sum(1 for _ in (folder / "added/observations.csv").open(encoding="utf-8")) - 1
        table.writelines(row.format(n, n + 1, n) for n in range(ROWS - held))


def _figure() -> tuple[str, ...]:
    options = {"source": "voters", "value": "5100", "precision": "more_than", "use": "no"}
    options |= {"publisher": "A paper", "note": "Names on a list."}
    return (*(f"--{column}={text}" for column, text in options.items()), "--no-predict", "--yes")


if __name__ == "__main__":
    sys.exit(main())
