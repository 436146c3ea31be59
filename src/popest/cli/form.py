"""The form that asks for what is missing of a new figure, one column at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import click

from popest.study import Source, UsageError
from popest.study.drafts.drafting import cell_problem, missing_columns
from popest.study.drafts.new_rows import NEW_ROW
from popest.study.observations.columns import COLUMNS, PANEL_COLUMNS, columns_of
from popest.study.problems import Problem, listed, printable, suggestion

QUESTIONS = {name: column.question for name, column in PANEL_COLUMNS.items() if column.question}
OPTIONAL = columns_of("text")
QUANTITIES = columns_of("quantity")
NEEDED = columns_of("source", "count", "precision", "day", "quantity", "population")


def is_terminal() -> bool:
    """Return whether somebody is there to be asked."""
    return sys.stdin.isatty()


def ask(text: str) -> str:
    """Ask for one line on the standard error, so that the output stays clean."""
    answer: str = click.prompt(text, default="", show_default=False, err=True)
    return answer.strip()


@dataclass
class Form:
    """Asks for the columns of one figure until no rule is broken.

    Parameters
    ----------
    sources
        The declared sources by name.
    populations
        The names of a panel's populations; None for a study.
    given
        The columns that are known already.
    question
        Asks one question and returns the answer.
    """

    sources: Mapping[str, Source]
    populations: Collection[str] | None = None
    given: dict[str, str] = field(default_factory=dict)
    question: Callable[[str], str] = ask

    def fill(self) -> dict[str, str]:
        """Ask for all that is missing and return the columns."""
        if not self.given.get("source"):
            _say(f"Sources: {listed(self.sources)}")
            self._ask("source")
        if not self.given.get("use"):
            self._ask("use", default="yes")
        while missing := self.missing:
            self._ask(missing[0])
        for column in OPTIONAL:
            if column not in self.given:
                self._ask(column)
        return self.given

    @property
    def missing(self) -> list[str]:
        """The columns that still have to be given."""
        columns = COLUMNS if self.populations is None else PANEL_COLUMNS
        return missing_columns(self.given, self.sources, columns)

    def refuse_missing(self) -> None:
        """Refuse a figure of which something is missing, where nobody can be asked.

        Raises
        ------
        UsageError
            With the options that are missing, and what is wrong with those that were given.
        """
        missing = self.missing
        if missing:
            options = listed(f"--{column}" for column in missing)
            unknown = " (--published '' says that the day is unknown)"
            hint = unknown if "published" in missing else ""
            problems = [cell_problem(column, text) for column, text in self.given.items()]
            wrong = "".join(f"\n{problem}" for problem in problems if problem)
            message = f"missing: {options}{hint}. On a terminal they are asked for{wrong}"
            raise UsageError(message)

    def forget(self, problems: Sequence[Problem]) -> bool:
        """Say what is wrong with the figure as a whole, and forget those answers.

        Returns False, and says nothing, when other answers would not help.
        """
        is_range = self.given.get("precision") == "between"
        # A wrong bound is asked for again where it is needed; else an interval would be lost.
        asked = [name for name in QUESTIONS if is_range or name not in QUANTITIES]
        if any(problem.file != NEW_ROW or problem.field not in asked for problem in problems):
            return False
        for problem in problems:
            _refuse(problem)
            self.given.pop(problem.field, None)
        if is_range and "precision" not in self.given:
            for column in QUANTITIES:  # the bounds of a range are no interval of a count
                self.given.pop(column, None)
        return True

    def _ask(self, column: str, default: str = "") -> None:
        while True:
            shown = f" [{default}]" if default else ""
            answer = self.question(f"{column} ({QUESTIONS[column]}){shown}") or default
            if not answer and column in NEEDED:
                _say("  This is needed; Ctrl-C leaves without adding anything.")
                continue
            problem = cell_problem(column, answer) or self._unknown(column, answer)
            if problem is None:
                break
            _refuse(problem)
        self.given[column] = answer
        if column == "source" and answer not in self.sources:
            near = suggestion(answer, self.sources)
            _say(f"  {answer} is not declared: its figures cannot be used. {near}".rstrip())

    def _unknown(self, column: str, answer: str) -> Problem | None:
        """Return that a panel has no population of a name; None where it has, or may have."""
        if column != "population" or not self.populations or answer in self.populations:
            return None
        near = suggestion(answer, self.populations)
        remedy = f"{near}write one of {listed(self.populations)}"
        return Problem(NEW_ROW, 1, column, answer, "is not in populations.csv", remedy)


def _refuse(problem: Problem) -> None:
    _say(f"  {printable(problem.rule)}: {printable(problem.remedy)}")


def _say(text: str) -> None:
    click.echo(text, err=True)
