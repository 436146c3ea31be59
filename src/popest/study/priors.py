"""The priors of a study: what is believed of a quantity before any count, and why.

The other records of ``study.toml`` are in ``popest.study.records``.
"""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from popest.study.entry_types import Because, EntryError, NotNegative, Positive, Text

NORMAL_QUANTILE_95 = 1.6449
MEDIAN_TOLERANCE = 0.05


class Record(BaseModel):
    """An immutable entry of ``study.toml``: no unknown keys, no infinite numbers, no coercion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class LogNormalPrior(Record):
    """A positive quantity: log x ~ Normal(log `median`, `sigma`); known when `sigma` is 0."""

    median: Positive
    sigma: NotNegative
    because: Because


class BackgroundPrior(LogNormalPrior):
    """Arrivals outside the waves, persons per month.

    `volatility` is the standard deviation of the quarterly steps of their logarithm.
    """

    volatility: NotNegative


class IntervalPrior(Record):
    """A positive quantity with a log-normal prior given by its median and 90 % interval."""

    median: Positive
    interval90: Annotated[list[Positive], Field(min_length=2, max_length=2)]
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

    name: Text = "factor"


class RatioPrior(IntervalPrior):
    """Counts per unit of exposure.

    `learned` names a row of the table of learned ratios, from which the median and the interval
    are filled in when a specification is read; `without` is a country whose pairs are left out,
    `months` the age of numbers issued, and `times` are factors of the study's own.
    """

    learned: Text | None = None
    without: Text | None = None
    months: Positive | None = None
    times: list[Factor] = []

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

    mean: float
    sd: NotNegative
    because: Because


class CountError(Record):
    """Standard deviation, persons, of each figure of a net-change source."""

    sd: Positive
    because: Because
