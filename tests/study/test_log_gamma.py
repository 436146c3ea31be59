"""Moments of the logarithm of a gamma variable against SciPy's."""

import numpy as np
import pytest
from scipy import special

from popest.study.log_gamma import digamma, trigamma

SHAPES = [*np.geomspace(1e-3, 1e9, 200).tolist(), 0.5, 1.0, 1.4616, 15.999, 16.0, 16.001, 30.0]
AGREES = 1e-13


def test_the_mean_is_digamma() -> None:
    """Near its zero, at 1.4616, the difference is measured absolutely."""
    found = [digamma(shape) for shape in SHAPES]
    assert found == pytest.approx(special.digamma(SHAPES).tolist(), rel=AGREES, abs=AGREES)


def test_the_variance_is_trigamma() -> None:
    found = [trigamma(shape) for shape in SHAPES]
    assert found == pytest.approx(special.polygamma(1, SHAPES).tolist(), rel=AGREES)


def test_both_have_known_values() -> None:
    """psi(1) is minus Euler's constant, psi'(1) is pi^2 / 6."""
    assert digamma(1) == pytest.approx(-0.5772156649015329, rel=AGREES)
    assert trigamma(1) == pytest.approx(np.pi**2 / 6, rel=AGREES)
