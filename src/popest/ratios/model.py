"""The hierarchical model of the pairs: how ratios differ between types, countries and blocks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from popest.ratios.evidence import Evidence

if TYPE_CHECKING:
    import pymc as pm

    from popest.model.normals import Array

TYPE_MEAN, TYPE_SD = -0.5, 1.5
"""Prior of a type's log ratio: 90 % of ratios between 0.05 and 7, which no type lies outside."""
REGIME_SD = 0.5
"""Prior of a regime's difference from its type: factors of 0.44 to 2.3."""
BETWEEN_MEDIAN, WITHIN_MEDIAN, SPREAD_SD = 0.25, 0.15, 0.7
"""Prior medians of a typical type's spread between and within blocks, and their log-scale sd."""
SPREADS_DIFFER_SD = 0.7
"""Half-normal scale of how much the log spreads of types differ: a factor of 2 is common."""
COUNTRY_SHARE = (2.0, 2.0)
"""Beta prior of the share of the variance between places that belongs to the country."""
TAIL = 4.0
"""Degrees of freedom between blocks: a few hosts are far out (Lange, Little and Taylor 1989).

Some hundred blocks say next to nothing about it, so it is not estimated.
"""
DRIFT_MEAN, DRIFT_SD = 0.15, 0.15
"""Prior of the drift of numbers issued: by how much the log ratio rises with the log of their age.

At the reference age of a year that is its rise in a year.
"""
BLOCKS_DIFFER_SD = 0.5
"""Half-normal scale of how much the log spreads within blocks of one type and regime differ."""


class BlockSums(NamedTuple):
    """What the pairs say of each block's standard normal, `(..., block)`.

    `precision` is its inverse variance, prior included, and `weighted` its mean times that.
    """

    precision: Array
    weighted: Array

    @classmethod
    def of(
        cls, evidence: Evidence, residual: Array, loading: Array, variance: Array, counted: Array
    ) -> BlockSums:
        """Return the sums for residuals `(..., pair)` with their loadings and variances."""
        member = np.equal.outer(evidence.block, np.arange(len(evidence.blocks))) * 1.0
        scaled = counted * loading / variance
        return cls(1 + (scaled * loading) @ member, (scaled * residual) @ member)


def mean_covariance(evidence: Evidence) -> np.ndarray:
    """Return the prior covariance of the means of the cells, `(cell, cell)`.

    Regimes share the mean of their type, from which each differs.
    """
    same = np.equal.outer(evidence.type_of_cell, evidence.type_of_cell)
    own = np.diag(REGIME_SD**2 * evidence.has_regimes)
    covariance: np.ndarray = TYPE_SD**2 * same + own
    return covariance


def build_ratio_model(evidence: Evidence) -> pm.Model:
    """Return the model of the pairs.

    Parameters
    ----------
    evidence
        The pairs.

    Notes
    -----
    Pair i of cell k (type and regime), country j and block b has (effects of countries are apart
    for each type, those of blocks for each cell)

    log ratio = m_k + B_k (sqrt(f) c_j + sqrt(1 - f) t_b) + d a_i + W_k exp(q v_b) e_i + error_i

    with c, e and v standard normal, t Student-t with ``TAIL`` degrees of freedom, a the log age
    of numbers issued, and the error normal with the pair's own standard deviation. The mean m_k
    is that of its type and, where a type has several regimes, a difference from it; that of the
    type is integrated. As t = z / sqrt(g), with z standard normal and g gamma-distributed with
    shape and rate ``TAIL`` / 2, the z are integrated exactly given g.
    The spreads B_k between places and W_k within a block are log-normal around those of a
    typical type, so that types of few pairs borrow from the others. The data ``log_ratio`` and
    ``counted`` (1, or 0 for a pair that is held out) can be replaced in the model once built.
    """
    import pymc as pm
    import pytensor.tensor as pt

    n_cells = len(evidence.cells)
    with pm.Model() as model:
        observed = pm.Data("log_ratio", evidence.log_ratio)
        counted = pm.Data("counted", np.ones(len(evidence.pairs)))
        centre, factor = np.full(n_cells, TYPE_MEAN), np.linalg.cholesky(mean_covariance(evidence))
        mean = pm.MvNormal("mean", centre, chol=factor, shape=n_cells)
        between = _spreads("between", BETWEEN_MEDIAN, n_cells)
        within = _spreads("within", WITHIN_MEDIAN, n_cells)
        share = pm.Beta("country_share", *COUNTRY_SHARE)
        country = pm.Normal("country", 0, 1, shape=len(evidence.hosts))
        weight = pm.Gamma("block_weight", TAIL / 2, TAIL / 2, shape=len(evidence.blocks))
        differ = pm.HalfNormal("blocks_differ", BLOCKS_DIFFER_SD)
        own_spread = pm.Normal("block_spread", 0, 1, shape=len(evidence.blocks))
        drift = pm.Normal("drift", DRIFT_MEAN, DRIFT_SD)
        cell = evidence.cell
        expected = mean[cell] + drift * evidence.log_age
        expected += between[cell] * pt.sqrt(share) * country[evidence.host]
        inside = within[cell] * pt.exp(differ * own_spread[evidence.block])
        variance = inside**2 + evidence.error_sd**2
        loading = between[cell] * pt.sqrt((1 - share) / weight[evidence.block])
        sums = BlockSums.of(evidence, observed - expected, loading, variance, counted)
        own = counted * ((observed - expected) ** 2 / variance + pt.log(2 * math.pi * variance))
        shared = pt.log(sums.precision) - sums.weighted**2 / sums.precision
        pm.Potential("pairs", -0.5 * (pt.sum(own) + pt.sum(shared)))
    return model


def _spreads(name: str, median: float, n_cells: int) -> pm.Deterministic:
    """Return the spreads of all cells around that of a typical one, inside a model."""
    import pymc as pm
    import pytensor.tensor as pt

    typical = pm.Normal(f"{name}_typical", math.log(median), SPREAD_SD)
    differ = pm.HalfNormal(f"{name}_differ", SPREADS_DIFFER_SD)
    own = pm.Normal(f"{name}_own", 0, 1, shape=n_cells)
    return pm.Deterministic(name, pt.exp(typical + differ * own))
