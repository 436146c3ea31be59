"""Evidence without a ratio to integrate: border balances, surveys of arrival, floors.

Each kind returns its log density given a population. What the ratios explain is in
``popest.model.counts``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from popest.model.exposure import exposures
from popest.model.noise import printed_sd
from popest.model.normals import Array
from popest.model.population import Population
from popest.study.calendar import parse_month
from popest.study.records import Observation, Specification

FAR_TAIL = -30.0


class NetChange:
    """Balances of one source: y ~ MVN(X + mu, sigma_b^2 J + diag(sd^2)), persons.

    `mean` is mu, the expected bias, and `covariance` that of the rows, `(row, row)`.
    """

    def __init__(
        self, name: str, specification: Specification, used: tuple[Observation, ...]
    ) -> None:
        source = specification.source[name]
        assert source.bias is not None and source.error is not None
        self.name = name
        self.rows = [row for row in used if row.source == name]
        self.values = np.array([row.value for row in self.rows], dtype=float)
        self.exposure = exposures([(row, source) for row in self.rows], specification)
        self.mean, self.bias_sd, self.error_sd = source.bias.mean, source.bias.sd, source.error.sd
        n_rows = len(self.rows)
        self.covariance = self.bias_sd**2 + self.error_sd**2 * np.eye(n_rows)
        self._inverse_factor = np.linalg.inv(np.linalg.cholesky(self.covariance))
        self._constant = float(np.log(np.diag(self._inverse_factor)).sum())
        self._constant -= 0.5 * n_rows * math.log(2 * math.pi)

    def log_likelihood(self, values: np.ndarray, population: Population) -> np.ndarray:
        """Return the log density of the balances `values`, `(row,)`, for each draw."""
        residual = values[:, None] - self.mean - self.exposure(population)
        whitened = self._inverse_factor @ residual
        density: np.ndarray = self._constant - 0.5 * (whitened**2).sum(axis=0)
        return density

    def draw_bias(
        self, values: np.ndarray, population: Population, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw the bias that the balances share given the population, persons, `(draws,)`."""
        residual = values[:, None] - self.mean - self.exposure(population)
        prior, each = self.bias_sd**2, self.error_sd**2
        shrink = each + len(values) * prior
        noise = math.sqrt(prior * each / shrink) * rng.standard_normal(residual.shape[1])
        return self.mean + prior * residual.sum(axis=0) / shrink + noise


class Survey:
    """Shares of a survey's respondents by window of arrival, among those still present.

    Survivors of month t at month t* are a_t exp(-h (t* - t + 1/2)), and the log density of the
    effective counts k is sum k log s, with s the windows' shares of the survivors. The
    multinomial coefficient, which the population does not change, is left out.

    Attributes
    ----------
    counts
        Effective counts, the shares times n / deff, unrounded, `(window,)`.
    size
        n / deff, respondents.
    """

    def __init__(self, name: str, specification: Specification) -> None:
        source = specification.source[name]
        assert source.windows is not None and source.date is not None
        assert source.n is not None and source.deff is not None
        calendar = specification.calendar.calendar
        self.name = name
        self.labels = [f"{window.first}..{window.last}" for window in source.windows]
        self.size = source.n / source.deff
        self.shares = np.array([window.share for window in source.windows])
        self.counts = self.shares * self.size
        self.member = np.array(
            [
                [window.first <= month <= window.last for month in calendar.months]
                for window in source.windows
            ],
            dtype=float,
        )
        first, asked = parse_month(calendar.start), parse_month(source.date)
        month = (asked.year - first.year) * 12 + asked.month - first.month
        present = np.arange(calendar.n_months) <= month
        self.member *= present
        self.age = np.where(present, month - np.arange(calendar.n_months) + 0.5, 0.0)[:, None]

    def log_shares(self, population: Population, xp: Any = np) -> Array:
        """Return the log share of each window among the survivors of all, `(window, ...)`."""
        survivors = population.arrivals * xp.exp(-(self.age @ population.hazard[None]))
        by_window = self.member @ survivors
        return xp.log(by_window) - xp.log(by_window.sum(axis=0))

    def log_likelihood(self, counts: np.ndarray, population: Population) -> np.ndarray:
        """Return sum k log s of effective counts, `(window,)`, for each draw."""
        density: np.ndarray = counts @ self.log_shares(population)
        return density


class Floor:
    """A count that the stock must be able to hold: log Phi((log m + log X - log y) / sd).

    The ratio m is the largest plausible share of the stock X that could have been counted, and
    sd^2 = tau^2 + sigma_s^2 + p^2.
    """

    def __init__(
        self, name: str, specification: Specification, used: tuple[Observation, ...]
    ) -> None:
        source = specification.source[name]
        assert source.ratio is not None
        self.name = name
        self.rows = [row for row in used if row.source == name]
        self.values = np.array([row.value for row in self.rows], dtype=float)
        self.log_median, self.tau = math.log(source.ratio.median), source.ratio.tau
        self.exposure = exposures([(row, source) for row in self.rows], specification)
        self.fixed_variance = self.tau**2 + printed_sd(self.rows) ** 2

    def scores(self, population: Population, log_sd: Array, xp: Any = np) -> Array:
        """Return (log m + log X - log y) / sd of each row, `(row, ...)`.

        `log_sd` is log sigma_s, `(...)`.
        """
        log_exposure = xp.log(self.exposure(population))
        constants = zip(self.values, self.fixed_variance, strict=True)
        return xp.stack(
            [
                (self.log_median + log_exposure[row] - math.log(value))
                / xp.sqrt(fixed + xp.exp(2 * log_sd))
                for row, (value, fixed) in enumerate(constants)
            ]
        )

    def log_likelihood(
        self, reached: np.ndarray, population: Population, log_sd: np.ndarray
    ) -> np.ndarray:
        """Return the log probability of the outcomes `reached`, `(row,)`, for each draw."""
        scores = self.scores(population, log_sd)
        signs = np.where(reached, 1.0, -1.0)[:, None]
        return log_normal_cdf(signs * scores).sum(axis=0)


def log_normal_cdf(x: np.ndarray) -> np.ndarray:
    """Return the log of the standard normal distribution function.

    Notes
    -----
    Far in the lower tail, where the function itself would underflow, its asymptotic series is
    used: log phi(x) - log(-x) + log(1 - 1/x^2 + 3/x^4), off by less than 3e-8.
    """
    near = np.maximum(x, FAR_TAIL) / -math.sqrt(2)
    result = np.array(list(map(math.erfc, near.ravel().tolist()))).reshape(x.shape)
    result = np.log(0.5 * result)
    far = np.minimum(x, FAR_TAIL)
    tail = -0.5 * far**2 - 0.5 * math.log(2 * math.pi) - np.log(-far)
    tail += np.log1p(-1 / far**2 + 3 / far**4)
    return np.where(x < FAR_TAIL, tail, result)
