"""The counts of all sources with a ratio as one piece of evidence, as they are integrated jointly.

The likelihood itself is in ``popest.model.counts``; here is what else is asked of evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from popest.model.counts import SMALLEST_EXPOSURE, Counts, RatioPosterior
from popest.model.counts_in_pymc import add_counts
from popest.model.evidence import Evidence, Figure, Medians, Others, Translated
from popest.model.left_out import LeftOut
from popest.model.left_out import Normals as LeftOutNormals
from popest.model.measure import exposures
from popest.model.noise import bounded_exp, events, figure_sd, printed_covariance, printed_shift
from popest.model.normals import Normals
from popest.model.state import Learned, Residuals, State
from popest.model.tails import two_sided
from popest.study.observations.counting import years_counted
from popest.study.observations.observation import Observation
from popest.study.specification.records import Specification

if TYPE_CHECKING:
    from popest.model.statistics import Statistic


class JointCounts(Counts, Evidence):
    """The counts of all sources whose measure is a count; there also where no source has any."""

    def __init__(
        self, specification: Specification, used: tuple[Observation, ...], normals: Normals
    ) -> None:
        super().__init__(specification, used, normals)
        self.specification = specification
        self.normals = normals
        self.sources = self.noisy = self.names

    @property
    def figures(self) -> list[Figure]:
        """The counts in use, ordered by source."""
        return [Figure.of(row) for row in self.rows]

    def residuals_in(self, state: State, values: np.ndarray | None = None) -> Residuals:
        """Return the residuals of the counts, or of `values` in place of them, in a state."""
        counts = self.values if values is None else values
        return self.residuals(counts, state, state.log_sd[self.noise])

    def log_likelihood(self, values: np.ndarray, state: State) -> np.ndarray:
        """Return the log density of the counts `values`, `(row,)`, for each draw."""
        return self.log_density(self.residuals_in(state, values))

    def add_to_pymc(self, pm: Any, pt: Any, state: State) -> None:
        """Add the ratios and the counts, which the PyMC model has as variables."""
        add_counts(self, pm, pt, state)

    def prior_log_ratios(self, u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw log ratios on the first day from their prior given the draws, less their medians."""
        ratios, n_draws = self.ratios, u.shape[1]
        factor = rng.standard_normal((len(ratios.loading), n_draws))
        own = np.sqrt(ratios.own_variance)[:, None]
        noise = own * rng.standard_normal((len(own), n_draws))
        scale = ratios.scales(u)
        drawn: np.ndarray = scale * (ratios.loading.T @ factor + noise) + ratios.shared(u, scale)
        return drawn

    def simulate(
        self, state: State, rng: np.random.Generator, log_ratios: np.ndarray | None = None
    ) -> np.ndarray:
        """Draw the counts, `(row, draws)`; `log_ratios` are from their prior unless given."""
        if log_ratios is None:
            log_ratios = self.prior_log_ratios(state.u, rng)
        noise = np.exp(2 * state.log_sd[self.noise])[self.source_of]
        rotated = np.sqrt(self.overlap[:, None] * noise + 1)
        rotated = rotated * rng.standard_normal(rotated.shape)
        # The rotated errors hold the drift of the ratios as well as the errors of the counts.
        errors = np.linalg.solve(self.rotation, rotated) if len(rotated) else rotated
        log_exposure = np.log(np.maximum(self.exposure(state), SMALLEST_EXPOSURE))
        log_net = self.expected[:, None] + log_exposure + errors
        return self.baseline(state.u) + bounded_exp(log_net + log_ratios[self.source_of])

    def log_ratio(
        self, source: int, years: float, learned: Learned, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw a source's log ratio, less its median, so many years after the first day."""
        log_ratio: np.ndarray = learned.log_ratios[source]
        if self.ratios.drift_sd[source] == 0:
            return log_ratio
        return log_ratio + self.draw_drift(
            source, years, learned.residuals, learned.log_ratios, rng
        )

    def repeat(self, learned: Learned, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Draw a repetition of each count, its own ratio given."""
        state = learned.state
        exposure, baseline = self.exposure(state), self.baseline(state.u)
        log_sd = state.log_sd[self.noise]
        for i, source in enumerate(self.source_of):
            log_ratio = self.log_ratio(source, self.years[i], learned, rng)
            sd = np.sqrt(np.exp(2 * log_sd[source]) + self.printed_sd[i] ** 2)
            error = self.shift[i] + sd * rng.standard_normal(sd.shape)
            log_ratio = self.ratios.log_median[source] + log_ratio
            rate = baseline[i] + exposure[i] * bounded_exp(log_ratio + error)
            row = self.rows[i]
            yield events(rate, row, self.by_name[row.source], rng)

    def left_out(self, learned: Learned, rng: np.random.Generator) -> Iterator[LeftOut]:
        """Yield each count as all others predict it, ratios integrated out given each draw."""
        residuals = learned.residuals
        posterior = self.integrate(residuals)
        baseline = self.baseline(learned.state.u)
        for number in range(len(self.names)):
            at = np.flatnonzero(self.source_of == number)
            if not len(at):
                continue
            mean, variance = self._ratio_without(number, posterior, residuals.scale[number])
            rotated = residuals.rotated[at] - self.rotated_ones[at, None] * mean
            rotation = self.rotation[np.ix_(at, at)]
            normals = LeftOutNormals.of(rotation, rotated, residuals.variance[at], variance)
            log_density = normals.log_density()
            for place, row in enumerate(at):
                error = normals.sd[place] * rng.standard_normal(residuals.variance.shape[1])
                log_net = residuals.log_net[row]
                values = baseline[row] + bounded_exp(log_net - normals.off[place] + error)
                yield LeftOut(values, log_density[place] - log_net)

    def _ratio_without(
        self, number: int, posterior: RatioPosterior, scale: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and variance of a log ratio given the counts of the others, `(draws,)`."""
        own = self.ratios.own_variance[number] * scale**2
        mean = np.zeros(posterior.precision.shape[1])
        variance = np.broadcast_to(own, mean.shape)
        shrink = 1 + own * posterior.precision[number]
        for group in np.flatnonzero(self.ratios.loading[:, number]):
            loading = self.ratios.loading[group, number] * scale
            precision = posterior.factor_precision[group]
            precision = precision - loading**2 * posterior.precision[number] / shrink
            weighted = posterior.factor_weighted[group]
            weighted = weighted - loading * posterior.weighted[number] / shrink
            mean, variance = loading * weighted / precision, own + loading**2 / precision
        return mean, variance

    def predict(self, row: Observation, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Draw a count that was not seen, with an error of its own whatever its window.

        Only what it shares of the printed errors of counts that were seen is known with these.
        """
        assert row.end is not None
        state, number = learned.state, self.names.index(row.source)
        source = self.specification.source[row.source]
        log_ratio, error = self._log_ratio_and_error(row, learned, rng)
        log_ratio = self.ratios.log_median[number] + log_ratio
        error = printed_shift([row], source)[0] + error
        pair = (row, source)
        exposure = exposures([pair], self.specification, self.normals)(state)[0]
        counted: np.ndarray = exposure * bounded_exp(log_ratio + error)
        baseline = self.baselines[number]
        if baseline is not None:
            counted = counted + np.exp(baseline.log(state.u)) * years_counted(row)
        return events(counted, row, source, rng)

    def _log_ratio_and_error(
        self, row: Observation, learned: Learned, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw a source's log ratio, less its median, and how far a row lies from it.

        Where the row's error is learned from the counts, so is the ratio's drift, which is then
        part of it.
        """
        assert row.end is not None
        number, source = self.names.index(row.source), self.specification.source[row.source]
        years = self.specification.calendar.calendar.years_until(row.end)
        noise = np.exp(2 * learned.state.log_sd[self.noise][number])
        variance: np.ndarray = noise + figure_sd([row], source)[0] ** 2
        at = np.flatnonzero(self.source_of == number)
        seen = [self.rows[place] for place in at]
        printed = printed_covariance([*seen, row], source)[-1, :-1]
        if row in seen or not printed.any():  # a row that was seen is repeated, errors and all
            log_ratio = self.log_ratio(number, years, learned, rng)
            return log_ratio, np.sqrt(variance) * rng.standard_normal(variance.shape)
        drift = self.ratios.drift_sd[number] ** 2
        shared = printed + drift * np.minimum(self.years[at], years)
        log_ratios, variance = learned.log_ratios, variance + drift * years
        error = self.draw_error(number, shared, variance, learned.residuals, log_ratios, rng)
        return log_ratios[number], error

    def ratio_draws(
        self, years: float, learned: Learned, rng: np.random.Generator
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each source's ratio so many years after the first day."""
        for number, name in enumerate(self.names):
            wandered = self.log_ratio(number, years, learned, rng)
            yield name, np.exp(self.ratios.log_median[number] + wandered)

    def ratio_priors(self, years: float, z: Sequence[float]) -> Iterator[tuple[str, list[float]]]:
        """Yield quantiles of the ratios' priors so many years after the first day."""
        for number, name in enumerate(self.names):
            logs = [self.ratios.quantile_after(number, years, each) for each in z]
            yield name, np.exp(logs).tolist()

    def marks(self, medians: Medians) -> Iterator[Translated]:
        """Yield the counts less their baselines, divided by the prior medians of their ratios.

        The bounds divide by the prior's 90 % bounds. Counts over a window are scaled by the
        posterior medians of the stock at the window's end and of their exposure.
        """
        baseline = self.baseline(np.zeros((len(self.normals), 1)))[:, 0]
        bounds = [prior.reach90 for prior in self.ratios.priors]
        reach = np.exp(np.array(bounds) * self.ratios.tau)[self.source_of]
        centre = self.ratios.log_median[self.source_of] + self.shift
        implied = (self.values - baseline) / np.exp(centre)
        for row, (end, seen), value, factor in zip(
            self.rows, medians(self.rows, self.exposure), implied, reach, strict=True
        ):
            stock = value * end / seen
            yield Translated.of(row, stock, (stock / factor, stock * factor))

    def p_value(self, source: str, others: Others, rng: np.random.Generator) -> float:
        """Return the two-sided p-value of the mean log count, each weighted by its precision."""
        return two_sided(self._scores(source, others), others.weights)

    def statistics(self, state: State) -> list[Statistic]:
        """Return what a page carries of each source with a count."""
        from popest.model.ratio_statistic import ratio_statistics

        return ratio_statistics(self, self.residuals_in(state), state.u)

    def _scores(self, source: str, others: Others) -> np.ndarray:
        """Return how far the mean log count lies from that predicted, in standard deviations.

        Given the population, baseline and noise, the mean log count is normal. The weights are
        those of generalised least squares at the noise's median, the same for all draws.
        """
        state, number = others.completed, self.names.index(source)
        at = np.flatnonzero(self.source_of == number)
        variance = np.exp(2 * state.log_sd[self.noise][number])
        rotation = self.rotation[np.ix_(at, at)]
        typical = self.overlap[at] * np.median(variance) + 1
        mean_of = rotation.T @ (self.rotated_ones[at] / typical)
        mean_of /= mean_of.sum()
        ratio_mean, ratio_variance = self._ratio_given(source, others)
        # The mean of the counts is this combination of their independent rotated errors.
        combined = np.linalg.solve(rotation.T, mean_of)
        spread = combined**2 @ (self.overlap[at, None] * variance + 1) + ratio_variance
        exposure = np.log(self.exposure(state)[at]) + self.expected[at, None]
        exposure = exposure + self.ratios.shared(state.u, self.ratios.scales(state.u))[number]
        net = self.values[at, None] - self.baseline(state.u)[at]
        log_net = np.log(np.maximum(net, 1e-300))
        scores: np.ndarray = (mean_of @ (log_net - exposure) - ratio_mean) / np.sqrt(spread)
        # A baseline that alone exceeds a count predicts more than was counted.
        return np.where((net > 0).all(axis=0), scores, -np.inf)

    def _ratio_given(
        self, source: str, others: Others
    ) -> tuple[np.ndarray | float, np.ndarray | float]:
        """Return mean and variance of a log ratio, less its median, given the other sources.

        Its own part keeps its prior; the factor that its group shares is as the others' counts
        leave it, given each draw of the population.
        """
        number = self.names.index(source)
        scale = self.ratios.scales(others.completed.u)[number]
        own = self.ratios.own_variance[number] * scale**2
        loading = self.ratios.loading[:, number]
        groups = np.flatnonzero(loading)
        if not len(groups):
            return 0.0, own
        rest = next(piece for piece in others.evidence if isinstance(piece, JointCounts))
        members = np.flatnonzero(self.ratios.loading[groups[0]])
        remaining = {self.names[member] for member in members if member != number}
        held = [rest.names.index(name) for name in rest.names if name in remaining]
        if not held:
            return 0.0, own + (loading[groups[0]] * scale) ** 2
        group = int(np.flatnonzero(rest.ratios.loading[:, held[0]])[0])
        learned = rest.integrate(rest.residuals_in(others.state))
        precision = learned.factor_precision[group]
        load = loading[groups[0]] * scale
        return load * learned.factor_weighted[group] / precision, own + load**2 / precision
