"""Wrong lines of the model, the engines and the ratios: each must be found by the tests.

Every mutant of the files ``mutants_of_*.py`` is one line made wrong, as a slip of the hand would
make it, with the tests that are aimed at it. In a copy of the repository these tests are run once
as they are, where all must pass, and then once for each mutant, where one must fail. As a script::

    python benchmarks/mutants.py                              # all of them
    python benchmarks/mutants.py --only "background unlogged" "lag without its mean"
    python benchmarks/mutants.py --list

A mutant that no test finds survives. A text that does not stand exactly once in its file, or tests
that end by anything but a failed test, are faults: then nothing was tested. The exit code is 1 when
a mutant survived or there was a fault. It needs what the tests need.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, NoReturn

from mutant import Mutant, Table
from mutants_of_counts import COUNTS
from mutants_of_days import DAYS
from mutants_of_engines import ENGINES
from mutants_of_few import FEW
from mutants_of_measures import MEASURES
from mutants_of_panels import PANELS
from mutants_of_population import POPULATION
from mutants_of_pymc import PYMC
from mutants_of_ratios import RATIOS
from mutants_of_sums import SUMS
from mutants_of_tables import TABLES as FIGURES

ROOT = Path(__file__).resolve().parents[1]
TABLES: tuple[Table, ...] = (
    POPULATION,
    COUNTS,
    MEASURES,
    FEW,
    PYMC,
    ENGINES,
    RATIOS,
    DAYS,
    SUMS,
    FIGURES,
    PANELS,
)
PYTEST = ("-x", "-q", "--tb=no", "-n0", "-pno:randomly", "-pno:cacheprovider")
IMPORTED = "ignore::pytest.PytestAssertRewriteWarning"
"""What pytest says of a library that is imported before it starts is no fault."""
LIBRARIES = ("pytest", "hypothesis", "scipy.stats", "pymc", "nutpie", "arviz_stats")
"""What tests import beside the package, which each fork imports anew."""
ALL_PASSED, ONE_FAILED, NOT_TESTED = 0, 1, 3
"""Exit codes of pytest; by any but the first two it says that it could not test."""
HANGING_SECONDS = 300.0
LONG_AGO = 1_000_000_000
"""A time of change, in seconds, that no compiled file of another text has."""

_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class Outcome(NamedTuple):
    """What the tests made of a mutant: killed, survived, or a fault in words."""

    mutant: Mutant
    verdict: str
    killed_by: str
    seconds: float


def mutants() -> Iterator[Mutant]:
    """Yield all mutants of the tables."""
    for table in TABLES:
        for file, tests, changes in table:
            for name, text, instead in changes:
                yield Mutant(name, file, text, instead, tests)


def copy_to(folder: Path) -> None:
    """Copy what git knows or would take up of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


@contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Let what is forked in the block import the package of a copy, with all libraries at hand.

    Most of the time of a single test is that of importing these, so they are imported once.
    """
    os.environ["PYTHONPATH"] = str(folder / "src")
    # A process with threads may hang when it is forked: linear algebra gets none, and the one that
    # remains, of Arrow's memory allocator, is made to be forked.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    sys.path.insert(0, str(folder / "src"))
    before = Path.cwd()
    os.chdir(folder)
    for name in LIBRARIES:
        import_module(name)
    try:
        yield
    finally:
        os.chdir(before)


def forked(function: Callable[[], int], seconds: float) -> tuple[int, str]:
    """Return the exit code and the output of a function in a fork, stopped after so long."""
    with tempfile.TemporaryFile() as output:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            _end_by(function, output.fileno(), seconds)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return os.waitstatus_to_exitcode(status), output.read().decode(errors="replace")


def _end_by(function: Callable[[], int], output: int, seconds: float) -> NoReturn:
    code = NOT_TESTED
    try:
        signal.alarm(math.ceil(seconds))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = function()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def code_of(tests: Sequence[str], *, keeps_compiled: bool = False) -> int:
    """Run tests; return the exit code of pytest."""
    import pytest

    sys.dont_write_bytecode = not keeps_compiled
    return int(pytest.main([*PYTEST, "-W", IMPORTED, *tests]))


def refuse_another_package(folder: Path) -> None:
    """Exit where the package that would be tested is not that of the copy."""

    def say_where() -> int:
        print(import_module("popest").__file__)
        return 0

    _, found = forked(say_where, HANGING_SECONDS)
    if "popest" in sys.modules or not Path(found.strip()).is_relative_to(folder / "src"):
        raise SystemExit(f"the package is not imported from the copy: {found.strip()}")


def refuse_failing_tests(chosen: Sequence[Mutant]) -> None:
    """Exit where the tests do not pass as they are."""
    tests = list(dict.fromkeys(test for mutant in chosen for test in mutant.tests))
    print(f"{len(tests)} groups of tests, without a mutant", file=sys.stderr, flush=True)
    code, printed = forked(lambda: code_of(tests, keeps_compiled=True), 20 * HANGING_SECONDS)
    if code != ALL_PASSED:
        raise SystemExit(f"the tests do not pass without a mutant:\n{printed[-2000:]}")


def judged(folder: Path, mutant: Mutant) -> Outcome:
    """Return what its tests make of one mutant; the copy is left as it was."""
    path, start = mutant.path(folder), time.perf_counter()
    source, times = path.read_text(encoding="utf-8"), path.stat()
    fault = mutant.fault(source)
    if fault:
        return Outcome(mutant, fault, "", 0.0)
    path.write_text(mutant.made_of(source), encoding="utf-8")
    # Python would take a file of the same length and second for the one that it has compiled.
    os.utime(path, (LONG_AGO, LONG_AGO))
    try:
        verdict, killed_by = verdict_of(*forked(lambda: code_of(mutant.tests), HANGING_SECONDS))
    finally:
        path.write_text(source, encoding="utf-8")
        os.utime(path, (times.st_atime, times.st_mtime))
    return Outcome(mutant, verdict, killed_by, time.perf_counter() - start)


def verdict_of(code: int, printed: str) -> tuple[str, str]:
    """Return what an exit code of pytest means, and which test failed."""
    if code == ALL_PASSED:
        return "survived", ""
    failed = _FAILED.search(printed)
    if code != ONE_FAILED or failed is None:
        last = (printed.strip().splitlines() or [""])[-1]
        return f"broken: pytest ended by {code}: {last[:100]}", ""
    return "killed", failed[1].rpartition("/")[2]


def show(outcomes: Sequence[Outcome], seconds: float) -> None:
    """Print a line of each mutant, and those that lived."""
    for outcome in outcomes:
        name, file, killed_by = outcome.mutant.name, outcome.mutant.file, outcome.killed_by
        print(f"{name:45} {file:28} {outcome.seconds:5.1f} s  {killed_by or outcome.verdict}")
    survived = [outcome.mutant.name for outcome in outcomes if outcome.verdict == "survived"]
    killed = sum(outcome.verdict == "killed" for outcome in outcomes)
    faults = len(outcomes) - killed - len(survived)
    print(
        f"{len(outcomes)} mutants, {killed} killed, {len(survived)} survived, {faults} with a "
        f"fault, in {seconds:.0f} s"
    )
    for name in survived:
        print(f"survived: {name}")


def main() -> int:
    """Judge the mutants; return 1 when one survived or there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these mutants")
    parser.add_argument("--list", action="store_true", help="print all names and files")
    options = parser.parse_args()
    known = {mutant.name: mutant for mutant in mutants()}
    if options.list:
        for mutant in known.values():
            print(f"{mutant.name:45} {mutant.file}")
        return 0
    unknown = [name for name in options.only or () if name not in known]
    if unknown:
        parser.error(f"no mutant is called {', '.join(unknown)}")
    chosen = [known[name] for name in options.only or known]
    start, outcomes = time.perf_counter(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copy_to(folder)
        with importing_from(folder):
            refuse_another_package(folder)
            refuse_failing_tests(chosen)
            for number, mutant in enumerate(chosen, start=1):
                outcomes.append(judged(folder, mutant))
                progress = f"{number} of {len(chosen)}: {mutant.name}: {outcomes[-1].verdict}"
                print(progress, file=sys.stderr, flush=True)
    show(outcomes, time.perf_counter() - start)
    return int(any(outcome.verdict != "killed" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
