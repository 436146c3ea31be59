"""Ratios that are part of a draw: those of sources whose counts are too few to be integrated.

Such a ratio is a function of standard normals of its own, one for its level, one for the factor
that its group shares, and one for each day on which its drift is seen.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from popest.model.drawn.scales import Scales, group_of
from popest.model.normals import Array, Normals, zero_like_draw
from popest.study.specification.heavy_tails import NORMAL, quantile
from popest.study.specification.ratio_prior import RatioPrior
from popest.study.specification.records import Source
from popest.study.specification.samples import SMALLEST_NORMAL, beta_of


class Special:
    """SciPy's special functions, loaded when one is first used."""

    def __getattr__(self, name: str) -> Any:
        from scipy import special

        return getattr(special, name)


SPECIAL = Special()


def group_normal(group: str) -> str:
    """Return the name of the normal of the factor that a group shares."""
    return f"group[{group}]"


class DrawnRatio:
    """The ratio of one source, given standard normals.

    On the log scale, or on that of the logit for a ratio that cannot exceed one, it is
    `centre` + s (sqrt(a) u + l f) + d W(t): u its own normal, f its group's factor, s the scale of
    a ratio with tails, and W a Brownian motion from the first day, with d = drift / (1 - median) on
    the logit.

    Parameters
    ----------
    name, source
        The source.
    years
        The distinct days of its rows, in years from the first day, rising.
    normals
        From which it claims its own.
    """

    def __init__(self, name: str, source: Source, years: np.ndarray, normals: Normals) -> None:
        ratio = source.ratio
        assert ratio is not None
        self.name, self.prior, self.years = name, ratio, years
        self.is_bounded = ratio.is_bounded
        self.beta = _few_seen(ratio)
        self.centre, self.tau = _centre_and_tau(ratio)
        self.own = normals.claim(f"ratio[{name}]").start if self.tau > 0 else None
        shared = source.group_correlation or 0.0
        self.own_sd, self.loading = self.tau * math.sqrt(1 - shared), self.tau * math.sqrt(shared)
        self.scales = Scales({name: ratio}, normals, {name: group_of(source)})
        self.factor = None
        if source.group is not None and self.loading > 0:
            self.factor = normals.named(group_normal(source.group))
        self.drift = source.drift / (1 - ratio.median) if self.is_bounded else source.drift
        self.steps = slice(0, 0)
        if self.drift > 0:
            self.steps = normals.claim(*(f"drift[{name}][{place}]" for place in range(len(years))))

    def level(self, u: Array, xp: Any = np) -> Array:
        """Return the ratio's level on the first day, on its scale less its centre, `(...)`."""
        level = zero_like_draw(u)
        if self.own is not None:
            level = level + self.own_sd * u[self.own]
        if self.factor is not None:
            level = level + self.loading * u[self.factor]
        return level if self.prior.tails is None else level * self.scales(u, xp)[0]

    def log(self, u: Array, xp: Any, functions: Any) -> Array:
        """Return the log ratio on each of its days, `(day, ...)`, or `(1, ...)` without drift.

        `functions` has `betaincinv`: SciPy's special functions, or PyTensor's tensor.
        """
        return self.on_log_scale(self.levels(u, xp), xp, functions)

    def levels(self, u: Array, xp: Any = np) -> Array:
        """Return the level on each of its days, `(day, ...)`, or `(1, ...)` without drift."""
        level = self.level(u, xp)[None]
        if self.drift > 0 and len(self.years):
            lengths = self.drift * np.sqrt(np.diff(self.years, prepend=0.0))
            steps = [length * u[self.steps.start + at] for at, length in enumerate(lengths)]
            level = level + xp.cumsum(xp.stack(steps), axis=0)
        return level

    def level_of(self, ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the level at which the ratio is so large, and d log ratio / d level there.

        The ratio lies between 0 and 1, both out.
        """
        if self.beta is not None:
            share = np.clip(SPECIAL.betainc(*self.beta, ratio), 1e-300, 1 - 1e-15)
            z, (a, b) = SPECIAL.ndtri(share), self.beta
            log_density = (a - 1) * np.log(ratio) + (b - 1) * np.log1p(-ratio)
            log_density = log_density - SPECIAL.betaln(a, b)
            log_slope = -0.5 * z**2 - 0.5 * math.log(2 * math.pi) - log_density - np.log(ratio)
            return self.tau * z, np.exp(log_slope) / self.tau
        if self.is_bounded:
            return np.log(ratio) - np.log1p(-ratio) - self.centre, 1 - ratio
        return np.log(ratio) - self.centre, np.ones_like(ratio)

    def on_log_scale(self, level: Array, xp: Any, functions: Any) -> Array:
        """Return log ratios from levels on the ratio's scale, less its centre."""
        if self.beta is not None:
            share = 0.5 * functions.erfc(-level / (self.tau * math.sqrt(2)))
            inside = xp.minimum(xp.maximum(share, 1e-15), 1 - 1e-15)
            return xp.log(xp.maximum(functions.betaincinv(*self.beta, inside), 1e-300))
        if self.is_bounded:
            odds = self.centre + level
            return -xp.log1p(xp.exp(-xp.maximum(odds, -600.0)))
        return self.centre + level

    def at(self, years: float, u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the ratio so many years after the first day, given all that is known of it."""
        level = self.level(u)
        if self.drift > 0:
            level = level + self.drift * self._wandered(years, u, rng)
        drawn: np.ndarray = np.exp(self.on_log_scale(level, np, SPECIAL))
        return drawn

    def _wandered(self, years: float, u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the Brownian motion on a day, given its values on the days of the rows."""
        days = np.concatenate([[0.0], self.years])
        steps = np.sqrt(np.diff(days))[:, None] * u[self.steps]
        known = np.concatenate([np.zeros((1, u.shape[1])), np.cumsum(steps, axis=0)])
        after = int(np.searchsorted(days, years))
        if after < len(days) and days[after] == years:
            found: np.ndarray = known[after]
            return found
        noise = rng.standard_normal(u.shape[1])
        if after == len(days):
            return known[-1] + math.sqrt(years - days[-1]) * noise
        length = days[after] - days[after - 1]
        share = (years - days[after - 1]) / length
        middle = (1 - share) * known[after - 1] + share * known[after]
        return middle + math.sqrt(length * share * (1 - share)) * noise

    def prior_quantile(self, z: float, years: float) -> float:
        """Return the quantile of the ratio's prior so many years after the first day.

        `z` is the standard normal's quantile of the same probability.
        """
        sd = math.sqrt(self.tau**2 + self.drift**2 * years)
        if self.prior.tails is not None:
            z = quantile(NORMAL.cdf(z), self.prior.tails, self.prior.tailed * (self.tau / sd) ** 2)
        return float(np.exp(self.on_log_scale(np.array(z * sd), np, SPECIAL)))


def _few_seen(ratio: RatioPrior) -> tuple[float, float] | None:
    """Return the shapes of the beta density of a ratio of which too few were seen, or None."""
    if ratio.seen is None or ratio.of is None or ratio.seen / ratio.deff >= SMALLEST_NORMAL:
        return None
    return beta_of(ratio.seen / ratio.deff, ratio.of / ratio.deff)


def _centre_and_tau(ratio: RatioPrior) -> tuple[float, float]:
    """Return mean and standard deviation of a ratio on its scale."""
    if ratio.is_bounded:
        return ratio.log_odds
    return math.log(ratio.median), ratio.tau
