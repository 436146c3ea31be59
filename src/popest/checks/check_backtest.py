"""Whether the figures of the past would have been foreseen, and better than naively."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from popest.checks.methods.backtest import (
    Backtest,
    Forecast,
    backtest,
    log_crps,
    log_error,
    relative_crps,
)
from popest.checks.methods.ecdf_bands import binomial_bounds
from popest.checks.pictures import figure_label
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates.pictures.style import BLACK, BLUE, ORANGE, finish, legend_below, name_rows
from popest.language.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROBABILITIES = (0.5, 0.9)
SMALLEST_RATIO = 1 / 64
"""Where the picture ends, for balances whose prediction reaches below 0."""
LEVEL = 0.95
"""How often a calibrated model's coverage lies within the bounds that are stated."""


@check("backtest", required=False, quick=False)
def predict_the_past(context: Context) -> CheckResult:
    """Return each figure beside what was expected of it on every earlier day of publication."""
    found, words = backtest(context.study, context.seed, context.progress), context.words
    if not found.forecasts:
        return CheckResult("backtest", None, words("checks.backtest.nothing"))
    table = [_row(forecast) for forecast in found.forecasts]
    return CheckResult(
        "backtest", None, _sentence(words, found), table, partial(_draw, found=found)
    )


def _row(forecast: Forecast) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        "as_of": str(forecast.as_of),
        "observation": forecast.row.id,
        "source": forecast.row.source,
        "is_next": forecast.is_next,
        "value": forecast.row.count,
        "median": forecast.fit.predicted.median,
        "percentile": forecast.fit.percentile,
    }
    for prob in PROBABILITIES:
        interval, name = forecast.fit.predicted.interval(prob), f"{100 * prob:g}"
        cells[f"lower_{name}"], cells[f"upper_{name}"] = interval.lower, interval.upper
        cells[f"held_{name}"] = forecast.holds(prob)
    return cells | {
        "interval": "equal-tailed predictive",
        "crps_log": log_crps(forecast),
        "crps_relative": relative_crps(forecast),
        "carried_on": forecast.carried,
        "carried_on_log": log_error(forecast, forecast.carried),
        "trend": forecast.trend,
        "trend_log": log_error(forecast, forecast.trend),
    }


def _sentence(words: Words, found: Backtest) -> str:
    parts = [_coverage_words(words, latest_forecasts(found), found.forecasts)]
    scores = [score for score in map(log_crps, found.forecasts) if score is not None]
    if scores:
        parts.append(words("checks.backtest.score", score=words.ungrouped(fmean(scores), 2)))
    parts += [_naive_words(words, found.forecasts, naive) for naive in ("carried", "trend")]
    if found.not_certified:
        days = words.joined(map(words.day, found.not_certified), ", ")
        parts.append(words("checks.backtest.not_certified", days=days))
    return words.joined(parts)


def latest_forecasts(found: Backtest) -> list[Forecast]:
    """Return the last forecast of each figure before it was published."""
    return list({forecast.row.id: forecast for forecast in found.forecasts}.values())


def _coverage_words(words: Words, latest: Sequence[Forecast], every: Sequence[Forecast]) -> str:
    parts, shares = [], []
    for prob in reversed(PROBABILITIES):
        lower, upper = binomial_bounds(len(latest), prob, LEVEL)
        parts.append(
            words(
                "checks.backtest.held",
                prob=words.percent(prob),
                held=words.ungrouped(sum(forecast.holds(prob) for forecast in latest)),
                lower=words.ungrouped(lower),
                upper=words.ungrouped(upper),
            )
        )
        shares.append(words.percent(sum(each.holds(prob) for each in every) / len(every)))
    return words(
        "checks.backtest.coverage",
        figures=words.ungrouped(len(latest)),
        held=words.list(parts),
        predictions=words.ungrouped(len(every)),
        shares=words.list(shares),
    )


def _naive_words(words: Words, forecasts: Sequence[Forecast], naive: str) -> str:
    pairs = [(log_crps(each), log_error(each, getattr(each, naive))) for each in forecasts]
    both = [(own, other) for own, other in pairs if own is not None and other is not None]
    if not both:
        return ""
    own, other = map(fmean, zip(*both, strict=True))
    return words(
        f"checks.backtest.{naive}_{'better' if own < other else 'worse'}",
        number=words.ungrouped(len(both)),
        own=words.ungrouped(own, 2),
        other=words.ungrouped(other, 2),
    )


def _draw(ax: Axes, found: Backtest) -> Axes:
    latest = [each for each in latest_forecasts(found) if each.row.count > 0]
    for place, forecast in enumerate(latest):
        value, predicted = forecast.row.count, forecast.fit.predicted
        colour = BLUE if forecast.holds(0.9) else ORANGE
        for prob, width in ((0.9, 1.2), (0.5, 3.5)):
            bounds = np.maximum(predicted.interval(prob)[:2], SMALLEST_RATIO * value) / value
            ax.plot(bounds, [place, place], color=colour, lw=width, solid_capstyle="butt")
        label = "" if place else "median"
        middle = max(predicted.median / value, SMALLEST_RATIO)
        ax.plot([middle], [place], "o", color="white", mec=BLACK, ms=6, label=label)
    _draw_naive(ax, [each.carried for each in latest], latest, "s", "last figure carried on")
    _draw_naive(ax, [each.trend for each in latest], latest, "^", "line through the last two")
    ax.axvline(1, color=BLACK, lw=0.8, ls="--")
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(
        lambda ratio, _: f"{ratio:g}" if ratio >= 1 else f"1/{1 / ratio:g}"
    )
    name_rows(ax, [figure_label(each.row.id, each.row.source) for each in latest])
    finish(
        ax,
        "Each figure as predicted before it came out, divided by the figure itself",
        "thick: 50 %, thin: 90 % equal-tailed predictive interval; orange: the 90 % did not hold",
    )
    legend_below(ax)
    return ax


def _draw_naive(
    ax: Axes,
    naive: Sequence[float | None],
    latest: Sequence[Forecast],
    marker: str,
    label: str,
) -> None:
    given = [
        (value / each.row.count, place)
        for place, (value, each) in enumerate(zip(naive, latest, strict=True))
        if value is not None and value > 0
    ]
    if given:
        ratios, places = zip(*given, strict=True)
        ax.plot(ratios, places, marker, color="0.45", ms=5, label=label)
