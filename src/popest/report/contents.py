"""What a report is about: the estimate of a study and everything that is said beside it.

All numbers are gathered here, once; how they are said and drawn is decided in the other modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from popest.checks.check_conflict import Conflict, conflicts
from popest.checks.check_drivers import Part, value_of_knowing
from popest.checks.methods.fitted import Fitted
from popest.checks.methods.moves import Moves
from popest.checks.methods.regression import Explained
from popest.checks.result import Context
from popest.engines.background import BackgroundTask
from popest.engines.bank import Progress
from popest.estimates import Estimate, VariantRow
from popest.estimates.comparisons.history import History, Vintage, history
from popest.estimates.comparisons.variants import estimate_alternatives
from popest.estimates.distribution import Distribution
from popest.estimates.result import variant_row
from popest.estimates.trajectory import translated
from popest.model.evidence import Translated
from popest.report.language import Texts
from popest.report.what_if.section import WhatIf, what_if_section
from popest.study import Study
from popest.study.estimand import Estimand
from popest.study.specification.records import Specification


class Case(NamedTuple):
    """The estimate without a source and from it alone; None where it was not certified."""

    source: str
    without: Distribution | None
    alone: Distribution | None


@dataclass(frozen=True)
class Findings:
    """What the checks and the history found; `known` is what knowing each part would explain."""

    known: dict[Part, Explained]
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
    def asked(self) -> Estimand:
        """The headline: what the answer is of."""
        return self.context.asked

    @cached_property
    def headline(self) -> Distribution:
        """The answer."""
        return self.estimate.posterior_of(self.asked)

    @cached_property
    def prior(self) -> Distribution:
        """What is said of it before any figure."""
        return self.estimate.prior_of(self.asked)

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
        BackgroundTask(history, study, seed=seed) as past,
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
    return BackgroundTask(estimate_alternatives, study, seed=seed)


def find(context: Context, past: BackgroundTask[History]) -> Findings:
    """Return what the checks of a study find, and its history, which another process follows."""
    return Findings(
        value_of_knowing(context),
        tuple(
            Case(name, _certified(found), _certified(context.alone[name]))
            for name, found in context.without.items()
        ),
        context.moves,
        tuple(conflicts(context)),
        past.result().vintages,
    )


def _certified(found: Fitted) -> Distribution | None:
    return found.headline if found.certified else None
