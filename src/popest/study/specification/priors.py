"""The priors of a study: what is believed of a quantity before any count, and why."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from popest.study import domains
from popest.study.entry_types import Because, Label
from popest.study.problems import EntryError

NORMAL_QUANTILE_95 = 1.6449
MEDIAN_TOLERANCE = 0.05
MOST_FACTORS = 20

Step = Literal["quarter", "year", "month"]
"""How often the level of background arrivals may move."""


class Record(BaseModel):
    """An immutable entry of ``study.toml``: no unknown keys, no infinite numbers, no coercion."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True
    )


def shape_of(value: Any) -> str:
    """Return the mark of the form in which an entry is written that may have several."""
    if isinstance(value, dict | Record):
        return "[table]"
    return "[list]" if isinstance(value, list) else "[number]"


type KnownOr[Number, Prior] = Annotated[
    Annotated[Number, Tag("[number]")] | Annotated[Prior, Tag("[table]")],
    Discriminator(lambda value: "[table]" if isinstance(value, dict | Record) else "[number]"),
]
"""A number that is known, or the prior of one that is not."""


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
    return LogNormalPrior.model_construct(median=value, sigma=0.0, because=because)


class VolatilityPrior(LogNormalPrior):
    """The standard deviation of the steps of the logarithm of background arrivals."""

    median: Annotated[domains.Volatility, Field(gt=0)]


class LaterPrior(LogNormalPrior):
    """Counts per person-year that come later, for each count at arrival."""

    median: Annotated[domains.Later, Field(gt=0)]


class BackgroundPrior(PersonsPrior):
    """Arrivals outside the waves, persons per month.

    `volatility` is the standard deviation of the steps of their logarithm, which come every
    `step`.
    """

    volatility: KnownOr[domains.Volatility, VolatilityPrior]
    step: Step = "quarter"


class IntervalPrior(Record):
    """A positive ratio with a log-normal prior given by its median and 90 % interval."""

    median: domains.Ratio
    interval90: Annotated[list[domains.Quantity], Field(min_length=2, max_length=2)]
    because: Because

    @model_validator(mode="after")
    def _check_interval(self) -> Self:
        lower, upper = self.interval90
        if not lower < upper:
            remedy = "write [lower, upper] around the median, lower below upper"
            raise EntryError("must rise, so that tau > 0", remedy, key="interval90")
        if self.tau not in domains.TAU:
            bounds = f"{domains.TAU}, not {self.tau:.3g}: {domains.TAU.why}"
            rule = f"must give a tau = log(upper / lower) / 3.29 {bounds}"
            remedy = "write the interval that holds the ratio with 90 % probability"
            raise EntryError(rule, remedy, key="interval90")
        middle = math.sqrt(lower) * math.sqrt(upper)
        if abs(self.median / middle - 1) > MEDIAN_TOLERANCE:
            rule = "must be the geometric mean of interval90 within 5 %"
            remedy = f"write median = {middle:.4g}, or an interval90 around {self.median:g}"
            raise EntryError(rule, remedy, key="median")
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
    months: domains.Age | None = None
    times: Annotated[list[Factor], Field(max_length=MOST_FACTORS)] = []

    @model_validator(mode="after")
    def _check_learned(self) -> Self:
        if self.learned is None:
            for key in ("without", "months", "times"):
                if getattr(self, key):
                    remedy = "write learned, or put it into median and interval90"
                    raise EntryError("belongs to a learned ratio", remedy, key=key)
        return self


class BiasPrior(Record):
    """Persons by which every figure of a net-change source is off: Normal(`mean`, `sd`)."""

    mean: domains.MeanBias
    sd: domains.BiasSd
    because: Because


class CountError(Record):
    """Standard deviation, persons, of each figure of a net-change source."""

    sd: domains.ErrorSd
    because: Because
