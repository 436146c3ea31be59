"""What an estimate is asked for: its settings with their domains, and the seeds that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from numbers import Integral, Real
from typing import NamedTuple, get_args

import numpy as np

from popest.engines import Engine
from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.study import Study, UsageError
from popest.study.calendar import MOST_MONTHS, parse_date
from popest.study.estimand import Estimand, Flow

ENGINES: tuple[str, ...] = get_args(Engine)
SMALLEST_DRAWS, LARGEST_DRAWS = 1_000, 200_000
LATEST, TODAY = "latest", "today"
"""Words for days: the last that a used figure speaks of, and that on which it is asked."""


@dataclass(frozen=True)
class Settings:
    """What an estimate was asked for; with the study it fixes every number."""

    engine: str
    n_draws: int
    seed: int
    prob: float = HEADLINE_PROBABILITY
    dates: tuple[date, ...] = ()

    def asked_of(self, study: Study) -> tuple[Estimand, ...]:
        """Return what is asked: the stock on each of the dates, or the study's headline."""
        return tuple(map(Estimand, self.dates)) or study.specification.headlines


class Streams(NamedTuple):
    """The seeds of an estimate: those of its engines, and of all that is not an engine."""

    bank: np.random.SeedSequence
    nuts: np.random.SeedSequence
    slice: np.random.SeedSequence
    other: np.random.SeedSequence


def streams(seed: int) -> Streams:
    """Return the seeds that follow from the seed of an estimate, the same for every study.

    Raises
    ------
    UsageError
        When the seed is not a whole number from 0 up.
    """
    if not isinstance(seed, Integral) or seed < 0:
        raise UsageError(f"seed {seed}: write a whole number from 0 up")
    engine, other = np.random.SeedSequence(int(seed)).spawn(2)
    return Streams(*engine.spawn(3), other)


def checked_date(day: str | date, study: Study) -> date:
    """Return a day that a study's calendar holds, or a longer one from the same start would.

    Parameters
    ----------
    day
        A day, also as text ``YYYY-MM-DD``; ``latest``, the last day that a used figure speaks of;
        or ``today``.
    study
        The study.

    Raises
    ------
    UsageError
        When it is malformed, before the first day, or beyond what a calendar can hold; or when
        the latest is asked for and no figure is used.
    """
    chosen = _read_date(day, study)
    calendar = study.calendar
    if not calendar.first_day <= chosen <= calendar.furthest_day:
        raise UsageError(
            f"date {chosen} is outside the calendar of study {study.name}: choose a day from "
            f"{calendar.first_day}, its first, to {calendar.furthest_day}, the last of "
            f"{MOST_MONTHS} months"
        )
    return chosen


def checked_dates(days: str | date | Sequence[str | date], study: Study) -> tuple[date, ...]:
    """Return one day or several, each as `checked_date` does."""
    several = (days,) if isinstance(days, (str, date)) else days
    return tuple(checked_date(day, study) for day in several)


def checked_window(flow: Flow, first: str | date, last: str | date, study: Study) -> Estimand:
    """Return the arrivals or the departures of a window, both days in.

    Parameters
    ----------
    flow
        Which of them.
    first, last
        The days, each as for `checked_date`.
    study
        The study.

    Raises
    ------
    UsageError
        When a day is refused by `checked_date`, the last precedes the first, or nobody comes or
        goes because the population is static.
    """
    estimand = Estimand(checked_date(last, study), flow, checked_date(first, study))
    return checked_estimand(estimand, study)


def checked_estimand(asked: Estimand, study: Study) -> Estimand:
    """Return what is asked of a study where the study can say it.

    Raises
    ------
    UsageError
        As for `checked_date` and `checked_window`.
    """
    for day in (asked.last, asked.first or asked.last):
        checked_date(day, study)
    if asked.is_stock:
        return asked
    if study.specification.population.kind == "static":
        raise UsageError(
            f"{asked}: the population of study {study.name} is static, so nobody comes or goes; "
            f"ask for its stock on a day"
        )
    if asked.first is not None and asked.last < asked.first:
        raise UsageError(
            f"the window ends on {asked.last}, before it begins on {asked.first}: write the first "
            f"day, then the last"
        )
    return asked


def asked_on(day: str | date | None, study: Study) -> Estimand:
    """Return the stock on a day, as `checked_date` does; the study's headline when it is None."""
    return study.specification.headline if day is None else Estimand(checked_date(day, study))


def _read_date(day: str | date, study: Study) -> date:
    if day == TODAY:
        return date.today()
    if day == LATEST:
        if study.last_count is None:
            raise UsageError(f"date {LATEST}: study {study.name} uses no row, so none is the last")
        return study.last_count.day
    chosen: date | None
    try:
        chosen = parse_date(day) if isinstance(day, str) else day
    except ValueError:
        chosen = None
    if isinstance(chosen, datetime):
        chosen = chosen.date()
    if not isinstance(chosen, date):
        raise UsageError(
            f"date {day!r}: write a day as YYYY-MM-DD, such as 2023-12-31, or {LATEST} or {TODAY}"
        )
    return chosen


def checked_probability(prob: float) -> float:
    """Return a probability strictly between 0 and 1.

    Raises
    ------
    UsageError
        When it is not.
    """
    if not isinstance(prob, Real) or not 0 < prob < 1:
        raise UsageError(f"prob {prob}: write a probability between 0 and 1, such as 0.9")
    return float(prob)
