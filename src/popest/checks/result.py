"""What a check returns, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from popest.checks.methods.fitted import (
    Fitted,
    by_auto,
    refit,
    reweigh,
    sources_of,
    with_sources,
)
from popest.checks.methods.moves import Moves, moves_of
from popest.engines.auto import Randomness
from popest.engines.bank import DEFAULT_DRAWS, Bank, Progress
from popest.engines.draws import Draws
from popest.estimates import Distribution, Estimate
from popest.estimates.comparisons.changes import Content
from popest.estimates.compute import certified
from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.estimates.document import rounded
from popest.estimates.pictures.style import new_axes
from popest.estimates.settings import Settings, streams
from popest.language.catalogue import ENGLISH
from popest.language.words import Words
from popest.language.writers import plain_writer
from popest.model.model import Model
from popest.study import Study
from popest.study.estimand import Estimand

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Cell = str | int | float | bool | None
Figure = Callable[["Axes"], "Axes"]


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check.

    Attributes
    ----------
    name
        The name of the check.
    passed
        Whether it passed; None where it informs and cannot fail.
    sentence
        What it found, in words; those of its table and its picture are English.
    table
        Rows of named cells, all with the same names.
    figure
        Draws the picture on given axes; None where there is none.
    """

    name: str
    passed: bool | None
    sentence: str
    table: Sequence[Mapping[str, Cell]] = ()
    figure: Figure | None = field(default=None, compare=False)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the picture on the axes, or on new ones, and return them.

        Raises
        ------
        ValueError
            When the check has no picture.
        """
        if self.figure is None:
            raise ValueError(f"check {self.name} has no picture")
        return self.figure(new_axes(8, 5) if ax is None else ax)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``popest check --json`` prints of it."""
        table = [dict(row) for row in self.table]
        entries = {"name": self.name, "passed": self.passed, "sentence": self.sentence}
        return rounded({**entries, "table": table})


def interval_cells(found: Distribution | None) -> dict[str, Cell]:
    """Return the cells of what is estimated, persons; None where nothing of it is certified."""
    median = lower = upper = None
    if found is not None:
        median, lower, upper = found.median_and_bounds(HEADLINE_PROBABILITY)
    interval = "90 % equal-tailed credible"
    return {"median": median, "lower": lower, "upper": upper, "interval": interval}


@dataclass(frozen=True)
class Context:
    """What every check works on; expensive parts are computed once and shared.

    Attributes
    ----------
    study
        The study.
    seed
        Seed of everything random.
    quick
        Whether a check with a long and a short form is to take the short one.
    threshold
        A size of what is estimated, persons, that a user asks about; None when not asked.
    progress
        Called with a sentence as the work goes on.
    language
        The code of the language in which it is said what was found.
    date_asked
        A day that a user asks about, as text or a word for one; None when not asked.
    """

    study: Study
    seed: int = 1
    quick: bool = False
    threshold: float | None = None
    progress: Progress = field(default=lambda _: None, compare=False)
    language: str = ENGLISH
    date_asked: str | date | None = None

    @property
    def words(self) -> Words:
        """The sentences and numbers of the language."""
        return plain_writer(self.language).texts

    @property
    def asked(self) -> Estimand:
        """The study's headline, which is what its estimate is of foremost."""
        return self.study.specification.headline

    @property
    def label(self) -> str:
        """What an axis of persons shows."""
        return f"{self.asked.label}, {self.study.specification.unit}"

    @cached_property
    def estimate(self) -> Estimate:
        """The study's estimate, certified: that of `popest.estimate`."""
        start, settings = perf_counter(), Settings("auto", DEFAULT_DRAWS, self.seed)
        return certified(self.study, settings, self.model, self._drawn[1], start)

    @cached_property
    def model(self) -> Model:
        """The study's model."""
        return Model(*self.content)

    @property
    def content(self) -> Content:
        """What the study's model is made of."""
        return self.study.specification, self.study.used

    @cached_property
    def _drawn(self) -> tuple[Bank, Draws]:
        return by_auto(self.model, self._streams(), DEFAULT_DRAWS, self.progress)

    @property
    def bank(self) -> Bank:
        """The draws of the study's estimate as a bank, to be weighed anew."""
        return self._drawn[0]

    @cached_property
    def itself(self) -> Fitted:
        """The study as its estimate has it, certified."""
        return Fitted(self.model, self.estimate.draws, self.asked, refitted=True)

    @cached_property
    def without(self) -> dict[str, Fitted]:
        """The study without each of its sources.

        Each has the draws and the seed of an estimate, so that `popest.estimate` says the same of
        the study without the source, and of a variant that leaves it out.
        """
        found = {}
        for name in sources_of(self.model):
            self.progress(f"estimating without {name}")
            others = set(self.study.specification.source) - {name}
            content = with_sources(self.content, others.__contains__)
            found[name] = refit(content, self.asked, self._streams(), DEFAULT_DRAWS, self.progress)
        return found

    @cached_property
    def alone(self) -> dict[str, Fitted]:
        """The study with each of its sources alone, by a refit of fewer draws."""
        found = {}
        for name in sources_of(self.model):
            self.progress(f"estimating only {name}")
            content = with_sources(self.content, {name}.__contains__)
            found[name] = refit(
                content, self.asked, self._randomness(f"only {name}"), progress=self.progress
            )
        return found

    @cached_property
    def moves(self) -> Moves:
        """How far each source moves the median, and which moves it most."""
        return moves_of(self.itself, self.without)

    def other(self, content: Content, name: str) -> Fitted:
        """Return a study that differs a little, reweighed where certified and refitted otherwise.

        Parameters
        ----------
        content
            What it is made of; it must need no normals that the study lacks.
        name
            What its randomness belongs to.
        """
        found = reweigh(self.bank, self.model.normals.names, content, self.asked)
        return found or refit(content, self.asked, self._randomness(name), progress=self.progress)

    def _streams(self) -> Randomness:
        """Return the randomness with which `popest.estimate` draws, from its start."""
        seeds = streams(self.seed)
        return Randomness(*map(np.random.default_rng, (seeds.bank, seeds.slice)))

    def _randomness(self, name: str) -> Randomness:
        """Return what draws of something that has a name of its own are made with."""
        return Randomness(self.rng(name), self.rng(f"{name} by slice"))

    def rng(self, name: str) -> np.random.Generator:
        """Return a source of randomness that belongs to one name alone."""
        key = tuple(name.encode())
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


@dataclass(frozen=True)
class Check[Given]:
    """A check: one file, found because it registers itself.

    Attributes
    ----------
    name
        Its name on the command line, lower case with hyphens.
    required
        Whether its failure fails the whole run.
    quick
        Whether it belongs to the quick run after every new figure.
    run
        What it does.
    words
        Where its sentences are in the catalogue.
    """

    name: str
    required: bool
    quick: bool
    run: Callable[[Given], CheckResult]
    words: str = "checks"

    @property
    def question(self) -> str:
        """The question it answers, in English."""
        return self.asked(plain_writer().texts)

    def asked(self, words: Words) -> str:
        """Return the question it answers in the words of a language."""
        return words(f"{self.words}.{self.name}.question")
