"""The picture of the ratios: what was believed of each before the figures, and what after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from popest.estimates.distribution import percent
from popest.estimates.pictures import style
from popest.estimates.pictures.style import BLUE, GREY, RULE, WIDTHS

if TYPE_CHECKING:
    from popest.estimates.result import Result

HEIGHT, HEIGHT_OF_ROW = 1.6, 0.5
BESIDE = 0.16
"""How far prior and posterior stand from the middle of their row."""


def draw_ratios(estimate: Result, ax: Axes | None = None) -> Axes:
    """Draw the prior of each source's ratio and below it the posterior, on a log axis."""
    learned = estimate.ratios_learned
    if ax is None:
        ax = style.new_axes(9, HEIGHT + HEIGHT_OF_ROW * len(learned))
    for place, ratio in enumerate(learned):
        _draw_interval(ax, place - BESIDE, ratio.prior, GREY, "prior" if not place else None)
        _draw_interval(ax, place + BESIDE, ratio.posterior, BLUE, None if place else "posterior")
        move = f"{ratio.prior[0]:#.2g} \N{RIGHTWARDS ARROW} {ratio.posterior[0]:#.2g}"
        look = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": "small"}
        style.write_beside(ax, (1, place), move, (6, 0), **look)
    if learned:
        style.log_axis(ax, lambda ratio, _: f"{ratio:g}")
        ax.axvline(1, color=RULE, lw=0.8, ls="--", zorder=0)
        ax.legend(loc="upper left", bbox_to_anchor=(1.12, 1), fontsize="small", frameon=False)
    style.name_rows(ax, [ratio.source for ratio in learned])
    prob = percent(estimate.settings.prob)
    headline = estimate.study.specification.headline
    day = "the headline date" if headline.is_stock else headline.last
    label = (
        "ratio: counts for each person present or arriving, or for each person-year lived\n"
        f"dot: median, line: {prob} equal-tailed credible interval, on {day}\n"
        "on the right: medians of prior and posterior"
    )
    return style.finish(ax, f"{estimate.study.specification.title}: ratios", label)


def _draw_interval(
    ax: Axes, place: float, ratio: tuple[float, float, float], colour: str, label: str | None
) -> None:
    median, lower, upper = ratio
    ax.plot([lower, upper], [place, place], color=colour, lw=2 * WIDTHS[0.9])
    ax.plot([median], [place], "o", color="white", mec=colour, mew=1.5, ms=6, zorder=3, label=label)
