"""What populations share, where the answer is known: fully normal panels in closed form."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from gaussian_panel import Quantity, Truth, TruthOfMany, simulate, truth_of, truth_of_many
from panel_banks import as_one, panel_of

from popest.estimates.distribution import Distribution
from popest.panels.learning import Learned, around_mode, learn
from popest.panels.part import Part, sizes_of
from popest.panels.sizes import PER_THETA, draw_one
from popest.panels.whole import Whole

MANY = 2_000
PANELS = {
    "5 populations": (
        5,
        [Quantity(10_000, 1.0), Quantity(0.9, 0.35, 0.15, 0.5), Quantity(0.5, 0.4)],
    ),
    "grouped, one bias shared, an effect": (
        20,
        [
            Quantity(10_000, 1.0, 0.3, 0.0, effect=(1.0, 0.5)),
            Quantity(0.9, 0.35, 0.15, 0.5, correlation=0.4),
            Quantity(0.5, 0.5, 0.0, correlation=0.3),
            Quantity(0.3, 0.5),
        ],
    ),
    "100 populations": (
        100,
        [
            Quantity(10_000, 0.6, 0.3, 0.3),
            Quantity(0.9, 0.35, 0.15, 0.5, correlation=0.4),
            Quantity(0.5, 0.4, 0.0, correlation=0.3),
        ],
    ),
    "2,000 populations": (
        MANY,
        [
            Quantity(10_000, 0.6),
            Quantity(0.9, 0.35, 0.15, 0.5, correlation=0.4),
            Quantity(0.5, 0.4, 0.2, correlation=0.3),
        ],
    ),
}
TRUTH_DRAWS = 200_000
TRUTH_DRAWS_OF_MANY = 8_000


def truth_draws(name: str) -> np.ndarray:
    """Return draws of the truth, with what is shared first."""
    *_, truth = solved(name)
    n = TRUTH_DRAWS_OF_MANY if PANELS[name][0] == MANY else TRUTH_DRAWS
    return truth.draws(n, np.random.default_rng(2))


@functools.cache
def solved(name: str) -> tuple[Whole, Learned, np.ndarray, Truth | TruthOfMany]:
    n, quantities = PANELS[name]
    data = simulate(quantities, n, np.random.default_rng(8), missing=0.2)
    panel = panel_of(data)
    learned = learn(panel, np.random.default_rng(1))
    assert learned.certificate.certified
    sizes = sizes_of(as_one(panel), learned.u, PER_THETA, 1)
    return panel, learned, sizes, truth_of_many(data) if n >= 100 else truth_of(data)


def agrees(name: str, found: Distribution, truth: np.ndarray, ess: float) -> None:
    """Check mean, 5 and 95 % points within three standard errors; two points of each are tried."""
    error = math.sqrt(1 / ess + 1 / len(truth))
    assert abs(found.mean - truth.mean()) < 3 * error * truth.std(), name
    assert found.sd == pytest.approx(truth.std(), rel=3 * error), name
    for prob in (0.05, 0.95):
        reached = (truth <= found.quantile(prob)).mean()
        assert abs(reached - prob) < 3 * math.sqrt(prob * (1 - prob)) * error, (name, prob)


@pytest.mark.parametrize("name", PANELS)
def test_what_is_shared(name: str) -> None:
    panel, learned, _, truth = solved(name)
    draws = truth_draws(name)
    place, ess = 0, learned.certificate.ess
    for part, at in zip(panel.prior.shared, panel.prior.places, strict=True):
        found = Distribution(part.level * learned.u[at][0], learned.weights)
        agrees(part.name, found, draws[:, place], ess)
        place += 1
    for part, at in zip(panel.prior.shared, panel.prior.places, strict=True):
        if len(part.effect_mean):
            effect = part.effect_mean[0] + part.effect_sd[0] * learned.u[at][1]
            agrees("effect", Distribution(effect, learned.weights), draws[:, place], ess)
            place += 1
    assert place == truth.n_shared


@pytest.mark.parametrize("name", PANELS)
def test_spreads_between_populations(name: str) -> None:
    panel, learned, _, truth = solved(name)
    uncertain = [
        (part, at)
        for part, at in zip(panel.prior.shared, panel.prior.places, strict=True)
        if part.is_spread_uncertain
    ]
    assert len(uncertain) == truth.log_tau.shape[1] > 0
    for number, (part, at) in enumerate(uncertain):
        found = Distribution(
            math.log(part.between) + part.between_sigma * learned.u[at][-1], learned.weights
        )
        values = truth.log_tau[:, number]
        mean = truth.weights @ values
        sd = math.sqrt(truth.weights @ (values - mean) ** 2)
        error = 1 / math.sqrt(learned.certificate.ess)
        assert abs(found.mean - mean) < 3 * error * sd
        assert found.sd == pytest.approx(sd, rel=3 * error)


@pytest.mark.parametrize("name", PANELS)
def test_populations_and_their_total(name: str) -> None:
    _, learned, sizes, truth = solved(name)
    draws = truth_draws(name)[:, truth.n_shared :]
    per_theta = sizes.shape[2]
    weights = np.repeat(learned.weights, per_theta) / per_theta
    ess = learned.certificate.ess
    for place in range(3):
        found = Distribution(sizes[place].ravel(), weights)
        agrees(f"population {place}", found, draws[:, place], ess)
    total = Distribution(np.log(np.exp(sizes).sum(axis=0)).ravel(), weights)
    agrees("total", total, np.log(np.exp(draws).sum(axis=1)), ess)
    means = sizes.mean(axis=2) @ learned.weights
    apart = (means - draws.mean(axis=0)) / draws.std(axis=0)
    assert np.abs(apart).max() < 4.5 / math.sqrt(ess)


def test_the_total_is_less_sure_than_independent_populations() -> None:
    """What is shared does not cancel in a sum."""
    _, learned, sizes, _ = solved("100 populations")
    totals = np.exp(sizes).sum(axis=0)
    alone = np.exp(sizes)
    variance = ((alone - (alone.mean(axis=2) @ learned.weights)[:, None, None]) ** 2).mean(axis=2)
    independent = (variance @ learned.weights).sum()
    mean = totals.mean(axis=1) @ learned.weights
    together = ((totals - mean) ** 2).mean(axis=1) @ learned.weights
    assert together > 5 * independent


def test_one_population_in_full_is_that_of_the_table() -> None:
    panel, learned, sizes, _ = solved("5 populations")
    whole = as_one(panel)
    bank = whole.each()[3]
    one = Part.of(["p3"], [bank], whole.groups, whole.prior.of(slice(3, 4)))
    found = draw_one(one, learned, 1)
    assert (found.log_sizes == sizes[3].ravel()).all()
    assert found.log_ratios.shape == (2, sizes[3].size)


def test_the_mode_has_no_slope() -> None:
    panel, *_ = solved("100 populations")
    normal = around_mode(panel)
    _, slope = panel.density_and_slope(normal.mean)
    assert np.abs(normal.factor.T @ slope).max() < 0.01


@pytest.mark.parametrize("by_source", [0.0, 0.7])
def test_the_noise_of_counts_is_integrated(by_source: float) -> None:
    """Four times the points say the same: the banks of populations are as good as exact."""
    quantities = [
        Quantity(10_000, 1.0),
        Quantity(0.9, 0.35, 0.15, 0.5),
        Quantity(0.5, 0.4, 0.1, 0.4),
    ]
    data = simulate(quantities, 12, np.random.default_rng(6), rows=4, missing=0.2)
    panel = panel_of(data, noise_sigma=0.5, by_source=by_source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("popest.panels.reference.POINTS", 512)
        finer = panel_of(data, noise_sigma=0.5, by_source=by_source, seed=2)
    few, many = (learn(each, np.random.default_rng(1)) for each in (panel, finer))
    assert few.certificate.certified and many.certificate.halves < few.certificate.halves
    for place in range(len(panel.prior)):
        one, other = (Distribution(each.u[place], each.weights) for each in (few, many))
        # The draws of theta are the same, so that only the banks differ.
        assert abs(one.mean - other.mean) < 0.1 * other.sd
