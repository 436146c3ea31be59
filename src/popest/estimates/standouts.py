"""Which figure of a source stands apart from the source's others, given the fitted population.

A wrong figure widens the error of its whole source, and so hides behind the others that it makes
look bad. Here each figure is compared with what the others of its source lead to expect, errors
being as large as the study expects them: one that is far out, while the others agree once it is
gone, is named.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from popest.estimates.fit import Posterior
from popest.language.writers import Writer, plain_writer
from popest.study.observations.observation import Observation

FAR_OUT = 5.0
"""Standard deviations by which a figure stands apart."""

APART = 3.0
"""So many times as far out as any other once it is gone, or the source scatters as a whole."""

IN_LINE = 2.0
"""Standard deviations within which a figure is in line with the others."""

WORTH_NAMING = 3.0
"""Figures off by a smaller factor are how sources scatter; few slips of digits are smaller."""

SMALLEST_CUT = 10


class Standout(NamedTuple):
    """A figure far from what the other figures of its source lead to expect.

    `expected` is in the figure's unit. `digits` says how the figure would be in line with the
    others: without its last digit or digits, or with one more, "missing".
    """

    observation: str
    source: str
    value: float
    expected: float
    digits: Literal["", "glued", "missing"] = ""

    def said(self, writer: Writer) -> str:
        """Return it in the sentences of a language."""
        texts, is_above = writer.texts, self.value > self.expected
        factor = self.value / self.expected if is_above else self.expected / self.value
        fact = texts(
            "warning.standout_above" if is_above else "warning.standout_below",
            row=self.observation,
            source=writer.source(self.source),
            value=texts.number(self.value),
            factor=texts.ungrouped(factor, 1),
        )
        return texts.joined([fact, texts(f"warning.standout_{self.digits or 'unlike'}")])

    def __str__(self) -> str:
        return self.said(plain_writer())


def standouts(posterior: Posterior) -> list[Standout]:
    """Return the figure of each source that stands apart from its others, where there is one.

    Parameters
    ----------
    posterior
        The completed draws.

    Notes
    -----
    Given the population and sigma, the log residuals r of a source are normal around 0 with a
    covariance S that holds error, printing, drift and the ratio's prior. So what the others lead
    to expect of r_i is r_i - [S^-1 r]_i / [S^-1]_ii, with the variance 1 / [S^-1]_ii. Sigma is
    what the study expects, not the fitted one, which a wrong figure has widened.
    """
    return [
        found
        for source in range(len(posterior.model.counts.names))
        if (found := _standout(posterior, source)) is not None
    ]


def _standout(posterior: Posterior, source: int) -> Standout | None:
    counts = posterior.model.counts
    at = np.flatnonzero(counts.source_of == source)
    if len(at) <= 1:
        return None
    error = posterior.model.noise.median
    rotation = counts.rotation[np.ix_(at, at)]
    residuals = np.linalg.solve(rotation, posterior.residuals.rotated[at])
    precision = rotation.T / (counts.overlap[at] * error**2 + 1) @ rotation
    weights = posterior.draws.weights
    scale = np.broadcast_to(posterior.residuals.scale[source], weights.shape)
    spread_of_ratio = counts.ratios.tau[source] ** 2 * float(scale**2 @ weights)
    covariance = np.linalg.inv(precision) + spread_of_ratio
    mean = residuals @ weights
    spread = np.cov(residuals, aweights=weights, bias=True)
    off, sd = _left_out(mean, covariance, spread)
    scores = np.abs(off) / sd
    worst = int(np.argmax(scores))
    rest = np.delete(np.arange(len(at)), worst)
    left = np.ix_(rest, rest)
    off_rest, sd_rest = _left_out(mean[rest], covariance[left], spread[left])
    apart = scores[worst] > APART * (np.abs(off_rest) / sd_rest).max()
    if scores[worst] < FAR_OUT or not apart or abs(off[worst]) < math.log(WORTH_NAMING):
        return None
    row = counts.rows[at[worst]]
    baseline = float(counts.baseline(posterior.draws.state.u)[at[worst]] @ weights)
    return _described(row, baseline, float(off[worst]), float(sd[worst]))


def _left_out(
    mean: np.ndarray, covariance: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each residual is from what the others lead to expect, and its sd, `(row,)`.

    `mean` and `spread` are the residuals' posterior mean and covariance, over populations.
    """
    inverse = np.linalg.inv(covariance)
    gain = inverse / np.diag(inverse)[:, None]
    variance = 1 / np.diag(inverse) + np.diag(gain @ spread @ gain.T)
    return gain @ mean, np.sqrt(variance)


def _described(row: Observation, baseline: float, off: float, sd: float) -> Standout:
    """Return a figure that stands apart, and which slip of digits would explain it."""
    expected = (row.count - baseline) * math.exp(-off)

    def is_in_line(value: float) -> bool:
        net = value - baseline
        return net > 0 and abs(math.log(net / expected)) <= IN_LINE * sd

    cuts = (row.count // 10**digits for digits in (1, 2))
    digits: Literal["", "glued", "missing"] = ""
    if any(cut >= SMALLEST_CUT and is_in_line(cut) for cut in cuts):
        digits = "glued"
    elif is_in_line(10 * row.count):
        digits = "missing"
    return Standout(row.id, row.source, row.count, baseline + expected, digits)
