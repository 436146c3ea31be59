"""Points that move over a density, all at once: on ellipses, and along lines.

Nothing is tuned but the normal whose ellipses they are, and each move leaves the density as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from popest.engines.mixture import Normal
from popest.engines.target import Density

MOST_SHRINKAGES = 60
"""Of a bracket, after which it holds no other point than the one it came from."""
WIDTH = 3.0
"""Of the bracket on a line at first, in standard deviations along it."""
MOST_WIDENINGS = 8
"""Of that bracket, to both sides together."""
TURNS_PER_SLIDE = 3
"""Moves on ellipses to one along a line."""


class Found(NamedTuple):
    """Points on their paths: in the normal's coordinates, with excess and height, `(points,)`."""

    z: np.ndarray
    excess: np.ndarray
    height: np.ndarray


Path = Callable[[np.ndarray, np.ndarray], Found]
"""From how far along, and of which points, to where that is."""


class Chains:
    """Points that move over a density on ellipses around the centre of a normal, and along lines.

    On an ellipse all coordinates change at once, but far from the centre, where the tail of the
    density is longer than a normal's, a point stays for long. A slide along the line on which the
    tail lies brings it back in one move.

    Parameters
    ----------
    log_density
        What is sampled: its log up to a constant, of points `(normals, points)`.
    normal
        The normal that is near it.
    points
        Where they start, `(normals, points)`.
    lines
        Directions of the lines, `(normals, lines)`, each a standard deviation long; none by
        default.
    """

    def __init__(
        self,
        log_density: Density,
        normal: Normal,
        points: np.ndarray,
        lines: np.ndarray | None = None,
    ) -> None:
        self._log_density = log_density
        self._normal = normal
        self._z: np.ndarray = np.linalg.solve(normal.factor, points - normal.mean[:, None])
        lines = np.empty((len(points), 0)) if lines is None else lines
        self._lines: np.ndarray = np.linalg.solve(normal.factor, lines)
        self._excess = self._excess_of(self._z)
        self._moves = 0

    @property
    def points(self) -> np.ndarray:
        """Where the points are now, `(normals, points)`."""
        return self._normal.mean[:, None] + self._normal.factor @ self._z

    def walk(self, n_kept: int, stride: int, rng: np.random.Generator) -> np.ndarray:
        """Return where the points are after each of so many strides, `(kept, normal, point)`."""
        kept = np.empty((n_kept, *self._z.shape))
        for place in range(n_kept):
            for _ in range(stride):
                self._move(rng)
            kept[place] = self.points
        return kept

    def _move(self, rng: np.random.Generator) -> None:
        self._moves += 1
        n_lines = self._lines.shape[1]
        if n_lines and self._moves % (TURNS_PER_SLIDE + 1) == 0:
            self.slide(self._lines[:, rng.integers(n_lines)], rng)
        else:
            self.turn(rng)

    def turn(self, rng: np.random.Generator) -> None:
        """Move each point to one of a random ellipse.

        References
        ----------
        Murray, Adams and MacKay (2010), Elliptical slice sampling, AISTATS 9, 541-548.
        """
        other = rng.standard_normal(self._z.shape)
        level = self._excess - rng.standard_exponential(len(self._excess))

        def turned(angle: np.ndarray, moving: np.ndarray) -> Found:
            z = self._z[:, moving] * np.cos(angle) + other[:, moving] * np.sin(angle)
            excess = self._excess_of(z)
            return Found(z, excess, excess)

        # The bracket is the whole ellipse, and its ends are one point.
        upper: np.ndarray = np.multiply(2 * math.pi, rng.random(len(level)))
        self._shrink(turned, level, (upper - 2 * math.pi, upper), upper, rng)

    def slide(self, line: np.ndarray, rng: np.random.Generator) -> None:
        """Move each point along a line through it, whose direction is `line`, `(normals,)`.

        References
        ----------
        Neal (2003), Slice sampling, Annals of Statistics 31, 705-767: figures 3 (widening, with a
        limit) and 5 (shrinking).
        """
        level = self._excess - 0.5 * _squares(self._z) - rng.standard_exponential(len(self._excess))

        def slid(distance: np.ndarray, moving: np.ndarray) -> Found:
            z = self._z[:, moving] + line[:, None] * distance
            excess = self._excess_of(z)
            return Found(z, excess, excess - 0.5 * _squares(z))

        lower: np.ndarray = np.multiply(-WIDTH, rng.random(len(level)))
        to_the_left = rng.integers(MOST_WIDENINGS, size=len(level))
        to_the_right = MOST_WIDENINGS - 1 - to_the_left
        upper = _widened(slid, level, lower + WIDTH, WIDTH, to_the_right)
        lower = _widened(slid, level, lower, -WIDTH, to_the_left)
        first = lower + (upper - lower) * rng.random(len(level))
        self._shrink(slid, level, (lower, upper), first, rng)

    def _shrink(
        self,
        path: Path,
        level: np.ndarray,
        bracket: tuple[np.ndarray, np.ndarray],
        first: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        """Move each point along its path to where the height is above its level.

        The bracket shrinks towards 0, where the point itself is.
        """
        lower, upper = bracket[0].copy(), bracket[1].copy()
        place = first.copy()
        z, excess = self._z.copy(), self._excess.copy()
        moving = np.arange(len(level))
        for _ in range(MOST_SHRINKAGES):
            tried = place[moving]
            found = path(tried, moving)
            accepted = found.height > level[moving]
            z[:, moving[accepted]] = found.z[:, accepted]
            excess[moving[accepted]] = found.excess[accepted]
            moving, tried = moving[~accepted], tried[~accepted]
            if not len(moving):
                break
            lower[moving] = np.where(tried < 0, tried, lower[moving])
            upper[moving] = np.where(tried < 0, upper[moving], tried)
            width = upper[moving] - lower[moving]
            place[moving] = lower[moving] + width * rng.random(len(moving))
        self._z, self._excess = z, excess

    def _excess_of(self, z: np.ndarray) -> np.ndarray:
        """Return how far the log density exceeds the normal's, up to a constant, `(points,)`."""
        points = self._normal.mean[:, None] + self._normal.factor @ z
        excess: np.ndarray = self._log_density(points) + 0.5 * _squares(z)
        return excess


def _squares(z: np.ndarray) -> np.ndarray:
    squares: np.ndarray = np.einsum("ij,ij->j", z, z)
    return squares


def _widened(
    path: Path, level: np.ndarray, end: np.ndarray, step: float, most: np.ndarray
) -> np.ndarray:
    """Return the end of a bracket, moved on until it is below the level or was so often."""
    end = end.copy()
    moving = np.flatnonzero(most > 0)
    for widening in range(1, MOST_WIDENINGS):
        if not len(moving):
            break
        moving = moving[path(end[moving], moving).height > level[moving]]
        end[moving] += step
        moving = moving[most[moving] > widening]
    return end
