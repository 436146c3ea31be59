"""The errors of one source's counts, rotated so that they are independent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popest.model.noise import CountingNoise, printed_covariance
from popest.study.calendar import DAYS_PER_YEAR
from popest.study.observations.counting import own_error
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source


class Rotation(NamedTuple):
    """A constant matrix W that makes the errors of one source's rows independent.

    With P the covariance of printing, of published errors and of counting, D that of the ratio's
    drift and O the overlap of the windows, the errors have covariance sigma^2 O + P + D.
    W (P + D) W' = 1 and W O W' is the diagonal matrix `overlap`, so rotated errors have the
    variances `overlap` sigma^2 + 1 whatever sigma is.

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


def rotate(rows: list[Observation], source: Source, years: np.ndarray, hazard: float) -> Rotation:
    """Return the rotation of one source's rows.

    Parameters
    ----------
    rows
        The used rows of the source.
    source
        What is assumed of it.
    years
        From the calendar's first day to each row's end, `(row,)`.
    hazard
        The prior median of the departure hazard per month; 0 for a population that is static.
    """
    constant = printed_covariance(rows, source)
    constant += source.drift**2 * np.minimum.outer(years, years)
    constant += shared_noise(rows, source, hazard)
    inverse = np.linalg.inv(np.linalg.cholesky(constant))
    overlap, vectors = np.linalg.eigh(inverse @ overlaps(rows) @ inverse.T)
    return Rotation(
        matrix=vectors.T @ inverse,
        overlap=np.maximum(overlap, 0.0),
        log_determinant=float(np.log(np.diag(inverse)).sum()),
    )


def shared_noise(rows: list[Observation], source: Source, hazard: float) -> np.ndarray:
    """Return the covariance of own errors and of counting, `(row, row)`.

    Rows that count the same persons share both: by the overlap of windows, and of stocks by those
    who stay from one day to the other; their own errors by the overlap of windows alone.
    """
    own = np.array([own_error(row, source) for row in rows])
    counting = np.sqrt(CountingNoise.of(rows, source).variance)
    together: np.ndarray = np.outer(own, own) * overlaps(rows)
    together += np.outer(counting, counting) * repeats(rows, hazard)
    return together


def repeats(rows: list[Observation], hazard: float) -> np.ndarray:
    """Return which share of the persons of one row are counted again in another, `(row, row)`.

    Parameters
    ----------
    rows
        Rows of one source.
    hazard
        Departures per person and month, by which the persons of a stock are others later.
    """
    if any(row.start is not None for row in rows):
        return overlaps(rows)
    months = np.array([row.end.toordinal() for row in rows if row.end]) / DAYS_PER_YEAR * 12
    shares: np.ndarray = np.exp(-hazard * np.abs(np.subtract.outer(months, months)))
    return shares


def overlaps(rows: list[Observation]) -> np.ndarray:
    """Return overlap days / sqrt(days_i days_j) of the rows' windows, `(row, row)`.

    Stocks have no window, and so no overlap but with themselves.
    """
    windows = [(at, row.start, row.end) for at, row in enumerate(rows) if row.start and row.end]
    places = [at for at, _, _ in windows]
    starts = np.array([start.toordinal() for _, start, _ in windows], dtype=float)
    ends = np.array([end.toordinal() for _, _, end in windows], dtype=float)
    shared = np.minimum.outer(ends, ends) - np.maximum.outer(starts, starts) + 1
    lengths = ends - starts + 1
    result = np.eye(len(rows))
    result[np.ix_(places, places)] = np.maximum(shared, 0) / np.sqrt(np.outer(lengths, lengths))
    result[np.diag_indices(len(rows))] = 1.0
    return result
