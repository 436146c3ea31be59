"""What a study would have said of each figure before it came out, beside two naive forecasts."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from popest.engines.bank import Progress
from popest.estimates import Distribution, NotCertifiedError
from popest.estimates.compute import estimate_or_refusal
from popest.estimates.fit import ObservationFit
from popest.estimates.predictive import predict
from popest.model.measure import measure_of
from popest.study import Observation, Study
from popest.study.observations.counting import years_counted
from popest.study.observations.vintage import known_days, undated


class Forecast(NamedTuple):
    """A figure as it was predicted on a day before it was published, in the figure's unit.

    `carried` is the last figure of its source, and `trend` the line through the last two; None
    where the source had none. `is_next` says that nothing else came out between the two, and
    `is_count` that the figure has a log scale.
    """

    as_of: date
    row: Observation
    fit: ObservationFit
    carried: float | None
    trend: float | None
    is_next: bool
    is_count: bool

    def holds(self, prob: float) -> bool:
        """Return whether the equal-tailed interval that holds `prob` held the figure."""
        interval = self.fit.predicted.interval(prob)
        return interval.lower <= self.row.count <= interval.upper


class Backtest(NamedTuple):
    """The forecasts of every day, and the days on which no estimate was certified."""

    forecasts: tuple[Forecast, ...]
    not_certified: tuple[date, ...]


def backtest(study: Study, seed: int, progress: Progress) -> Backtest:
    """Return the forecast of each later count and balance from each day of publication.

    Floors and bounds only bound, and surveys have no earlier figure to be carried on: none of
    them is predicted.
    """
    known = publication_days(study)
    days = sorted(set(known.values()))
    forecasts: list[Forecast] = []
    not_certified: list[date] = []
    for number, day in enumerate(days[:-1]):
        progress(f"predicting from {day}, {number + 1} of {len(days) - 1}")
        then = study.as_of(day)
        later = [row for row in study.used if known.get(row.id, day) > day]
        found = estimate_or_refusal(then, seed=seed)
        if isinstance(found, NotCertifiedError):
            not_certified.append(day)
            continue
        for row in later:
            fit = predict(found, row)
            if fit is None or fit.is_floor or row.is_bound:
                continue
            carried, trend = naive_forecasts(row, then)
            is_next = known[row.id] == days[number + 1]
            is_count = measure_of(study.specification.source[row.source]).is_count
            is_count = is_count and row.count > 0
            forecasts.append(Forecast(day, row, fit, carried, trend, is_next, is_count))
    return Backtest(tuple(forecasts), tuple(not_certified))


def publication_days(study: Study) -> dict[str, date]:
    """Return the day by which each used row and survey is stated to have been published.

    A day of record only bounds the day of publication, so it dates no forecast.
    """
    days, unstated = known_days(study.observations), undated(study.observations)
    found = {row.id: days[row.id] for row in study.used if row.id not in unstated}
    surveys = study.specification.source.items()
    return found | {name: survey.published for name, survey in surveys if survey.published}


def naive_forecasts(row: Observation, then: Study) -> tuple[float | None, float | None]:
    """Return the last figure of the row's source carried on, and the line through the last two.

    Notes
    -----
    Figures of flows are taken per year, in the middle of their windows, and the forecast is
    scaled to the length of the row's window. A line that falls to 0 or below is no forecast of a
    count.
    """
    source = then.specification.source[row.source]
    seen = [each for each in then.used if each.source == row.source and not each.is_bound]
    seen.sort(key=_middle)
    if not seen:
        return None, None
    rates = [each.count / years_counted(each) for each in seen]
    carried = rates[-1] * years_counted(row)
    if len(seen) < 2 or _middle(seen[-1]) == _middle(seen[-2]):
        return carried, None
    slope = (rates[-1] - rates[-2]) / (_middle(seen[-1]) - _middle(seen[-2])).days
    trend = (rates[-1] + slope * (_middle(row) - _middle(seen[-1])).days) * years_counted(row)
    if measure_of(source).is_count and trend <= 0:
        return carried, None
    return carried, trend


def _middle(row: Observation) -> date:
    """Return the day of a stock, and the middle of a flow's window."""
    assert row.end is not None
    if row.start is None:
        return row.end
    return row.start + timedelta(days=(row.end - row.start).days // 2)


def crps(predicted: Distribution, value: float) -> float:
    """Return the continuous ranked probability score of a prediction, in the figure's unit.

    Notes
    -----
    E|X - y| - E|X - X'| / 2 over the weighted draws, with X and X' independent. For a single
    number it is the absolute error.

    References
    ----------
    Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation,
    Journal of the American Statistical Association 102(477), 359-378, equation 21.
    """
    order = np.argsort(predicted.values)
    values, weights = predicted.values[order], predicted.weights[order]
    below = np.cumsum(weights) - 0.5 * weights
    spread = float((weights * values * (2 * below - 1)).sum())
    return float(weights @ np.abs(values - value)) - spread


def log_crps(forecast: Forecast) -> float | None:
    """Return the score on the log scale, where 0.1 is an error of a tenth; None without one."""
    if not forecast.is_count:
        return None
    predicted = forecast.fit.predicted
    logs = Distribution(np.log(predicted.values), predicted.weights)
    return crps(logs, math.log(forecast.row.count))


def relative_crps(forecast: Forecast) -> float | None:
    """Return the score as a share of the figure; None for a figure of 0."""
    if not forecast.row.count:
        return None
    return crps(forecast.fit.predicted, forecast.row.count) / abs(forecast.row.count)


def log_error(forecast: Forecast, naive: float | None) -> float | None:
    """Return the score of a single number on the log scale; None where there is none."""
    if naive is None or naive <= 0 or not forecast.is_count:
        return None
    return abs(math.log(naive / forecast.row.count))
