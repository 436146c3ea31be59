"""The priors of a study: what is believed of a quantity before any count, and why.

The other records of ``study.toml`` are in ``popest.study.specification.records``.
"""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from popest.study.domains import (
    TAU,
    Age,
    BiasSd,
    ErrorSd,
    Hazard,
    LogError,
    LogSpread,
    MeanBias,
    Persons,
    Quantity,
    Ratio,
    Volatility,
)
from popest.study.entry_types import Because, EntryError, Label

NORMAL_QUANTILE_95 = 1.6449
MEDIAN_TOLERANCE = 0.05
MOST_FACTORS = 20


class Record(BaseModel):
    """An immutable entry of ``study.toml``: no unknown keys, no infinite numbers, no coercion."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True
    )


class LogNormalPrior(Record):
    """A positive quantity: log x ~ Normal(log `median`, `sigma`); known when `sigma` is 0."""

    median: Quantity
    sigma: LogSpread
    because: Because


class PersonsPrior(LogNormalPrior):
    """A number of persons."""

    median: Persons


class HazardPrior(LogNormalPrior):
    """The departure hazard: 1 - exp(-hazard) of those present leave in a month."""

    median: Hazard


class ErrorPrior(LogNormalPrior):
    """The standard deviation of the logarithm of counts."""

    median: LogError


class BackgroundPrior(PersonsPrior):
    """Arrivals outside the waves, persons per month.

    `volatility` is the standard deviation of the quarterly steps of their logarithm.
    """

    volatility: Volatility


class IntervalPrior(Record):
    """A positive ratio with a log-normal prior given by its median and 90 % interval."""

    median: Ratio
    interval90: Annotated[list[Quantity], Field(min_length=2, max_length=2)]
    because: Because

    @model_validator(mode="after")
    def _check_interval(self) -> Self:
        lower, upper = self.interval90
        if not lower < upper:
            raise EntryError(
                "interval90",
                "must rise, so that tau > 0",
                "write [lower, upper] around the median, lower below upper",
            )
        if self.tau not in TAU:
            raise EntryError(
                "interval90",
                f"must give a tau = log(upper / lower) / 3.29 {TAU}, not {self.tau:.3g}: {TAU.why}",
                "write the interval that holds the ratio with 90 % probability",
            )
        middle = math.sqrt(lower) * math.sqrt(upper)
        if abs(self.median / middle - 1) > MEDIAN_TOLERANCE:
            raise EntryError(
                "median",
                "must be the geometric mean of interval90 within 5 %",
                f"write median = {middle:.4g}, or an interval90 around {self.median:g}",
            )
        return self

    @property
    def tau(self) -> float:
        """Standard deviation of the logarithm."""
        lower, upper = self.interval90
        return (math.log(upper) - math.log(lower)) / (2 * NORMAL_QUANTILE_95)


class Factor(IntervalPrior):
    """A factor, by definition or by judgement, that turns a learned ratio into a study's own."""

    name: Label = "factor"


class RatioPrior(IntervalPrior):
    """Counts per unit of exposure.

    `learned` names a row of the table of learned ratios, from which the median and the interval
    are filled in when a specification is read; `without` is a country whose pairs are left out,
    `months` the age of numbers issued, and `times` are factors of the study's own.
    """

    learned: Label | None = None
    without: Label | None = None
    months: Age | None = None
    times: Annotated[list[Factor], Field(max_length=MOST_FACTORS)] = []

    @model_validator(mode="after")
    def _check_learned(self) -> Self:
        if self.learned is None:
            for key in ("without", "months", "times"):
                if getattr(self, key):
                    raise EntryError(
                        key,
                        "belongs to a learned ratio",
                        "write learned, or put it into median and interval90",
                    )
        return self


class BiasPrior(Record):
    """Persons by which every figure of a net-change source is off: Normal(`mean`, `sd`)."""

    mean: MeanBias
    sd: BiasSd
    because: Because


class CountError(Record):
    """Standard deviation, persons, of each figure of a net-change source."""

    sd: ErrorSd
    because: Because
