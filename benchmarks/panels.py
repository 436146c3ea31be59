"""Time panels: static populations by their number, arrivals, workers, Dask, and PyMC beside them.

As a script, on a calm machine, with the Python of an environment that has popest and Dask::

    python benchmarks/panels.py                       # all but PyMC: some ten minutes
    python benchmarks/panels.py --only static pymc    # these sections
    python benchmarks/panels.py --populations 20 100  # static panels of these sizes

Each panel is simulated: sizes around a column, three registers whose ratios are pooled.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from table import Line, Section, Target

SIZES = (20, 100, 1_000, 10_000)
LARGEST_SECONDS = {20: 3.0, 10_000: 180.0}
LARGEST_PEAK = {10_000: 1_500.0}
LARGEST_EXPONENT = Target(1.05)
PYMC_SIZES = (20, 200, 2_000)
PYMC_SECONDS = 600
PYMC_SHARE = {200: 0.1, 2_000: 0.01}
WANTED_SIZE = 1_000
"""Effective draws of the worst of theta and total, to which PyMC's time is taken."""
CLUSTER_POPULATIONS = 2_000
ARRIVALS = 200
COLUMNS = {"wall": ".2f", "processor": ".1f", "MB": ",.0f", "theta": ",.0f", "total": ",.0f"}
"""Seconds of wall and processor time, memory of the largest process, effective draws of theta."""
HEADER = (
    "id,source,value,precision,start,end,published,recorded,publisher,url,use,supersedes,"
    "derived_from,note,population"
)
STATIC = """\
title = "Simulated districts"
target = "invented"
unit = "persons"
headline = "2024-01-31"
total = true
[calendar]
start = "2024-01"
end = "2024-01"
[population]
kind = "static"
size = { median = { column = "expert" }, sigma = 0.8, because = "invented" }
[noise]
error = { median = 0.08, sigma = 0.3, because = "invented" }
"""
SOURCE = """
[source.{name}]
title = "{name}"
producer = "invented"
counts = "persons"
measure = "{measure}"
ratio = {{ median = {median}, interval90 = [{lower:.4f}, {upper:.4f}], \
pooled = {{ between = {between}, between_sigma = 0.4 }}, because = "invented" }}
"""
REGISTERS = {"permits": (0.9, 0.4, 0.15), "clinic": (0.3, 0.5, 0.2), "tax": (0.5, 0.4, 0.1)}
"""Median, total spread and spread between populations of the ratio of each register."""
FLOWS = """\
title = "Simulated hosts"
target = "invented"
unit = "persons"
headline = "2024-12-31"
total = true
[calendar]
start = "2022-01"
end = "2024-12"
[population]
kind = "arrivals"
background = { median = { column = "expert" }, sigma = 0.8, volatility = 0.2, because = "invented" }
departure_hazard = { median = 0.01, sigma = 0.5, \
pooled = { between = 0.2, between_sigma = 0.3 }, because = "invented" }
[noise]
error = { median = 0.08, sigma = 0.3, because = "invented" }
"""
FLOW_SOURCES = {
    "permits": ("arrivals", 0.6, 0.4, 0.15),
    "register": ("stock", 0.9, 0.3, 0.1),
    "clinic": ("stock", 0.3, 0.5, 0.2),
    "tax": ("stock", 0.5, 0.4, 0.15),
}


def source(name: str, measure: str, median: float, total: float, between: float) -> str:
    """Return the table of a source in `study.toml`."""
    reach = math.exp(1.6449 * total)
    lower, upper = median / reach, median * reach
    return SOURCE.format(
        name=name, measure=measure, median=median, lower=lower, upper=upper, between=between
    )


def write(folder: Path, text: str, rows: list[str], experts: np.ndarray) -> Path:
    """Write a panel to a folder."""
    folder.mkdir(parents=True)
    table = [f"p{number:05},Place {number},{round(size)}" for number, size in enumerate(experts)]
    (folder / "study.toml").write_text(text)
    (folder / "populations.csv").write_text("\n".join(["population,title,expert", *table, ""]))
    (folder / "observations.csv").write_text("\n".join([HEADER, *rows, ""]))
    return folder


def static_panel(folder: Path, n_populations: int) -> Path:
    """Write a panel of static populations with three registers."""
    rng = np.random.default_rng(n_populations)
    experts = np.exp(rng.normal(9, 1, n_populations))
    sizes = experts * np.exp(rng.normal(0, 0.6, n_populations))
    rows, text = [], STATIC
    for name, (median, total, between) in REGISTERS.items():
        text += source(name, "stock", median, total, between)
        level = math.sqrt(total**2 - between**2 * math.exp(2 * 0.4**2))
        shared = rng.normal(0, level)
        logs = np.log(sizes * median) + shared + rng.normal(0, between, n_populations)
        for number, value in enumerate(np.exp(logs + rng.normal(0, 0.08, n_populations))):
            rows.append(
                f"{name}.{number},{name},{max(40, round(value))},exact,,2024-01-31,2024,"
                f"2024-12-31,invented,,yes,,,,p{number:05}"
            )
    return write(folder, text, rows, experts)


def arrivals_panel(folder: Path, n_populations: int) -> Path:
    """Write a panel of arrivals over 36 months with four sources."""
    rng = np.random.default_rng(n_populations)
    experts = np.exp(rng.normal(6, 0.7, n_populations))
    rows, text = [], FLOWS
    for name, entry in FLOW_SOURCES.items():
        text += source(name, *entry)
    for number, expert in enumerate(experts):
        arrivals = np.full(36, expert * math.exp(rng.normal(0, 0.5)))
        stock, path = 0.0, []
        for arriving in arrivals:
            stock = stock * math.exp(-0.01) + arriving * math.exp(-0.005)
            path.append(stock)
        for name, (measure, median, _, between) in FLOW_SOURCES.items():
            factor = median * math.exp(rng.normal(0, between))
            for year in (2022, 2023, 2024):
                until = 12 * (year - 2021)
                counted = arrivals[until - 12 : until].sum()
                exposed = counted if measure == "arrivals" else path[until - 1]
                value = max(40, round(exposed * factor * math.exp(rng.normal(0, 0.08))))
                start = f"{year}-01-01" if measure == "arrivals" else ""
                rows.append(
                    f"{name}.{number}.{year},{name},{value},exact,{start},{year}-12-31,{year + 1},"
                    f"2025-12-31,invented,,yes,,,,p{number:05}"
                )
    return write(folder, text, rows, experts)


RUN = """
import json, sys, time
start = time.perf_counter()
import popest
estimate = popest.estimate(sys.argv[1], executor=json.loads(sys.argv[2]))
seconds = time.perf_counter() - start
import resource
own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({
    "wall": seconds,
    "processor": sum(use.ru_utime + use.ru_stime for use in (own, others)),
    "MB": max(own.ru_maxrss, others.ru_maxrss) / 1000,
    "theta": estimate.certificate.ess,
    "total": estimate.total.median,
}))
"""


def measured(panel: Path, executor: int | str | None = None) -> dict[str, float]:
    """Return what the estimate of a panel costs, in a process of its own."""
    command = [sys.executable, "-c", RUN, str(panel), json.dumps(executor)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(found.stdout)
    return result


def static_section(root: Path, sizes: tuple[int, ...]) -> Section:
    """Return static panels by size, and the exponent of their time."""
    lines, costs = [], []
    for size in sizes:
        cost = measured(static_panel(root / f"static-{size}", size))
        costs.append(cost["processor"])
        target = LARGEST_SECONDS.get(size)
        lines.append(
            Line(
                f"{size:,} static populations",
                cost,
                "wall",
                None if target is None else Target(target),
            )
        )
    large = [(size, cost) for size, cost in zip(sizes, costs, strict=True) if size >= 100]
    if len(large) > 1:
        (first, low), (last, high) = large[0], large[-1]
        exponent = math.log(high / low) / math.log(last / first)
        lines.append(
            Line("exponent of time", {"wall": exponent}, "wall", LARGEST_EXPONENT, "processor")
        )
    return Section("Static panels, three registers", COLUMNS, tuple(lines))


def arrivals_section(root: Path) -> Section:
    """Return the cost of a panel of arrivals."""
    cost = measured(arrivals_panel(root / "arrivals", ARRIVALS))
    line = Line(f"{ARRIVALS} arrivals populations, 36 months", cost, "wall", Target(90))
    return Section("Arrivals, four sources", COLUMNS, (line,))


def machines_section(root: Path) -> Section:
    """Return one panel by processes and by a cluster of two workers."""
    from distributed import LocalCluster

    panel = static_panel(root / "machines", CLUSTER_POPULATIONS)
    lines = [Line(f"{n} processes", measured(panel, n)) for n in (1, 2, 4)]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        cost = measured(panel, cluster.scheduler_address)
    ratio = cost["wall"] / (lines[1].numbers["wall"] or math.nan)
    lines.append(Line("Dask, two local workers", cost))
    lines.append(Line("Dask over two processes", {"wall": ratio}, "wall", Target(1.2)))
    return Section(f"{CLUSTER_POPULATIONS:,} static populations", COLUMNS, tuple(lines))


def pymc_section(root: Path) -> Section:
    """Return static panels beside the same as one PyMC model, sampled by nutpie."""
    lines = []
    for size in PYMC_SIZES:
        panel = static_panel(root / f"pymc-{size}", size)
        ours = measured(panel)
        theirs = pymc_cost(panel, size)
        share = ours["wall"] / theirs["wall"]
        target = PYMC_SHARE.get(size)
        lines += [
            Line(f"{size:,} populations, popest", ours),
            Line(f"{size:,} populations, PyMC", theirs, note=theirs_note(theirs)),
            Line("share", {"wall": share}, "wall", None if target is None else Target(target)),
        ]
    return Section("Beside one PyMC model", COLUMNS, tuple(lines))


def theirs_note(cost: dict[str, float]) -> str:
    """Return how many effective draws PyMC reached."""
    return f"{cost['theta']:,.0f} effective draws of the worst; time to {WANTED_SIZE:,}"


def pymc_cost(panel: Path, n_populations: int) -> dict[str, float]:
    """Return PyMC's wall time to 1,000 effective draws of theta and total, with compiling."""
    command = [sys.executable, __file__, "--as-pymc", str(panel), str(n_populations)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return result


def as_pymc(panel: Path, n_populations: int) -> None:
    """Sample a static panel as one PyMC model and print what it cost."""
    start = time.perf_counter()
    import arviz as az
    import nutpie
    import pymc as pm
    import pytensor.tensor as pt

    table = [line.split(",") for line in (panel / "populations.csv").read_text().splitlines()[1:]]
    rows = [line.split(",") for line in (panel / "observations.csv").read_text().splitlines()[1:]]
    place = {cells[0]: number for number, cells in enumerate(table)}
    medians = np.log([float(cells[2]) for cells in table])
    with pm.Model() as model:
        log_size = medians + 0.8 * pm.Normal("size", shape=n_populations)
        pm.Deterministic("log_total", pt.log(pt.exp(log_size).sum()))
        noise = pt.exp(math.log(0.08) + 0.3 * pm.Normal("noise", shape=n_populations))
        for name, (median, total, between) in REGISTERS.items():
            level = math.sqrt(total**2 - between**2 * math.exp(2 * 0.4**2))
            mu = pm.Deterministic(f"mu_{name}", level * pm.Normal(f"level_{name}"))
            tau = pm.Deterministic(
                f"tau_{name}", between * pt.exp(0.4 * pm.Normal(f"spread_{name}"))
            )
            own = [cells for cells in rows if cells[1] == name]
            at = np.array([place[cells[-1]] for cells in own])
            values = np.array([float(cells[2]) for cells in own])
            counting = 1 / values
            # A population's own deviation has one count, with whose noise it is integrated.
            sd = pt.sqrt(tau**2 + noise[at] ** 2 + 0.01**2 + counting)
            pm.Normal(name, log_size[at] + math.log(median) + mu, sd, observed=np.log(values))
    compiled = nutpie.compile_pymc_model(model)
    ready = time.perf_counter() - start
    worst, n_draws, sampled = 0.0, 500, 0.0
    while worst < WANTED_SIZE and time.perf_counter() - start < PYMC_SECONDS:
        begun = time.perf_counter()
        chains = nutpie.sample(compiled, draws=n_draws, chains=4, seed=1, progress_bar=False)
        sampled = time.perf_counter() - begun
        names = [
            "log_total",
            *(f"{part}_{name}" for part in ("mu", "tau") for name in REGISTERS),
        ]
        sizes = az.ess(chains, var_names=names)
        dataset = getattr(sizes, "dataset", sizes)
        worst = min(float(dataset[name].min()) for name in names)
        n_draws *= 2
    wall = ready + sampled * max(1.0, WANTED_SIZE / worst)
    total = float(np.exp(np.median(chains.posterior["log_total"])))
    print(json.dumps({"wall": wall, "processor": None, "MB": None, "theta": worst, "total": total}))


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def main() -> None:
    """Print the sections that are asked for, with the load of the machine."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    sections = ("static", "arrivals", "machines", "pymc")
    parser.add_argument("--only", nargs="+", choices=sections, default=sections[:-1])
    parser.add_argument("--populations", nargs="+", type=int, default=SIZES)
    parser.add_argument("--as-pymc", nargs=2, help=argparse.SUPPRESS)
    asked: Any = parser.parse_args()
    if asked.as_pymc:
        as_pymc(Path(asked.as_pymc[0]), int(asked.as_pymc[1]))
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, before")
    with folder() as root:
        if "static" in asked.only:
            print(static_section(root, tuple(asked.populations)))
        if "arrivals" in asked.only:
            print(arrivals_section(root))
        if "machines" in asked.only:
            print(machines_section(root))
        if "pymc" in asked.only:
            print(pymc_section(root))
    print(f"load {os.getloadavg()[0]:.1f}, after")


if __name__ == "__main__":
    main()
