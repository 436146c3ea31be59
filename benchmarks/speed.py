"""Measure how fast popest is, as ratios of what runs side by side in one environment.

Run it with the Python of an environment that has popest installed, on a calm machine::

    python benchmarks/speed.py                # whole processes and refits: a minute
    python benchmarks/speed.py --quick        # the same with fewer repeats
    python benchmarks/speed.py --peers        # nuts, plain pm.sample and JAGS too: minutes
    python benchmarks/speed.py --scaling      # how time grows with the study too: a minute
    python benchmarks/speed.py --json         # one JSON object instead of text

What the numbers mean is in ``benchmarks/README.md``. A missed target does not change the exit
code.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from processes import Command, CommandError, Cost, benchmark, interleaved, popest, python, run
from table import Line, Section, Target

REPEATS, QUICK_REPEATS, SCALING_REPEATS = 9, 3, 3
MEGABYTE = 1e6
YARDSTICK = 'python -c "import pymc"'
REPORT, SERBIA = "popest estimate serbia-report-2024 --json", "popest estimate --json"
COMMANDS: dict[str, Command] = {
    YARDSTICK: python("-c", "import pymc"),
    'python -c "import numpy, click"': python("-c", "import numpy, click"),
    "popest --help": popest("--help"),
    "popest sources list": popest("sources", "list"),
    REPORT: popest("estimate", "serbia-report-2024", "--json"),
    SERBIA: popest("estimate", "--json"),
}
LARGEST_RATIO = {
    "popest --help": Target(0.22),
    "popest sources list": Target(0.22),
    REPORT: Target(0.42),
    SERBIA: Target(0.65),
}
LARGEST_PEAK = Target(250)
SMALLEST_SIZE = {REPORT: Target(4_000, is_minimum=True), SERBIA: Target(1_000, is_minimum=True)}
LARGEST_PARETO_K = {REPORT: Target(0.5, is_strict=True), SERBIA: Target(0.7, is_strict=True)}
LARGEST_REFIT = Target(0.2)
LARGEST_EXPONENT = {"months": Target(1), "draws": Target(1), "observations": None}
JAGS = "JAGS"
PEERS: dict[str, Command] = {
    "popest, bank engine": benchmark("peers.py", "bank"),
    "popest, nuts engine (nutpie)": benchmark("peers.py", "nuts"),
    "pm.sample, PyMC's own NUTS": benchmark("peers.py", "pymc"),
    JAGS: benchmark("jags/run.py", "--json"),
}
PEER_DATE = "2023-12-31"
PACKAGES = ("popest", "numpy", "click", "pymc", "nutpie")


def processes(repeats: int) -> list[Section]:
    """Compare whole processes in time and memory, and read what the estimates certify."""
    costs = interleaved(COMMANDS, repeats)
    base = costs[YARDSTICK]
    names = ("median s", "minimum s", "ratio of medians", "of minima")
    seconds, memory = [], []
    for name, cost in costs.items():
        ratios = (cost.median / base.median, cost.minimum / base.minimum)
        numbers = dict(zip(names, (cost.median, cost.minimum, *ratios), strict=True))
        seconds.append(Line(name, numbers, "of minima", LARGEST_RATIO.get(name)))
        largest = None if cost is base else LARGEST_PEAK
        memory.append(Line(name, {"MB": cost.peak / MEGABYTE}, "MB", largest))
    return [
        Section("Whole processes", dict.fromkeys(names, ".3f"), seconds),
        Section("Peak memory", {"MB": ".0f"}, memory),
        Section("Certificates", {"value": ",.2f"}, _certificates(costs)),
    ]


def refits(repeats: int) -> list[Section]:
    """Time estimates inside a process, the study loaded."""
    columns = {"median s": ".3f", "minimum s": ".3f"}
    lines = []
    for row in _printed_by(benchmark("refit.py", str(repeats))):
        target = LARGEST_REFIT if row["work"] == "estimate" else None
        numbers = {"median s": row["median"], "minimum s": row["minimum"]}
        lines.append(Line(f"{row['study']}: {row['work']}", numbers, "minimum s", target))
    return [Section("Refits inside a process", columns, lines)]


def peers() -> list[Section]:
    """Compare engines and peers on one study: independent draws of the stock per second."""
    columns = {"s": ".2f", "median": ",.0f", "effective": ",.0f", "effective/s": ",.0f"}
    columns |= {"bank/this": ",.0f", "process s": ".2f", "MB": ".0f"}
    lines: list[Line] = []
    for name, command in PEERS.items():
        if name == JAGS and shutil.which("jags") is None:
            lines.append(Line(name, note="the program jags is not installed"))
            continue
        cost = Cost()
        run(command, cost)
        result = json.loads(cost.output)
        result = _from_jags(result) if name == JAGS else result
        pace = result["effective"] / result["s"]
        bank = lines[0].numbers["effective/s"] if lines else pace
        numbers = {key: result[key] for key in ("s", "median", "effective")}
        numbers |= {"effective/s": pace, "bank/this": bank / pace}
        numbers |= {"process s": cost.minimum, "MB": cost.peak / MEGABYTE}
        lines.append(Line(name, numbers, note=result["note"]))
    return [Section(f"Engines and peers: stock of serbia-report-2024, {PEER_DATE}", columns, lines)]


def scaling() -> list[Section]:
    """Time the bank engine as studies grow."""
    columns = {"s": ".3f", "effective": ",.0f", "stages": ".1f", "rounds": ".1f"}
    columns |= {"certified": ".0%"}
    sections = []
    for direction, rows in _printed_by(benchmark("scaling.py", str(SCALING_REPEATS))).items():
        lines = [Line(f"  {row['size']:,}", {name: row[name] for name in columns}) for row in rows]
        exponent = fitted_exponent([(row["size"], row["s"]) for row in rows])
        target = LARGEST_EXPONENT[direction]
        lines.append(Line("  exponent of a power law", {"s": exponent}, "s", target))
        sections.append(Section(f"Scaling with {direction}", columns, lines))
    return sections


def fitted_exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return b of the power law y = a x^b through points (x, y), by least squares of the logs."""
    x, y = zip(*((math.log(x), math.log(y)) for x, y in points), strict=True)
    return statistics.linear_regression(x, y).slope


def _certificates(costs: dict[str, Cost]) -> list[Line]:
    lines = []
    for name, smallest in SMALLEST_SIZE.items():
        certificate = json.loads(costs[name].output)["certificate"]
        size, shape = {"value": certificate["ess"]}, {"value": certificate["pareto_k"]}
        lines.append(Line(f"{name}: effective size", size, "value", smallest))
        lines.append(Line(f"{name}: Pareto k", shape, "value", LARGEST_PARETO_K[name]))
    return lines


def _from_jags(result: dict[str, Any]) -> dict[str, Any]:
    """Return what ``jags/run.py`` prints in the words of ``peers.py``."""
    stock = next(row for row in result["posterior"]["stock"] if row["date"] == PEER_DATE)
    median = stock["quantiles"]["0.50"]["value"]
    seconds, r_hat = result["program"]["seconds"], stock["r_hat"]
    note = f"R-hat {r_hat:.4f} of the stock"
    return {"s": seconds, "median": median, "effective": stock["ess"], "note": note}


def _printed_by(command: Command) -> Any:
    """Return what another benchmark prints, measured in a process of its own."""
    cost = Cost()
    run(command, cost)
    return json.loads(cost.output)


def _circumstances() -> dict[str, Any]:
    """Return where this runs and how busy the machine is."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
    }


def _measure(title: str, work: Callable[[], list[Section]], say: bool) -> list[Section]:
    """Do some measurements, printing them when they are done; a failure is one of them."""
    try:
        sections = work()
    except CommandError as error:
        sections = [Section(title, {}, [Line("failed", note=str(error))])]
    if say:
        for section in sections:
            print(f"\n{section}", flush=True)
    return sections


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How fast popest is.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--peers", action="store_true", help="nuts, pm.sample and JAGS; minutes")
    parser.add_argument("--scaling", action="store_true", help="how time grows; a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def main() -> None:
    """Measure what was asked for and print it."""
    chosen = _arguments()
    repeats = QUICK_REPEATS if chosen.quick else REPEATS
    before, say = _circumstances(), not chosen.json
    if say:
        print(", ".join(f"{name} {value}" for name, value in before.items()))
        print(f"{repeats} repeats, commands in turn; verdicts on the minima", flush=True)
    sections = _measure("Whole processes", lambda: processes(repeats), say)
    sections += _measure("Refits inside a process", lambda: refits(repeats), say)
    if chosen.peers:
        sections += _measure("Engines and peers", peers, say)
    if chosen.scaling:
        sections += _measure("Scaling", scaling, say)
    after = _circumstances()["load"]
    if say:
        print(f"\nLoad of the last minute: {before['load']} before, {after} after.")
        return
    result = {**before, "load_after": after, "repeats": repeats}
    result["sections"] = [section.as_dict() for section in sections]
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
