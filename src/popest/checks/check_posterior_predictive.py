"""The check whether the fitted model explains each figure of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.checks.pictures import draw_percentiles, figure_label
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates.fit_warnings import LARGEST_NOISE_FACTOR
from popest.estimates.pictures.style import finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL = (
    "percentile of the figure among repetitions predicted by the fitted model (shaded: 1-99 %; "
    "a floor is only contradicted from above)"
)


@check(
    "posterior-predictive",
    "does the fitted model explain each figure?",
    required=True,
    quick=True,
)
def posterior_predictive(context: Context) -> CheckResult:
    """Return the place of each figure among repetitions of it, failed outside 1-99 %.

    It is required: a model that does not explain a figure it was fitted to gives an interval for
    something else than the population.
    """
    fits = context.estimate.observations_fit
    table: list[dict[str, Cell]] = [
        {
            "observation": fit.observation,
            "source": fit.source,
            "value": fit.value,
            "predicted_median": fit.predicted.median,
            "percentile": fit.percentile,
            "flagged": fit.is_extreme,
        }
        for fit in fits
    ]
    flagged = [fit.observation for fit in fits if fit.is_extreme]
    sentence = f"All {len(fits)} figures lie within 1-99 % of what the fitted model predicts."
    if not fits:
        sentence = "The study uses no figure that the model could explain."
    if flagged:
        sentence = (
            f"{len(flagged)} of {len(fits)} figures lie outside 1-99 % of what the fitted model "
            f"predicts: {', '.join(flagged)}. The model does not explain them."
        )
    sentence += _noise(context)

    def draw(ax: Axes) -> Axes:
        labels = [figure_label(fit.observation, fit.source) for fit in fits]
        bad = [fit.is_extreme for fit in fits]
        draw_percentiles(ax, labels, [fit.percentile for fit in fits], bad)
        return finish(ax, "Does the fitted model explain each figure?", LABEL)

    return CheckResult(
        "posterior-predictive", not flagged, sentence, table, draw if table else None
    )


def _noise(context: Context) -> str:
    """Return what was paid for the fit: sources whose error had to grow."""
    limit = LARGEST_NOISE_FACTOR * context.study.specification.noise.error.median
    noise = context.estimate.posterior.noise()
    loud = [f"{name} ({error.median:.2f})" for name, error in noise.items() if error.median > limit]
    if not loud:
        return ""
    return (
        f" That took an error over {LARGEST_NOISE_FACTOR} times the one expected of "
        f"{', '.join(loud)}."
    )
