"""What speaks against an estimate: facts, and popest's English words for them.

These are warnings about the fit. Whether the computation can be trusted is the certificate's
business, and the two are never mixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from popest.estimates.distribution import Distribution
from popest.estimates.fit import ALL_SOURCES, ObservationFit
from popest.estimates.standouts import Standout
from popest.study import Study

LARGEST_NOISE_FACTOR = 3


@dataclass(frozen=True)
class Unexplained:
    """A figure outside 1-99 % of what the fitted model predicts for it."""

    fit: ObservationFit

    @property
    def side(self) -> str:
        """Whether the figure lies above or below its prediction."""
        return "above" if self.fit.percentile > 0.5 else "below"

    def __str__(self) -> str:
        fit = self.fit
        return (
            f"bad fit: {fit.observation} ({fit.source}) is {_number(fit.value)}, {self.side} 99 % "
            f"of what the fitted model predicts for it (median {_number(fit.predicted.median)}). "
            f"The model does not explain this figure."
        )


@dataclass(frozen=True)
class Scatter:
    """A source whose counts scatter by far more than expected, on the log scale.

    `source` is a name, or `ALL_SOURCES` where the error is common. It says nothing of sources
    that contradict each other, which is for the check ``conflict`` to say.
    """

    source: str
    error: float
    expected: float

    def __str__(self) -> str:
        whose = "counts of one source" if self.source == ALL_SOURCES else "its own counts"
        return (
            f"bad fit: the counts of {self.source} scatter by {self.error:.2f} on the log "
            f"scale, over {LARGEST_NOISE_FACTOR} times the {self.expected:g} expected: "
            f"{whose} contradict each other or the model."
        )


@dataclass(frozen=True)
class NoCount:
    """No count is used; a survey may be."""

    is_surveyed: bool

    def __str__(self) -> str:
        if self.is_surveyed:
            return "no count is used: a survey says when people came, only the prior how many."
        return "no count is used: the estimate is what the study assumes, not what anybody saw."


@dataclass(frozen=True)
class Extrapolation:
    """A date estimated that lies after the last used count."""

    day: date
    last: date
    observation: str

    @property
    def days(self) -> int:
        """How many days after."""
        return (self.day - self.last).days

    def __str__(self) -> str:
        return (
            f"extrapolation: {self.day} lies {self.days} day{'s' if self.days > 1 else ''} after "
            f"the last used count ({self.observation}, {self.last}). Beyond it the estimate "
            f"follows the assumed arrivals and departures."
        )


FitFinding = Unexplained | Standout | Scatter | NoCount | Extrapolation


def fit_findings(
    study: Study,
    fits: list[ObservationFit],
    noise: dict[str, Distribution],
    last_date: date,
    apart: Sequence[Standout] = (),
) -> Iterator[FitFinding]:
    """Give each sign of a bad fit or of extrapolation.

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
    apart
        The figures that stand apart from the others of their source.
    """
    yield from (Unexplained(fit) for fit in fits if fit.is_extreme)
    yield from apart
    expected = study.specification.noise.error.median
    for source, error in noise.items():
        if error.median > LARGEST_NOISE_FACTOR * expected:
            yield Scatter(source, error.median, expected)
    ends = [(row.end, row.id) for row in study.used if row.end is not None]
    if not ends:
        yield NoCount(is_surveyed=bool(fits))
    elif last_date > max(ends)[0]:
        yield Extrapolation(last_date, *max(ends))


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3g}"
