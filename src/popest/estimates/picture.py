"""The picture of an estimate: its trajectory with each observation on the population's scale."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter, date2num
from matplotlib.ticker import StrMethodFormatter

from popest.estimates.result import trajectory_rows
from popest.model.exposure import Exposure
from popest.study.records import Observation

if TYPE_CHECKING:
    from popest.estimates.result import Estimate

BANDS = (0.9, 0.8, 0.5)
BAND_COLOUR = "#4477AA"
# Tol's bright scheme, told apart by people with any kind of colour blindness.
COLOURS = ("#EE6677", "#228833", "#CCBB44", "#AA3377", "#66CCEE", "#BBBBBB", "#222222")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")


class Translated(NamedTuple):
    """An observation as the stock it speaks for, persons, with its prior 90 % bounds."""

    source: str
    start: date
    end: date
    stock: float
    lower: float
    upper: float
    is_floor: bool = False


def draw_trajectory(estimate: Estimate, ax: Axes | None = None) -> Axes:
    """Draw the stock's median and 50, 80 and 90 % bands, with the observations; return the axes."""
    if ax is None:
        _, ax = plt.subplots(figsize=(8, 5), layout="constrained")
    rows = trajectory_rows(estimate, BANDS)
    days: Any = [date2num(day) for day, _, _ in rows]
    for number, (prob, alpha) in enumerate(zip(BANDS, (0.15, 0.2, 0.3), strict=True)):
        lower = [intervals[number].lower for _, _, intervals in rows]
        upper = [intervals[number].upper for _, _, intervals in rows]
        label = f"{prob:.0%} credible interval"
        ax.fill_between(days, lower, upper, color=BAND_COLOUR, alpha=alpha, lw=0, label=label)
    ax.plot(days, [median for _, median, _ in rows], color=BAND_COLOUR, label="median")
    _draw_observations(translated(estimate), ax)
    _dress(estimate, ax)
    return ax


def translated(estimate: Estimate) -> list[Translated]:
    """Return each observation as a stock at its end, persons.

    The count, less its baseline, is divided by the prior median of its ratio; the bounds divide
    it by the prior's 90 % bounds. Counts over a window, and balances, are scaled by the posterior
    medians of the stock at the window's end and of their exposure.
    """
    model = estimate.model
    counts, result = model.counts, []
    baseline = counts.baseline(np.zeros((len(model.normals), 1)))[:, 0]
    reach = np.exp(1.6449 * counts.ratios.tau)[counts.source_of]
    ratio = np.exp(counts.expected)
    for i, row in enumerate(counts.rows):
        exposure = (counts.values[i] - baseline[i]) / ratio[i]
        bounds = exposure / reach[i], exposure * reach[i]
        result.append(_translate(estimate, row, counts.exposure, i, (exposure, *bounds)))
    for balance in model.net_changes:
        spread = 1.6449 * float(np.hypot(balance.bias_sd, balance.error_sd))
        for i, row in enumerate(balance.rows):
            change = balance.values[i] - balance.mean
            result.append(
                _translate(
                    estimate, row, balance.exposure, i, (change, change - spread, change + spread)
                )
            )
    for floor in model.floors:
        for i, row in enumerate(floor.rows):
            least = floor.values[i] / np.exp(floor.log_median)
            bounds = least * np.exp(-1.6449 * floor.tau), least * np.exp(1.6449 * floor.tau)
            moved = _translate(estimate, row, floor.exposure, i, (least, *bounds))
            result.append(moved._replace(is_floor=True))
    return result


def _translate(
    estimate: Estimate,
    row: Observation,
    exposure: Exposure,
    number: int,
    values: tuple[float, float, float],
) -> Translated:
    assert row.end is not None
    here = exposure(estimate.draws.state.population)[number]
    scale = estimate.stock(row.end).median / estimate.posterior.weighted(here).median
    stock, lower, upper = (float(value * scale) for value in values)
    return Translated(row.source, row.start or row.end, row.end, stock, lower, upper)


def _draw_observations(observations: list[Translated], ax: Axes) -> None:
    sources = list(dict.fromkeys(observation.source for observation in observations))
    for number, source in enumerate(sources):
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
        label: str | None = source.replace("_", " ")
        for observation in observations:
            if observation.source != source:
                continue
            end: Any = date2num(observation.end)
            first: Any = date2num(max(observation.start, observation.end - timedelta(days=3650)))
            ax.plot([first, end], [observation.stock] * 2, color=colour, lw=1, alpha=0.6)
            ax.plot([end, end], [observation.lower, observation.upper], color=colour, lw=1)
            shape = "^" if observation.is_floor else marker
            ax.plot([end], [observation.stock], shape, color=colour, ms=5, label=label)
            label = None


def _dress(estimate: Estimate, ax: Axes) -> None:
    specification = estimate.study.specification
    top = max(interval.upper for _, _, (interval,) in trajectory_rows(estimate, [BANDS[0]]))
    ax.set_ylim(0, 1.6 * top)
    calendar = estimate.model.calendar
    bounds: Any = (date2num(calendar.first_day), date2num(calendar.last_day))
    ax.set_xlim(*bounds)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.xaxis_date()
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_ylabel(specification.unit)
    ax.set_title(specification.title, loc="left", wrap=True)
    ax.legend(loc="upper left", fontsize="small", ncols=2, frameon=False)
    ax.annotate(
        "Bands: equal-tailed credible intervals. Marks: each count divided by its ratio's prior "
        "median,\nwith the prior's 90 % bounds; lines show the window counted.",
        (0, -0.1),
        xycoords="axes fraction",
        va="top",
        fontsize="x-small",
    )
