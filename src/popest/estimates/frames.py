"""An estimate as pandas tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from popest.estimates.distribution import PROBABILITIES, Distribution
from popest.estimates.result import trajectory_rows

if TYPE_CHECKING:
    from popest.estimates.result import Result


def date_frame(estimate: Result) -> pd.DataFrame:
    """Return the stock by date, posterior and prior; persons."""
    rows = []
    for day in estimate.dates:
        stock, prior = estimate.stock(day), estimate.prior_stock(day)
        row: dict[str, Any] = {"date": pd.Timestamp(day), "median": stock.median}
        row |= {"mean": stock.mean, "sd": stock.sd, **_bounds(stock)}
        row |= {"prior_median": prior.median, **_bounds(prior, "prior_")}
        rows.append(row)
    return pd.DataFrame(rows).set_index("date")


def trajectory_frame(estimate: Result) -> pd.DataFrame:
    """Return the stock at each month's end; persons."""
    rows = [
        {"date": pd.Timestamp(day), "median": median}
        | {
            f"{side}_{i.prob * 100:g}": getattr(i, side)
            for i in intervals
            for side in ("lower", "upper")
        }
        for day, median, intervals in trajectory_rows(estimate, PROBABILITIES)
    ]
    return pd.DataFrame(rows).set_index("date")


def ratio_frame(estimate: Result) -> pd.DataFrame:
    """Return each source's ratio at the headline date, per unit of exposure."""
    names = ("median", "lower", "upper")
    rows = [
        {"source": learned.source, "prob": learned.prob}
        | {f"prior_{n}": v for n, v in zip(names, learned.prior, strict=True)}
        | {f"posterior_{n}": v for n, v in zip(names, learned.posterior, strict=True)}
        for learned in estimate.ratios_learned
    ]
    columns = ["source", "prob", *(f"{w}_{n}" for w in ("prior", "posterior") for n in names)]
    return pd.DataFrame(rows, columns=columns).set_index("source")


def fit_frame(estimate: Result) -> pd.DataFrame:
    """Return each observation beside its prediction, in the observation's unit."""
    rows = []
    for fit in estimate.observations_fit:
        interval = fit.predicted.interval(estimate.settings.prob)
        rows.append(
            {
                "observation": fit.observation,
                "source": fit.source,
                "value": fit.value,
                "predicted_median": fit.predicted.median,
                "predicted_lower": interval.lower,
                "predicted_upper": interval.upper,
                "percentile": fit.percentile,
                "extreme": fit.is_extreme,
            }
        )
    columns = ["observation", "source", "value", "predicted_median", "predicted_lower"]
    columns += ["predicted_upper", "percentile", "extreme"]
    return pd.DataFrame(rows, columns=columns).set_index("observation")


def _bounds(distribution: Distribution, prefix: str = "") -> dict[str, float]:
    return {
        f"{prefix}{side}_{prob * 100:g}": getattr(distribution.interval(prob), side)
        for prob in PROBABILITIES
        for side in ("lower", "upper")
    }
