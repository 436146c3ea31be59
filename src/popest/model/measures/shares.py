"""The measure `shares`: when those present arrived, from a survey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from popest.model.evidence import Figure, Medians, Others, Translated, free_name
from popest.model.measure import OneSource
from popest.study.calendar import parse_month
from popest.study.measures import DESCRIPTION, MeasureRules, MeasureWords, register
from popest.study.observations.observation import Observation
from popest.study.specification.records import Specification

if TYPE_CHECKING:
    import numpy as np

    from popest.model.normals import Normals
    from popest.model.population import Population
    from popest.model.state import Learned, State
    from popest.model.statistics import Statistic

FEWEST_SURVIVORS = 1e-300
"""Persons of a window, so that shares are numbers also where departures leave nobody."""
REPETITIONS = 4
"""How often each draw repeats the survey for its p-value."""


@register
class Shares(OneSource):
    """Shares of a survey's respondents by window of arrival, among those still present.

    Survivors of month t at month t* are a_t exp(-h (t* - t + 1/2)), and the log density of the
    effective counts k is sum k log s, with s the windows' shares of the survivors. The
    multinomial coefficient, which the population does not change, is left out.

    Attributes
    ----------
    values
        Effective counts, the shares times n / deff, unrounded, `(window,)`.
    size
        n / deff, respondents.
    """

    name = "shares"
    rules = MeasureRules(
        DESCRIPTION | {"date", "n", "deff", "published", "windows", "because"}, has_rows=False
    )
    words = MeasureWords(
        read_as="when the persons present arrived",
        method="Surveys entered as multinomial shares of arrival periods among those present, "
        "their sample size divided by the design effect ({names}).",
    )

    def __init__(
        self,
        name: str,
        specification: Specification,
        used: tuple[Observation, ...],
        normals: Normals,
    ) -> None:
        import numpy as np

        super().__init__(name, specification, used, normals)
        source, calendar = self.source, specification.calendar.calendar
        assert source.windows is not None and source.date is not None
        assert source.n is not None and source.deff is not None
        self.labels = [f"{window.first}..{window.last}" for window in source.windows]
        self.size = source.n / source.deff
        self.shares = np.array([window.share for window in source.windows])
        self.values = self.shares * self.size
        self.member = np.array(
            [
                [window.first <= month <= window.last for month in calendar.months]
                for window in source.windows
            ],
            dtype=float,
        )
        first, asked = parse_month(calendar.start), parse_month(source.date)
        month = (asked.year - first.year) * 12 + asked.month - first.month
        # Who arrived later was not there to be asked.
        self.member = self.member[:, : month + 1]
        self.age = month - np.arange(self.member.shape[1])[:, None] + 0.5

    @property
    def figures(self) -> list[Figure]:
        """The share of each window."""
        pairs = zip(self.labels, self.shares, strict=True)
        return [
            Figure(f"{self.source_name}:{label}", self.source_name, float(share))
            for label, share in pairs
        ]

    def log_shares(self, population: Population, xp: Any) -> Any:
        """Return the log share of each window among the survivors of all, `(window, ...)`.

        `xp` is NumPy or PyTensor's tensor.
        """
        arrivals = population.arrivals[: len(self.age)]
        survivors = arrivals * xp.exp(-(self.age @ population.hazard[None]))
        by_window = xp.maximum(self.member @ survivors, FEWEST_SURVIVORS)
        return xp.log(by_window) - xp.log(by_window.sum(axis=0))

    def expected(self, population: Population) -> np.ndarray:
        """Return the share of each window among the survivors of all, `(window, draws)`."""
        import numpy as np

        shares: np.ndarray = np.exp(self.log_shares(population, np))
        return shares

    def log_likelihood(self, values: np.ndarray, state: State) -> np.ndarray:
        """Return sum k log s of effective counts, `(window,)`, for each draw."""
        import numpy as np

        density: np.ndarray = values @ self.log_shares(state.population, np)
        return density

    def add_to_pymc(self, pm: Any, pt: Any, state: State) -> None:
        """Add the log density as a potential."""
        log_density = pt.dot(self.values, self.log_shares(state.population, pt))
        pm.Potential(free_name(pm, self.source_name), log_density)

    def simulate(self, state: State, rng: np.random.Generator) -> np.ndarray:
        """Draw effective respondents by window: a multinomial of their rounded number."""
        respondents = round(self.size)
        drawn = rng.multinomial(respondents, self.expected(state.population).T).T
        return drawn * (self.size / respondents)

    def in_unit(self, data: np.ndarray) -> np.ndarray:
        """Return effective respondents as shares."""
        return data / self.size

    def repeat(self, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Draw the shares of a repetition of the survey."""
        respondents = round(self.size)
        expected = self.expected(learned.state.population)
        return (rng.multinomial(respondents, expected.T) / respondents).T

    def predict(self, row: Observation, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Refuse: a survey has no rows."""
        raise TypeError(f"row {row.id}: measure {self.name} has no rows")

    def marks(self, medians: Medians) -> Iterator[Translated]:
        """Yield nothing: shares say nothing of the size by themselves."""
        yield from ()

    def p_value(self, source: str, others: Others, rng: np.random.Generator) -> float:
        """Return how often a repetition deviates from the expected shares as far as the survey."""
        import numpy as np

        shares, weights = self.expected(others.completed.population), others.weights
        respondents = round(self.size)
        expected = np.maximum(shares @ weights, 1e-300)[:, None]
        seen = _deviance(self.values[:, None] / self.size, expected)
        larger = 0.0
        for _ in range(REPETITIONS):
            repeated = rng.multinomial(respondents, shares.T).T / respondents
            larger += float(weights @ (_deviance(repeated, expected) >= seen)) / REPETITIONS
        return min(1.0, larger)

    def statistics(self, state: State) -> Sequence[Statistic]:
        """Return the log density: there is nothing to move."""
        from popest.model.statistics import FixedStatistic

        return [FixedStatistic(self.source_name, self.log_likelihood(self.values, state))]


def _deviance(shares: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return sum s log(s / expected) of shares, `(window, ...)`; no window no respondents."""
    import numpy as np

    logs = np.log(np.where(shares > 0, shares / expected, 1.0))
    return (shares * logs).sum(axis=0)
