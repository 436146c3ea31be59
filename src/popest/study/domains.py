"""The domain of every number of a study, written once, with the reason for its bounds.

A domain is generous: what is outside is a slip of the pen, or cannot be computed with. The types
that the records use are beside it, so that a new number cannot be declared without a domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from popest.study.constraints import Check, Limit

MOST_SOURCES = MOST_WAVES = MOST_RANGES = 200
MOST_VARIANTS = 100
MOST_PERIODS = 100
MOST_HEADLINES = 12
"""Entries of a study: each costs memory and time; the largest study known has 18 sources."""
MOST_USED_OF_SOURCE, MOST_USED = 1_100, 1_200
"""Rows in use, of one source and in all: a figure a day for three years. The errors of a source's
counts are correlated, so that twice as many cost every draw four times the work."""
MOST_TERMS = 1_200
"""Figures that a sum may rest on, each as often as it is in it: as many as may be in use."""
MOST_ROWS_BY_VARIANTS = 2_000_000
"""Rows of a study times its variants, as each variant is checked as a study of its own."""


@dataclass(frozen=True)
class Domain:
    """The numbers that a quantity may be.

    Attributes
    ----------
    least, most
        The bounds, both in.
    why
        The reason for them, as it is said to a person.
    or_zero
        Whether 0 is allowed besides: known, or not at all.
    """

    least: float
    most: float
    why: str
    or_zero: bool = False

    def __str__(self) -> str:
        return f"{'0 or ' if self.or_zero else ''}from {self.least:,.12g} to {self.most:,.12g}"

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most or (self.or_zero and value == 0)

    def check[N: float](self, value: N) -> N:
        """Return a number of the domain.

        Raises
        ------
        ValueError
            When it is outside; the message is the rule.
        """
        if value not in self:
            raise ValueError(self.rule)
        return value

    @property
    def rule(self) -> str:
        """The rule and its reason, as they stand in a message."""
        return f"must be {self}: {self.why}"


PERSONS = Domain(1e-6, 1e12, "a trillion is a hundred times everybody alive")
QUANTITY = Domain(1e-12, 1e15, "no count is larger, and no part of one smaller")
LOG_SPREAD = Domain(1e-6, 5, "at 5, nine chances in ten span a factor of 14 million", or_zero=True)
TAU = Domain(1e-6, 5, "at 5 the interval spans a factor of 14 million")
TAILS = Domain(2, 200, "below 2 hardly a place is near the median, and 200 are as good as a normal")
TAILED = Domain(1e-6, 1, "it is a share of the variance")
VOLATILITY = Domain(
    1e-6, 2, "at 2, arrivals go up or down sevenfold from one step to the next", or_zero=True
)
DRIFT = Domain(1e-6, 2, "at 2, a ratio goes up or down sevenfold in a year", or_zero=True)
HAZARD = Domain(1e-9, 2, "at 2 a month, 86 % leave within a month, which no month can follow")
LOG_ERROR = Domain(1e-6, 3, "at 3, counts are 20 times too high or too low as a rule")
BY_SOURCE = Domain(
    1e-6, 3, "at 3, errors of sources differ by a factor of 20 as a rule", or_zero=True
)
RATIO = Domain(1e-9, 1e9, "no register counts a person a billion times")
MEAN_BIAS = Domain(-1e12, 1e12, "a trillion is a hundred times everybody alive")
BIAS_SD = Domain(1e-3, 1e12, "a trillion is a hundred times everybody alive", or_zero=True)
ERROR_SD = Domain(1e-3, 1e12, "a trillion is a hundred times everybody alive")
LAG = Domain(0.01, 120, "after ten years a count says nothing of arrivals", or_zero=True)
EVERY = Domain(1, 480, "a paper that lapses after more than forty years is not renewed")
RENEWED = Domain(0, 1, "a share of those whose paper lapses and who are still there")
LATER = Domain(1e-9, 1e9, "nobody is counted a billion times a year", or_zero=True)
AGE = Domain(0.1, 480, "numbers issued were followed for years, not for longer than a calendar")
PROBABILITY = Domain(0.01, 0.999, "an interval holds its figure with a probability of such size")
SEEN = Domain(0, 1e9, "no sample is larger", or_zero=True)
WEIGHT = Domain(1e-6, 1e6, "only the proportions of weights matter", or_zero=True)
DESIGN_EFFECT = Domain(1, 1e10, "answers drawn at random count once each, others less")
RESPONDENTS = Domain(1, 1e10, "more than everybody alive cannot be asked")
BOUND = Domain(1e-12, 1e15, "no count is larger, and no part of one smaller", or_zero=True)

LARGEST_SD_RATIO = 1e6
"""Of a bias to its error, both standard deviations: beyond it, balances cannot be told apart."""

Persons = Annotated[float, Limit("above", 0), Check(PERSONS.check)]
Quantity = Annotated[float, Limit("above", 0), Check(QUANTITY.check)]
Tails = Annotated[float, Limit("above", 0), Check(TAILS.check)]
Tailed = Annotated[float, Limit("above", 0), Check(TAILED.check)]
LogSpread = Annotated[float, Limit("at least", 0), Check(LOG_SPREAD.check)]
Volatility = Annotated[float, Limit("at least", 0), Check(VOLATILITY.check)]
Drift = Annotated[float, Limit("at least", 0), Check(DRIFT.check)]
Hazard = Annotated[float, Limit("above", 0), Check(HAZARD.check)]
LogError = Annotated[float, Limit("above", 0), Check(LOG_ERROR.check)]
BySource = Annotated[float, Limit("at least", 0), Check(BY_SOURCE.check)]
Ratio = Annotated[float, Limit("above", 0), Check(RATIO.check)]
MeanBias = Annotated[float, Check(MEAN_BIAS.check)]
BiasSd = Annotated[float, Limit("at least", 0), Check(BIAS_SD.check)]
ErrorSd = Annotated[float, Limit("above", 0), Check(ERROR_SD.check)]
Lag = Annotated[float, Limit("at least", 0), Check(LAG.check)]
Every = Annotated[int, Limit("at least", 1), Check(EVERY.check)]
Renewed = Annotated[float, Limit("at least", 0), Check(RENEWED.check)]
Later = Annotated[float, Limit("at least", 0), Check(LATER.check)]
Age = Annotated[float, Limit("above", 0), Check(AGE.check)]
Probability = Annotated[float, Limit("above", 0), Check(PROBABILITY.check)]
Seen = Annotated[int, Limit("at least", 0), Check(SEEN.check)]
Weight = Annotated[float, Limit("at least", 0), Check(WEIGHT.check)]
DesignEffect = Annotated[float, Limit("at least", 1), Check(DESIGN_EFFECT.check)]
Respondents = Annotated[int, Limit("above", 0), Check(RESPONDENTS.check)]
Bound = Annotated[float, Limit("at least", 0), Check(BOUND.check)]
