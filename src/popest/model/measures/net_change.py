"""The measure `net_change`: by how many the population grew during a window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from popest.model.evidence import REACH, Medians, Others, Quantity, Translated, free_name
from popest.model.measure import LinearMeasure, OneSource, exposures
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
class NetChange(OneSource, LinearMeasure):
    """Balances of one source: y ~ MVN(X + mu, sigma_b^2 J + diag(sd^2)), persons.

    `mean` is mu, the expected bias, and `covariance` that of the rows, `(row, row)`.
    """

    name = "net_change"
    rules = MeasureRules(
        DESCRIPTION | {"bias", "error"}, has_start=True, may_start_early=True, is_signed=True
    )
    words = MeasureWords(
        read_as="the growth of the population during a window",
        method="Differences of entries and exits entered as the change of the population plus a "
        "normal bias ({names}).",
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
        assert self.source.bias is not None and self.source.persons_error is not None
        self.mean, self.bias_sd = self.source.bias.mean, self.source.bias.sd
        self.error_sd = self.source.persons_error.sd
        self.values = np.array([row.value for row in self.rows], dtype=float)
        self.exposure = self.exposure_of(self.rows)
        n_rows = len(self.rows)
        self.covariance = self.bias_sd**2 + self.error_sd**2 * np.eye(n_rows)
        self._inverse_factor = np.linalg.inv(np.linalg.cholesky(self.covariance))
        self._constant = float(np.log(np.diag(self._inverse_factor)).sum())
        self._constant -= 0.5 * n_rows * math.log(2 * math.pi)

    @classmethod
    def weights(
        cls, row: Observation, source: Source, specification: Specification, normals: Normals
    ) -> RowWeights:
        """Return the weights of the stock at the window's end less that before its first day."""
        from popest.model.exposure import net_change_during, persons

        assert row.start is not None and row.end is not None
        calendar = specification.calendar.calendar
        return [persons(specification, net_change_during(calendar, row.start, row.end))]

    def log_likelihood(self, values: np.ndarray, state: State) -> np.ndarray:
        """Return the log density of the balances `values`, `(row,)`, for each draw."""
        residual = values[:, None] - self.mean - self.exposure(state)
        whitened = self._inverse_factor @ residual
        density: np.ndarray = self._constant - 0.5 * (whitened**2).sum(axis=0)
        return density

    def add_to_pymc(self, pm: Any, pt: Any, state: State) -> None:
        """Add the balances as a multivariate normal variable."""
        dim = f"{self.source_name}_observation"
        pm.modelcontext(None).add_coord(dim, [row.id for row in self.rows])
        pm.MvNormal(
            free_name(pm, self.source_name),
            mu=self.exposure(state, pt) + self.mean,
            cov=self.covariance,
            observed=self.values,
            dims=dim,
        )

    def draw_bias(self, values: np.ndarray, state: State, rng: np.random.Generator) -> np.ndarray:
        """Draw the bias that the balances share given the population, persons, `(draws,)`."""
        residual = values[:, None] - self.mean - self.exposure(state)
        prior, each = self.bias_sd**2, self.error_sd**2
        shrink = each + len(values) * prior
        noise = math.sqrt(prior * each / shrink) * rng.standard_normal(residual.shape[1])
        return self.mean + prior * residual.sum(axis=0) / shrink + noise

    def simulate(self, state: State, rng: np.random.Generator) -> np.ndarray:
        """Draw balances, persons, with a bias from its prior."""
        expected = self.exposure(state) + self.mean
        bias = self.bias_sd * rng.standard_normal(expected.shape[1])
        return expected + bias + self.error_sd * rng.standard_normal(expected.shape)

    def repeat(self, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Draw a repetition of each balance, with the bias that they share."""
        bias = self.draw_bias(self.values, learned.state, rng)
        expected = self.exposure(learned.state) + bias
        return expected + self.error_sd * rng.standard_normal(expected.shape)

    def left_out(self, learned: Learned, rng: np.random.Generator) -> Iterator[LeftOut]:
        """Yield each balance as the others predict it, their bias integrated out."""
        import numpy as np

        from popest.model.left_out import LeftOut, Normals

        residual = self.values[:, None] - self.mean - self.exposure(learned.state)
        variance = np.full(residual.shape, self.error_sd**2)
        normals = Normals.of(np.eye(len(residual)), residual, variance, self.bias_sd**2)
        log_density = normals.log_density()
        for place, value in enumerate(self.values):
            error = normals.sd[place] * rng.standard_normal(residual.shape[1])
            yield LeftOut(value - normals.off[place] + error, log_density[place])

    def predict(self, row: Observation, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Draw a balance that was not seen, with the bias that those seen suggest."""
        expected: np.ndarray = self.exposure_of([row])(learned.state)[0]
        bias = self.draw_bias(self.values, learned.state, rng)
        return expected + bias + self.error_sd * rng.standard_normal(expected.shape)

    @classmethod
    def first_figure(
        cls, row: Observation, specification: Specification, state: State, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw the first balance of a source, with a bias from its prior."""
        from popest.model.normals import Normals

        source = specification.source[row.source]
        assert source.bias is not None and source.persons_error is not None
        expected: np.ndarray = exposures([(row, source)], specification, Normals())(state)[0]
        bias = source.bias.mean + source.bias.sd * rng.standard_normal(expected.shape)
        return expected + bias + source.persons_error.sd * rng.standard_normal(expected.shape)

    def marks(self, medians: Medians) -> Iterator[Translated]:
        """Yield the balances less their expected bias, added to the stock before their window."""
        spread = REACH * math.hypot(self.bias_sd, self.error_sd)
        found = medians(self.rows, self.exposure)
        for row, (end, seen), value in zip(self.rows, found, self.values, strict=True):
            stock = value - self.mean + end - seen
            yield Translated.of(row, stock, (stock - spread, stock + spread))

    def p_value(self, source: str, others: Others, rng: np.random.Generator) -> float:
        """Return the two-sided p-value of the mean of the balances."""
        from popest.model.tails import two_sided

        expected = self.exposure(others.completed).mean(axis=0) + self.mean
        sd = math.hypot(self.bias_sd, self.error_sd / math.sqrt(len(self.rows)))
        return two_sided((self.values.mean() - expected) / sd, others.weights)

    def statistics(self, state: State) -> Sequence[Statistic]:
        """Return what a page carries of the balances: mean and scatter of their residuals."""
        from popest.model.bias_statistic import BiasStatistic

        residual = self.values[:, None] - self.exposure(state)
        centre = residual.mean(axis=0)
        scatter = ((residual - centre) ** 2).sum(axis=0) / self.error_sd**2
        priors = len(self.rows), self.mean, self.bias_sd, self.error_sd
        return [BiasStatistic(self.source_name, *priors, centre, scatter)]

    def quantities(self, state: State, rng: np.random.Generator) -> Iterator[Quantity]:
        """Yield the bias that the balances share."""
        bias = self.draw_bias(self.values, state, rng)
        yield Quantity("bias", self.source_name, bias)
