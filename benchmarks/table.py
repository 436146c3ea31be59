"""Measurements as aligned text: one line each, with its target and whether it was met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

GAP = "  "


@dataclass(frozen=True)
class Target:
    """A bound on one number of a line."""

    bound: float
    is_minimum: bool = False
    is_strict: bool = False

    def is_met(self, value: float) -> bool:
        """Return whether a number keeps to the bound."""
        if self.is_minimum:
            return value >= self.bound
        return value < self.bound if self.is_strict else value <= self.bound

    def __str__(self) -> str:
        sign = ">=" if self.is_minimum else "<" if self.is_strict else "<="
        return f"{sign} {self.bound:,g}"


@dataclass(frozen=True)
class Line:
    """One thing measured: its numbers in the order of the section's columns.

    The target, if any, is one for the number named `judged`.
    """

    name: str
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    judged: str = ""
    target: Target | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """``ok`` or ``miss``; empty without a target, or without the number."""
        value = self.numbers.get(self.judged)
        if self.target is None or value is None:
            return ""
        return "ok" if self.target.is_met(value) else "miss"

    def as_dict(self) -> dict[str, Any]:
        """Return the line as plain data."""
        return {
            "name": self.name,
            **self.numbers,
            "judged": self.judged or None,
            "target": None if self.target is None else str(self.target),
            "verdict": self.verdict or None,
            "note": self.note or None,
        }


@dataclass(frozen=True)
class Section:
    """Lines that share their columns; `columns` maps each number's name to its format."""

    title: str
    columns: dict[str, str]
    lines: Sequence[Line]

    def as_dict(self) -> dict[str, Any]:
        """Return the section as plain data."""
        return {"title": self.title, "lines": [line.as_dict() for line in self.lines]}

    def __str__(self) -> str:
        header = [self.title, *self.columns, "target", "", ""]
        cells = [header, *(self._cells(line) for line in self.lines)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
        return "\n".join(
            GAP.join(
                [row[0].ljust(widths[0])]
                + [cell.rjust(width) for cell, width in zip(row[1:-2], widths[1:-2], strict=True)]
                + [row[-2].ljust(widths[-2]), row[-1]]
            ).rstrip()
            for row in cells
        )

    def _cells(self, line: Line) -> list[str]:
        numbers = (line.numbers.get(name) for name in self.columns)
        return [
            line.name,
            *(
                "" if number is None else format(number, form)
                for number, form in zip(numbers, self.columns.values(), strict=True)
            ),
            "" if line.target is None else str(line.target),
            line.verdict,
            line.note,
        ]
