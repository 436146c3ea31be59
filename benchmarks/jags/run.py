"""Study serbia-report-2024 in JAGS: run the program, read its draws, print what they say.

The model is ``serbia-report-2024.jags``; popest is not imported. Needs NumPy and the program
``jags`` on the path (Debian package ``jags``). As a script it runs the benchmark's length::

    python benchmarks/jags/run.py            # a table
    python benchmarks/jags/run.py --json     # the same as one JSON object
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from chains import Draws, summarise

HERE = Path(__file__).resolve().parent
STUDY = "serbia-report-2024"
MODEL, DATA = f"{STUDY}.jags", f"{STUDY}.data.R"

# The model's names of the reported quantities: its stock[1] is the start of February 2022, so
# the end of that month is stock[2].
STOCK_NODES = {
    "2022-06-30": "stock[6]",
    "2022-12-31": "stock[12]",
    "2023-06-30": "stock[18]",
    "2023-12-31": "stock[24]",
    "2024-06-30": "stock[30]",
    "2024-12-31": "stock[36]",
}
RATIO_NODES = {
    "census": "ratio[1]",
    "residence_permits": "ratio[2]",
    "work_permits": "ratio[3]",
    "companies": "ratio[4]",
}
OTHER_NODES = ("sigma", "hazard")


class JagsError(RuntimeError):
    """JAGS is missing, or did not give the draws it was asked for."""


@dataclass(frozen=True)
class Length:
    """How long to run, in iterations of each chain; one draw is kept every `thin` of `draws`."""

    chains: int = 4
    adapt: int = 1_000
    burn_in: int = 500
    draws: int = 4_000
    thin: int = 1
    seed: int = 1


@dataclass(frozen=True)
class JagsRun:
    """The draws of one run, `(chain, draw)` by the model's name, and what they cost."""

    draws: dict[str, Draws]
    length: Length
    version: str
    seconds: float


def run_jags(length: Length) -> JagsRun:
    """Run JAGS in a temporary folder and return its draws.

    Parameters
    ----------
    length
        Number and length of the chains.

    Returns
    -------
    JagsRun
        The draws and the seconds of the whole process: compiling the model, adapting,
        sampling, writing the draws.

    Raises
    ------
    JagsError
        When the program is not on the path or ends without the draws.
    """
    program = shutil.which("jags")
    if program is None:
        raise JagsError("no program jags on the path: install it (Debian: apt install jags)")
    with tempfile.TemporaryDirectory(prefix="jags-") as name:
        folder = Path(name)
        _write_inputs(folder, length)
        start = time.perf_counter()
        done = subprocess.run(
            [program, "run.cmd"], cwd=folder, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - start
        if done.returncode != 0 or not (folder / "draws_index.txt").is_file():
            raise JagsError(f"jags failed:\n{done.stdout}{done.stderr}")
        banner = re.search(r"JAGS (\d+\.\d+\.\d+)", done.stdout)
        version = banner[1] if banner else "unknown"
        return JagsRun(read_coda(folder, length.chains), length, version, seconds)


def read_coda(folder: Path, chains: int) -> dict[str, Draws]:
    """Return the draws in a folder's CODA files.

    Parameters
    ----------
    folder
        Folder with `draws_index.txt` (name, first and last line) and `draws_chain1.txt` and
        on (iteration, value).
    chains
        Number of chains.

    Returns
    -------
    dict[str, Draws]
        Draws by the model's name, `(chain, draw)`.

    Raises
    ------
    JagsError
        When two chains are identical.
    """
    values = np.stack(
        [np.loadtxt(folder / f"draws_chain{k + 1}.txt", usecols=1) for k in range(chains)]
    )
    if len({chain.tobytes() for chain in values}) < chains:
        raise JagsError("two chains have the same draws: their seeds did not take effect")
    lines = (line.split() for line in (folder / "draws_index.txt").read_text().splitlines())
    return {name: values[:, int(first) - 1 : int(last)] for name, first, last in lines}


def report(run: JagsRun) -> dict[str, Any]:
    """Return the posterior of the reported quantities and how it was computed.

    Parameters
    ----------
    run
        A finished run.

    Returns
    -------
    dict[str, Any]
        `program` and `posterior`: stock in persons by date, ratios in counts per unit of
        exposure by source, sigma on the log scale, hazard a month; see `chains.summarise`.
    """
    stock = [{"date": d, **summarise(run.draws[n])} for d, n in STOCK_NODES.items()]
    ratios = [{"source": s, **summarise(run.draws[n])} for s, n in RATIO_NODES.items()]
    others = {name: summarise(run.draws[name]) for name in OTHER_NODES}
    program = {"name": "JAGS", "version": run.version, **vars(run.length)}
    return {
        "study": STUDY,
        "program": {**program, "seconds": round(run.seconds, 2)},
        "posterior": {"stock": stock, "ratios": ratios, **others},
    }


def _write_inputs(folder: Path, length: Length) -> None:
    """Write model, data, seeds and script; JAGS is run inside the folder."""
    for name in (MODEL, DATA):
        shutil.copy(HERE / name, folder / name)
    numbers = range(1, length.chains + 1)
    # JAGS reads seeds into 32-bit integers; larger ones give every chain the same stream.
    seeds = np.random.SeedSequence(length.seed).generate_state(length.chains) // 4
    for number, seed in zip(numbers, seeds, strict=True):
        (folder / f"seed{number}.R").write_text(
            f'".RNG.name" <- "base::Mersenne-Twister"\n".RNG.seed" <- {seed}\n'
        )
    monitors = (*STOCK_NODES.values(), *RATIO_NODES.values(), *OTHER_NODES)
    script = [
        f'model in "{MODEL}"',
        f'data in "{DATA}"',
        f"compile, nchains({length.chains})",
        *(f'parameters in "seed{number}.R", chain({number})' for number in numbers),
        "initialize",
        f"adapt {length.adapt}",
        f"update {length.burn_in}",
        *(f"monitor {name}, thin({length.thin})" for name in monitors),
        f"update {length.draws}",
        'coda *, stem("draws_")',
        "exit",
    ]
    (folder / "run.cmd").write_text("\n".join(script) + "\n")


def _table(result: dict[str, Any]) -> str:
    program, posterior = result["program"], result["posterior"]
    kept = program["draws"] // program["thin"]
    lines = [
        f"{result['study']} in JAGS {program['version']}: {program['chains']} chains of "
        f"{kept:,} draws, {program['seconds']:.1f} s",
        f"{'stock on':<12}{'5 %':>9}{'25 %':>9}{'50 %':>9}{'75 %':>9}{'95 %':>9}{'ess':>9}",
    ]
    for row in posterior["stock"]:
        points = "".join(f"{q['value']:>9,.0f}" for q in row["quantiles"].values())
        lines.append(f"{row['date']:<12}{points}{row['ess']:>9,}")
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark's length and print the result; 1 when JAGS cannot be run."""
    parser = argparse.ArgumentParser(description="Study serbia-report-2024 in JAGS.")
    parser.add_argument("--draws", type=int, default=Length.draws, help="iterations a chain")
    parser.add_argument("--seed", type=int, default=Length.seed)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    try:
        run = run_jags(Length(draws=arguments.draws, seed=arguments.seed))
    except JagsError as error:
        print(error, file=sys.stderr)
        return 1
    result = report(run)
    print(json.dumps(result, indent=1) if arguments.json else _table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
