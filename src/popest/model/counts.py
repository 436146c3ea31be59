"""The likelihood of counts that are a ratio times their exposure, ratios integrated out.

Given the population, the log counts of a source are normal around the log exposure, and so are
the log ratios; both are integrated exactly. Each source's residuals are first rotated so that
their errors are independent; then the ratios are integrated one by one, and last the factor that
the sources of a group share. That costs a few operations per count and draw, where the
covariance matrix would cost a factorisation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from popest.model.drawn.drawn_ratios import group_normal
from popest.model.drawn.scales import Scales, group_of
from popest.model.measure import exposures, measure_of
from popest.model.noise import CountingNoise, figure_sd, printed_shift
from popest.model.normals import Array, Normals, zero_like_draw
from popest.model.rotation import rotate
from popest.model.state import Residuals, State
from popest.study.observations.counting import is_explicit, years_counted
from popest.study.observations.observation import Observation
from popest.study.specification.heavy_tails import NORMAL, quantile
from popest.study.specification.priors import as_prior
from popest.study.specification.records import Source, Specification

SMALLEST_EXPOSURE = 1e-300


def drawn_sources(
    specification: Specification, used: Sequence[Observation]
) -> dict[str, list[Observation]]:
    """Return the rows of each source whose ratio is drawn, not integrated, by its name."""
    by_source: dict[str, list[Observation]] = {}
    for row in used:
        by_source.setdefault(row.source, []).append(row)
    return {
        name: by_source.get(name, [])
        for name, source in specification.source.items()
        if measure_of(source).is_count and is_explicit(source, by_source.get(name, ()))
    }


def expected_hazard(specification: Specification) -> float:
    """Return the prior median of the departure hazard per month, by which stocks change hands."""
    population = specification.population
    return 0.0 if population.kind == "static" else population.departure_hazard.median


class RatioPosterior(NamedTuple):
    """The log ratios given counts and population, relative to their medians.

    `precision` and `weighted` are what the counts alone say of each source's ratio (inverse
    variance, and mean times it), `(source, draws)`; `factor_precision` and `factor_weighted`
    the same of each group's shared factor, prior included, `(group, draws)`.
    """

    precision: np.ndarray
    weighted: np.ndarray
    factor_precision: np.ndarray
    factor_weighted: np.ndarray


class RatioPriors:
    """The normal priors of the log ratios, as a sum of an own part and a group's shared factor.

    The ratio of source s of group g is exp(log_median_s + e_s + `loading`_gs f_g), with f_g
    standard normal and e_s ~ Normal(0, `own_variance`_s): the variance is tau_s^2, and the
    covariance of two sources of a group is tau_s tau_s' sqrt(c_s c_s'). Where a source of the group
    has a ratio that is drawn, so is the factor: `drawn` gives the place of its normal. Both parts
    of a ratio with tails are multiplied by what `scales` gives for a draw.
    """

    def __init__(
        self, sources: dict[str, Source], drawn: Mapping[str, int], normals: Normals
    ) -> None:
        given = {name: source.ratio for name, source in sources.items()}
        priors = {name: prior for name, prior in given.items() if prior is not None}
        in_group = {name: group_of(source) for name, source in sources.items()}
        self.scales = Scales(priors, normals, in_group)
        ratios = self.priors = list(priors.values())
        self.log_median = np.log([ratio.median for ratio in ratios])
        self.tau = np.array([ratio.tau for ratio in ratios])
        shared = np.array([source.group_correlation or 0.0 for source in sources.values()])
        self.own_variance = self.tau**2 * (1 - shared)
        found = dict.fromkeys(source.group for source in sources.values() if source.group)
        groups = [group for group in found if group not in drawn]
        member = [[source.group == group for source in sources.values()] for group in groups]
        shape = (len(groups), len(sources))
        self.loading = np.array(member, dtype=float).reshape(shape) * self.tau * np.sqrt(shared)
        factors = [drawn.get(source.group or "") for source in sources.values()]
        self.drawn_factor = np.array([place or 0 for place in factors], dtype=int)
        is_drawn = np.array([place is not None for place in factors], dtype=bool)
        self.drawn_loading = np.where(is_drawn, self.tau * np.sqrt(shared), 0.0)
        self.drift_sd = np.array([source.drift for source in sources.values()])

    def shared(self, u: Array, scale: Array) -> Array:
        """Return the part of each log ratio that a drawn factor makes, `(source, ...)`.

        `scale` is what `scales` gives for these draws.
        """
        if not self.drawn_loading.any():
            nothing: np.ndarray = self.drawn_loading.reshape((-1,) + (1,) * (u.ndim - 1))
            return nothing
        loading = self.drawn_loading.reshape(self.drawn_loading.shape + (1,) * (u.ndim - 1))
        return loading * scale * u[self.drawn_factor]

    def drawn_factor_of(self, number: int, u: np.ndarray) -> np.ndarray | None:
        """Return the drawn factor that a source's group shares, `(draws,)`; None without one."""
        return u[self.drawn_factor[number]] if self.drawn_loading[number] > 0 else None

    def log_sd_after(self, years: float) -> np.ndarray:
        """Return the prior standard deviation of the log ratios, drift included, `(source,)`.

        Of one with tails it is that of the normal whose scale is 1.
        """
        sd: np.ndarray = np.sqrt(self.tau**2 + self.drift_sd**2 * years)
        return sd

    def quantile_after(self, number: int, years: float, z: float) -> float:
        """Return a quantile of a log ratio's prior so many years after the first day.

        `z` is the standard normal's quantile of the same probability.
        """
        sd, prior = float(self.log_sd_after(years)[number]), self.priors[number]
        if prior.tails is not None and sd > 0:
            share = prior.tailed * (self.tau[number] / sd) ** 2
            z = quantile(NORMAL.cdf(z), prior.tails, float(share))
        return float(self.log_median[number]) + sd * z

    def covariance(self) -> np.ndarray:
        """Return the prior covariance of the log ratios on the first day, `(source, source)`."""
        return np.diag(self.own_variance) + self.loading.T @ self.loading


class Counts:
    """All used counts of the sources that have a ratio, ordered by source.

    `by_name` are these sources, also those without a row, and `names` their names; `source_of` is
    each row's source, and `rotation`, `overlap` and `log_determinant` are those of
    ``popest.model.rotation`` for all rows at once.
    """

    def __init__(
        self, specification: Specification, used: tuple[Observation, ...], normals: Normals
    ) -> None:
        drawn = drawn_sources(specification, used)
        sources = {
            name: source
            for name, source in specification.source.items()
            if measure_of(source).is_count and name not in drawn
        }
        self.by_name = sources
        self.names = list(sources)
        self.rows = [row for name in self.names for row in used if row.source == name]
        self.source_of = np.array([self.names.index(row.source) for row in self.rows], dtype=int)
        # In the study's order: a set's order, and with it every draw, would differ by process.
        groups = dict.fromkeys(specification.source[name].group for name in drawn)
        places = {group: normals.named(group_normal(group)) for group in groups if group}
        self.ratios = RatioPriors(sources, places, normals)
        self.baselines = [
            normals.log_normal(f"baseline[{name}]", source.baseline) if source.baseline else None
            for name, source in sources.items()
        ]
        self.values = np.array([row.value for row in self.rows], dtype=float)
        self.duration = np.array([years_counted(row) for row in self.rows])
        self.printed_sd = np.array([figure_sd([row], sources[row.source])[0] for row in self.rows])
        by_source = [[row for row in self.rows if row.source == name] for name in self.names]
        blocks = [
            CountingNoise.of(rows, sources[name])
            for name, rows in zip(self.names, by_source, strict=True)
        ]
        self.shift = np.array([printed_shift([row], sources[row.source])[0] for row in self.rows])
        # A count says of its expectation what a gamma variable does, whose log lies lower.
        self.counting_shift = np.concatenate([block.shift for block in blocks] or [np.zeros(0)])
        self.expected = self.ratios.log_median[self.source_of] + self.shift - self.counting_shift
        for name, source in sources.items():
            normals.log_normal(f"later[{name}]", as_prior(source.later))
        pairs = [(row, sources[row.source]) for row in self.rows]
        self.exposure = exposures(pairs, specification, normals)
        calendar = specification.calendar.calendar
        self.years = np.array([calendar.years_until(row.end) for row in self.rows if row.end])
        self.hazard = expected_hazard(specification)
        self._rotate(list(sources.values()))

    def _rotate(self, sources: list[Source]) -> None:
        n_rows = len(self.rows)
        self.rotation = np.zeros((n_rows, n_rows))
        self.overlap = np.zeros(n_rows)
        self.log_determinant = 0.0
        for number, source in enumerate(sources):
            at = np.flatnonzero(self.source_of == number)
            block = rotate([self.rows[row] for row in at], source, self.years[at], self.hazard)
            self.rotation[np.ix_(at, at)] = block.matrix
            self.overlap[at] = block.overlap
            self.log_determinant += block.log_determinant
        self.rotated_ones = self.rotation.sum(axis=1)
        self.sum_by_source = np.equal.outer(np.arange(len(sources)), self.source_of) * 1.0

    def baseline(self, u: Array, xp: Any = np) -> Array:
        """Return what the baseline adds to each row, `(row, ...)`, in the row's unit."""
        nothing = zero_like_draw(u)
        by_source = [
            nothing if baseline is None else xp.exp(baseline.log(u)) for baseline in self.baselines
        ]
        rows = [
            by_source[s] * years for s, years in zip(self.source_of, self.duration, strict=True)
        ]
        return xp.stack(rows) if rows else u[:0]

    def residuals(self, values: np.ndarray, state: State, log_sd: np.ndarray) -> Residuals:
        """Return the residuals of the counts `values`, `(row,)`, given the draws.

        `log_sd` is log sigma_s of each source with a ratio, `(source, draws)`.
        """
        net = values[:, None] - self.baseline(state.u)
        possible = net > 0
        log_net = np.log(np.where(possible, net, 1.0))
        log_exposure = np.log(np.maximum(self.exposure(state), SMALLEST_EXPOSURE))
        scale = self.ratios.scales(state.u)
        shared = self.ratios.shared(state.u, scale)
        expected = self.expected[:, None] + shared[self.source_of]
        rotated = self.rotation @ (log_net - log_exposure - expected)
        variance = self.overlap[:, None] * np.exp(2 * log_sd)[self.source_of] + 1
        log_net = np.where(possible, log_net, -np.inf)
        return Residuals(log_net, rotated, variance, shared, scale)

    def integrate(self, residuals: Residuals) -> RatioPosterior:
        """Return what the residuals say of the ratios."""
        scaled = self.rotated_ones[:, None] / residuals.variance
        precision = self.sum_by_source @ (scaled * self.rotated_ones[:, None])
        weighted = self.sum_by_source @ (scaled * residuals.rotated)
        scale, loading = residuals.scale, self.ratios.loading
        shrink = 1 + self.own_variance(residuals) * precision
        return RatioPosterior(
            precision,
            weighted,
            1 + loading**2 @ (scale**2 * precision / shrink),
            loading @ (scale * weighted / shrink),
        )

    def own_variance(self, residuals: Residuals) -> np.ndarray:
        """Return the prior variance of the own part of each log ratio, `(source, draws)`."""
        variance: np.ndarray = self.ratios.own_variance[:, None] * residuals.scale**2
        return variance

    def log_density(self, residuals: Residuals) -> np.ndarray:
        """Return the log density of the counts, ratios integrated out, `(draws,)`.

        Notes
        -----
        The quadratic form and the determinant of the covariance are updated by one scalar a
        source and one a group (Woodbury's identity). The Jacobian is that of log(y - b dur).
        """
        posterior = self.integrate(residuals)
        own, factor = self.own_variance(residuals), posterior.factor_precision
        shrink = 1 + own * posterior.precision
        quadratic = (residuals.rotated**2 / residuals.variance).sum(axis=0)
        quadratic -= (own * posterior.weighted**2 / shrink).sum(axis=0)
        quadratic -= (posterior.factor_weighted**2 / factor).sum(axis=0)
        log_determinant = sum(
            np.log(part).sum(axis=0) for part in (residuals.variance, shrink, factor)
        )
        jacobian = residuals.log_net.sum(axis=0)
        constant = self.log_determinant - 0.5 * len(self.rows) * math.log(2 * math.pi)
        density = constant - 0.5 * (quadratic + log_determinant) - jacobian
        return np.where(np.isneginf(jacobian), -np.inf, density)

    def draw_log_ratios(self, residuals: Residuals, rng: np.random.Generator) -> np.ndarray:
        """Draw the log ratios less their medians on the first day, `(source, draws)`."""
        posterior = self.integrate(residuals)
        noise = rng.standard_normal(posterior.factor_weighted.shape)
        factor = posterior.factor_weighted / posterior.factor_precision
        factor += noise / np.sqrt(posterior.factor_precision)
        own = self.own_variance(residuals)
        shrink = 1 + own * posterior.precision
        shared = residuals.scale * (self.ratios.loading.T @ factor)
        mean = (shared + own * posterior.weighted) / shrink
        mean = mean + residuals.shared
        return mean + np.sqrt(own / shrink) * rng.standard_normal(mean.shape)

    def draw_drift(
        self,
        source: int,
        years: float,
        residuals: Residuals,
        log_ratios: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Draw how far a source's log ratio has wandered after `years`, `(draws,)`.

        Notes
        -----
        The wandering is a Brownian motion from the first day, seen through the residuals that
        are left once the ratio itself is given.
        """
        spread = self.ratios.drift_sd[source] ** 2
        at = np.flatnonzero(self.source_of == source)
        shared = spread * np.minimum(self.years[at], years)
        return self.draw_error(source, shared, spread * years, residuals, log_ratios, rng)

    def draw_error(
        self,
        source: int,
        shared: np.ndarray,
        variance: float | np.ndarray,
        residuals: Residuals,
        log_ratios: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Draw an error of which the counts of its source tell, their ratio given, `(draws,)`.

        Parameters
        ----------
        source
            The number of the source.
        shared
            Its covariance with the errors of the source's counts, `(row,)`.
        variance
            Its variance as long as none of them is known, `(draws,)` or a number.
        residuals, log_ratios, rng
            What was learned, and what draws.
        """
        at = np.flatnonzero(self.source_of == source)
        seen = self.rotation[np.ix_(at, at)] @ shared
        gain = seen[:, None] / residuals.variance[at]
        own = log_ratios[source] - residuals.shared[source]
        left = residuals.rotated[at] - self.rotated_ones[at, None] * own
        variance = variance - (gain * seen[:, None]).sum(axis=0)
        noise = rng.standard_normal(log_ratios.shape[1])
        return (gain * left).sum(axis=0) + np.sqrt(np.maximum(variance, 0.0)) * noise
