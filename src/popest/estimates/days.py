"""What is estimated in each draw, also after the last count and after the calendar.

The months after a study's calendar are drawn from the prior given the posterior of the earlier
ones. As no figure speaks of them, that is their posterior.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from popest.engines.bank import quiet
from popest.engines.shared import completed
from popest.engines.threads import one_thread
from popest.estimates.distribution import Distribution
from popest.language.words import Words
from popest.language.writers import Fact, Writer
from popest.model.exposure import arrivals_during, stock_on
from popest.model.model import Model
from popest.model.population import Population
from popest.model.state import State
from popest.study.estimand import Estimand
from popest.study.study import LastCount


@dataclass(frozen=True)
class Scenario(Fact):
    """What is estimated on a day, or up to it, that lies after the last used count.

    `assumed` is the share of the variance of its logarithm that no figure speaks to, from 0 to 1;
    None where that variance is no number, or there is none.
    """

    asked: Estimand
    last: LastCount
    assumed: float | None

    @property
    def day(self) -> date:
        """The day, or the last one of a window."""
        return self.asked.last

    def said(self, writer: Writer) -> str:
        """Return it as sentences of a language."""
        texts, days = writer.texts, (self.day - self.last.day).days
        after = texts(
            "warning.scenario_one" if days == 1 else "warning.scenario_many",
            day=texts.day(self.day),
            days=texts.ungrouped(days),
            row=self.last.observation,
            last=texts.day(self.last.day),
        )
        if not self.assumed:
            return after
        return texts.joined([after, self.said_assumed(texts, texts.likely(self.assumed))])

    def said_assumed(self, texts: Words, share: str) -> str:
        """Return the sentence that a share of the variance, already written, is assumed."""
        variance = self.asked.said(texts, "variance")
        return texts("warning.scenario_assumed", share=share, variance=variance)


class Reach(NamedTuple):
    """A model over a calendar that may be longer than the study's, and draws of its population."""

    model: Model
    state: State

    @classmethod
    def until(cls, day: date, model: Model, state: State, seed: np.random.SeedSequence) -> Reach:
        """Return draws that go on to a day.

        Parameters
        ----------
        day
            The day; where the calendar holds it, the draws are returned as they are.
        model, state
            The model of the study, and draws of it.
        seed
            Of the steps that are new. The first of them are the same however many there are.
        """
        longer = model.specification.reaching(day)
        if longer is model.specification:
            return cls(model, state)
        going_on = Model(longer, model.used)
        with one_thread(), quiet():
            drawn = completed(going_on, model, state.u, np.random.default_rng(seed))
        return cls(going_on, drawn)

    def assumed_share(
        self, asked: Estimand, last: date, weights: np.ndarray, seed: np.random.SeedSequence
    ) -> float | None:
        """Return the share of the variance of a logarithm that no figure speaks to.

        Parameters
        ----------
        asked
            What the logarithm is of.
        last
            The last day that is counted, before the last day of what is asked.
        weights
            Weights of the draws, `(draws,)`.
        seed
            Of the steps that are drawn a second time.

        Returns
        -------
        float or None
            From 0 to 1; None where the logarithm has no variance, or none that is a number.

        Notes
        -----
        With N what is asked and theta all that the months up to `last` depend on,
        Var log N = Var E[log N | theta] +
        E Var[log N | theta], and the share is that of the second term. Of each draw a second one
        is made with the same theta, so that half the mean square of their difference is that
        term (Sobol, 2001).

        References
        ----------
        Sobol, I. M. (2001). Global sensitivity indices for nonlinear mathematical models and
        their Monte Carlo estimates. Mathematics and Computers in Simulation 55, 271-280.
        """
        first = self._log_of(asked, self.state.population)
        places = self.model.population.only_after(self.model.calendar.month_of(last))
        total = Distribution(first, weights).sd ** 2
        if not math.isfinite(total) or total <= 0:
            return None
        if not places:
            return 0.0
        u = self.state.u.copy()
        with one_thread(), quiet():
            u[places] = np.random.default_rng(seed).standard_normal((len(places), u.shape[1]))
            second = self._log_of(asked, self.model.population(u))
        total = 0.5 * (total + Distribution(second, weights).sd ** 2)
        within = 0.5 * float(weights @ (first - second) ** 2)
        return min(1.0, within / total) if math.isfinite(within) else None

    def _log_of(self, asked: Estimand, population: Population) -> np.ndarray:
        with quiet():
            logs: np.ndarray = np.log(values_of(self.model, population, asked))
        return logs


def values_of(model: Model, population: Population, asked: Estimand) -> np.ndarray:
    """Return what is asked of each draw, persons, `(draws,)`.

    Parameters
    ----------
    model
        The model, over a calendar that holds all days of it.
    population
        Its draws.
    asked
        A stock, at the end of its day; or arrivals or departures, of which each month of the
        window has the share of its days that lie in it.
    """
    calendar = model.calendar
    if asked.first is not None:
        is_arrivals = asked.flow == "arrivals"
        flow = population.arrivals if is_arrivals else population.departures()
        return _summed(arrivals_during(calendar, asked.first, asked.last), flow)
    static = model.specification.population.kind == "static"
    before, *months = stock_on(calendar, asked.last, static)
    stock = _summed(np.array(months), population.stock)
    return stock + before * population.initial if before else stock


def _summed(weights: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Return the weighted sum of the months, `(draws,)`."""
    seen = np.flatnonzero(weights)  # other months may be beyond any number: 0 times that is none
    total: np.ndarray = weights[seen] @ months[seen]
    return total
