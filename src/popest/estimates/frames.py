"""An estimate as pandas tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from popest.estimates.distribution import named_bounds
from popest.estimates.result import month_end_stocks

if TYPE_CHECKING:
    from popest.estimates.result import Result

NAMES = ("median", "lower", "upper")


def date_frame(estimate: Result) -> pd.DataFrame:
    """Return the stock by date, posterior and prior; persons.

    `scenario` says that a date lies after the last used count, and `assumed` which share of the
    variance of the stock's logarithm no figure then speaks to.
    """
    rows = []
    for day in estimate.dates:
        stock, prior = estimate.stock(day), estimate.prior_stock(day)
        row: dict[str, Any] = {"date": pd.Timestamp(day), "median": stock.median}
        row |= {"mean": stock.mean, "sd": stock.sd, **named_bounds(stock)}
        row |= {"prior_median": prior.median}
        row |= {f"prior_{name}": bound for name, bound in named_bounds(prior).items()}
        scenario = estimate.scenarios.get(day)
        assumed = None if scenario is None else scenario.assumed
        row |= {"scenario": scenario is not None}
        row |= {"assumed": float("nan") if assumed is None else assumed}
        rows.append(row)
    return pd.DataFrame(rows).set_index("date")


def trajectory_frame(estimate: Result) -> pd.DataFrame:
    """Return the stock at each month's end; persons. `scenario` is that of `date_frame`."""
    rows = [
        {
            "date": pd.Timestamp(day),
            "median": stock.median,
            **named_bounds(stock),
            "scenario": estimate.study.is_scenario(day),
        }
        for day, stock in month_end_stocks(estimate)
    ]
    return pd.DataFrame(rows).set_index("date")


def ratio_frame(estimate: Result) -> pd.DataFrame:
    """Return each source's ratio at the headline date, per unit of exposure."""
    names = [f"{when}_{name}" for when in ("prior", "posterior") for name in NAMES]
    rows = [
        (learned.source, learned.prob, *learned.prior, *learned.posterior)
        for learned in estimate.ratios_learned
    ]
    return pd.DataFrame(rows, columns=["source", "prob", *names]).set_index("source")


def fit_frame(estimate: Result) -> pd.DataFrame:
    """Return each observation beside its prediction, in the observation's unit.

    `value` is missing for a count that is between two; `least` and `greatest` are the counts that
    an observation allows, missing but for bounds.
    """
    predicted = [f"predicted_{name}" for name in NAMES]
    columns = ["observation", "source", "value", "least", "greatest", *predicted]
    columns += ["percentile", "extreme"]
    nan = float("nan")
    rows = [
        (
            fit.observation,
            fit.source,
            nan if fit.printed is None else fit.printed,
            *(fit.bounds or (nan, nan)),
            *fit.predicted.median_and_bounds(estimate.settings.prob),
            fit.percentile,
            fit.is_extreme,
        )
        for fit in estimate.observations_fit
    ]
    return pd.DataFrame(rows, columns=columns).set_index("observation")
