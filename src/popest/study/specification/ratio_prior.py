"""The priors of ratios, in every form in which a study may write one.

A ratio is given by its median and an interval, known, seen in a sample, or learned. Median and
interval of 90 % follow from each form: what only says a ratio need not ask how it was given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Annotated, Any, Self

from popest.study import domains
from popest.study.constraints import Length
from popest.study.entry_types import Because, Label
from popest.study.problems import EntryError
from popest.study.specification.heavy_tails import quantile
from popest.study.specification.priors import NORMAL_QUANTILE_95
from popest.study.specification.record import Record, keyed
from popest.study.specification.samples import expit, log_odds_of, logit, sample_quantiles

MEDIAN_TOLERANCE = 0.05
MOST_FACTORS = 20

INTERVALS = {f"interval{percent}": percent / 100 for percent in (50, 80, 90, 95)}
"""The keys of intervals, by the probability with which they hold the ratio."""


class IntervalPrior(Record):
    """A positive ratio with a log-normal prior given by its median and an interval.

    `interval90` holds it with 90 % probability; it is filled in from `interval50`, `interval80` or
    `interval95` where one of these was written.
    """

    median: domains.Ratio
    interval90: Annotated[list[domains.Quantity], Length(2, 2)]
    because: Because

    @classmethod
    def completed(cls, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an entry with the interval of 90 %, whichever was written."""
        given = [key for key in INTERVALS if key in entry]
        if given in ([], ["interval90"]):
            return entry
        if len(given) > 1:
            remedy = f"keep one of {' and '.join(given)}"
            raise EntryError("is a second interval", remedy, key=given[1])
        key = given[0]
        rest = {name: value for name, value in entry.items() if name != key}
        return rest | {"interval90": cls._widened(entry[key], key, entry)}

    @classmethod
    def _widened(cls, bounds: Any, key: str, entry: Mapping[str, Any]) -> Any:
        """Return the interval of 90 % that has the shape of another."""
        if not _is_interval(bounds):
            remedy = "write [lower, upper] around the median, lower below upper"
            raise EntryError("must be two numbers above 0 that rise", remedy, key=key)
        narrow, wide = ((1 + INTERVALS[each]) / 2 for each in (key, "interval90"))
        factor = NORMAL_QUANTILE_95 / NormalDist().inv_cdf(narrow)
        if _has_tails(entry):
            tails = entry["tails"], entry.get("tailed", 1.0)
            factor = quantile(wide, *tails) / quantile(narrow, *tails)
        to, back = _SCALES["logit" if entry.get("at_most_one") is True else "log"]
        try:
            lower, upper = map(to, bounds)
        except ValueError:
            raise EntryError(_BELOW_ONE, "write bounds below 1", key=key) from None
        middle, half = (lower + upper) / 2, factor * (upper - lower) / 2
        return [back(middle - half), back(middle + half)]

    @property
    def is_given(self) -> bool:
        """Whether median and interval were written, and do not follow from something else."""
        return True

    def check(self) -> None:
        """Check that the interval can be computed with, and that the median is in its middle."""
        if not self.is_given:
            return
        lower, upper = self.interval90
        if not lower < upper:
            remedy = "write [lower, upper] around the median, lower below upper"
            raise EntryError("must rise, so that tau > 0", remedy, key="interval90")
        if self.tau not in domains.TAU:
            bounds = f"{domains.TAU}, not {self.tau:.3g}: {domains.TAU.why}"
            rule = f"must give a tau = log(upper / lower) / 3.29 {bounds}"
            remedy = "write the interval that holds the ratio with 90 % probability"
            raise EntryError(rule, remedy, key="interval90")
        self._check_median(lower, upper)

    def _check_median(self, lower: float, upper: float) -> None:
        middle = math.sqrt(lower) * math.sqrt(upper)
        if abs(self.median / middle - 1) > MEDIAN_TOLERANCE:
            rule = "must be the geometric mean of its interval within 5 %"
            remedy = f"write median = {middle:.4g}, or an interval around {self.median:g} such as "
            remedy += self._around(lower, upper)
            if upper < 1:
                share = expit((logit(lower) + logit(upper)) / 2)
                remedy += f"; a share of at most one has at_most_one = true, median = {share:.3g}"
            raise EntryError(rule, remedy, key="median")

    def _around(self, lower: float, upper: float) -> str:
        """Return an interval as wide as the one given, around the median, as it is written."""
        half = math.sqrt(upper / lower)
        return f"[{self.median / half:.3g}, {self.median * half:.3g}]"

    @property
    def tau(self) -> float:
        """Standard deviation of the logarithm; of a ratio with tails, its scale."""
        lower, upper = self.interval90
        return (math.log(upper) - math.log(lower)) / (2 * self.reach90)

    @property
    def reach90(self) -> float:
        """How many tau the bounds of the 90 % interval lie from the median."""
        return NORMAL_QUANTILE_95


def _of_sample(seen: Any, of: Any, deff: Any) -> dict[str, Any]:
    """Return median and interval of the share that was seen; of what is no number any."""
    numbers = type(seen) is int and type(of) is int and type(deff) in (int, float)
    if not numbers or seen < 0 or of < 1 or of not in domains.SEEN or not 1 <= deff < math.inf:
        return {"median": 1.0, "interval90": [1.0, 1.0]}
    if seen > of:
        remedy = "write how many of all were counted"
        raise EntryError(f"is more than of = {of:,}", remedy, key="seen")
    if deff > of:
        rule = f"leaves less than one answer of {of:,} drawn at random"
        raise EntryError(rule, "write a design effect of at most of", key="deff")
    lower, median, upper = sample_quantiles(seen / deff, of / deff)
    return {"median": median, "interval90": [lower, upper]}


def _is_interval(bounds: Any) -> bool:
    numbers = isinstance(bounds, list) and len(bounds) == 2
    numbers = numbers and all(type(bound) in (int, float) for bound in bounds)
    return numbers and 0 < bounds[0] < bounds[1] < math.inf


_SCALES: Mapping[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "log": (math.log, math.exp),
    "logit": (logit, expit),
}
_BELOW_ONE = "must be below 1, as at_most_one says"


def _has_tails(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry has tails, and what they are can be computed with."""
    tails, tailed = entry.get("tails"), entry.get("tailed", 1.0)
    if not isinstance(tails, int | float) or not isinstance(tailed, int | float):
        return False
    return tails in domains.TAILS and tailed in domains.TAILED


class Factor(IntervalPrior):
    """A factor, by definition or by judgement, that turns a learned ratio into a study's own."""

    name: Label = "factor"


class RatioPrior(IntervalPrior):
    """Counts per unit of exposure.

    It is given by `median` and an interval, with `at_most_one` as a share that cannot exceed one;
    as `known`; by a sample of the population, of which `seen` of `of` persons were counted, with
    `deff` the design effect; or `learned`. Median and interval are filled in where they follow.

    With `tails` the logarithm is Student t of so many degrees of freedom around that of the median,
    and its interval is that of the t; without, it is normal. `tailed` is the share of the variance
    that has them, the rest being normal, as the factors of a learned ratio are.

    `learned` names a row of the table of learned ratios, from which the median and the interval
    are filled in when a specification is read; `definition` is what the source counts, of those by
    which the type is learned, `without` is a country whose pairs are left out,
    `months` the age of numbers issued, and `times` are factors of the study's own.
    """

    known: domains.Ratio | None = None
    at_most_one: bool = False
    seen: domains.Seen | None = None
    of: domains.Seen | None = None
    deff: domains.DesignEffect = 1.0
    tails: domains.Tails | None = None
    tailed: domains.Tailed = 1.0
    learned: Label | None = None
    definition: Label | None = None
    without: Label | None = None
    months: domains.Age | None = None
    times: Annotated[list[Factor], Length(most=MOST_FACTORS)] = keyed(factory=list)

    @classmethod
    def completed(cls, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an entry with median and interval, also of what is known or was seen."""
        return super().completed(cls._filled(entry))

    @classmethod
    def _filled(cls, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fill in median and interval of what is known or was seen in a sample."""
        for key in ("known", "seen"):
            others = ("median", *INTERVALS, "at_most_one", "known", "seen", "learned")
            doubled = [other for other in others if other != key and other in entry]
            if key in entry and doubled:
                remedy = f"keep {key} or {' and '.join(doubled)}"
                rule = f"says the ratio a second time, beside {key}"
                raise EntryError(rule, remedy, key=doubled[0])
        known, seen, of = (entry.get(key) for key in ("known", "seen", "of"))
        if isinstance(known, int | float) and known > 0:
            return {**entry, "median": float(known), "interval90": [float(known)] * 2}
        if "seen" in entry and "of" not in entry:
            rule = "is missing: of how many persons were so many seen?"
            raise EntryError(rule, "write of = 450", key="of")
        if "seen" not in entry and ("of" in entry or "deff" in entry):
            remedy = "write seen = 54, the persons who were counted"
            raise EntryError("is missing: of and deff belong to a sample", remedy, key="seen")
        if "known" in entry:  # what is wrong with it is said by its own type
            return {**entry, "median": 1.0, "interval90": [1.0, 1.0]}
        if "seen" in entry:
            return {**entry, **_of_sample(seen, of, entry.get("deff", 1.0))}
        return entry

    def check(self) -> None:
        """Check the interval, and that what belongs to a learned ratio stands with one."""
        super().check()
        if self.learned is None:
            for key in ("definition", "without", "months", "times"):
                if getattr(self, key):
                    remedy = "write learned, or put it into median and an interval"
                    raise EntryError("belongs to a learned ratio", remedy, key=key)
        if self.tails is not None and (self.is_bounded or self.known is not None):
            what = "known" if self.known is not None else "at most one"
            raise EntryError(f"belongs to a ratio that is not {what}", "remove it", key="tails")
        if self.tails is None and self.tailed != 1:
            raise EntryError("says how much of the spread has tails", "write tails", key="tailed")
        if self.learned is not None and self.at_most_one:
            remedy = "remove it, or write median and an interval below 1"
            raise EntryError("is not what a learned ratio is", remedy, key="at_most_one")

    @property
    def is_bounded(self) -> bool:
        """Whether the ratio cannot exceed one."""
        return self.at_most_one or self.seen is not None

    @property
    def reach90(self) -> float:
        """How many tau the bounds of the 90 % interval lie from the median."""
        if self.tails is None:
            return NORMAL_QUANTILE_95
        return quantile(0.95, self.tails, self.tailed)

    @property
    def log_odds(self) -> tuple[float, float]:
        """Mean and standard deviation of the logit of a ratio that is bounded."""
        if self.seen is not None and self.of is not None:
            return log_odds_of(self.seen / self.deff, self.of / self.deff)
        lower, upper = map(logit, self.interval90)
        return (lower + upper) / 2, (upper - lower) / (2 * NORMAL_QUANTILE_95)

    @property
    def spread(self) -> float:
        """Standard deviation on its own scale: of the logit where it is bounded, or of the log."""
        return self.log_odds[1] if self.is_bounded else self.tau

    def moved(self, shift: float = 0.0, widen: float = 1.0) -> Self:
        """Return this prior with another median and interval; as it is where it is known.

        Parameters
        ----------
        shift
            What is added to the median and to both bounds, on its own scale.
        widen
            What the distance of each bound from the median is multiplied by, on that scale.
        """
        if self.known is not None or (shift == 0 and widen == 1):
            return self
        if not self.is_bounded:
            median = self.median * math.exp(shift)
            bounds = [median * (bound / self.median) ** widen for bound in self.interval90]
            return self.replaced(median=median, interval90=bounds)
        centre, sd = self.log_odds
        centre, reach = centre + shift, NORMAL_QUANTILE_95 * sd * widen
        entries = {
            "median": expit(centre),
            "interval90": [expit(centre - reach), expit(centre + reach)],
            "at_most_one": True,
            "seen": None,
            "of": None,
        }
        return self.replaced(**entries)

    @property
    def is_given(self) -> bool:
        """Whether median and interval were written, and do not follow from something else."""
        return self.known is None and self.seen is None

    def _check_median(self, lower: float, upper: float) -> None:
        if not self.at_most_one:
            super()._check_median(lower, upper)
            return
        if upper >= 1:
            raise EntryError(_BELOW_ONE, "write bounds below 1", key="interval90")
        middle = expit(self.log_odds[0])
        if abs(self.median / middle - 1) > MEDIAN_TOLERANCE:
            rule = "must be in the middle of its interval on the logit scale, within 5 %, as the "
            rule += "ratio is at most one"
            remedy = f"write median = {middle:.3g}, or another interval"
            raise EntryError(rule, remedy, key="median")
