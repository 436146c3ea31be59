"""A panel on disk in which all is normal, so that matrices say what its figures lead to expect."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import panel_files

from small_study import HEADER

ERROR, EXACT = 0.08, 0.01
SIZE, RATIOS = 0.5, (0.9, 0.5)
LEVELS, BETWEEN = (0.3, 0.25), (0.15, 0.1)
MEDIAN = 10_000.0

SPECIFICATION = f"""\
title = "Districts"
target = "everybody"
unit = "persons"
headline = "2024-01-31"
total = true
[calendar]
start = "2024-01"
end = "2024-03"
[population]
kind = "static"
size = {{ median = {MEDIAN}, sigma = {SIZE}, because = "an expert" }}
[noise]
error = {{ median = {ERROR}, sigma = 0, because = "known" }}
by_source = 0
"""
SOURCE = """\
[source.s{number}]
title = "Source {number}"
producer = "Office"
counts = "persons"
measure = "stock"
sampling = "none"
ratio = {{ median = {ratio}, \
pooled = {{ level = {level}, between = {between}, between_sigma = 0 }}, because = "a test" }}
"""


class Predicted(NamedTuple):
    """Log figures of a population as all others lead to expect them, and the figures' own."""

    mean: np.ndarray
    covariance: np.ndarray
    logs: np.ndarray


def simulated(n_populations: int, seed: int) -> np.ndarray:
    """Return figures, `(population, source)`."""
    rng = np.random.default_rng(seed)
    mu = np.array(LEVELS) * rng.standard_normal(2)
    sizes = SIZE * rng.standard_normal((n_populations, 1))
    own = np.array(BETWEEN) * rng.standard_normal((n_populations, 2))
    errors = math.hypot(ERROR, EXACT) * rng.standard_normal((n_populations, 2))
    return np.rint(MEDIAN * np.exp(np.log(RATIOS) + mu + sizes + own + errors))


def write(folder: Path, figures: np.ndarray) -> Path:
    text = SPECIFICATION
    for number, (ratio, level, between) in enumerate(zip(RATIOS, LEVELS, BETWEEN, strict=True)):
        text += SOURCE.format(number=number, ratio=ratio, level=level, between=between)
    names = [f"p{number:02}" for number in range(len(figures))]
    rows = [
        panel_files.row(f"s{source}.{name}", f"s{source}", round(value), name)
        for name, values in zip(names, figures, strict=True)
        for source, value in enumerate(values)
    ]
    table = "population,title\n" + "".join(f"{name},The {name}\n" for name in names)
    header = HEADER.rstrip("\n") + ",population\n"
    return panel_files.write(folder, text, header + "".join(rows), table)


def predicted(figures: np.ndarray, number: int) -> Predicted:
    """Return a population's log figures given those of all others, by one dense matrix."""
    n = len(figures)
    level, between = np.diag(np.square(LEVELS)), np.diag(np.square(BETWEEN))
    own = SIZE**2 * np.ones((2, 2)) + between + (ERROR**2 + EXACT**2) * np.eye(2)
    whole = np.kron(np.ones((n, n)), level) + np.kron(np.eye(n), own)
    logs = np.log(figures) - np.log(MEDIAN) - np.log(RATIOS)
    here = slice(2 * number, 2 * number + 2)
    others = np.setdiff1d(np.arange(2 * n), np.arange(2 * n)[here])
    gain = np.linalg.solve(whole[np.ix_(others, others)], whole[others, here])
    mean = gain.T @ logs.ravel()[others]
    covariance = whole[here, here] - gain.T @ whole[others, here]
    return Predicted(mean, covariance, logs[number])
