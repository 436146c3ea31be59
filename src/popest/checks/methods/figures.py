"""The figures of a study beside repetitions of them, whatever their measure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.model.evidence import Figure
from popest.model.model import Model
from popest.model.simulate import Simulated


class Repeated(NamedTuple):
    """One published figure and simulated repetitions of it, `(draws,)`, in its own unit."""

    figure: Figure
    repeated: np.ndarray


def figures(model: Model, simulated: Simulated) -> list[Repeated]:
    """Return every figure with its repetitions; floors, which only bound, are left out."""
    return [
        Repeated(figure, repeated)
        for piece, data in zip(model.evidence, simulated, strict=True)
        for figure, repeated in zip(piece.figures, piece.in_unit(data), strict=True)
        if not figure.is_floor
    ]
