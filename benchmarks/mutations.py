"""Damaged studies: each must be accepted with a meaning that lasts, or refused in words.

Thousands of variants of the two shipped studies are made by chance, damaged in their bytes, cells,
columns, rows or keys. Each is read. Accepted, it must mean the same after its content is written
anew and read again; refused, every problem said must name a file and a line. No other exception is
allowed, none may take 5 seconds, and the process must stay below 500 MB. As a script::

    python benchmarks/mutations.py                       # 5,000 variants
    python benchmarks/mutations.py --variants 400 --json
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any

from damage import DAMAGES, Texts

from popest.study import StudyError, load_study
from popest.study.check import Checked, checked
from popest.study.drafts.addition import Ledger
from popest.study.drafts.new_rows import lines_of
from popest.study.files.reading import OBSERVATIONS_FILE, SPECIFICATION_FILE, FileText, decoded
from popest.study.observations.columns import COLUMNS, columns_of
from popest.study.specification.from_toml import read_specification

STUDIES = ("serbia-report-2024", "serbia")
LONGEST_SECONDS = 5.0
LARGEST_MEGABYTES = 500
MESSAGE = re.compile(
    rf"({re.escape(SPECIFICATION_FILE)}|{re.escape(OBSERVATIONS_FILE)}):[1-9]\d*: "
)


@dataclass
class Tally:
    """How many variants were accepted and refused, the slowest one, and what must not be."""

    variants: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    slowest_seconds: float = 0.0
    megabytes: float = 0.0
    faults: list[str] = field(default_factory=list)


def run(variants: int, seed: int) -> Tally:
    """Judge so many damaged variants.

    Parameters
    ----------
    variants
        How many; half of them of each study, and of these half with errors and bounds.
    seed
        Seed of the damage.
    """
    chance, tally = random.Random(seed), Tally()
    studies = [_texts(name) for name in STUDIES]
    studies += [_with_quantities(texts) for texts in studies]
    for number in range(variants):
        kind = list(DAMAGES)[number // len(studies) % len(DAMAGES)]
        original = studies[number % len(studies)]
        damaged = original
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            damaged = DAMAGES[kind](damaged, chance)
        tally.variants += 1
        tally.unchanged += damaged == original
        label = f"variant {number} (seed {seed}, {kind})"
        start = time.perf_counter()
        for fault in _faults(damaged, tally):
            tally.faults.append(f"{label}: {fault}")
        seconds = time.perf_counter() - start
        tally.slowest_seconds = max(tally.slowest_seconds, seconds)
        if seconds > LONGEST_SECONDS:
            tally.faults.append(f"{label}: took {seconds:.1f} s")
    tally.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if tally.megabytes > LARGEST_MEGABYTES:
        tally.faults.append(f"{tally.megabytes:.0f} MB of memory were used")
    return tally


def _faults(texts: Texts, tally: Tally) -> list[str]:
    files = _files(texts)
    try:
        content = checked(*files)
    except StudyError as error:
        tally.refused += 1
        # The first problems are said; how many more there are is a line without a place.
        lines = [line for line in str(error).split("\n") if line != f"and {error.more:,} more"]
        return [f"no file and line: {line}" for line in lines if not MESSAGE.match(line)]
    except Exception as error:  # the one thing that must not happen
        return [f"{type(error).__name__}: {error}"]
    tally.accepted += 1
    try:
        again = checked(*_files(_rewritten(files)))
    except Exception as error:
        return [f"accepted, but written anew it gives {type(error).__name__}: {error}"]
    return [] if _meaning(content) == _meaning(again) else ["accepted, but with another meaning"]


def _texts(name: str) -> Texts:
    study = load_study(name)
    return study.specification_text.encode(), study.observations_text.encode()


def _with_quantities(texts: Texts) -> Texts:
    """Return a study with the columns of errors and bounds, filled in rows that are not used."""
    specification, observations = texts
    header, *rows = csv.reader(io.StringIO(observations.decode(), newline=""))
    use, value = header.index("use"), header.index("value")
    quantities = cycle((["12.5", "", ""], ["", "0.5", "x"], ["", "", ""]))
    wide = [[*header, *columns_of("quantity")]]
    for row in rows:
        is_term = any(row[0] in other[header.index("derived_from")] for other in rows)
        is_free = row[use] == "no" and int(row[value]) > 1 and not is_term
        se, lower, upper = next(quantities) if is_free else ("", "", "")
        wide.append([*row, se, lower, f"{row[value]}.5" if upper else ""])
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(wide)
    return specification, table.getvalue().encode()


def _files(texts: Texts) -> tuple[FileText, FileText]:
    specification, observations = texts
    return (
        decoded(SPECIFICATION_FILE, specification),
        decoded(OBSERVATIONS_FILE, observations),
    )


def _meaning(content: Checked) -> Any:
    rows = [replace(row, line=0) for row in content.rows]
    return rows, content.specifications


def _rewritten(files: tuple[FileText, FileText]) -> Texts:
    """Write the content of both files anew, in a form of our own."""
    document = read_specification(files[0]).document
    table = "\n".join(f"{_toml(key)} = {_toml(value)}" for key, value in document.items())
    header = dict(zip(COLUMNS, COLUMNS, strict=True))
    rows = lines_of("", [header, *Ledger(*files).cells.values()])
    return f"{table}\n".encode(), rows.encode()


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_toml(k)} = {_toml(v)}' for k, v in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the variants and print the tally; 1 when one of them did what must not be."""
    parser = argparse.ArgumentParser(description="Damaged variants of the shipped studies.")
    parser.add_argument("--variants", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    tally = run(options.variants, options.seed)
    if options.json:
        print(json.dumps(vars(tally), indent=1))
    else:
        print(
            f"{tally.variants} variants: {tally.accepted} accepted ({tally.unchanged} of all were "
            f"unchanged), {tally.refused} refused, slowest {tally.slowest_seconds:.2f} s, "
            f"{tally.megabytes:.0f} MB, {len(tally.faults)} faults"
        )
        for fault in tally.faults:
            print(fault, file=sys.stderr)
    return bool(tally.faults)


if __name__ == "__main__":
    sys.exit(main())
