"""Running checks and summing them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

from popest.checks.panel.context import PanelContext
from popest.checks.registry import all_checks, panel_checks
from popest.checks.result import Check, CheckResult, Context
from popest.engines.bank import Progress
from popest.estimates.words import wrapped
from popest.language.catalogue import ENGLISH, LanguageError
from popest.language.words import Words
from popest.language.writers import plain_writer
from popest.study import Study, UsageError, load_study
from popest.study.files.locate import is_panel
from popest.study.panel.panel import Panel, load_panel


@dataclass(frozen=True)
class CheckReport:
    """The results of several checks of one study or panel.

    `seconds` are those of each check, `required` the names whose failure fails the whole, and
    `language` is that of its sentences. `said` is what speaks against the estimate of a panel.
    """

    study: Study | Panel
    results: tuple[CheckResult, ...]
    seconds: tuple[float, ...]
    required: frozenset[str]
    language: str = ENGLISH
    said: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """The required checks that did not pass."""
        return tuple(
            result.name
            for result in self.results
            if result.passed is False and result.name in self.required
        )

    @property
    def passed(self) -> bool:
        """Whether no required check failed."""
        return not self.failed

    def __getitem__(self, name: str) -> CheckResult:
        return next(result for result in self.results if result.name == name)

    @property
    def warnings(self) -> list[str]:
        """What a person should know of the study, in the language of the report."""
        if isinstance(self.study, Panel):
            return list(self.said)
        writer = plain_writer(self.language)
        return [fact.said(writer) for fact in self.study.facts]

    def __str__(self) -> str:
        words = plain_writer(self.language).texts
        verdicts = {True: "checks.passed", False: "checks.failed", None: "checks.note"}
        parts = [words("checks.warning", text=text) for text in self.warnings]
        for result in self.results:
            facts = {"name": result.name, "sentence": result.sentence}
            parts.append(words("checks.line", verdict=words(verdicts[result.passed]), **facts))
        end = words("checks.none_failed")
        if self.failed:
            end = words("checks.some_failed", names=words.joined(self.failed, ", "))
        return "\n\n".join([*map(wrapped, parts), end])

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest check --json`` prints."""
        timed = zip(self.results, self.seconds, strict=True)
        return {
            "panel" if isinstance(self.study, Panel) else "study": self.study.name,
            "data_sha256": self.study.data_sha256,
            "passed": self.passed,
            "warnings": self.warnings,
            "checks": [
                {
                    **result.to_dict(),
                    "required": result.name in self.required,
                    "seconds": round(seconds, 3),
                }
                for result, seconds in timed
            ],
        }


def run_checks(  # noqa: PLR0913 - the options of one command
    study: Study | Panel | str = "serbia",
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    threshold: float | None = None,
    seed: int = 1,
    progress: Progress | None = None,
    language: str = ENGLISH,
    date: str | date | None = None,
) -> CheckReport:
    """Run the checks of a study, or those of a panel.

    What is for people is said in the language that is asked for. Names of checks, sources and
    columns, keys of JSON and the texts of pictures stay English: programs and pictures use them.

    Parameters
    ----------
    study
        A study or a panel, or the name or folder of one. A panel takes no `threshold` or `date`.
    only
        Names of the checks to run; all of them, or the quick ones, when empty.
    quick
        Run the quick checks in their quick form.
    threshold
        A size of what is estimated, persons, for the check that asks what would tip it.
    seed
        Seed of everything random.
    progress
        Called with a sentence as the work goes on, in English.
    language
        The code of the language, such as ``en``.
    date
        The day for the check that asks which figure would help most, also ``latest`` or
        ``today``; the first 31 December after the last used count when None.

    Raises
    ------
    UsageError
        When a check or the language is unknown, or the date malformed or out of reach.
    StudyError
        When the study or the panel is invalid.
    NotCertifiedError, PanelNotCertifiedError
        When the study or the panel cannot be estimated.
    """
    words_of(language)
    say = progress or (lambda _: None)
    if isinstance(study, Panel) or (isinstance(study, str) and is_panel(study)):
        _refuse_of_studies(threshold=threshold, date=date)
        names = _names(only, panel_checks(), quick=quick)
        panel = study if isinstance(study, Panel) else load_panel(study)
        given = PanelContext(panel, seed, say, language)
        return _run(panel, {name: panel_checks()[name] for name in names}, given)
    names = _names(only, all_checks(), quick=quick)
    loaded = study if isinstance(study, Study) else load_study(study)
    context = Context(loaded, seed, quick, threshold, say, language, date)
    return _run(loaded, {name: all_checks()[name] for name in names}, context)


def _names[Given](
    only: Sequence[str], known: Mapping[str, Check[Given]], *, quick: bool
) -> list[str]:
    """Return the names of the checks to run."""
    for name in (name for name in only if name not in known):
        raise UsageError(f"no check is called {name!r}: write one of {', '.join(known)}")
    return list(only) or [name for name, found in known.items() if found.quick or not quick]


def _refuse_of_studies(**given: object) -> None:
    for name in (name for name, value in given.items() if value is not None):
        raise UsageError(f"--{name} is for checks of a study, and this is a panel: leave it out")


def _run[Given: (Context, PanelContext)](
    study: Study | Panel, checks: Mapping[str, Check[Given]], context: Given
) -> CheckReport:
    """Run some checks one after the other."""
    results, seconds = [], []
    for name, found in checks.items():
        context.progress(f"check {name}: {found.question}")
        start = perf_counter()
        results.append(found.run(context))
        seconds.append(perf_counter() - start)
    required = frozenset(name for name, found in checks.items() if found.required)
    said = tuple(context.warnings) if isinstance(context, PanelContext) else ()
    return CheckReport(study, tuple(results), tuple(seconds), required, context.language, said)


def words_of(language: str) -> Words:
    """Return the sentences and numbers in which checks speak.

    Raises
    ------
    UsageError
        When there is no such language, or its file is not whole.
    """
    try:
        return plain_writer(language).texts
    except LanguageError as error:
        raise UsageError(str(error)) from error
