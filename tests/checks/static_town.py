"""A study of constant size with one count a source: everything about it has a closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from popest.checks.result import Context
from popest.study import Study, study_from_texts
from small_study import HEADER

PRINTED = 0.01
NORMAL = NormalDist()
# Median and tau of each ratio, and the count; the counts speak for 8,000 to 11,250 persons.
RATIOS = {"permits": (0.5, 0.3), "census": (0.8, 0.4), "pupils": (0.1, 0.2), "tax": (0.3, 0.25)}
COUNTS = {"permits": 4_000, "census": 9_000, "pupils": 1_000, "tax": 2_900}


@dataclass(frozen=True)
class Town:
    """A town: size prior, noise, ratios with their counts, and what follows from them.

    With L = log N, each log count is L + log m_s + (log ratio less its median) + error.
    """

    counts: Mapping[str, int] = field(default_factory=lambda: dict(COUNTS))
    ratios: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(RATIOS))
    median: float = 9_000.0
    sigma: float = 0.5
    noise: float = 0.1
    extra: str = ""

    @property
    def study(self) -> Study:
        """The study itself."""
        text = f"""
title = "A town"
target = "residents"
unit = "persons"
headline = "2023-12-31"
ranges = [[9000, 12000]]
[calendar]
start = "2023-01"
end = "2023-12"
[population]
kind = "static"
size = {{ median = {self.median}, sigma = {self.sigma}, because = "a guess" }}
[noise]
error = {{ median = {self.noise}, sigma = 0, because = "known" }}
"""
        for name, (median, tau) in self.ratios.items():
            lower, upper = median * math.exp(-1.6449 * tau), median * math.exp(1.6449 * tau)
            text += f"""
[source.{name}]
title = "{name}"
producer = "office"
counts = "persons"
measure = "stock"
sampling = "none"
ratio = {{ median = {median}, interval90 = [{lower!r}, {upper!r}], because = "a guess" }}
"""
        rows = [
            f"{name}1,{name},{value},exact,,2023-12-31,2024-01-31,2024-02-01,office,,yes,,,"
            for name, value in self.counts.items()
        ]
        return study_from_texts("town", text + self.extra, HEADER + "\n".join(rows) + "\n")

    def context(self, **settings: object) -> Context:
        """The study as the checks are given it."""
        return Context(self.study, **settings)  # type: ignore[arg-type]

    def variance(self, name: str) -> float:
        """The variance of a log count given the population, its ratio unknown."""
        return self.ratios[name][1] ** 2 + self.noise**2 + PRINTED**2

    def posterior(self, prior: float = 1.0, likelihood: float = 1.0) -> tuple[float, float]:
        """Mean and standard deviation of L given the counts, densities raised to powers."""
        precision = prior / self.sigma**2
        total = precision * math.log(self.median)
        for name, value in self.counts.items():
            weight = likelihood / self.variance(name)
            precision += weight
            total += weight * math.log(value / self.ratios[name][0])
        return total / precision, 1 / math.sqrt(precision)

    def log_evidence(self) -> float:
        """The log density of the counts."""
        values = np.array(list(self.counts.values()), dtype=float)
        medians = np.array([self.ratios[name][0] for name in self.counts])
        residual = np.log(values / medians) - math.log(self.median)
        covariance = np.diag([self.variance(name) for name in self.counts]) + self.sigma**2
        quadratic = residual @ np.linalg.solve(covariance, residual)
        determinant = np.linalg.slogdet(2 * math.pi * covariance)[1]
        return float(-0.5 * (quadratic + determinant) - np.log(values).sum())

    def only(self, *names: str) -> Town:
        """The town with some of its counts alone."""
        return self._but(counts={name: self.counts[name] for name in names})

    def without(self, name: str) -> Town:
        """The town without one of its counts."""
        return self.only(*(each for each in self.counts if each != name))

    def times(self, name: str, factor: float) -> Town:
        """The town with one count multiplied."""
        return self._but(counts={**self.counts, name: round(self.counts[name] * factor)})

    def with_ratio(self, name: str, shift: float = 0.0, widen: float = 1.0) -> Town:
        """The town with one ratio prior moved on the log scale, or widened."""
        median, tau = self.ratios[name]
        moved = (median * math.exp(shift), tau * widen)
        return self._but(ratios={**self.ratios, name: moved})

    def shifted(self, shift: float) -> Town:
        """The town with all ratio priors moved together."""
        moved = {name: (m * math.exp(shift), tau) for name, (m, tau) in self.ratios.items()}
        return self._but(ratios=moved)

    def correlation_with_ratio(self, name: str) -> float:
        """The posterior correlation of L with one log ratio."""
        names = list(self.counts)
        precision = np.diag([1 / self.sigma**2, *(1 / self.ratios[n][1] ** 2 for n in names)])
        for place, _ in enumerate(names, start=1):
            seen = np.zeros(len(names) + 1)
            seen[[0, place]] = 1.0
            precision += np.outer(seen, seen) / (self.noise**2 + PRINTED**2)
        covariance = np.linalg.inv(precision)
        place = names.index(name) + 1
        return float(covariance[0, place] / math.sqrt(covariance[0, 0] * covariance[place, place]))

    def conflict(self, name: str) -> float:
        """The two-sided p-value of one count given the others."""
        mean, sd = self.without(name).posterior()
        expected = mean + math.log(self.ratios[name][0])
        z = (math.log(self.counts[name]) - expected) / math.hypot(
            sd, math.sqrt(self.variance(name))
        )
        return 2 * NORMAL.cdf(-abs(z))

    def _but(self, **changes: object) -> Town:
        kept = {key: getattr(self, key) for key in self.__dataclass_fields__}
        return Town(**{**kept, **changes})


def bounds(mean: float, sd: float) -> tuple[float, float, float]:
    """Lower bound, median and upper bound of the 90 % interval of N."""
    reach = NORMAL.inv_cdf(0.95) * sd
    return math.exp(mean - reach), math.exp(mean), math.exp(mean + reach)
