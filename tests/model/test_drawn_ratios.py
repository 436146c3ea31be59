"""Ratios that are part of a draw: their priors by SciPy, and how they wander between days."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import small_studies as small
from scipy import special, stats

from popest.model.drawn.drawn_ratios import SPECIAL, DrawnRatio
from popest.model.normals import Normals
from popest.study.specification.reading import read
from popest.study.specification.records import Source

N = 60_000
FAR = 4.5  # standard errors
SHARE = {"median": 0.842, "interval90": [0.6, 0.95], "at_most_one": True, "because": small.WHY}
FEW = {"seen": 3, "of": 20, "because": small.WHY}
MANY = {"seen": 54, "of": 450, "deff": 2.0, "because": small.WHY}


def drawn(ratio: small.Table, years: tuple[float, ...] = (), **entries: Any) -> DrawnRatio:
    source = read(Source, small.source("stock", ratio=ratio, **entries))
    return DrawnRatio("s", source, np.array(years), Normals())


def normals(ratio: DrawnRatio, seed: int = 1) -> np.ndarray:
    size = max(1 if ratio.own is None else ratio.own + 1, ratio.steps.stop, (ratio.factor or 0) + 1)
    return np.random.default_rng(seed).standard_normal((size, N))


PRIORS = {
    "log-normal": (small.ratio(0.5, 0.3), stats.lognorm(0.3, scale=0.5)),
    "few seen": (FEW, stats.beta(3.5, 17.5)),
    "few seen of few asked": (
        {"seen": 3, "of": 20, "deff": 2, "because": "x"}, stats.beta(2, 9)
    ),
    "none seen": ({"seen": 0, "of": 12, "because": "x"}, stats.beta(0.5, 12.5)),
}  # fmt: skip


@pytest.mark.parametrize(("prior", "truth"), PRIORS.values(), ids=PRIORS)
def test_a_ratio_has_the_quantiles_of_its_prior(prior: small.Table, truth: Any) -> None:
    """Exactly, at five probabilities; of a sample they are those of the beta density."""
    ratio = drawn(prior)
    z = np.array([-3.0, -1.6449, 0.0, 1.0, 2.5])
    u = np.zeros((1, 5))
    u[ratio.own or 0] = z
    found = np.exp(ratio.log(u, np, SPECIAL))[0]
    assert found == pytest.approx(truth.ppf(stats.norm.cdf(z)), rel=1e-9)
    assert [ratio.prior_quantile(each, 0.0) for each in z] == pytest.approx(list(found), rel=1e-9)


@pytest.mark.parametrize("prior", [SHARE, MANY])
def test_the_logit_of_a_share_is_normal(prior: small.Table) -> None:
    ratio = drawn(prior)
    if "seen" in prior:
        a, b = 27.5, 198.5
        centre = special.digamma(a) - special.digamma(b)
        sd = math.sqrt(special.polygamma(1, a) + special.polygamma(1, b))
        # And so is the share itself beta, to 3 % at worst.
        exact = stats.beta(a, b).ppf([0.05, 0.5, 0.95])
        found = [ratio.prior_quantile(z, 0.0) for z in (-1.6449, 0.0, 1.6449)]
        assert found == pytest.approx(list(exact), rel=0.03)
    else:
        lower, upper = special.logit(prior["interval90"])
        centre, sd = (lower + upper) / 2, (upper - lower) / 2 / 1.6449
    z = np.array([[-2.0, 0.0, 1.5]])
    found = np.exp(ratio.log(z, np, SPECIAL))[0]
    assert found == pytest.approx(special.expit(centre + sd * z[0]), rel=1e-12)


def test_eight_seen_are_many() -> None:
    """From there on the logit is taken as normal, below it the density is beta."""
    assert drawn({"seen": 8, "of": 40, "because": "x"}).beta is None
    assert drawn({"seen": 7, "of": 40, "because": "x"}).beta == (7.5, 33.5)
    assert drawn({"seen": 15, "of": 40, "deff": 2.0, "because": "x"}).beta == (8.0, 13.0)


def test_a_known_ratio_claims_no_normal() -> None:
    ratio = drawn({"known": 0.7, "because": "x"})
    assert ratio.own is None
    assert np.exp(ratio.log(np.zeros((0, 2)), np, SPECIAL))[0] == pytest.approx([0.7, 0.7])


def test_a_group_shares_a_part_of_the_error() -> None:
    """Two sources of one group: tau_1 tau_2 sqrt(c_1 c_2), as where ratios are integrated."""
    claimed = Normals()
    ratios = [
        DrawnRatio(
            name,
            read(
                Source,
                small.source(
                    "stock", ratio=small.ratio(0.5, tau), group="g", group_correlation=shared
                ),
            ),
            np.array([]),
            claimed,
        )
        for name, tau, shared in (("a", 0.3, 0.4), ("b", 0.5, 0.9))
    ]
    assert len(claimed) == 3
    u = np.random.default_rng(2).standard_normal((3, N))
    found = np.cov([ratio.level(u) for ratio in ratios])
    shared = 0.3 * 0.5 * math.sqrt(0.4 * 0.9)
    truth = np.array([[0.09, shared], [shared, 0.25]])
    error = np.sqrt((np.outer(np.diag(truth), np.diag(truth)) + truth**2) / N)
    assert (np.abs(found - truth) < FAR * error).all()


@pytest.mark.parametrize("prior", [small.ratio(0.5, 0.2), SHARE], ids=["log", "logit"])
def test_drift_is_a_brownian_motion_on_its_scale(prior: small.Table) -> None:
    """On days of rows as they are drawn, between and after them as they are bridged.

    The covariance of all is drift^2 min(s, t); of a share on the logit, drift / (1 - median).
    """
    ratio = drawn(prior, (0.5, 1.2, 3.0), drift=0.3)
    step = 0.3 / (1 - 0.842) if ratio.is_bounded else 0.3
    u, rng = normals(ratio), np.random.default_rng(4)
    to = special.logit if ratio.is_bounded else np.log
    days = (0.2, 0.5, 2.0, 3.0, 4.5)
    start = ratio.centre + ratio.level(u)
    found = np.cov([to(ratio.at(day, u, rng)) - start for day in days])
    truth = step**2 * np.minimum.outer(days, days)
    # Draws between rows are made day by day, so that two of them share only what rows say.
    error = np.sqrt((np.outer(np.diag(truth), np.diag(truth)) + truth**2) / N)
    assert (np.abs(found - truth) < FAR * error).all()
    on_days = ratio.log(u, np, SPECIAL)
    assert np.exp(on_days[0]) == pytest.approx(ratio.at(0.5, u, rng))
    assert np.exp(on_days[2]) == pytest.approx(ratio.at(3.0, u, rng))


@pytest.mark.parametrize("prior", [small.ratio(0.5, 0.2), SHARE, FEW], ids=["log", "logit", "beta"])
def test_the_prior_after_years_has_drifted(prior: small.Table) -> None:
    ratio = drawn(prior, (1.0,), drift=0.2)
    u, rng = normals(ratio), np.random.default_rng(5)
    later = ratio.at(3.0, u, rng)
    for z, prob in ((-1.6449, 0.05), (0.0, 0.5), (1.6449, 0.95)):
        below = (later <= ratio.prior_quantile(z, 3.0)).mean()
        assert abs(below - prob) < FAR * math.sqrt(prob * (1 - prob) / N)


def test_no_share_reaches_one_or_leaves_the_numbers() -> None:
    for prior in (SHARE, FEW, MANY):
        ratio = drawn(prior)
        found = ratio.log(np.array([[-40.0, 40.0]]), np, SPECIAL)[0]
        assert np.isfinite(found).all()
        assert (found <= 0).all()
