"""An estimate as pandas tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from popest.estimates.distribution import named_bounds
from popest.estimates.trajectory import month_end_stocks
from popest.study.estimand import Estimand

if TYPE_CHECKING:
    from popest.estimates.result import Result

NAMES = ("median", "lower", "upper")


def date_frame(estimate: Result) -> pd.DataFrame:
    """Return the stock by date, posterior and prior; persons.

    Where the estimate is of a flow it is by the ends of its window, such as ``arrivals_from`` and
    ``arrivals_to``. `scenario` says that a date lies after the last used count, and `assumed` which
    share of the variance of the logarithm no figure then speaks to.
    """
    rows = []
    for asked in estimate.asked:
        found, prior = estimate.posterior_of(asked), estimate.prior_of(asked)
        row: dict[str, Any] = {**_index(asked), "median": found.median}
        row |= {"mean": found.mean, "sd": found.sd, **named_bounds(found)}
        row |= {"prior_median": prior.median}
        row |= {f"prior_{name}": bound for name, bound in named_bounds(prior).items()}
        scenario = estimate.scenarios.get(asked.last)
        assumed = None if scenario is None else scenario.assumed
        row |= {"scenario": scenario is not None}
        row |= {"assumed": float("nan") if assumed is None else assumed}
        rows.append(row)
    return pd.DataFrame(rows).set_index(list(_index(estimate.asked[0])))


def _index(asked: Estimand) -> dict[str, pd.Timestamp]:
    """Return the cells that say what a row is of."""
    last = pd.Timestamp(asked.last)
    if asked.first is None:
        return {"date": last}
    return {f"{asked.kind}_from": pd.Timestamp(asked.first), f"{asked.kind}_to": last}


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
    """Return each source's ratio on the last day of the headline, per unit of exposure."""
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
