"""The check whether the priors of a study allow for its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.checks.methods.figures import figures
from popest.checks.pictures import draw_percentiles, figure_label
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates import Distribution
from popest.estimates.pictures.style import finish
from popest.model.simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_DRAWS = 20_000
EXTREME = 0.01
LABEL = "percentile of the figure among those that the priors alone predict (shaded: 1-99 %)"


@check(
    "prior-predictive",
    "does the study's prior allow for each figure?",
    required=False,
    quick=True,
)
def prior_predictive(context: Context) -> CheckResult:
    """Return the place of each figure among those the prior predicts, flagged outside 1-99 %."""
    model, rng = context.model, context.rng("prior-predictive")
    state = model.state(rng.standard_normal((len(model.normals), N_DRAWS)))
    table: list[dict[str, Cell]] = []
    for figure, repeated in figures(model, simulate(model, state, rng)):
        percentile = Distribution.equal(repeated).percentile_of(figure.value)
        table.append(
            {
                "observation": figure.observation,
                "source": figure.source,
                "value": figure.value,
                "percentile": percentile,
                "flagged": not EXTREME <= percentile <= 1 - EXTREME,
            }
        )
    flagged = [str(row["observation"]) for row in table if row["flagged"]]
    sentence = f"All {len(table)} figures lie within 1-99 % of what the priors alone predict."
    if not table:
        sentence = "The study uses no figure that the priors could predict."
    if flagged:
        sentence = (
            f"{len(flagged)} of {len(table)} figures lie outside 1-99 % of what the priors alone "
            f"predict: {', '.join(flagged)}. The priors did not expect them."
        )

    def draw(ax: Axes) -> Axes:
        labels = [figure_label(str(row["observation"]), str(row["source"])) for row in table]
        percentiles = [float(row["percentile"] or 0) for row in table]
        draw_percentiles(ax, labels, percentiles, [bool(row["flagged"]) for row in table])
        return finish(ax, "Do the priors allow for each figure?", LABEL)

    return CheckResult("prior-predictive", not flagged, sentence, table, draw if table else None)
