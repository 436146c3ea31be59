"""Laplace's approximation: the normal density with the peak and the curvature of another one.

Derivatives are differences of the density at neighbouring points, which are computed together:
for the few hundred normals of a study that is a second's work, and needs nothing compiled.
"""

from __future__ import annotations

import numpy as np

from popest.engines.mixture import Normal
from popest.engines.target import Density

MOST_STEPS = 40
SMALLEST_GAIN = 0.1
"""Gain in log density that is not worth another step."""
DISTANCE = 1e-2
"""Between neighbouring points, in standard deviations of the normal so far."""
SMALLEST_CURVATURE = 1e-2
"""Of the density along an axis of the normal so far: it grows at most tenfold in a step."""
HALVINGS = 12


def laplace(log_density: Density, start: Normal) -> Normal:
    """Return the normal with the peak and the curvature of a density.

    Parameters
    ----------
    log_density
        Log density up to a constant, of points `(normals, points)`, `(points,)`.
    start
        A normal around a possible point, where the way up begins.

    Notes
    -----
    Newton's method, in the coordinates in which the normal so far is standard. Curvatures that
    are not negative are taken as if they were, so that every step leads up; a step that would
    lead too far is halved.
    """
    normal = start
    lengths = np.append(0.0, 0.5 ** np.arange(HALVINGS))
    for _ in range(MOST_STEPS):
        slope, curvature = _derivatives(log_density, normal)
        values, vectors = np.linalg.eigh(-curvature)
        values = np.maximum(np.abs(values), SMALLEST_CURVATURE)
        step = vectors @ ((vectors.T @ slope) / values)
        points = normal.mean[:, None] + normal.factor @ np.outer(step, lengths)
        found = log_density(points)
        best = int(np.argmax(found))
        normal = Normal(points[:, best], normal.factor @ (vectors / np.sqrt(values)))
        if found[best] - found[0] < SMALLEST_GAIN:
            break
    return normal


def _derivatives(log_density: Density, normal: Normal) -> tuple[np.ndarray, np.ndarray]:
    """Return slope, `(normals,)`, and curvature, `(normals, normals)`, at a normal's mean.

    Both are in the coordinates of its factor. Where a neighbour is impossible, the normal's own
    curvature stands in, and no slope.
    """
    size = len(normal.mean)
    moves = DISTANCE * normal.factor
    here = log_density(normal.mean[:, None])[0]
    up = log_density(normal.mean[:, None] + moves)
    down = log_density(normal.mean[:, None] - moves)
    curvature = np.diag((up + down - 2 * here) / DISTANCE**2)
    for i in range(size - 1):
        both = log_density(normal.mean[:, None] + moves[:, i, None] + moves[:, i + 1 :])
        mixed = (both - up[i] - up[i + 1 :] + here) / DISTANCE**2
        curvature[i, i + 1 :] = curvature[i + 1 :, i] = mixed
    slope = np.where(np.isfinite(up - down), (up - down) / (2 * DISTANCE), 0.0)
    return slope, np.where(np.isfinite(curvature), curvature, -np.eye(size))


def second_differences(log_density: Density, point: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Return the second difference of a log density along each move, `(move,)`.

    Parameters
    ----------
    log_density
        Log density up to a constant.
    point
        Where, `(normals,)`.
    moves
        How far to go to either side, `(normals, move)`.
    """
    here = log_density(point[:, None])[0]
    sides = log_density(point[:, None] + moves) + log_density(point[:, None] - moves)
    found: np.ndarray = sides - 2 * here
    return found
