"""Chances adjusted for how many were looked at."""

from __future__ import annotations

from collections.abc import Mapping

LEVEL = 0.05
"""Chance below which something counts as contradicted, after the adjustment."""


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return Holm's adjusted p-values: the chance of any false alarm is at most their level."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda each: p_values[each])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}
