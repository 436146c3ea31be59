"""How the numbers of the page are written: rows of bytes in text, and JSON inside HTML."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from popest.model.statistics import Tail

STEPS = 65_535
DEPTH = 200.0
"""How far below the largest log density a draw is without any weight."""
FARTHEST = 25.0
"""How far from the median a logarithm may lie; farther ones have no weight."""


@dataclass
class Packing:
    """Rows with one number a draw, in the order in which they are added.

    Each number takes two bytes: 0 for minus infinity, and 1 to 65,535 for equal steps from the
    smallest number of the row to the largest. It is off by half a step at most: with the ranges
    that occur, by 2e-4 for a logarithm. `layout` has the smallest number and the step of each.
    """

    layout: list[dict[str, float]] = field(default_factory=list)
    _parts: list[bytes] = field(default_factory=list)

    def add(self, values: np.ndarray) -> np.ndarray:
        """Add a row and return it as the page will read it."""
        finite = np.isfinite(values)
        low = float(values[finite].min()) if finite.any() else 0.0
        high = float(values[finite].max()) if finite.any() else 0.0
        step = (high - low) / (STEPS - 1) or 1.0
        codes = np.where(finite, np.rint((np.where(finite, values, low) - low) / step) + 1, 0)
        self.layout.append({"low": low, "step": step})
        self._parts.append(codes.astype("<u2").tobytes())
        read: np.ndarray = np.where(codes > 0, low + (codes - 1) * step, -np.inf)
        return read

    def statistic(self, tail: Tail, values: np.ndarray) -> np.ndarray:
        """Add the rows of a statistic, with its far tails cut, which never carry weight.

        What no control moves is not written: it is in the base weights.

        Raises
        ------
        ValueError
            When the tail is of no known kind.
        """
        if tail == "unread":
            return values
        if values.ndim > 1:
            return np.stack([self.statistic(tail, row) for row in values])
        if tail == "density":
            cut = np.maximum(values, values.max() - DEPTH)
            return self.add(np.where(np.isneginf(values), values, cut))
        if tail == "distance":
            return self.add(np.minimum(values, values.min() + 2 * DEPTH))
        if tail == "whole":
            return self.add(values)
        if tail == "logarithm":
            middle = float(np.median(values))
            return self.add(np.clip(values, middle - FARTHEST, middle + FARTHEST))
        raise ValueError(f"a statistic has the tail {tail}")

    def text(self, *floats: np.ndarray) -> str:
        """Return all rows as one text, those in single precision first."""
        parts = [row.astype("<f4").tobytes() for row in floats] + self._parts
        return base64.b64encode(b"".join(parts)).decode("ascii")


def json_in_html(value: Any) -> str:
    """Return JSON that may stand inside a script element: no character there means anything."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
