"""The errors of one source's counts, rotated so that they are independent."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from popest.model.noise import printed_sd
from popest.study.calendar import DAYS_PER_YEAR, days_inclusive
from popest.study.observations.observation import Observation


class Rotation(NamedTuple):
    """A constant matrix W that makes the errors of one source's rows independent.

    With P the variances of printing, D the covariance of the ratio's drift and O the overlap of
    the windows, the errors have covariance sigma^2 O + P + D. W (P + D) W' = 1 and W O W' is
    the diagonal matrix `overlap`, so rotated errors have the variances `overlap` sigma^2 + 1
    whatever sigma is.

    Attributes
    ----------
    matrix
        W, `(row, row)`.
    overlap
        `(row,)`, not negative.
    log_determinant
        log det W.
    """

    matrix: np.ndarray
    overlap: np.ndarray
    log_determinant: float


def rotate(rows: list[Observation], drift: float, years: np.ndarray) -> Rotation:
    """Return the rotation of one source's rows.

    Parameters
    ----------
    rows
        The used rows of the source.
    drift
        Log-scale standard deviation per square-root year by which the ratio wanders.
    years
        From the calendar's first day to each row's end, `(row,)`.
    """
    constant = np.diag(printed_sd(rows) ** 2) + drift**2 * np.minimum.outer(years, years)
    inverse = np.linalg.inv(np.linalg.cholesky(constant))
    overlap, vectors = np.linalg.eigh(inverse @ overlaps(rows) @ inverse.T)
    return Rotation(
        matrix=vectors.T @ inverse,
        overlap=np.maximum(overlap, 0.0),
        log_determinant=float(np.log(np.diag(inverse)).sum()),
    )


def overlaps(rows: list[Observation]) -> np.ndarray:
    """Return overlap days / sqrt(days_i days_j) of the rows' windows, `(row, row)`.

    Stocks have no window, and so no overlap but with themselves.
    """
    result = np.eye(len(rows))
    for i, one in enumerate(rows):
        for j, other in enumerate(rows[:i]):
            if one.start and one.end and other.start and other.end:
                shared = days_inclusive(max(one.start, other.start), min(one.end, other.end))
                lengths = days_inclusive(one.start, one.end), days_inclusive(other.start, other.end)
                result[i, j] = result[j, i] = max(0, shared) / math.sqrt(math.prod(lengths))
    return result


def duration(row: Observation) -> float:
    """Return the years of a row's window, both ends in; 1 for a stock."""
    if row.start is None or row.end is None:
        return 1.0
    return days_inclusive(row.start, row.end) / DAYS_PER_YEAR
