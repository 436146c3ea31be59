"""What is drawn and said of counts with a ratio, against normals with covariances written out.

Populations and noise are given, so that every figure is normal on the log scale. Tolerances of
draws are 4.5 standard errors; with the fixed seeds the comparison does not vary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import brute_density
import brute_force
import numpy as np
import pytest
import small_studies as small
import strategies
from invented_studies import Study, grouped_study, summed_study, two_groups
from scipy import stats

from popest.model.evidence import Others
from popest.model.model import Model
from popest.model.simulate import data_of, simulate
from popest.model.state import Learned
from popest.study.observations.observation import Observation, Summand

N = 60_000
FAR = 4.5  # standard errors
STUDIES = {"one group": grouped_study, "two groups": two_groups, "sums": summed_study}


class Given:
    """A study's model with one population and noise, repeated, and the truth about its counts."""

    def __init__(self, study: Study, seed: int = 4, draws: int = N) -> None:
        self.model = small.model_of(*study)
        self.specification, self.rows = self.model.specification, self.model.counts.rows
        drawn = strategies.normals_for(self.model.normals.names, seed)
        self.normals = {name: 0.5 * value for name, value in drawn.items()}
        self.state = self.model.state(np.tile(strategies.as_draws([self.normals]), (1, draws)))
        self.path = brute_force.population(self.specification, self.normals)

    def sd(self, source: str) -> float:
        return brute_density.noise_sd(self.specification, self.normals, source)

    def mean(self, rows: list[Observation]) -> np.ndarray:
        return np.array(
            [brute_density.count_mean(self.specification, row, self.path) for row in rows]
        )

    def covariance(self, rows: list[Observation]) -> np.ndarray:
        return brute_density.count_covariance(self.specification, rows, self.sd)

    def log_net(self, counts: np.ndarray, rows: list[Observation]) -> np.ndarray:
        """Log counts less their baselines, `(row, draws)`."""
        added = [brute_density.baseline(self.specification, row, self.normals) for row in rows]
        return np.log(counts - np.array(added)[:, None])

    def learned(self, rng: np.random.Generator) -> Learned:
        residuals = self.model.counts.residuals_in(self.state)
        log_ratios = self.model.counts.draw_log_ratios(residuals, rng)
        return Learned(self.state, residuals, log_ratios)

    def repeated(self, row: Observation) -> tuple[float, float]:
        """Mean and variance of a log count with an error of its own, its ratio learned."""
        wanted = [brute_density.placed(self.specification, row)]
        mean, variance = brute_density.ratios_given_counts(
            self.specification, self.rows, self.normals, wanted
        )
        printed = brute_density.printing_covariance(self.specification, row, row)
        own = self.sd(row.source) ** 2 + printed
        return float(self.mean([row])[0] + mean[0]), float(variance[0, 0]) + own


def check_moments(draws: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> None:
    """Compare draws, `(row, draws)`, with a normal distribution."""
    variance, n = np.diag(covariance), draws.shape[1]
    assert (np.abs(draws.mean(axis=1) - mean) < FAR * np.sqrt(variance / n)).all()
    spread = np.sqrt((np.outer(variance, variance) + covariance**2) / n)
    assert (np.abs(np.cov(draws).reshape(covariance.shape) - covariance) < FAR * spread).all()


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_simulated_counts_are_those_of_the_design(study: Callable[[], Study]) -> None:
    """Ratios from their prior, drift, overlapping windows, noise and wordings."""
    given = Given(study())
    drawn = given.model.counts.simulate(given.state, np.random.default_rng(1))
    log_net = given.log_net(drawn, given.rows)
    check_moments(log_net, given.mean(given.rows), given.covariance(given.rows))


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_simulated_counts_keep_ratios_that_are_given(study: Callable[[], Study]) -> None:
    given = Given(study())
    names = given.model.counts.names
    log_ratios = 0.1 * np.arange(len(names)) - 0.2
    many = np.repeat(log_ratios[:, None], N, axis=1)
    simulated = simulate(given.model, given.state, np.random.default_rng(2), many)
    assert data_of(simulated, 7)[0] == pytest.approx(simulated[0][:, 7])
    of_ratio = dict(zip(names, log_ratios, strict=True))
    mean = given.mean(given.rows) + [of_ratio[row.source] for row in given.rows]
    first_day = [
        [
            brute_density.ratio_covariance(given.specification, (a.source, 0.0), (b.source, 0.0))
            for b in given.rows
        ]
        for a in given.rows
    ]
    covariance = given.covariance(given.rows) - np.array(first_day)
    check_moments(given.log_net(simulated[0], given.rows), mean, covariance)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_repetitions_keep_their_ratio(study: Callable[[], Study]) -> None:
    """Each with the ratio of its source and day, as its counts leave it, and a new error."""
    entries, rows = study()
    given, rng = Given((small.without_chance(entries), rows)), np.random.default_rng(3)
    drawn = list(given.model.counts.repeat(given.learned(rng), rng))
    assert len(drawn) == len(given.rows)
    for row, values in zip(given.rows, drawn, strict=True):
        mean, variance = given.repeated(row)
        log_net = given.log_net(values[None], [row])
        check_moments(log_net, np.array([mean]), np.array([[variance]]))


NEW = [
    (grouped_study, small.count("N", "permits", 1, "2022-12-20", precision="almost")),
    (grouped_study, small.count("N", "work", 1, "2022-06-30", "2022-05-15", "about")),
    (two_groups, small.count("N", "alone", 1, "2024-12-01", precision="more_than")),
    (two_groups, small.count("N", "a2", 1, "2024-12-31", "2024-07-01")),
]


@pytest.mark.parametrize(("study", "row"), NEW, ids=[row.source for _, row in NEW])
def test_a_count_that_was_not_seen_is_predicted(
    study: Callable[[], Study], row: Observation
) -> None:
    """With its drift, its wording and its baseline for the length of its window."""
    entries, rows = study()
    given, rng = Given((small.without_chance(entries), rows)), np.random.default_rng(4)
    drawn = given.model.counts.predict(row, given.learned(rng), rng)
    mean, variance = given.repeated(row)
    log_net = given.log_net(drawn[None], [row])
    check_moments(log_net, np.array([mean]), np.array([[variance]]))


def test_a_sum_that_was_not_seen_shares_errors_with_those_that_were() -> None:
    """Given them, a normal: the October total is in F3 and F4, and 5,200 is a new one."""
    entries, rows = summed_study()
    given, rng = Given((small.without_chance(entries), rows)), np.random.default_rng(4)
    new = replace(
        small.count("N", "firms", 1200, "2022-12-31", "2022-11-01"),
        terms=(Summand("new", 1, 5200, "exact"), Summand("october", -1, 4000, "exact")),
    )
    drawn = given.model.counts.predict(new, given.learned(rng), rng)
    together = given.covariance([*given.rows, new])
    # Windows that overlap are each given an error of their own.
    for place, row in enumerate(given.rows):
        if row.source == "firms":
            overlap = given.sd("firms") ** 2 * brute_density.overlap(row, new)
            together[place, -1] -= overlap
            together[-1, place] -= overlap
    gain = np.linalg.solve(together[:-1, :-1], together[:-1, -1])
    residual = given.log_net(given.model.counts.values[:, None], given.rows)[:, 0]
    mean = given.mean([new]) + gain @ (residual - given.mean(given.rows))
    variance = together[-1, -1] - gain @ together[:-1, -1]
    assert abs(gain).max() > 0.05
    check_moments(given.log_net(drawn[None], [new]), mean, np.array([[variance]]))


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_repetitions_and_predictions_are_whole_events(study: Callable[[], Study]) -> None:
    """Poisson around a log-normal expectation and the baseline: mean and variance add up.

    A new figure of a source says nothing of its own chance, whatever its value.
    """
    given, rng = Given(study()), np.random.default_rng(8)
    counts, learned = given.model.counts, given.learned(np.random.default_rng(9))
    for row, values in zip(given.rows, counts.repeat(learned, rng), strict=True):
        check_events(given, row, values)
    new = replace(given.rows[0], value=1)
    check_events(given, replace(new, value=given.rows[0].value), counts.predict(new, learned, rng))


def check_events(given: Given, row: Observation, values: np.ndarray) -> None:
    """Compare draws with a Poisson count of log-normal expectation."""
    assert (values == np.round(values)).all()
    centre, variance = given.repeated(row)
    # The shift of counting is that of a count which was seen; a new one has none.
    centre += brute_density.counting_shift(given.specification, row)
    of_target = math.exp(centre + variance / 2)
    mean = of_target + brute_density.baseline(given.specification, row, given.normals)
    spread = mean + math.expm1(variance) * of_target**2
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - mean) < FAR * error
    squares = (values - mean) ** 2
    assert abs(squares.mean() - spread) < FAR * squares.std() / math.sqrt(len(values))


def test_marks_are_counts_less_baseline_over_ratio() -> None:
    """With the baselines' medians; 90 % bounds of the ratio; windows keep their days."""
    entries, rows = grouped_study()
    counts = small.model_of(entries, rows).counts
    ends, seen = np.array([9e3, 8e3, 7e3, 6e3, 5e3]), np.array([9e3, 8e3, 3e3, 2e3, 1e3])

    def medians(asked: list[Observation], exposure: Any) -> Any:
        assert asked == counts.rows and {len(part) for part in exposure.matrices.values()} == {5}
        return zip(ends, seen, strict=True)

    for place, mark in enumerate(counts.marks(medians)):
        row, source = counts.rows[place], entries["source"][counts.rows[place].source]
        added = source.get("baseline", {"median": 0.0})["median"] * brute_density.duration(row)
        shift = brute_density.PRECISIONS[str(row.precision)][1]
        lower, upper = source["ratio"]["interval90"]
        stock = (row.value - added) / (source["ratio"]["median"] * math.exp(shift))
        stock *= ends[place] / seen[place]
        half = math.sqrt(upper / lower)
        found = (mark.stock, mark.lower, mark.upper)
        assert found == pytest.approx((stock, stock / half, stock * half), rel=1e-9)
        assert (mark.start, mark.end) == (row.start or row.end, row.end)
        assert (mark.source, mark.observation) == (row.source, row.id)


# ---- a source against all others


def alone_in_its_group() -> Study:
    """The first study, with one source of the group left in it."""
    entries, rows = grouped_study()
    for name in ("work", "firms"):
        del entries["source"][name]["group"], entries["source"][name]["group_correlation"]
    return entries, rows


CONFLICTS = [
    (grouped_study, "permits"),
    (grouped_study, "work"),
    (two_groups, "a1"),
    (two_groups, "b2"),
    (two_groups, "alone"),
    (summed_study, "firms"),
    (alone_in_its_group, "permits"),
]
CASES = [f"{source} of {study.__name__}" for study, source in CONFLICTS]


@pytest.mark.parametrize(("study", "source"), CONFLICTS, ids=CASES)
def test_a_source_is_held_against_the_others_by_its_mean(
    study: Callable[[], Study], source: str
) -> None:
    """Two draws of population and noise, given which all log counts are jointly normal.

    The mean of the source's counts is weighted by its precision at the noise's median; what it
    is compared with is its conditional normal given the other sources' counts.
    """
    entries, rows = study()
    rows = [replace(row, value=round(0.93 * row.value)) for row in rows]
    left = {**entries, "source": dict(entries["source"])}
    del left["source"][source]
    kept = [row for row in rows if row.source != source]
    model, rest = small.model_of(entries, rows), small.model_of(left, kept)
    draws = [
        {name: 0.5 * value for name, value in drawn.items()}
        for drawn in (strategies.normals_for(model.normals.names, seed) for seed in (1, 2))
    ]
    weights = np.array([0.3, 0.7])
    completed = model.state(strategies.as_draws(draws))
    state = rest.state(
        strategies.as_draws([{name: draw[name] for name in rest.normals.names} for draw in draws])
    )
    others = Others(rest.evidence, state, weights, completed)
    found = model.counts.p_value(source, others, np.random.default_rng(1))
    z = scores(model, source, draws)
    below, above = weights @ stats.norm.cdf(z), weights @ stats.norm.sf(z)
    assert found == pytest.approx(2 * min(below, above), rel=1e-8)
    assert 1e-6 < found < 1


def scores(model: Model, source: str, draws: list[dict[str, float]]) -> np.ndarray:
    """How far a source's mean log count lies from its conditional mean, for each draw."""
    specification, rows = model.specification, model.counts.rows
    own = [number for number, row in enumerate(rows) if row.source == source]
    rest = [number for number, row in enumerate(rows) if row.source != source]
    noise = {
        name: [brute_density.noise_sd(specification, draw, name) for draw in draws]
        for name in model.counts.names
    }
    typical = float(np.sqrt(np.median(np.square(noise[source]))))
    mine = [rows[number] for number in own]
    errors = brute_density.count_covariance(specification, mine, lambda _: typical)
    weights = np.linalg.solve(errors, np.ones(len(own)))
    weights /= weights.sum()
    found = []
    for place, draw in enumerate(draws):
        path = brute_force.population(specification, draw)
        residual = np.array(
            [
                math.log(row.value - brute_density.baseline(specification, row, draw))
                - brute_density.count_mean(specification, row, path)
                for row in rows
            ]
        )
        covariance = brute_density.count_covariance(
            specification, rows, lambda name, at=place: noise[name][at]
        )
        gain = np.linalg.solve(covariance[np.ix_(rest, rest)], covariance[np.ix_(rest, own)]).T
        mean = gain @ residual[rest]
        spread = covariance[np.ix_(own, own)] - gain @ covariance[np.ix_(rest, own)]
        found.append(weights @ (residual[own] - mean) / math.sqrt(weights @ spread @ weights))
    return np.array(found)


def test_a_baseline_that_exceeds_a_count_contradicts_it() -> None:
    entries, rows = grouped_study()
    model = small.model_of(entries, rows)
    u = np.zeros((len(model.normals), 2))
    u[model.normals.names.index("baseline[permits]"), :] = 20.0
    state = model.state(u)
    others = Others(model.evidence, state, np.array([0.5, 0.5]), state)
    assert model.counts.p_value("permits", others, np.random.default_rng(1)) == 0.0
