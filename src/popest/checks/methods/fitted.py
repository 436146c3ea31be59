"""Studies that differ a little from the one checked, and their estimates.

Each has draws of its own, by the bank or else by slice, or weighs the study's own draws where that
is certified. One that is not certified either way is kept, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from popest.engines.auto import MOST_SECONDS, Randomness, run_auto
from popest.engines.bank import Bank, Progress
from popest.engines.draws import Draws
from popest.engines.shared import SharedBank
from popest.estimates import Distribution
from popest.estimates.comparisons.changes import Content
from popest.estimates.days import values_of
from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.model.model import Model
from popest.study.estimand import Estimand
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import Source, Specification

DRAWS = 8_000
"""Draws of a refit, unless it is to equal an estimate: enough for the certificate, in half the
time."""


@dataclass(frozen=True)
class Fitted:
    """The estimate of one such study.

    Attributes
    ----------
    model
        Its model.
    draws
        Its weighted draws, with certificate and log evidence.
    asked
        What is estimated: the headline of the study checked.
    refitted
        Whether it has draws of its own.
    """

    model: Model
    draws: Draws
    asked: Estimand
    refitted: bool

    @cached_property
    def headline(self) -> Distribution:
        """What is estimated, persons."""
        values = values_of(self.model, self.draws.state.population, self.asked)
        return Distribution(values, self.draws.weights)

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The bounds of its 90 % equal-tailed interval, persons."""
        lower, upper, *_ = self.headline.interval(HEADLINE_PROBABILITY)
        return lower, upper

    @property
    def width(self) -> float:
        """The width of the 90 % interval, persons."""
        return self.bounds[1] - self.bounds[0]

    @property
    def certified(self) -> bool:
        """Whether the computation can be trusted."""
        return self.draws.certificate.certified

    @property
    def log_evidence(self) -> float:
        """The log density of the data under the priors."""
        assert self.draws.log_evidence is not None
        return self.draws.log_evidence


def in_widths(length: float, width: float) -> float | None:
    """Return a length as a multiple of an interval's width; None where there is no such number.

    The interval of a population that is known has no width: nothing but 0 can be measured by it.
    """
    if width == 0:
        return 0.0 if length == 0 else None
    return length / width


def by_auto(
    model: Model, randomness: Randomness, n_draws: int, progress: Progress | None = None
) -> tuple[Bank, Draws]:
    """Return draws of a model as a bank, to be weighed anew, and as `popest.estimate` has them.

    They are the bank's where it is certified, and slice's otherwise. Where that is not certified
    either, the bank is the one that was not.
    """
    until = time.thread_time() + MOST_SECONDS
    bank, found = run_auto(model, randomness, n_draws=n_draws, until=until, progress=progress)
    is_of_chains = found.engine == "slice" and found.certificate.certified
    return Bank.of_chains(model, found) if is_of_chains else bank, found


def refit(
    content: Content,
    asked: Estimand,
    randomness: Randomness,
    n_draws: int | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Return the estimate by draws of its own, of `DRAWS` draws when `n_draws` is None."""
    model = Model(*content)
    bank, draws = by_auto(model, randomness, n_draws or DRAWS, progress)
    # What neither engine certifies is shown by the bank's draws: those of slice may not be any yet.
    found = draws if draws.certificate.certified else bank.draws(model)
    return Fitted(model, found, asked, refitted=True)


def reweigh(bank: Bank, names: list[str], content: Content, asked: Estimand) -> Fitted | None:
    """Return the estimate by weighing other draws; None where that is not certified.

    Parameters
    ----------
    bank
        Draws of another study.
    names
        The names of its normals; the content must need no others.
    content
        The study that is estimated.
    asked
        What is estimated of it.
    """
    model = Model(*content)
    shared = SharedBank(tuple(names), bank.u, bank.log_prior, bank.log_mixture, bank.efficiency)
    weighed = shared.weigh(model)
    if not weighed.certificate.certified:
        return None
    return Fitted(model, weighed.draws(model), asked, refitted=False)


def sources_of(model: Model) -> list[str]:
    """Return the sources that have a figure in the model, in the order of the study."""
    speaking = {figure.source for piece in model.evidence for figure in piece.figures}
    return [name for name in model.specification.source if name in speaking]


def with_sources(content: Content, keep: Callable[[str], bool]) -> Content:
    """Return the content with those sources alone that are to be kept."""
    specification, rows = content
    sources = {name: source for name, source in specification.source.items() if keep(name)}
    kept = tuple(row for row in rows if row.source in sources)
    return specification.replaced(source=sources), kept


def with_source_entries(content: Content, change: Callable[[str, Source], Source]) -> Content:
    """Return the content with each source changed by a function of its name and itself."""
    specification, rows = content
    sources = {name: change(name, source) for name, source in specification.source.items()}
    return specification.replaced(source=sources), rows


def with_ratio(content: Content, name: str, shift: float = 0.0, widen: float = 1.0) -> Content:
    """Return the content with one ratio prior moved or widened; see `RatioPrior.moved`."""

    def change(each: str, source: Source) -> Source:
        return moved_source(source, shift, widen) if each == name else source

    return with_source_entries(content, change)


def moved_source(source: Source, shift: float = 0.0, widen: float = 1.0) -> Source:
    """Return a source whose ratio prior, if it has one, is moved or widened."""
    if source.ratio is None:
        return source
    return source.replaced(ratio=source.ratio.moved(shift, widen))


def ratios_of(specification: Specification) -> dict[str, RatioPrior]:
    """Return the ratio priors of a study by source, those of floors included.

    A ratio that is known has no prior that could be another.
    """
    return {
        name: source.ratio
        for name, source in specification.source.items()
        if source.ratio is not None and source.ratio.known is None
    }
