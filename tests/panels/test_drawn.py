"""Populations that are drawn whole, against truths that popest did not make."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from gaussian_panel import Quantity, Truth, simulate, truth_of
from panel_banks import panel_of, prepared_of, rows_of, specification_of
from scipy import stats

from popest.engines.mixture import Mixture, Normal
from popest.estimates.distribution import Distribution
from popest.panels.chunks import bank_at
from popest.panels.drawn import Plan, even_halves
from popest.panels.fitting import Fitter, Settled, settle
from popest.panels.message import Bank, Groups, message, slope
from popest.panels.part import Part
from popest.panels.prepared import Prepared
from popest.panels.reference import Piece, Place
from popest.panels.shared_prior import Shared, SharedPrior, Values
from popest.panels.sizes import PER_THETA
from popest.panels.whole import Whole
from popest.panels.workers import Here

PANELS = {
    "5 populations": (
        5,
        [
            Quantity(10_000, 1.0, 0.3, 0.3),
            Quantity(0.9, 0.35, 0.15, 0.5),
            Quantity(0.5, 0.4),
        ],
    ),
    "20 populations, grouped, with an effect": (
        20,
        [
            Quantity(10_000, 1.0, 0.3, 0.0, effect=(1.0, 0.5)),
            Quantity(0.9, 0.35, 0.15, 0.5, correlation=0.4),
            Quantity(0.5, 0.5, 0.0, correlation=0.3),
        ],
    ),
}
TRUTH_DRAWS = 100_000


@functools.cache
def solved(name: str) -> tuple[Settled, np.ndarray, Truth]:
    n, quantities = PANELS[name]
    data = simulate(quantities, n, np.random.default_rng(8), missing=0.2)
    pieces, groups, prior = prepared_of(data, is_drawn=True)
    found = settled(pieces, groups, prior)
    assert found.learned.certificate.certified
    sizes = np.concatenate(list(found.whole.sizes(found.learned.u, PER_THETA, 1)))
    return found, sizes, truth_of(data)


def settled(pieces: list[Piece], groups: Groups, prior: SharedPrior) -> Settled:
    """Fit populations in chunks of three; a thousand draws of theta are enough for a test."""
    fitter = Fitter(Prepared(tuple(pieces), groups, prior), Here(), "", 1, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("popest.panels.learning.MOST_DRAWS", 1024)
        return settle(fitter, np.random.default_rng(1))


def agrees(name: str, found: Distribution, truth: np.ndarray, of: Settled) -> None:
    """Check mean, spread and two points within three standard errors.

    These are of theta's draws, of those of the truth, and of the banks, of which the error of both
    halves together is half of what they differ by.
    """
    certificate = of.learned.certificate
    error = math.sqrt(1 / certificate.ess + 1 / len(truth) + (certificate.halves / 2) ** 2)
    assert abs(found.mean - truth.mean()) < 3 * error * truth.std(), name
    assert found.sd == pytest.approx(truth.std(), rel=3 * error), name
    for prob in (0.05, 0.95):
        reached = (truth <= found.quantile(prob)).mean()
        assert abs(reached - prob) < 3 * error * math.sqrt(prob * (1 - prob)), (name, prob)


@pytest.mark.parametrize("name", PANELS)
def test_a_static_panel_is_what_dense_matrices_make_it(name: str) -> None:
    found, sizes, truth = solved(name)
    draws = truth.draws(TRUTH_DRAWS, np.random.default_rng(2))
    learned, prior = found.learned, found.whole.prior
    pairs = list(zip(prior.shared, prior.places, strict=True))
    for place, (part, at) in enumerate(pairs):
        level = Distribution(part.level * learned.u[at][0], learned.weights)
        agrees(part.name, level, draws[:, place], found)
    for part, at in pairs:
        if len(part.effect_mean):
            effect = part.effect_mean[0] + part.effect_sd[0] * learned.u[at][1]
            agrees("effect", Distribution(effect, learned.weights), draws[:, len(pairs)], found)
    per_theta = sizes.shape[2]
    weights = np.repeat(learned.weights, per_theta) / per_theta
    draws = draws[:, truth.n_shared :]
    for place in range(3):
        one = Distribution(sizes[place].ravel(), weights)
        agrees(f"population {place}", one, draws[:, place], found)
    total = Distribution(np.log(np.exp(sizes).sum(axis=0)).ravel(), weights)
    agrees("total", total, np.log(np.exp(draws).sum(axis=1)), found)


def test_what_is_carried_is_a_ratio_that_is_known() -> None:
    """A ratio of which counts say all, A growing, gives any theta the density of a carried one."""
    rng = np.random.default_rng(1)
    known, precision = rng.standard_normal((1, 3, 40)), 1e6
    ratio = np.full_like(known, precision)
    nothing = np.zeros((0, 3, 40))
    weight = rng.standard_normal((3, 40))
    size = np.zeros((3, 40))
    # The density of the counts themselves, which no theta changes, is taken off.
    integrated = Bank(weight - 0.5 * (ratio * known**2)[0], ratio, ratio * known, nothing, size)
    carried = Bank(weight, nothing, nothing, known, size)
    groups, none = Groups(np.zeros(1), []), Groups(np.zeros(0), [])
    found = []
    for seed in range(4):
        draw = np.random.default_rng(seed)
        values = Values(draw.standard_normal((2, 3)), np.exp(draw.standard_normal(2)))
        one, other = message(integrated, groups, values), message(carried, none, values)
        found.append(one.log_density - other.log_density)
        first, second = slope(integrated, groups, values, one), slope(carried, none, values, other)
        assert second.offset[1] == pytest.approx(first.offset[1], rel=1e-3, abs=1e-3)
        assert second.log_tau[1] == pytest.approx(first.log_tau[1], rel=1e-3, abs=1e-3)
    for rest in found:
        assert rest == pytest.approx(-0.5 * math.log(precision), abs=1e-3)


def test_a_population_that_does_not_draw_a_quantity_says_nothing_of_it() -> None:
    rng = np.random.default_rng(2)
    carried = rng.standard_normal((2, 2, 30))
    carried[1, 0] = np.nan
    bank = Bank(
        rng.standard_normal((2, 30)), *[np.zeros((0, 2, 30))] * 2, carried, np.zeros((2, 30))
    )
    groups = Groups(np.zeros(0), [])
    values = Values(rng.standard_normal((3, 2)), np.array([1.0, 0.7, 0.5]))
    found = message(bank, groups, values)
    one = stats.norm.logpdf(carried[0], values.offset[1][:, None], 0.7)
    other = stats.norm.logpdf(carried[1, 1], values.offset[2, 1], 0.5)
    expected = bank.log_weight + one + math.log(2 * math.pi) / 2
    expected[1] += other + math.log(2 * math.pi) / 2
    assert found.log_density == pytest.approx(expected)
    by_theta = slope(bank, groups, values, found)
    assert by_theta.offset[2, 0] == 0
    weights = np.exp(expected[1] - expected[1].max())
    z = (carried[1, 1] - values.offset[2, 1]) / 0.5
    expected_slope = [0.0, np.average(z**2 - 1, weights=weights)]
    assert by_theta.log_tau[2] == pytest.approx(expected_slope)


FEW = (3, 0, 7, 1, 12, 40, 5, 2)
SIZES = (100, 80, 150, 60, 200, 400, 90, 120)
MEDIAN, LEVEL, BETWEEN, BETWEEN_SIGMA = 0.05, 0.6, 0.4, 0.5


def few_truth() -> dict[str, tuple[float, float]]:
    """Mean and sd of mu and of log tau, by quadrature of each count's ratio and a grid of both."""
    z = np.linspace(-5, 5, 41)
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(60)
    mu, log_tau = np.meshgrid(LEVEL * z, math.log(BETWEEN) + BETWEEN_SIGMA * z, indexing="ij")
    log = -0.5 * (z[:, None] ** 2 + z**2)
    sd = np.sqrt(np.exp(2 * log_tau) + 0.01**2)  # and how the figure was printed
    for count, size in zip(FEW, SIZES, strict=True):
        rate = size * MEDIAN * np.exp(mu[..., None] + sd[..., None] * nodes)
        log += np.log(stats.poisson.pmf(count, rate) @ node_weights)
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    found = {}
    for name, value in (("mu", mu), ("log_tau", log_tau)):
        mean = (weights * value).sum()
        found[name] = (mean, math.sqrt((weights * (value - mean) ** 2).sum()))
    return found


def test_few_counts_and_zeros_are_what_quadrature_makes_them() -> None:
    total = math.sqrt(LEVEL**2 + BETWEEN**2 * math.exp(2 * BETWEEN_SIGMA**2))
    base = specification_of([Quantity(100, 0.0), Quantity(MEDIAN, total)])
    noise = base.noise.error.replaced(median=1e-6)
    source = base.source["s0"].replaced(sampling="poisson")
    place = Place(("source", "s0", "ratio"), "ratio[s0]", 1, 0)
    pieces = []
    for number, (count, size) in enumerate(zip(FEW, SIZES, strict=True)):
        known = base.population.size.replaced(median=float(size))
        specification = base.replaced(
            population=base.population.replaced(size=known),
            noise=base.noise.replaced(error=noise),
            source={"s0": source},
        )
        rows = rows_of([(0, count)], number)
        pieces.append(Piece(f"p{number}", specification, rows, (place,), True))
    shared = Shared(
        1,
        "s0",
        LEVEL,
        BETWEEN,
        BETWEEN_SIGMA,
        np.zeros((0, len(FEW))),
        np.zeros(0),
        np.zeros(0),
        carried=2,
    )
    prior = SharedPrior(np.array([0.0, total, 1.0]), [shared], len(FEW))
    found = settled(pieces, Groups(np.zeros(1), []), prior)
    learned, certificate = found.learned, found.learned.certificate
    # One count of 40 is not few: its ratio is integrated, and all others are carried.
    is_carried = ~np.isnan(
        [bank.carried[0, 0, 0] for part in found.whole.parts for bank, _ in part.each()]
    )
    assert is_carried.tolist() == [count < 30 for count in FEW]
    assert certificate.certified
    error = math.sqrt(1 / certificate.ess + (certificate.halves / 2) ** 2)
    drawn = {
        "mu": LEVEL * learned.u[0],
        "log_tau": math.log(BETWEEN) + BETWEEN_SIGMA * learned.u[1],
    }
    for name, (mean, sd) in few_truth().items():
        one = Distribution(drawn[name], learned.weights)
        assert abs(one.mean - mean) < 3 * error * sd, name
        assert one.sd == pytest.approx(sd, rel=3 * error), name


def test_a_population_refitted_near_the_others_says_the_same() -> None:
    """The density of theta that draws give is the same wherever they are drawn."""
    data = simulate(PANELS["5 populations"][1], 1, np.random.default_rng(3))
    pieces, groups, prior = prepared_of(data, is_drawn=True)
    marginal = prior.marginal()
    nearby = Values(marginal.offset + 0.2, 0.6 * marginal.tau)
    plans = [Plan(marginal, n_draws=8192), Plan(marginal, nearby, 8192)]
    panels = []
    for plan in plans:
        bank = bank_at(pieces[0], groups, plan, 1)
        part = Part.of([pieces[0].name], [bank], groups, prior)
        panels.append(Whole.of(Here(), [part], prior))
    moves = 0.4 * np.random.default_rng(4).standard_normal((6, len(prior)))
    logs = [[panel.density_and_slope(u)[0] for u in moves] for panel in panels]
    apart = np.array(logs[0]) - logs[1]
    assert apart == pytest.approx(apart.mean(), abs=0.03)
    assert abs(apart.mean()) < 0.03


def test_the_density_of_theta_is_that_of_integrated_sizes() -> None:
    """Both ways to compute a static panel, covariates moving the size and a ratio."""
    quantities = [
        Quantity(10_000, 1.0, 0.3, 0.3, effect=(0.8, 0.5)),
        Quantity(0.9, 0.35, 0.15, 0.5, effect=(1.0, 0.5)),
        Quantity(0.5, 0.4),
    ]
    data = simulate(quantities, 3, np.random.default_rng(3))
    exact = panel_of(data)
    pieces, groups, prior = prepared_of(data, is_drawn=True)
    marginal = prior.marginal()
    found = [
        bank_at(
            piece, groups, Plan(Values(marginal.offset[:, p : p + 1], marginal.tau), None, 8192), 1
        )
        for p, piece in enumerate(pieces)
    ]
    part = Part.of([piece.name for piece in pieces], found, groups, prior)
    drawn = Whole.of(Here(), [part], prior)
    moves = 0.4 * np.random.default_rng(4).standard_normal((6, len(prior)))
    pairs = [(exact.density_and_slope(u), drawn.density_and_slope(u)) for u in moves]
    apart = np.array([one[0] - other[0] for one, other in pairs])
    assert apart == pytest.approx(apart.mean(), abs=0.05)
    for (_, one), (_, other) in pairs:
        assert other == pytest.approx(one, abs=0.2)


def test_halves_are_even_and_independent() -> None:
    normal = Normal(np.array([1.0, -2.0]), np.array([[2.0, 0.0], [0.5, 1.0]]))
    mixture = Mixture((Normal.standard(2), normal), (0.25, 0.75))
    found = even_halves(mixture, 4096, np.random.default_rng(1))
    halves = found.reshape(2, 2, 2048).transpose(1, 0, 2)
    assert (halves[0] != halves[1]).any()
    expected = 0.25 * np.zeros(2) + 0.75 * normal.mean
    for half in halves:
        # Independent draws of a variance of about 4 would miss by .04.
        assert half.mean(axis=1) == pytest.approx(expected, abs=0.01)
