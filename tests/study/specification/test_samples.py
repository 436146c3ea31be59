"""What a sample says of a share, against SciPy's beta distribution."""

import math

import pytest
from scipy import special, stats

from popest.study.specification.samples import (
    beta_of,
    expit,
    log_odds_of,
    logit,
    sample_quantiles,
)

PROBABILITIES = [0.05, 0.5, 0.95]


@pytest.mark.parametrize(
    ("seen", "of"), [(0, 1), (0, 12), (1, 1), (3, 20), (7.9, 8), (5, 4000), (1.5, 10)]
)
def test_few_seen_have_the_quantiles_of_the_beta_density(seen: float, of: float) -> None:
    """Jeffreys' prior, in which half a person each was counted and was not."""
    truth = stats.beta(seen + 0.5, of - seen + 0.5).ppf(PROBABILITIES)
    # The sums of 4,000 trapezoids bend less than the density.
    assert list(sample_quantiles(seen, of)) == pytest.approx(truth.tolist(), rel=2e-3)
    assert beta_of(seen, of) == (seen + 0.5, of - seen + 0.5)


@pytest.mark.parametrize(("seen", "of"), [(8, 20), (27, 225), (54, 450), (399, 400), (8, 4000)])
def test_many_seen_are_normal_on_the_logit(seen: float, of: float) -> None:
    """Within 4 % of the beta density at worst, where few of very many were."""
    a, b = seen + 0.5, of - seen + 0.5
    mean, sd = log_odds_of(seen, of)
    assert mean == pytest.approx(special.digamma(a) - special.digamma(b), rel=1e-12)
    assert sd == pytest.approx(math.sqrt(special.polygamma(1, a) + special.polygamma(1, b)))
    found = sample_quantiles(seen, of)
    assert found == pytest.approx(special.expit([mean + z * sd for z in (-1.6449, 0, 1.6449)]))
    assert found == pytest.approx(stats.beta(a, b).ppf(PROBABILITIES).tolist(), rel=0.04)


def test_the_logit_and_back() -> None:
    for share in (1e-9, 0.3, 0.5, 1 - 1e-9):
        assert expit(logit(share)) == pytest.approx(share, rel=1e-9)
        assert logit(share) == pytest.approx(special.logit(share), rel=1e-9)
    assert expit(-1e9) == 0.0
    for outside in (0.0, 1.0):
        with pytest.raises(ValueError, match=r"math domain error|expected a positive"):
            logit(outside)
