"""The counts of one source whose ratio is drawn: few events, bounds, and ratios of at most one.

Given a draw, which holds the ratio, the rows are independent. Each enters with the power that is
its share of what rows count together: repeated counts of the same persons are one count's
information.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from popest.model.counts import SMALLEST_EXPOSURE, expected_hazard
from popest.model.drawn.densities import DENSITIES, Expected, column, kind_of
from popest.model.drawn.drawn_ratios import SPECIAL, DrawnRatio
from popest.model.evidence import REACH, Evidence, Figure, Medians, Others, Translated
from popest.model.left_out import LeftOut
from popest.model.measure import exposures
from popest.model.noise import bounded_exp, events, figure_sd, printed_shift
from popest.model.normals import Array, Normals, zero_like_draw
from popest.model.rotation import repeats
from popest.model.state import Learned, State
from popest.study.observations.counting import has_counting_noise, years_counted
from popest.study.observations.observation import Observation
from popest.study.specification.priors import as_prior
from popest.study.specification.records import Specification

if TYPE_CHECKING:
    from popest.model.drawn.drawn_ratio_statistic import DrawnRatioStatistic

Rows = Callable[[np.ndarray], Expected]
"""What some rows are expected to be, by their places."""


class FewCounts(Evidence):
    """The counts of one source, with a ratio that is drawn.

    Parameters
    ----------
    name
        The source.
    specification
        What is assumed.
    rows
        Its rows in use.
    normals
        From which it claims its own.
    """

    def __init__(
        self, name: str, specification: Specification, rows: list[Observation], normals: Normals
    ) -> None:
        source = specification.source[name]
        self.name, self.source, self.specification = name, source, specification
        self.normals, self.rows, self.sources = normals, rows, [name]
        self.noisy = [] if source.sampling == "binomial" else [name]
        calendar = specification.calendar.calendar
        years = np.array([calendar.years_until(row.end) for row in rows if row.end])
        days = np.unique(years)
        self.day_of = np.searchsorted(days, years)
        self.ratio = DrawnRatio(name, source, days, normals)
        prior = source.baseline
        self.baseline = None if prior is None else normals.log_normal(f"baseline[{name}]", prior)
        normals.log_normal(f"later[{name}]", as_prior(source.later))
        self.exposure = exposures([(row, source) for row in rows], specification, normals)
        self.duration = np.array([years_counted(row) for row in rows])
        self.seen, self.seen_by = self.exposure.distinct()
        self._found: dict[bytes, list[int]] = {}
        self.values = np.array([row.count for row in rows], dtype=float)
        self.sd, self.shift = figure_sd(rows, source), printed_shift(rows, source)
        self.together = repeats(rows, expected_hazard(specification))
        self.powers = 1 / self.together.sum(axis=1)

    @property
    def figures(self) -> list[Figure]:
        """The counts in use."""
        return [Figure.of(row) for row in self.rows]

    def expected(self, state: State, xp: Any = np, special: Any = SPECIAL) -> Rows:
        """Return what rows are expected to be in a state, for those that are asked for.

        The exposure of rows that see the same is computed once.
        """
        log_exposure = xp.log(xp.maximum(self.seen(state, xp), SMALLEST_EXPOSURE))
        log_ratio = self.ratio.log(state.u, xp, special)
        noise = state.log_sd[self.noise.start] if self.noisy else None
        variance = 0.0 * log_ratio[0] if noise is None else xp.exp(2 * noise)
        baseline = None if self.baseline is None else self.baseline.value(state.u, xp)

        def of(rows: np.ndarray) -> Expected:
            exposed = log_exposure[self.seen_by[rows]]
            return Expected(
                log_ratio[self.day_of[rows] if self.ratio.drift > 0 else 0 * rows],
                exposed,
                column(self.shift[rows], exposed),
                xp.sqrt(variance + column(self.sd[rows], exposed) ** 2),
                None if baseline is None else column(self.duration[rows], exposed) * baseline,
            )

        return of

    def log_likelihood(self, values: np.ndarray, state: State) -> np.ndarray:
        """Return the log density of the counts `values`, `(row,)`, for each draw."""
        density: np.ndarray = self._log_density(values, self.expected(state), np, SPECIAL)
        return density + zero_like_draw(state.u)

    def _log_density(self, values: np.ndarray, expected: Rows, xp: Any, special: Any) -> Array:
        logs, first = self._by_row(values, expected, xp, special)
        powers = dict.fromkeys(logs, 0.0)
        for power, place in zip(self.powers.tolist(), first, strict=True):
            powers[place] += power
        total: Array = 0.0
        for place, power in powers.items():
            total = total + power * logs[place]
        return total

    def _by_row(
        self, values: np.ndarray, expected: Rows, xp: Any, special: Any
    ) -> tuple[dict[int, Array], list[int]]:
        """Return the log densities of the rows that differ, by place, and each row's among them."""
        first = self._alike(values)
        kinds: dict[str, list[int]] = {}
        for place in dict.fromkeys(first):
            kinds.setdefault(kind_of(self.rows[place], self.source, values[place]), []).append(
                place
            )
        found: dict[int, Array] = {}
        for kind, places in kinds.items():
            at = np.array(places)
            rows = [self.rows[place] for place in places]
            logs = DENSITIES[kind](rows, values[at], expected(at), xp, special)
            found |= {place: logs[number] for number, place in enumerate(places)}
        return found, first

    def _alike(self, values: np.ndarray) -> list[int]:
        """Return for each row the first that has the same density: daily counts often have."""
        key = values.tobytes()
        if key not in self._found:
            self._found.clear()
            first: dict[object, int] = {}
            columns = (
                self.seen_by,
                self.duration,
                values,
                self.day_of * (self.ratio.drift > 0),
                self.sd,
                self.shift,
            )
            rows = zip(self.rows, zip(*(c.tolist() for c in columns), strict=True), strict=True)
            self._found[key] = [
                first.setdefault((row.precision, row.range, row.has_own_error, known), place)
                for place, (row, known) in enumerate(rows)
            ]
        return self._found[key]

    @property
    def tied(self) -> int | None:
        """The place of the ratio's own normal where the counts tie it to the population.

        They do where they are binomial: a count of many then leaves of both little but their
        product. None elsewhere.
        """
        return self.ratio.own if self.source.sampling == "binomial" and self.rows else None

    def own_normal_given(self, state: State) -> tuple[np.ndarray, np.ndarray]:
        """Return about which mean and sd the ratio's own normal has given all else, `(draws,)`.

        Its value in `state` is not looked at.

        Notes
        -----
        Of X persons a row that counted y says p = (y + 1/2) / (X + 1), with the variance
        (1 - p) / (X p) of its logarithm. This is carried to the normal's scale by the delta method,
        and joined with its prior.
        """
        assert self.tied is not None
        without = state.u.copy()
        without[self.tied] = 0.0
        others = self.ratio.levels(without)
        log_exposure = np.log(np.maximum(self.seen(state), SMALLEST_EXPOSURE))
        precision, weighted = np.ones(state.u.shape[1]), np.zeros(state.u.shape[1])
        for place, value in enumerate(self.values):
            persons = np.maximum(np.exp(log_exposure[self.seen_by[place]]), value + 0.5)
            share = (value + 0.5) / (persons + 1)
            level, slope = self.ratio.level_of(share)
            of_log = self.powers[place] * persons * share / (1 - share)
            told = of_log * (slope * self.ratio.own_sd) ** 2
            other = others[self.day_of[place] if self.ratio.drift > 0 else 0]
            precision += told
            weighted += told * (level - other) / self.ratio.own_sd
        return weighted / precision, 1 / np.sqrt(precision)

    def add_to_pymc(self, pm: Any, pt: Any, state: State) -> None:
        """Add the log density of the counts as a potential, and their ratio as a variable."""
        special = SimpleNamespace(
            erfc=pt.erfc,
            gammaln=pt.gammaln,
            betaincinv=pt.betaincinv,
            log_ndtr=lambda x: pm.logcdf(pm.Normal.dist(), x),
        )
        expected = self.expected(state, pt, special)
        first = self.ratio.on_log_scale(self.ratio.level(state.u, pt), pt, special)
        pm.Deterministic(f"ratio[{self.name}]", pt.exp(first))
        density = self._log_density(self.values, expected, pt, special)
        pm.Potential(f"{self.name}_counts", density)

    def simulate(self, state: State, rng: np.random.Generator) -> np.ndarray:
        """Draw the counts, `(row, draws)`, with the ratio that each draw has."""
        found = list(self._drawn(state, rng))
        return np.stack(found) if found else np.zeros((0, state.u.shape[1]))

    def _drawn(self, state: State, rng: np.random.Generator) -> Iterator[np.ndarray]:
        expected = self.expected(state)
        for place, row in enumerate(self.rows):
            parts = expected(np.array([place]))
            baseline = 0.0 if parts.baseline is None else parts.baseline[0]
            exposure = np.exp(parts.log_exposure[0])
            yield self._draw(row, exposure, np.exp(parts.log_ratio[0]), parts.sd[0], baseline, rng)

    def _draw(
        self,
        row: Observation,
        exposure: np.ndarray,
        ratio: np.ndarray,
        sd: np.ndarray,
        baseline: np.ndarray | float,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Draw a count from its exposure, ratio, error and baseline, each `(draws,)`."""
        if self.source.sampling == "binomial":
            persons = np.floor(exposure + rng.random(exposure.shape)).astype(np.int64)
            return rng.binomial(persons, np.minimum(ratio, 1.0)).astype(float)
        error = printed_shift([row], self.source)[0] + sd * rng.standard_normal(exposure.shape)
        rate: np.ndarray = exposure * ratio * bounded_exp(error) + baseline
        return events(rate, row, self.source, rng)

    def repeat(self, learned: Learned, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Draw a repetition of each count, the ratio given."""
        return self._drawn(learned.state, rng)

    def left_out(self, learned: Learned, rng: np.random.Generator) -> Iterator[LeftOut]:
        """Yield each count as the others predict it, who then share no information with it."""
        logs, first = self._by_row(self.values, self.expected(learned.state), np, SPECIAL)
        for place, drawn in enumerate(self._drawn(learned.state, rng)):
            beside = np.flatnonzero(self.together[place])
            shared = self.together[beside].sum(axis=1) - self.together[beside, place]
            without = np.where(beside == place, 0.0, 1 / np.where(beside == place, 1.0, shared))
            gone = zip(beside, self.powers[beside] - without, strict=True)
            log_density = sum(power * logs[first[row]] for row, power in gone)
            yield LeftOut(drawn, log_density)

    def predict(self, row: Observation, learned: Learned, rng: np.random.Generator) -> np.ndarray:
        """Draw a count that was not seen, its ratio as it is on the row's day."""
        assert row.end is not None
        state, calendar = learned.state, self.specification.calendar.calendar
        exposure = exposures([(row, self.source)], self.specification, self.normals)(state)[0]
        ratio = self.ratio.at(calendar.years_until(row.end), state.u, rng)
        variance = figure_sd([row], self.source)[0] ** 2
        if self.noisy:
            variance = variance + np.exp(2 * state.log_sd[self.noise][0])
        baseline = 0.0
        if self.baseline is not None:
            baseline = years_counted(row) * self.baseline.value(state.u)
        return self._draw(row, exposure, ratio, np.sqrt(variance), baseline, rng)

    def ratio_draws(
        self, years: float, learned: Learned, rng: np.random.Generator
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the ratio so many years after the first day."""
        yield self.name, self.ratio.at(years, learned.state.u, rng)

    def ratio_priors(self, years: float, z: Sequence[float]) -> Iterator[tuple[str, list[float]]]:
        """Yield quantiles of the ratio's prior so many years after the first day."""
        yield self.name, [self.ratio.prior_quantile(each, years) for each in z]

    def marks(self, medians: Medians) -> Iterator[Translated]:
        """Yield the counts less their baselines, divided by the prior median of their ratio.

        The bounds add what chance does, and divide by the prior's 90 % bounds. Counts over a window
        are scaled by the posterior medians of the stock at its end and of their exposure.
        """
        assert self.source.ratio is not None
        median, (low, high) = self.source.ratio.median, self.source.ratio.interval90
        baseline = 0.0 if self.baseline is None else self.baseline.median
        for row, (end, seen), years in zip(
            self.rows, medians(self.rows, self.exposure), self.duration, strict=True
        ):
            net = row.count - baseline * years
            chance = REACH * math.sqrt(max(row.count, 1)) * has_counting_noise(row, self.source)
            scale = end / seen if seen > 0 else 0.0
            bounds = max(net - chance, 0.0) / high * scale, max(net + chance, 0.0) / low * scale
            is_floor = row.precision == "at_least"
            yield Translated.of(row, max(net, 0.0) / median * scale, bounds, is_floor=is_floor)

    def p_value(self, source: str, others: Others, rng: np.random.Generator) -> float:
        """Return the two-sided p-value of the sum of the counts, ties counting half."""
        drawn = self.simulate(others.completed, rng).sum(axis=0)
        least, greatest = np.array([row.range for row in self.rows]).sum(axis=0)
        below = float(others.weights @ ((drawn < least) + 0.5 * _within(drawn, least, greatest)))
        return min(1.0, 2 * min(below, 1 - below))

    def statistics(self, state: State) -> list[DrawnRatioStatistic]:
        """Return what a page carries of the source: its ratio, and the density of its counts."""
        from popest.model.drawn.drawn_ratio_statistic import drawn_ratio_statistic

        if not self.rows:
            return []
        density = self.log_likelihood(self.values, state)
        return [drawn_ratio_statistic(self.ratio, self.source, state.u, density)]


def _within(values: np.ndarray, least: float, greatest: float) -> np.ndarray:
    inside: np.ndarray = (least <= values) & (values <= greatest)
    return inside
