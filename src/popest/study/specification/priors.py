"""The priors of a study: what is believed of a quantity before any count, and why."""

from __future__ import annotations

from typing import Annotated, Literal

from popest.study import domains
from popest.study.constraints import Limit
from popest.study.entry_types import Because
from popest.study.specification.record import Record

NORMAL_QUANTILE_95 = 1.6449

Step = Literal["quarter", "year", "month"]
"""How often the level of background arrivals may move."""


class LogNormalPrior(Record):
    """A positive quantity: log x ~ Normal(log `median`, `sigma`); known when `sigma` is 0."""

    median: domains.Quantity
    sigma: domains.LogSpread
    because: Because


class PersonsPrior(LogNormalPrior):
    """A number of persons."""

    median: domains.Persons


class HazardPrior(LogNormalPrior):
    """The departure hazard: 1 - exp(-hazard) of those present leave in a month."""

    median: domains.Hazard


class ErrorPrior(LogNormalPrior):
    """The standard deviation of the logarithm of counts."""

    median: domains.LogError


def as_prior(value: float | LogNormalPrior, because: str = "") -> LogNormalPrior:
    """Return the prior of a number that may be known; what is known has sigma 0."""
    if isinstance(value, LogNormalPrior):
        return value
    return LogNormalPrior(median=value, sigma=0.0, because=because)


class VolatilityPrior(LogNormalPrior):
    """The standard deviation of the steps of the logarithm of background arrivals."""

    median: Annotated[domains.Volatility, Limit("above", 0)]


class LaterPrior(LogNormalPrior):
    """Counts per person-year that come later, for each count at arrival."""

    median: Annotated[domains.Later, Limit("above", 0)]


class BackgroundPrior(PersonsPrior):
    """Arrivals outside the waves, persons per month.

    `volatility` is the standard deviation of the steps of their logarithm, which come every
    `step`.
    """

    volatility: domains.Volatility | VolatilityPrior
    step: Step = "quarter"


class BiasPrior(Record):
    """Persons by which every figure of a net-change source is off: Normal(`mean`, `sd`)."""

    mean: domains.MeanBias
    sd: domains.BiasSd
    because: Because


class CountError(Record):
    """Standard deviation, persons, of each figure of a net-change source."""

    sd: domains.ErrorSd
    because: Because
