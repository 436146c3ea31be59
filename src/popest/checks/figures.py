"""The figures of a study beside repetitions of them, whatever their kind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.model.model import Model
from popest.model.simulate import Simulated


class Figure(NamedTuple):
    """One published figure and simulated repetitions of it, `(draws,)`, in its own unit."""

    observation: str
    source: str
    value: float
    repeated: np.ndarray


def figures(model: Model, simulated: Simulated) -> list[Figure]:
    """Return every count, balance and share of a survey; floors, which only bound, are left out."""
    counts = model.counts
    found = [
        Figure(row.id, row.source, float(value), repeated)
        for row, value, repeated in zip(counts.rows, counts.values, simulated.counts, strict=True)
    ]
    for balance, drawn in zip(model.net_changes, simulated.net_changes, strict=True):
        found += [
            Figure(row.id, row.source, float(value), repeated)
            for row, value, repeated in zip(balance.rows, balance.values, drawn, strict=True)
        ]
    for survey, drawn in zip(model.surveys, simulated.surveys, strict=True):
        found += [
            Figure(f"{survey.name}:{label}", survey.name, float(share), repeated / survey.size)
            for label, share, repeated in zip(survey.labels, survey.shares, drawn, strict=True)
        ]
    return found
