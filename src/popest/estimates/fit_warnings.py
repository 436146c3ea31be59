"""What speaks against an estimate, in words.

These are warnings about the fit. Whether the computation can be trusted is the certificate's
business, and the two are never mixed.
"""

from __future__ import annotations

from datetime import date

from popest.estimates.distribution import Distribution
from popest.estimates.fit import ObservationFit
from popest.study import Study

LARGEST_NOISE_FACTOR = 3


def fit_warnings(
    study: Study, fits: list[ObservationFit], noise: dict[str, Distribution], last_date: date
) -> list[str]:
    """Return a sentence for each sign of a bad fit or of extrapolation.

    Parameters
    ----------
    study
        The study.
    fits
        Each observation beside its prediction.
    noise
        Posterior of the log-scale error by source.
    last_date
        The latest date that is estimated.
    """
    found = [_extreme(fit) for fit in fits if fit.is_extreme]
    expected = study.specification.noise.error.median
    for source, error in noise.items():
        if error.median > LARGEST_NOISE_FACTOR * expected:
            found.append(
                f"bad fit: the counts of {source} scatter by {error.median:.2f} on the log "
                f"scale, over {LARGEST_NOISE_FACTOR} times the {expected:g} that the study "
                f"expects. They contradict each other or the model."
            )
    return found + _extrapolation(study, last_date, bool(fits))


def _extreme(fit: ObservationFit) -> str:
    side = "above" if fit.percentile > 0.5 else "below"
    return (
        f"bad fit: {fit.observation} ({fit.source}) is {_number(fit.value)}, {side} 99 % of what "
        f"the fitted model predicts for it (median {_number(fit.predicted.median)}). The model "
        f"does not explain this figure."
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3g}"


def _extrapolation(study: Study, last_date: date, is_surveyed: bool) -> list[str]:
    ends = [(row.end, row.id) for row in study.used if row.end is not None]
    if not ends and is_surveyed:
        return ["no count is used: a survey says when people came, only the prior how many."]
    if not ends:
        return ["no count is used: the estimate is what the study assumes, not what anybody saw."]
    last, name = max(ends)
    if last_date <= last:
        return []
    days = (last_date - last).days
    return [
        f"extrapolation: {last_date} lies {days} day{'s' if days > 1 else ''} after the last "
        f"used count ({name}, {last}). Beyond it the estimate follows the assumed arrivals and "
        f"departures."
    ]
