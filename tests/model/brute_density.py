"""The densities of the model written out plainly: one entry of a matrix at a time.

The truth that popest's likelihoods are compared with, beside ``brute_force``, which has the
population and the exposures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from brute_force import DAY, Months, Path, exposure, log_normal, population
from scipy import special, stats

from popest.study.observations.observation import Observation
from popest.study.specification.priors import ErrorPrior
from popest.study.specification.records import Source, Specification

PRECISIONS = {
    "exact": (0.01, 0.0),
    "rounded": (0.03, 0.0),
    "about": (0.05, 0.0),
    "almost": (0.02, 0.02),
    "more_than": (0.03, -0.03),
}
NORMAL_QUANTILE = 1.6449
COUNTED = ("stock", "presence", "arrivals", "departures")


def tau(source: Source) -> float:
    """The standard deviation of a source's log ratio."""
    assert source.ratio is not None
    lower, upper = source.ratio.interval90
    return math.log(upper / lower) / (2 * NORMAL_QUANTILE)


def noise_sd(specification: Specification, normals: Mapping[str, float], name: str) -> float:
    """The log-scale error sigma_s of a source's counts."""
    error = specification.source[name].error
    if isinstance(error, ErrorPrior):
        return log_normal(error, normals, f"noise[{name}]")
    noise = specification.noise
    own = noise.by_source * normals[f"noise[{name}]"] if noise.by_source else 0.0
    return log_normal(noise.error, normals, "noise") * math.exp(own)


def years_until(specification: Specification, day: date) -> float:
    """Years from the calendar's first day to a day."""
    return (day - Months.of(specification).first_day).days / 365.25


def duration(row: Observation) -> float:
    """Years of a row's window; 1 for a stock."""
    return 1.0 if row.start is None else ((row.end - row.start) / DAY + 1) / 365.25


@cache
def overlap(one: Observation, other: Observation) -> float:
    """Overlap of two rows of one source: shared days / sqrt of the product of their days."""
    if one == other:
        return 1.0
    if one.start is None or other.start is None:
        return 0.0
    windows = [_days(row.start, row.end) for row in (one, other)]
    shared = len(windows[0] & windows[1])
    return shared / math.sqrt(len(windows[0]) * len(windows[1]))


def _days(first: Any, last: Any) -> set[date]:
    return {first + number * DAY for number in range((last - first).days + 1)}


def ratio_covariance(
    specification: Specification, one: tuple[str, float], other: tuple[str, float]
) -> float:
    """Covariance of two log ratios, each of a source after so many years, drift included."""
    (name, years), (other_name, other_years) = one, other
    source, other_source = specification.source[name], specification.source[other_name]
    if name == other_name:
        return tau(source) ** 2 + source.drift**2 * min(years, other_years)
    if source.group is None or source.group != other_source.group:
        return 0.0
    shared = math.sqrt(source.group_correlation or 0) * math.sqrt(
        other_source.group_correlation or 0
    )
    return tau(source) * tau(other_source) * shared


def printed_sd(row: Observation, own: float) -> float:
    """The error of wording: beside an error of its own, of an exact figure a hundredth of that."""
    printed = PRECISIONS.get(str(row.precision), (0.0, 0.0))[0]
    return min(printed, own / 100) if own > 0 and row.precision == "exact" else printed


def count_covariance(
    specification: Specification, rows: list[Observation], sd: Callable[[str], float]
) -> np.ndarray:
    """Covariance of the log counts given the population; `sd` gives sigma_s of a source."""
    result = np.zeros((len(rows), len(rows)))
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            result[i, j] = ratio_covariance(
                specification, placed(specification, one), placed(specification, other)
            )
            if one.source == other.source:
                result[i, j] += sd(one.source) ** 2 * overlap(one, other)
                result[i, j] += counting_covariance(specification, one, other)
                result[i, j] += printing_covariance(specification, one, other)
    return result


def printing(specification: Specification, row: Observation) -> dict[str, float]:
    """What each printed figure's error adds to a row's, on the log scale, by the figure's id."""
    if not row.terms:
        return {row.id: PRECISIONS[str(row.precision)][0]}
    errors = {
        term.id: term.times * term.value * PRECISIONS[str(term.precision)][0] for term in row.terms
    }
    whole = math.sqrt(sum(error**2 for error in errors.values()))
    prior = specification.source[row.source].baseline
    net = row.value - (prior.median * duration(row) if prior else 0.0)
    unit = whole / 0.6 if net <= 0 or whole / net > 0.6 else net
    return {name: error / unit for name, error in errors.items()}


def printing_covariance(
    specification: Specification, one: Observation, other: Observation
) -> float:
    """Covariance of the printed errors of two rows of one source: of the figures in both."""
    errors, others = printing(specification, one), printing(specification, other)
    if one == other:
        own = PRECISIONS[str(one.precision)][0]
        inherited = math.sqrt(sum(error**2 for error in errors.values()))
        return max(own, inherited * (1.00005 if one.terms else 1.0)) ** 2
    return sum(error * others.get(name, 0.0) for name, error in errors.items())


def printing_shift(specification: Specification, row: Observation) -> float:
    """Shift of a row: of a sum, that of the figures that it is made of, if any has one."""
    shares = printing(specification, row)
    figures = {term.id: PRECISIONS[str(term.precision)] for term in row.terms}
    if any(shift for _, shift in figures.values()):
        return sum(shares[name] / error * shift for name, (error, shift) in figures.items())
    return PRECISIONS[str(row.precision)][1]


def effective_number(specification: Specification, row: Observation) -> float:
    """Events that a count's part of the target is worth, at the baseline's median."""
    prior = specification.source[row.source].baseline
    net = row.value - (prior.median * duration(row) if prior else 0.0)
    return net**2 / row.value if net > 0 else 0.0


def has_counting_noise(specification: Specification, row: Observation) -> bool:
    """Whether a row is a count of events, without an error that was published with it."""
    published = row.se is not None or row.lower is not None
    return specification.source[row.source].sampling == "poisson" and not published


def counting_shift(specification: Specification, row: Observation) -> float:
    """Mean of the log of a gamma variable of the count's shape, less the log of its mean."""
    if not has_counting_noise(specification, row):
        return 0.0
    number = effective_number(specification, row)
    return float(special.digamma(number)) - math.log(number)


def counting_covariance(
    specification: Specification, one: Observation, other: Observation
) -> float:
    """Covariance of the chance of two counts of one source: the events that both hold."""
    if not all(has_counting_noise(specification, row) for row in (one, other)):
        return 0.0
    variances = [
        float(special.polygamma(1, effective_number(specification, row))) for row in (one, other)
    ]
    return repeated(specification, one, other) * math.sqrt(variances[0] * variances[1])


def repeated(specification: Specification, one: Observation, other: Observation) -> float:
    """The share of the persons of one count that are counted again in another."""
    if one.start is not None or other.start is not None:
        return overlap(one, other)
    population: Any = specification.population
    hazard = 0.0 if population.kind == "static" else population.departure_hazard.median
    assert one.end is not None and other.end is not None
    return math.exp(-hazard * abs((one.end - other.end).days) / 365.25 * 12)


def placed(specification: Specification, row: Observation) -> tuple[str, float]:
    """The source of a row and the years until its end."""
    assert row.end is not None
    return row.source, years_until(specification, row.end)


def baseline(specification: Specification, row: Observation, normals: Mapping[str, float]) -> float:
    """What the baseline adds to a row's count."""
    prior = specification.source[row.source].baseline
    if prior is None:
        return 0.0
    return log_normal(prior, normals, f"baseline[{row.source}]") * duration(row)


def count_mean(specification: Specification, row: Observation, path: Path) -> float:
    """Mean of a log count (less its baseline) given the population."""
    source = specification.source[row.source]
    assert source.ratio is not None
    shift = printing_shift(specification, row) - counting_shift(specification, row)
    seen = exposure(specification, source, row, path)
    return math.log(source.ratio.median) + math.log(seen) + shift


def count_log_density(
    specification: Specification,
    rows: list[Observation],
    normals: Mapping[str, float],
    own: Mapping[str, float] = MappingProxyType({}),
) -> float:
    """Log density of the counts of sources with a ratio, the ratios integrated out."""
    if not rows:
        return 0.0
    path = population(specification, normals)
    net = np.array([row.value - baseline(specification, row, normals) for row in rows])
    if (net <= 0).any():
        return -math.inf
    mean = np.array([count_mean(specification, row, path) for row in rows])
    covariance = count_covariance(
        specification, rows, lambda name: noise_sd(specification, normals, name)
    )
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            if one.source == other.source:
                errors = own.get(one.id, 0.0) * own.get(other.id, 0.0)
                covariance[i, j] += errors * overlap(one, other)
        printed = PRECISIONS[str(one.precision)][0]
        covariance[i, i] += printed_sd(one, own.get(one.id, 0.0)) ** 2 - printed**2
    density = stats.multivariate_normal(mean, covariance).logpdf(np.log(net))
    return float(density - np.log(net).sum())


def balance_log_density(
    specification: Specification, rows: list[Observation], normals: Mapping[str, float]
) -> float:
    """Log density of the balances of one source of measure net_change."""
    if not rows:
        return 0.0
    source = specification.source[rows[0].source]
    assert source.bias is not None and source.error is not None
    path = population(specification, normals)
    mean = [exposure(specification, source, row, path) + source.bias.mean for row in rows]
    size = len(rows)
    covariance = source.bias.sd**2 * np.ones((size, size)) + source.error.sd**2 * np.eye(size)
    return float(stats.multivariate_normal(mean, covariance).logpdf([row.value for row in rows]))


def survey_shares(specification: Specification, source: Source, path: Path) -> list[float]:
    """Shares of a survey's windows among the survivors of all of them."""
    months = Months.of(specification)
    asked = months.labels.index(str(source.date))
    survivors = []
    for window in source.windows or []:
        total = 0.0
        for month, label in enumerate(months.labels):
            if window.first <= label <= window.last and month <= asked:
                age = asked - month + 0.5
                total += path.arrivals[month] * math.exp(-path.hazard * age)
        survivors.append(total)
    return [one / sum(survivors) for one in survivors]


def survey_log_density(
    specification: Specification, name: str, normals: Mapping[str, float]
) -> float:
    """Log density of a survey, sum k log s."""
    source = specification.source[name]
    shares = survey_shares(specification, source, population(specification, normals))
    assert source.n is not None and source.deff is not None
    effective = [window.share * source.n / source.deff for window in source.windows or []]
    return sum(k * math.log(share) for k, share in zip(effective, shares, strict=True))


def floor_log_density(
    specification: Specification, row: Observation, normals: Mapping[str, float]
) -> float:
    """Log probability that the stock could hold a floor's count."""
    source = specification.source[row.source]
    assert source.ratio is not None
    path = population(specification, normals)
    held = source.ratio.median * exposure(specification, source, row, path)
    variance = (
        tau(source) ** 2
        + noise_sd(specification, normals, row.source) ** 2
        + PRECISIONS[str(row.precision)][0] ** 2
    )
    return float(stats.norm.logcdf(math.log(held / row.value) / math.sqrt(variance)))


def log_density(
    specification: Specification, used: list[Observation], normals: Mapping[str, float]
) -> float:
    """Log density of all data given named standard normals."""
    measures = {name: source.measure for name, source in specification.source.items()}
    counts = [row for row in used if measures[row.source] in COUNTED]
    total = count_log_density(specification, counts, normals)
    for name, measure in measures.items():
        rows = [row for row in used if row.source == name]
        if measure == "net_change":
            total += balance_log_density(specification, rows, normals)
        elif measure == "shares":
            total += survey_log_density(specification, name, normals)
        elif measure == "floor":
            total += sum(floor_log_density(specification, row, normals) for row in rows)
    return total


def ratios_given_counts(
    specification: Specification,
    rows: list[Observation],
    normals: Mapping[str, float],
    wanted: list[tuple[str, float]],
) -> tuple[np.ndarray, np.ndarray]:
    """Mean (less the log median) and covariance of log ratios given population and counts.

    `wanted` are pairs of a source and the years since the calendar's first day.
    """
    path = population(specification, normals)
    within = np.array(
        [[ratio_covariance(specification, a, b) for b in wanted] for a in wanted]
    ).reshape(len(wanted), len(wanted))
    if not rows:
        return np.zeros(len(wanted)), within
    residual = np.array(
        [
            math.log(row.value - baseline(specification, row, normals))
            - count_mean(specification, row, path)
            for row in rows
        ]
    )
    places = [placed(specification, row) for row in rows]
    between = np.array([[ratio_covariance(specification, a, b) for b in places] for a in wanted])
    of_counts = count_covariance(
        specification, rows, lambda name: noise_sd(specification, normals, name)
    )
    gain = np.linalg.solve(of_counts, between.T).T
    return gain @ residual, within - gain @ between.T
