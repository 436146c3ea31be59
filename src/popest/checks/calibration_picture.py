"""The picture of a calibration: the ranks against their band, and the coverage of each interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from popest.checks.methods.ecdf_bands import counts_up_to
from popest.estimates.distribution import PROBABILITIES
from popest.estimates.pictures.style import BLACK, BLUE, GREEN, ORANGE, PINK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from popest.checks.methods.calibration import Calibration

COLOURS = (BLUE, ORANGE, GREEN, PINK, BLACK)
MARKERS = ("o", "s", "^", "D", "v")


def draw_calibration(ax: Axes, right: Sequence[Calibration], wrong: Sequence[Calibration]) -> Axes:
    """Draw the ECDF of the ranks less the uniform one, coverage in a panel beside it."""
    _draw_ranks(ax, right)
    beside = ax.inset_axes((1.2, 0.0, 0.8, 1.0))
    headline = right[0].quantity
    _draw_coverage(beside, [found for found in (*right, *wrong) if found.quantity == headline])
    figure = ax.get_figure()
    if figure is not None and len(figure.get_axes()) == 1:
        # The panel reaches out of its axes, which the figure's layout does not know.
        figure.set_layout_engine("none")  # type: ignore[union-attr]
        ax.set_position((0.1, 0.36, 0.43, 0.57))
    return ax


def _draw_ranks(ax: Axes, right: Sequence[Calibration]) -> None:
    band, n_values = right[0].band, len(right[0].ranks)
    lower, upper = (counts / n_values - band.points for counts in (band.lower, band.upper))
    ax.fill_between(band.points, lower, upper, color="0.88", step="mid", label="band, 99 % jointly")
    for found, colour in zip(right, COLOURS, strict=False):
        difference = counts_up_to(found.ranks, band) / n_values - band.points
        ax.plot(band.points, difference, color=colour, lw=1.3, label=found.quantity)
    ax.axhline(0, color="0.6", lw=0.6)
    ax.set_xlabel("posterior probability below the truth")
    ax.set_ylabel("ECDF less uniform")
    ax.set_title(f"Ranks of {n_values:,} simulated truths", loc="left", fontsize="medium")
    ax.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(-0.05, -0.17))


def _draw_coverage(ax: Axes, headlines: Sequence[Calibration]) -> None:
    right = headlines[0]
    n_values = len(right.ranks)
    places = np.arange(len(PROBABILITIES))
    for place, prob, (lower, upper) in zip(places, PROBABILITIES, right.bounds, strict=True):
        ax.fill_between(
            (place - 0.4, place + 0.4), lower / n_values, upper / n_values, color="0.88"
        )
        ax.hlines(prob, place - 0.4, place + 0.4, color="0.6", lw=0.8)
    shifts = np.linspace(-0.3, 0.3, len(headlines)) if len(headlines) > 1 else [0.0]
    for found, shift, colour, marker in zip(headlines, shifts, COLOURS, MARKERS, strict=False):
        shares = np.array(found.covered) / len(found.ranks)
        ax.plot(places + shift, shares, marker, color=colour, ms=5, label=found.simulator)
    ax.set_xticks(places, [f"{100 * prob:g} %" for prob in PROBABILITIES])
    ax.set_xlabel(f"interval of the {right.quantity}")
    ax.set_title("Share that held the truth", loc="left", fontsize="medium")
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    ax.set_ylim(top=1.0)
    ax.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(-0.1, -0.17))
