"""What a report is about: the estimate of a study and everything that is said beside it.

All numbers are gathered here, once; how they are said and drawn is decided in the other modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from popest.checks.check_conflict import conflict
from popest.checks.check_drivers import Part, value_of_knowing, width_left
from popest.checks.methods.fitted import Fitted
from popest.checks.methods.moves import Moves
from popest.checks.result import Context, Progress
from popest.engines.background import BackgroundTask
from popest.estimates import Estimate, VariantRow
from popest.estimates.comparisons.history import history
from popest.estimates.comparisons.variants import estimate_alternatives
from popest.estimates.distribution import HEADLINE_PROBABILITY, Distribution, Interval
from popest.estimates.result import variant_row
from popest.estimates.translated import Translated, translated
from popest.report.language import Texts
from popest.report.what_if.section import WhatIf, what_if_section
from popest.study import Study
from popest.study.specification.records import Specification


class Spread(NamedTuple):
    """The median and the equal-tailed 50 and 90 % intervals of a stock, persons."""

    median: float
    half: Interval
    most: Interval

    @classmethod
    def of(cls, stock: Distribution) -> Spread:
        """Return the spread of weighted draws."""
        return cls(stock.median, stock.interval(0.5), stock.interval(HEADLINE_PROBABILITY))

    @property
    def width(self) -> float:
        """The width of the 90 % interval, persons."""
        return self.most.upper - self.most.lower


class Known(NamedTuple):
    """A part of the model, and what knowing it would do.

    `share` is its share of the variance of the log stock, `width_left` the share of the
    interval's width that would be left.
    """

    part: Part
    share: float
    width_left: float


class Case(NamedTuple):
    """The estimate without a source and from it alone; None where it was not certified."""

    source: str
    without: Spread | None
    alone: Spread | None


class Conflict(NamedTuple):
    """Whether a source contradicts the others: p-values, the second adjusted after Holm."""

    source: str
    p_value: float
    p_adjusted: float
    certified: bool
    flagged: bool


class Vintage(NamedTuple):
    """The estimate from what was known on a day; None where it was not certified."""

    as_of: date
    stock: Spread | None
    news: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """What the checks and the history found."""

    known: tuple[Known, ...]
    cases: tuple[Case, ...]
    moves: Moves
    conflicts: tuple[Conflict, ...]
    vintages: tuple[Vintage, ...]


@dataclass(frozen=True)
class Contents:
    """A study's estimate, findings, variants and what-if.

    `variants` has the study itself first, and is empty where the study declares none.
    """

    context: Context
    findings: Findings
    variants: tuple[VariantRow, ...]
    what_if: WhatIf

    @property
    def estimate(self) -> Estimate:
        """The estimate."""
        return self.context.estimate

    @property
    def study(self) -> Study:
        """The study."""
        return self.context.study

    @property
    def specification(self) -> Specification:
        """What the study assumes."""
        return self.study.specification

    @property
    def day(self) -> date:
        """The headline date."""
        return self.context.day

    @cached_property
    def stock(self) -> Spread:
        """The stock on the headline date."""
        return Spread.of(self.estimate.stock())

    @cached_property
    def prior(self) -> Spread:
        """The stock on the headline date before any figure."""
        return Spread.of(self.estimate.prior_stock())

    @cached_property
    def marks(self) -> list[Translated]:
        """Each figure as the stock that it speaks for."""
        return translated(self.estimate)


def gather(study: Study, seed: int, texts: Texts, progress: Progress) -> Contents:
    """Return what a report of a study is about.

    Parameters
    ----------
    study
        The study.
    seed
        Seed of everything random.
    texts
        The sentences of the report's language, which the what-if carries with it.
    progress
        Called with a sentence as the work goes on.

    Raises
    ------
    NotCertifiedError
        When the study cannot be estimated.
    """
    context = Context(study, seed, progress=progress)
    progress("estimating")
    itself = context.estimate
    with (
        _alternatives(study, seed) as alternatives,
        BackgroundTask(vintages_of, study, seed) as past,
    ):
        progress("leaving out each source")
        what_if, findings = what_if_section(context, texts), find(context, past)
        progress("estimating the variants")
        rows = alternatives.result()
    variants = (variant_row(None, itself), *rows) if rows else ()
    return Contents(context, findings, variants, what_if)


def _alternatives(study: Study, seed: int) -> BackgroundTask[list[VariantRow]]:
    """Return the estimates of the study's variants; of none where it is a variant itself."""
    if study.variant is not None or not study.specification.variant:
        return BackgroundTask(list, is_worth_it=False)
    return BackgroundTask(estimate_alternatives, study, engine="bank", seed=seed)


def find(context: Context, past: BackgroundTask[tuple[Vintage, ...]]) -> Findings:
    """Return what the checks of a study find, and its history, which another process follows."""
    known = value_of_knowing(context).items()
    return Findings(
        tuple(Known(part, found.share, width_left(found)) for part, found in known),
        tuple(
            Case(name, _spread(found), _spread(context.alone[name]))
            for name, found in context.without.items()
        ),
        context.moves,
        tuple(
            Conflict(*(row[key] for key in Conflict._fields))  # type: ignore[arg-type]
            for row in conflict(context).table
        ),
        past.result(),
    )


def _spread(found: Fitted) -> Spread | None:
    return Spread.of(found.stock) if found.certified else None


def vintages_of(study: Study, seed: int) -> tuple[Vintage, ...]:
    """Return the estimate as of each day of publication, by the bank."""
    return tuple(
        Vintage(
            each.as_of, None if each.stock is None else Spread.of(each.stock), each.news, each.gone
        )
        for each in history(study, engine="bank", seed=seed).vintages
    )
