"""The measure `floor`: a count that the stock must be able to hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from popest.model.evidence import REACH, Medians, Others, Translated, free_name
from popest.model.measure import LinearMeasure, OneSource
from popest.study.measures import DESCRIPTION, MeasureRules, MeasureWords, register
from popest.study.observations.observation import Observation
from popest.study.specification.records import Source, Specification

if TYPE_CHECKING:
    import numpy as np

    from popest.model.exposure import RowWeights
    from popest.model.left_out import LeftOut
    from popest.model.normals import Normals
    from popest.model.state import Learned, State
    from popest.model.statistics import Statistic


@register
class Floor(OneSource, LinearMeasure):
    """A count that the stock must be able to hold: log Phi((log m + log X - log y) / sd).

    The ratio m is the largest plausible share of the stock X that could have been counted, and
    sd^2 = tau^2 + sigma_s^2 + p^2. Its data are whether each floor is reached, which all are.
    """

    name = "floor"
    is_floor = True
    rules = MeasureRules(DESCRIPTION | {"ratio"}, is_for_static=True)
    words = MeasureWords(
        read_as="a lower limit of the persons present on a day",
        ratio="Of every 100 persons present on the day, some {median} at the very most can be "
        "counted ({lower} to {upper} with 90 % probability).",
        hundred="persons present on the day",
        counted="counted at the very most",
        method="Counts that cannot exceed a share of the population entered as lower limits "
        "({names}).",
    )

    def __init__(
        self,
        name: str,
        specification: Specification,
        used: tuple[Observation, ...],
        normals: Normals,
    ) -> None:
        import numpy as np

        from popest.model.noise import printed_sd

        super().__init__(name, specification, used, normals)
        assert self.source.ratio is not None
        self.noisy = [name]
        self.counts = np.array([row.value for row in self.rows], dtype=float)
        self.values = np.ones(len(self.rows), dtype=bool)
        self.log_median, self.tau = math.log(self.source.ratio.median), self.source.ratio.tau
        self.exposure = self.exposure_of(self.rows)
        self.printed_variance = printed_sd(self.rows, self.source) ** 2
        self.fixed_variance = self.tau**2 + self.printed_variance

    @classmethod
    def weights(
        cls, row: Observation, source: Source, specification: Specification, normals: Normals
    ) -> RowWeights:
        """Return the weights of the stock at the end of the row's day."""
        from popest.model.exposure import persons, stock_on

        assert row.end is not None
        calendar, kind = specification.calendar.calendar, specification.population.kind
        return [persons(specification, stock_on(calendar, row.end, kind == "static"))]

    def scores(self, state: State, xp: Any) -> Any:
        """Return (log m + log X - log y) / sd of each row, `(row, ...)`.

        `xp` is NumPy or PyTensor's tensor.
        """
        log_sd = state.log_sd[self.noise][0]
        log_exposure = xp.log(self.exposure(state, xp))
        constants = zip(self.counts, self.fixed_variance, strict=True)
        return xp.stack(
            [
                (self.log_median + log_exposure[row] - math.log(count))
                / xp.sqrt(fixed + xp.exp(2 * log_sd))
                for row, (count, fixed) in enumerate(constants)
            ]
        )

    def log_likelihood(self, values: np.ndarray, state: State) -> np.ndarray:
        """Return the log probability of the outcomes `values`, `(row,)`, for each draw."""
        import numpy as np

        from popest.model.tails import log_normal_cdf

        scores = self.scores(state, np)
        signs = np.where(values, 1.0, -1.0)[:, None]
        return log_normal_cdf(signs * scores).sum(axis=0)

    def add_to_pymc(self, pm: Any, pt: Any, state: State) -> None:
        """Add the log probability that all are reached as a potential."""
        scores = self.scores(state, pt)
        pm.Potential(free_name(pm, self.source_name), pm.logcdf(pm.Normal.dist(), scores).sum())

    def largest_counts(self, state: State, rng: np.random.Generator) -> np.ndarray:
        """Draw the largest count that each draw's stock could give a floor, `(row, draws)`."""
        import numpy as np

        from popest.model.noise import bounded_exp

        log_sd = state.log_sd[self.noise][0]
        sd = np.sqrt(self.fixed_variance[:, None] + np.exp(2 * log_sd))
        share = bounded_exp(self.log_median + sd * rng.standard_normal(sd.shape))
        largest: np.ndarray = self.exposure(state) * share
        return largest

    def simulate(self, state: State, rng: np.random.Generator) -> np.ndarray:
        """Draw whether each floor is reached."""
        reached: np.ndarray = self.largest_counts(state, rng) >= self.counts[:, None]
        return reached

    def repeat(self, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Draw the largest count that each floor could have been."""
        return self.largest_counts(learned.state, rng)

    def left_out(self, learned: Learned, rng: np.random.Generator) -> Iterator[LeftOut]:
        """Yield the largest count that each floor could have been, as the others predict it."""
        import numpy as np

        from popest.model.left_out import LeftOut
        from popest.model.tails import log_normal_cdf

        density = log_normal_cdf(self.scores(learned.state, np))
        for drawn, log_density in zip(
            self.largest_counts(learned.state, rng), density, strict=True
        ):
            yield LeftOut(drawn, log_density)

    def predict(self, row: Observation, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Draw the largest plausible count of a floor that was not seen."""
        import numpy as np

        from popest.model.noise import bounded_exp, printed_sd

        state = learned.state
        log_sd = state.log_sd[self.noise][0]
        assert self.source.ratio is not None
        variance = self.tau**2 + printed_sd([row], self.source)[0] ** 2 + np.exp(2 * log_sd)
        exposure = self.exposure_of([row])(state)[0]
        error = np.sqrt(variance) * rng.standard_normal(variance.shape)
        largest: np.ndarray = exposure * self.source.ratio.median * bounded_exp(error)
        return largest

    def marks(self, medians: Medians) -> Iterator[Translated]:
        """Yield the stock that could just have given each floor."""
        factor = math.exp(REACH * self.tau)
        for row, count in zip(self.rows, self.counts / math.exp(self.log_median), strict=True):
            bounds = count / factor, count * factor
            yield Translated.of(row, count, bounds, is_floor=self.is_floor)

    def p_value(self, source: str, others: Others, rng: np.random.Generator) -> float:
        """Return the probability that all floors are reached, which is itself the p-value."""
        import numpy as np

        probability = np.exp(self.log_likelihood(self.values, others.completed))
        return min(1.0, float(others.weights @ probability))

    def statistics(self, state: State) -> Sequence[Statistic]:
        """Return what a page carries of the floors: exposures and noise."""
        import numpy as np

        from popest.model.floor_statistic import FloorStatistic

        return [
            FloorStatistic(
                self.source_name,
                math.exp(self.log_median),
                self.tau,
                np.log(self.counts),
                self.printed_variance,
                np.log(self.exposure(state)),
                state.log_sd[self.noise][0],
            )
        ]
