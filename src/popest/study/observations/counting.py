"""What the error of one figure follows from: its counting noise, or the error published with it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from statistics import NormalDist

from popest.study.calendar import DAYS_PER_YEAR, days_inclusive
from popest.study.observations.columns import PRECISIONS
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source

SMALLEST_INTEGRATED = 30
"""Effective count from which counting noise is as good as normal on the log scale, to .1 %."""

LARGEST_OWN_ERROR = 0.6
"""On the log scale: beyond it a normal error is not one of a positive number, whose 95 % interval
would reach from a third to three times it."""

LEFT_OF_PRINTING = 0.01
"""What `exact` adds to an error that was published with the figure, in those errors: two figures of
one window, which share it, must not share all that they have."""


def years_counted(row: Observation) -> float:
    """Return the years of a row's window, both ends in; 1 for a stock."""
    if row.start is None or row.end is None:
        return 1.0
    return days_inclusive(row.start, row.end) / DAYS_PER_YEAR


def expected_baseline(row: Observation, source: Source) -> float:
    """Return what the baseline adds to a row at its prior median, in the row's unit."""
    return 0.0 if source.baseline is None else source.baseline.median * years_counted(row)


def has_counting_noise(row: Observation, source: Source) -> bool:
    """Return whether a row is a whole number of events that come independently of each other."""
    return source.sampling != "none" and not row.has_own_error


def effective_number(row: Observation, source: Source) -> float:
    """Return y'^2 / y, the events that a count's part of the target is worth; 0 where it has none.

    y' is the count y less its baseline.
    """
    net = row.count - expected_baseline(row, source)
    return net**2 / row.count if net > 0 else 0.0


def own_error(row: Observation, source: Source) -> float:
    """Return the error that was published with a figure, on the log scale; 0 without one.

    Notes
    -----
    With y' the figure less its baseline, a standard error gives s = sqrt(log(1 + (se / y')^2)), as
    does an interval around its arithmetic middle with se = (U - L) / (2 z), z the normal quantile
    of its probability; an interval around its geometric middle, both less the baseline, gives
    s = log(U / L) / (2 z). It is the middle that is nearer to the figure. Infinite where the figure
    does not exceed its baseline.
    """
    if not row.has_own_error:
        return 0.0
    baseline = expected_baseline(row, source)
    net = row.count - baseline
    if net <= 0:
        return math.inf
    if row.se is not None:
        return math.sqrt(math.log1p((row.se / net) ** 2))
    assert row.lower is not None and row.upper is not None
    z = NormalDist().inv_cdf((1 + source.interval) / 2)
    lower, upper = row.lower - baseline, row.upper - baseline
    if lower > 0:
        middle = math.sqrt(lower * upper)
        if abs(net - middle) < abs(net - (lower + upper) / 2):
            return math.log(upper / lower) / (2 * z)
    return math.sqrt(math.log1p(((upper - lower) / (2 * z * net)) ** 2))


def states_its_error(row: Observation, source: Source) -> bool:
    """Return whether the error that was published with a figure is all that it has.

    So it is where every digit stands; a figure that was told roughly has the error of that as well.
    """
    return (row.precision or "exact") == "exact" and own_error(row, source) > 0


def wording_error(row: Observation, source: Source) -> float:
    """Return the error of a figure's wording, on the log scale."""
    log_sd = PRECISIONS[row.precision or "exact"].log_sd
    if states_its_error(row, source):
        return min(log_sd, LEFT_OF_PRINTING * own_error(row, source))
    return log_sd


def is_explicit(source: Source, rows: Iterable[Observation]) -> bool:
    """Return whether a source's ratio is drawn, not integrated: its counts are no normal numbers.

    So it is where a ratio is bounded, and where a row is a bound or a count of few events.
    """
    assert source.ratio is not None
    if source.ratio.is_bounded or source.sampling == "binomial":
        return True
    return any(
        row.is_bound
        or (has_counting_noise(row, source) and effective_number(row, source) < SMALLEST_INTEGRATED)
        for row in rows
    )


def nested(rows: Iterable[Observation]) -> tuple[Observation, Observation] | None:
    """Return a row whose window is a part of that of another, with the other; None without one."""
    windows = [(row.start, row.end, row) for row in rows if row.start and row.end]
    windows.sort(key=lambda window: (window[0], -window[1].toordinal()))
    for (start, end, row), (later_start, later_end, later) in pairwise(windows):
        if later_end <= end and (start, end) != (later_start, later_end):
            return later, row
    return None
