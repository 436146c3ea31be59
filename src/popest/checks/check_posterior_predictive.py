"""Whether the others lead to expect each figure of a study."""

from __future__ import annotations

from functools import partial

from popest.checks.percentiles import draw_percentiles, percentile_sentence
from popest.checks.registry import check
from popest.checks.result import Cell, CheckResult, Context
from popest.estimates.fit import ALL_SOURCES
from popest.estimates.fit_warnings import LARGEST_NOISE_FACTOR, expected_error

LABEL = (
    "percentile of the figure in what all others lead to expect of it (shaded: 1-99 %; "
    "a floor is only contradicted from above)"
)


@check("posterior-predictive", required=True, quick=True)
def posterior_predictive(context: Context) -> CheckResult:
    """Return the place of each figure in what the others predict, failed outside 1-99 %.

    It is required: a model that does not explain a figure together with the others gives an
    interval for something else than the population.
    """
    fits = context.estimate.observations_fit
    table: list[dict[str, Cell]] = [
        {
            "observation": fit.observation,
            "source": fit.source,
            "value": fit.printed,
            "predicted_median": fit.predicted.median,
            "percentile": fit.percentile,
            "flagged": fit.is_extreme,
        }
        for fit in fits
    ]
    sentence = percentile_sentence(context.words, "posterior-predictive", fits)
    said = context.words.joined([sentence, _noise(context)])
    passed = not any(fit.is_extreme for fit in fits)
    title = "Do the others lead to expect each figure?"
    figure = partial(draw_percentiles, fits=fits, title=title, label=LABEL) if fits else None
    return CheckResult("posterior-predictive", passed, said, table, figure)


def _noise(context: Context) -> str:
    """Return what was paid for the fit: sources whose error had to grow."""
    noise = context.estimate.posterior.noise()
    words = context.words
    common = words("checks.posterior-predictive.all_sources")
    loud = [
        words(
            "list.about",
            name=common if name == ALL_SOURCES else name,
            about=words.significant(error.median),
        )
        for name, error in noise.items()
        if error.median > LARGEST_NOISE_FACTOR * expected_error(context.study, name)
    ]
    if not loud:
        return ""
    return words(
        "checks.posterior-predictive.noise",
        factor=words.number(LARGEST_NOISE_FACTOR),
        sources=words.joined(loud, ", "),
    )
