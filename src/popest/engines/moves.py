"""Points that move over a density, all at once: on ellipses, and along lines.

Nothing is tuned but the normal whose ellipses they are, and each move leaves the density as it is.
A point that has found its next place goes on to its next move, whatever the others are at: the
density is then asked for as many points at a time as there are, which costs little more than a few.
"""

from __future__ import annotations

import math

import numpy as np

from popest.engines.mixture import Normal
from popest.engines.target import Density

MOST_SHRINKAGES = 60
"""Of a bracket, after which it holds no other point than the one it came from."""
WIDTH = 24.0
"""Of the bracket on a line, in standard deviations along it: as far as a point can be from home."""
TURNS_PER_SLIDE = 3
"""Moves on ellipses to one along a line."""


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
        self._moves = np.zeros(points.shape[1], dtype=int)

    @property
    def points(self) -> np.ndarray:
        """Where the points are now, `(normals, points)`."""
        return self._points_of(self._z)

    def walk(self, n_kept: int, stride: int, rng: np.random.Generator) -> np.ndarray:
        """Move each point so many strides, and return where it was after each.

        Parameters
        ----------
        n_kept
            Number of strides.
        stride
            Moves of a stride: every fourth is along a line, where there are lines.
        rng
            Source of randomness.

        Returns
        -------
        numpy.ndarray
            `(kept, normal, point)`.
        """
        kept = np.empty((n_kept, *self._z.shape))
        if not kept.size:
            return kept
        until = self._moves + n_kept * stride
        first = self._moves.copy()
        path = _Paths(self._z.shape)
        moving = np.arange(len(until))
        self._set_out(path, moving, rng)
        while len(moving):
            has_arrived = self._try(path, moving, rng)
            arrived = moving[has_arrived]
            self._moves[arrived] += 1
            strides, rest = np.divmod(self._moves[arrived] - first[arrived], stride)
            ends = rest == 0
            at = arrived[ends]
            kept[strides[ends] - 1, :, at] = self._points_of(self._z[:, at]).T
            self._set_out(path, arrived[self._moves[arrived] < until[arrived]], rng)
            moving = moving[self._moves[moving] < until[moving]]
        return kept

    def _set_out(self, path: _Paths, points: np.ndarray, rng: np.random.Generator) -> None:
        """Choose what path some of the points take next, and where on it they try first.

        References
        ----------
        Ellipses: Murray, Adams and MacKay (2010), Elliptical slice sampling, AISTATS 9, 541-548.
        Lines: Neal (2003), Slice sampling, Annals of Statistics 31, 705-767: figures 3 (a bracket
        that is not widened) and 5 (shrinking).
        """
        n, n_lines = len(points), self._lines.shape[1]
        other = rng.standard_normal((len(self._z), n))
        # The bracket is the whole ellipse, and its ends are one point.
        upper = 2 * math.pi * rng.random(n)
        lower, first = upper - 2 * math.pi, upper.copy()
        level = self._excess[points] - rng.standard_exponential(n)
        if n_lines:
            slides = np.flatnonzero(self._moves[points] % (TURNS_PER_SLIDE + 1) == TURNS_PER_SLIDE)
            other[:, slides] = self._lines[:, rng.integers(n_lines, size=len(slides))]
            lower[slides] = -WIDTH * rng.random(len(slides))
            upper[slides] = lower[slides] + WIDTH
            first[slides] = lower[slides] + WIDTH * rng.random(len(slides))
            level[slides] -= 0.5 * _squares(self._z[:, points[slides]])
            path.is_line[points] = False
            path.is_line[points[slides]] = True
        path.other[:, points] = other
        path.lower[points], path.upper[points], path.place[points] = lower, upper, first
        path.level[points], path.tried[points] = level, 0

    def _try(self, path: _Paths, moving: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Move points to where they try to be, and return which are at the end of their move.

        The bracket of the rest shrinks towards 0, where the point itself is.
        """
        place, is_line = path.place[moving], path.is_line[moving]
        own = np.where(is_line, 1.0, np.cos(place))
        z = (
            own * self._z[:, moving]
            + np.where(is_line, place, np.sin(place)) * path.other[:, moving]
        )
        excess = self._excess_of(z)
        height = np.where(is_line, excess - 0.5 * _squares(z), excess)
        is_there = height > path.level[moving]
        found = moving[is_there]
        self._z[:, found], self._excess[found] = z[:, is_there], excess[is_there]
        missed, tried = moving[~is_there], place[~is_there]
        path.lower[missed] = np.where(tried < 0, tried, path.lower[missed])
        path.upper[missed] = np.where(tried < 0, path.upper[missed], tried)
        width = path.upper[missed] - path.lower[missed]
        path.place[missed] = path.lower[missed] + width * rng.random(len(missed))
        path.tried[missed] += 1
        return is_there | (path.tried[moving] >= MOST_SHRINKAGES)

    def _points_of(self, z: np.ndarray) -> np.ndarray:
        points: np.ndarray = self._normal.mean[:, None] + self._normal.factor @ z
        return points

    def _excess_of(self, z: np.ndarray) -> np.ndarray:
        """Return how far the log density exceeds the normal's, up to a constant, `(points,)`."""
        excess: np.ndarray = self._log_density(self._points_of(z)) + 0.5 * _squares(z)
        return excess


class _Paths:
    """What points move on: ellipses through them and `other`, or lines in its direction.

    Of each point: the bracket, `lower` to `upper`, in which the next `place` is drawn, the `level`
    that the height there has to exceed, and how many places were `tried`.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        n_points = shape[1]
        self.other = np.empty(shape)
        self.is_line = np.zeros(n_points, dtype=bool)
        self.lower, self.upper, self.place, self.level = np.empty((4, n_points))
        self.tried = np.zeros(n_points, dtype=int)


def _squares(z: np.ndarray) -> np.ndarray:
    squares: np.ndarray = np.einsum("ij,ij->j", z, z)
    return squares
