"""The densities of few counts, bounds and drawn ratios written out, by adaptive quadrature.

Beside ``brute_density``, which has those of counts whose ratios are integrated out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import brute_density
import numpy as np
from brute_force import exposure, population
from scipy import integrate, special, stats

from popest.study.observations.observation import Observation
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import Source, Specification

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
WIDEST = 12.0
"""Standard deviations of an integrand on either side of its mode; it is at least as narrow as the
standard normal."""


def log_mean(log_probability: Callable[[float], float], sd: float) -> float:
    """The log of the mean of a probability, given as its log for each z, over standard normal z."""
    if sd == 0:
        return log_probability(0.0)

    def log_integrand(z: float) -> float:
        return log_probability(z) - 0.5 * z**2 - HALF_LOG_TWO_PI

    middle, reach = 0.0, 60.0
    for _ in range(12):
        grid = np.linspace(middle - reach, middle + reach, 41)
        middle = float(grid[np.argmax([log_integrand(z) for z in grid])])
        reach /= 8
    highest = log_integrand(middle)
    total, _ = integrate.quad(
        lambda z: math.exp(log_integrand(z) - highest),
        middle - WIDEST,
        middle + WIDEST,
        points=[middle - 1, middle - 0.2, middle, middle + 0.2, middle + 1],
        epsabs=0,
        epsrel=1e-12,
        limit=500,
    )
    return highest + math.log(total)


def log_poisson(count: float, rate: float) -> float:
    """Log probability of a count of known expectation."""
    return count * math.log(rate) - rate - math.lgamma(count + 1)


def rate_of(log_rate: float, sd: float, baseline: float) -> Callable[[float], float]:
    """The expectation of a count for each z."""
    return lambda z: math.exp(log_rate + sd * z) + baseline


def log_count(count: float, log_rate: float, sd: float, baseline: float = 0.0) -> float:
    """Log probability of a count."""
    rate = rate_of(log_rate, sd, baseline)
    return log_mean(lambda z: log_poisson(count, rate(z)), sd)


def log_range(
    bounds: tuple[float, float], log_rate: float, sd: float, baseline: float = 0.0
) -> float:
    """Log probability that a count lies between two bounds, both in."""
    least, greatest = bounds
    rate = rate_of(log_rate, sd, baseline)
    if math.isinf(greatest):
        return log_mean(lambda z: math.log(max(special.gammainc(least, rate(z)), 1e-308)), sd)
    counts = range(int(least), int(greatest) + 1)

    def log_sum(z: float) -> float:
        logs = [log_poisson(count, rate(z)) for count in counts]
        return max(logs) + math.log(sum(math.exp(each - max(logs)) for each in logs))

    return log_mean(log_sum, sd)


def log_wide_range(bounds: tuple[float, float], eta: float, sd: float) -> float:
    """Log probability that a normal number lies between bounds, half a count beyond each."""
    least, greatest = bounds
    middle = least if math.isinf(greatest) else greatest if least == 0 else (least + greatest) / 2
    wide = math.sqrt(sd**2 + 1 / middle)
    upper = math.inf if math.isinf(greatest) else (math.log(greatest + 0.5) - eta) / wide
    lower = -math.inf if least == 0 else (math.log(least - 0.5) - eta) / wide
    if lower > 0:
        lower, upper = -upper, -lower
    below = float(special.log_ndtr(lower))
    above = float(special.log_ndtr(upper))
    return above + math.log(-math.expm1(below - above)) if below > -math.inf else above


def log_persons(counted: float, there: float, ratio: float) -> float:
    """Log binomial probability of persons counted out of a real number of them."""
    if there < counted:
        return -math.inf
    beta = special.betaln(counted + 1, there - counted + 1)
    ways = -math.log(there + 1) - float(beta)
    return ways + counted * math.log(ratio) + (there - counted) * math.log1p(-ratio)


def is_explicit(specification: Specification, name: str, rows: Sequence[Observation]) -> bool:
    """Whether the ratio of a source is drawn."""
    source = specification.source[name]
    assert source.ratio is not None
    if is_bounded(source.ratio) or source.sampling == "binomial":
        return True
    return any(
        row.precision in ("between", "at_most", "at_least")
        or (
            brute_density.has_counting_noise(specification, row)
            and brute_density.effective_number(specification, row) < 30
        )
        for row in rows
    )


def is_bounded(ratio: RatioPrior) -> bool:
    """Whether a ratio cannot exceed one."""
    return ratio.at_most_one or ratio.seen is not None


def ratio_on(
    specification: Specification,
    name: str,
    rows: Sequence[Observation],
    row: Observation,
    normals: Mapping[str, float],
) -> float:
    """The ratio of a source on the last day of a row, from named normals."""
    source = specification.source[name]
    ratio = source.ratio
    assert ratio is not None
    bounded = is_bounded(ratio)
    if ratio.seen is not None and ratio.of is not None:
        a = ratio.seen / ratio.deff + 0.5
        b = (ratio.of - ratio.seen) / ratio.deff + 0.5
        centre = float(special.digamma(a) - special.digamma(b))
        sd = math.sqrt(special.polygamma(1, a) + special.polygamma(1, b))
    elif bounded:
        lower, upper = (math.log(bound / (1 - bound)) for bound in ratio.interval90)
        centre, sd = (lower + upper) / 2, (upper - lower) / 2 / brute_density.NORMAL_QUANTILE
    else:
        centre, sd = math.log(ratio.median), brute_density.tau(source)
    level = 0.0
    shared = source.group_correlation or 0.0
    if sd > 0:
        level += sd * math.sqrt(1 - shared) * normals[f"ratio[{name}]"]
    if shared:
        level += sd * math.sqrt(shared) * normals[f"group[{source.group}]"]
    if source.drift:
        drift = source.drift / (1 - ratio.median) if bounded else source.drift
        days = sorted({brute_density.years_until(specification, each.end) for each in rows})
        before = 0.0
        for place, day in enumerate(days):
            if day <= brute_density.years_until(specification, row.end):
                level += drift * math.sqrt(day - before) * normals[f"drift[{name}][{place}]"]
                before = day
    if ratio.seen is not None and ratio.seen / ratio.deff < 8:
        return float(stats.beta(a, b).ppf(stats.norm.cdf(level / sd)))
    if bounded:
        return 1 / (1 + math.exp(-centre - level))
    return math.exp(centre + level)


def figure_log_density(
    specification: Specification,
    row: Observation,
    ratio: float,
    seen: float,
    sd: float,
    baseline: float,
    own: float = 0.0,
) -> float:
    """Log density of one figure given its ratio, exposure, source's error and baseline."""
    source = specification.source[row.source]
    _, shift = brute_density.PRECISIONS.get(str(row.precision), (0.0, 0.0))
    printed = brute_density.printed_sd(row, own)
    spread = math.sqrt(sd**2 + printed**2 + own**2)
    eta = math.log(ratio * seen) + shift
    if source.sampling == "none" or row.se is not None or own:
        net = row.value - baseline
        if net <= 0:
            return -math.inf
        return float(stats.lognorm(spread, scale=math.exp(eta)).logpdf(net))
    if source.sampling == "binomial":
        return log_persons(row.value, seen, ratio)
    if row.precision in ("between", "at_most", "at_least"):
        bounds = {
            "between": (row.lower, row.upper),
            "at_most": (0.0, row.value),
            "at_least": (row.value, math.inf),
        }[row.precision]
        finite = bounds[0] if math.isinf(bounds[1]) else bounds[1]
        if finite >= 30:
            return log_wide_range(bounds, math.log(ratio * seen + baseline) + shift, spread)
        return log_range(bounds, eta, spread, baseline)
    return log_count(row.value, eta, spread, baseline)


def source_log_density(
    specification: Specification,
    name: str,
    rows: Sequence[Observation],
    normals: Mapping[str, float],
    own: Mapping[str, float] = MappingProxyType({}),
) -> float:
    """Log density of the rows of one source whose ratio is drawn, each to its power."""
    source, path = specification.source[name], population(specification, normals)
    sd = (
        0.0
        if source.sampling == "binomial"
        else brute_density.noise_sd(specification, normals, name)
    )
    total = 0.0
    for row in rows:
        power = 1 / sum(brute_density.repeated(specification, row, other) for other in rows)
        total += power * figure_log_density(
            specification,
            row,
            ratio_on(specification, name, rows, row, normals),
            exposure(specification, source, row, path),
            sd,
            brute_density.baseline(specification, row, normals),
            own.get(row.id, 0.0),
        )
    return total


def given_factors(
    specification: Specification, drawn: Sequence[str], normals: Mapping[str, float]
) -> Specification:
    """A specification in which the members of drawn groups have no group: their factor is known."""
    groups = {specification.source[name].group for name in drawn} - {None}

    def changed(source: Source) -> Source:
        if source.group not in groups or source.ratio is None:
            return source
        shared = source.group_correlation or 0.0
        tau = brute_density.tau(source)
        loaded = tau * math.sqrt(shared) * normals[f"group[{source.group}]"] if shared else 0.0
        median = source.ratio.median * math.exp(loaded)
        reach = math.exp(brute_density.NORMAL_QUANTILE * tau * math.sqrt(1 - shared))
        prior = {"median": median, "interval90": [median / reach, median * reach]}
        ratio = source.ratio.replaced(**prior)
        return source.replaced(ratio=ratio, group=None, group_correlation=None)

    sources = {
        name: source if name in drawn else changed(source)
        for name, source in specification.source.items()
    }
    return specification.replaced(source=sources)


def log_density(
    specification: Specification,
    used: Sequence[Observation],
    normals: Mapping[str, float],
    own: Mapping[str, float] = MappingProxyType({}),
) -> float:
    """Log density of all counts, some of them few, given named standard normals.

    `own` are the errors published with figures, on the log scale, by the id of their row.
    """
    by_source = {name: [row for row in used if row.source == name] for name in specification.source}
    drawn = [name for name, rows in by_source.items() if is_explicit(specification, name, rows)]
    total = sum(
        source_log_density(specification, name, by_source[name], normals, own) for name in drawn
    )
    others = [row for name, rows in by_source.items() if name not in drawn for row in rows]
    known = given_factors(specification, drawn, normals)
    return total + brute_density.count_log_density(known, others, normals, own)
