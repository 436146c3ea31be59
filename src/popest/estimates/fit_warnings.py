"""What speaks against an estimate, as facts, and what their sentences name.

These are warnings about the fit. Whether the computation can be trusted is the certificate's
business, and the two are never mixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from popest.estimates.days import Scenario
from popest.estimates.distribution import Distribution
from popest.estimates.fit import ALL_SOURCES, ObservationFit
from popest.estimates.prior_conflicts import PriorConflict
from popest.estimates.standouts import Standout
from popest.language.writers import Fact, Writer
from popest.study import Study

LARGEST_NOISE_FACTOR = 3


@dataclass(frozen=True)
class Unexplained(Fact):
    """A figure outside 1-99 % of what all others lead to expect of it."""

    fit: ObservationFit

    def said(self, writer: Writer) -> str:
        """Return it as a sentence of a language."""
        fit, texts = self.fit, writer.texts
        bound = "" if fit.bounds is None else "bound_"
        return texts(
            f"warning.{bound}above" if fit.percentile > 0.5 else f"warning.{bound}below",
            row=fit.observation,
            source=writer.source(fit.source),
            value=fit.value_in(texts),
            median=texts.figure(fit.predicted.median),
        )


@dataclass(frozen=True)
class Assumed(Fact):
    """A prior that is far from what the figures say."""

    conflict: PriorConflict

    def said(self, writer: Writer) -> str:
        """Return it as a sentence of a language."""
        texts, (kind, name, _, prior, posterior) = writer.texts, self.conflict
        is_wave = kind == "wave"
        part = texts(f"part.{kind}", name=name if is_wave or not name else writer.source(name))
        if prior is None or posterior is None:
            return texts("warning.prior_of", part=part)
        median, lower, upper, found = (
            texts.exact(float(f"{value:.3g}")) for value in (*prior, posterior)
        )
        bounds = {"median": median, "lower": lower, "upper": upper}
        return texts("warning.prior", part=part, posterior=found, **bounds)


@dataclass(frozen=True)
class Scatter(Fact):
    """A source whose counts scatter by far more than expected, on the log scale.

    `source` is a name, or `ALL_SOURCES` where the error is common. It says nothing of sources
    that contradict each other, which is for the check ``conflict`` to say.
    """

    source: str
    error: float
    expected: float

    def said(self, writer: Writer) -> str:
        """Return it as a sentence of a language."""
        texts = writer.texts
        is_common = self.source == ALL_SOURCES
        return texts(
            "warning.scatter_common" if is_common else "warning.scatter",
            source=writer.source(self.source),
            error=texts.significant(self.error),
            factor=texts.number(LARGEST_NOISE_FACTOR),
            expected=texts.exact(self.expected),
        )


@dataclass(frozen=True)
class NoCount(Fact):
    """No count is used; a survey may be."""

    is_surveyed: bool

    def said(self, writer: Writer) -> str:
        """Return it as a sentence of a language."""
        return writer.texts("warning.survey_only" if self.is_surveyed else "warning.no_count")


def expected_error(study: Study, source: str) -> float:
    """Return the prior median of the log-scale error of a source, or of all, as `noise` has it."""
    entry = study.specification.source.get(source)
    own = None if entry is None else entry.log_error
    return (own or study.specification.noise.error).median


FitFinding = Assumed | Unexplained | Standout | Scatter | NoCount | Scenario


def fit_findings(
    study: Study,
    fits: list[ObservationFit],
    noise: dict[str, Distribution],
    scenario: Scenario | None = None,
    apart: Sequence[Standout] = (),
    conflicts: Sequence[PriorConflict] = (),
) -> Iterator[FitFinding]:
    """Give each sign of a bad fit, and what of the estimate is a scenario.

    Parameters
    ----------
    study
        The study.
    fits
        Each observation beside its prediction.
    noise
        Posterior of the log-scale error by source.
    scenario
        The latest date that is estimated, where it lies after the last count.
    apart
        The figures that stand apart from the others of their source.
    conflicts
        The priors that the figures speak against.
    """
    yield from map(Assumed, conflicts)
    yield from (Unexplained(fit) for fit in fits if fit.is_extreme)
    yield from apart
    for source, error in noise.items():
        expected = expected_error(study, source)
        if error.median > LARGEST_NOISE_FACTOR * expected:
            yield Scatter(source, error.median, expected)
    if study.last_count is None:
        yield NoCount(is_surveyed=bool(fits))
    elif scenario is not None:
        yield scenario
