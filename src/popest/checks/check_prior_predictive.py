"""Whether the priors of a study allow for its figures."""

from __future__ import annotations

from functools import partial

from popest.checks.percentiles import draw_percentiles, percentile_sentence
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates import Distribution
from popest.estimates.fit import ObservationFit
from popest.model.simulate import simulate

N_DRAWS = 20_000
LABEL = "percentile of the figure among those that the priors alone predict (shaded: 1-99 %)"


@check("prior-predictive", required=False, quick=True)
def prior_predictive(context: Context) -> CheckResult:
    """Return the place of each figure among those the prior predicts, flagged outside 1-99 %.

    Floors, which only bound, are left out.
    """
    model, rng = context.model, context.rng("prior-predictive")
    state = model.state(rng.standard_normal((len(model.normals), N_DRAWS)))
    fits = [
        ObservationFit.of(figure, Distribution.equal(repeated))
        for piece, data in zip(model.evidence, simulate(model, state, rng), strict=True)
        for figure, repeated in zip(piece.figures, piece.in_unit(data), strict=True)
        if not figure.is_floor
    ]
    table: list[dict[str, Cell]] = [
        {
            "observation": fit.observation,
            "source": fit.source,
            "value": fit.printed,
            "percentile": fit.percentile,
            "flagged": fit.is_extreme,
        }
        for fit in fits
    ]
    sentence = percentile_sentence(context.words, "prior-predictive", fits)
    passed = not any(fit.is_extreme for fit in fits)
    title = "Do the priors allow for each figure?"
    figure = partial(draw_percentiles, fits=fits, title=title, label=LABEL) if fits else None
    return CheckResult("prior-predictive", passed, sentence, table, figure)
