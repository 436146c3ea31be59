"""A panel's estimate as plain data: what ``popest estimate PANEL --json`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from popest.estimates.distribution import PROBABILITIES, Distribution
from popest.estimates.document import rounded
from popest.estimates.result import versions
from popest.panels.comparisons.panel_variants import PanelVariantRow
from popest.panels.one_population import PopulationEstimate
from popest.panels.panel_result import PanelNotCertifiedError, PanelResult, PooledLearned


def panel_document(
    estimate: PanelResult, variants: Sequence[PanelVariantRow] = ()
) -> dict[str, Any]:
    """Return the estimate of a panel as nested dictionaries, lists, numbers and strings.

    The variants, where given, stand side by side under a key of their own.
    """
    total, prior = estimate.total, estimate.prior_total
    return rounded(
        {
            **_beginning(estimate),
            "total": None
            if total is None or prior is None
            else {
                **_spread(estimate, total),
                **_probabilities(estimate, total),
                "prior": {**_spread(estimate, prior), **_probabilities(estimate, prior)},
            },
            "populations": [
                {
                    "population": row.population,
                    "title": row.title,
                    "figures": row.n_figures,
                    **_spread(estimate, row.size),
                }
                for row in estimate.rows()
            ],
            "pooled": [_pooled(estimate, row) for row in estimate.pooled()],
            "warnings": estimate.warnings,
            **_ending(estimate),
            "seconds": estimate.seconds,
            **({"variants": [row.to_dict() for row in variants]} if variants else {}),
        }
    )


def population_document(
    estimate: PanelResult, found: PopulationEstimate, variants: Sequence[PanelVariantRow] = ()
) -> dict[str, Any]:
    """Return one population of a panel as plain data."""
    return rounded(
        {
            **_beginning(estimate),
            "population": found.name,
            "figures": found.n_figures,
            **_spread(estimate, found.size),
            "ratios": [
                {"source": name, **_spread(estimate, ratio)} for name, ratio in found.ratios.items()
            ],
            "stocks": [
                {"date": str(day), **_spread(estimate, stock)}
                for day, stock in found.stocks.items()
            ],
            "quantities": [
                {"quantity": name, **_spread(estimate, one)}
                for name, one in found.quantities.items()
            ],
            "trajectory": [
                {"date": str(day), **_spread(estimate, stock)} for day, stock in found.trajectory
            ],
            "warnings": estimate.warnings,
            **_ending(estimate),
            "seconds": estimate.seconds,
            **({"variants": [row.to_dict() for row in variants]} if variants else {}),
        }
    )


def not_certified_panel_document(error: PanelNotCertifiedError) -> dict[str, Any]:
    """Return the same keys where a panel is not certified: estimates null, certificate filled."""
    unknown = dict.fromkeys(("total", "populations", "pooled"))
    return rounded(
        {
            **_beginning(error),
            **unknown,
            "warnings": [str(error)],
            "not_certified": list(error.populations),
            **_ending(error),
        }
    )


def _beginning(found: PanelResult | PanelNotCertifiedError) -> dict[str, Any]:
    specification, day = found.panel.specification, found.panel.as_of_day
    return {
        "panel": found.panel.name,
        "title": specification.title,
        "unit": specification.unit,
        **specification.headline.entry,
        "as_of": None if day is None else str(day),
        "variant": found.panel.variant,
    }


def _ending(found: PanelResult | PanelNotCertifiedError) -> dict[str, Any]:
    certificate = found.certificate
    return {
        "certificate": {
            "certified": certificate.certified,
            "pareto_k": certificate.pareto_k,
            "ess": certificate.ess,
            "halves": certificate.halves,
            "population_halves": certificate.population_halves,
            "population_pareto_k": certificate.population_pareto_k,
            "population_ess": certificate.population_ess,
        },
        "seed": found.settings.seed,
        "data_sha256": found.panel.data_sha256,
        "versions": versions("panel"),
    }


def _spread(estimate: PanelResult, found: Distribution) -> dict[str, Any]:
    probs = sorted({*PROBABILITIES, estimate.settings.prob})
    return {
        "median": found.median,
        "intervals": [
            {"prob": prob, "lower": lower, "upper": upper, "kind": kind}
            for lower, upper, prob, kind, _ in found.intervals(probs)
        ],
    }


def _probabilities(estimate: PanelResult, found: Distribution) -> dict[str, Any]:
    return {
        "probabilities": [
            {"lower": lower, "upper": upper, "prob": found.probability(lower, upper)}
            for lower, upper in estimate.panel.specification.ranges
        ]
    }


def _pooled(estimate: PanelResult, row: PooledLearned) -> dict[str, Any]:
    return {
        "quantity": row.quantity,
        "part": row.part,
        "covariate": row.of or None,
        "is_factor": row.is_factor,
        "prior": _spread(estimate, row.prior),
        "posterior": _spread(estimate, row.posterior),
    }
